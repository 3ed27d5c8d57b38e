/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/tree-availability.h"

#include "common/path.h"
#include "common/timing.h"

ArcTreeAvailability *
arc_tree_availability_new (void)
{
  ArcTreeAvailability *self = g_new0 (ArcTreeAvailability, 1);

  self->problem = g_strdup ("The tree has not been looked at yet: try again");

  return self;
}

void
arc_tree_availability_free (ArcTreeAvailability *self)
{
  g_free (self->problem);
  g_free (self->root);
  g_free (self->emptied);
  g_free (self->settings);
  g_free (self);
}

void
arc_tree_availability_set_problem (ArcTreeAvailability *self, const char *problem)
{
  g_free (self->problem);
  self->problem = g_strdup (problem);
  self->compared = TRUE;
}

typedef struct
{
  const char *root;
  gboolean found;
} Search;

static void
find_deletion (const char *path, ArcChange change, gpointer user_data)
{
  Search *search = user_data;

  search->found = search->found ||
                  (change == ARC_CHANGE_DELETED && arc_path_get_below (path, search->root) != NULL);
}

static gboolean
is_emptied (const char *root, const ArcSnapshot *snapshot, const ArcChangeSet *pending)
{
  Search search = { .root = root };

  if (arc_snapshot_has_files_below (snapshot, root))
    return FALSE;

  arc_change_set_foreach (pending, find_deletion, &search);

  return search.found;
}

static void
describe_root (ArcTreeAvailability *self)
{
  g_autoptr (GDateTime) local = NULL;
  g_autofree char *when = NULL;
  g_autofree char *name = NULL;

  g_clear_pointer (&self->emptied, g_free);
  if (self->root == NULL || self->believed)
    return;

  local = g_date_time_new_from_unix_local (self->due_real / G_USEC_PER_SEC);
  when = g_date_time_format (local, "%F %T");
  name = g_filename_display_name (self->root);
  self->emptied = g_strdup_printf (
      "All files in %s are gone: if none is back at %s, they are removed from the database", name,
      when);
}

gboolean
arc_tree_availability_set_files (ArcTreeAvailability *self,
                                 const char *const *roots,
                                 const ArcSnapshot *snapshot,
                                 const ArcChangeSet *pending,
                                 gint64 due,
                                 gint64 due_real)
{
  const gboolean filled = self->settings != NULL && arc_snapshot_get_n_files (snapshot) > 0;
  g_autofree char *old_root = g_steal_pointer (&self->root);
  const guint n_old = self->n_roots;

  if (filled)
    g_clear_pointer (&self->settings, g_free);

  self->n_roots = 0;
  for (guint i = 0; roots[i] != NULL; i++)
    {
      if (!is_emptied (roots[i], snapshot, pending))
        continue;

      if (self->n_roots == 0)
        self->root = g_strdup (roots[i]);
      self->n_roots++;
    }

  if (self->n_roots == 0 || self->n_roots > n_old)
    {
      self->due = due;
      self->due_real = due_real;
      self->look = 0;
      self->believed = FALSE;
    }
  describe_root (self);

  return filled || self->n_roots != n_old || g_strcmp0 (self->root, old_root) != 0;
}

void
arc_tree_availability_blame_settings (ArcTreeAvailability *self, const char *const *roots)
{
  g_autofree char *name = g_filename_display_name (roots[0]);

  g_free (self->settings);
  self->settings = g_strdup_printf (
      "[Tree] Include and Exclude select no file in %s%s: correct them; until then "
      "the database stays as it is",
      name, roots[1] != NULL ? " and the other directories" : "");
}

const char *
arc_tree_availability_get_doubt (const ArcTreeAvailability *self)
{
  return self->settings != NULL ? self->settings : self->emptied;
}

const char *
arc_tree_availability_get_message (const ArcTreeAvailability *self)
{
  return self->problem != NULL ? self->problem : arc_tree_availability_get_doubt (self);
}

gint64
arc_tree_availability_get_deadline (const ArcTreeAvailability *self)
{
  return self->root == NULL || self->believed || self->look != 0 ? ARC_NEVER : self->due;
}

gboolean
arc_tree_availability_end_look (ArcTreeAvailability *self, guint64 comparison)
{
  if (self->look == 0 || comparison < self->look)
    return FALSE;

  self->look = 0;
  self->believed = TRUE;
  describe_root (self);

  return TRUE;
}
