/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/**
 * ArcSuspendMonitor:
 *
 * Reports that the machine has resumed: logind's `PrepareForSleep` (org.freedesktop.login1(5)).
 *
 * Signals:
 *   `resumed`: the machine slept and is awake again.
 */
#define ARC_TYPE_SUSPEND_MONITOR (arc_suspend_monitor_get_type ())
G_DECLARE_FINAL_TYPE (ArcSuspendMonitor, arc_suspend_monitor, ARC, SUSPEND_MONITOR, GObject)

/**
 * arc_suspend_monitor_new:
 * @system_bus: a connection to the system bus, with or without logind
 *
 * Starts to monitor.
 *
 * Returns: (transfer full): the monitor
 */
ArcSuspendMonitor *arc_suspend_monitor_new (GDBusConnection *system_bus);
