/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-id.h"
#include "watch/file-monitors.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcNode:
 *
 * A directory that is, or is about to be, watched and scanned.
 */
typedef struct _ArcNode ArcNode;

struct _ArcNode
{
  ArcNode *parent; /* (nullable): a root has none */
  ArcNode *first_child;
  ArcNode *previous; /* among the children of the parent */
  ArcNode *next;

  ArcFileId id;         /* if identified */
  ArcFileId scanned_as; /* if scanned: the id then */
  ArcMonitor *monitor;  /* (owned) (nullable) */
  char *problem;        /* (owned) (nullable): why it cannot be read; a root is then unavailable */
  GHashTable *unseen;   /* (owned) (nullable) (element-type filename errno): the names in it that
                           cannot be looked at, and why */

  GHashTable *links; /* (owned) (nullable) (element-type filename): the symbolic links in it that
                        are followed */

  GList link;         /* in the queue */
  guint64 generation; /* of the last scan, 0 if it must be scanned in any case */
  guint64 retried;    /* the generation in which the audit armed it anew */
  guint armed;        /* how many audits had begun when it got its monitor */
  guint32 seen;       /* the last scan of the parent that found it */

  guint identified : 1; /* the id is true, and no other node has it */
  guint queued : 1;
  guint scanned : 1; /* at least once since it became a node */

  char path[];
};

/**
 * ArcDirectoryTree:
 *
 * The directories, by path and by identity, and the queue of those to be scanned.
 *
 * No two nodes have the same identity: GIO gives two monitors on one inode the same kernel watch,
 * and cancelling either then kills it for both.
 */
typedef struct _ArcDirectoryTree ArcDirectoryTree;

/* NODE is still whole, but for its children and its monitor. */
typedef void (*ArcDirectoryTreeFunc) (ArcNode *node, gpointer user_data);

ArcDirectoryTree *arc_directory_tree_new (void);

/* Cancels all monitors. */
void arc_directory_tree_free (ArcDirectoryTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcDirectoryTree, arc_directory_tree_free)

guint arc_directory_tree_get_size (const ArcDirectoryTree *tree);

/* (nullable) */
ArcNode *arc_directory_tree_lookup (const ArcDirectoryTree *tree, const char *path);
ArcNode *arc_directory_tree_lookup_id (const ArcDirectoryTree *tree, const ArcFileId *id);

/* All nodes, in no order. (element-type ArcNode) (transfer container) */
GPtrArray *arc_directory_tree_list (const ArcDirectoryTree *tree);

/* PATH must not be in the tree. PARENT is NULL for a root. */
ArcNode *
arc_directory_tree_add (ArcDirectoryTree *tree, ArcNode *parent /* (nullable) */, const char *path);

/* Forgets NODE and all below it: first their monitors, then them, each after those below it. FUNC,
 * if not NULL, is called for each. */
void arc_directory_tree_drop (ArcDirectoryTree *tree,
                              ArcNode *node,
                              ArcDirectoryTreeFunc func,
                              gpointer user_data);

/* Cancels the monitors of NODE and of all below it and forgets which directories they are, so that
 * the next scans, which they are in want of, find out anew. */
void arc_directory_tree_disarm (ArcDirectoryTree *tree, ArcNode *node);

/* No other node may have ID. */
void arc_directory_tree_identify (ArcDirectoryTree *tree, ArcNode *node, const ArcFileId *id);

gboolean arc_node_is_below (const ArcNode *node, const ArcNode *ancestor); /* or the same */

void arc_node_add_link (ArcNode *node, const char *name);

/* Whether it is unknown what became of PATH, a file or a directory below NODE and below no child of
 * it. */
gboolean arc_node_hides (const ArcNode *node, const char *path);

/* The path below the root, "" for a root. */
const char *arc_node_get_below_root (ArcNode *node);

/* The queue; a node is in it at most once. */
void arc_directory_tree_push (ArcDirectoryTree *tree, ArcNode *node);
ArcNode *arc_directory_tree_pop (ArcDirectoryTree *tree); /* (nullable) */
gboolean arc_directory_tree_is_idle (const ArcDirectoryTree *tree);

G_END_DECLS
