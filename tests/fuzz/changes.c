/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "fuzz.h"

#include "common/change-set.h"
#include "common/file-frame.h"
#include "state/snapshot-file.h"

#include <string.h>

/* Whatever paths a change list names, a snapshot that they are marked in can be read again. */
static void
check_mark (const ArcChangeSet *changes)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (GBytes) bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, changes, NULL));
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcSnapshot) marked = arc_snapshot_parse (bytes, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (arc_snapshot_get_n_files (marked), <=, arc_change_set_get_size (changes));
}

static void
check_record (const char *path, ArcChange change, gpointer user_data)
{
  const char **record = user_data;

  g_assert_cmpint ((*record)[0], ==, change);
  g_assert_cmpint ((*record)[1], ==, '\0');
  g_assert_cmpstr (*record + 2, ==, path);
  *record += 2 + strlen (path) + 1;
}

static void
check_list (const ArcChangeSet *changes)
{
  g_autoptr (GBytes) bytes = arc_change_set_serialise (changes);
  gsize size;
  const char *start = g_bytes_get_data (bytes, &size);
  const char *record = start;

  arc_change_set_foreach (changes, check_record, &record);
  /* Without a record, they have no data (GLib 2.74, g_bytes_get_data()). */
  g_assert_true (record == (size > 0 ? start + size : start));
}

/* (transfer full): of each string that is a path, with the letter that stood last before it. */
static ArcChangeSet *
read_changes (const char *text, gsize size)
{
  ArcChangeSet *changes = arc_change_set_new ();
  ArcChange change = ARC_CHANGE_ADDED;

  for (gsize i = 0; i < size; i += strlen (text + i) + 1)
    if (text[i] == '/')
      arc_change_set_add (changes, text + i, change);
    else if (text[i] == ARC_CHANGE_ADDED || text[i] == ARC_CHANGE_MODIFIED ||
             text[i] == ARC_CHANGE_DELETED)
      change = (ArcChange) text[i];

  return changes;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_malloc (size + 1);
  g_autoptr (ArcChangeSet) changes = NULL;

  if (size > 0)
    memcpy (text, data, size);
  text[size] = '\0';
  changes = read_changes (text, size);
  check_list (changes);
  check_mark (changes);
  return 0;
}
