/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * arc_systemd_unit_tell_failure:
 * @bus: the session bus
 *
 * Asks the user manager of systemd whether the unit of the service failed.
 *
 * Returns: (transfer full) (nullable): why, as a sentence without a full stop; %NULL if it did not
 *   fail or there is no such manager on @bus
 */
char *arc_systemd_unit_tell_failure (GDBusConnection *bus);

/**
 * arc_systemd_unit_read_start:
 * @bus: the session bus
 * @command: (out) (transfer full): the program and the arguments that the unit starts
 * @environment: (out) (transfer full): the environment that it gets
 *
 * Returns: whether systemd has the unit; else nothing is set
 */
gboolean arc_systemd_unit_read_start (GDBusConnection *bus, GStrv *command, GStrv *environment);

G_END_DECLS
