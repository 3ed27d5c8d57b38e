/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "fuzz.h"

#include "common/error.h"
#include "common/file-frame.h"
#include "state/snapshot-file.h"

static void
check (GBytes *bytes)
{
  g_autoptr (GBytes) identity = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_parse (bytes, &identity, &error);
  g_autoptr (ArcChangeSet) list = NULL;
  g_autoptr (GBytes) again = NULL;

  if (snapshot == NULL)
    {
      g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
      g_assert_null (identity);
      return;
    }

  g_assert_no_error (error);
  list = arc_snapshot_list (snapshot);
  g_assert_cmpuint (arc_change_set_get_size (list), ==, arc_snapshot_get_n_files (snapshot));

  /* One snapshot has exactly one form. */
  again = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, identity));
  g_assert_true (g_bytes_equal (again, bytes));
}

static void
check_body (guint32 version, const uint8_t *data, size_t size)
{
  GByteArray *body = arc_file_frame_begin (ARC_SNAPSHOT_MAGIC, version);
  g_autoptr (GBytes) framed = NULL;

  if (size > 0)
    g_byte_array_append (body, data, (guint) size);
  framed = arc_file_frame_end (body);

  check (framed);
}

/* The input is a file, and a body in a sound frame: no fuzzer guesses a checksum. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) file = g_bytes_new (data, size);

  check (file);
  check_body (ARC_SNAPSHOT_VERSION, data, size);
  check_body (ARC_SNAPSHOT_VERSION_MOUNTS, data, size);
  return 0;
}
