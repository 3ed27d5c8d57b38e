/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/progress-bar.h"

#include "common/duration.h"

#include <glib/gi18n.h>
#include <string.h>

#define SECOND G_GINT64_CONSTANT (1000000)

#define SPACING       2
#define PERCENT_WIDTH 4 /* "100%" */
#define RATE_WIDTH    6 /* "1234/s" */

/* No time takes more columns. */
#define LONGEST_LEFT ((59 * 60 + 59) * SECOND)

/* A bar of fewer columns says less than the number beside it. */
#define MIN_BAR_WIDTH 4

/* No build takes longer. */
#define MAX_LEFT (G_GINT64_CONSTANT (10) * 3600 * SECOND - 1)

gboolean
arc_progress_bar_take (ArcProgressBar *meter, guint done, guint total, gint64 now, gint64 interval)
{
  const gboolean is_first = total != meter->total || done < meter->done;
  const gboolean is_end = done == total && done != meter->done;

  if (is_first)
    {
      meter->first_done = done;
      meter->first_time = now;
    }
  meter->done = done;
  meter->total = total;
  meter->last_time = now;

  if (!is_first && !is_end && now - meter->shown_time < interval)
    return FALSE;

  meter->shown_time = now;
  return TRUE;
}

/* Files a second since the first update; 0 if it is not known yet. */
static double
get_rate (const ArcProgressBar *meter)
{
  const gint64 time = meter->last_time - meter->first_time;

  if (time <= 0 || meter->done <= meter->first_done)
    return 0;

  return (double) (meter->done - meter->first_done) * SECOND / (double) time;
}

/* Microseconds to the end at that rate; G_MAXINT64 if it is not known. */
static gint64
get_left (const ArcProgressBar *meter)
{
  const double rate = get_rate (meter);
  double left;

  if (meter->total > 0 && meter->done == meter->total)
    return 0;
  if (rate <= 0)
    return G_MAXINT64;

  left = (meter->total - meter->done) / rate * SECOND;

  /* The files that are left take some time, at any rate. */
  return left < (double) G_MAXINT64 ? MAX ((gint64) left, 1) : G_MAXINT64;
}

static char *
format_rate (const ArcProgressBar *meter)
{
  const double rate = get_rate (meter);

  if (rate <= 0)
    return g_strdup ("");
  if (rate < 9.95)
    return g_strdup_printf ("%.1f/s", rate);

  return g_strdup_printf ("%.0f/s", rate);
}

static char *
tell_left (gint64 usec)
{
  g_autofree char *time = arc_duration_tell_wait (usec);

  /* Translators: a duration such as "2 min 5 s", until a build ends. */
  return g_strdup_printf (_ ("%s left"), time);
}

static char *
format_left (const ArcProgressBar *meter)
{
  const gint64 left = get_left (meter);

  return left == 0 || left > MAX_LEFT ? g_strdup ("") : tell_left (left);
}

/* WIDTH: of the number of files that are done. */
static char *
format_files (guint done, guint total, guint width)
{
  /* Translators: "132/529 files", of which the first are done. */
  return g_strdup_printf (ngettext ("%*u/%u file", "%*u/%u files", total), (int) width, done,
                          total);
}

/* The columns of TEXT on a terminal. */
static guint
measure (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    width += g_unichar_iswide (g_utf8_get_char (text)) ? 2 : 1;

  return width;
}

char *
arc_progress_bar_draw_bar (guint64 value, guint64 max, guint width, gboolean utf8)
{
  static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
  const guint steps = utf8 ? 8 : 1;
  const double part = max > 0 ? (double) MIN (value, max) / (double) max : 0;
  const guint length = (guint) (width * steps * part);
  GString *bar = g_string_new (NULL);

  for (guint i = 0; i < length / steps; i++)
    g_string_append (bar, utf8 ? "█" : "#");
  g_string_append (bar, eighths[length % steps]);

  return g_string_free (bar, FALSE);
}

/* FILES is followed by those of RATE and LEFT that are not empty. */
static char *
join (const char *percent, const char *files, const char *rate, const char *left)
{
  GString *line = g_string_new (percent);

  g_string_append_printf (line, "%*s%s", SPACING, "", files);
  if (*rate != '\0')
    g_string_append_printf (line, ", %s", rate);
  if (*left != '\0')
    g_string_append_printf (line, ", %s", left);

  return g_string_free (line, FALSE);
}

char *
arc_progress_bar_format (const ArcProgressBar *meter, guint width, gboolean utf8)
{
  const guint percent_done =
      meter->total > 0 ? (guint) ((guint64) meter->done * 100 / meter->total) : 0;
  g_autofree char *total = g_strdup_printf ("%u", meter->total);
  g_autofree char *percent =
      g_strdup_printf ("%*u%%", width > 0 ? PERCENT_WIDTH - 1 : 0, percent_done);
  g_autofree char *files =
      format_files (meter->done, meter->total, width > 0 ? (guint) strlen (total) : 0);
  g_autofree char *rate = format_rate (meter);
  g_autofree char *left = format_left (meter);
  g_autofree char *longest_left = tell_left (LONGEST_LEFT);
  const guint plain = PERCENT_WIDTH + SPACING + measure (files);
  const guint with_left = plain + 2 + measure (longest_left);
  const guint with_rate = with_left + 2 + RATE_WIDTH;
  g_autofree char *text = NULL;
  g_autofree char *bar = NULL;
  guint bar_width;

  if (width == 0)
    return join (percent, files, rate, left);

  /* The width of the widest text decides, so that nothing moves when a text becomes shorter. */
  text = join (percent, files, width >= with_rate ? rate : "", width >= with_left ? left : "");
  if (width < with_rate + SPACING + MIN_BAR_WIDTH)
    return g_steal_pointer (&text);

  bar_width = width - with_rate - SPACING;
  bar = arc_progress_bar_draw_bar (meter->done, meter->total, bar_width, utf8);

  return g_strdup_printf ("%s%*s%s", bar,
                          (int) (bar_width - (guint) g_utf8_strlen (bar, -1)) + SPACING, "", text);
}
