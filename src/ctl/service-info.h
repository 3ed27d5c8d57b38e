/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"

/**
 * arc_service_info_make_command:
 * @command: (nullable): the program and the arguments of the service that runs
 * @option: an option of the service that makes it print something and exit
 *
 * Returns: (transfer full): the command line that prints it; without @command that of the installed
 *   service
 */
GStrv arc_service_info_make_command (GStrv command, const char *option);

/**
 * arc_service_info_read:
 * @service: (nullable): the service
 * @command: (out) (transfer full): its program and arguments
 * @environment: (out) (transfer full): the environment that it was started with
 *
 * Sets nothing if @service has no process, or /proc does not show it.
 *
 * Returns: the PID of @service, or 0 if it does not run
 */
guint arc_service_info_read (ArcDBusBuilder *service, GStrv *command, GStrv *environment);

/**
 * arc_service_info_read_process:
 * @pid: a process
 * @command: (out) (transfer full): its program and arguments
 * @environment: (out) (transfer full): the environment that it was started with
 *
 * Returns: %TRUE if /proc shows them; else nothing is set
 */
gboolean arc_service_info_read_process (guint pid, GStrv *command, GStrv *environment);

/**
 * arc_service_info_get_directory:
 * @environment: (nullable): the environment of the service; %NULL is that of this process
 * @variable: `XDG_STATE_HOME` or `XDG_CONFIG_HOME`
 *
 * Returns: (transfer full): the path of the directory of the service in that one
 */
char *arc_service_info_get_directory (GStrv environment, const char *variable);

/**
 * arc_service_info_tell_failure:
 * @bus: the session bus
 *
 * Asks the user manager of systemd whether the unit of the service failed.
 *
 * Returns: (transfer full) (nullable): why, as a sentence without a full stop; %NULL if it did not
 *   fail or there is no such manager on @bus
 */
char *arc_service_info_tell_failure (GDBusConnection *bus);

/**
 * arc_service_info_read_unit:
 * @bus: the session bus
 * @command: (out) (transfer full): the program and the arguments that the unit starts
 * @environment: (out) (transfer full): the environment that it gets
 *
 * Returns: whether systemd has the unit; else nothing is set
 */
gboolean arc_service_info_read_unit (GDBusConnection *bus, GStrv *command, GStrv *environment);
