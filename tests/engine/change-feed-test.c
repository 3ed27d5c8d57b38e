/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/change-feed.h"

#include <string.h>

/* Ends build ID with STATUS, which took TAKEN, such as "A/one M/two", and failed for FAILED, such
 * as "/two". */
static void
end_build (ArcChangeFeed *feed,
           guint64 id,
           ArcBuildKind kind,
           int status,
           const char *taken,
           const char *failed)
{
  g_autoptr (ArcBuild) build = arc_build_new (id, kind, ARC_CAUSE_CHANGE, 1);
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_auto (GStrv) words = g_strsplit (taken, " ", -1);
  g_auto (GStrv) paths = g_strsplit (failed, " ", -1);

  build->result = status == 0 ? ARC_RESULT_SUCCESS : ARC_RESULT_FAILED;
  build->exit_status = status;
  for (guint i = 0; words[i] != NULL; i++)
    arc_change_set_add (changes, words[i] + 1, (ArcChange) words[i][0]);
  for (guint i = 0; paths[i] != NULL; i++)
    arc_build_add_failed_file (build, paths[i], NULL);
  arc_change_feed_add (feed, build, changes);
}

static void
append (const char *path, ArcChange change, gpointer user_data)
{
  g_string_append_printf (user_data, "%c%s ", change, path);
}

static void
assert_list (ArcChangeFeed *feed, guint64 since, gboolean complete, const char *expected)
{
  guint64 now;
  gboolean is_complete;
  g_autoptr (ArcChangeSet) changes = arc_change_feed_list (feed, since, &now, &is_complete);
  g_autoptr (GString) text = g_string_new (NULL);

  arc_change_set_foreach (changes, append, text);
  g_assert_cmpstr (text->str, ==, expected);
  g_assert_cmpint (is_complete, ==, complete);
}

static guint64
get_now (ArcChangeFeed *feed)
{
  guint64 now;
  gboolean complete;
  g_autoptr (ArcChangeSet) changes G_GNUC_UNUSED = arc_change_feed_list (feed, 0, &now, &complete);

  return now;
}

static gboolean
is_complete (ArcChangeFeed *feed, guint64 since)
{
  guint64 now;
  gboolean complete;
  g_autoptr (ArcChangeSet) changes G_GNUC_UNUSED =
      arc_change_feed_list (feed, since, &now, &complete);

  return complete;
}

static void
test_since (void)
{
  g_autoptr (ArcChangeFeed) feed = arc_change_feed_new (7);

  g_assert_cmpuint (get_now (feed), ==, 7);
  assert_list (feed, 7, TRUE, "");
  assert_list (feed, 6, FALSE, "");

  end_build (feed, 8, ARC_BUILD_INCREMENTAL, 0, "A/one M/two D/three", "");
  end_build (feed, 10, ARC_BUILD_INCREMENTAL, 0, "M/one D/two A/three", "");
  g_assert_cmpuint (get_now (feed), ==, 10);
  assert_list (feed, 7, TRUE, "A/one M/three D/two ");
  assert_list (feed, 8, TRUE, "M/one A/three D/two ");
  assert_list (feed, 9, TRUE, "M/one A/three D/two ");
  assert_list (feed, 10, TRUE, "");

  /* A number of the future is of another state directory. */
  assert_list (feed, 11, FALSE, "");
  assert_list (feed, 6, FALSE, "A/one M/three D/two ");
}

static void
test_failures (void)
{
  g_autoptr (ArcChangeFeed) feed = arc_change_feed_new (0);
  g_autoptr (ArcBuild) canceled = arc_build_new (4, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 1);

  end_build (feed, 1, ARC_BUILD_INCREMENTAL, 2, "M/one", "");
  end_build (feed, 2, ARC_BUILD_FULL, 2, "M/one", "");
  end_build (feed, 3, ARC_BUILD_INCREMENTAL, 1, "M/one M/two", "/two");
  /* It was stopped before it took anything. */
  canceled->result = ARC_RESULT_CANCELED;
  arc_change_feed_add (feed, canceled, NULL);

  assert_list (feed, 0, TRUE, "M/one ");
  g_assert_cmpuint (get_now (feed), ==, 4);
}

/* Some of the files that failed are not known by name: any of those that it took may be one. */
static void
test_too_many_failures (void)
{
  g_autoptr (ArcChangeFeed) feed = arc_change_feed_new (0);
  g_autoptr (GString) failed = g_string_new ("/two");

  for (guint i = 0; i < ARC_BUILD_MAX_FAILED_FILES; i++)
    g_string_append (failed, " /two");
  end_build (feed, 1, ARC_BUILD_INCREMENTAL, 1, "M/one M/two", failed->str);

  assert_list (feed, 0, TRUE, "");
}

static void
test_full_builds (void)
{
  for (ArcBuildKind kind = ARC_BUILD_FULL; kind <= ARC_BUILD_CLEAN; kind++)
    {
      g_autoptr (ArcChangeFeed) feed = arc_change_feed_new (0);

      end_build (feed, 1, ARC_BUILD_INCREMENTAL, 0, "M/one", "");
      end_build (feed, 2, kind, 0, "D/two", "");
      end_build (feed, 3, ARC_BUILD_INCREMENTAL, 0, "M/three", "");
      assert_list (feed, 0, FALSE, "M/one M/three D/two ");
      assert_list (feed, 1, FALSE, "M/three D/two ");
      assert_list (feed, 2, TRUE, "M/three ");
    }
}

static void
test_limits (void)
{
  g_autoptr (ArcChangeFeed) feed = arc_change_feed_new (0);
  g_autoptr (ArcChangeSet) rest = NULL;
  g_autofree char *name = g_strnfill (4000, 'x');
  guint64 now;
  gboolean complete;

  for (guint64 id = 1; id <= ARC_CHANGE_FEED_MAX + 5; id++)
    {
      g_autofree char *word = g_strdup_printf ("M/%05u", (guint) id);

      end_build (feed, id, ARC_BUILD_INCREMENTAL, 0, word, "");
    }
  rest = arc_change_feed_list (feed, 0, &now, &complete);
  g_assert_cmpuint (arc_change_set_get_size (rest), ==, ARC_CHANGE_FEED_MAX);
  g_assert_false (is_complete (feed, 4));
  g_assert_true (is_complete (feed, 5));
  g_assert_true (arc_change_set_lookup (rest, "/00006", NULL));

  /* Long paths count for more. */
  for (guint64 id = 20001; id <= 23000; id++)
    {
      g_autofree char *word = g_strdup_printf ("M/%s%05u", name, (guint) id);

      end_build (feed, id, ARC_BUILD_INCREMENTAL, 0, word, "");
    }
  arc_change_set_free (g_steal_pointer (&rest));
  rest = arc_change_feed_list (feed, 0, &now, &complete);
  g_assert_cmpuint (arc_change_set_get_size (rest), >, 2000);
  g_assert_cmpuint (arc_change_set_get_size (rest) * strlen (name), <=, ARC_CHANGE_FEED_MAX_SIZE);
  g_assert_false (is_complete (feed, 20001));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/change-feed/since", test_since);
  g_test_add_func ("/change-feed/failures", test_failures);
  g_test_add_func ("/change-feed/too-many-failures", test_too_many_failures);
  g_test_add_func ("/change-feed/full-builds", test_full_builds);
  g_test_add_func ("/change-feed/limits", test_limits);

  return g_test_run ();
}
