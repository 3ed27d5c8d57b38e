/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine-fixture.h"

#include "test-changes.h"
#include "test-util.h"

#include <glib/gstdio.h>

static void
on_inputs (gpointer user_data)
{
  ArcEngineFixture *fixture = user_data;

  fixture->n_inputs++;
}

static void
on_ended (gpointer user_data)
{
}

static void
on_settled (gpointer user_data)
{
  ArcEngineFixture *fixture = user_data;

  fixture->n_ended++;
}

static void
on_changed (ArcWatcher *watcher, ArcChangeSet *changes, ArcEngineFixture *fixture)
{
  arc_pending_changes_add (fixture->database->pending, changes);
}

static void
on_build_changed (gpointer user_data)
{
}

static void
on_build_ended (const ArcBuild *build, gboolean spawned, gpointer user_data)
{
}

static const ArcBuildRunFuncs run_funcs = { on_build_changed, on_build_changed, on_build_ended };

static void
make_parts (ArcEngineFixture *fixture)
{
  const char *const include[] = { "*.org", NULL };
  const char *const exclude[] = { NULL };
  g_autoptr (ArcPathFilter) filter = arc_path_filter_new (include, exclude);
  g_autofree char *state = g_build_filename (fixture->scratch, "state", NULL);

  fixture->clock = arc_test_clock_new ();
  fixture->runner = arc_process_runner_new ();
  fixture->watcher =
      arc_watcher_new ((const char *const *) fixture->config->directories, filter, FALSE);
  fixture->store = arc_state_store_new (state);
  fixture->database = arc_database_state_new (fixture->watcher, fixture->store, fixture->config,
                                              on_inputs, fixture);
  fixture->comparisons =
      arc_comparisons_new (ARC_CLOCK (fixture->clock), fixture->watcher, fixture->database->inputs,
                           on_ended, on_settled, fixture);
  fixture->availability = arc_tree_availability_new ();
  fixture->run = arc_build_run_new (ARC_CLOCK (fixture->clock), fixture->runner, fixture->store,
                                    fixture->database, fixture->comparisons, fixture->availability,
                                    &run_funcs, fixture);
  fixture->n_inputs = 0;
  fixture->n_ended = 0;
  g_signal_connect (fixture->watcher, "changed", G_CALLBACK (on_changed), fixture);
}

static void
free_parts (ArcEngineFixture *fixture)
{
  arc_watcher_stop (fixture->watcher);
  g_signal_handlers_disconnect_by_data (fixture->watcher, fixture);
  arc_state_store_unlock (fixture->store);
  arc_build_run_free (fixture->run);
  arc_database_state_free (fixture->database);
  arc_comparisons_free (fixture->comparisons);
  arc_tree_availability_free (fixture->availability);
  g_object_unref (fixture->runner);
  g_object_unref (fixture->watcher);
  g_object_unref (fixture->store);
  g_object_unref (fixture->clock);
}

