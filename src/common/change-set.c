/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/change-set.h"

#include <string.h>

struct _ArcChangeSet
{
  GHashTable *letters; /* (element-type filename ArcChange) (owned keys) */
};

static ArcChangeSet *
copy_changes (ArcChangeSet *changes)
{
  ArcChangeSet *copy = arc_change_set_new ();

  arc_change_set_merge (copy, changes);

  return copy;
}

G_DEFINE_BOXED_TYPE (ArcChangeSet, arc_change_set, copy_changes, arc_change_set_free)

ArcChangeSet *
arc_change_set_new (void)
{
  ArcChangeSet *changes = g_new (ArcChangeSet, 1);

  changes->letters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return changes;
}

void
arc_change_set_free (ArcChangeSet *changes)
{
  g_hash_table_unref (changes->letters);
  g_free (changes);
}

guint
arc_change_set_get_size (const ArcChangeSet *changes)
{
  return g_hash_table_size (changes->letters);
}

gboolean
arc_change_set_lookup (const ArcChangeSet *changes, const char *path, ArcChange *change)
{
  gpointer letter;

  if (!g_hash_table_lookup_extended (changes->letters, path, NULL, &letter))
    return FALSE;

  if (change != NULL)
    *change = (ArcChange) GPOINTER_TO_INT (letter);

  return TRUE;
}

/* The change of a file after EARLIER and then LATER. */
static ArcChange
combine (ArcChange earlier, ArcChange later)
{
  if (earlier == ARC_CHANGE_ADDED && later == ARC_CHANGE_MODIFIED)
    return ARC_CHANGE_ADDED;
  if (earlier == ARC_CHANGE_DELETED && later == ARC_CHANGE_ADDED)
    return ARC_CHANGE_MODIFIED;

  return later;
}

void
arc_change_set_add (ArcChangeSet *changes, const char *path, ArcChange change)
{
  ArcChange earlier;

  g_return_if_fail (path[0] == '/');

  if (arc_change_set_lookup (changes, path, &earlier))
    change = combine (earlier, change);

  g_hash_table_insert (changes->letters, g_strdup (path), GINT_TO_POINTER (change));
}

void
arc_change_set_remove (ArcChangeSet *changes, const char *path)
{
  g_hash_table_remove (changes->letters, path);
}

void
arc_change_set_merge (ArcChangeSet *changes, const ArcChangeSet *later)
{
  GHashTableIter iter;
  gpointer path;
  gpointer letter;

  g_return_if_fail (changes != later);

  g_hash_table_iter_init (&iter, later->letters);
  while (g_hash_table_iter_next (&iter, &path, &letter))
    arc_change_set_add (changes, path, (ArcChange) GPOINTER_TO_INT (letter));
}

/* strcmp(3) compares unsigned bytes, whatever the locale. */
static int
compare_paths (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
arc_change_set_foreach (const ArcChangeSet *changes, ArcChangeSetFunc func, gpointer user_data)
{
  guint n_paths;
  g_autofree const char **paths =
      (const char **) g_hash_table_get_keys_as_array (changes->letters, &n_paths);

  qsort (paths, n_paths, sizeof *paths, compare_paths);
  for (guint i = 0; i < n_paths; i++)
    func (paths[i], (ArcChange) GPOINTER_TO_INT (g_hash_table_lookup (changes->letters, paths[i])),
          user_data);
}

static void
append_record (const char *path, ArcChange change, gpointer user_data)
{
  GByteArray *bytes = user_data;
  const guint8 letter[] = { (guint8) change, '\0' };

  g_byte_array_append (bytes, letter, sizeof letter);
  g_byte_array_append (bytes, (const guint8 *) path, strlen (path) + 1);
}

GBytes *
arc_change_set_serialise (const ArcChangeSet *changes)
{
  GByteArray *bytes = g_byte_array_new ();

  arc_change_set_foreach (changes, append_record, bytes);

  return g_byte_array_free_to_bytes (bytes);
}
