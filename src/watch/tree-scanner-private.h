/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-reader.h"
#include "watch/directory-tree.h"
#include "watch/monitor-budget.h"
#include "watch/path-monitor.h"
#include "watch/recheck-queue.h"
#include "watch/root-probe.h"
#include "watch/snapshot.h"
#include "watch/watch-health.h"
#include "watch/watch-scope.h"

#include <glib.h>

G_BEGIN_DECLS

/* Only watch/tree-scanner.c includes this: the inside of ArcTreeScanner, and what to do when a
 * directory is not where it was. It may be gone, moved, not mounted, or not readable, and come
 * back. */

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

  /* The scan under way. */
  ArcDirectoryReader *scan; /* (owned): of SCAN_NODE; closed if that is NULL */
  ArcNode *scan_node;       /* (unowned) (nullable) */

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
  gboolean scan_is_owed;  /* looks took all of the last slice */
  gboolean plant_pending; /* the roots of the extent are no nodes yet */
  gboolean prune_pending; /* the snapshot may know directories that are no nodes */
};

/* Scans a directory. */
void arc_tree_scanner_begin_scan (ArcTreeScanner *scanner, ArcNode *node);
void arc_tree_scanner_continue_scan (ArcTreeScanner *scanner, gint64 deadline);

/* Forgets directories that an earlier run, or another tree, knew and no scan met. */
void arc_tree_scanner_prune (ArcTreeScanner *scanner);

/* Whether NODE may be a symbolic link. */
gboolean arc_tree_scanner_follows (const ArcTreeScanner *scanner, const ArcNode *node);

/* Whether there is still the same directory at the path of NODE. */
gboolean arc_tree_scanner_is_itself (const ArcTreeScanner *scanner, const ArcNode *node);

/* Whether a directory and all above it, up to the root, are still where they were. */
gboolean arc_tree_scanner_is_in_place (const ArcTreeScanner *scanner, const ArcNode *node);

/* Whether NODE, which has just been scanned, is where another file system is mounted, and no root.
 */
gboolean arc_tree_scanner_is_mounted (const ArcNode *node);

/* Whether what is missing in NODE is gone, rather than hidden. If it is not clear, the directory
 * that is not itself any more is queued. */
gboolean arc_tree_scanner_is_clear (ArcTreeScanner *scanner, ArcNode *node);

/* Whether NODE, if it is the directory ID now, and empty, is more likely the place where something
 * was mounted than one that was emptied. */
gboolean
arc_tree_scanner_is_bare (const ArcTreeScanner *scanner, const ArcNode *node, const ArcFileId *id);

/* Queues NODE for a scan. */
void arc_tree_scanner_push (ArcTreeScanner *scanner, ArcNode *node);

/* Queues the directory whose scan is under way anew, if it is NODE or below it. */
void arc_tree_scanner_abort_scan_below (ArcTreeScanner *scanner, ArcNode *node);

/* See arc_directory_tree_disarm(). */
void arc_tree_scanner_disarm (ArcTreeScanner *scanner, ArcNode *node);

/* Drops NODE and all below it from the tree, and their files from the snapshot. */
void arc_tree_scanner_drop (ArcTreeScanner *scanner, ArcNode *node);

/* The directory is gone. Maybe it was what kept another path out of the tree. */
void arc_tree_scanner_forget (ArcTreeScanner *scanner, ArcNode *node);

/* Why NODE cannot be read: see ArcNode. */
void arc_tree_scanner_set_problem (ArcTreeScanner *scanner, ArcNode *node, const char *problem);

/* UNSEEN (element-type ArcDirectoryReaderUnseen): what a scan of NODE could not look at. */
void arc_tree_scanner_set_unseen (ArcTreeScanner *scanner, ArcNode *node, const GArray *unseen);

/* NODE is not there, and may come back. The snapshot keeps its files. */
void arc_tree_scanner_lose (ArcTreeScanner *scanner, ArcNode *node, const char *problem);

/* NODE, or something in it, cannot be looked at; try again soon. */
void arc_tree_scanner_look_for (ArcTreeScanner *scanner, const ArcNode *node);

/* Queues ROOT, which was lost, if it can be read. Its file system must have answered. */
void arc_tree_scanner_look_for_root (ArcTreeScanner *scanner, ArcNode *root);

/* Queues the directories that are back, if it is time: NOW is that of g_get_monotonic_time(). */
void arc_tree_scanner_look_for_lost (ArcTreeScanner *scanner, gint64 now);

G_END_DECLS
