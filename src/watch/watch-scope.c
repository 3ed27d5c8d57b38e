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
