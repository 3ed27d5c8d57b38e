/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcMountMonitor:
 *
 * Tells when something was mounted on, below or above some directories, or unmounted there.
 *
 * It works in the main context that was the thread default when it was made.
 */
typedef struct _ArcMountMonitor ArcMountMonitor;

typedef void (*ArcMountMonitorFunc) (gpointer user_data);

/* DIRECTORIES (element-type filename): absolute; they need not exist. */
ArcMountMonitor *
arc_mount_monitor_new (const GPtrArray *directories, ArcMountMonitorFunc func, gpointer user_data);
void arc_mount_monitor_free (ArcMountMonitor *mounts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMountMonitor, arc_mount_monitor_free)

void arc_mount_monitor_set_directories (ArcMountMonitor *mounts, const GPtrArray *directories);

G_END_DECLS
