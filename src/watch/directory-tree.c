/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/directory-tree.h"

#include "common/path.h"

#include <string.h>

struct _ArcDirectoryTree
{
  GDestroyNotify cancel;
  GHashTable *by_path; /* (element-type filename ArcNode) keys lie in the values */
  GHashTable *by_id;   /* (element-type ArcFileId ArcNode) keys lie in the values */
  GQueue queue;        /* (element-type ArcNode) */
};

static void
node_free (gpointer data)
{
  ArcNode *node = data;

  g_free (node->problem);
  g_clear_pointer (&node->unseen, g_hash_table_unref);
  g_clear_pointer (&node->links, g_hash_table_unref);
  g_free (node);
}

ArcDirectoryTree *
arc_directory_tree_new (GDestroyNotify cancel)
{
  ArcDirectoryTree *self = g_new0 (ArcDirectoryTree, 1);

  self->cancel = cancel;
  self->by_path = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, node_free);
  self->by_id = g_hash_table_new (arc_file_id_hash, arc_file_id_equal);
  g_queue_init (&self->queue);

  return self;
}

void
arc_directory_tree_free (ArcDirectoryTree *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_path);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_clear_pointer (&((ArcNode *) value)->monitor, self->cancel);

  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->by_path);
  g_free (self);
}

guint
arc_directory_tree_get_size (const ArcDirectoryTree *self)
{
  return g_hash_table_size (self->by_path);
}

ArcNode *
arc_directory_tree_lookup (const ArcDirectoryTree *self, const char *path)
{
  return g_hash_table_lookup (self->by_path, path);
}

ArcNode *
arc_directory_tree_get_nearest (const ArcDirectoryTree *self, const char *path)
{
  ArcNode *node = arc_directory_tree_lookup (self, path);
  g_autofree char *above = NULL;

  while (node == NULL && strcmp (path, "/") != 0)
    {
      char *parent = g_path_get_dirname (path);

      g_free (above);
      path = above = parent;
      node = arc_directory_tree_lookup (self, path);
    }

  return node;
}

ArcNode *
arc_directory_tree_lookup_id (const ArcDirectoryTree *self, const ArcFileId *id)
{
  return g_hash_table_lookup (self->by_id, id);
}

GPtrArray *
arc_directory_tree_list (const ArcDirectoryTree *self, gboolean only_roots)
{
  g_autoptr (GPtrArray) list = g_ptr_array_sized_new (arc_directory_tree_get_size (self));
  GHashTableIter iter;
  gpointer node;

  g_hash_table_iter_init (&iter, self->by_path);
  while (g_hash_table_iter_next (&iter, NULL, &node))
    if (!only_roots || ((ArcNode *) node)->parent == NULL)
      g_ptr_array_add (list, node);

  return g_steal_pointer (&list);
}

ArcNode *
arc_directory_tree_add (ArcDirectoryTree *self, ArcNode *parent, const char *path)
{
  const gsize size = strlen (path) + 1;
  ArcNode *node = g_malloc0 (sizeof (ArcNode) + size);

  memcpy (node->path, path, size);
  node->link.data = node;
  node->parent = parent;
  if (parent != NULL)
    {
      node->next = parent->first_child;
      if (node->next != NULL)
        node->next->previous = node;
      parent->first_child = node;
    }

  g_hash_table_insert (self->by_path, node->path, node);

  return node;
}

static void
unqueue (ArcDirectoryTree *self, ArcNode *node)
{
  if (!node->queued)
    return;

  g_queue_unlink (&self->queue, &node->link);
  node->queued = FALSE;
}

static void
unlink_from_parent (ArcNode *node)
{
  if (node->previous != NULL)
    node->previous->next = node->next;
  else if (node->parent != NULL)
    node->parent->first_child = node->next;
  if (node->next != NULL)
    node->next->previous = node->previous;
}

static void
drop_disarmed (ArcDirectoryTree *self, ArcNode *node, ArcDirectoryTreeFunc func, gpointer user_data)
{
  while (node->first_child != NULL)
    drop_disarmed (self, node->first_child, func, user_data);

  if (func != NULL)
    func (node, user_data);

  unqueue (self, node);
  unlink_from_parent (node);
  g_hash_table_remove (self->by_path, node->path);
}

