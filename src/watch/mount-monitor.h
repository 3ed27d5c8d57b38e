/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcMountMonitor:
 *
 * Reports that something was mounted on, below or above some directories, or unmounted there.
 *
 * It works in the main context that was the thread default when it was made.
 */
typedef struct _ArcMountMonitor ArcMountMonitor;

/**
 * arc_mount_monitor_new:
 * @directories: (element-type filename): absolute paths, which need not exist; never changed later
 * @func: called when something was mounted on, below or above a directory, or unmounted there
 * @user_data: data for the function
 *
 * Starts to watch the mounts.
 *
 * Returns: (transfer full): the monitor
 */
ArcMountMonitor *
arc_mount_monitor_new (GPtrArray *directories, GSourceOnceFunc func, gpointer user_data);

/**
 * arc_mount_monitor_free:
 * @mounts: (transfer full): a monitor
 *
 * Stops and frees a monitor.
 */
void arc_mount_monitor_free (ArcMountMonitor *mounts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMountMonitor, arc_mount_monitor_free)
