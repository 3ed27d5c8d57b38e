/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/disk-worker.h"

#include "test-disk.h"
#include "test-util.h"

#include <glib/gstdio.h>

/* How many ticks a thread may make no step: usually, and if the thread before was left behind. */
#define TICKS             5
#define TICKS_AFTER_STUCK 1

typedef struct
{
  ArcWatchScope scope;
  ArcDiskWorker *worker;
  char *disk; /* hangs */
  gint64 now; /* of the worker */
} Fixture;

static void
on_results (gpointer user_data G_GNUC_UNUSED)
{
}

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const none[] = { NULL };

  fixture->scope.filter = arc_path_filter_new (none, none);
  fixture->worker = arc_disk_worker_new (on_results, NULL);
  fixture->disk = g_build_filename (g_get_home_dir (), "disk", NULL);
  fixture->now = g_get_monotonic_time ();
  g_assert_no_errno (g_mkdir_with_parents (fixture->disk, 0700));
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  arc_test_disk_hang (NULL);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 0);
  arc_disk_worker_free (fixture->worker);
  arc_path_filter_unref (fixture->scope.filter);
  g_free (fixture->disk);
}

/* Has the worker open PATH. */
static void
push (Fixture *fixture, const char *path)
{
  arc_disk_worker_push (fixture->worker,
                        arc_disk_worker_make_job (fixture->worker, ARC_DISK_JOB_OPEN,
                                                  &fixture->scope, path, ""));
}

/* Whether there was a result, which is taken. */
static gboolean
take (Fixture *fixture)
{
  ArcDiskJob *job = arc_disk_worker_take (fixture->worker);

  if (job != NULL)
    arc_disk_worker_free_job (fixture->worker, job);

  return job != NULL;
}

/* Gives the thread what was pushed, and waits until N threads hang. */
static void
start (Fixture *fixture, guint n)
{
  g_assert_false (take (fixture));
  arc_test_wait_until (arc_test_disk_get_n_hanging () == n);
}

/* A tick, an hour later by the clock of the worker. Returns: whether a job is stuck since then. */
static gboolean
tick (Fixture *fixture)
{
  fixture->now += G_TIME_SPAN_HOUR;

  return arc_disk_worker_look_for_stuck (fixture->worker, fixture->now) != NULL;
}

/* The thread, which has made a step lately, is left behind after N ticks without one. */
static void
assert_patience (Fixture *fixture, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_false (tick (fixture));
  g_assert_true (tick (fixture));
}

/* A result that was there before says nothing of the thread that takes the place of one that was
 * left behind. */
static void
test_old_result (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  arc_test_disk_hang (fixture->disk);
  push (fixture, g_get_home_dir ());
  push (fixture, fixture->disk);
  start (fixture, 1);
  assert_patience (fixture, TICKS);

  g_assert_true (take (fixture));
  push (fixture, fixture->disk);
  start (fixture, 2);
  assert_patience (fixture, TICKS_AFTER_STUCK);
}

/* Nor does a job that was cancelled, which the thread does not do. */
static void
test_cancelled (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ArcDiskJob *stuck;

  arc_test_disk_hang (fixture->disk);
  push (fixture, fixture->disk);
  push (fixture, fixture->disk);
  start (fixture, 1);
  for (guint i = 0; i < TICKS; i++)
    g_assert_false (tick (fixture));
  fixture->now += G_TIME_SPAN_HOUR;
  stuck = arc_disk_worker_look_for_stuck (fixture->worker, fixture->now);
  g_assert_nonnull (stuck);
  arc_disk_worker_give_up (fixture->worker, stuck, fixture->disk);

  push (fixture, fixture->disk);
  start (fixture, 2);
  assert_patience (fixture, TICKS_AFTER_STUCK);
}

/* A thread that has done a job since has its usual time for the next one. */
static void
test_goes_on (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  arc_test_disk_hang (fixture->disk);
  push (fixture, fixture->disk);
  start (fixture, 1);
  assert_patience (fixture, TICKS);

  push (fixture, g_get_home_dir ());
  arc_test_wait_until (take (fixture));
  push (fixture, fixture->disk);
  start (fixture, 2);
  assert_patience (fixture, TICKS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define add(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

  add ("/disk-worker/old-result", test_old_result);
  add ("/disk-worker/cancelled", test_cancelled);
  add ("/disk-worker/goes-on", test_goes_on);

  return g_test_run ();
}
