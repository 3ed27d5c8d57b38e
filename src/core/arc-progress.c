/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-progress.h"

#include <string.h>

#define PREFIX   "arcology: "
#define PROGRESS PREFIX "progress "
#define FAILED   PREFIX "failed "
#define GONE     PREFIX "gone "
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
  line->why = g_strdup (end + strlen (PATH_END));
  return TRUE;
}

static gboolean
parse_gone (const char *text, ArcLine *line)
{
  char *path = text[0] == '/' ? unescape_path (text, strlen (text)) : NULL;

  if (path == NULL)
    return FALSE;

  line->kind = ARC_LINE_GONE;
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
    parse_gone (copy + strlen (GONE), line);
}

void
arc_line_clear (ArcLine *line)
{
  g_clear_pointer (&line->path, g_free);
  g_clear_pointer (&line->why, g_free);
}
