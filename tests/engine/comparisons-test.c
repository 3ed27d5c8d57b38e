/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/comparisons.h"

#include "common/timing.h"
#include "config/config.h"
#include "test-clock.h"
#include "test-util.h"

#include <glib/gstdio.h>

typedef struct
{
  char *tree;
  ArcTestClock *clock;
  ArcWatcher *watcher;
  ArcBuildInputs *inputs;
  ArcComparisons *comparisons;
  guint64 ended;   /* when `ended` was last called */
  guint64 settled; /* the same of the other function */
  ArcCause cause;  /* of a build that starts when a comparison has settled */
  guint64 asked;   /* for that build */
  gboolean asks;   /* for another comparison when one has ended */
} Fixture;

static void
on_inputs (gpointer user_data G_GNUC_UNUSED)
{
}

static void
on_ended (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (arc_comparisons_get_ended (fixture->comparisons), ==, fixture->ended + 1);
  fixture->ended++;
  if (fixture->asks)
    g_assert_cmpuint (arc_comparisons_ask (fixture->comparisons), ==, fixture->ended + 1);
}

static void
on_settled (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->settled++;
  g_assert_cmpuint (fixture->settled, ==, fixture->ended);
  fixture->asked = arc_comparisons_ask_for_build (fixture->comparisons, fixture->cause);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  const char *const none[] = { NULL };
  const char *const include[] = { "*.org", NULL };
  g_autoptr (ArcPathFilter) filter = arc_path_filter_new (include, none);

  fixture->tree = g_build_filename (g_get_user_data_dir (), "tree", NULL);
  g_assert_no_errno (g_mkdir_with_parents (fixture->tree, 0700));
  fixture->clock = arc_test_clock_new ();
  fixture->watcher = arc_watcher_new ((const char *const[]){ fixture->tree, NULL }, filter, FALSE);
  fixture->inputs = arc_build_inputs_new (on_inputs, NULL);
  arc_build_inputs_set_config (fixture->inputs, config);
  fixture->comparisons = arc_comparisons_new (ARC_CLOCK (fixture->clock), fixture->watcher,
                                              fixture->inputs, on_ended, on_settled, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  arc_build_inputs_free (fixture->inputs);
  arc_comparisons_free (fixture->comparisons);
  arc_watcher_stop (fixture->watcher);
  g_object_unref (fixture->watcher);
  g_object_unref (fixture->clock);
  g_free (fixture->tree);
}

static void
wait_for (Fixture *fixture, guint64 number)
{
  arc_test_wait_until (fixture->settled == number);
}

/* All who ask while one is under way share the next one, and those before the start the first. */
static void
test_shared (Fixture *fixture, gconstpointer data)
{
  ArcComparisons *comparisons = fixture->comparisons;

  g_assert_cmpuint (arc_comparisons_get_ended (comparisons), ==, 0);
  g_assert_cmpuint (arc_comparisons_ask (comparisons), ==, 1);
  arc_comparisons_start (comparisons, NULL);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (arc_comparisons_ask (comparisons), ==, 2);
  g_assert_cmpuint (arc_comparisons_get_ended (comparisons), ==, 0);

  wait_for (fixture, 2);
  g_assert_cmpuint (arc_comparisons_get_ended (comparisons), ==, 2);
  g_assert_cmpuint (arc_comparisons_ask (comparisons), ==, 3);
  g_assert_cmpuint (arc_comparisons_ask (comparisons), ==, 4);
  wait_for (fixture, 4);
}

static void
test_found (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->tree, "one.org", NULL);

  arc_comparisons_start (fixture->comparisons, NULL);
  wait_for (fixture, 1);
  g_assert_cmpuint (fixture->comparisons->found, ==, 0);
  g_assert_true (g_file_set_contents (path, "* one", -1, NULL));
  arc_test_wait_until (fixture->comparisons->found == 1);

  arc_comparisons_ask (fixture->comparisons);
  g_assert_cmpuint (fixture->comparisons->found, ==, 0);
  wait_for (fixture, 2);
}

/* What a build begins with. */
static void
test_for_build (Fixture *fixture, gconstpointer data)
{
  ArcComparisons *comparisons = fixture->comparisons;

  fixture->cause = ARC_CAUSE_REQUEST;
  arc_comparisons_start (comparisons, NULL);
  wait_for (fixture, 1);
  /* The one that has just ended, until something else happens. */
  g_assert_cmpuint (fixture->asked, ==, 1);
  g_assert_cmpuint (arc_comparisons_ask_for_build (comparisons, ARC_CAUSE_CHANGE), ==, 2);

  /* The one under way, unless it is for what was saved before the request. */
  g_assert_cmpuint (arc_comparisons_ask_for_build (comparisons, ARC_CAUSE_CHANGE), ==, 2);
  g_assert_cmpuint (arc_comparisons_ask_for_build (comparisons, ARC_CAUSE_RETRY), ==, 2);
  g_assert_cmpuint (arc_comparisons_ask_for_build (comparisons, ARC_CAUSE_REQUEST), ==, 3);
  wait_for (fixture, 3);

  /* Another one has begun meanwhile: the one that has just ended is too old. */
  fixture->asks = TRUE;
  arc_comparisons_ask (comparisons);
  wait_for (fixture, 4);
  g_assert_cmpuint (fixture->asked, ==, 6);
  fixture->asks = FALSE;
  wait_for (fixture, 6);
}

static void
test_interval (Fixture *fixture, gconstpointer data)
{
  ArcComparisons *comparisons = fixture->comparisons;

  comparisons->interval = 10;
  g_assert_cmpint (comparisons->deadline, ==, ARC_NEVER);
  arc_comparisons_start (comparisons, NULL);
  wait_for (fixture, 1);
  g_assert_cmpint (comparisons->deadline, ==, arc_clock_get_time (ARC_CLOCK (fixture->clock)) + 10);

  arc_comparisons_ask (comparisons);
  g_assert_cmpint (comparisons->deadline, ==, ARC_NEVER);
  comparisons->interval = 0;
  wait_for (fixture, 2);
  g_assert_cmpint (comparisons->deadline, ==, ARC_NEVER);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function)                                                                        \
  g_test_add ("/comparisons/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("shared", test_shared);
  ADD ("found", test_found);
  ADD ("for-build", test_for_build);
  ADD ("interval", test_interval);
#undef ADD

  return g_test_run ();
}
