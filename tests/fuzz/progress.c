/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "fuzz.h"

#include "run/output-parser.h"

#include <string.h>

static void
append_path (GString *text, const char *path)
{
  for (const char *byte = path; *byte != '\0'; byte++)
    if (*byte == '\\' || *byte == ':' || *byte == '\n')
      g_string_append_printf (text, "\\%03o", (guint) *byte);
    else
      g_string_append_c (text, *byte);
}

/* The line that a careful build prints for LINE; NULL if it is plain. */
static char *
compose (const ArcLine *line)
{
  g_autoptr (GString) text = g_string_new ("arcology: ");

  switch (line->kind)
    {
    case ARC_LINE_PLAIN:
      return NULL;
    case ARC_LINE_PROGRESS:
      g_string_append_printf (text, "progress %u %u", line->done, line->total);
      break;
    case ARC_LINE_FAILED:
      g_string_append (text, "failed ");
      append_path (text, line->path);
      g_string_append_printf (text, ": %s", line->why);
      break;
    case ARC_LINE_GONE:
      g_string_append (text, "gone ");
      append_path (text, line->path);
      break;
    case ARC_LINE_INPUT:
      g_string_append (text, "input ");
      append_path (text, line->path);
      break;
    case ARC_LINE_PROBLEM:
      g_string_append (text, "problem ");
      append_path (text, line->path);
      g_string_append_printf (text, ":%u", line->number);
      if (line->other != NULL)
        {
          g_string_append_c (text, ':');
          append_path (text, line->other);
        }
      g_string_append_printf (text, ": %s", line->why);
      break;
    case ARC_LINE_ERROR:
      g_string_append_printf (text, "error: %s", line->why);
      break;
    case ARC_LINE_PHASE:
      g_string_append_printf (text, "phase %s", line->why);
      break;
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
check_fields (const ArcLine *line)
{
  const gboolean has_path = line->kind == ARC_LINE_FAILED || line->kind == ARC_LINE_GONE ||
                            line->kind == ARC_LINE_INPUT || line->kind == ARC_LINE_PROBLEM;
  const gboolean has_text = line->kind == ARC_LINE_FAILED || line->kind == ARC_LINE_PROBLEM ||
                            line->kind == ARC_LINE_ERROR || line->kind == ARC_LINE_PHASE;

  g_assert_cmpint (has_path, ==, line->path != NULL);
  g_assert_cmpint (has_text, ==, line->why != NULL);
  g_assert_cmpuint (line->done, <=, line->total);

  if (line->kind != ARC_LINE_PROGRESS)
    g_assert_cmpuint (line->total, ==, 0);
  if (line->kind != ARC_LINE_PROBLEM)
    {
      g_assert_cmpuint (line->number, ==, 0);
      g_assert_null (line->other);
    }
  if (has_path)
    g_assert_cmpint (line->path[0], ==, '/');
  if (line->other != NULL)
    g_assert_cmpint (line->other[0], ==, '/');
  if (has_text)
    {
      g_assert_true (g_utf8_validate (line->why, -1, NULL));
      g_assert_cmpuint (strlen (line->why), <=, ARC_LINE_MAX_TEXT);
      g_assert_true (line->kind == ARC_LINE_FAILED || line->why[0] != '\0');
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_auto (ArcLine) line = { 0 };
  g_auto (ArcLine) again = { 0 };
  g_autofree char *text = NULL;

  arc_line_parse ((const char *) data, size, &line);
  check_fields (&line);

  text = compose (&line);
  if (text != NULL)
    {
      arc_line_parse (text, strlen (text), &again);
      g_assert_cmpint (again.kind, ==, line.kind);
      g_assert_cmpuint (again.done, ==, line.done);
      g_assert_cmpuint (again.total, ==, line.total);
      g_assert_cmpuint (again.number, ==, line.number);
      g_assert_cmpstr (again.path, ==, line.path);
      g_assert_cmpstr (again.other, ==, line.other);
      g_assert_cmpstr (again.why, ==, line.why);
    }
  return 0;
}
