/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-reader.h"
#include "watch/directory-tree.h"
#include "watch/disk-worker.h"
#include "watch/monitor-budget.h"
#include "watch/path-monitor.h"
#include "watch/recheck-queue.h"
#include "watch/root-probe.h"
#include "watch/snapshot.h"
#include "watch/watch-health.h"
#include "watch/watch-scope.h"

#include <glib.h>

G_BEGIN_DECLS

/* The members of ArcTreeScanner. Only these include this header: watch/tree-scanner.c (the queues),
 * watch/directory-scan.c (comparing one directory with the snapshot), watch/path-check.c (comparing
 * one path), and watch/missing-directories.c (a directory that is gone, moved, not mounted or not
 * readable). */

typedef struct _ArcTreeScanner ArcTreeScanner;

struct _ArcTreeScanner
{
  ArcMonitorBudgetFunc progressed;
  gpointer user_data;

  ArcWatchScope *extent; /* (owned) (nullable): until the first one is set */

  ArcSnapshot *snapshot;  /* (owned) */
  ArcChangeSet *changes;  /* (owned): what differed, and is not emitted yet */
  ArcDirectoryTree *tree; /* (owned) */
  ArcRecheckQueue *looks; /* (owned) */
  ArcPathMonitor *ways;   /* (owned): of the roots, and of the links that are followed */
  guint n_way_problems;   /* as of the last look */

  ArcRootProbe *probe; /* (owned) */

  /* What the thread reads, and what it has read. */
  ArcDiskWorker *worker; /* (owned) */
  GQueue jobs;           /* (element-type ArcDiskJob) (unowned): those that did not come back */
  gboolean has_results;  /* there may be some to take */
  guint n_stuck;         /* of these, those whose thread was left behind */
  gint64 tick;           /* when to look whether the thread goes on; 0: it has no job */
  guint n_steps;         /* of the worker, at the last tick */
  guint n_ticks;         /* since it went on */

  gboolean active;           /* directories were queued or went since arc_tree_scanner_rest() */
  gboolean health_pending;   /* something happened that the health depends on */
  ArcHealth health;          /* when it was last assessed */
  gboolean left_out_pending; /* what keeps another path out of the tree may be gone */
  GHashTable *lost;  /* (element-type filename): directories that cannot be seen, wholly or in
                        part, and are looked for; some may be back, or forgotten, already */
  gint64 lost_check; /* when to look for them; 0: there are none */

