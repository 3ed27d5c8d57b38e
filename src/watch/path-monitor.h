/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-monitors.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcPathMonitor:
 *
 * Watches what paths lead to: the directories on the way of each path, the symbolic links among
 * them, and the file at its end.
 *
 * A monitor of a directory tells of the names in it. It is silent when a symbolic link above it is
 * pointed elsewhere, when a directory above it is renamed, and when the file that a link in it
 * leads to is written. ArcPathMonitor has an inotify(7) instance of its own: it shares no watch
 * with GIO, and it asks for few events, so that a busy home directory above a root costs nothing.
 */
typedef struct _ArcPathMonitor ArcPathMonitor;

/* FUNC is called with ARC_HINT_LOOK and a path when that may lead to something else, from the main
 * context that is the thread default now. It must not call back. */
ArcPathMonitor *arc_path_monitor_new (ArcFileMonitorsFunc func, gpointer user_data);
void arc_path_monitor_free (ArcPathMonitor *ways);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcPathMonitor, arc_path_monitor_free)

/* Watches the way of PATH (absolute) as it is now. To be called before a look at PATH, and again
 * whenever FUNC was called for it. Returns: whether the way is another one than before. */
gboolean arc_path_monitor_follow (ArcPathMonitor *ways, const char *path);

/* Whether the way of PATH is watched as a whole. */
gboolean arc_path_monitor_is_followed (const ArcPathMonitor *ways, const char *path);

void arc_path_monitor_forget (ArcPathMonitor *ways, const char *path);
void arc_path_monitor_clear (ArcPathMonitor *ways);

typedef gboolean (*ArcPathMonitorKeepFunc) (const char *path, gpointer user_data);

/* Forgets the paths for which KEEP returns FALSE. */
void arc_path_monitor_prune (ArcPathMonitor *ways, ArcPathMonitorKeepFunc keep, gpointer user_data);

/* How many ways cannot be watched as a whole, and (transfer full) the English words for that: there
 * must be at least one. */
guint arc_path_monitor_get_n_problems (const ArcPathMonitor *ways);
char *arc_path_monitor_describe (const ArcPathMonitor *ways);

G_END_DECLS
