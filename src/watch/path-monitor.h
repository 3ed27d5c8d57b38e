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
 * them, and the file or directory at its end.
 *
 * A monitor of a directory reports the names in it. It is silent when a symbolic link above it is
 * pointed elsewhere, when a directory above it is renamed, and when the file that a link in it
 * leads to is written. ArcPathMonitor has an inotify(7) instance of its own: it shares no watch
 * with GIO, and it asks for few events, so that a busy home directory above a root costs nothing.
 */
typedef struct _ArcPathMonitor ArcPathMonitor;

/**
 * arc_path_monitor_new:
 * @func: called with a path that may lead to something else now, from the thread-default main
 *   context; the hint is %ARC_HINT_MOVED if a file or directory that it leads through was renamed,
 *   else %ARC_HINT_LOOK; must not call back
 * @user_data: data for the function
 *
 * Returns: (transfer full): the monitor
 */
ArcPathMonitor *arc_path_monitor_new (ArcFileMonitorsFunc func, gpointer user_data);

/**
 * arc_path_monitor_free:
 * @ways: (transfer full): a monitor
 */
void arc_path_monitor_free (ArcPathMonitor *ways);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcPathMonitor, arc_path_monitor_free)

/**
 * arc_path_monitor_follow:
 * @ways: a monitor
 * @path: an absolute path
 *
 * Watches all that @path leads through now. Must be called before @path is checked, and again
 * after each event for it.
 *
 * Returns: %TRUE if other files are watched than before
 */
gboolean arc_path_monitor_follow (ArcPathMonitor *ways, const char *path);

/**
 * arc_path_monitor_is_followed:
 * @ways: a monitor
 * @path: an absolute path
 *
 * Returns: %TRUE if all that @path leads through is watched
 */
gboolean arc_path_monitor_is_followed (const ArcPathMonitor *ways, const char *path);

/**
 * arc_path_monitor_forget:
 * @ways: a monitor
 * @path: an absolute path
 *
 * Stops watching a path.
 */
void arc_path_monitor_forget (ArcPathMonitor *ways, const char *path);

/**
 * arc_path_monitor_clear:
 * @ways: a monitor
 *
 * Stops watching all paths.
 */
void arc_path_monitor_clear (ArcPathMonitor *ways);

typedef gboolean (*ArcPathMonitorKeepFunc) (const char *path, gpointer user_data);

/**
 * arc_path_monitor_prune:
 * @ways: a monitor
 * @keep: returns %FALSE for a path that is no longer to be watched
 * @user_data: data for the function
 *
 * Stops watching some paths.
 */
void arc_path_monitor_prune (ArcPathMonitor *ways, ArcPathMonitorKeepFunc keep, gpointer user_data);

/**
 * arc_path_monitor_get_n_problems:
 * @ways: a monitor
 *
 * Returns: how many paths cannot be watched completely
 */
guint arc_path_monitor_get_n_problems (const ArcPathMonitor *ways);

/**
 * arc_path_monitor_describe:
 * @ways: a monitor
 *
 * Must only be called if there is such a path.
 *
 * Returns: (transfer full): which path cannot be watched, and why, in English
 */
char *arc_path_monitor_describe (const ArcPathMonitor *ways);

G_END_DECLS
