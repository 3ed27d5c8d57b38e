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

typedef struct
{
  const char *tree;
  GString *text;
} List;

static void
add_line (const char *path, ArcChange change, gpointer user_data)
{
  const List *list = user_data;

  g_assert_true (g_str_has_prefix (path, list->tree));
  g_string_append_printf (list->text, "%c %s\n", change, path + strlen (list->tree) + 1);
}

char *
arc_test_read_list (const char *file, const char *tree)
{
  List list = { tree, g_string_new (NULL) };
  g_autoptr (ArcChangeSet) changes = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  char *data;
  gsize length;

  g_file_get_contents (file, &data, &length, &error);
  g_assert_no_error (error);
  bytes = g_bytes_new_take (data, length);
  changes = arc_test_parse_changes (bytes);
  arc_change_set_foreach (changes, add_line, &list);

  return g_string_free (list.text, FALSE);
}

static void
append_change (const char *path, ArcChange change, gpointer user_data)
{
  g_string_append_printf (user_data, "%c%s ", change, path);
}

void
arc_test_assert_changes (const ArcChangeSet *changes, const char *expected)
{
  g_autoptr (GString) seen = g_string_new (NULL);

  arc_change_set_foreach (changes, append_change, seen);
  g_assert_cmpstr (seen->str, ==, expected);
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
