/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-id.h"

#include <glib.h>

/* See watch/file-monitors.h. */
typedef struct _ArcMonitor ArcMonitor;

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

  GHashTable *links; /* (owned) (nullable) (element-type filename): the symbolic links in it whose
                        names match */

  GList link;         /* in the queue */
  guint64 generation; /* of the last scan, 0 if it must be scanned in any case */
  guint64 serial;     /* of the scans that count, 0 until the next one begins */
  guint64 retried;    /* the generation in which the audit armed it anew */
  guint armed;        /* how many audits had begun when it got its monitor */
  guint32 seen;       /* the last scan of the parent that found it */

  guint identified : 1; /* the id is set, and no other node has it */
  guint queued : 1;
  guint scanned : 1; /* at least once since it became a node */
  guint checked : 1; /* a job finds out whether there is more of it to be read */

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

/**
 * ArcDirectoryTreeFunc:
 * @node: a directory that is removed, without children and monitor
 * @user_data: the data
 *
 * Called before a directory is removed.
 */
typedef void (*ArcDirectoryTreeFunc) (ArcNode *node, gpointer user_data);

/**
 * arc_directory_tree_new:
 * @cancel: cancels an #ArcMonitor
 *
 * Returns: (transfer full): an empty tree
 */
ArcDirectoryTree *arc_directory_tree_new (GDestroyNotify cancel);

/**
 * arc_directory_tree_free:
 * @tree: (transfer full): a tree
 *
 * Cancels all monitors and frees the tree.
 */
void arc_directory_tree_free (ArcDirectoryTree *tree);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcDirectoryTree, arc_directory_tree_free)

/**
 * arc_directory_tree_get_size:
 * @tree: a tree
 *
 * Returns: the number of directories
 */
guint arc_directory_tree_get_size (const ArcDirectoryTree *tree);

/**
 * arc_directory_tree_lookup:
 * @tree: a tree
 * @path: an absolute path
 *
 * Returns: (transfer none) (nullable): the directory at @path
 */
ArcNode *arc_directory_tree_lookup (const ArcDirectoryTree *tree, const char *path);

/**
 * arc_directory_tree_get_nearest:
 * @tree: a tree
 * @path: an absolute path
 *
 * Returns: (transfer none) (nullable): the directory at @path, or the nearest above it that is in
 *   the tree
 */
ArcNode *arc_directory_tree_get_nearest (const ArcDirectoryTree *tree, const char *path);

/**
 * arc_directory_tree_lookup_id:
 * @tree: a tree
 * @id: an identity
 *
 * Returns: (transfer none) (nullable): the directory with that identity
 */
ArcNode *arc_directory_tree_lookup_id (const ArcDirectoryTree *tree, const ArcFileId *id);

/**
 * arc_directory_tree_list:
 * @tree: a tree
 * @only_roots: whether only the roots are listed
 *
 * Returns: (transfer container) (element-type ArcNode): the directories, in no order
 */
GPtrArray *arc_directory_tree_list (const ArcDirectoryTree *tree, gboolean only_roots);

/**
 * arc_directory_tree_add:
 * @tree: a tree
 * @parent: (nullable): the directory above, or %NULL for a root
 * @path: the path, which must not be in the tree
 *
 * Adds a directory.
 *
 * Returns: (transfer none): the directory
 */
ArcNode *arc_directory_tree_add (ArcDirectoryTree *tree, ArcNode *parent, const char *path);

/**
 * arc_directory_tree_drop:
 * @tree: a tree
 * @node: a directory of the tree
 * @func: (nullable): called for each directory, those below it first
 * @user_data: data for the function
 *
 * Cancels the monitors of @node and of all directories below it, and then removes these
 * directories.
 */
void arc_directory_tree_drop (ArcDirectoryTree *tree,
                              ArcNode *node,
                              ArcDirectoryTreeFunc func,
                              gpointer user_data);

/**
 * arc_directory_tree_disarm:
 * @tree: a tree
 * @node: a directory of the tree
 *
 * Cancels the monitors of @node and of all directories below it, and clears their identities.
 * They have to be scanned again; what scans find that have begun does not count.
 */
void arc_directory_tree_disarm (ArcDirectoryTree *tree, ArcNode *node);

/**
 * arc_directory_tree_set_roots:
 * @tree: a tree
 * @roots: (element-type filename): the paths of directories
 *
 * Adds the roots that are not in the tree, and drops all others.
 */
void arc_directory_tree_set_roots (ArcDirectoryTree *tree, const GPtrArray *roots);

/**
 * arc_directory_tree_identify:
 * @tree: a tree
 * @node: a directory of the tree
 * @id: the identity, which no other directory of the tree may have
 *
 * Sets the identity of a directory.
 */
void arc_directory_tree_identify (ArcDirectoryTree *tree, ArcNode *node, const ArcFileId *id);

/**
 * arc_node_hides:
 * @node: a directory of the tree
 * @path: the path of a file or directory below @node, and below no child of @node
 *
 * Returns: %TRUE if it cannot be known whether @path exists
 */
gboolean arc_node_hides (const ArcNode *node, const char *path);

/**
 * arc_node_set_link:
 * @node: a directory of the tree
 * @name: a name in it
 * @is_link: whether that is a symbolic link
 *
 * Takes note of a link.
 */
void arc_node_set_link (ArcNode *node, const char *name, gboolean is_link);

/**
 * arc_directory_tree_is_link:
 * @tree: a tree
 * @path: an absolute path
 *
 * Returns: %TRUE if a symbolic link was found at @path
 */
gboolean arc_directory_tree_is_link (const ArcDirectoryTree *tree, const char *path);

/**
 * arc_node_get_below_root:
 * @node: a directory of the tree
 *
 * Returns: (transfer none): the path below the root, "" for a root
 */
const char *arc_node_get_below_root (ArcNode *node);

/**
 * arc_directory_tree_push:
 * @tree: a tree
 * @node: a directory of the tree
 *
 * Queues a directory for a scan. It is in the queue at most once.
 */
void arc_directory_tree_push (ArcDirectoryTree *tree, ArcNode *node);

/**
 * arc_directory_tree_pop:
 * @tree: a tree
 *
 * Returns: (transfer none) (nullable): the next directory to scan, which is no longer queued
 */
ArcNode *arc_directory_tree_pop (ArcDirectoryTree *tree);

/**
 * arc_directory_tree_is_idle:
 * @tree: a tree
 *
 * Returns: %TRUE if the queue is empty
 */
gboolean arc_directory_tree_is_idle (const ArcDirectoryTree *tree);