static void
write_note (ArcEngineFixture *fixture, const char *name)
{
  g_autofree char *path = arc_engine_fixture_get_path (fixture, name);
  g_autofree char *text = g_uuid_string_random ();

  /* By a rename: the file is seen once, not empty first. */
  g_assert_true (
      g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

void
arc_engine_fixture_set_up (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autofree char *data_directory = NULL;

  /* What is expected to go wrong is a warning. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  fixture->scratch = g_build_filename (g_get_user_data_dir (), "engine", NULL);
  fixture->tree = g_build_filename (fixture->scratch, "tree", NULL);
  data_directory = g_build_filename (fixture->scratch, "data", NULL);
  g_assert_no_errno (g_mkdir_with_parents (fixture->tree, 0700));
  g_assert_no_errno (g_mkdir_with_parents (data_directory, 0700));
  write_note (fixture, "one.org");
  write_note (fixture, "two.org");

  fixture->config = arc_config_new ();
  g_strfreev (fixture->config->directories);
  g_strfreev (fixture->config->command);
  g_free (fixture->config->database);
  fixture->config->directories = arc_test_make_strv (fixture->tree, NULL);
  fixture->config->command = arc_test_make_strv ("true", NULL);
  fixture->config->database = g_build_filename (data_directory, "notes.db", NULL);
  make_parts (fixture);
}

void
arc_engine_fixture_tear_down (ArcEngineFixture *fixture, gconstpointer data)
{
  free_parts (fixture);
  arc_config_free (fixture->config);
  g_free (fixture->scratch);
  g_free (fixture->tree);
  g_free (fixture->out);
}

void
arc_engine_fixture_restart (ArcEngineFixture *fixture)
{
  free_parts (fixture);
  make_parts (fixture);
}

static void
open_store (ArcEngineFixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  arc_state_store_open_async (fixture->store, fixture->config->database, 0, NULL,
                              arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);
  arc_state_store_open_finish (fixture->store, result, &error);
  g_assert_no_error (error);
}

gboolean
arc_engine_fixture_start (ArcEngineFixture *fixture)
{
  ArcSnapshot *snapshot;
  gboolean loaded;

  open_store (fixture);
  snapshot = arc_database_state_load (fixture->database);
  loaded = snapshot != NULL;
  arc_comparisons_start (fixture->comparisons, snapshot);
  arc_test_wait_until (fixture->n_ended == 1);

  return loaded;
}

void
arc_engine_fixture_compare (ArcEngineFixture *fixture)
{
  const guint64 comparison = arc_comparisons_ask (fixture->comparisons);

  arc_test_wait_until (fixture->n_ended >= comparison);
}

static void
on_looked (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

void
arc_engine_fixture_look (ArcEngineFixture *fixture)
{
  gboolean looked = FALSE;

  arc_build_inputs_look (fixture->database->inputs, on_looked, &looked);
  arc_test_wait_until (looked);
}

char *
arc_engine_fixture_get_path (ArcEngineFixture *fixture, const char *name)
{
  return g_build_filename (fixture->tree, name, NULL);
}

void
arc_engine_fixture_touch (ArcEngineFixture *fixture, const char *name)
{
  const guint64 serial = fixture->database->pending->change_serial;

  write_note (fixture, name);
  arc_test_wait_until (fixture->database->pending->change_serial > serial);
  g_assert_true (arc_engine_fixture_is_pending (fixture, name));
}

void
arc_engine_fixture_set_away (ArcEngineFixture *fixture, gboolean away)
{
  const ArcHealth health = away ? ARC_HEALTH_UNAVAILABLE : ARC_HEALTH_OK;
  g_autofree char *aside = g_strconcat (fixture->tree, ".away", NULL);

  g_assert_no_errno (away ? g_rename (fixture->tree, aside) : g_rename (aside, fixture->tree));
  arc_test_wait_until (arc_watcher_get_health (fixture->watcher) == health);
}

void
arc_engine_fixture_write_database (ArcEngineFixture *fixture, const char *text)
{
  g_assert_true (g_file_set_contents (fixture->config->database, text, -1, NULL));
  arc_engine_fixture_look (fixture);
}

ArcBuild *
arc_engine_fixture_take (ArcEngineFixture *fixture, guint64 id, ArcBuildKind kind)
{
  ArcBuild *build = arc_build_new (id, kind, ARC_CAUSE_CHANGE, 0);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  ArcBuildFiles files;

  arc_database_state_take_async (fixture->database, build, NULL, arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);
  arc_database_state_take_finish (result, &files, &error);
  g_assert_no_error (error);
  g_free (fixture->out);
  fixture->out = arc_test_read_list (files.changes, fixture->tree);
  arc_build_files_clear (&files);

  return build;
}

gboolean
arc_engine_fixture_is_pending (ArcEngineFixture *fixture, const char *name)
{
  g_autofree char *path = arc_engine_fixture_get_path (fixture, name);

  return arc_change_set_lookup (fixture->database->pending->pending, path, NULL);
}
