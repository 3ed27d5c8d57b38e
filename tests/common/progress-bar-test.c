/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/progress-bar.h"

#define SECOND G_GINT64_CONSTANT (1000000)
#define START  (1000 * SECOND)

static void
assert_line (const ArcProgressBar *meter, guint width, gboolean utf8, const char *expected)
{
  g_autofree char *line = arc_progress_bar_format (meter, width, utf8);

  g_assert_cmpstr (line, ==, expected);
  g_assert_true (width == 0 || (guint) g_utf8_strlen (line, -1) <= width);
}

static void
test_rate (void)
{
  ArcProgressBar meter = { 0 };

  assert_line (&meter, 0, TRUE, "0%  0/0 files");

  /* The time before the first update does not count. */
  arc_progress_bar_take (&meter, 100, 500, START, SECOND);
  assert_line (&meter, 0, TRUE, "20%  100/500 files");

  arc_progress_bar_take (&meter, 150, 500, START + 2 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "30%  150/500 files, 25/s, 14 s left");

  arc_progress_bar_take (&meter, 500, 500, START + 4 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "100%  500/500 files, 100/s");
}

static void
test_no_time_passes (void)
{
  ArcProgressBar meter = { 0 };

  arc_progress_bar_take (&meter, 0, 3, START, SECOND);
  arc_progress_bar_take (&meter, 2, 3, START, SECOND);
  assert_line (&meter, 0, TRUE, "66%  2/3 files");
}

static void
test_another_build (void)
{
  ArcProgressBar meter = { 0 };

  arc_progress_bar_take (&meter, 0, 10, START, SECOND);
  arc_progress_bar_take (&meter, 10, 10, START + SECOND, SECOND);

  /* The same total, from the beginning. */
  arc_progress_bar_take (&meter, 1, 10, START + 9 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "10%  1/10 files");
  arc_progress_bar_take (&meter, 3, 10, START + 10 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "30%  3/10 files, 2.0/s, 4 s left");

  /* Another total. */
  arc_progress_bar_take (&meter, 4, 20, START + 20 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "20%  4/20 files");
}

static void
test_when_to_show (void)
{
  ArcProgressBar meter = { 0 };

  g_assert_true (arc_progress_bar_take (&meter, 0, 10, START, SECOND));
  g_assert_false (arc_progress_bar_take (&meter, 1, 10, START + SECOND - 1, SECOND));
  g_assert_true (arc_progress_bar_take (&meter, 2, 10, START + SECOND, SECOND));
  g_assert_false (arc_progress_bar_take (&meter, 3, 10, START + 2 * SECOND - 1, SECOND));
  /* The end is shown at once, and once. */
  g_assert_true (arc_progress_bar_take (&meter, 10, 10, START + 2 * SECOND - 1, SECOND));
  g_assert_false (arc_progress_bar_take (&meter, 10, 10, START + 2 * SECOND, SECOND));
  /* So is a beginning. */
  g_assert_true (arc_progress_bar_take (&meter, 1, 10, START + 2 * SECOND, SECOND));
}

static void
test_lines (void)
{
  ArcProgressBar meter = { 0 };

  assert_line (&meter, 0, TRUE, "0%  0/0 files");

  arc_progress_bar_take (&meter, 0, 500, START, SECOND);
  assert_line (&meter, 0, TRUE, "0%  0/500 files");
  assert_line (&meter, 40, FALSE, "  0%    0/500 files");

  arc_progress_bar_take (&meter, 125, 500, START + 5 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "25%  125/500 files, 25/s, 15 s left");
  assert_line (&meter, 60, FALSE, "###             25%  125/500 files, 25/s, 15 s left");
  assert_line (&meter, 60, TRUE, "███▎            25%  125/500 files, 25/s, 15 s left");
  assert_line (&meter, 50, TRUE, " 25%  125/500 files, 25/s, 15 s left");
  assert_line (&meter, 45, TRUE, " 25%  125/500 files, 25/s, 15 s left");
  assert_line (&meter, 44, TRUE, " 25%  125/500 files, 15 s left");
  assert_line (&meter, 37, TRUE, " 25%  125/500 files, 15 s left");
  assert_line (&meter, 36, TRUE, " 25%  125/500 files");

  arc_progress_bar_take (&meter, 500, 500, START + 20 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "100%  500/500 files, 25/s");

  meter = (ArcProgressBar){ 0 };
  arc_progress_bar_take (&meter, 0, 1, START, SECOND);
  assert_line (&meter, 0, TRUE, "0%  0/1 file");
}

static void
test_slow_builds (void)
{
  ArcProgressBar meter = { 0 };

  arc_progress_bar_take (&meter, 0, 1000, START, SECOND);
  arc_progress_bar_take (&meter, 1, 1000, START + 10 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "0%  1/1000 files, 0.1/s, 2 h 46 min left");

  /* Longer than anybody can foresee. */
  arc_progress_bar_take (&meter, 1, 1000, START + 10000 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "0%  1/1000 files, 0.0/s");
}

/* Four characters at most for a slow one, and no decimals for a fast one. */
static void
test_precision (void)
{
  ArcProgressBar meter = { 0 };

  arc_progress_bar_take (&meter, 0, 20000, START, SECOND);
  arc_progress_bar_take (&meter, 9949, 20000, START + 1000 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "49%  9949/20000 files, 9.9/s, 16 min 51 s left");
  arc_progress_bar_take (&meter, 9951, 20000, START + 1000 * SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "49%  9951/20000 files, 10/s, 16 min 50 s left");
}

static void
test_many_files (void)
{
  ArcProgressBar meter = { 0 };

  arc_progress_bar_take (&meter, 0, G_MAXUINT, START, SECOND);
  arc_progress_bar_take (&meter, G_MAXUINT - 1, G_MAXUINT, START + SECOND, SECOND);
  assert_line (&meter, 0, TRUE, "99%  4294967294/4294967295 files, 4294967294/s, 1 s left");
}

static void
assert_bar (guint64 value, guint64 max, guint width, gboolean utf8, const char *expected)
{
  g_autofree char *bar = arc_progress_bar_draw_bar (value, max, width, utf8);

  g_assert_cmpstr (bar, ==, expected);
}

static void
test_bars (void)
{
  assert_bar (0, 8, 4, TRUE, "");
  assert_bar (0, 0, 4, TRUE, "");
  assert_bar (1, 32, 4, TRUE, "▏");
  assert_bar (9, 32, 4, TRUE, "█▏");
  assert_bar (31, 32, 4, TRUE, "███▉");
  assert_bar (32, 32, 4, TRUE, "████");
  assert_bar (33, 32, 4, TRUE, "████");
  assert_bar (31, 32, 4, FALSE, "###");
  assert_bar (G_MAXUINT64, G_MAXUINT64, 4, FALSE, "####");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/meter/rate", test_rate);
  g_test_add_func ("/meter/no-time-passes", test_no_time_passes);
  g_test_add_func ("/meter/another-build", test_another_build);
  g_test_add_func ("/meter/when-to-show", test_when_to_show);
  g_test_add_func ("/meter/lines", test_lines);
  g_test_add_func ("/meter/slow-builds", test_slow_builds);
  g_test_add_func ("/meter/precision", test_precision);
  g_test_add_func ("/meter/many-files", test_many_files);
  g_test_add_func ("/meter/bars", test_bars);

  return g_test_run ();
}
