/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-reader.h"
#include "watch/directory-tree.h"
#include "watch/disk-worker.h"
#include "watch/file-monitors.h"
#include "watch/path-monitor.h"
#include "watch/recheck-queue.h"
#include "watch/snapshot.h"
#include "watch/watch-health.h"
#include "watch/watch-scope.h"

#include <glib.h>

G_BEGIN_DECLS

/* The members of ArcTreeScanner, and what watch/missing-directories.c does for
 * watch/tree-scanner.c. No other file includes this header. */

typedef struct _ArcTreeScanner ArcTreeScanner;

struct _ArcTreeScanner
{
  ArcWatchScope *extent; /* (owned) (nullable): until the first one is set */

  ArcSnapshot *snapshot;  /* (owned) */
  ArcChangeSet *changes;  /* (owned): what differed, and is not emitted yet */
  ArcDirectoryTree *tree; /* (owned) */
  ArcRecheckQueue *looks; /* (owned) */
  ArcPathMonitor *ways;   /* (owned): of the roots, and of the links that are followed */
  guint n_way_problems;   /* as of the last look */

  ArcDiskWorker *worker; /* (owned): reads directories, and looks at paths */

  gboolean active;           /* directories were queued or went since arc_tree_scanner_rest() */
  gboolean health_pending;   /* something happened that the health depends on */
  ArcHealth health;          /* when it was last assessed */
  gboolean left_out_pending; /* what keeps another path out of the tree may be gone */
  GHashTable *lost;  /* (element-type filename): directories that cannot be seen, wholly or in
                        part, and are looked for; some may be back, or forgotten, already */
  gint64 lost_check; /* when to look for them; 0: there are none */

  ArcFileMonitors *watches;
  GHashTable *left_out; /* (element-type filename): directories that are in the tree already under
                           another path */

  guint32 scan_number;
  guint64 generation;     /* of reconciliations */
  gboolean baseline;      /* the first scan, without a snapshot: what it finds is no change */
  gboolean scan_is_next;  /* the last job was a look */
  gboolean plant_pending; /* the roots of the extent are no nodes yet */
  gboolean prune_pending; /* the snapshot may know directories that are no nodes */
};

/**
 * arc_tree_scanner_make_job:
 * @self: a scanner
 * @kind: a kind of job for directories
 * @node: a directory of the tree
 *
 * Returns: (transfer full): a job for @node
 */
ArcDiskJob *arc_tree_scanner_make_job (ArcTreeScanner *self, ArcDiskJobKind kind, ArcNode *node);

/**
 * arc_tree_scanner_has_stuck:
 * @self: a scanner
 * @node: a directory of the tree
 *
 * Returns: %TRUE if a thread waits for the file system of @node, which was lost therefore
 */
gboolean arc_tree_scanner_has_stuck (const ArcTreeScanner *self, const ArcNode *node);

/**
 * arc_tree_scanner_push:
 * @self: a scanner
 * @node: a directory of the tree
 *
 * Queues a directory for a scan.
 */
void arc_tree_scanner_push (ArcTreeScanner *self, ArcNode *node);

/**
 * arc_tree_scanner_abort_scans:
 * @self: a scanner
 * @node: (nullable): a directory of the tree, or %NULL for all
 *
 * Discards the scans that are under way of @node and what is below it, and queues them anew.
 */
void arc_tree_scanner_abort_scans (ArcTreeScanner *self, ArcNode *node);

/**
 * arc_tree_scanner_disarm:
 * @self: a scanner
 * @node: a directory of the tree
 *
 * See arc_directory_tree_disarm().
 */
void arc_tree_scanner_disarm (ArcTreeScanner *self, ArcNode *node);

/**
 * arc_tree_scanner_forget:
 * @self: a scanner
 * @node: a directory of the tree
 *
 * Removes a directory that is gone, with all below it, and their files from the snapshot. Other
 * paths that lead to the same directory are checked.
 */
void arc_tree_scanner_forget (ArcTreeScanner *self, ArcNode *node);

/**
 * arc_tree_scanner_plant:
 * @self: a scanner
 *
 * Makes nodes of the roots of the scope.
 */
void arc_tree_scanner_plant (ArcTreeScanner *self);

/**
 * arc_tree_scanner_identify:
 * @self: a scanner
 * @node: a directory of the tree
 * @id: its identity
 *
 * Makes @node, and no other, the directory @id.
 *
 * Returns: %FALSE if that directory is in the tree, and still at its path
 */
gboolean arc_tree_scanner_identify (ArcTreeScanner *self, ArcNode *node, const ArcFileId *id);

/**
 * arc_tree_scanner_is_elsewhere:
 * @self: a scanner
 * @node: a directory of the tree
 * @job: the result of a job for @node
 *
 * Returns: %TRUE if another directory is at the path of @node, which is queued
 */
gboolean arc_tree_scanner_is_elsewhere (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job);

/**
 * arc_tree_scanner_is_clear:
 * @self: a scanner
 * @node: a directory of the tree
 *
 * Returns: %TRUE if what is missing in @node is gone; otherwise a directory above is another one
 *   now, and is queued
 */
gboolean arc_tree_scanner_is_clear (ArcTreeScanner *self, ArcNode *node);

/**
 * arc_tree_scanner_find:
 * @self: a scanner
 * @node: a directory of the tree
 * @listing: what is in it
 *
 * Takes note of what can be read of @node now.
 *
 * Returns: %FALSE if @node has lost its file system
 */
gboolean
arc_tree_scanner_find (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing);

/**
 * arc_tree_scanner_fail:
 * @self: a scanner
 * @node: a directory of the tree
 * @error: why it cannot be read
 *
 * Removes a directory that is gone, or marks it as unavailable: the snapshot keeps its files, and
 * the scanner searches for it.
 */
void arc_tree_scanner_fail (ArcTreeScanner *self, ArcNode *node, const GError *error);

/**
 * arc_tree_scanner_begin_check:
 * @self: a scanner
 * @node: a directory that was lost, wholly or in part
 *
 * Lets the thread find out whether there is more of @node to be read.
 */
void arc_tree_scanner_begin_check (ArcTreeScanner *self, ArcNode *node);

/**
 * arc_tree_scanner_end_check:
 * @self: a scanner
 * @job: (transfer full): the result
 *
 * Queues a directory that can be read again.
 */
void arc_tree_scanner_end_check (ArcTreeScanner *self, ArcDiskJob *job);

/**
 * arc_tree_scanner_look_for_lost:
 * @self: a scanner
 * @now: the time, in microseconds of g_get_monotonic_time()
 *
 * Loses a file system that does not answer, and checks the directories that were lost, if it is
 * time.
 */
void arc_tree_scanner_look_for_lost (ArcTreeScanner *self, gint64 now);

G_END_DECLS
