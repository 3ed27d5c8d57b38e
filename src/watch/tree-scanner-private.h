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

/* The members of ArcTreeScanner, and what watch/directory-presence.c does for
 * watch/tree-scanner.c. No other file includes this header. */

typedef struct _ArcTreeScanner ArcTreeScanner;

struct _ArcTreeScanner
{
  ArcWatchScope *scope; /* (owned) (nullable): until the first one is set */

  ArcSnapshot *snapshot;        /* (owned) */
  ArcChangeSet *changes;        /* (owned): what differed, and is not emitted yet */
  ArcDirectoryTree *tree;       /* (owned) */
  ArcRecheckQueue *rechecks;    /* (owned) */
  ArcFileMonitors *monitors;    /* (owned) */
  ArcPathMonitor *path_monitor; /* (owned): of the roots, and of the links that are followed */
  guint n_path_problems;        /* as of the last look */
  ArcDiskWorker *worker;        /* (owned): reads directories, and looks at paths */

  guint64 generation;    /* of reconciliations */
  guint64 serial;        /* the last one that a node got */
  guint32 scan_number;   /* of the directory that was last read */
  gboolean scan_is_next; /* the last job was a look */
  gboolean baseline;     /* the first scan, without a snapshot: what it finds is no change */
  gboolean active;       /* directories were queued or went since the last scan ended */

  GHashTable *left_out; /* (element-type filename): directories that are in the tree already under
                           another path */
  GHashTable *lost;     /* (element-type filename): directories that cannot be seen, wholly or in
                           part, and are looked for; some may be back, or forgotten, already */
  gint64 lost_check;    /* when to look for them; 0: there are none */

  /* To be done at the begin, or at the end, of a scan. */
  gboolean roots_pending;    /* the roots of the scope are no nodes yet */
  gboolean prune_pending;    /* the snapshot may know directories that are no nodes */
  gboolean left_out_pending; /* what keeps another path out of the tree may be gone */
  gboolean health_pending;   /* something happened that the health depends on */
  ArcHealth health;          /* when it was last assessed */
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
 * arc_tree_scanner_push:
 * @self: a scanner
 * @node: a directory of the tree
 *
 * Queues a directory for a scan.
 */
void arc_tree_scanner_push (ArcTreeScanner *self, ArcNode *node);

/**
 * arc_tree_scanner_add_places:
 * @self: a scanner
 * @job: a job
 * @node: a directory of the tree
 * @all: whether each directory counts; otherwise only those at which a file system begins
 *
 * Lets @job find out whether @node, and the directories above it, are at their paths.
 */
void arc_tree_scanner_add_places (ArcTreeScanner *self,
                                  ArcDiskJob *job,
                                  const ArcNode *node,
                                  gboolean all);

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
 * arc_tree_scanner_clean_up:
 * @self: a scanner
 *
 * Removes the directories from the snapshot that an earlier run, or another scope, knew and no scan
 * met, and queues the paths whose directory was in the tree under another path.
 */
void arc_tree_scanner_clean_up (ArcTreeScanner *self);

/**
 * arc_tree_scanner_enter:
 * @self: a scanner
 * @node: a directory of the tree
 * @job: a job that has opened it
 *
 * Makes sure that @node is in the tree as what was opened, and monitored.
 *
 * Returns: %TRUE if @job has to be pushed again; %FALSE if @node must not be read now
 */
gboolean arc_tree_scanner_enter (ArcTreeScanner *self, ArcNode *node, ArcDiskJob *job);

/**
 * arc_tree_scanner_is_clear:
 * @self: a scanner
 * @node: a directory of the tree
 * @job: a job that has found nothing at a path in @node
 *
 * Returns: %TRUE if that is gone; otherwise a directory above is another one now, and is queued
 */
gboolean arc_tree_scanner_is_clear (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job);

/**
 * arc_tree_scanner_find:
 * @self: a scanner
 * @node: a directory of the tree
 * @job: a job that has read it
 *
 * Takes note of what can be read of @node now.
 *
 * Returns: %FALSE if @node has lost its file system
 */
gboolean arc_tree_scanner_find (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job);

/**
 * arc_tree_scanner_fail:
 * @self: a scanner
 * @node: a directory of the tree
 * @job: a job that could not read it, or found another directory at its path
 *
 * Queues a directory, removes one that is gone, or marks it as unavailable: the snapshot keeps its
 * files, and the scanner searches for it.
 */
void arc_tree_scanner_fail (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job);

/**
 * arc_tree_scanner_look_at_root:
 * @self: a scanner
 * @node: a root of the tree
 * @moved: whether it, or a directory or link that it leads through, was renamed
 *
 * Queues a root for a scan, or lets the thread find out whether it is back.
 */
void arc_tree_scanner_look_at_root (ArcTreeScanner *self, ArcNode *node, gboolean moved);

/**
 * arc_tree_scanner_end_check:
 * @self: a scanner
 * @job: the result
 *
 * Queues a directory that can be read again.
 */
void arc_tree_scanner_end_check (ArcTreeScanner *self, const ArcDiskJob *job);

/**
 * arc_tree_scanner_look_for_lost:
 * @self: a scanner
 * @now: the time, in microseconds of g_get_monotonic_time()
 *
 * Loses a file system that does not answer, and checks the directories that were lost, if it is
 * time.
 */
void arc_tree_scanner_look_for_lost (ArcTreeScanner *self, gint64 now);
