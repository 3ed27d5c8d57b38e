/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-clock.h"

#include "machine/state-machine.h"
#include "test-util.h"

typedef struct
{
  ArcTestClock *clock; /* (owned) */
  GArray *times;       /* (owned) (element-type gint64): when alarms came */
  gint64 interval;     /* the handler sets the alarm this much later; ARC_NEVER: not at all */
} Fixture;

#define START ARC_TEST_CLOCK_START

static void
on_alarm (ArcClock *clock, gpointer user_data)
{
  Fixture *fixture = user_data;
  gint64 now = arc_clock_get_time (clock);

  g_array_append_val (fixture->times, now);
  if (fixture->interval != ARC_NEVER)
    arc_clock_set_alarm (clock, now + fixture->interval);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = arc_test_clock_new ();
  fixture->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  fixture->interval = ARC_NEVER;
  g_signal_connect (fixture->clock, "alarm", G_CALLBACK (on_alarm), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->clock);
  g_clear_pointer (&fixture->times, g_array_unref);
}

static void
assert_times (Fixture *fixture, guint n, const gint64 *times)
{
  g_assert_cmpmem (fixture->times->data, fixture->times->len * sizeof (gint64), times,
                   n * sizeof (gint64));
}

static void
test_time (Fixture *fixture, gconstpointer data)
{
  ArcClock *clock = ARC_CLOCK (fixture->clock);

  g_assert_cmpint (arc_clock_get_time (clock), ==, START);
  arc_test_clock_advance (fixture->clock, 5);
  g_assert_cmpint (arc_clock_get_time (clock), ==, START + 5);
  g_assert_cmpint (arc_clock_get_real_time (clock), ==, START + 5 + ARC_TEST_CLOCK_EPOCH);
  g_assert_cmpint (arc_clock_to_real_time (clock, START + 9), ==, START + 9 + ARC_TEST_CLOCK_EPOCH);
  g_assert_cmpint (arc_clock_to_real_time (clock, ARC_NEVER), ==, 0);
}

static void
test_once (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (arc_test_clock_get_alarm (fixture->clock), ==, ARC_NEVER);
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START + 10);
  g_assert_cmpint (arc_test_clock_get_alarm (fixture->clock), ==, START + 10);

  arc_test_clock_advance (fixture->clock, 9);
  assert_times (fixture, 0, NULL);

  arc_test_clock_advance (fixture->clock, 1);
  assert_times (fixture, 1, (gint64[]){ START + 10 });
  g_assert_cmpint (arc_test_clock_get_alarm (fixture->clock), ==, ARC_NEVER);

  arc_test_clock_advance (fixture->clock, 1000);
  arc_test_dispatch_ready ();
  assert_times (fixture, 1, (gint64[]){ START + 10 });
}

static void
test_each_on_the_way (Fixture *fixture, gconstpointer data)
{
  fixture->interval = 10;
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START + 10);
  arc_test_clock_advance (fixture->clock, 35);
  assert_times (fixture, 3, (gint64[]){ START + 10, START + 20, START + 30 });
  g_assert_cmpint (arc_clock_get_time (ARC_CLOCK (fixture->clock)), ==, START + 35);
  g_assert_cmpint (arc_test_clock_get_alarm (fixture->clock), ==, START + 40);
}

static void
test_replace_and_disarm (Fixture *fixture, gconstpointer data)
{
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START + 10);
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START + 20);
  arc_test_clock_advance (fixture->clock, 30);
  assert_times (fixture, 1, (gint64[]){ START + 20 });

  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START + 40);
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), ARC_NEVER);
  arc_test_clock_advance (fixture->clock, 30);
  assert_times (fixture, 1, (gint64[]){ START + 20 });
}

static void
test_past_from_main_loop (Fixture *fixture, gconstpointer data)
{
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START - 1);
  assert_times (fixture, 0, NULL);
  arc_test_dispatch_ready ();
  assert_times (fixture, 1, (gint64[]){ START });

  arc_test_clock_advance (fixture->clock, 1);
  assert_times (fixture, 1, (gint64[]){ START });
}

static void
test_past_from_advance (Fixture *fixture, gconstpointer data)
{
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START);
  arc_test_clock_advance (fixture->clock, 0);
  assert_times (fixture, 1, (gint64[]){ START });

  arc_test_dispatch_ready ();
  assert_times (fixture, 1, (gint64[]){ START });
}

static void
test_past_withdrawn (Fixture *fixture, gconstpointer data)
{
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START);
  arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START + 10);
  arc_test_dispatch_ready ();
  assert_times (fixture, 0, NULL);
}

static void
test_loop (Fixture *fixture, gconstpointer data)
{
  if (g_test_subprocess ())
    {
      fixture->interval = 0;
      arc_clock_set_alarm (ARC_CLOCK (fixture->clock), START + 1);
      arc_test_clock_advance (fixture->clock, 1);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*MAX_ALARMS_AT_ONCE*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/test-clock/time", test_time);
  ADD ("/test-clock/once", test_once);
  ADD ("/test-clock/each-on-the-way", test_each_on_the_way);
  ADD ("/test-clock/replace-and-disarm", test_replace_and_disarm);
  ADD ("/test-clock/past-from-main-loop", test_past_from_main_loop);
  ADD ("/test-clock/past-from-advance", test_past_from_advance);
  ADD ("/test-clock/past-withdrawn", test_past_withdrawn);
  ADD ("/test-clock/loop", test_loop);
#undef ADD

  return g_test_run ();
}
