/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "run/output-parser.h"

#include <string.h>

#define PREFIX   "arcology: "
#define PROGRESS PREFIX "progress "
#define FAILED   PREFIX "failed "
#define GONE     PREFIX "gone "
#define INPUT    PREFIX "input "
#define PROBLEM  PREFIX "problem "
#define ERROR    PREFIX "error: "
#define PHASE    PREFIX "phase "
#define PATH_END ": "

/* Reads decimal digits at *CURSOR, one at least, and moves *CURSOR behind them. FALSE if there are
 * none or they are too large. (g_ascii_strtoull() takes blanks and signs, too.) */
static gboolean
parse_number (const char **cursor, guint *number)
{
  guint value = 0;
  const char *digit = *cursor;

  for (; g_ascii_isdigit (*digit); digit++)
    if (!g_uint_checked_mul (&value, value, 10) ||
        !g_uint_checked_add (&value, value, (guint) (*digit - '0')))
      return FALSE;

  if (digit == *cursor)
    return FALSE;

  *cursor = digit;
  *number = value;
  return TRUE;
}

static gboolean
parse_progress (const char *cursor, ArcLine *line)
{
  guint done;
  guint total;

  if (!parse_number (&cursor, &done) || *cursor != ' ')
    return FALSE;
  cursor++;
  if (!parse_number (&cursor, &total) || *cursor != '\0' || done > total)
    return FALSE;

  line->kind = ARC_LINE_PROGRESS;
  line->done = done;
  line->total = total;
  return TRUE;
}

/* The byte that a backslash and three octal digits at TEXT stand for, or -1 if it is no such
 * escape. */
static int
parse_escape (const char *text)
{
  int value = 0;

  if (text[0] != '\\')
    return -1;

  for (int i = 1; i <= 3; i++)
    {
      if (text[i] < '0' || text[i] > '7')
        return -1;
      value = value * 8 + (text[i] - '0');
    }

  return value <= 0xff ? value : -1;
}

/* (nullable): the path of LENGTH bytes at TEXT without its escapes, or NULL if one stands for NUL,
 * which no path holds. */
static char *
unescape_path (const char *text, gsize length)
{
  g_autofree char *escaped = g_strndup (text, length);
  g_autoptr (GString) path = g_string_sized_new (length);

  for (const char *cursor = escaped; *cursor != '\0';)
    {
      int value = parse_escape (cursor);

      if (value == 0)
        return NULL;

      g_string_append_c (path, value < 0 ? *cursor : (char) value);
      cursor += value < 0 ? 1 : 4;
    }

  return g_string_free (g_steal_pointer (&path), FALSE);
}

/* (transfer full): TEXT as valid UTF-8, cut to what is kept of it. */
static char *
keep_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, strnlen (text, ARC_LINE_MAX_TEXT));
  const char *end = valid + strnlen (valid, ARC_LINE_MAX_TEXT);

  /* What replaces a wrong byte is longer than it; no character is cut in two. */
  if (*end != '\0')
    while (((guchar) *end & 0xc0) == 0x80)
      end--;

  return g_strndup (valid, (gsize) (end - valid));
}

static gboolean
parse_failed (const char *text, ArcLine *line)
{
  const char *end = strstr (text, PATH_END);
  char *path;

  if (text[0] != '/' || end == NULL)
    return FALSE;

  path = unescape_path (text, (gsize) (end - text));
  if (path == NULL)
    return FALSE;

  line->kind = ARC_LINE_FAILED;
  line->path = path;
  line->why = keep_text (end + strlen (PATH_END));
  return TRUE;
}

/* Finds in PLACE, of LENGTH bytes, the LINE at its end and the OTHER behind that, if they are
 * there. PATH_LENGTH gets how long the path before them is; OTHER (nullable) is not unescaped.
 * FALSE if the line is too large a number. */
