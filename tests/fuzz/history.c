/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "fuzz.h"

#include "common/error.h"
#include "common/file-frame.h"
#include "state/history-file.h"

#include <string.h>

static void
check_builds (const GPtrArray *builds)
{
  guint64 id = 0;

  g_assert_cmpuint (builds->len, <=, ARC_HISTORY_MAX);
  for (guint i = 0; i < builds->len; i++)
    {
      const ArcBuild *build = builds->pdata[i];

      g_assert_cmpuint (build->id, >, id);
      g_assert_cmpuint (build->kind, <, ARC_N_BUILD_KINDS);
      g_assert_cmpuint (build->cause, <, ARC_N_CAUSES);
      g_assert_cmpuint (build->result, <, ARC_N_RESULTS);
      g_assert_cmpuint (build->failed_files->len, <=, ARC_BUILD_MAX_FAILED_FILES);
      id = build->id;
    }
}

static void
check (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) builds = arc_history_parse (bytes, &error);
  g_autoptr (GError) again_error = NULL;
  g_autoptr (GPtrArray) again = NULL;
  g_autoptr (GBytes) form = NULL;
  g_autoptr (GBytes) form_again = NULL;

  if (builds == NULL)
    {
      g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
      return;
    }

  g_assert_no_error (error);
  check_builds (builds);

  /* Keys of a newer version are gone; the rest stays. */
  form = arc_history_serialise (builds);
  again = arc_history_parse (form, &again_error);
  g_assert_no_error (again_error);
  g_assert_cmpuint (again->len, ==, builds->len);
  form_again = arc_history_serialise (again);
  g_assert_true (g_bytes_equal (form, form_again));
}

/* The input is a file, and a body in a sound frame: no fuzzer guesses a checksum. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GByteArray *body = arc_file_frame_begin (ARC_HISTORY_MAGIC, ARC_HISTORY_VERSION);
  g_autoptr (GBytes) file = g_bytes_new (data, size);
  g_autoptr (GBytes) framed = NULL;

  if (size > 0)
    g_byte_array_append (body, data, (guint) size);
  framed = arc_file_frame_end (body);

  check (file);
  check (framed);
  return 0;
}
