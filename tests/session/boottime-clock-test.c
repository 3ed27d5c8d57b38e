/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/boottime-clock.h"

#include "machine/state-machine.h"
#include "test-util.h"

#include <fcntl.h>
#include <time.h>

typedef struct
{
  ArcClock *clock; /* (owned) */
  guint alarms;
  gint64 last;   /* when the last one came */
  gint64 again;  /* what the handler sets the alarm to, once */
  gboolean drop; /* whether the handler drops the last reference */
} Fixture;

static void
on_alarm (ArcClock *clock, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->alarms++;
  fixture->last = arc_clock_get_time (clock);

  if (fixture->again != ARC_NEVER)
    {
      arc_clock_set_alarm (clock, fixture->again);
      fixture->again = ARC_NEVER;
    }

  if (fixture->drop)
    g_clear_object (&fixture->clock);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = arc_boot_clock_new ();
  fixture->again = ARC_NEVER;
  g_signal_connect (fixture->clock, "alarm", G_CALLBACK (on_alarm), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->clock);
}

/* "NAME:\tVALUE" in the fdinfo of the one timer of this process; NULL if it has none. */
static char *
read_timer_info (const char *name)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *fd;

  while ((fd = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", fd, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);
      g_autofree char *info_path = g_build_filename ("/proc/self/fdinfo", fd, NULL);
      g_autofree char *info = NULL;
      g_auto (GStrv) lines = NULL;

      if (g_strcmp0 (target, "anon_inode:[timerfd]") != 0)
        continue;

      g_file_get_contents (info_path, &info, NULL, NULL);
      lines = g_strsplit (info, "\n", -1);
      for (guint i = 0; lines[i] != NULL; i++)
        {
          if (g_str_has_prefix (lines[i], name) && lines[i][strlen (name)] == ':')
            return g_strdup (g_strstrip (lines[i] + strlen (name) + 1));
        }
    }

  return NULL;
}

static void
test_time (Fixture *fixture, gconstpointer data)
{
  struct timespec now;
  gint64 time;

  clock_gettime (CLOCK_BOOTTIME, &now);
  time = arc_clock_get_time (fixture->clock);

  g_assert_cmpint (time, >=, now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000);
  g_assert_cmpint (time, <, (now.tv_sec + ARC_TEST_DEADLINE_SECONDS) * G_USEC_PER_SEC);
}

static void
test_real_time (Fixture *fixture, gconstpointer data)
{
  gint64 before = g_get_real_time ();
  gint64 hour = G_TIME_SPAN_HOUR;
  gint64 time = arc_clock_get_time (fixture->clock);
  gint64 shown = arc_clock_to_real_time (fixture->clock, time + hour);

  g_assert_cmpint (arc_clock_get_real_time (fixture->clock), >=, before);
  g_assert_cmpint (ABS (shown - before - hour), <, ARC_TEST_DEADLINE_SECONDS * G_USEC_PER_SEC);
  g_assert_cmpint (arc_clock_to_real_time (fixture->clock, ARC_NEVER), ==, 0);
}

/* The one way to see without a suspend that time asleep counts, and no child gets the timer. */
static void
test_timer_kind (Fixture *fixture, gconstpointer data)
{
  g_autofree char *clock_id = read_timer_info ("clockid");
  g_autofree char *flags = read_timer_info ("flags");

  g_assert_cmpint (g_ascii_strtoll (clock_id, NULL, 10), ==, CLOCK_BOOTTIME);
  g_assert_cmpint (g_ascii_strtoll (flags, NULL, 8) & O_CLOEXEC, ==, O_CLOEXEC);
  g_assert_cmpint (g_ascii_strtoll (flags, NULL, 8) & O_NONBLOCK, ==, O_NONBLOCK);
}

static void
test_alarm (Fixture *fixture, gconstpointer data)
{
  gint64 time = arc_clock_get_time (fixture->clock) + 20 * 1000;

  arc_clock_set_alarm (fixture->clock, time);
  arc_test_wait_until (fixture->alarms > 0);
  g_assert_cmpint (fixture->last, >=, time);

  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->alarms, ==, 1);
}

