/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-monitors.h"
#include "watch/snapshot.h"
#include "watch/watch-health.h"
#include "watch/watch-scope.h"

#include <glib.h>

/**
 * ArcTreeScanner:
 *
 * Compares the disk with a snapshot, directory by directory and path by path, and keeps a monitor
 * on each directory. It has no main loop and no signals: ArcWatcher calls it.
 *
 * Between two calls, all of this holds:
 * - What the snapshot has taken from the disk is in the changes, unless it was the baseline, until
 *   arc_tree_scanner_take_changes() returns them. So a second look at the same fingerprint adds
 *   nothing.
 * - A file leaves the snapshot only if its path does not exist (ENOENT, ENOTDIR, ELOOP), if it does
 *   not matter any more, or if its directory is not in the tree. It stays while it, or a directory
 *   above it, cannot be looked at.
 * - No two directories of the tree have the same identity, and a directory is read only when it has
 *   its monitor, or cannot have one.
 * - No path is looked at while a directory is half read, for the reading would put back the older
 *   fingerprint.
 * - When a reconciliation is over, each fingerprint was older than its grain when it was taken, but
 *   for files that are written all the time or stamped in the future.
 */
typedef struct _ArcTreeScanner ArcTreeScanner;

/**
 * arc_tree_scanner_new:
 * @func: called for each event of a monitor; see arc_tree_scanner_hint()
 * @progressed: called when a thread has a result, after which arc_tree_scanner_get_due() may
 *   return another time
 * @user_data: data for the function
 *
 * Returns: (transfer full): the scanner
 */
ArcTreeScanner *
arc_tree_scanner_new (ArcFileMonitorsFunc func, GSourceOnceFunc progressed, gpointer user_data);

/**
 * arc_tree_scanner_free:
 * @scanner: (transfer full): a scanner
 */
void arc_tree_scanner_free (ArcTreeScanner *scanner);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcTreeScanner, arc_tree_scanner_free)

/**
 * arc_tree_scanner_set_scope:
 * @scanner: a scanner
 * @scope: (transfer full): what to watch
 *
 * Sets the scope. Must be called first, and followed by arc_tree_scanner_reconcile() if the
 * scanner was started.
 */
void arc_tree_scanner_set_scope (ArcTreeScanner *scanner, ArcWatchScope *scope);

/**
 * arc_tree_scanner_start:
 * @scanner: a scanner
 * @snapshot: (transfer full) (nullable): see arc_watcher_start()
 *
 * Sets the snapshot. Must be followed by arc_tree_scanner_reconcile().
 */
void arc_tree_scanner_start (ArcTreeScanner *scanner, ArcSnapshot *snapshot);

/**
 * arc_tree_scanner_reconcile:
 * @scanner: a scanner
 *
 * Queues the whole tree, from its roots.
 */
void arc_tree_scanner_reconcile (ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_get_changes:
 * @scanner: a scanner
 *
 * Returns: (transfer none): what arc_tree_scanner_take_changes() would return, if there is any
 */
const ArcChangeSet *arc_tree_scanner_get_changes (const ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_take_changes:
 * @scanner: a scanner
 *
 * Returns: (transfer full) (nullable): the changes that were not returned yet; %NULL if there are
 *   none
 */
ArcChangeSet *arc_tree_scanner_take_changes (ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_stop:
 * @scanner: a scanner
 *
 * Cancels the monitors and clears the queues; the snapshot stays.
 */
void arc_tree_scanner_stop (ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_hint:
 * @scanner: a scanner
 * @path: an absolute path
 * @hint: what the event says
 *
 * Queues a path that an event is about.
 */
void arc_tree_scanner_hint (ArcTreeScanner *scanner, const char *path, ArcHint hint);

/**
 * arc_tree_scanner_work:
 * @scanner: a scanner
 * @deadline: when to stop, in microseconds of g_get_monotonic_time()
 *
 * Works until there is nothing to do.
 *
 * Returns: %TRUE if, since arc_tree_scanner_conclude(), a scan has begun or a directory is gone, or
 *   if the number of paths that cannot be watched is another one
 */
gboolean arc_tree_scanner_work (ArcTreeScanner *scanner, gint64 deadline);

/**
 * arc_tree_scanner_get_due:
 * @scanner: a scanner
 *
 * Returns: when there is something to do, in microseconds of g_get_monotonic_time(); 0 for at
 *   once, -1 for never
 */
gint64 arc_tree_scanner_get_due (const ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_is_busy:
 * @scanner: a scanner
 *
 * Returns: %TRUE if a scan, or something that a scan waits for, is under way
 */
gboolean arc_tree_scanner_is_busy (const ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_conclude:
 * @scanner: a scanner
 *
 * Does what remains to be done at the end of a scan. Differences that are found later are changes.
 *
 * Returns: %FALSE if that made the scanner busy again
 */
gboolean arc_tree_scanner_conclude (ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_update_health:
 * @scanner: a scanner
 * @health: (out): the health
 * @message: (out) (transfer full): text in English
 *
 * See arc_health_assess().
 *
 * Returns: %TRUE if the health may have changed since the last call; otherwise @health and
 *   @message are not set
 */
gboolean
arc_tree_scanner_update_health (ArcTreeScanner *scanner, ArcHealth *health, char **message);

/**
 * arc_tree_scanner_get_tree:
 * @scanner: a scanner
 *
 * Returns: (transfer none): the directories
 */
const ArcDirectoryTree *arc_tree_scanner_get_tree (const ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_get_snapshot:
 * @scanner: a scanner
 *
 * Returns: (transfer none): the snapshot
 */
ArcSnapshot *arc_tree_scanner_get_snapshot (const ArcTreeScanner *scanner);