  ArcMonitorBudget *watches;
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
 * arc_tree_scanner_push_job:
 * @scanner: a scanner
 * @job: (transfer full): a job
 *
 * Queues a job for the thread.
 */
void arc_tree_scanner_push_job (ArcTreeScanner *scanner, ArcDiskJob *job);

/**
 * arc_tree_scanner_has_stuck:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Returns: %TRUE if a thread waits for the file system of @node, which was lost therefore
 */
gboolean arc_tree_scanner_has_stuck (const ArcTreeScanner *scanner, const ArcNode *node);

/**
 * arc_tree_scanner_begin_scan:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Lets the thread open a directory, and read it if it has its monitor.
 */
void arc_tree_scanner_begin_scan (ArcTreeScanner *scanner, ArcNode *node);

/**
 * arc_tree_scanner_continue_scan:
 * @scanner: a scanner
 * @job: (transfer full): the result
 *
 * Gives a directory that was opened its monitor, before the thread reads it; compares one that was
 * read with the snapshot.
 */
void arc_tree_scanner_continue_scan (ArcTreeScanner *scanner, ArcDiskJob *job);

/**
 * arc_tree_scanner_inspect:
 * @scanner: a scanner
 * @look: (transfer full): a path to check
 *
 * Lets the thread look at a path.
 */
void arc_tree_scanner_inspect (ArcTreeScanner *scanner, ArcRecheck *look);

/**
 * arc_tree_scanner_end_inspect:
 * @scanner: a scanner
 * @job: (transfer full): the result
 *
 * Compares a path with the snapshot.
 */
void arc_tree_scanner_end_inspect (ArcTreeScanner *scanner, ArcDiskJob *job);

/**
 * arc_tree_scanner_prune:
 * @scanner: a scanner
 *
 * Removes the files of directories that an earlier run, or another scope, had and no scan has
 * found.
 */
void arc_tree_scanner_prune (ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_follows:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Returns: %TRUE if @node may be a symbolic link
 */
gboolean arc_tree_scanner_follows (const ArcTreeScanner *scanner, const ArcNode *node);

/**
 * arc_tree_scanner_is_itself:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Returns: %TRUE if the same directory is still at the path of @node
 */
gboolean arc_tree_scanner_is_itself (const ArcTreeScanner *scanner, const ArcNode *node);

/**
 * arc_tree_scanner_is_in_place:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Returns: %TRUE if @node and all directories above it, up to the root, are still where they were
 */
gboolean arc_tree_scanner_is_in_place (const ArcTreeScanner *scanner, const ArcNode *node);

/**
 * arc_tree_scanner_is_mounted:
 * @node: a directory that has just been scanned
 *
 * Returns: %TRUE if another file system is mounted at @node, and it is no root
 */
gboolean arc_tree_scanner_is_mounted (const ArcNode *node);

/**
 * arc_tree_scanner_is_clear:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Returns: %TRUE if what is missing in @node is gone; otherwise a directory above is another one
 *   now, and is queued
 */
gboolean arc_tree_scanner_is_clear (ArcTreeScanner *scanner, ArcNode *node);

/**
 * arc_tree_scanner_is_bare:
 * @scanner: a scanner
 * @node: a directory of the tree
 * @id: the identity of an empty directory at its path
 *
 * Returns: %TRUE if that is more likely a mount point without its file system than @node with its
 *   files removed
 */
gboolean
arc_tree_scanner_is_bare (const ArcTreeScanner *scanner, const ArcNode *node, const ArcFileId *id);

/**
 * arc_tree_scanner_push:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Queues a directory for a scan.
 */
void arc_tree_scanner_push (ArcTreeScanner *scanner, ArcNode *node);

/**
 * arc_tree_scanner_abort_scans:
 * @scanner: a scanner
 * @node: (nullable): a directory of the tree, or %NULL for all
 *
 * Discards the scans that are under way of @node and what is below it, and queues them anew.
 */
void arc_tree_scanner_abort_scans (ArcTreeScanner *scanner, ArcNode *node);

/**
 * arc_tree_scanner_disarm:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * See arc_directory_tree_disarm().
 */
void arc_tree_scanner_disarm (ArcTreeScanner *scanner, ArcNode *node);

/**
 * arc_tree_scanner_drop:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Removes @node and all directories below it from the tree, and their files from the snapshot.
 */
void arc_tree_scanner_drop (ArcTreeScanner *scanner, ArcNode *node);

/**
 * arc_tree_scanner_forget:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Drops a directory that is gone. Other paths that lead to the same directory are checked.
 */
void arc_tree_scanner_forget (ArcTreeScanner *scanner, ArcNode *node);

/**
 * arc_tree_scanner_set_problem:
 * @scanner: a scanner
 * @node: a directory of the tree
 * @problem: why @node cannot be read
 *
 * Sets the problem of a directory.
 */
void arc_tree_scanner_set_problem (ArcTreeScanner *scanner, ArcNode *node, const char *problem);

/**
 * arc_tree_scanner_set_unseen:
 * @scanner: a scanner
 * @node: a directory of the tree
 * @unseen: (element-type ArcDirectoryReaderUnseen): what a scan of @node could not read
 *
 * Replaces the names in @node that cannot be read.
 */
void arc_tree_scanner_set_unseen (ArcTreeScanner *scanner, ArcNode *node, const GArray *unseen);

/**
 * arc_tree_scanner_lose:
 * @scanner: a scanner
 * @node: a directory of the tree
 * @problem: why it is unavailable
 *
 * Marks a directory as unavailable. The snapshot keeps its files, and the scanner searches for
 * it.
 */
void arc_tree_scanner_lose (ArcTreeScanner *scanner, ArcNode *node, const char *problem);

/**
 * arc_tree_scanner_look_for:
 * @scanner: a scanner
 * @node: a directory of the tree
 *
 * Checks soon whether @node, or something in it, can be read again.
 */
void arc_tree_scanner_look_for (ArcTreeScanner *scanner, const ArcNode *node);

/**
 * arc_tree_scanner_begin_check:
 * @scanner: a scanner
 * @node: a directory that was lost, wholly or in part
 *
 * Lets the thread find out whether there is more of @node to be read.
 */
void arc_tree_scanner_begin_check (ArcTreeScanner *scanner, ArcNode *node);

/**
 * arc_tree_scanner_end_check:
 * @scanner: a scanner
 * @job: (transfer full): the result
 *
 * Queues a directory that can be read again.
 */
void arc_tree_scanner_end_check (ArcTreeScanner *scanner, ArcDiskJob *job);

/**
 * arc_tree_scanner_leave_stuck:
 * @scanner: a scanner
 *
 * Leaves the thread behind, and loses the file system that does not answer it.
 */
void arc_tree_scanner_leave_stuck (ArcTreeScanner *scanner);

/**
 * arc_tree_scanner_look_for_lost:
 * @scanner: a scanner
 * @now: the time, in microseconds of g_get_monotonic_time()
 *
 * Checks the directories that were lost, if it is time.
 */
void arc_tree_scanner_look_for_lost (ArcTreeScanner *scanner, gint64 now);

G_END_DECLS
