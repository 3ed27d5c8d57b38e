/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-meter.h"

#include <string.h>

#define SECOND G_GINT64_CONSTANT (1000000)

#define GAP           2
#define PERCENT_WIDTH 4 /* "100%" */
#define RATE_WIDTH    6 /* "1234/s" */
#define LEFT_WIDTH    7 /* "9:59:59" */

/* Fewer columns than these tell less than the number beside them. */
#define MIN_BAR_WIDTH 4

/* More than that no build takes. */
#define MAX_LEFT (G_GINT64_CONSTANT (10) * 3600 * SECOND - 1)

gboolean
arc_meter_take (ArcMeter *meter, guint done, guint total, gint64 now, gint64 interval)
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

double
arc_meter_get_rate (const ArcMeter *meter)
{
  const gint64 time = meter->last_time - meter->first_time;

  if (time <= 0 || meter->done <= meter->first_done)
    return 0;

  return (double) (meter->done - meter->first_done) * SECOND / (double) time;
}

gint64
arc_meter_get_left (const ArcMeter *meter)
{
  const double rate = arc_meter_get_rate (meter);
  double left;

  if (meter->total > 0 && meter->done == meter->total)
    return 0;
  if (rate <= 0)
    return G_MAXINT64;

  left = (meter->total - meter->done) / rate * SECOND;

  /* What is not done yet takes some time, however fast it goes. */
  return left < (double) G_MAXINT64 ? MAX ((gint64) left, 1) : G_MAXINT64;
}

static char *
format_rate (const ArcMeter *meter)
{
  const double rate = arc_meter_get_rate (meter);

  if (rate <= 0)
    return g_strdup ("");
  if (rate < 9.95)
    return g_strdup_printf ("%.1f/s", rate);

  return g_strdup_printf ("%.0f/s", rate);
}

static char *
format_left (const ArcMeter *meter)
{
  const gint64 left = arc_meter_get_left (meter);
  const gint64 seconds = (left <= MAX_LEFT ? left + SECOND - 1 : left) / SECOND;

  if (left > MAX_LEFT)
    return g_strdup ("");
  if (seconds >= 3600)
    return g_strdup_printf ("%u:%02u:%02u", (guint) (seconds / 3600), (guint) (seconds / 60 % 60),
                            (guint) (seconds % 60));

  return g_strdup_printf ("%u:%02u", (guint) (seconds / 60), (guint) (seconds % 60));
}

char *
arc_meter_draw_bar (guint64 value, guint64 max, guint width, gboolean utf8)
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

/* Text that is not UTF-8 art has one column a byte. */
static void
append_field (GString *line, const char *text, guint width)
{
  if (line->len > 0)
    g_string_append_printf (line, "%*s", GAP, "");
  g_string_append_printf (line, "%*s", (int) width, text);
}

static char *
format_packed (const char *percent, const char *files, const char *rate, const char *left)
{
  GString *line = g_string_new (percent);

  append_field (line, files, 0);
  if (*rate != '\0')
    append_field (line, rate, 0);
  if (*left != '\0')
    append_field (line, left, 0);

  return g_string_free (line, FALSE);
}

char *
arc_meter_format (const ArcMeter *meter, guint width, gboolean utf8)
{
  const guint percent_done =
      meter->total > 0 ? (guint) ((guint64) meter->done * 100 / meter->total) : 0;
  g_autofree char *percent = g_strdup_printf ("%u%%", percent_done);
  g_autofree char *total = g_strdup_printf ("%u", meter->total);
  const guint digits = (guint) strlen (total);
  g_autofree char *files = width > 0 ? g_strdup_printf ("%*u/%s", (int) digits, meter->done, total)
                                     : g_strdup_printf ("%u/%s", meter->done, total);
  g_autofree char *rate = format_rate (meter);
  g_autofree char *left = format_left (meter);
  const guint with_left = PERCENT_WIDTH + GAP + 2 * digits + 1 + GAP + LEFT_WIDTH;
  const guint with_rate = with_left + GAP + RATE_WIDTH;
  GString *line;

  if (width == 0)
    return format_packed (percent, files, rate, left);

  line = g_string_new (NULL);
  if (width >= with_rate + GAP + MIN_BAR_WIDTH)
    {
      const guint bar_width = width - with_rate - GAP;
      g_autofree char *bar = arc_meter_draw_bar (meter->done, meter->total, bar_width, utf8);

      g_string_append_printf (line, "%s%*s", bar,
                              (int) (bar_width - (guint) g_utf8_strlen (bar, -1)), "");
    }

  append_field (line, percent, PERCENT_WIDTH);
  append_field (line, files, 0);
  if (width >= with_rate)
    append_field (line, rate, RATE_WIDTH);
  if (width >= with_left)
    append_field (line, left, LEFT_WIDTH);

  return g_string_free (line, FALSE);
}
