/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/empty-root-guard.h"

#include "machine/state-machine.h"

typedef struct
{
  ArcEmptyRootGuard *emptied;
  ArcSnapshot *snapshot;
  ArcChangeSet *pending;
} Fixture;

static const char *const roots[] = { "/a", "/b", NULL };

static void
add (Fixture *fixture, const char *directory, const char *name)
{
  const ArcFingerprint fingerprint = { .inode = 1 };

  arc_snapshot_set_file (fixture->snapshot, directory, name, &fingerprint, fixture->pending);
}

static void delete (Fixture *fixture, const char *directory, const char *name)
{
  arc_snapshot_set_file (fixture->snapshot, directory, name, NULL, fixture->pending);
}

static gboolean
update (Fixture *fixture, gint64 due)
{
  return arc_empty_root_guard_update (fixture->emptied, roots, fixture->snapshot, fixture->pending,
                                      due);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->emptied = arc_empty_root_guard_new ();
  fixture->snapshot = arc_snapshot_new ();
  fixture->pending = arc_change_set_new ();
  add (fixture, "/a", "one.org");
  add (fixture, "/a/sub", "two.org");
  add (fixture, "/b", "three.org");
  add (fixture, "/ab", "other.org");
  g_assert_false (update (fixture, 10));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  arc_empty_root_guard_free (fixture->emptied);
  arc_snapshot_free (fixture->snapshot);
  arc_change_set_free (fixture->pending);
}

static void
test_believed (Fixture *fixture, gconstpointer data)
{
  /* Not yet. */
  delete (fixture, "/a", "one.org");
  g_assert_false (update (fixture, 10));
  g_assert_null (arc_empty_root_guard_get_root (fixture->emptied));
  g_assert_cmpint (arc_empty_root_guard_get_deadline (fixture->emptied), ==, ARC_NEVER);
  g_assert_false (arc_empty_root_guard_begin_look (fixture->emptied, 1000));

  delete (fixture, "/a/sub", "two.org");
  g_assert_true (update (fixture, 20));
  g_assert_cmpstr (arc_empty_root_guard_get_root (fixture->emptied), ==, "/a");
  g_assert_cmpint (arc_empty_root_guard_get_deadline (fixture->emptied), ==, 20);

  /* Other changes do not put it off, and a look before its time says nothing. */
  delete (fixture, "/ab", "other.org");
  g_assert_false (update (fixture, 30));
  g_assert_cmpint (arc_empty_root_guard_get_due (fixture->emptied), ==, 20);
  g_assert_false (arc_empty_root_guard_end_look (fixture->emptied));
  g_assert_false (arc_empty_root_guard_begin_look (fixture->emptied, 19));
  g_assert_nonnull (arc_empty_root_guard_get_root (fixture->emptied));

  g_assert_true (arc_empty_root_guard_begin_look (fixture->emptied, 20));
  g_assert_cmpint (arc_empty_root_guard_get_deadline (fixture->emptied), ==, ARC_NEVER);
  g_assert_cmpint (arc_empty_root_guard_get_due (fixture->emptied), ==, 20);
  g_assert_false (arc_empty_root_guard_begin_look (fixture->emptied, 21));
  g_assert_true (arc_empty_root_guard_end_look (fixture->emptied));
  g_assert_null (arc_empty_root_guard_get_root (fixture->emptied));
  g_assert_cmpint (arc_empty_root_guard_get_deadline (fixture->emptied), ==, ARC_NEVER);
  g_assert_false (update (fixture, 40));
  g_assert_false (arc_empty_root_guard_end_look (fixture->emptied));
  g_assert_null (arc_empty_root_guard_get_root (fixture->emptied));

  /* Filled and emptied again, it is a new case. */
  add (fixture, "/a", "one.org");
  g_assert_true (update (fixture, 50));
  delete (fixture, "/a", "one.org");
  g_assert_true (update (fixture, 60));
  g_assert_cmpint (arc_empty_root_guard_get_due (fixture->emptied), ==, 60);
}

static void
test_filled (Fixture *fixture, gconstpointer data)
{
  delete (fixture, "/b", "three.org");
  g_assert_true (update (fixture, 10));
  g_assert_cmpstr (arc_empty_root_guard_get_root (fixture->emptied), ==, "/b");

  /* In the middle of the second look. */
  g_assert_true (arc_empty_root_guard_begin_look (fixture->emptied, 10));
  add (fixture, "/b/new", "four.org");
  g_assert_true (update (fixture, 20));
  g_assert_null (arc_empty_root_guard_get_root (fixture->emptied));
  g_assert_false (arc_empty_root_guard_end_look (fixture->emptied));
}

/* A root that follows another one begins the wait anew, and one that comes back ends none. */
static void
test_two_roots (Fixture *fixture, gconstpointer data)
{
  delete (fixture, "/b", "three.org");
  g_assert_true (update (fixture, 10));
  g_assert_true (arc_empty_root_guard_begin_look (fixture->emptied, 10));

  delete (fixture, "/a", "one.org");
  delete (fixture, "/a/sub", "two.org");
  g_assert_true (update (fixture, 20));
  g_assert_cmpstr (arc_empty_root_guard_get_root (fixture->emptied), ==, "/a");
  g_assert_false (arc_empty_root_guard_end_look (fixture->emptied));
  g_assert_cmpint (arc_empty_root_guard_get_deadline (fixture->emptied), ==, 20);

  add (fixture, "/a", "one.org");
  g_assert_true (update (fixture, 30));
  g_assert_cmpstr (arc_empty_root_guard_get_root (fixture->emptied), ==, "/b");
  g_assert_cmpint (arc_empty_root_guard_get_deadline (fixture->emptied), ==, 20);
}

/* A root that never had a file is empty and not emptied. */
static void
test_never_filled (Fixture *fixture, gconstpointer data)
{
  const char *const others[] = { "/a", "/c", NULL };

  delete (fixture, "/b", "three.org");
  g_assert_false (arc_empty_root_guard_update (fixture->emptied, others, fixture->snapshot,
                                               fixture->pending, 10));
  g_assert_null (arc_empty_root_guard_get_root (fixture->emptied));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function)                                                                        \
  g_test_add ("/emptied/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("believed", test_believed);
  ADD ("filled", test_filled);
  ADD ("two-roots", test_two_roots);
  ADD ("never-filled", test_never_filled);
#undef ADD

  return g_test_run ();
}
