/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-snapshot.h"
#include "system/arc-extent.h"
#include "system/arc-file-id.h"
#include "system/arc-health.h"
#include "system/arc-looks.h"
#include "system/arc-scan.h"
#include "system/arc-tree.h"
#include "system/arc-ways.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcSight:
 *
 * What ArcCrawler knows of the disk, and what is to be done when one of the directories is not
 * where it was: it may be gone, moved, or only out of sight, like one that is not mounted, or lost,
 * and come back.
 */
typedef struct
{
  ArcExtent *extent; /* (owned) (nullable): until the first one is set */

  ArcSnapshot *snapshot; /* (owned) */
  ArcChanges *changes;   /* (owned): what differed, and is not emitted yet */
  ArcTree *tree;         /* (owned) */
  ArcLooks *looks;       /* (owned) */
  ArcWays *ways;         /* (owned): of the roots, and of the links that are followed */

  /* The scan under way. */
  ArcScan *scan;      /* (owned): of SCAN_NODE; closed if that is NULL */
  ArcNode *scan_node; /* (unowned) (nullable) */

  gboolean active;           /* directories were queued or went since arc_crawler_rest() */
  gboolean health_pending;   /* something happened that the health depends on */
  ArcHealth health;          /* when it was last assessed */
  gboolean left_out_pending; /* what keeps another path out of the tree may be gone */
  GHashTable *lost;  /* (element-type filename): directories that are out of sight, wholly or in
                        part, and to be looked for; some may be back, or forgotten, already */
  gint64 lost_check; /* when to look for them; 0: there are none */
} ArcSight;

/* FUNC: see arc_ways_new(). */
ArcSight *arc_sight_new (ArcMonitorsFunc func, gpointer user_data);

/* Cancels all monitors. */
void arc_sight_free (ArcSight *sight);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcSight, arc_sight_free)

/* Whether NODE may be a symbolic link. */
gboolean arc_sight_follows (const ArcSight *sight, const ArcNode *node);

/* Whether there is still the same directory at the path of NODE. */
gboolean arc_sight_is_itself (const ArcSight *sight, const ArcNode *node);

/* Whether a directory and all above it, up to the root, are still where they were. */
gboolean arc_sight_is_in_place (const ArcSight *sight, const ArcNode *node);

/* Whether NODE, which has just been scanned, is where another file system is mounted, and no root.
 */
gboolean arc_sight_is_mounted (const ArcNode *node);

/* Whether what is missing in NODE is gone, rather than out of sight. If it is not clear, the
 * directory that is not itself any more is queued. */
gboolean arc_sight_is_clear (ArcSight *sight, ArcNode *node);

/* Whether NODE, if it is the directory ID now, and empty, is more likely the place where something
 * was mounted than one that somebody emptied. */
gboolean arc_sight_is_bare (const ArcSight *sight, const ArcNode *node, const ArcFileId *id);

/* Queues NODE for a scan. */
void arc_sight_push (ArcSight *sight, ArcNode *node);

/* Queues the directory whose scan is under way anew, if it is NODE or below it. */
void arc_sight_abort_scan_below (ArcSight *sight, ArcNode *node);

/* See arc_tree_disarm(). */
void arc_sight_disarm (ArcSight *sight, ArcNode *node);

/* Drops NODE and all below it from the tree, and their files from the snapshot. */
void arc_sight_drop (ArcSight *sight, ArcNode *node);

/* The directory is gone. Maybe it was what kept another path out of the tree. */
void arc_sight_forget (ArcSight *sight, ArcNode *node);

/* Why NODE cannot be read: see ArcNode. */
void arc_sight_set_problem (ArcSight *sight, ArcNode *node, const char *problem);

/* Watches the way of PATH, a root or a link, before a look at it. Returns: whether the way is
 * another one than before. */
gboolean arc_sight_follow (ArcSight *sight, const char *path);

/* NAME in NODE is, or is not, a symbolic link that is followed. */
void arc_sight_add_link (ArcSight *sight, ArcNode *node, const char *name);
void arc_sight_remove_link (ArcSight *sight, ArcNode *node, const char *name);

/* Forgets the ways of paths that are no roots and no links any more. */
void arc_sight_prune_ways (ArcSight *sight);

/* UNSEEN (element-type ArcScanUnseen): what a scan of NODE could not look at. */
void arc_sight_set_unseen (ArcSight *sight, ArcNode *node, const GArray *unseen);

/* NODE is not there. Its files are only out of sight: the snapshot keeps them. */
void arc_sight_lose (ArcSight *sight, ArcNode *node, const char *problem);

/* NODE, or something in it, cannot be looked at; try again soon. */
void arc_sight_look_for (ArcSight *sight, const ArcNode *node);

/* Queues the directories that are back, if it is time: NOW is that of g_get_monotonic_time(). */
void arc_sight_look_for_lost (ArcSight *sight, gint64 now);

G_END_DECLS