static gboolean
split_place (const char *place, gsize length, gsize *path_length, guint *number, const char **other)
{
  const char *end = place + length;

  *path_length = length;
  *number = 0;
  *other = NULL;

  for (const char *colon = place; (colon = memchr (colon, ':', (gsize) (end - colon))) != NULL;)
    {
      const char *digits = colon + 1;
      const gsize n_digits = strspn (digits, "0123456789");
      const char *behind = digits + n_digits;

      if (n_digits > 0 && (behind == end || (behind[0] == ':' && behind[1] == '/')))
        {
          *path_length = (gsize) (colon - place);
          *other = behind == end ? NULL : behind + 1;
          return parse_number (&digits, number);
        }
      colon = digits;
    }

  return TRUE;
}

static gboolean
parse_problem (const char *text, ArcLine *line)
{
  const char *end = strstr (text, PATH_END);
  const char *why = end != NULL ? end + strlen (PATH_END) : "";
  g_autofree char *path = NULL;
  g_autofree char *other_path = NULL;
  const char *other;
  gsize path_length;
  guint number;

  if (text[0] != '/' || *why == '\0' ||
      !split_place (text, (gsize) (end - text), &path_length, &number, &other))
    return FALSE;

  path = unescape_path (text, path_length);
  if (other != NULL)
    other_path = unescape_path (other, (gsize) (end - other));
  if (path == NULL || (other != NULL && other_path == NULL))
    return FALSE;

  line->kind = ARC_LINE_PROBLEM;
  line->number = number;
  line->path = g_steal_pointer (&path);
  line->other = g_steal_pointer (&other_path);
  line->why = keep_text (why);
  return TRUE;
}

static void
parse_text (const char *text, ArcLineKind kind, ArcLine *line)
{
  if (*text == '\0')
    return;

  line->kind = kind;
  line->why = keep_text (text);
}

static gboolean
parse_path (const char *text, ArcLineKind kind, ArcLine *line)
{
  char *path = text[0] == '/' ? unescape_path (text, strlen (text)) : NULL;

  if (path == NULL)
    return FALSE;

  line->kind = kind;
  line->path = path;
  return TRUE;
}

void
arc_line_parse (const char *text, gsize length, ArcLine *line)
{
  g_autofree char *copy = NULL;

  *line = (ArcLine){ .kind = ARC_LINE_PLAIN };

  /* Most lines are plain: find out before copying one. */
  if (length < strlen (PREFIX) || memcmp (text, PREFIX, strlen (PREFIX)) != 0 ||
      memchr (text, '\0', length) != NULL)
    return;

  copy = g_strndup (text, length);
  if (g_str_has_prefix (copy, PROGRESS))
    parse_progress (copy + strlen (PROGRESS), line);
  else if (g_str_has_prefix (copy, FAILED))
    parse_failed (copy + strlen (FAILED), line);
  else if (g_str_has_prefix (copy, GONE))
    parse_path (copy + strlen (GONE), ARC_LINE_GONE, line);
  else if (g_str_has_prefix (copy, INPUT))
    parse_path (copy + strlen (INPUT), ARC_LINE_INPUT, line);
  else if (g_str_has_prefix (copy, PROBLEM))
    parse_problem (copy + strlen (PROBLEM), line);
  else if (g_str_has_prefix (copy, ERROR))
    parse_text (copy + strlen (ERROR), ARC_LINE_ERROR, line);
  else if (g_str_has_prefix (copy, PHASE))
    parse_text (copy + strlen (PHASE), ARC_LINE_PHASE, line);
}

const char *
arc_line_get_log_text (const ArcLine *line, const char *text)
{
  switch (line->kind)
    {
    case ARC_LINE_PLAIN:
      return text;

    case ARC_LINE_FAILED:
      return text + strlen (FAILED);

    case ARC_LINE_ERROR:
      return text + strlen (PREFIX);

    case ARC_LINE_PHASE:
      return text + strlen (PHASE);

    case ARC_LINE_PROGRESS:
    case ARC_LINE_GONE:
    case ARC_LINE_INPUT:
    case ARC_LINE_PROBLEM:
      break;
    }

  return NULL;
}

void
arc_line_clear (ArcLine *line)
{
  g_clear_pointer (&line->path, g_free);
  g_clear_pointer (&line->other, g_free);
  g_clear_pointer (&line->why, g_free);
}
