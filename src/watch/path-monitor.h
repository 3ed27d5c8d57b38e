/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-monitors.h"

#include <glib.h>

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
 * @monitor: (transfer full): a monitor
 */
void arc_path_monitor_free (ArcPathMonitor *monitor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcPathMonitor, arc_path_monitor_free)

/**
 * ArcWay:
 *
 * What a path leads through. It is followed in a thread that may wait for the disk.
 */
typedef struct _ArcWay ArcWay;

/**
 * arc_path_monitor_begin:
 * @monitor: a monitor
 * @path: an absolute path
 *
 * Prepares a way. Must be followed by arc_path_monitor_end(), arc_way_abandon() or arc_way_free().
 *
 * Returns: (transfer full): the way
 */
ArcWay *arc_path_monitor_begin (ArcPathMonitor *monitor, const char *path);

/**
 * arc_way_follow:
 * @way: a way that was begun
 *
 * Adds watches to all that the path leads through now. May be called in any thread. Must be called
 * before the path is checked, and again after each event for it.
 *
 * Returns: %TRUE if the monitor has a way for the path already, and other files are watched than by
 *   that; %FALSE for the first way
 */
gboolean arc_way_follow (ArcWay *way);

/**
 * arc_path_monitor_end:
 * @monitor: the monitor that has begun @way
 * @way: (transfer full): a way
 *
 * Reports the events for a way that was followed, those since it was begun at once. One that was
 * not followed is freed.
 */
void arc_path_monitor_end (ArcPathMonitor *monitor, ArcWay *way);

/**
 * arc_way_abandon:
 * @way: a way that was begun, and may be followed by a thread for ever
 *
 * Lets the monitor not wait for the end of @way, which must still be freed.
 */
void arc_way_abandon (ArcWay *way);

/**
 * arc_way_free:
 * @way: (transfer full): a way that was not ended
 *
 * Frees a way. May be called in any thread.
 */
void arc_way_free (ArcWay *way);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcWay, arc_way_free)

/**
 * arc_path_monitor_follow:
 * @monitor: a monitor
 * @path: an absolute path
 *
 * Follows a way at once, for which the thread may have to wait for the disk.
 */
void arc_path_monitor_follow (ArcPathMonitor *monitor, const char *path);

/**
 * arc_path_monitor_is_followed:
 * @monitor: a monitor
 * @path: an absolute path
 *
 * Returns: %TRUE if all that @path leads through is watched; %FALSE also if it ends at a directory
 *   that could not be read
 */
gboolean arc_path_monitor_is_followed (const ArcPathMonitor *monitor, const char *path);

/**
 * arc_path_monitor_clear:
 * @monitor: a monitor
 *
 * Stops watching all paths.
 */
void arc_path_monitor_clear (ArcPathMonitor *monitor);

typedef gboolean (*ArcPathMonitorKeepFunc) (const char *path, gpointer user_data);

/**
 * arc_path_monitor_prune:
 * @monitor: a monitor
 * @keep: returns %FALSE for a path that is no longer to be watched
 * @user_data: data for the function
 *
 * Stops watching some paths.
 */
void
arc_path_monitor_prune (ArcPathMonitor *monitor, ArcPathMonitorKeepFunc keep, gpointer user_data);

/**
 * arc_path_monitor_get_n_problems:
 * @monitor: a monitor
 *
 * Returns: how many paths cannot be watched completely
 */
guint arc_path_monitor_get_n_problems (const ArcPathMonitor *monitor);

/**
 * arc_path_monitor_describe:
 * @monitor: a monitor
 *
 * Must only be called if there is such a path.
 *
 * Returns: (transfer full): which path cannot be watched, and why, in English
 */
char *arc_path_monitor_describe (const ArcPathMonitor *monitor);
