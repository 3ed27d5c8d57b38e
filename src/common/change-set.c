/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/change-set.h"

#include "common/error.h"

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
arc_change_set_clear (ArcChangeSet *changes)
{
  g_hash_table_remove_all (changes->letters);
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

/* Reads the record at *OFFSET of SIZE bytes at DATA into CHANGES and moves *OFFSET behind it.
 * (nullable): the fault of the byte at *OFFSET. */
static const char *
parse_record (const char *data, gsize size, gsize *offset, ArcChangeSet *changes)
{
  char letter = data[*offset];
  const char *path;

  if (letter != ARC_CHANGE_ADDED && letter != ARC_CHANGE_MODIFIED && letter != ARC_CHANGE_DELETED)
    return "expected the letter A, M or D";

  *offset += 1;
  if (*offset == size)
    return "the list ends after a letter";
  if (data[*offset] != '\0')
    return "expected NUL after the letter";

  *offset += 1;
  if (*offset == size)
    return "the list ends before a path";
  path = data + *offset;
  if (*path == '\0')
    return "the path is empty";
  if (*path != '/')
    return "the path is not absolute";
  if (memchr (path, '\0', size - *offset) == NULL)
    {
      *offset = size;
      return "the list ends inside a path";
    }
  if (arc_change_set_lookup (changes, path, NULL))
    return "the path is in the list twice";

  arc_change_set_add (changes, path, (ArcChange) letter);
  *offset += strlen (path) + 1;

  return NULL;
}

ArcChangeSet *
arc_change_set_parse (GBytes *bytes, GError **error)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  gsize offset = 0;

  while (offset < size)
    {
      const char *fault = parse_record (data, size, &offset, changes);

      if (fault != NULL)
        {
          g_set_error (error, ARC_ERROR, ARC_ERROR_DATA,
                       "Invalid change list at byte %" G_GSIZE_FORMAT ": %s", offset, fault);
          return NULL;
        }
    }

  return g_steal_pointer (&changes);
}
