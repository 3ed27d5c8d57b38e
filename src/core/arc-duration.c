/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-duration.h"

#include <string.h>

#define MILLISECOND (G_USEC_PER_SEC / 1000)
#define SECOND      ((gint64) G_USEC_PER_SEC)
#define MINUTE      (60 * SECOND)
#define HOUR        (60 * MINUTE)
#define DAY         (24 * HOUR)
#define WEEK        (7 * DAY)

/* A hundred years of 365.25 days: sums of such times are still far from overflow. */
#define LONGEST (36525 * DAY)

#define BLANKS " \t"

typedef struct
{
  const char *name;
  gint64 usec;
} Unit;

/* The first of each length is the one to write. */
static const Unit units[] = {
  { "w", WEEK },        { "week", WEEK },      { "weeks", WEEK },     { "d", DAY },
  { "day", DAY },       { "days", DAY },       { "h", HOUR },         { "hr", HOUR },
  { "hour", HOUR },     { "hours", HOUR },     { "min", MINUTE },     { "m", MINUTE },
  { "minute", MINUTE }, { "minutes", MINUTE }, { "s", SECOND },       { "sec", SECOND },
  { "second", SECOND }, { "seconds", SECOND }, { "ms", MILLISECOND }, { "msec", MILLISECOND },
  { "us", 1 },          { "usec", 1 },         { "\xC2\xB5s", 1 }, /* U+00B5 MICRO SIGN */
  { "\xCE\xBCs", 1 }, /* U+03BC GREEK SMALL LETTER MU */
};

/* The length of the unit's name at TEXT: letters, and the bytes of a mu. */
static gsize
span_unit (const char *text)
{
  gsize length = 0;

  while (g_ascii_isalpha (text[length]) || (guchar) text[length] >= 0x80)
    length++;

  return length;
}

static const Unit *
find_unit (const char *name, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (strlen (units[i].name) == length && strncmp (units[i].name, name, length) == 0)
      return &units[i];

  return NULL;
}

gboolean
arc_duration_parse (const char *text, gint64 *usec)
{
  gint64 sum = 0;
  guint n_parts = 0;
  gboolean bare = FALSE;

  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (usec != NULL, FALSE);

  for (text += strspn (text, BLANKS); *text != '\0'; text += strspn (text, BLANKS))
    {
      const char *number = text;
      const char *fraction = NULL;
      const Unit *unit;
      gint64 whole = 0, part, scale;
      gsize length;

      for (; g_ascii_isdigit (*text); text++)
        {
          whole = whole * 10 + g_ascii_digit_value (*text);
          if (whole > LONGEST)
            return FALSE;
        }
      if (*text == '.')
        {
          fraction = ++text;
          while (g_ascii_isdigit (*text))
            text++;
        }
      if (text == number || text == fraction)
        return FALSE;

      text += strspn (text, BLANKS);
      length = span_unit (text);
      bare = bare || length == 0;
      unit = length == 0 ? find_unit ("s", 1) : find_unit (text, length);
      if (unit == NULL || whole > LONGEST / unit->usec)
        return FALSE;
      text += length;

      part = whole * unit->usec;
      scale = unit->usec;
      for (; fraction != NULL && g_ascii_isdigit (*fraction); fraction++)
        {
          scale /= 10;
          part += g_ascii_digit_value (*fraction) * scale;
        }
      if (part > LONGEST - sum)
        return FALSE;
      sum += part;
      n_parts++;
    }

  if (n_parts == 0 || (bare && n_parts > 1))
    return FALSE;

  *usec = sum;

  return TRUE;
}

char *
arc_duration_format (gint64 usec)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_return_val_if_fail (usec >= 0, NULL);

  if (usec == 0)
    return g_strdup ("0");

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      gint64 count = usec / units[i].usec;

      if (count == 0)
        continue;
      g_string_append_printf (text, "%s%" G_GINT64_FORMAT "%s", text->len > 0 ? " " : "", count,
                              units[i].name);
      usec -= count * units[i].usec;
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}