void
arc_directory_tree_drop (ArcDirectoryTree *self,
                         ArcNode *node,
                         ArcDirectoryTreeFunc func,
                         gpointer user_data)
{
  arc_directory_tree_disarm (self, node);
  drop_disarmed (self, node, func, user_data);
}

void
arc_directory_tree_disarm (ArcDirectoryTree *self, ArcNode *node)
{
  g_clear_pointer (&node->monitor, self->cancel);
  if (node->identified)
    g_hash_table_remove (self->by_id, &node->id);
  node->identified = FALSE;
  node->generation = 0;
  node->serial = 0;

  for (ArcNode *child = node->first_child; child != NULL; child = child->next)
    arc_directory_tree_disarm (self, child);
}

void
arc_directory_tree_identify (ArcDirectoryTree *self, ArcNode *node, const ArcFileId *id)
{
  g_return_if_fail (!node->identified && arc_directory_tree_lookup_id (self, id) == NULL);

  node->id = *id;
  node->identified = TRUE;
  g_hash_table_insert (self->by_id, &node->id, node);
}

void
arc_directory_tree_set_roots (ArcDirectoryTree *self, const GPtrArray *roots)
{
  g_autoptr (GPtrArray) known = arc_directory_tree_list (self, TRUE);

  for (guint i = 0; i < known->len; i++)
    if (!g_ptr_array_find_with_equal_func ((GPtrArray *) roots, ((ArcNode *) known->pdata[i])->path,
                                           g_str_equal, NULL))
      arc_directory_tree_drop (self, known->pdata[i], NULL, NULL);

  for (guint i = 0; i < roots->len; i++)
    {
      ArcNode *node = arc_directory_tree_lookup (self, roots->pdata[i]);

      /* What was a directory of a root may be a root now. */
      if (node != NULL && node->parent != NULL)
        arc_directory_tree_drop (self, g_steal_pointer (&node), NULL, NULL);
      if (node == NULL)
        arc_directory_tree_add (self, NULL, roots->pdata[i]);
    }
}

static ArcNode *
get_root (ArcNode *node)
{
  while (node->parent != NULL)
    node = node->parent;

  return node;
}

gboolean
arc_node_hides (const ArcNode *node, const char *path)
{
  const char *below = arc_path_get_below (path, node->path);
  g_autofree char *name = NULL;

  if (node->problem != NULL)
    return TRUE;
  if (node->unseen == NULL || below == NULL)
    return FALSE;

  name = g_strndup (below, strcspn (below, "/"));

  return g_hash_table_contains (node->unseen, name);
}

void
arc_node_set_link (ArcNode *node, const char *name, gboolean is_link)
{
  if (node->links == NULL && is_link)
    node->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (is_link)
    g_hash_table_add (node->links, g_strdup (name));
  else if (node->links != NULL)
    g_hash_table_remove (node->links, name);
}

gboolean
arc_directory_tree_is_link (const ArcDirectoryTree *self, const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  const ArcNode *node = arc_directory_tree_lookup (self, directory);

  return node != NULL && node->links != NULL && g_hash_table_contains (node->links, name);
}

const char *
arc_node_get_below_root (ArcNode *node)
{
  const char *rest = node->path + strlen (get_root (node)->path);

  return rest[0] == '/' ? rest + 1 : rest;
}

/* The children of a directory before its siblings, which keeps the queue short. */
void
arc_directory_tree_push (ArcDirectoryTree *self, ArcNode *node)
{
  if (node->queued)
    return;

  node->queued = TRUE;
  g_queue_push_head_link (&self->queue, &node->link);
}

ArcNode *
arc_directory_tree_pop (ArcDirectoryTree *self)
{
  GList *link = g_queue_pop_head_link (&self->queue);
  ArcNode *node;

  if (link == NULL)
    return NULL;

  node = link->data;
  node->queued = FALSE;

  return node;
}

gboolean
arc_directory_tree_is_idle (const ArcDirectoryTree *self)
{
  return self->queue.head == NULL;
}
