/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"

#include <gio/gio.h>

/**
 * ArcDesktop:
 *
 * Connects the builder to a desktop session, as the group [Desktop] of the settings says. It shows
 * a notification of a failed build or an unavailable tree until that is over, and one of new
 * problems in notes. It inhibits builds while the power saver is on.
 */
#define ARC_TYPE_DESKTOP (arc_desktop_get_type ())
G_DECLARE_FINAL_TYPE (ArcDesktop, arc_desktop, ARC, DESKTOP, GObject)

/**
 * arc_desktop_new:
 * @builder: the builder
 * @notifications: a connection to the session bus
 * @power: (nullable): reports the power saver; %NULL is a desktop without one
 *
 * Returns: (transfer full): the connection
 */
ArcDesktop *
arc_desktop_new (ArcBuilder *builder, GDBusConnection *notifications, GPowerProfileMonitor *power);
