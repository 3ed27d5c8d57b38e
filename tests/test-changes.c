/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-changes.h"

#include <string.h>

ArcChangeSet *
arc_test_parse_changes (GBytes *bytes)
{
  ArcChangeSet *changes = arc_change_set_new ();
  gsize size;
  const char *record = g_bytes_get_data (bytes, &size);
  /* Without a record, they have no data (GLib 2.74, g_bytes_get_data()). */
  const char *end = size > 0 ? record + size : record;

  g_assert_true (size == 0 || end[-1] == '\0');
  while (record < end)
    {
      const char *path = record + 2;

      g_assert_true (*record == ARC_CHANGE_ADDED || *record == ARC_CHANGE_MODIFIED ||
                     *record == ARC_CHANGE_DELETED);
      g_assert_cmpint (record[1], ==, '\0');
      g_assert_true (path < end && *path == '/');
      g_assert_false (arc_change_set_lookup (changes, path, NULL));
      arc_change_set_add (changes, path, (ArcChange) *record);
      record = path + strlen (path) + 1;
    }

  return changes;
}

/* Gives the directories of DIRECTORIES in COPY the files that they have in AFTER. */
static void
copy_directories (ArcSnapshot *copy,
                  const char *const *directories,
                  const ArcSnapshot *after,
                  ArcChangeSet *changes)
{
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));

  for (gsize i = 0; directories[i] != NULL; i++)
    {
      arc_snapshot_get_entries (after, directories[i], entries);
      arc_snapshot_set_directory (copy, directories[i], (ArcEntry *) (gpointer) entries->data,
                                  entries->len, changes);
    }
}

ArcChangeSet *
arc_test_compare_snapshots (const ArcSnapshot *before, const ArcSnapshot *after)
{
  g_autoptr (ArcChangeSet) all = arc_snapshot_list (before);
  g_autoptr (ArcSnapshot) copy = arc_snapshot_extract (before, all);
  g_autofree const char **old = arc_snapshot_get_directories (before);
  g_autofree const char **new = arc_snapshot_get_directories (after);
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  copy_directories (copy, old, after, changes);
  copy_directories (copy, new, after, changes);

  return g_steal_pointer (&changes);
}
