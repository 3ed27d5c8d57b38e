/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Between the start of a build and its process: the list of the build is being written, and the
 * disk is busy. */

#include "engine/build-run.h"

#include "common/error.h"
#include "state/state-dir.h"
#include "test-disk.h"
#include "test-host.h"

#include <glib/gstdio.h>
#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

static char *
get_state_path (ArcTestHost *host, const char *name)
{
  return g_build_filename (host->scratch, "state", name, NULL);
}

static gboolean
is_in_state (ArcTestHost *host, const char *name)
{
  g_autofree char *path = get_state_path (host, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Whether a service that started now would know that the database may lack NAME. */
static gboolean
is_marked (ArcTestHost *host, const char *name)
{
  g_autoptr (ArcStateDir) directory =
      arc_state_dir_new (arc_state_store_get_directory (host->store), NULL);
  g_autoptr (ArcStateContents) contents =
      arc_state_contents_read (directory, host->config->database);

  return arc_snapshot_lookup (contents->snapshot, host->tree, name)->ctime_ns == 0;
}

static void
stop_disk (ArcTestHost *host)
{
  arc_state_store_unlock (host->store);
  arc_test_disk_stop ();
}

/* Until N writes have come since the disk was stopped, and everybody who could go on has. */
static void
wait_for_writes (guint n)
{
  arc_test_wait_until (arc_test_disk_get_n_writes () == n);
  arc_test_dispatch_ready ();
}

/* A host whose build 2, of one.org, has started as far as it can with a disk that is stopped. */
static ArcTestHost *
new_launching_host (void)
{
  ArcTestHost *host = arc_test_host_new_idle ();

  stop_disk (host);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  wait_for_writes (1);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_RUNNING);
  g_assert_cmpuint (arc_test_host_get_status (host).current_build, ==, 2);
  g_assert_cmpint (host->n_started, ==, 2);
  g_assert_false (arc_process_runner_is_running (host->runner));

  return host;
}

/* The next build, ID, does what is left to be done. */
static void
assert_builds (ArcTestHost *host, guint64 id, const char *list)
{
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, id);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, id, list);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

static ArcResult
get_last_result (ArcTestHost *host)
{
  return arc_state_store_get_last_build (host->store)->result;
}

/* The main loop turns meanwhile, and what it learns is for the next build. */
static void
test_main_loop_goes_on (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();
  g_autofree char *states = NULL;

  arc_test_host_touch (host, "two.org");
  g_assert_true (arc_test_host_get_status (host).stoked);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);
  g_assert_false (arc_process_runner_is_running (host->runner));

  arc_test_disk_go_on ();
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M two.org\n");
  states = arc_test_host_take_states (host);
  g_assert_cmpstr (states, ==, "waiting running cooldown waiting running cooldown");
}

/* The logs are on a disk that does not answer: the build waits, and the main loop does not. */
static void
test_log_on_hanging_disk (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *logs = get_state_path (host, "logs");

  arc_test_disk_hang (logs);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
  arc_test_host_touch (host, "two.org");
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);
  g_assert_false (arc_process_runner_is_running (host->runner));

  arc_test_disk_hang (NULL);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");
  g_assert_true (is_in_state (host, "logs/2.log"));
}

/* A next service knows of all that a build may have done. */
static void
test_written_first (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();

  g_assert_false (is_marked (host, "one.org"));
  arc_test_disk_let (1);
  wait_for_writes (2);
  g_assert_true (is_marked (host, "one.org"));
  g_assert_false (arc_process_runner_is_running (host->runner));

  arc_test_disk_let (1);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  arc_test_disk_go_on ();
  arc_test_host_finish_build (host, 0);
}

