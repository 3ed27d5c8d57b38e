/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/duration.h"

#include <glib/gi18n.h>
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

/* arc_duration_format() writes the first one of each length. */
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

/* A number with a unit, as it is parsed. */
typedef struct
{
  gint64 whole;
  const char *fraction; /* (nullable): its digits */
  const Unit *unit;
  gboolean is_bare; /* no unit is written */
} Part;

/* Parses the digits at *TEXT, which may have a fraction, and moves it behind them. */
static gboolean
parse_number (const char **text, Part *part)
{
  const char *start = *text;

  for (; g_ascii_isdigit (**text); (*text)++)
    {
      part->whole = part->whole * 10 + g_ascii_digit_value (**text);
      if (part->whole > LONGEST)
        return FALSE;
    }
  if (**text != '.')
    return *text != start;

  part->fraction = ++*text;
  *text += strspn (*text, G_CSET_DIGITS);

  return *text != part->fraction;
}

/* Looks up the unit at *TEXT, seconds if there is none, and moves it behind the unit. */
static gboolean
parse_unit (const char **text, Part *part)
{
  const gsize length = span_unit (*text);

  part->is_bare = length == 0;
  part->unit = part->is_bare ? find_unit ("s", 1) : find_unit (*text, length);
  *text += length;

  return part->unit != NULL;
}

/* The microseconds of PART; -1 if they are more than LONGEST. */
static gint64
count_usec (const Part *part)
{
  gint64 scale = part->unit->usec;
  gint64 usec;

  if (part->whole > LONGEST / scale)
    return -1;

  usec = part->whole * scale;
  for (const char *p = part->fraction; p != NULL && g_ascii_isdigit (*p); p++)
    {
      scale /= 10;
      usec += g_ascii_digit_value (*p) * scale;
    }

  return usec <= LONGEST ? usec : -1;
}

gboolean
arc_duration_parse (const char *text, gint64 *usec)
{
  gint64 sum = 0;
  guint n_parts = 0;
  gboolean has_bare = FALSE;

  for (text += strspn (text, BLANKS); *text != '\0'; text += strspn (text, BLANKS))
    {
      Part part = { 0 };
      gint64 part_usec;

      if (!parse_number (&text, &part))
        return FALSE;
      text += strspn (text, BLANKS);
      if (!parse_unit (&text, &part))
        return FALSE;

      part_usec = count_usec (&part);
      if (part_usec < 0 || part_usec > LONGEST - sum)
        return FALSE;
      sum += part_usec;
      has_bare = has_bare || part.is_bare;
      n_parts++;
    }

  if (n_parts == 0 || (has_bare && n_parts > 1))
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

static char *
tell_seconds (gint64 seconds)
{
  if (seconds < 60)
    return g_strdup_printf (_ ("%u s"), (guint) seconds);
  if (seconds < 3600)
    return g_strdup_printf (_ ("%u min %u s"), (guint) (seconds / 60), (guint) (seconds % 60));

  return g_strdup_printf (_ ("%u h %u min"), (guint) (seconds / 3600), (guint) (seconds / 60 % 60));
}

char *
arc_duration_tell (gint64 usec)
{
  if (usec < 10 * SECOND)
    return g_strdup_printf (_ ("%.1f s"), (double) usec / SECOND);

  return tell_seconds ((usec + SECOND / 2) / SECOND);
}

char *
arc_duration_tell_wait (gint64 usec)
{
  return tell_seconds ((MAX (usec, 0) + SECOND - 1) / SECOND);
}
