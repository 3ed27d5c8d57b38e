/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-monitors.h"

#include <glib.h>

/**
 * ArcPathMonitor:
 *
 * Watches all that decides what a path resolves to: each directory and symbolic link that it leads
 * through, and the file or directory at its end.
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
 * ArcPathChain:
 *
 * The chain of directories and symbolic links that a path leads through (path_resolution(7)). It is
 * resolved in a thread that may wait for the disk.
 */
typedef struct _ArcPathChain ArcPathChain;

/**
 * arc_path_monitor_begin:
 * @monitor: a monitor
 * @path: an absolute path
 *
 * Prepares the chain of a path. Must be followed by arc_path_monitor_end(),
 * arc_path_chain_abandon() or arc_path_chain_free().
 *
 * Returns: (transfer full): the chain
 */
ArcPathChain *arc_path_monitor_begin (ArcPathMonitor *monitor, const char *path);

/**
 * arc_path_chain_resolve:
 * @chain: a chain that was begun
 *
 * Adds watches to all that the path leads through now. May be called in any thread. Must be called
 * before the path is checked, and again after each event for it.
 *
 * Returns: %TRUE if the monitor has a chain of the path already, which watches other files; %FALSE
 *   for the first chain
 */
gboolean arc_path_chain_resolve (ArcPathChain *chain);

/**
 * arc_path_monitor_end:
 * @monitor: the monitor that has begun @chain
 * @chain: (transfer full): a chain
 *
 * Reports the events for a chain that was resolved, those since it was begun at once. One that was
 * not resolved is freed.
 */
void arc_path_monitor_end (ArcPathMonitor *monitor, ArcPathChain *chain);

/**
 * arc_path_chain_abandon:
 * @chain: a chain that was begun, and may be resolved by a thread for ever
 *
 * Lets the monitor not wait for the end of @chain, which must still be freed.
 */
void arc_path_chain_abandon (ArcPathChain *chain);

/**
 * arc_path_chain_free:
 * @chain: (transfer full): a chain that was not ended
 *
 * Frees a chain. May be called in any thread.
 */
void arc_path_chain_free (ArcPathChain *chain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcPathChain, arc_path_chain_free)

/**
 * arc_path_monitor_add:
 * @monitor: a monitor
 * @path: an absolute path
 *
 * Watches a path. The thread may have to wait for the disk.
 */
void arc_path_monitor_add (ArcPathMonitor *monitor, const char *path);

/**
 * arc_path_monitor_is_watched:
 * @monitor: a monitor
 * @path: an absolute path
 *
 * Returns: %TRUE if all that @path leads through is watched; %FALSE also if it ends at a directory
 *   that could not be read
 */
gboolean arc_path_monitor_is_watched (const ArcPathMonitor *monitor, const char *path);

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
