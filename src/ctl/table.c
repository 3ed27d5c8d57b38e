/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/table.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

guint
arc_table_get_width (void)
{
  const char *term = g_getenv ("TERM");
  struct winsize size;

  if (!isatty (STDOUT_FILENO) || term == NULL || g_str_equal (term, "dumb"))
    return G_MAXUINT;

  return ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

char *
arc_table_paint (ArcMood mood, const char *text)
{
  static const char *const colors[] = {
    [ARC_MOOD_GOOD] = "32",    /* green */
    [ARC_MOOD_WAITING] = "33", /* yellow */
    [ARC_MOOD_BAD] = "1;31",   /* red, bold */
  };

  const char *no_color = g_getenv ("NO_COLOR");

  if (arc_table_get_width () == G_MAXUINT || (no_color != NULL && *no_color != '\0'))
    return g_strdup (text);

  return g_strdup_printf ("\033[%sm%s\033[0m", colors[mood], text);
}

char *
arc_table_escape (const char *path)
{
  GString *escaped = g_string_new (NULL);

  while (*path != '\0')
    {
      const gunichar c = g_utf8_get_char_validated (path, -1);
      const gboolean is_valid = c != (gunichar) -1 && c != (gunichar) -2;
      const char *next = is_valid ? g_utf8_next_char (path) : path + 1;

      if (is_valid && c != '\\' && !g_unichar_iscntrl (c))
        g_string_append_len (escaped, path, next - path);
      else
        for (; path < next; path++)
          g_string_append_printf (escaped, "\\%03o", (guchar) *path);

      path = next;
    }

  return g_string_free (escaped, FALSE);
}

char *
arc_table_abbreviate (const char *path)
{
  const char *home = g_get_home_dir ();
  const gsize length = strlen (home);
  g_autofree char *escaped = NULL;

  if (length < 2 || !g_str_has_prefix (path, home) || path[length] != '/')
    return arc_table_escape (path);

  escaped = arc_table_escape (path + length);

  return g_strconcat ("~", escaped, NULL);
}

char *
arc_table_sanitize (const char *text)
{
  GString *clean = g_string_new (NULL);

  for (; *text != '\0'; text = g_utf8_next_char (text))
    g_string_append_unichar (clean, g_unichar_iscntrl (g_utf8_get_char (text))
                                        ? ' '
                                        : g_utf8_get_char (text));

  return g_string_free (clean, FALSE);
}

guint
arc_table_measure (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      const gunichar c = g_utf8_get_char (text);

      if (!g_unichar_iszerowidth (c))
        width += g_unichar_iswide (c) ? 2 : 1;
    }

  return width;
}

char *
arc_table_pad (const char *text, guint width, gboolean right)
{
  const guint own = arc_table_measure (text);
  const int blanks = own < width ? (int) (width - own) : 0;

  return right ? g_strdup_printf ("%*s%s", blanks, "", text)
               : g_strdup_printf ("%s%*s", text, blanks, "");
}

/* Whether C stays on the line of what follows it: it opens a pair of brackets or quotes. */
static gboolean
is_opening (gunichar c)
{
  return g_unichar_type (c) == G_UNICODE_OPEN_PUNCTUATION ||
         g_unichar_type (c) == G_UNICODE_INITIAL_PUNCTUATION;
}

/* Whether C stays on the line of the character before it: it is closing punctuation, or a
 * continuation such as a small kana (Unicode Standard Annex #14). */
static gboolean
is_closing (gunichar c)
{
  static const GUnicodeBreakType types[] = {
    G_UNICODE_BREAK_CLOSE_PUNCTUATION, G_UNICODE_BREAK_CLOSE_PARENTHESIS,
    G_UNICODE_BREAK_EXCLAMATION,       G_UNICODE_BREAK_INFIX_SEPARATOR,
    G_UNICODE_BREAK_NON_STARTER,       G_UNICODE_BREAK_CONDITIONAL_JAPANESE_STARTER,
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_unichar_break_type (c) == types[i])
      return TRUE;

  return g_unichar_type (c) == G_UNICODE_FINAL_PUNCTUATION;
}

/* Chinese and Japanese have no blanks between words: lines are broken between characters. */
static gboolean
can_break (gunichar before, gunichar after)
{
  return (g_unichar_iswide (before) || g_unichar_iswide (after)) && !is_opening (before) &&
         !is_closing (after);
}

/* The end of the command line at START, with the quote before it, or START. Those that are
 * suggested have no commas in them. */
static const char *
skip_command (const char *start)
{
  static const char *const programs[] = { "arcologyctl ", "chmod ", "kill ",      "journalctl ",
                                          "loginctl ",    "sudo ",  "systemctl ", "timedatectl " };
  const char *text = start;

  /* French has a space, of one kind or another, between a quote and its text. */
  while (is_opening (g_utf8_get_char (text)) || g_unichar_isspace (g_utf8_get_char (text)))
    text = g_utf8_next_char (text);

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    if (g_str_has_prefix (text, programs[i]))
      {
        while (g_ascii_isprint (*text) && *text != ',')
          text++;
        while (text[-1] == ' ')
          text--;
        return text;
      }

  return start;
}

/* (transfer full): the piece of text from START on that must not be broken before END. A unit stays
 * with its number. */
static char *
copy_piece (const char *start, const char *end)
{
  while (*end != '\0')
    {
      const gunichar before = g_utf8_get_char (end);
      gunichar after;

      end = g_utf8_next_char (end);
      after = g_utf8_get_char (end);
      if (after == ' ' && (!g_ascii_isdigit (end[-1]) || is_opening (g_utf8_get_char (end + 1))))
        break;
      if (after != ' ' && before != ' ' && can_break (before, after))
        break;
    }

  return g_strndup (start, (gsize) (end - start));
}

/* (transfer full): the piece of text at START that must not be broken. A command line, which people
 * copy, is one if it fits into ROOM columns. */
static char *
take_piece (const char *start, guint room)
{
  const char *end = skip_command (start);
  g_autofree char *piece = copy_piece (start, end > start ? g_utf8_prev_char (end) : start);

  return arc_table_measure (piece) <= room ? g_steal_pointer (&piece) : copy_piece (start, start);
}

char *
arc_table_wrap (const char *text, guint indent, guint width)
{
  GString *wrapped = g_string_new (NULL);
  guint column = indent;

  while (*text != '\0')
    {
      const char *start = text + strspn (text, " ");
      g_autofree char *piece = take_piece (start, width > indent ? width - indent : 0);
      const char *end = start + strlen (piece);
      const guint blanks = (guint) (start - text);
      const guint columns = arc_table_measure (piece);

      if (column > indent && column + blanks + columns > width)
        {
          g_string_append_printf (wrapped, "\n%*s%s", (int) indent, "", piece);
          column = indent + columns;
        }
      else
        {
          g_string_append_len (wrapped, text, end - text);
          column += blanks + columns;
        }
      text = end;
    }

  return g_string_free (wrapped, FALSE);
}

void
arc_table_print (guint indent, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *wrapped = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  wrapped = arc_table_wrap (g_strchomp (text), indent, arc_table_get_width ());
  g_print ("%s\n", wrapped);
}

char *
arc_table_format_time (guint64 time, const char *format)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local ((gint64) (time / G_USEC_PER_SEC));

  return date != NULL ? g_date_time_format (date, format) : g_strdup ("?");
}
