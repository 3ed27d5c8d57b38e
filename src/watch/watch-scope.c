/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/watch-scope.h"

#include "common/path.h"

#include <string.h>

ArcWatchScope *
arc_watch_scope_new (const char *const *roots, ArcPathFilter *filter, gboolean follow_symlinks)
{
  ArcWatchScope *self = g_new0 (ArcWatchScope, 1);

  self->roots = g_ptr_array_new_with_free_func (g_free);
  self->filter = arc_path_filter_ref (filter);
  self->follow_symlinks = follow_symlinks;

  for (guint i = 0; roots[i] != NULL; i++)
    {
      g_autofree char *path = g_canonicalize_filename (roots[i], "/");

      if (!arc_watch_scope_has_root (self, path))
        g_ptr_array_add (self->roots, g_steal_pointer (&path));
    }

  return self;
}

void
arc_watch_scope_free (ArcWatchScope *self)
{
  g_ptr_array_unref (self->roots);
  arc_path_filter_unref (self->filter);
  g_free (self);
}

gboolean
arc_watch_scope_has_root (const ArcWatchScope *self, const char *path)
{
  for (guint i = 0; i < self->roots->len; i++)
    if (strcmp (self->roots->pdata[i], path) == 0)
      return TRUE;

  return FALSE;
}

/* Whether a symbolic link is a component of BELOW, a path below ROOT. What is behind a link
 * that is not followed is not in the tree. */
static gboolean
has_link (const ArcDirectoryTree *tree, const char *root, const char *below)
{
  g_autoptr (GString) path = g_string_new (root);
  const ArcNode *node = arc_directory_tree_lookup (tree, root);

  while (node != NULL && *below != '\0')
    {
      const gsize length = strcspn (below, "/");
      g_autofree char *name = g_strndup (below, length);

      if (node->links != NULL && g_hash_table_contains (node->links, name))
        return TRUE;

      below += length + (below[length] == '/');
      g_string_append_printf (path, "%s%s", g_str_has_suffix (path->str, "/") ? "" : "/", name);
      node = arc_directory_tree_lookup (tree, path->str);
    }

  return FALSE;
}

gboolean
arc_watch_scope_explain (const ArcWatchScope *self,
                         const ArcDirectoryTree *tree,
                         const char *path,
                         const char **rule)
{
  const GPtrArray *roots = self->roots;
  g_autofree char *canonical = g_canonicalize_filename (path, "/");
  const char *below = NULL;
  const char *root = NULL;
  gboolean matters;

  for (guint i = 0; i < roots->len && below == NULL; i++)
    {
      root = roots->pdata[i];
      below = arc_path_get_below (canonical, root);
    }

  *rule = below == NULL ? "outside the watched directories" : "a watched directory itself";
  if (below == NULL || below[0] == '\0')
    return FALSE;

  matters = arc_path_filter_explain (self->filter, below, rule);
  if (*rule == NULL)
    *rule = "no include pattern matches";
  if (!matters || self->follow_symlinks || !has_link (tree, root, below))
    return matters;

  *rule = "symbolic links are not followed";

  return FALSE;
}
