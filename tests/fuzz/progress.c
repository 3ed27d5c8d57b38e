/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-fuzz.h"

#include "core/arc-progress.h"

#include <string.h>

/* The line that a careful build prints for LINE; NULL if it is plain. */
static char *
compose (const ArcLine *line)
{
  GString *text;

  if (line->kind == ARC_LINE_PLAIN)
    return NULL;
  if (line->kind == ARC_LINE_PROGRESS)
    return g_strdup_printf ("arcology: progress %u %u", line->done, line->total);

  text = g_string_new (line->kind == ARC_LINE_FAILED ? "arcology: failed " : "arcology: gone ");
  for (const char *byte = line->path; *byte != '\0'; byte++)
    if (*byte == '\\' || *byte == ':' || *byte == '\n')
      g_string_append_printf (text, "\\%03o", (guint) *byte);
    else
      g_string_append_c (text, *byte);
  if (line->kind == ARC_LINE_FAILED)
    g_string_append_printf (text, ": %s", line->why);

  return g_string_free (text, FALSE);
}

static void
check_fields (const ArcLine *line, size_t size)
{
  const gboolean has_path = line->kind == ARC_LINE_FAILED || line->kind == ARC_LINE_GONE;

  g_assert_cmpint (has_path, ==, line->path != NULL);
  g_assert_cmpint (line->kind == ARC_LINE_FAILED, ==, line->why != NULL);
  g_assert_cmpuint (line->done, <=, line->total);

  if (line->kind != ARC_LINE_PROGRESS)
    g_assert_cmpuint (line->total, ==, 0);
  if (has_path)
    {
      g_assert_cmpint (line->path[0], ==, '/');
      g_assert_cmpuint (strlen (line->path) + (line->why != NULL ? strlen (line->why) : 0), <,
                        size);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_auto (ArcLine) line = { 0 };
  g_auto (ArcLine) again = { 0 };
  g_autofree char *text = NULL;

  arc_line_parse ((const char *) data, size, &line);
  check_fields (&line, size);

  text = compose (&line);
  if (text != NULL)
    {
      arc_line_parse (text, strlen (text), &again);
      g_assert_cmpint (again.kind, ==, line.kind);
      g_assert_cmpuint (again.done, ==, line.done);
      g_assert_cmpuint (again.total, ==, line.total);
      g_assert_cmpstr (again.path, ==, line.path);
      g_assert_cmpstr (again.why, ==, line.why);
    }
  return 0;
}
