/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/loop-guard.h"

#define SECOND   ((gint64) G_USEC_PER_SEC)
#define COOLDOWN (180 * SECOND)

static void
note (ArcLoopGuard *guard, const char *path, gboolean building)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  arc_change_set_add (changes, path, ARC_CHANGE_MODIFIED);
  arc_loop_guard_note_changes (guard, changes, building);
}

/* N builds, each of which changes the file that makes the next one start. */
static ArcLoopGuard *
new_after_builds (guint n)
{
  ArcLoopGuard *guard = arc_loop_guard_new ();

  note (guard, "/org/a.org", FALSE);
  arc_loop_guard_begin_build (guard, FALSE);
  for (guint i = 0; i < n; i++)
    {
      note (guard, "/org/a.org", TRUE);
      arc_loop_guard_begin_build (guard, FALSE);
    }

  return guard;
}

static gboolean
is_looping (const ArcLoopGuard *guard)
{
  return arc_loop_guard_get_changes (guard) != NULL;
}

/* The load counts only without a loop. */
static gint64
get_cooldown (const ArcLoopGuard *guard, gint64 cooldown)
{
  const ArcTiming timing = { .cooldown = cooldown, .max_load = 1, .debounce = 2 };
  const ArcTiming looping = arc_loop_guard_get_timing (guard, &timing);

  g_assert_cmpuint (looping.max_load, ==, is_looping (guard) ? 0 : 1);
  g_assert_cmpint (looping.debounce, ==, 2);

  return looping.cooldown;
}

static void
test_patience (void)
{
  g_autoptr (ArcLoopGuard) patient = new_after_builds (5);
  g_autoptr (ArcLoopGuard) looping = new_after_builds (6);

  g_assert_false (is_looping (patient));
  g_assert_cmpint (get_cooldown (patient, COOLDOWN), ==, COOLDOWN);

  g_assert_true (is_looping (looping));
  g_assert_true (arc_change_set_lookup (arc_loop_guard_get_changes (looping), "/org/a.org", NULL));
}

static void
test_doubles_up_to_an_hour (void)
{
  gint64 expected = COOLDOWN;

  for (guint n = 6; n < 12; n++)
    {
      g_autoptr (ArcLoopGuard) guard = new_after_builds (n);

      expected = MIN (expected * 2, 3600 * SECOND);
      g_assert_cmpint (get_cooldown (guard, COOLDOWN), ==, expected);
    }
  g_assert_cmpint (expected, ==, 3600 * SECOND);

  {
    g_autoptr (ArcLoopGuard) guard = new_after_builds (1000);

    g_assert_cmpint (get_cooldown (guard, COOLDOWN), ==, 3600 * SECOND);
    /* Who rests longer anyhow goes on to. */
    g_assert_cmpint (get_cooldown (guard, 7200 * SECOND), ==, 7200 * SECOND);
  }
}

/* Without any cooldown it would be a busy loop. */
static void
test_no_cooldown (void)
{
  g_autoptr (ArcLoopGuard) guard = new_after_builds (6);

  g_assert_cmpint (get_cooldown (guard, 0), ==, 2 * SECOND);
}

static void
test_change_from_outside (void)
{
  g_autoptr (ArcLoopGuard) guard = new_after_builds (10);

  /* Even if a build makes one of its own at the same time. */
  note (guard, "/org/a.org", TRUE);
  note (guard, "/org/b.org", FALSE);
  g_assert_false (is_looping (guard));
  arc_loop_guard_begin_build (guard, FALSE);
  g_assert_false (is_looping (guard));

  /* And then it counts from the start. */
  for (guint i = 0; i < 5; i++)
    {
      note (guard, "/org/a.org", TRUE);
      arc_loop_guard_begin_build (guard, FALSE);
      g_assert_false (is_looping (guard));
    }
}

static void
test_request (void)
{
  g_autoptr (ArcLoopGuard) guard = new_after_builds (10);

  note (guard, "/org/a.org", TRUE);
  arc_loop_guard_begin_build (guard, TRUE);
  g_assert_false (is_looping (guard));
}

/* A retry takes nothing new. */
static void
test_nothing_new (void)
{
  g_autoptr (ArcLoopGuard) guard = new_after_builds (10);

  arc_loop_guard_begin_build (guard, FALSE);
  g_assert_false (is_looping (guard));
}

/* What is seen soon after the end of a build is of the build, but for a file that changed later. */
static void
test_late (void)
{
  g_autoptr (ArcLoopGuard) guard = arc_loop_guard_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  const ArcFingerprint before = { .inode = 1, .ctime_ns = 1000 };
  const ArcFingerprint after = { .inode = 2, .ctime_ns = 1001 };

  arc_snapshot_set_file (snapshot, "/org", "a.org", &before, NULL);
  arc_snapshot_set_file (snapshot, "/org", "b.org", &after, NULL);
  arc_change_set_add (changes, "/org/a.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (changes, "/org/gone.org", ARC_CHANGE_DELETED);
  g_assert_false (arc_loop_guard_is_late (guard, changes, snapshot, 0));

  arc_loop_guard_end_build (guard, 5 * G_USEC_PER_SEC, 1000);
  g_assert_true (arc_loop_guard_is_late (guard, changes, snapshot, 5 * G_USEC_PER_SEC));
  g_assert_true (arc_loop_guard_is_late (guard, changes, snapshot, 6 * G_USEC_PER_SEC - 1));
  g_assert_false (arc_loop_guard_is_late (guard, changes, snapshot, 6 * G_USEC_PER_SEC));

  arc_change_set_add (changes, "/org/b.org", ARC_CHANGE_MODIFIED);
  g_assert_false (arc_loop_guard_is_late (guard, changes, snapshot, 5 * G_USEC_PER_SEC));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/loop-guard/patience", test_patience);
  g_test_add_func ("/loop-guard/doubles", test_doubles_up_to_an_hour);
  g_test_add_func ("/loop-guard/no-cooldown", test_no_cooldown);
  g_test_add_func ("/loop-guard/outside", test_change_from_outside);
  g_test_add_func ("/loop-guard/request", test_request);
  g_test_add_func ("/loop-guard/nothing-new", test_nothing_new);
  g_test_add_func ("/loop-guard/late", test_late);

  return g_test_run ();
}
