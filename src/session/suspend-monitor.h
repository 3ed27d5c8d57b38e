/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/**
 * arc_suspend_monitor_start:
 * @system_bus: a connection to the system bus, with or without logind
 * @resumed: called when the machine slept and is awake again
 * @user_data: data for @resumed
 *
 * Subscribes to logind's `PrepareForSleep` (org.freedesktop.login1(5)).
 *
 * Returns: the number for g_dbus_connection_signal_unsubscribe()
 */
guint arc_suspend_monitor_start (GDBusConnection *system_bus,
                                 GSourceOnceFunc resumed,
                                 gpointer user_data);