static void
test_past (Fixture *fixture, gconstpointer data)
{
  const gint64 times[] = { arc_clock_get_time (fixture->clock), 1, 0, -1, G_MININT64 };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      arc_clock_set_alarm (fixture->clock, times[i]);
      g_assert_cmpuint (fixture->alarms, ==, i);
      arc_test_wait_until (fixture->alarms > i);
      g_assert_cmpuint (fixture->alarms, ==, i + 1);
    }

  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->alarms, ==, G_N_ELEMENTS (times));
}

static void
test_disarm (Fixture *fixture, gconstpointer data)
{
  arc_clock_set_alarm (fixture->clock, 0);
  arc_clock_set_alarm (fixture->clock, ARC_NEVER);
  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->alarms, ==, 0);
}

static void
test_far (Fixture *fixture, gconstpointer data)
{
  arc_clock_set_alarm (fixture->clock, ARC_NEVER - 1);
  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->alarms, ==, 0);
}

static void
test_replace (Fixture *fixture, gconstpointer data)
{
  gint64 time = arc_clock_get_time (fixture->clock) + 20 * 1000;

  arc_clock_set_alarm (fixture->clock, 0);
  arc_clock_set_alarm (fixture->clock, time);
  arc_test_wait_until (fixture->alarms > 0);
  g_assert_cmpint (fixture->last, >=, time);

  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->alarms, ==, 1);
}

static void
test_set_in_handler (Fixture *fixture, gconstpointer data)
{
  fixture->again = arc_clock_get_time (fixture->clock) + 20 * 1000;
  arc_clock_set_alarm (fixture->clock, 0);
  arc_test_wait_until (fixture->alarms == 2);

  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->alarms, ==, 2);
}

/* The timer fires, and in the same iteration, before its source is dispatched, the alarm moves. */
static void
test_stale_expiry (Fixture *fixture, gconstpointer data)
{
  GMainContext *context = g_main_context_default ();
  gint priority;
  gint timeout;
  GPollFD fds[8];
  gint n_fds;

  arc_clock_set_alarm (fixture->clock, 0);

  /* One iteration by hand. */
  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  n_fds = g_main_context_query (context, priority, &timeout, fds, G_N_ELEMENTS (fds));
  g_assert_cmpint (n_fds, <=, G_N_ELEMENTS (fds));
  g_assert_cmpint (g_poll (fds, n_fds, -1), >=, 1);
  g_assert_true (g_main_context_check (context, priority, fds, n_fds));

  arc_clock_set_alarm (fixture->clock, arc_clock_get_time (fixture->clock) + G_TIME_SPAN_HOUR);
  g_main_context_dispatch (context);
  g_main_context_release (context);

  g_assert_cmpuint (fixture->alarms, ==, 0);
}

static void
test_drop_in_handler (Fixture *fixture, gconstpointer data)
{
  fixture->drop = TRUE;
  arc_clock_set_alarm (fixture->clock, 0);
  arc_test_wait_until (fixture->alarms > 0);
  g_assert_null (fixture->clock);
  g_assert_null (read_timer_info ("clockid"));
}

static void
test_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (ArcClock) clock = NULL;
  Fixture fixture = { .again = ARC_NEVER };

  g_main_context_push_thread_default (context);
  clock = arc_boot_clock_new ();
  g_main_context_pop_thread_default (context);
  g_signal_connect (clock, "alarm", G_CALLBACK (on_alarm), &fixture);

  arc_clock_set_alarm (clock, 0);
  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture.alarms, ==, 0);
  g_main_context_iteration (context, TRUE);
  g_assert_cmpuint (fixture.alarms, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/clock/time", test_time);
  ADD ("/clock/real-time", test_real_time);
  ADD ("/clock/timer-kind", test_timer_kind);
  ADD ("/clock/alarm", test_alarm);
  ADD ("/clock/past", test_past);
  ADD ("/clock/disarm", test_disarm);
  ADD ("/clock/far", test_far);
  ADD ("/clock/replace", test_replace);
  ADD ("/clock/set-in-handler", test_set_in_handler);
  ADD ("/clock/stale-expiry", test_stale_expiry);
  ADD ("/clock/drop-in-handler", test_drop_in_handler);
#undef ADD
  g_test_add_func ("/clock/context", test_context);

  return g_test_run ();
}
