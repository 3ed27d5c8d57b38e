/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/tree-availability.h"

#include "common/timing.h"

#include <string.h>

typedef struct
{
  ArcTreeAvailability *tree;
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
  return arc_tree_availability_set_files (fixture->tree, roots, fixture->snapshot, fixture->pending,
                                          due, due);
}

static gboolean
end_look (Fixture *fixture, guint64 comparison)
{
  return arc_tree_availability_end_look (fixture->tree, comparison);
}

/* ROOT (nullable) is the first that is emptied. */
static void
assert_root (Fixture *fixture, const char *root)
{
  const char *doubt = arc_tree_availability_get_doubt (fixture->tree);
  g_autofree char *start = g_strdup_printf ("All files in %s are gone: ", root);

  if (root == NULL)
    g_assert_null (doubt);
  else
    g_assert_true (g_str_has_prefix (doubt, start));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->tree = arc_tree_availability_new ();
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
  arc_tree_availability_free (fixture->tree);
  arc_snapshot_free (fixture->snapshot);
  arc_change_set_free (fixture->pending);
}

static void
test_believed (Fixture *fixture, gconstpointer data)
{
  /* Not yet. */
  delete (fixture, "/a", "one.org");
  g_assert_false (update (fixture, 10));
  assert_root (fixture, NULL);
  g_assert_cmpint (arc_tree_availability_get_deadline (fixture->tree), ==, ARC_NEVER);

  delete (fixture, "/a/sub", "two.org");
  g_assert_true (update (fixture, 20));
  assert_root (fixture, "/a");
  g_assert_cmpint (arc_tree_availability_get_deadline (fixture->tree), ==, 20);

  /* Other changes do not put it off, and a look before its time says nothing. */
  delete (fixture, "/ab", "other.org");
  g_assert_false (update (fixture, 30));
  g_assert_cmpint (arc_tree_availability_get_deadline (fixture->tree), ==, 20);
  g_assert_false (end_look (fixture, 9));
  assert_root (fixture, "/a");

  fixture->tree->look = 8;
  g_assert_cmpint (arc_tree_availability_get_deadline (fixture->tree), ==, ARC_NEVER);
  g_assert_false (end_look (fixture, 7));
  g_assert_true (end_look (fixture, 8));
  assert_root (fixture, NULL);
  g_assert_cmpint (arc_tree_availability_get_deadline (fixture->tree), ==, ARC_NEVER);
  g_assert_false (update (fixture, 40));
  g_assert_false (end_look (fixture, 9));
  assert_root (fixture, NULL);

  /* Filled and emptied again, it is a new case. */
  add (fixture, "/a", "one.org");
  g_assert_true (update (fixture, 50));
  delete (fixture, "/a", "one.org");
  g_assert_true (update (fixture, 60));
  g_assert_cmpint (arc_tree_availability_get_deadline (fixture->tree), ==, 60);
}

static void
test_filled (Fixture *fixture, gconstpointer data)
{
  delete (fixture, "/b", "three.org");
  g_assert_true (update (fixture, 10));
  assert_root (fixture, "/b");

  /* In the middle of the second look. */
  fixture->tree->look = 8;
  add (fixture, "/b/new", "four.org");
  g_assert_true (update (fixture, 20));
  assert_root (fixture, NULL);
  g_assert_false (end_look (fixture, 9));
}

/* A root that follows another one begins the wait anew, and one that comes back ends none. */
static void
test_two_roots (Fixture *fixture, gconstpointer data)
{
  delete (fixture, "/b", "three.org");
  g_assert_true (update (fixture, 10));
  fixture->tree->look = 8;

  delete (fixture, "/a", "one.org");
  delete (fixture, "/a/sub", "two.org");
  g_assert_true (update (fixture, 20));
  assert_root (fixture, "/a");
  g_assert_false (end_look (fixture, 9));
  g_assert_cmpint (arc_tree_availability_get_deadline (fixture->tree), ==, 20);

  add (fixture, "/a", "one.org");
  g_assert_true (update (fixture, 30));
  assert_root (fixture, "/b");
  g_assert_cmpint (arc_tree_availability_get_deadline (fixture->tree), ==, 20);
}

/* A root that never had a file is empty and not emptied. */
static void
test_never_filled (Fixture *fixture, gconstpointer data)
{
  const char *const others[] = { "/a", "/c", NULL };

  delete (fixture, "/b", "three.org");
  g_assert_false (arc_tree_availability_set_files (fixture->tree, others, fixture->snapshot,
                                                   fixture->pending, 10, 10));
  assert_root (fixture, NULL);
}

/* The settings leave no file, until there is one that they leave. */
static void
test_settings (Fixture *fixture, gconstpointer data)
{
  delete (fixture, "/b", "three.org");
  g_assert_true (update (fixture, 10));
  arc_tree_availability_blame_settings (fixture->tree, roots);
  g_assert_true (g_str_has_prefix (
      arc_tree_availability_get_doubt (fixture->tree),
      "[Tree] Include and Exclude select no file in /a and the other directories: "));

  add (fixture, "/b", "three.org");
  g_assert_true (update (fixture, 20));
  g_assert_null (arc_tree_availability_get_doubt (fixture->tree));
}

/* Which of several reasons is said. */
static void
test_message (Fixture *fixture, gconstpointer data)
{
  const char *doubt;

  g_assert_nonnull (strstr (arc_tree_availability_get_message (fixture->tree), "yet"));
  arc_tree_availability_set_problem (fixture->tree, NULL);
  g_assert_null (arc_tree_availability_get_message (fixture->tree));

  delete (fixture, "/b", "three.org");
  g_assert_true (update (fixture, 10));
  doubt = arc_tree_availability_get_doubt (fixture->tree);
  g_assert_cmpstr (arc_tree_availability_get_message (fixture->tree), ==, doubt);
  arc_tree_availability_set_problem (fixture->tree, "not mounted");
  g_assert_cmpstr (arc_tree_availability_get_message (fixture->tree), ==, "not mounted");
  arc_tree_availability_set_problem (fixture->tree, NULL);
  g_assert_cmpstr (arc_tree_availability_get_message (fixture->tree), ==, doubt);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function)                                                                        \
  g_test_add ("/tree-availability/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("believed", test_believed);
  ADD ("filled", test_filled);
  ADD ("two-roots", test_two_roots);
  ADD ("never-filled", test_never_filled);
  ADD ("settings", test_settings);
  ADD ("message", test_message);
#undef ADD

  return g_test_run ();
}