/* The end of the build before is still being written. */
static void
test_commit_first (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  stop_disk (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_touch (host, "two.org");
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  wait_for_writes (1);
  g_assert_cmpuint (arc_test_host_get_status (host).current_build, ==, 3);

  /* The history, and then the snapshot, which the list of build 2 waits for. */
  arc_test_disk_let (1);
  wait_for_writes (2);
  g_assert_true (is_marked (host, "one.org"));
  arc_test_disk_let (1);
  wait_for_writes (3);
  g_assert_false (is_marked (host, "one.org"));
  g_assert_false (arc_process_runner_is_running (host->runner));

  arc_test_disk_go_on ();
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M two.org\n");
}

static void
test_cancel (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();
  g_autoptr (GError) error = NULL;

  g_assert_true (arc_builder_cancel (host->builder, &error));
  g_assert_cmpint (get_last_result (host), ==, ARC_RESULT_CANCELED);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
  g_assert_cmpuint (arc_test_host_get_status (host).current_build, ==, 0);
  g_assert_false (arc_builder_cancel (host->builder, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_NOT_BUILDING);

  /* It does not begin after all, and nothing is lost. */
  arc_test_disk_go_on ();
  arc_state_store_unlock (host->store);
  arc_test_dispatch_ready ();
  g_assert_false (arc_process_runner_is_running (host->runner));
  g_assert_false (is_in_state (host, "logs/2.log"));
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);
  assert_builds (host, 3, "M one.org\n");
}

/* The next one does not wait for the list of the canceled one. */
static void
test_cancel_and_rebuild (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();

  g_assert_true (arc_builder_cancel (host->builder, NULL));
  arc_test_host_touch (host, "two.org");
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_wait_until (arc_test_host_get_status (host).n_pending == 0);

  /* What is under way for build 2, and the history. */
  arc_test_disk_let (2);
  wait_for_writes (3);
  g_assert_false (arc_process_runner_is_running (host->runner));
  g_assert_cmpuint (arc_test_host_get_status (host).current_build, ==, 3);

  arc_test_disk_go_on ();
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M one.org\nM two.org\n");
}

/* What came late for the one that was canceled is taken for the next one, which may do more. */
static void
test_cancel_and_rebuild_all (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();

  g_assert_true (arc_builder_cancel (host->builder, NULL));
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 3);
  arc_test_wait_until (arc_test_host_get_status (host).n_pending == 0);
  arc_test_disk_go_on ();
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "A one.org\nA sub/three.org\nA two.org\n");
}

static void
test_hold (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();

  /* It has started. */
  arc_builder_set_held (host->builder, ARC_HOLD_INHIBITED, TRUE);
  arc_test_disk_go_on ();
  arc_test_host_finish_build (host, 0);
  g_assert_cmpint (get_last_result (host), ==, ARC_RESULT_SUCCESS);
}

static void
test_stop (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();
  const GPtrArray *history;

  /* Nobody waits for the disk before there is a lock to be let go. */
  arc_builder_stop (host->builder);
  arc_test_wait_until (host->stopped);
  g_assert_cmpint (get_last_result (host), ==, ARC_RESULT_INTERRUPTED);

  arc_test_disk_go_on ();
  arc_state_store_unlock (host->store);
  arc_test_dispatch_ready ();
  g_assert_false (arc_process_runner_is_running (host->runner));

  arc_test_host_restart (host);
  arc_test_host_start (host);
  history = arc_state_store_get_history (host->store);
  g_assert_cmpuint (history->len, ==, 2);
  g_assert_cmpint (get_last_result (host), ==, ARC_RESULT_INTERRUPTED);
  assert_builds (host, 3, "M one.org\n");
}

/* A disk went away. */
static void
test_tree_gone (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();
  g_autofree char *away = g_strconcat (host->tree, ".away", NULL);

  g_assert_no_errno (g_rename (host->tree, away));
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_UNAVAILABLE);
  g_assert_cmpuint (arc_test_host_get_status (host).current_build, ==, 2);
  arc_test_disk_go_on ();
  arc_test_wait_until (host->n_finished == 2);
  g_assert_cmpint (get_last_result (host), ==, ARC_RESULT_SPAWN_FAILED);
  g_assert_nonnull (strstr (arc_state_store_get_last_build (host->store)->message, host->tree));

  g_assert_no_errno (g_rename (away, host->tree));
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  assert_builds (host, 3, "M one.org\n");
}

/* Settings that come meanwhile are for the next build. */
static void
test_other_settings (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();
  g_autofree char *old = g_strdup (host->config->database);
  g_autofree char *database = NULL;
  g_autofree char *next_database = NULL;

  g_free (host->config->database);
  host->config->database = g_build_filename (host->scratch, "data", "other.db", NULL);
  arc_builder_set_config (host->builder, host->config);
  arc_test_disk_go_on ();
  arc_test_host_finish_build (host, 0);
  database = arc_test_host_get_environment (host, 2, "ARCOLOGY_DATABASE");
  g_assert_cmpstr (database, ==, old);
  arc_test_host_assert_list (host, 2, "M one.org\n");
  g_assert_false (arc_test_host_get_status (host).fresh);

  assert_builds (host, 3, "A one.org\nA sub/three.org\nA two.org\n");
  next_database = arc_test_host_get_environment (host, 3, "ARCOLOGY_DATABASE");
  g_assert_cmpstr (next_database, ==, host->config->database);
}

