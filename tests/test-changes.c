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
