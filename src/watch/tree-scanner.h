/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-monitors.h"
#include "watch/monitor-budget.h"
#include "watch/snapshot.h"
#include "watch/watch-health.h"
#include "watch/watch-scope.h"

#include <glib.h>

G_BEGIN_DECLS

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

/* FUNC is called for each event of a monitor: see arc_tree_scanner_hint(); PROGRESSED when
 * a thread has found out something, and arc_tree_scanner_get_due() may be different. */
ArcTreeScanner *arc_tree_scanner_new (ArcFileMonitorsFunc func,
                                      ArcMonitorBudgetFunc progressed,
                                      gpointer user_data);
void arc_tree_scanner_free (ArcTreeScanner *scanner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcTreeScanner, arc_tree_scanner_free)

/* Must be set before anything else is done; followed by arc_tree_scanner_reconcile() if it is
 * running. */
void arc_tree_scanner_set_extent (ArcTreeScanner *scanner,
                                  ArcWatchScope *extent /* (transfer full) */);
const ArcWatchScope *arc_tree_scanner_get_extent (const ArcTreeScanner *scanner);

/* See arc_watcher_start(). To be followed by arc_tree_scanner_reconcile(). */
void arc_tree_scanner_start (ArcTreeScanner *scanner,
                             ArcSnapshot *snapshot /* (transfer full) (nullable) */);

/* Queues the whole tree, from its roots. */
void arc_tree_scanner_reconcile (ArcTreeScanner *scanner);

/* What the snapshot has, and arc_tree_scanner_take_changes() has not returned yet. */
const ArcChangeSet *arc_tree_scanner_get_changes (const ArcTreeScanner *scanner);

/* (nullable) (transfer full): those; NULL if there are none. */
ArcChangeSet *arc_tree_scanner_take_changes (ArcTreeScanner *scanner);

/* See arc_watcher_find_hidden() and arc_watcher_mark_dirty(). */
ArcChangeSet *arc_tree_scanner_find_hidden (ArcTreeScanner *scanner, const ArcChangeSet *changes);

/* Cancels the monitors and forgets what was queued; the snapshot stays. */
void arc_tree_scanner_stop (ArcTreeScanner *scanner);

/* Something happened to PATH. */
void arc_tree_scanner_hint (ArcTreeScanner *scanner, const char *path, ArcHint hint);

/* Times are those of g_get_monotonic_time(). */
gboolean arc_tree_scanner_work (ArcTreeScanner *scanner, gint64 deadline);

/* When there is something to work on: 0 for at once, -1 for never. */
gint64 arc_tree_scanner_get_due (const ArcTreeScanner *scanner);

/* Whether a scan is under way, or something that it left over. */
gboolean arc_tree_scanner_is_busy (const ArcTreeScanner *scanner);

/* Whether a scan has begun, or a directory is gone, since arc_tree_scanner_rest(). */

/* Does what remains to be done when it is not busy any more. FALSE if that made it busy again. */
gboolean arc_tree_scanner_conclude (ArcTreeScanner *scanner);

/* A scan is over: what is found from now on is a change. */
void arc_tree_scanner_rest (ArcTreeScanner *scanner);

/* Whether what arc_tree_scanner_assess() tells may be different from the last time. */

/* See arc_health_assess(). */
gboolean
arc_tree_scanner_update_health (ArcTreeScanner *scanner, ArcHealth *health, char **message);

guint arc_tree_scanner_get_n_directories (const ArcTreeScanner *scanner);
ArcSnapshot *arc_tree_scanner_get_snapshot (const ArcTreeScanner *scanner);

G_END_DECLS