/* What is saved while a slow disk delays the build is not the doing of the build. */
static void
test_no_loop (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_touch (host, "one.org");
  for (guint64 id = 2; id < 10; id++)
    {
      stop_disk (host);
      arc_test_host_advance (host, 180 * SECOND);
      wait_for_writes (1);
      g_assert_cmpuint (arc_test_host_get_status (host).current_build, ==, id);
      arc_test_host_touch (host, "one.org");
      arc_test_disk_go_on ();
      arc_test_host_finish_build (host, 0);
      g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
    }
}

/* It has not begun, so its list has only what was there when it was called. */
static void
test_sync (void)
{
  g_autoptr (ArcTestHost) host = new_launching_host ();
  ArcTestSync served = { 0 }, later = { 0 };

  arc_test_host_sync_compared (host, &served);
  arc_test_host_touch (host, "two.org");
  arc_test_host_sync_compared (host, &later);

  arc_test_disk_go_on ();
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (served.done);
  g_assert_cmpuint (served.build, ==, 2);
  g_assert_cmpint (served.result, ==, ARC_RESULT_SUCCESS);
  g_assert_false (later.done);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (later.done);
  g_assert_cmpuint (later.build, ==, 3);
}

static void
put_in_the_way (char *path)
{
  g_assert_no_errno (g_mkdir (path, 0700));
}

/* The list of a build cannot be written. */
static void
test_no_list (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autoptr (ArcStateDir) directory =
      arc_state_dir_new (arc_state_store_get_directory (host->store), NULL);
  g_autofree char *path = arc_state_dir_get_runtime_file (directory, "changes");
  ArcTestSync reply = { 0 };

  arc_state_store_unlock (host->store);
  g_assert_no_errno (g_unlink (path));
  put_in_the_way (path);
  arc_test_host_write (host, "one.org", "more");
  arc_test_host_sync (host, &reply);
  arc_test_wait_until (reply.done);
  g_assert_cmpuint (reply.build, ==, 2);
  g_assert_cmpint (reply.result, ==, ARC_RESULT_SPAWN_FAILED);
  g_assert_nonnull (strstr (arc_state_store_get_last_build (host->store)->message, path));
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);

  g_assert_no_errno (g_rmdir (path));
  assert_builds (host, 3, "M one.org\n");
}

/* The state directory cannot be written: builds go on, and the next service builds everything. */
static void
test_no_state (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_state_store_unlock (host->store);
  arc_test_disk_fail_rename ("snapshot");
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_DEGRADED);
  g_assert_nonnull (strstr (arc_test_host_get_status (host).health_message, "snapshot"));
  g_assert_false (is_in_state (host, "snapshot"));

  arc_test_disk_fail_rename (NULL);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
}

/* The history cannot be kept, which is logged as soon as it is known, and when it is over. */
static void
test_no_history (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *path = get_state_path (host, "history");

  arc_state_store_unlock (host->store);
  g_assert_no_errno (g_unlink (path));
  put_in_the_way (path);
  assert_builds (host, 2, "");
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_DEGRADED);
  g_assert_nonnull (strstr (arc_test_host_get_status (host).health_message, path));

  g_assert_no_errno (g_rmdir (path));
  arc_builder_compare (host->builder);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/launch/main-loop", test_main_loop_goes_on);
  g_test_add_func ("/launch/log-on-hanging-disk", test_log_on_hanging_disk);
  g_test_add_func ("/launch/written-first", test_written_first);
  g_test_add_func ("/launch/commit-first", test_commit_first);
  g_test_add_func ("/launch/cancel", test_cancel);
  g_test_add_func ("/launch/cancel/rebuild", test_cancel_and_rebuild);
  g_test_add_func ("/launch/cancel/rebuild-all", test_cancel_and_rebuild_all);
  g_test_add_func ("/launch/hold", test_hold);
  g_test_add_func ("/launch/stop", test_stop);
  g_test_add_func ("/launch/tree-gone", test_tree_gone);
  g_test_add_func ("/launch/settings", test_other_settings);
  g_test_add_func ("/launch/no-loop", test_no_loop);
  g_test_add_func ("/launch/sync", test_sync);
  g_test_add_func ("/launch/no-list", test_no_list);
  g_test_add_func ("/launch/no-state", test_no_state);
  g_test_add_func ("/launch/no-history", test_no_history);

  return g_test_run ();
}
