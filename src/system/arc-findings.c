/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-findings.h"

#include <string.h>

struct _ArcFindings
{
  ArcChanges *told;
  ArcChanges *compared;
  GHashTable
      *told_paths; /* (element-type filename): what monitors told of, since the last decision */
  gboolean expected;
};

ArcFindings *
arc_findings_new (void)
{
  ArcFindings *self = g_new0 (ArcFindings, 1);

  self->told = arc_changes_new ();
  self->compared = arc_changes_new ();
  self->told_paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
arc_findings_free (ArcFindings *self)
{
  arc_changes_free (self->told);
  arc_changes_free (self->compared);
  g_hash_table_unref (self->told_paths);
  g_free (self);
}

void
arc_findings_set_expected (ArcFindings *self, gboolean expected)
{
  self->expected = expected;
}

void
arc_findings_tell (ArcFindings *self, const char *path)
{
  g_hash_table_add (self->told_paths, g_strdup (path));
}

gboolean
arc_findings_has_compared (const ArcFindings *self)
{
  return arc_changes_get_size (self->compared) > 0;
}

static void
move_to_told (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  ArcFindings *self = user_data;
  ArcChange earlier;

  if (!arc_changes_lookup (self->compared, path, &earlier))
    return;

  arc_changes_add (self->told, path, earlier);
  arc_changes_remove (self->compared, path);
}

void
arc_findings_add (ArcFindings *self, const ArcChanges *changes, gboolean told)
{
  if (arc_changes_get_size (changes) == 0)
    return;

  if (!told && !self->expected)
    {
      arc_changes_merge (self->compared, changes);
      return;
    }

  arc_changes_foreach (changes, move_to_told, self);
  arc_changes_merge (self->told, changes);
}

typedef struct
{
  ArcFindings *findings;
  GPtrArray *found;
} Claim;

static void
find_claimed (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  Claim *claim = user_data;
  g_autofree char *above = g_strdup (path);

  while (strcmp (above, "/") != 0)
    {
      char *parent;

      if (g_hash_table_contains (claim->findings->told_paths, above))
        {
          g_ptr_array_add (claim->found, g_strdup (path));
          return;
        }

      parent = g_path_get_dirname (above);
      g_free (above);
      above = parent;
    }
}

void
arc_findings_decide (ArcFindings *self)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  Claim claim = { self, found };

  if (arc_changes_get_size (self->compared) > 0)
    arc_changes_foreach (self->compared, find_claimed, &claim);
  for (guint i = 0; i < found->len; i++)
    move_to_told (found->pdata[i], ARC_CHANGE_MODIFIED, self);

  g_hash_table_remove_all (self->told_paths);
}

void
arc_findings_collect (const ArcFindings *self, ArcChanges *changes)
{
  arc_changes_merge (changes, self->told);
  arc_changes_merge (changes, self->compared);
}

static ArcChanges *
take (ArcChanges **changes)
{
  ArcChanges *taken = *changes;

  if (arc_changes_get_size (taken) == 0)
    return NULL;

  *changes = arc_changes_new ();

  return taken;
}

ArcChanges *
arc_findings_take_told (ArcFindings *self)
{
  return take (&self->told);
}

ArcChanges *
arc_findings_take_missed (ArcFindings *self)
{
  return take (&self->compared);
}
