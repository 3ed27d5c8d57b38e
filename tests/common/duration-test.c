/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/duration.h"
#include "test-random.h"

#define SECOND  ((gint64) G_USEC_PER_SEC)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)
#define LONGEST (36525 * DAY)

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    gint64 usec;
  } good[] = {
    { "0", 0 },
    { "90", 90 * SECOND },
    { "  5s ", 5 * SECOND },
    { "5 s", 5 * SECOND },
    { "\t5\ts\t", 5 * SECOND },
    { "3min", 3 * MINUTE },
    { "3m", 3 * MINUTE },
    { "1 minute", MINUTE },
    { "2 minutes", 2 * MINUTE },
    { "1h 30min", 90 * MINUTE },
    { "1h30min", 90 * MINUTE },
    { "30min 1h", 90 * MINUTE },
    { "1hr", HOUR },
    { "1hour", HOUR },
    { "48hours", 48 * HOUR },
    { "1d", DAY },
    { "1day", DAY },
    { "2days", 2 * DAY },
    { "1w", 7 * DAY },
    { "1week", 7 * DAY },
    { "2weeks", 14 * DAY },
    { "5sec", 5 * SECOND },
    { "5second", 5 * SECOND },
    { "5seconds", 5 * SECOND },
    { "250ms", 250000 },
    { "250msec", 250000 },
    { "7us", 7 },
    { "7usec", 7 },
    { "7\xC2\xB5s", 7 },
    { "7\xCE\xBCs", 7 },
    { "55s500ms", 55500000 },
    { "300ms20s 5day", 300000 + 20 * SECOND + 5 * DAY },
    { "1.5h", 90 * MINUTE },
    { "2.5", 2500000 },
    { ".5s", 500000 },
    { "0.0000019s", 1 },
    { "1.000000999999999999999999s", 1000000 },
    { "0.1us", 0 },
    { "000000000000000000000000000005s", 5 * SECOND },
    { "36525d", LONGEST },
    { "3155760000", LONGEST },
  };
  static const char *const bad[] = {
    "",
    " ",
    "s",
    ".",
    ".s",
    "5.",
    "5.s",
    "-1",
    "-1s",
    "+1s",
    "1..5s",
    "1.5.5s",
    "1,5s",
    "5 parsecs",
    "5S",
    "5M",
    "5y",
    "5month",
    "5s 3",
    "1h 30",
    "5 3min",
    "0x10",
    "1e3",
    "5\n",
    "five",
    "infinity",
    "5s # five",
    "36525d 1us",
    "36525d.000001s",
    "3155760001",
    "5218w",
    "9223372036854775807us",
    "99999999999999999999999999999999",
    "18446744073709551617s",
    "5\xC2",
    "5\xFFs",
  };
  gint64 usec;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_test_message ("%s", good[i].text);
      usec = -1;
      g_assert_true (arc_duration_parse (good[i].text, &usec));
      g_assert_cmpint (usec, ==, good[i].usec);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *escaped = g_strescape (bad[i], NULL);

      g_test_message ("\"%s\"", escaped);
      usec = -1;
      g_assert_false (arc_duration_parse (bad[i], &usec));
      g_assert_cmpint (usec, ==, -1);
    }
}

static void
test_format (void)
{
  static const struct
  {
    gint64 usec;
    const char *text;
  } cases[] = {
    { 0, "0" },
    { 1, "1us" },
    { 1000, "1ms" },
    { 5 * SECOND, "5s" },
    { 60 * SECOND, "1min" },
    { 90 * MINUTE, "1h 30min" },
    { 8 * DAY + 1, "1w 1d 1us" },
    { 25 * HOUR + 61 * SECOND + 1001, "1d 1h 1min 1s 1ms 1us" },
    { LONGEST, "5217w 6d" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = arc_duration_format (cases[i].usec);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_round_trip (void)
{
  for (guint i = 0; i < 4000; i++)
    {
      gint64 usec = arc_test_random_usec (LONGEST), back = -1;
      g_autofree char *text = arc_duration_format (usec);

      g_assert_true (arc_duration_parse (text, &back));
      g_assert_cmpint (back, ==, usec);
    }
}

/* Whatever is read is written in one way, and that way is read as the same. */
static void
test_garbage (void)
{
  static const char alphabet[] = "0123456789.. smhdwuinecyo\t-\xC2\xB5";

  for (guint i = 0; i < 10000; i++)
    {
      char text[12] = { 0 };
      gint64 usec = -1, back = -1;

      for (int j = g_test_rand_int_range (0, sizeof text); j > 0; j--)
        text[j - 1] = alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)];

      if (arc_duration_parse (text, &usec))
        {
          g_autofree char *formatted = arc_duration_format (usec);

          g_assert_cmpint (usec, >=, 0);
          g_assert_cmpint (usec, <=, LONGEST);
          g_assert_true (arc_duration_parse (formatted, &back));
          g_assert_cmpint (back, ==, usec);
        }
      else
        {
          g_assert_cmpint (usec, ==, -1);
        }
    }
}

static void
assert_tell (gint64 usec, const char *time, const char *wait)
{
  g_autofree char *short_time = arc_duration_tell (usec);
  g_autofree char *left = arc_duration_tell_wait (usec);

  g_assert_cmpstr (short_time, ==, time);
  g_assert_cmpstr (left, ==, wait);
}

static void
test_tell (void)
{
  const gint64 second = G_USEC_PER_SEC;
  /* A clock that was set back. */
  g_autofree char *none = arc_duration_tell_wait (-5);

  g_assert_cmpstr (none, ==, "0 s");
  assert_tell (0, "0.0 s", "0 s");
  assert_tell (1, "0.0 s", "1 s");
  assert_tell (840 * 1000, "0.8 s", "1 s");
  assert_tell (second, "1.0 s", "1 s");
  assert_tell (10 * second + 1, "10 s", "11 s");
  assert_tell (59 * second + 1, "59 s", "1 min 0 s");
  assert_tell (125 * second, "2 min 5 s", "2 min 5 s");
  assert_tell (3600 * second, "1 h 0 min", "1 h 0 min");
  assert_tell (100 * 3600 * second, "100 h 0 min", "100 h 0 min");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/duration/parse", test_parse);
  g_test_add_func ("/duration/format", test_format);
  g_test_add_func ("/duration/round-trip", test_round_trip);
  g_test_add_func ("/duration/garbage", test_garbage);
  g_test_add_func ("/duration/tell", test_tell);

  return g_test_run ();
}
