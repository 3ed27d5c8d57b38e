/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "fuzz.h"

#include "common/change-set.h"
#include "common/error.h"
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
check_round_trip (const ArcChangeSet *changes, gsize size)
{
  g_autoptr (GBytes) bytes = arc_change_set_serialise (changes);
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcChangeSet) again = arc_change_set_parse (bytes, &error);
  g_autoptr (GBytes) bytes_again = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, size);
  bytes_again = arc_change_set_serialise (again);
  g_assert_true (g_bytes_equal (bytes, bytes_again));
}

static void
check_error (const GError *error, gsize size)
{
  static const char prefix[] = "Invalid change list at byte ";

  g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
  g_assert_true (g_str_has_prefix (error->message, prefix));
  g_assert_cmpuint (g_ascii_strtoull (error->message + strlen (prefix), NULL, 10), <=, size);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcChangeSet) changes = arc_change_set_parse (bytes, &error);

  if (changes == NULL)
    {
      check_error (error, size);
      return 0;
    }

  g_assert_no_error (error);
  check_round_trip (changes, size);
  check_mark (changes);
  return 0;
}
