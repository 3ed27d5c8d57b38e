/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/builder.h"

#include "common/error.h"
#include "config/config-file.h"
#include "engine/config-survey.h"
#include "engine/loop-guard.h"
#include "run/process-group.h"
#include "settings-reload.h"
#include "test-disk.h"
#include "test-host.h"
#include "watch/directory-reader.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND    ((gint64) G_USEC_PER_SEC)
#define ALL_NOTES "A one.org\nA sub/three.org\nA two.org\n"

/* A service that stops, and another that starts where it was, with OnStart=changed. */
static void
restart (ArcTestHost *host)
{
  host->config->on_start = ARC_ON_START_CHANGED;
  arc_test_host_restart (host);
  g_free (arc_test_host_take_states (host));
}

static void
test_builds_at_start (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new ();
  g_autofree char *states = NULL;
  g_autofree char *kind = NULL;
  ArcStatus status;

  host->config->on_start = ARC_ON_START_ALWAYS;
  arc_builder_set_config (host->builder, host->config);
  status = arc_test_host_get_status (host);
  g_assert_false (status.fresh);

  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);

  status = arc_test_host_get_status (host);
  g_assert_cmpint (status.state, ==, ARC_STATE_COOLDOWN);
  g_assert_true (status.fresh);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->cause, ==, ARC_CAUSE_START);
  arc_test_host_assert_list (host, 1, ALL_NOTES);
  kind = arc_test_host_get_environment (host, 1, "ARCOLOGY_BUILD_KIND");
  g_assert_cmpstr (kind, ==, "full");

  arc_test_host_advance (host, 180 * SECOND);
  states = arc_test_host_take_states (host);
  g_assert_cmpstr (states, ==, "idle running cooldown idle");
}

static void
test_three_saves_are_one_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *states = NULL;
  g_autofree char *kind = NULL;

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 3 * SECOND);
  arc_test_host_touch (host, "new.org");
  arc_test_host_advance (host, 3 * SECOND);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND - 1);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_WAITING);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 2);
  g_assert_false (arc_test_host_get_status (host).fresh);
  arc_test_host_advance (host, 1);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
  arc_test_host_advance (host, 180 * SECOND);

  states = arc_test_host_take_states (host);
  g_assert_cmpstr (states, ==, "waiting running cooldown idle");
  arc_test_host_assert_list (host, 2, "A new.org\nM one.org\n");
  kind = arc_test_host_get_environment (host, 2, "ARCOLOGY_BUILD_KIND");
  g_assert_cmpstr (kind, ==, "incremental");
  g_assert_true (arc_test_host_get_status (host).fresh);
}

static void
test_touch_while_running (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *states = NULL;

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_end_build (host, 0); /* it has begun, so it has taken its changes */
  arc_test_host_touch (host, "two.org");
  arc_test_wait_until (host->n_finished == 2);

  g_assert_true (arc_test_host_get_status (host).stoked);
  g_assert_false (arc_test_host_get_status (host).fresh);
  arc_test_host_assert_list (host, 2, "M one.org\n");

  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M two.org\n");
  arc_test_host_advance (host, 180 * SECOND);
  states = arc_test_host_take_states (host);
  g_assert_cmpstr (states, ==, "waiting running cooldown waiting running cooldown idle");
}

/* A save that is a deletion and a creation: what counts is what is there when the build starts. */
static void
test_half_of_a_replace (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  const guint64 serial = arc_test_host_get_status (host).change_serial;

  arc_test_host_remove (host, "one.org");
  arc_test_wait_until (arc_test_host_get_status (host).change_serial > serial);
  arc_test_host_advance (host, 5 * SECOND - 1);
  arc_test_host_write (host, "one.org", "other half");
  arc_test_clock_advance (host->clock, 1);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");
}

static void
test_rebuild_in_each_state (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  /* idle */
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_RUNNING);

  /* running: one more, however often it is asked for, and at once */
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 3);
  arc_test_host_finish_build (host, 0);
  g_assert_cmpuint (arc_test_host_get_status (host).current_build, ==, 3);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "");
  arc_test_host_assert_list (host, 3, ALL_NOTES);

  /* cooldown */
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
  arc_test_host_rebuild (host, ARC_BUILD_CLEAN, 4);
  arc_test_host_finish_build (host, 0);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->kind, ==, ARC_BUILD_CLEAN);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->cause, ==, ARC_CAUSE_REQUEST);

  /* waiting */
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_touch (host, "one.org");
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_WAITING);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 5);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 5, "M one.org\n");
  g_assert_cmpuint (host->n_started, ==, 5);
}

static void
test_failure_is_retried (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcStatus status;

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 1);

  status = arc_test_host_get_status (host);
  g_assert_cmpint (status.state, ==, ARC_STATE_COOLDOWN);
  g_assert_true (status.stoked);
  g_assert_false (status.fresh);
  g_assert_cmpuint (status.n_pending, ==, 1);
  g_assert_cmpuint (status.consecutive_failures, ==, 1);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->result, ==, ARC_RESULT_FAILED);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->exit_status, ==, 1);

  arc_test_host_advance (host, 180 * SECOND);
  status = arc_test_host_get_status (host);
  g_assert_cmpint (status.state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (status.reason, ==, ARC_REASON_RETRY);
  g_assert_cmpint (status.next_build, ==,
                   arc_clock_get_real_time (ARC_CLOCK (host->clock)) + 420 * SECOND);

  arc_test_host_advance (host, 420 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M one.org\n");
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->cause, ==, ARC_CAUSE_RETRY);
  g_assert_true (arc_test_host_get_status (host).fresh);
  g_assert_cmpuint (arc_test_host_get_status (host).consecutive_failures, ==, 0);
}

/* What was in the failed build and what came while it ran are built together. */
static void
test_failure_and_touch (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_end_build (host, 3);
  arc_test_host_touch (host, "two.org");
  arc_test_wait_until (host->n_finished == 2);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M one.org\nM two.org\n");
}

/* A full build that failed is owed as a full build. */
static void
test_failed_full_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_rebuild (host, ARC_BUILD_FULL, 2);
  arc_test_host_finish_build (host, 1);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, ALL_NOTES);
}

static void
test_missing_database (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  g_assert_no_errno (g_unlink (host->config->database));
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, ALL_NOTES);
}

/* A build script that finds that the database lacks what an incremental build needs says so with
 * EX_DATAERR. */
static void
test_asks_for_full_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  /* At once, and once. */
  arc_test_host_finish_build (host, 65);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 65);
  arc_test_host_assert_list (host, 3, ALL_NOTES);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->cause, ==, ARC_CAUSE_CHANGE);
}

static void
test_asks_while_paused (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_set_paused (host, TRUE);
  arc_test_host_finish_build (host, 65);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
  arc_test_host_set_paused (host, FALSE);
  arc_test_host_advance (host, 600 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, ALL_NOTES);
}

/* The full build answers. */
static void
test_sync_asks_for_full_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync sync = { 0 };

  arc_test_host_touch (host, "one.org");
  arc_test_host_sync (host, &sync);
  arc_test_host_finish_build (host, 65);
  g_assert_false (sync.done);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (sync.done);
  g_assert_no_error (sync.error);
  g_assert_cmpuint (sync.build, ==, 3);
  g_assert_cmpint (sync.result, ==, ARC_RESULT_SUCCESS);
}

static void
test_cancel (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autoptr (GError) error = NULL;

  g_assert_false (arc_builder_cancel (host->builder, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_NOT_BUILDING);
  g_clear_error (&error);

  /* Before it has begun. */
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  g_assert_true (arc_builder_cancel (host->builder, &error));
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->result, ==, ARC_RESULT_CANCELED);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);

  /* While it runs. */
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  g_assert_true (arc_builder_cancel (host->builder, &error));
  arc_test_wait_until (host->n_finished == 3);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->result, ==, ARC_RESULT_CANCELED);

  /* Nothing is lost, and nothing starts by itself. */
  arc_test_host_advance (host, 10000 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_WAITING);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);
  arc_test_host_touch (host, "two.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 4, "M one.org\nM two.org\n");
}

static void
test_pause (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_set_paused (host, TRUE);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 1000 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_PAUSED);

  /* It outlives a restart. */
  arc_test_host_restart (host);
  arc_test_host_start (host);
  g_assert_true (arc_test_host_get_status (host).holds & ARC_HOLD_PAUSED);

  /* A request gets a build. */
  arc_test_host_touch (host, "two.org");
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_host_finish_build (host, 0);
  arc_test_host_touch (host, "two.org");
  arc_test_host_advance (host, 1000 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_WAITING);

  /* What was due meanwhile starts at once. */
  arc_test_host_set_paused (host, FALSE);
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
}

static void
resume_and_build_all (ArcTestHost *host)
{
  arc_test_host_set_paused (host, FALSE);
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, ALL_NOTES);
}

static void
assert_paused (ArcTestHost *host, gboolean paused)
{
  g_assert_cmpint ((arc_test_host_get_status (host).holds & ARC_HOLD_PAUSED) != 0, ==, paused);
}

/* A call of arc_builder_set_paused_async(). */
typedef struct
{
  ArcTestHost *host;
  gboolean paused;
  gboolean done;
} Pause;

/* What the call asks for is in force when it is answered. */
static void
on_paused (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pause *pause = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (arc_builder_set_paused_finish (ARC_BUILDER (source), result, &error));
  g_assert_no_error (error);
  assert_paused (pause->host, pause->paused);
  pause->done = TRUE;
}

/* Calls that overlap take effect in their order, each when it is written, and not before. */
static void
test_pause_in_order (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  Pause pauses[] = { { host, TRUE, FALSE }, { host, FALSE, FALSE }, { host, TRUE, FALSE } };

  arc_state_store_unlock (host->store);
  arc_test_disk_stop ();
  arc_state_store_add_build (host->store, arc_build_new (2, ARC_BUILD_FULL, ARC_CAUSE_REQUEST, 1));
  for (guint i = 0; i < G_N_ELEMENTS (pauses); i++)
    arc_builder_set_paused_async (host->builder, pauses[i].paused, on_paused, &pauses[i]);
  arc_test_wait_until (arc_test_disk_get_n_writes () == 1);
  arc_test_host_touch (host, "one.org");
  g_assert_false (pauses[0].done);
  assert_paused (host, FALSE);
  arc_test_host_advance (host, 5 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_RUNNING);

  arc_test_disk_go_on ();
  arc_test_wait_until (pauses[2].done);
  g_assert_true (pauses[0].done);
  g_assert_true (pauses[1].done);
  arc_test_host_finish_build (host, 0);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 1000 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_PAUSED);
}

/* Where it cannot be written, all is as before. */
static void
test_pause_fails (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  const char *directory = arc_state_store_get_directory (host->store);
  g_autofree char *path = g_build_filename (directory, "paused", NULL);
  g_autofree char *in_the_way = g_build_filename (path, "in-the-way", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  arc_test_host_set_paused (host, TRUE);
  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (g_mkdir_with_parents (in_the_way, 0700));
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_builder_set_paused_async (host->builder, FALSE, arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);
  g_assert_false (arc_builder_set_paused_finish (host->builder, result, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY);
  assert_paused (host, TRUE);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_WAITING);
}

/* It is still paused after the next login. */
static void
test_pause_holds_the_start (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_set_paused (host, TRUE);
  host->config->on_start = ARC_ON_START_ALWAYS;
  arc_test_host_restart (host);
  arc_test_host_start (host);
  arc_test_host_advance (host, 1000 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_PAUSED);

  resume_and_build_all (host);
}

/* It may have been about to start, had the tree been there. */
static void
test_pause_holds_a_late_start (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *away = g_strconcat (host->tree, ".away", NULL);

  host->config->on_start = ARC_ON_START_ALWAYS;
  arc_test_host_restart (host);
  g_assert_no_errno (g_rename (host->tree, away));
  arc_test_host_start (host);
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_UNAVAILABLE);
  arc_test_host_set_paused (host, TRUE);
  g_assert_no_errno (g_rename (away, host->tree));
  arc_test_wait_until (arc_test_host_get_status (host).reason != ARC_REASON_UNAVAILABLE);
  arc_test_host_advance (host, 1000 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_PAUSED);

  resume_and_build_all (host);
}

static void
test_stop_ends_the_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autoptr (GError) error = NULL;
  guint64 build;

  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  arc_builder_stop (host->builder);
  arc_test_wait_until (host->stopped);
  g_assert_false (arc_process_runner_is_running (host->runner));
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->result, ==,
                   ARC_RESULT_INTERRUPTED);

  g_assert_false (arc_builder_rebuild (host->builder, ARC_BUILD_FULL, &build, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_SHUTTING_DOWN);
  arc_test_host_advance (host, 10000 * SECOND);
  g_assert_cmpuint (host->n_started, ==, 2);
}

static void
test_failed_files (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *say = g_build_filename (host->out, "say", NULL);
  g_autofree char *path = arc_test_host_get_path (host, "one.org");
  g_autofree char *text =
      g_strdup_printf ("hello\narcology: progress 1 2\narcology: failed %s: no title\n", path);
  const ArcBuild *build;

  g_assert_true (g_file_set_contents (say, text, -1, NULL));
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_wait_until (arc_test_host_get_status (host).progress_total == 2);
  g_assert_cmpuint (arc_test_host_get_status (host).progress_done, ==, 1);
  arc_test_host_finish_build (host, 1);

  build = arc_state_store_get_last_build (host->store);
  g_assert_cmpuint (build->failed_files->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (build->failed_files, 0), ==, path);
  g_assert_cmpuint (arc_test_host_get_status (host).progress_total, ==, 0);
}

/* What the build says: that NAME (nullable) failed. */
static void
say_failed (ArcTestHost *host, const char *name)
{
  g_autofree char *say = g_build_filename (host->out, "say", NULL);
  g_autofree char *path = name != NULL ? arc_test_host_get_path (host, name) : NULL;
  g_autofree char *text = g_strdup_printf ("arcology: failed %s: no title\n", path);

  g_assert_true (g_file_set_contents (say, name != NULL ? text : "", -1, NULL));
}

/* One note cannot be built, the others are: only that one stays to be done. */
static void
test_failed_file_stays (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcStatus status;
  ArcChange change;
  g_autofree char *path = arc_test_host_get_path (host, "one.org");

  say_failed (host, "one.org");
  arc_test_host_touch (host, "one.org");
  arc_test_host_touch (host, "two.org");
  arc_test_host_touch (host, "new.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  arc_test_host_touch (host, "sub/three.org");
  arc_test_host_finish_build (host, 1);

  status = arc_test_host_get_status (host);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->result, ==, ARC_RESULT_FAILED);
  g_assert_nonnull (strstr (arc_state_store_get_last_build (host->store)->message, path));
  g_assert_cmpuint (status.consecutive_failures, ==, 1);
  g_assert_cmpuint (status.n_pending, ==, 2);
  g_assert_true (arc_change_set_lookup (arc_builder_get_pending (host->builder), path, &change));
  g_assert_cmpint (change, ==, ARC_CHANGE_MODIFIED);
  g_assert_false (status.fresh);

  /* What came meanwhile takes it along. */
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 1);
  arc_test_host_assert_list (host, 3, "M one.org\nM sub/three.org\n");
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);

  /* It alone is tried again, later and later, and no more than RetryLimit has it. */
  for (guint i = 0; i < 2; i++)
    {
      arc_test_host_advance (host, (1200 << i) * SECOND - 1);
      g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_RETRY);
      arc_test_host_advance (host, 1);
      arc_test_host_finish_build (host, 1);
      arc_test_host_assert_list (host, 4 + i, "M one.org\n");
    }
  arc_test_host_advance (host, 100000 * SECOND);
  g_assert_cmpuint (host->n_started, ==, 5);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);

  /* A build of another file tries it again, but only once. */
  for (guint i = 0; i < 3; i++)
    {
      arc_test_host_touch (host, "two.org");
      arc_test_host_advance (host, 5 * SECOND);
      arc_test_host_finish_build (host, 1);
      arc_test_host_assert_list (host, 6 + i, "M one.org\nM two.org\n");
      arc_test_host_advance (host, 100000 * SECOND);
      g_assert_cmpuint (host->n_started, ==, 6 + i);
    }
  status = arc_test_host_get_status (host);
  g_assert_cmpuint (status.n_pending, ==, 1);
  g_assert_false (status.fresh);

  /* After a change of its own it has all its tries again. */
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 1);
  arc_test_host_advance (host, 600 * SECOND);
  arc_test_host_finish_build (host, 1);
  arc_test_host_assert_list (host, 10, "M one.org\n");

  /* A change of another file mends it. */
  say_failed (host, NULL);
  arc_test_host_touch (host, "two.org");
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 11, "M one.org\nM two.org\n");
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* What the build says of the note NAME: a place after it, and why. */
static char *
problem (ArcTestHost *host, const char *name, const char *place, const char *why)
{
  g_autofree char *path = arc_test_host_get_path (host, name);

  return g_strdup_printf ("arcology: problem %s%s: %s\n", path, place, why);
}

/* What the builds say from now on. */
static void
say (ArcTestHost *host, const char *text)
{
  g_autofree char *path = g_build_filename (host->out, "say", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
say_three_problems (ArcTestHost *host)
{
  g_autofree char *other = arc_test_host_get_path (host, "two.org");
  g_autofree char *place = g_strconcat (":12:", other, NULL);
  g_autofree char *one = problem (host, "sub/three.org", place, "duplicate ID x");
  g_autofree char *two = problem (host, "one.org", ":3", "no title");
  g_autofree char *three = problem (host, "one.org", "", "a quote is missing");
  g_autofree char *text = g_strconcat (one, two, three, NULL);

  say (host, text);
}

static void
assert_problem (ArcTestHost *host,
                guint index,
                const char *name,
                guint line,
                const char *what,
                const char *other)
{
  const ArcProblem *each = arc_state_store_get_note_problems (host->store)->kept->pdata[index];
  g_autofree char *path = arc_test_host_get_path (host, name);
  g_autofree char *other_path = arc_test_host_get_path (host, other);

  g_assert_cmpstr (each->path, ==, path);
  g_assert_cmpuint (each->line, ==, line);
  g_assert_cmpstr (each->what, ==, what);
  g_assert_cmpstr (each->other, ==, *other != '\0' ? other_path : "");
}

static void
assert_three_problems (ArcTestHost *host)
{
  g_assert_cmpuint (arc_test_host_get_status (host).n_problems, ==, 3);
  assert_problem (host, 0, "one.org", 0, "a quote is missing", "");
  assert_problem (host, 1, "one.org", 3, "no title", "");
  assert_problem (host, 2, "sub/three.org", 12, "duplicate ID x", "two.org");
}

/* While three notes have problems, a save of another note costs one build, which succeeds: there
 * are no retries, and nothing is pending. */
static void
test_problems_are_no_failure (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync sync = { 0 };
  ArcStatus status;

  say_three_problems (host);
  for (guint i = 0; i < 5; i++)
    {
      arc_test_host_touch (host, "two.org");
      arc_test_host_advance (host, 5 * SECOND);
      arc_test_host_finish_build (host, 0);
      arc_test_host_assert_list (host, 2 + i, "M two.org\n");
      g_assert_cmpuint (host->n_started, ==, 2 + i);

      status = arc_test_host_get_status (host);
      g_assert_true (status.fresh);
      g_assert_cmpuint (status.n_pending, ==, 0);
      g_assert_cmpuint (status.consecutive_failures, ==, 0);
      assert_three_problems (host);

      /* Longer than all retries together. */
      arc_test_host_advance (host, 100000 * SECOND);
      g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_IDLE);
      g_assert_cmpuint (host->n_started, ==, 2 + i);
    }

  g_assert_cmpint (arc_state_store_get_last_build (host->store)->result, ==, ARC_RESULT_SUCCESS);
  g_assert_cmpuint (arc_state_store_get_last_build (host->store)->n_problems, ==, 3);
  g_assert_null (arc_state_store_get_last_build (host->store)->message);
  arc_test_host_sync (host, &sync);
  arc_test_wait_until (sync.done);
  g_assert_no_error (sync.error);
  g_assert_cmpint (sync.result, ==, ARC_RESULT_SUCCESS);
  g_assert_cmpuint (host->n_started, ==, 6);
}

/* A build that succeeds, also but for some files, has named all problems; one that fails as a whole
 * says nothing of them. */
static void
test_problems_are_replaced (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *one = problem (host, "one.org", ":4", "no title");
  g_autofree char *path = arc_test_host_get_path (host, "two.org");
  g_autofree char *partial = g_strdup_printf ("%sarcology: failed %s: locked\n", one, path);
  static const int failures[] = { 1, 65, 69 };

  say_three_problems (host);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_host_finish_build (host, 0);
  assert_three_problems (host);
  g_assert_cmpuint (arc_state_store_get_last_build (host->store)->n_new_problems, ==, 3);

  say (host, one);
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    {
      arc_test_host_rebuild (host, ARC_BUILD_FULL, 3 + i);
      arc_test_host_finish_build (host, failures[i]);
      assert_three_problems (host);
      g_assert_cmpuint (arc_state_store_get_last_build (host->store)->n_problems, ==, 1);
    }
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 6);
  arc_test_host_end_build (host, 0);
  g_assert_true (arc_builder_cancel (host->builder, NULL));
  arc_test_wait_until (host->n_finished == 6);
  assert_three_problems (host);

  /* It moved to another line: that is no new one. */
  say (host, partial);
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 7);
  arc_test_host_finish_build (host, 1);
  g_assert_cmpuint (arc_test_host_get_status (host).n_problems, ==, 1);
  assert_problem (host, 0, "one.org", 4, "no title", "");
  g_assert_cmpuint (arc_state_store_get_last_build (host->store)->n_new_problems, ==, 0);

  say (host, "");
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 8);
  arc_test_host_finish_build (host, 0);
  g_assert_cmpuint (arc_test_host_get_status (host).n_problems, ==, 0);
}

static void
test_problems_are_remembered (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  say_three_problems (host);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_host_finish_build (host, 0);
  for (guint i = 0; i < 2; i++)
    {
      restart (host);
      arc_test_host_start (host);
      g_assert_true (arc_test_host_get_status (host).fresh);
      assert_three_problems (host);
      g_assert_cmpuint (arc_state_store_get_last_build (host->store)->n_problems, ==, 3);
    }

  say (host, "");
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_host_finish_build (host, 0);
  restart (host);
  arc_test_host_start (host);
  g_assert_cmpuint (arc_test_host_get_status (host).n_problems, ==, 0);
}

static void
assert_message (ArcTestHost *host, int exit_status, const char *text, const char *expected)
{
  const guint n = host->n_started;

  say (host, text);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, n + 1);
  arc_test_host_finish_build (host, exit_status);
  g_assert_cmpstr (arc_state_store_get_last_build (host->store)->message, ==, expected);
}

/* The message of a build is its own reason, if it gives one. */
static void
test_message (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *one = arc_test_host_get_path (host, "one.org");
  g_autofree char *two = arc_test_host_get_path (host, "two.org");
  g_autofree char *failed_one = g_strdup_printf ("arcology: failed %s: gpg: locked\n", one);
  g_autofree char *failed_two =
      g_strdup_printf ("%sarcology: failed %s: Input/output error\n", failed_one, two);
  g_autofree char *partial = g_strdup_printf ("1 file failed: %s: gpg: locked", one);
  g_autofree char *partial_two =
      g_strdup_printf ("2 files failed: %s: gpg: locked, and 1 more", one);
  g_autofree char *other_end =
      g_strdup_printf ("exit status 70. 1 file failed: %s: gpg: locked", one);
  g_autofree char *both = g_strconcat (failed_one, "arcology: error: no space left\n", NULL);

  assert_message (host, 69, "", "exit status 69");
  assert_message (host, 255, "Loading x...\nemacs: Cannot open load file: y.\n  load()\n \t\n\n",
                  "exit status 255: emacs: Cannot open load file: y");
  /* Not words of a build before it, nor of the protocol. */
  assert_message (host, 3, "arcology: phase preparing Emacs\narcology: progress 0 3\n",
                  "exit status 3");
  assert_message (host, 69, "noise\narcology: error: org-roam is not installed\n",
                  "org-roam is not installed");
  assert_message (host, 1, "arcology: error: first\nnoise\narcology: error: last\n", "last");
  arc_test_host_touch (host, "one.org");
  arc_test_host_touch (host, "two.org");
  assert_message (host, 1, failed_one, partial);
  arc_test_host_touch (host, "two.org");
  assert_message (host, 1, failed_two, partial_two);
  assert_message (host, 70, failed_one, other_end);
  assert_message (host, 69, both, "no space left");
  assert_message (host, 0, "arcology: error: not so bad\n", NULL);
}

/* A full build that some files failed in is not owed again, nor is it after a restart. */
static void
test_failed_file_of_full_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *kind = NULL;

  say_failed (host, "one.org");
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 2);
  arc_test_host_finish_build (host, 1);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);
  g_assert_false (arc_test_host_get_status (host).fresh);

  restart (host);
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 1);
  arc_test_host_assert_list (host, 3, "M one.org\n");
  kind = arc_test_host_get_environment (host, 3, "ARCOLOGY_BUILD_KIND");
  g_assert_cmpstr (kind, ==, "incremental");

  /* The very first one, too, and if the file goes instead of being mended. */
  arc_test_host_remove (host, "one.org");
  restart (host);
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 4, "D one.org\n");
  g_assert_true (arc_test_host_get_status (host).fresh);
  restart (host);
  arc_test_host_start (host);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* Any other end says nothing of the files that were not reported. */
static void
test_failed_file_and_more (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  say_failed (host, "one.org");
  arc_test_host_touch (host, "one.org");
  arc_test_host_touch (host, "two.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 2);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 2);

  /* Nor does a file that was not in the list. */
  say_failed (host, "sub/three.org");
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_host_finish_build (host, 1);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 2);
  restart (host);
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 4, "M one.org\nM two.org\n");
}

/* What the build says: that it did not find NAME (nullable). */
static void
say_gone (ArcTestHost *host, const char *name)
{
  g_autofree char *path = name != NULL ? arc_test_host_get_path (host, name) : NULL;
  g_autofree char *text = g_strdup_printf ("arcology: gone %s\n", path);

  say (host, name != NULL ? text : "");
}

/* A note is moved away when a build wants to read it, and back, and no monitor notices: on the disk
 * all is as it was when the build began. */
static void
test_gone_while_read (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  const ArcBuild *build;
  ArcStatus status;

  say_gone (host, "one.org");
  arc_test_host_touch (host, "one.org");
  arc_test_host_touch (host, "two.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);

  /* The build succeeded, and one note of it is pending again. */
  build = arc_state_store_get_last_build (host->store);
  status = arc_test_host_get_status (host);
  g_assert_cmpint (build->result, ==, ARC_RESULT_SUCCESS);
  g_assert_cmpuint (build->failed_files->len, ==, 0);
  g_assert_cmpuint (status.n_pending, ==, 1);
  g_assert_true (status.stoked);
  g_assert_false (status.fresh);
  g_assert_cmpint (status.last_touch, >=, build->started);

  /* Even over a restart. */
  say_gone (host, NULL);
  restart (host);
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M one.org\n");
  g_assert_true (arc_test_host_get_status (host).fresh);
  arc_test_host_advance (host, 180 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_IDLE);
}

/* A build of everything misses what is in no change. */
static void
test_gone_in_full_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  say_gone (host, "sub/three.org");
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 2);
  arc_test_host_finish_build (host, 0);
  say_gone (host, NULL);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M sub/three.org\n");
}

/* It stays away: that is emitted as a deletion, once, and then there is nothing to miss. */
static void
test_gone_for_good (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  say_gone (host, "one.org");
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (arc_test_host_get_status (host).stoked);
  arc_test_host_remove (host, "one.org");
  arc_test_host_finish_build (host, 0);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "D one.org\n");
  arc_test_host_advance (host, 1000 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_IDLE);
  g_assert_true (arc_test_host_get_status (host).fresh);

  /* Nor can a build miss what is not on its list. */
  say_gone (host, "sub/three.org");
  arc_test_host_touch (host, "two.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 0);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* A build that never finds a note that is there is no reason to build without end. */
static void
test_gone_always (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  say_gone (host, "one.org");
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  for (guint i = 0; i <= ARC_LOOP_GUARD_PATIENCE; i++)
    {
      arc_test_host_finish_build (host, 0);
      arc_test_host_assert_list (host, 2 + i, "M one.org\n");
      g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
      arc_test_host_advance (host, 180 * SECOND);
    }

  arc_test_host_finish_build (host, 0);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_DEGRADED);
  g_assert_nonnull (strstr (arc_test_host_get_status (host).health_message, "one.org"));
  arc_test_host_advance (host, 180 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
}

static void
test_command_not_found (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  const ArcBuild *build;

  g_strfreev (host->config->command);
  host->config->command = arc_test_make_strv ("arcology-no-such-command", NULL);
  arc_builder_set_config (host->builder, host->config);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_wait_until (host->n_finished == 2);

  build = arc_state_store_get_last_build (host->store);
  g_assert_cmpint (build->result, ==, ARC_RESULT_SPAWN_FAILED);
  g_assert_nonnull (strstr (build->message, "arcology-no-such-command"));
  g_assert_true (arc_test_host_get_status (host).stoked);
}

/* A build that started with only N file descriptors free has ended, or runs. */
static gboolean
starve (ArcTestHost *host, guint n)
{
  const guint n_finished = host->n_finished;

  arc_test_host_touch (host, "one.org");
  arc_state_store_unlock (host->store);
  arc_test_limit_files (n);
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (arc_process_runner_is_running (host->runner) ||
                       host->n_finished > n_finished);
  arc_test_limit_files (G_MAXUINT);

  return !arc_process_runner_is_running (host->runner);
}

/* There are no file descriptors for some part of what a build takes: each time another part. */
static void
test_no_files (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  guint n = 0;

  for (; starve (host, n); n++)
    {
      const ArcBuild *build = arc_state_store_get_last_build (host->store);
      const guint64 next = build->id + 1;

      g_test_message ("%u: %s", n, build->message);
      g_assert_cmpint (build->result, ==, ARC_RESULT_SPAWN_FAILED);
      g_assert_nonnull (strstr (build->message, "Too many open files"));
      g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 1);

      /* The try after it has all that it wants. */
      arc_test_wait_until (arc_test_host_get_status (host).health != ARC_HEALTH_UNAVAILABLE);
      arc_test_host_advance (host, 180 * SECOND);
      if (n > 0)
        g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_RETRY);
      arc_test_host_advance (host, 420 * SECOND);
      arc_test_host_finish_build (host, 0);
      arc_test_host_assert_list (host, next, "M one.org\n");
      arc_test_host_advance (host, 180 * SECOND);
      g_assert_true (arc_test_host_get_status (host).fresh);
      arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
    }

  g_assert_cmpuint (n, >, 2);
  arc_test_host_finish_build (host, 0);
}

static void
test_environment (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new ();
  g_autofree char *directory = NULL;
  g_autofree char *directories = NULL;
  g_autofree char *database = NULL;
  g_autofree char *id = NULL;

  g_setenv ("NOTIFY_SOCKET", "/nowhere", TRUE);
  arc_test_host_start (host);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 1);
  arc_test_host_finish_build (host, 0);
  g_unsetenv ("NOTIFY_SOCKET");

  directory = arc_test_host_get_environment (host, 1, "ARCOLOGY_DIRECTORY");
  directories = arc_test_host_get_environment (host, 1, "ARCOLOGY_DIRECTORIES");
  database = arc_test_host_get_environment (host, 1, "ARCOLOGY_DATABASE");
  id = arc_test_host_get_environment (host, 1, "ARCOLOGY_BUILD_ID");
  g_assert_cmpstr (directory, ==, host->tree);
  g_assert_cmpstr (directories, ==, host->tree);
  g_assert_cmpstr (database, ==, host->config->database);
  g_assert_cmpstr (id, ==, "1");
  g_assert_null (arc_test_host_get_environment (host, 1, "NOTIFY_SOCKET"));
}

static void
on_rescanned (ArcBuilder *builder, guint64 comparison, guint64 changes, guint64 *found)
{
  *found = changes;
}

/* Without its monitors the watcher is deaf; the periodic comparison finds what it missed. */
static void
test_rescan (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  guint64 found = G_MAXUINT64;
  const guint64 rescans = arc_test_host_get_status (host).rescans;

  g_signal_connect (host->builder, "rescanned", G_CALLBACK (on_rescanned), &found);

  arc_builder_compare (host->builder);
  arc_test_wait_until (found != G_MAXUINT64);
  g_assert_cmpuint (found, ==, 0);
  g_assert_cmpuint (arc_test_host_get_status (host).rescans, ==, rescans + 1);

  host->config->rescan_interval = 900 * SECOND;
  arc_builder_set_config (host->builder, host->config);
  arc_builder_compare (host->builder);
  arc_test_wait_until (arc_test_host_get_status (host).rescans == rescans + 2);
  arc_test_host_advance (host, 900 * SECOND - 1);
  arc_test_dispatch_ready ();
  g_assert_cmpuint (arc_test_host_get_status (host).rescans, ==, rescans + 2);
  arc_test_host_advance (host, 1);
  arc_test_wait_until (arc_test_host_get_status (host).rescans == rescans + 3);
  g_signal_handlers_disconnect_by_data (host->builder, &found);
}

static void
test_remembers (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  restart (host);
  arc_test_host_start (host);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_IDLE);
  g_assert_true (arc_test_host_get_status (host).fresh);
  g_assert_cmpuint (host->n_started, ==, 1);
  g_assert_cmpuint (arc_state_store_get_last_build (host->store)->id, ==, 1);

  /* A touch is then built as ever, with the next number. */
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");
}

static void
test_changed_while_down (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  restart (host);
  arc_test_host_write (host, "one.org", "changed");
  arc_test_host_write (host, "sub/four.org", "added");
  arc_test_host_remove (host, "two.org");
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\nA sub/four.org\nD two.org\n");
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->cause, ==, ARC_CAUSE_START);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* It is unknown how far a build came that was interrupted: the next one lists the same changes,
 * though the files are as they were then. */
static void
test_interrupted_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_touch (host, "one.org");
  arc_test_host_touch (host, "new.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  arc_test_host_touch (host, "two.org");
  restart (host);

  /* Even that a file is gone again that only that build knew. */
  arc_test_host_remove (host, "new.org");
  arc_test_host_start (host);
  g_assert_false (arc_test_host_get_status (host).fresh);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "D new.org\nM one.org\nM two.org\n");

  restart (host);
  arc_test_host_start (host);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* A full build that did not come to its end: its list says nothing of a file that is gone, and that
 * only a build before it knew, which failed. */
static void
test_interrupted_full_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *kind = NULL;

  arc_test_host_touch (host, "new.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 1);
  arc_test_host_assert_list (host, 2, "A new.org\n");
  arc_test_host_remove (host, "new.org");
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 3);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  restart (host);

  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  kind = arc_test_host_get_environment (host, 4, "ARCOLOGY_BUILD_KIND");
  g_assert_cmpstr (kind, ==, "full");
}

/* The same for one that failed, and for what came while one ran that succeeded. */
static void
test_pending_over_restart (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 1);
  restart (host);
  arc_test_host_start (host);
  arc_test_host_end_build (host, 0);
  arc_test_host_touch (host, "two.org");
  arc_test_wait_until (host->n_finished == 3);
  arc_test_host_assert_list (host, 3, "M one.org\n");

  restart (host);
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 4, "M two.org\n");
}

/* What a comparison finds while a build runs is emitted at once, and that build does not commit it.
 */
static void
test_found_while_building (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcWatcher *watcher = arc_builder_get_watcher (host->builder);
  guint64 serial;

  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  serial = arc_test_host_get_status (host).change_serial;
  arc_test_deafen (1);
  arc_test_host_write (host, "new.org", "new");
  arc_builder_compare (host->builder);
  arc_test_wait_until (arc_snapshot_get_n_files (arc_watcher_get_snapshot (watcher)) == 4);
  g_assert_cmpuint (arc_test_host_get_status (host).change_serial, ==, serial + 1);
  arc_test_host_finish_build (host, 0);

  restart (host);
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M new.org\n");
}

static void
damage (const char *path)
{
  /* Without fsync(2), which is forbidden there: see arc_test_disk_forbid(). */
  g_assert_true (
      g_file_set_contents_full (path, "nonsense", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
test_damaged_memory (void)
{
  static const char *const names[] = { "snapshot", "history", "problems" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
      g_autofree char *path = g_build_filename (host->scratch, "state", names[i], NULL);
      g_autofree char *aside = g_strconcat (path, ".damaged", NULL);

      restart (host);
      damage (path);
      arc_test_host_start (host);
      g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));

      /* The history is not needed to know what is built. */
      if (g_str_equal (names[i], "history"))
        {
          g_assert_true (arc_test_host_get_status (host).fresh);
          continue;
        }

      arc_test_host_finish_build (host, 0);
      arc_test_host_assert_list (host, 2, ALL_NOTES);
      restart (host);
      arc_test_host_start (host);
      g_assert_true (arc_test_host_get_status (host).fresh);
    }
}

/* OnStart=never says when to build, not what: that the content of the database is unknown stays so.
 */
static void
test_damaged_memory_and_no_start (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *path = g_build_filename (host->scratch, "state", "snapshot", NULL);

  restart (host);
  host->config->on_start = ARC_ON_START_NEVER;
  arc_builder_set_config (host->builder, host->config);
  damage (path);
  arc_test_host_write (host, "two.org", "changed while down");
  arc_test_host_start (host);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_IDLE);
  g_assert_false (arc_test_host_get_status (host).fresh);

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, ALL_NOTES);
}

/* What was put aside is not forgotten by the service after the next, if that one built nothing. */
static void
test_damaged_memory_twice (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *path = g_build_filename (host->scratch, "state", "snapshot", NULL);

  restart (host);
  damage (path);
  arc_test_host_start (host);
  restart (host);
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, arc_state_store_get_last_build (host->store)->id, ALL_NOTES);
}

static void
test_memory_of_other_database (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  g_free (host->config->database);
  host->config->database = g_build_filename (host->scratch, "data", "other.db", NULL);
  restart (host);
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, ALL_NOTES);
}

/* The state directory cannot be written: the service says so and works on. */
static void
test_no_memory (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *path = g_build_filename (host->scratch, "state", "snapshot", NULL);

  /* The store may write it once more in between. */
  arc_test_wait_until (g_unlink (path) == 0 && g_mkdir (path, 0700) == 0);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");
  g_assert_true (arc_test_host_get_status (host).fresh);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_DEGRADED);
  g_assert_nonnull (strstr (arc_test_host_get_status (host).health_message, path));

  /* And it says when that is over. */
  g_assert_no_errno (g_rmdir (path));
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
}

static void
test_sync_fresh (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync reply = { 0 };

  arc_test_host_sync (host, &reply);
  arc_test_wait_until (reply.done);
  g_assert_no_error (reply.error);
  g_assert_cmpuint (reply.build, ==, 1);
  g_assert_cmpint (reply.result, ==, ARC_RESULT_SUCCESS);
  g_assert_cmpuint (host->n_started, ==, 1);
}

/* What was written before the call is built at once, reported by a monitor or not: the clock stands
 * still, so nothing is debounced. */
static void
test_sync_stale (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync one = { 0 }, two = { 0 };

  arc_test_host_write (host, "one.org", "not reported yet");
  arc_test_host_sync (host, &one);
  arc_test_host_sync (host, &two);
  arc_test_wait_until (host->n_started == 2);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (one.done && two.done);
  g_assert_cmpuint (one.build, ==, 2);
  g_assert_cmpuint (two.build, ==, 2);
  g_assert_cmpint (one.result, ==, ARC_RESULT_SUCCESS);
  arc_test_host_assert_list (host, 2, "M one.org\n");
}

/* A build that runs already and has taken all that there is serves, too. */
static void
test_sync_while_running (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync served = { 0 }, later = { 0 };

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  arc_test_host_sync_compared (host, &served);

  /* But not for what is saved after it began. */
  arc_test_host_touch (host, "two.org");
  arc_test_host_sync_compared (host, &later);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (served.done);
  g_assert_cmpuint (served.build, ==, 2);
  g_assert_false (later.done);
  arc_test_host_finish_build (host, 1);
  arc_test_wait_until (later.done);
  g_assert_cmpuint (later.build, ==, 3);
  g_assert_cmpint (later.result, ==, ARC_RESULT_FAILED);
}

/* A build that runs seemed to serve, and then it tells that it missed a note. */
static void
test_sync_and_gone (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *say = g_build_filename (host->out, "say", NULL);
  g_autofree char *line = g_strdup_printf ("arcology: gone %s/one.org", host->tree);
  ArcTestSync before = { 0 }, meanwhile = { 0 };

  g_assert_no_errno (mkfifo (say, 0600));
  arc_test_host_touch (host, "one.org");
  arc_test_host_sync (host, &before);
  arc_test_wait_until (host->n_started == 2);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  arc_test_host_sync_compared (host, &meanwhile);
  g_assert_false (arc_test_host_get_status (host).stoked);
  arc_test_host_send (host, "say", line);
  arc_test_wait_until (arc_test_host_get_status (host).stoked);
  arc_test_host_finish_build (host, 0);

  arc_test_wait_until (before.done);
  g_assert_cmpuint (before.build, ==, 2);
  g_assert_cmpint (before.result, ==, ARC_RESULT_SUCCESS);
  g_assert_false (meanwhile.done);

  /* However often one is missed, the next one that began after the call serves. */
  g_assert_no_errno (g_unlink (say));
  say_gone (host, "one.org");
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (meanwhile.done);
  g_assert_cmpuint (meanwhile.build, ==, 3);
  g_assert_cmpint (meanwhile.result, ==, ARC_RESULT_SUCCESS);
  arc_test_host_assert_list (host, 3, "M one.org\n");
}

/* The database was taken away, and a build that makes it anew has begun with it. */
static void
test_sync_while_database_is_made (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync reply = { 0 };

  /* At the last moment. */
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 2);
  g_assert_no_errno (g_unlink (host->config->database));
  arc_test_wait_until (g_file_test (host->config->database, G_FILE_TEST_EXISTS));
  g_assert_false (arc_test_host_get_status (host).fresh);

  arc_test_host_sync_compared (host, &reply);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (reply.done);
  g_assert_no_error (reply.error);
  g_assert_cmpuint (reply.build, ==, 2);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* With build 2, which has opened the database, and runs until arc_test_host_finish_build(). */
static ArcTestHost *
new_writing_host (void)
{
  ArcTestHost *host = arc_test_host_new_idle ();
  g_autofree char *say = g_build_filename (host->out, "say", NULL);

  g_assert_true (g_file_set_contents (say, "arcology: phase here\n", -1, NULL));
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (*arc_test_host_get_status (host).phase != '\0');

  return host;
}

/* Lets build 3 succeed, which is a full one and answers REPLY. */
static void
assert_full_build_answers (ArcTestHost *host, const ArcTestSync *reply)
{
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (reply->done);
  g_assert_no_error (reply->error);
  g_assert_cmpuint (reply->build, ==, 3);
  g_assert_cmpint (reply->result, ==, ARC_RESULT_SUCCESS);
  arc_test_host_assert_list (host, 3, ALL_NOTES);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* A build that runs writes to a file that has no name any more: its end makes nothing true, and a
 * full build follows. */
static void
test_sync_while_database_is_removed (void)
{
  g_autoptr (ArcTestHost) host = new_writing_host ();
  ArcTestSync reply = { 0 };

  arc_test_host_sync_compared (host, &reply);
  g_assert_no_errno (g_unlink (host->config->database));

  arc_test_host_finish_build (host, 0);
  g_assert_false (reply.done);
  g_assert_cmpstr (arc_state_store_get_last_build (host->store)->message, ==,
                   "the database was removed while the build ran");
  g_assert_false (arc_test_host_get_status (host).fresh);

  assert_full_build_answers (host, &reply);
}

/* One that comes after the removal waits for the build that makes the database anew. */
static void
test_sync_after_database_is_removed (void)
{
  g_autoptr (ArcTestHost) host = new_writing_host ();
  ArcTestSync reply = { 0 };

  g_assert_no_errno (g_unlink (host->config->database));
  arc_test_host_sync_compared (host, &reply);

  arc_test_host_finish_build (host, 0);
  g_assert_false (reply.done);
  assert_full_build_answers (host, &reply);
}

/* It is unknown how much of the old content a build that makes all anew has left, before it has
 * succeeded. */
static void
test_sync_while_all_is_made (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync reply = { 0 };

  g_assert_true (arc_test_host_get_status (host).fresh);
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 2);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  g_assert_false (arc_test_host_get_status (host).fresh);

  arc_test_host_sync_compared (host, &reply);
  arc_test_host_finish_build (host, 1);
  arc_test_wait_until (reply.done);
  g_assert_no_error (reply.error);
  g_assert_cmpuint (reply.build, ==, 2);
  g_assert_cmpint (reply.result, ==, ARC_RESULT_FAILED);
  g_assert_false (arc_test_host_get_status (host).fresh);

  arc_test_host_advance (host, 600 * SECOND);
  arc_test_host_finish_build (host, 0);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* One that is being canceled, and takes its time, will not do it. */
static void
test_sync_while_canceling (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *begun = g_build_filename (host->out, "2.env", NULL);
  g_autofree char *script = g_strdup (host->config->command[2]);
  ArcTestSync before = { 0 }, meanwhile = { 0 };

  g_free (host->config->command[2]);
  host->config->command[2] = g_strconcat ("trap '' TERM\n", script, NULL);
  arc_builder_set_config (host->builder, host->config);
  arc_test_host_write (host, "one.org", "more");
  arc_test_host_sync (host, &before);
  arc_test_wait_until (g_file_test (begun, G_FILE_TEST_EXISTS));

  g_assert_true (arc_builder_cancel (host->builder, NULL));
  arc_test_host_sync_compared (host, &meanwhile);
  g_assert_cmpuint (arc_test_host_get_status (host).current_build, ==, 2);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (before.done);
  g_assert_cmpuint (before.build, ==, 2);
  g_assert_cmpint (before.result, ==, ARC_RESULT_CANCELED);
  g_assert_false (meanwhile.done);

  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (meanwhile.done);
  g_assert_cmpuint (meanwhile.build, ==, 3);
  g_assert_cmpint (meanwhile.result, ==, ARC_RESULT_SUCCESS);
  arc_test_host_assert_list (host, 3, ALL_NOTES); /* the command is another one */
}

/* One that is canceled before it has taken anything answers, too. */
static void
test_sync_and_canceled_early (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync reply = { 0 };

  arc_builder_set_held (host->builder, ARC_HOLD_NAME, TRUE);
  arc_test_host_write (host, "one.org", "more");
  arc_test_host_sync_compared (host, &reply);
  arc_test_wait_until (arc_test_host_get_status (host).current_build == 2);
  g_assert_false (reply.done);

  g_assert_true (arc_builder_cancel (host->builder, NULL));
  arc_test_wait_until (reply.done);
  g_assert_no_error (reply.error);
  g_assert_cmpuint (reply.build, ==, 2);
  g_assert_cmpint (reply.result, ==, ARC_RESULT_CANCELED);
}

static void
test_sync_cannot (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  ArcTestSync stopped = { 0 }, refused = { 0 };

  arc_test_host_sync (host, &stopped);
  arc_builder_stop (host->builder);
  arc_test_host_sync (host, &refused);
  arc_test_wait_until (stopped.done && refused.done);
  g_assert_error (stopped.error, ARC_ERROR, ARC_ERROR_SHUTTING_DOWN);
  g_assert_error (refused.error, ARC_ERROR, ARC_ERROR_SHUTTING_DOWN);
  g_error_free (stopped.error);
  g_error_free (refused.error);
}

static void
set_max_load (ArcTestHost *host, guint max_load)
{
  host->config->timing.max_load = max_load;
  arc_builder_set_config (host->builder, host->config);
}

/* The rest after a build is what its processor time asks for. */
static void
test_max_load (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  const guint max_load = 100;
  gint64 rest;

  set_max_load (host, max_load);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  rest =
      (gint64) arc_state_store_get_last_build (host->store)->cpu_usec * ARC_LOAD_SCALE / max_load;
  g_assert_cmpint (rest, >, 0);
  rest = MIN (rest, 180 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).rest, ==, rest);
  arc_test_host_advance (host, rest - 1);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
  arc_test_host_advance (host, 1);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_IDLE);

  /* A build that failed rests for the whole cooldown. */
  arc_test_host_touch (host, "two.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 2);
  g_assert_cmpint (arc_test_host_get_status (host).rest, ==, 180 * SECOND);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 180 * SECOND - 1);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
  arc_test_host_advance (host, 1);
  arc_test_host_finish_build (host, 0);

  /* Other settings count for the rest that is under way. */
  g_assert_cmpint (arc_test_host_get_status (host).rest, <, 180 * SECOND);
  set_max_load (host, 0);
  g_assert_cmpint (arc_test_host_get_status (host).rest, ==, 180 * SECOND);
  arc_test_host_advance (host, 180 * SECOND - 1);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
}

/* A service that has just started does not rest, however the last one ended. */
static void
test_no_rest_after_restart (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
  restart (host);
  arc_test_host_start (host);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_IDLE);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
}

/* A build that changes a note each time: all of it is built, with longer and longer rests, however
 * little it costs. */
static void
test_loop (gconstpointer data)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *path = arc_test_host_get_path (host, "one.org");

  set_max_load (host, GPOINTER_TO_UINT (data));
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  for (guint i = 0; i < 7; i++)
    {
      const guint n_finished = host->n_finished;

      arc_test_wait_until (arc_process_runner_is_running (host->runner));
      arc_test_host_touch (host, "one.org");
      arc_test_host_end_build (host, 0);
      arc_test_wait_until (host->n_finished > n_finished);
      g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
      if (i < 6)
        {
          g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
          arc_test_host_advance (host, 180 * SECOND);
        }
    }

  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_DEGRADED);
  g_assert_nonnull (strstr (arc_test_host_get_status (host).health_message, path));
  arc_test_host_advance (host, 360 * SECOND - 1);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_COOLDOWN);
  arc_test_host_advance (host, 1);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 9, "M one.org\n");

  /* A change from outside ends it. */
  arc_test_host_advance (host, 10 * SECOND);
  arc_test_host_touch (host, "two.org");
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
  arc_test_host_advance (host, 170 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
}

/* What a build does at its very end may be reported after it. */
static void
test_late_loop (void)
{
  static const char *const names[] = { "1.org", "2.org", "3.org", "4.org", "5.org", "6.org" };
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  guint n_left = G_N_ELEMENTS (names);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    arc_test_host_touch (host, names[i]);
  arc_test_host_advance (host, 5 * SECOND);
  while (n_left > 0)
    {
      g_autofree char *path = arc_test_host_get_path (host, names[n_left - 1]);
      const guint64 serial = arc_test_host_get_status (host).change_serial;

      arc_test_host_finish_build (host, 0);
      g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
      g_assert_no_errno (g_unlink (path));
      arc_test_wait_until (arc_test_host_get_status (host).change_serial > serial);
      n_left--;
      if (n_left > 0)
        arc_test_host_advance (host, 180 * SECOND);
    }

  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_DEGRADED);
}

/* A user who saves as soon as the last save is in the database is no build. */
static void
test_saves_after_builds (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  for (guint i = 0; i < 8; i++)
    {
      const gint64 ended = arc_get_stamp_time ();

      while (arc_get_stamp_time () == ended)
        g_thread_yield ();
      arc_test_host_touch (host, "one.org");
      g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
      arc_test_host_advance (host, 180 * SECOND);
      arc_test_host_finish_build (host, 0);
      arc_test_host_assert_list (host, i + 2, "M one.org\n");
    }
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
}

/* A service that takes another's place answers before it may start. */
static void
test_before_start (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new ();
  g_autofree char *other = g_build_filename (host->scratch, "other", NULL);
  g_autoptr (GError) error = NULL;
  ArcTestSync reply = { 0 };
  guint64 found = G_MAXUINT64;
  guint64 build;

  g_assert_false (arc_builder_rebuild (host->builder, ARC_BUILD_FULL, &build, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_TREE_UNAVAILABLE);
  arc_test_host_sync (host, &reply);
  arc_test_wait_until (reply.done);
  g_assert_error (reply.error, ARC_ERROR, ARC_ERROR_TREE_UNAVAILABLE);
  g_error_free (reply.error);

  g_signal_connect (host->builder, "rescanned", G_CALLBACK (on_rescanned), &found);
  arc_builder_compare (host->builder);
  g_assert_no_errno (g_mkdir (other, 0700));
  g_strfreev (host->config->directories);
  host->config->directories = arc_test_make_strv (other, NULL);
  arc_builder_set_config (host->builder, host->config);
  arc_test_host_advance (host, 1000 * SECOND);
  arc_test_dispatch_ready ();
  g_assert_cmpuint (host->n_started, ==, 0);
  g_assert_cmpuint (found, ==, G_MAXUINT64);

  arc_test_host_start (host);
  g_assert_cmpuint (found, ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_directories (arc_builder_get_watcher (host->builder)), ==, 1);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 1);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 1, "");
  g_signal_handlers_disconnect_by_data (host->builder, &found);
}

/* A service that does not own its name yet. */
static void
on_compared (ArcBuilder *builder, guint64 comparison, guint64 changes, guint64 *compared)
{
  *compared = comparison;
}

/* Who asks for a comparison while the first scan is under way gets one that begins after that. */
static void
test_rescan_before_ready (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new ();
  ArcWatcher *watcher = arc_builder_get_watcher (host->builder);
  guint64 compared = 0;
  guint64 wanted;

  g_signal_connect (host->builder, "rescanned", G_CALLBACK (on_compared), &compared);
  arc_test_host_begin (host);
  arc_test_wait_until (arc_snapshot_get_n_files (arc_watcher_get_snapshot (watcher)) == 3);
  arc_test_deafen (1);
  arc_test_host_write (host, "new.org", "new");
  wanted = arc_builder_compare (host->builder);
  arc_test_wait_until (compared >= wanted);
  g_assert_cmpuint (arc_watcher_get_n_files (watcher), ==, 4);
  g_signal_handlers_disconnect_by_data (host->builder, &compared);
}

static void
test_no_name (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  guint64 rescans = arc_test_host_get_status (host).rescans;

  arc_builder_set_held (host->builder, ARC_HOLD_NAME, TRUE);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_wait_until (arc_test_host_get_status (host).rescans > rescans);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_RUNNING);
  g_assert_false (arc_process_runner_is_running (host->runner));

  /* What comes meanwhile is in the same build. */
  arc_test_host_touch (host, "one.org");
  g_assert_false (arc_process_runner_is_running (host->runner));
  arc_builder_set_held (host->builder, ARC_HOLD_NAME, FALSE);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");

  /* One that never got it leaves nothing behind. */
  arc_builder_set_held (host->builder, ARC_HOLD_NAME, TRUE);
  rescans = arc_test_host_get_status (host).rescans;
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_wait_until (arc_test_host_get_status (host).rescans > rescans);
  g_assert_true (arc_builder_cancel (host->builder, NULL));
  arc_builder_set_held (host->builder, ARC_HOLD_NAME, FALSE);
  g_assert_false (arc_process_runner_is_running (host->runner));
}

static void
test_unavailable_tree (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *away = g_strconcat (host->tree, ".away", NULL);
  g_autoptr (GError) error = NULL;
  guint64 build;

  g_assert_no_errno (g_rename (host->tree, away));
  arc_test_wait_until (arc_test_host_get_status (host).reason == ARC_REASON_UNAVAILABLE);
  g_assert_false (arc_test_host_get_status (host).fresh);
  g_assert_false (arc_builder_rebuild (host->builder, ARC_BUILD_FULL, &build, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_TREE_UNAVAILABLE);
  arc_test_host_advance (host, 10000 * SECOND);
  g_assert_cmpuint (host->n_started, ==, 1);
  g_assert_cmpuint (arc_test_host_get_status (host).n_pending, ==, 0);

  /* Exactly what changed meanwhile is built when it is back. */
  {
    g_autofree char *path = g_build_filename (away, "one.org", NULL);

    g_assert_true (g_file_set_contents (path, "changed while it was away", -1, NULL));
  }
  g_assert_no_errno (g_rename (away, host->tree));
  arc_builder_compare (host->builder);
  arc_test_host_wait_for_state (host, ARC_STATE_WAITING);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");
}

#define NO_NOTES "D one.org\nD sub/three.org\nD two.org\n"

static void
empty_tree (ArcTestHost *host)
{
  arc_test_host_remove (host, "one.org");
  arc_test_host_remove (host, "two.org");
  arc_test_host_remove (host, "sub/three.org");
}

/* The root is there and every note is gone: that is built, but not in haste. */
static void
test_emptied_tree (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autoptr (GDateTime) second_look = NULL;
  g_autofree char *when = NULL;
  g_autoptr (GError) error = NULL;
  ArcTestSync reply = { 0 };
  guint64 build;
  ArcStatus status;

  empty_tree (host);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_UNAVAILABLE);
  status = arc_test_host_get_status (host);
  g_assert_cmpint (status.reason, ==, ARC_REASON_UNAVAILABLE);
  g_assert_false (status.fresh);
  g_assert_nonnull (strstr (status.health_message, host->tree));
  second_look = g_date_time_new_from_unix_local (
      arc_clock_get_real_time (ARC_CLOCK (host->clock)) / SECOND + 60);
  when = g_date_time_format (second_look, "%F %T");
  g_assert_nonnull (strstr (status.health_message, when));

  /* Nobody gets it any sooner. */
  g_assert_false (arc_builder_rebuild (host->builder, ARC_BUILD_FULL, &build, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_TREE_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, when));
  arc_test_host_sync (host, &reply);
  arc_test_wait_until (reply.done);
  g_assert_error (reply.error, ARC_ERROR, ARC_ERROR_TREE_UNAVAILABLE);
  g_error_free (reply.error);
  arc_test_host_advance (host, 60 * SECOND - 1);
  g_assert_cmpuint (host->n_started, ==, 1);

  /* The time alone is not enough: the tree is looked at again first. */
  arc_test_host_advance (host, 1);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_UNAVAILABLE);
  g_assert_cmpuint (host->n_started, ==, 1);
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
  arc_test_host_finish_build (host, 1);

  /* It stays believed until it is built. */
  arc_test_host_advance (host, 600 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, NO_NOTES);
  g_assert_true (arc_test_host_get_status (host).fresh);

  /* The next note is as any other. */
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_touch (host, "new.org");
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 4, "A new.org\n");
}

/* A program that replaces everything, and takes its time. */
static void
test_emptied_and_filled (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  empty_tree (host);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_UNAVAILABLE);
  arc_test_host_advance (host, 59 * SECOND);
  arc_test_host_touch (host, "one.org");
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_OK);
  g_assert_cmpuint (host->n_started, ==, 1);

  /* It has some more seconds for the others, as ever. */
  arc_test_host_touch (host, "two.org");
  arc_test_host_touch (host, "sub/three.org");
  arc_test_host_advance (host, SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\nM sub/three.org\nM two.org\n");
}

/* The second look finds what the monitors do not report. */
static void
test_emptied_and_second_look (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  empty_tree (host);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_UNAVAILABLE);
  arc_test_host_write (host, "one.org", "back");
  arc_test_host_advance (host, 60 * SECOND);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\nD sub/three.org\nD two.org\n");
}

/* The service was not there when it happened, and a build was about to run. */
static void
test_emptied_while_down (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  restart (host);
  empty_tree (host);
  arc_test_host_start (host);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_UNAVAILABLE);
  arc_test_host_advance (host, 60 * SECOND - 1);
  g_assert_cmpuint (host->n_started, ==, 1);
  arc_test_host_advance (host, 1);
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, NO_NOTES);
}

/* The second look is due before the first scan is done. */
static void
test_emptied_while_scanning (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  restart (host);
  empty_tree (host);
  arc_test_host_begin (host);
  arc_test_wait_until (arc_test_host_get_status (host).n_pending == 3);
  g_assert_false (host->ready);
  arc_test_host_advance (host, 60 * SECOND);
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, NO_NOTES);
}

/* It happens just before a build takes its changes. */
static void
test_emptied_while_preparing (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  empty_tree (host);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 2);
  arc_test_wait_until (host->n_finished == 2);
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->result, ==,
                   ARC_RESULT_SPAWN_FAILED);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, NO_NOTES);
}

static void
test_other_settings (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *other = g_build_filename (host->scratch, "other", NULL);
  g_autofree char *note = g_build_filename (other, "four.org", NULL);
  g_autofree char *database = NULL;

  g_assert_no_errno (g_mkdir (other, 0700));
  g_assert_true (g_file_set_contents (note, "four", -1, NULL));
  g_strfreev (host->config->directories);
  host->config->directories = arc_test_make_strv (other, host->tree, NULL);
  host->config->timing.debounce = SECOND;
  arc_builder_set_config (host->builder, host->config);

  arc_test_host_wait_for_state (host, ARC_STATE_WAITING);
  arc_test_host_advance (host, SECOND);
  arc_test_host_finish_build (host, 0);
  /* A note without a title has its path below the directory for one. */
  g_assert_cmpint (arc_state_store_get_last_build (host->store)->kind, ==, ARC_BUILD_FULL);
  g_assert_cmpuint (arc_state_store_get_last_build (host->store)->n_changed, ==, 4);

  /* The content of another database is unknown. */
  g_free (host->config->database);
  host->config->database = g_build_filename (host->scratch, "data", "other.db", NULL);
  arc_builder_set_config (host->builder, host->config);
  g_assert_false (arc_test_host_get_status (host).fresh);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  g_assert_cmpuint (arc_state_store_get_last_build (host->store)->n_changed, ==, 4);
  database = arc_test_host_get_environment (host, 3, "ARCOLOGY_DATABASE");
  g_assert_cmpstr (database, ==, host->config->database);
}

static gboolean
is_stale (ArcTestHost *host)
{
  return !arc_test_host_get_status (host).fresh;
}

/* It is noticed without a build that one is due, and it is a full one, after the debounce. */
static void
assert_full_build_follows (ArcTestHost *host, guint64 id)
{
  const ArcBuild *build;

  arc_test_wait_until (is_stale (host));
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  build = arc_state_store_get_last_build (host->store);
  g_assert_cmpuint (build->id, ==, id);
  g_assert_cmpint (build->kind, ==, ARC_BUILD_FULL);
  arc_test_host_assert_list (host, id, ALL_NOTES);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

static void
set_list (GStrv *list, const char *entry)
{
  g_strfreev (*list);
  *list = arc_test_make_strv (entry, NULL);
}

/* Whether the settings of HOST may be put in force. */
static gboolean
may_set_config (ArcTestHost *host)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  arc_config_survey_check_async (arc_builder_get_watcher (host->builder), host->config,
                                 arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);
  if (arc_config_survey_check_finish (arc_builder_get_watcher (host->builder), result, &error))
    return TRUE;

  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "they select no file, where 3 are selected now"));

  return FALSE;
}

static void
test_settings_without_files (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *empty = g_build_filename (host->scratch, "empty", NULL);
  g_autofree char *missing = g_build_filename (host->scratch, "missing", NULL);

  g_assert_no_errno (g_mkdir (empty, 0700));
  g_assert_true (may_set_config (host));

  set_list (&host->config->include, "*.md");
  g_assert_false (may_set_config (host));
  arc_test_host_write (host, "sub/a.md", "other files");
  g_assert_true (may_set_config (host));
  set_list (&host->config->exclude, "sub/");
  g_assert_false (may_set_config (host));

  set_list (&host->config->include, "*.org");
  g_assert_true (may_set_config (host));
  set_list (&host->config->exclude, "*");
  g_assert_false (may_set_config (host));
  set_list (&host->config->exclude, ".*");
  set_list (&host->config->directories, empty);
  g_assert_false (may_set_config (host));
  set_list (&host->config->directories, missing);
  g_assert_true (may_set_config (host));
}

/* Which files are found below directories that are not watched yet. */
static void
test_settings_with_files_elsewhere (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *tree = g_build_filename (host->scratch, "elsewhere", NULL);
  g_autofree char *hidden = g_build_filename (tree, ".hidden", NULL);
  g_autofree char *hidden_file = g_build_filename (hidden, "a.md", NULL);
  g_autofree char *target = g_build_filename (host->scratch, "target", NULL);
  g_autofree char *target_file = g_build_filename (target, "b.md", NULL);
  g_autofree char *link = g_build_filename (tree, "link", NULL);
  g_autofree char *loop = g_build_filename (tree, "loop", NULL);

  g_assert_no_errno (g_mkdir_with_parents (hidden, 0700));
  g_assert_no_errno (g_mkdir (target, 0700));
  g_assert_true (g_file_set_contents (hidden_file, "", 0, NULL));
  g_assert_true (g_file_set_contents (target_file, "", 0, NULL));
  g_assert_no_errno (symlink (target, link));
  g_assert_no_errno (symlink (tree, loop));
  set_list (&host->config->directories, tree);
  set_list (&host->config->include, "*.md");

  set_list (&host->config->exclude, "none");
  g_assert_true (may_set_config (host));
  set_list (&host->config->exclude, ".*");
  g_assert_false (may_set_config (host));

  host->config->follow_symlinks = TRUE;
  g_assert_true (may_set_config (host));
  g_assert_no_errno (g_unlink (target_file));
  g_assert_false (may_set_config (host));

  /* What is no directory is waited for. */
  set_list (&host->config->directories, hidden_file);
  g_assert_true (may_set_config (host));
}

/* Settings whose directories are on a disk that hangs are refused; builds go on meanwhile. */
static void
test_settings_on_hanging_disk (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *disk = g_build_filename (host->scratch, "disk", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (g_mkdir (disk, 0700));
  arc_test_disk_hang (disk);
  set_list (&host->config->directories, disk);
  arc_config_survey_check_async (arc_builder_get_watcher (host->builder), host->config,
                                 arc_test_take_result, &result);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");

  arc_test_wait_until (result != NULL);
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
  g_assert_false (
      arc_config_survey_check_finish (arc_builder_get_watcher (host->builder), result, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "no file that they select was found within 2 s"));
  arc_test_disk_hang (NULL);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 0);
}

static void
on_settings_changed (gboolean differ G_GNUC_UNUSED, gpointer user_data G_GNUC_UNUSED)
{
}

static void
on_reloading (gboolean is_under_way, gpointer user_data)
{
  *(gboolean *) user_data = is_under_way;
}

static void
count_reloads (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (arc_settings_reload_run_finish (result, &error));
  g_assert_no_error (error);
  ++*(guint *) user_data;
}

/* The settings are on a disk that hangs when they are loaded again, and again. */
static void
test_reload_on_hanging_disk (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *disk = g_build_filename (host->scratch, "disk", NULL);
  g_autofree char *file = g_build_filename (disk, "builder.conf", NULL);
  const char *const files[] = { file, NULL };
  const ArcConfigLoaderOptions options = { .config_file = file };
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (ArcSettingsMonitor) monitor = NULL;
  g_autoptr (ArcSettingsReload) reload = NULL;
  gboolean is_under_way = FALSE;
  guint n_reloads = 0;

  host->config->timing.cooldown = 7 * SECOND;
  text = arc_config_to_data (host->config);
  g_assert_no_errno (g_mkdir (disk, 0700));
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  digest = arc_settings_monitor_read (files);

  arc_test_disk_hang (disk);
  monitor = arc_settings_monitor_new (files, digest, on_settings_changed, NULL);
  reload = arc_settings_reload_new (host->builder, monitor, &options, on_reloading, &is_under_way);
  for (guint i = 0; i < 100; i++)
    arc_settings_reload_run_async (reload, count_reloads, &n_reloads);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 2);
  g_assert_true (is_under_way);

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\n");
  /* The monitor and one load. */
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 2);
  g_assert_cmpuint (n_reloads, ==, 0);

  arc_test_disk_hang (NULL);
  arc_test_wait_until (n_reloads == 100);
  g_assert_false (is_under_way);
  g_assert_cmpint (arc_builder_get_config (host->builder)->timing.cooldown, ==, 7 * SECOND);
}

/* The service starts with such settings. */
static void
test_settings_without_files_at_start (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

  set_list (&host->config->include, "*.md");
  restart (host);
  arc_test_host_start (host);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_UNAVAILABLE);
  g_assert_nonnull (strstr (arc_test_host_get_status (host).health_message,
                            "[Tree] Include and Exclude select no file"));
  g_assert_false (arc_test_host_get_status (host).fresh);

  /* However long it lasts. */
  for (guint i = 0; i < 10; i++)
    arc_test_host_advance (host, 180 * SECOND);
  arc_builder_compare (host->builder);
  arc_test_iterate_for (100);
  arc_test_host_advance (host, 180 * SECOND);
  g_assert_cmpuint (host->n_started, ==, 1);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_UNAVAILABLE);

  /* The next one begins as this one did. */
  restart (host);
  arc_test_host_start (host);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_UNAVAILABLE);

  set_list (&host->config->include, "*.org");
  arc_builder_set_config (host->builder, host->config);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "M one.org\nM sub/three.org\nM two.org\n");
}

/* Nothing is remembered, but a database may be there. */
static void
test_settings_without_files_at_first (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new ();

  host->config->on_start = ARC_ON_START_CHANGED;
  set_list (&host->config->include, "*.txt");
  arc_test_host_restart (host);
  arc_test_host_start (host);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_UNAVAILABLE);
  arc_test_host_advance (host, 600 * SECOND);
  g_assert_cmpuint (host->n_started, ==, 0);

  arc_test_host_write (host, "a.txt", "one");
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 1, "A a.txt\n");
}

/* The same, and a directory that is excluded is on a disk that hangs. */
static void
test_settings_without_files_on_hanging_disk (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new ();
  g_autofree char *disk = g_build_filename (host->tree, "disk", NULL);

  g_assert_no_errno (g_mkdir (disk, 0700));
  host->config->on_start = ARC_ON_START_CHANGED;
  set_list (&host->config->include, "*.txt");
  set_list (&host->config->exclude, "disk/");
  arc_test_host_restart (host);
  arc_test_disk_hang (disk);
  arc_test_host_start (host);
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_UNAVAILABLE);

  arc_test_host_write (host, "a.txt", "one");
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 1, "A a.txt\n");
  arc_test_disk_hang (NULL);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 0);
}

/* Waits until the process of build ID is at work. */
static void
wait_for_process (ArcTestHost *host, guint64 id)
{
  g_autofree char *name = g_strdup_printf ("%" G_GUINT64_FORMAT ".env", id);
  g_autofree char *path = g_build_filename (host->out, name, NULL);

  arc_test_wait_until (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* Makes FILE a word of the command. */
static void
name_file (ArcTestHost *host, const char *file)
{
  g_autofree char *option = g_strconcat ("--load=", file, NULL);
  GStrv command = host->config->command;

  /* The script does not look at its second parameter. */
  host->config->command =
      arc_test_make_strv (command[0], command[1], command[2], command[3], command[4], option, NULL);
  g_strfreev (command);
  arc_builder_set_config (host->builder, host->config);
}

static void
write_file (const char *path, const char *text)
{
  g_assert_true (
      g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

/* In one write(2), and without a truncation, so that nothing between two states is seen. */
static void
overwrite_file (const char *path, const char *text)
{
  const int fd = open (path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
  g_assert_no_errno (close (fd));
}

/* A file that the command names, which a build has read. */
static void
test_named_file (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *file = g_build_filename (host->scratch, "settings.el", NULL);
  g_autofree char *target = g_build_filename (host->scratch, "elsewhere.el", NULL);

  /* Another command. */
  name_file (host, file);
  assert_full_build_follows (host, 2);

  /* It comes, is replaced, written, and goes; and is a link. */
  write_file (file, "1");
  assert_full_build_follows (host, 3);
  write_file (file, "2");
  assert_full_build_follows (host, 4);
  overwrite_file (file, "33");
  assert_full_build_follows (host, 5);
  g_assert_no_errno (g_unlink (file));
  assert_full_build_follows (host, 6);
  write_file (target, "4");
  g_assert_no_errno (symlink (target, file));
  assert_full_build_follows (host, 7);
  write_file (target, "5");
  assert_full_build_follows (host, 8);

  /* A note that is saved then is a note. */
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 9, "M one.org\n");
}

/* A build for a save, which must be number ID. */
static void
build_save (ArcTestHost *host, guint64 id)
{
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, id, "M one.org\n");
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* A file that a build says it depends on, such as a library. */
static void
test_input_of_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *file = g_build_filename (host->scratch, "org; 1\n.elc", NULL);
  g_autofree char *line = g_strdup_printf ("arcology: input %s/org; 1\\012.elc\n", host->scratch);

  write_file (file, "1");
  arc_test_wait_until_old (file);
  say (host, line);
  build_save (host, 2);
  /* That it was named is no change. */
  build_save (host, 3);

  restart (host);
  arc_test_host_start (host);
  g_assert_true (arc_test_host_get_status (host).fresh);
  write_file (file, "2");
  assert_full_build_follows (host, 4);

  /* The last build names none. */
  say (host, "");
  build_save (host, 5);
  write_file (file, "3");
  arc_test_iterate_for (200);
  g_assert_true (arc_test_host_get_status (host).fresh);
  say (host, line);
  build_save (host, 6);

  restart (host);
  g_assert_no_errno (g_unlink (file));
  arc_test_host_start (host);
  g_assert_false (arc_test_host_get_status (host).fresh);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 7, ALL_NOTES);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* The first build that says so may have read it before it was changed: the service notices that at
 * the end of the build. */
static void
test_input_of_build_changes (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *file = g_build_filename (host->scratch, "org.elc", NULL);
  g_autofree char *line = g_strdup_printf ("arcology: input %s\n", file);

  write_file (file, "1");
  say (host, line);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  wait_for_process (host, 2);
  write_file (file, "2");
  arc_test_host_finish_build (host, 0);
  g_assert_false (arc_test_host_get_status (host).fresh);
  g_assert_true (arc_test_host_get_status (host).stoked);
  assert_full_build_follows (host, 3);
}

/* The same, and it is not known whether the change came before the call. */
static void
test_sync_and_input_of_build (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *file = g_build_filename (host->scratch, "org.elc", NULL);
  g_autofree char *line = g_strdup_printf ("arcology: input %s\n", file);
  ArcTestSync before = { 0 }, meanwhile = { 0 };

  write_file (file, "1");
  say (host, line);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_touch (host, "one.org");
  arc_test_host_sync (host, &before);
  wait_for_process (host, 2);
  write_file (file, "2");
  arc_test_host_sync_compared (host, &meanwhile);
  arc_test_host_finish_build (host, 0);

  arc_test_wait_until (before.done);
  g_assert_cmpuint (before.build, ==, 2);
  g_assert_false (meanwhile.done);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (meanwhile.done);
  g_assert_cmpuint (meanwhile.build, ==, 3);
  arc_test_host_assert_list (host, 3, ALL_NOTES);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* It is changed while a build runs, which may have read it before. */
static void
test_named_file_while_running (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *file = g_build_filename (host->scratch, "settings.el", NULL);

  write_file (file, "1");
  name_file (host, file);
  assert_full_build_follows (host, 2);

  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_wait_until (host->n_started == 3);
  wait_for_process (host, 3);
  write_file (file, "2");
  arc_test_wait_until (arc_test_host_get_status (host).stoked);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M one.org\n");
  g_assert_false (arc_test_host_get_status (host).fresh);
  assert_full_build_follows (host, 4);
}

/* A log that the command writes is no reason to build for ever. */
static void
test_named_output (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *file = g_build_filename (host->scratch, "build.log", NULL);
  static const char *const contents[] = { "1", "22", "3" };
  guint64 id = 1;

  write_file (file, "");
  name_file (host, file);

  for (guint i = 0; i < 3; i++)
    {
      arc_test_wait_until (is_stale (host));
      arc_test_host_advance (host, 180 * SECOND);
      arc_test_host_advance (host, 5 * SECOND);
      wait_for_process (host, ++id);
      write_file (file, contents[i]);
      arc_test_wait_until (arc_test_host_get_status (host).stoked);
      arc_test_host_finish_build (host, 0);
    }

  /* Only now it is known for one. */
  assert_full_build_follows (host, ++id);
  write_file (file, "4444");
  arc_test_iterate_for (200);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_advance (host, 600 * SECOND);
  g_assert_cmpuint (host->n_started, ==, id);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* The files are compared with what the last run knew. */
static void
test_named_file_while_down (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *file = g_build_filename (host->scratch, "settings.el", NULL);

  write_file (file, "1");
  name_file (host, file);
  assert_full_build_follows (host, 2);
  restart (host);
  arc_test_host_start (host);
  g_assert_true (arc_test_host_get_status (host).fresh);

  restart (host);
  write_file (file, "2");
  arc_test_host_start (host);
  g_assert_false (arc_test_host_get_status (host).fresh);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, ALL_NOTES);
  g_assert_true (arc_test_host_get_status (host).fresh);

  /* Another command. */
  restart (host);
  name_file (host, "/nowhere");
  arc_test_host_start (host);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 4, ALL_NOTES);
}

/* What may happen to a database. */
static void
meddle (ArcTestHost *host, guint i)
{
  const char *database = host->config->database;
  g_autofree char *aside = g_strconcat (database, ".aside", NULL);
  g_autofree char *journal = g_strconcat (database, "-wal", NULL);

  switch (i)
    {
    case 0:
      g_assert_no_errno (g_unlink (database));
      break;
    case 1: /* put back from a backup */
      write_file (database, "");
      break;
    case 2: /* written */
      overwrite_file (database, "x");
      break;
    case 3: /* written, and not in the file itself yet */
      write_file (journal, "pages");
      break;
    case 4: /* moved away and back again, with a write in between */
      g_assert_no_errno (g_rename (database, aside));
      write_file (aside, "y");
      g_assert_no_errno (g_rename (aside, database));
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
test_database_of_others (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *journal = g_strconcat (host->config->database, "-wal", NULL);
  guint64 id = 1;

  for (guint i = 0; i < 5; i++)
    {
      meddle (host, i);
      assert_full_build_follows (host, ++id);
    }

  /* A caller that only reads. */
  g_assert_no_errno (g_unlink (journal));
  assert_full_build_follows (host, ++id);
  write_file (journal, "");
  arc_test_iterate_for (200);
  g_assert_no_errno (g_unlink (journal));
  arc_test_iterate_for (200);
  g_assert_true (arc_test_host_get_status (host).fresh);
}

static void
test_database_of_others_while_down (void)
{
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();

      restart (host);
      meddle (host, i);
      arc_test_host_start (host);
      g_assert_false (arc_test_host_get_status (host).fresh);
      arc_test_host_finish_build (host, 0);
      arc_test_host_assert_list (host, 2, ALL_NOTES);
      g_assert_true (arc_test_host_get_status (host).fresh);
    }
}

/* One of many callers. */
typedef struct
{
  ArcTestSync sync;
  guint64 rescans; /* when it asked */
  guint n_started;
  gboolean judged;
} Caller;

/* Whether all of CALLERS have been answered; each after two comparisons and one build at most. */
static gboolean
judge_callers (ArcTestHost *host, GPtrArray *callers)
{
  const ArcStatus status = arc_test_host_get_status (host);
  guint n_judged = 0;

  for (guint i = 0; i < callers->len; i++)
    {
      Caller *caller = callers->pdata[i];

      if (caller->sync.done && !caller->judged)
        {
          g_assert_no_error (caller->sync.error);
          g_assert_cmpint (caller->sync.result, ==, ARC_RESULT_SUCCESS);
          caller->judged = TRUE;
        }
      if (!caller->judged)
        {
          /* The comparison that was under way, the next one, and the answer on its way. While a
           * build runs, there are more, for later callers. */
          if (host->n_started == caller->n_started && status.current_build == 0)
            g_assert_cmpuint (status.rescans - caller->rescans, <=, 3);
          g_assert_cmpuint (host->n_started - caller->n_started, <=, 1);
        }
      n_judged += caller->judged;
    }

  return n_judged == callers->len;
}

/* However fast callers ask, each is answered, and what is saved meanwhile is built. */
static void
test_sync_storm (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autoptr (GPtrArray) callers = g_ptr_array_new_with_free_func (g_free);
  const gint64 deadline = g_get_monotonic_time () + ARC_TEST_DEADLINE_SECONDS * SECOND;
  guint64 before;
  guint n_saved = 0;

  /* So many that a comparison takes several turns of the main loop. */
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      g_autofree char *path = arc_test_host_get_path (host, name);

      g_assert_no_errno (g_mkdir (path, 0700));
    }
  arc_test_wait_until (arc_watcher_get_n_directories (arc_builder_get_watcher (host->builder)) ==
                       1002);
  before = arc_test_host_get_status (host).rescans;

  /* One at each turn of the main loop, which is faster than any comparison. */
  while (arc_test_host_get_status (host).rescans < before + 12 || callers->len <= 50)
    {
      Caller *caller = g_new0 (Caller, 1);

      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      caller->rescans = arc_test_host_get_status (host).rescans;
      caller->n_started = host->n_started;
      g_ptr_array_add (callers, caller);
      arc_test_host_sync (host, &caller->sync);
      g_main_context_iteration (NULL, TRUE);
      judge_callers (host, callers);

      if (arc_test_host_get_status (host).rescans == before + 4 && n_saved == 0)
        {
          n_saved++;
          arc_test_host_write (host, "one.org", "saved in a storm");
        }
      if (arc_process_runner_is_running (host->runner))
        arc_test_host_finish_build (host, 0);
    }

  while (!judge_callers (host, callers))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (NULL, TRUE);
      if (arc_process_runner_is_running (host->runner))
        arc_test_host_finish_build (host, 0);
    }

  g_test_message ("%u callers, %" G_GUINT64_FORMAT " comparisons", callers->len,
                  arc_test_host_get_status (host).rescans - before);
  g_assert_cmpuint (arc_test_host_get_status (host).rescans - before, <, callers->len);
  g_assert_cmpuint (host->n_started, ==, 2);
  arc_test_host_assert_list (host, 2, "M one.org\n");
}

/* A call that comes when the tree is back is not answered from what was known before. */
static void
test_sync_when_back (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autofree char *away = g_strconcat (host->tree, ".away", NULL);
  ArcTestSync gone = { 0 };
  ArcTestSync back = { 0 };

  g_assert_no_errno (g_rename (host->tree, away));
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_UNAVAILABLE);
  arc_test_host_sync (host, &gone);
  arc_test_wait_until (gone.done);
  g_assert_error (gone.error, ARC_ERROR, ARC_ERROR_TREE_UNAVAILABLE);
  g_error_free (gone.error);

  g_assert_no_errno (g_rename (away, host->tree));
  arc_test_host_sync (host, &back);
  arc_test_wait_until (back.done || arc_process_runner_is_running (host->runner));
  if (!back.done)
    arc_test_host_finish_build (host, 0);
  arc_test_wait_until (back.done);
  g_assert_no_error (back.error);
  g_assert_cmpint (back.result, ==, ARC_RESULT_SUCCESS);
}

static void
make_leader (gpointer data)
{
  setsid ();
  /* If the test fails, nothing else ends this. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* What a killed service leaves: a process group that ignores SIGTERM, and is in the file of the
 * store. */
static GSubprocess *
leave_build (ArcStateStore *store)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (ArcStateDir) directory =
      arc_state_dir_new (arc_state_store_get_directory (store), NULL);
  g_autofree char *group_file = arc_state_dir_get_runtime_file (directory, "group");
  g_autofree char *changes = arc_state_dir_get_runtime_file (directory, "changes");
  g_autoptr (GError) error = NULL;
  GSubprocess *build;
  char ready[6];

  g_subprocess_launcher_setenv (launcher, "ARCOLOGY_CHANGES", changes, TRUE);
  g_subprocess_launcher_set_child_setup (launcher, make_leader, NULL, NULL);
  build = g_subprocess_launcher_spawn (launcher, &error, "/bin/sh", "-c",
                                       "trap '' TERM; echo ready; exec tail -f /dev/null", NULL);
  g_assert_no_error (error);
  g_assert_true (g_input_stream_read_all (g_subprocess_get_stdout_pipe (build), ready, sizeof ready,
                                          NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (group_file, g_subprocess_get_identifier (build), -1, NULL));

  return build;
}

/* What is left of a build of a killed service is ended while the main loop runs, and no build has a
 * process before. */
static void
test_leftover (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autoptr (GSubprocess) left = NULL;
  const ArcBuild *last;
  pid_t group;

  host->config->on_start = ARC_ON_START_ALWAYS;
  arc_test_host_restart (host);
  left = leave_build (host->store);
  group = (pid_t) g_ascii_strtoll (g_subprocess_get_identifier (left), NULL, 10);
  g_strfreev (host->config->command);
  /* Succeeds if the group is gone, or a zombie that nothing has waited for yet. */
  host->config->command =
      arc_test_make_strv ("/bin/sh", "-c",
                          "[ ! -e /proc/$0 ] || grep -q '^State:.Z' /proc/$0/status || "
                          "[ ! -e /proc/$0 ]",
                          g_subprocess_get_identifier (left), NULL);
  arc_builder_set_config (host->builder, host->config);

  /* SIGKILL comes from the main loop. */
  arc_test_host_begin (host);
  g_assert_true (arc_process_group_is_alive (group));
  arc_test_wait_until (host->n_finished == 2);
  last = arc_state_store_get_last_build (host->store);
  g_assert_cmpuint (last->id, ==, 2);
  g_assert_cmpint (last->result, ==, ARC_RESULT_SUCCESS);
  g_assert_true (g_subprocess_wait (left, NULL, NULL));
  g_assert_cmpint (g_subprocess_get_term_sig (left), ==, SIGKILL);
}

/* A service that stops while it ends what is left does not wait for it. */
static void
test_stop_with_leftover (void)
{
  g_autoptr (ArcTestHost) host = arc_test_host_new_idle ();
  g_autoptr (GSubprocess) left = NULL;

  arc_test_host_restart (host);
  left = leave_build (host->store);
  arc_test_host_begin (host);
  arc_builder_stop (host->builder);
  arc_test_wait_until (host->stopped);
  g_assert_true (
      arc_process_group_is_alive (g_ascii_strtoll (g_subprocess_get_identifier (left), NULL, 10)));
  g_subprocess_force_exit (left);
  g_assert_true (g_subprocess_wait (left, NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/builder/start", test_builds_at_start);
  g_test_add_func ("/builder/three-saves-are-one-build", test_three_saves_are_one_build);
  g_test_add_func ("/builder/touch-while-running", test_touch_while_running);
  g_test_add_func ("/builder/half-of-a-replace", test_half_of_a_replace);
  g_test_add_func ("/builder/rebuild", test_rebuild_in_each_state);
  g_test_add_func ("/builder/failure/retried", test_failure_is_retried);
  g_test_add_func ("/builder/failure/and-touch", test_failure_and_touch);
  g_test_add_func ("/builder/failure/full", test_failed_full_build);
  g_test_add_func ("/builder/missing-database", test_missing_database);
  g_test_add_func ("/builder/asks-for-full/at-once", test_asks_for_full_build);
  g_test_add_func ("/builder/asks-for-full/paused", test_asks_while_paused);
  g_test_add_func ("/builder/asks-for-full/sync", test_sync_asks_for_full_build);
  g_test_add_func ("/builder/cancel", test_cancel);
  g_test_add_func ("/builder/pause", test_pause);
  g_test_add_func ("/builder/pause/in-order", test_pause_in_order);
  g_test_add_func ("/builder/pause/fails", test_pause_fails);
  g_test_add_func ("/builder/pause/start", test_pause_holds_the_start);
  g_test_add_func ("/builder/pause/late-start", test_pause_holds_a_late_start);
  g_test_add_func ("/builder/stop", test_stop_ends_the_build);
  g_test_add_func ("/builder/failed-files", test_failed_files);
  g_test_add_func ("/builder/failed-files/stay", test_failed_file_stays);
  g_test_add_func ("/builder/failed-files/full", test_failed_file_of_full_build);
  g_test_add_func ("/builder/failed-files/other-end", test_failed_file_and_more);
  g_test_add_func ("/builder/problems", test_problems_are_no_failure);
  g_test_add_func ("/builder/problems/replaced", test_problems_are_replaced);
  g_test_add_func ("/builder/problems/remembered", test_problems_are_remembered);
  g_test_add_func ("/builder/message", test_message);
  g_test_add_func ("/builder/gone", test_gone_while_read);
  g_test_add_func ("/builder/gone/full", test_gone_in_full_build);
  g_test_add_func ("/builder/gone/for-good", test_gone_for_good);
  g_test_add_func ("/builder/gone/always", test_gone_always);
  g_test_add_func ("/builder/command-not-found", test_command_not_found);
  g_test_add_func ("/builder/no-files", test_no_files);
  g_test_add_func ("/builder/environment", test_environment);
  g_test_add_func ("/builder/rescan", test_rescan);
  g_test_add_func ("/builder/memory/fresh", test_remembers);
  g_test_add_func ("/builder/memory/changed", test_changed_while_down);
  g_test_add_func ("/builder/memory/interrupted", test_interrupted_build);
  g_test_add_func ("/builder/memory/interrupted-full", test_interrupted_full_build);
  g_test_add_func ("/builder/memory/pending", test_pending_over_restart);
  g_test_add_func ("/builder/memory/found-while-building", test_found_while_building);
  g_test_add_func ("/builder/memory/damaged", test_damaged_memory);
  g_test_add_func ("/builder/memory/damaged/no-start", test_damaged_memory_and_no_start);
  g_test_add_func ("/builder/memory/damaged/twice", test_damaged_memory_twice);
  g_test_add_func ("/builder/memory/other-database", test_memory_of_other_database);
  g_test_add_func ("/builder/memory/none", test_no_memory);
  g_test_add_func ("/builder/sync/fresh", test_sync_fresh);
  g_test_add_func ("/builder/sync/stale", test_sync_stale);
  g_test_add_func ("/builder/sync/running", test_sync_while_running);
  g_test_add_func ("/builder/sync/gone", test_sync_and_gone);
  g_test_add_func ("/builder/sync/missing-database", test_sync_while_database_is_made);
  g_test_add_func ("/builder/sync/removed-database", test_sync_while_database_is_removed);
  g_test_add_func ("/builder/sync/after-removed-database", test_sync_after_database_is_removed);
  g_test_add_func ("/builder/sync/full-build", test_sync_while_all_is_made);
  g_test_add_func ("/builder/sync/canceling", test_sync_while_canceling);
  g_test_add_func ("/builder/sync/canceled-early", test_sync_and_canceled_early);
  g_test_add_func ("/builder/sync/cannot", test_sync_cannot);
  g_test_add_func ("/builder/max-load", test_max_load);
  g_test_add_func ("/builder/max-load/restart", test_no_rest_after_restart);
  g_test_add_data_func ("/builder/loop", NULL, test_loop);
  g_test_add_data_func ("/builder/loop/max-load", GUINT_TO_POINTER (300), test_loop);
  g_test_add_func ("/builder/late-loop", test_late_loop);
  g_test_add_func ("/builder/saves-after-builds", test_saves_after_builds);
  g_test_add_func ("/builder/before-start", test_before_start);
  g_test_add_func ("/builder/rescan-before-ready", test_rescan_before_ready);
  g_test_add_func ("/builder/no-name", test_no_name);
  g_test_add_func ("/builder/unavailable", test_unavailable_tree);
  g_test_add_func ("/builder/emptied", test_emptied_tree);
  g_test_add_func ("/builder/emptied/filled", test_emptied_and_filled);
  g_test_add_func ("/builder/emptied/second-look", test_emptied_and_second_look);
  g_test_add_func ("/builder/emptied/while-down", test_emptied_while_down);
  g_test_add_func ("/builder/emptied/while-scanning", test_emptied_while_scanning);
  g_test_add_func ("/builder/emptied/while-preparing", test_emptied_while_preparing);
  g_test_add_func ("/builder/settings", test_other_settings);
  g_test_add_func ("/builder/settings/no-files", test_settings_without_files);
  g_test_add_func ("/builder/settings/elsewhere", test_settings_with_files_elsewhere);
  g_test_add_func ("/builder/settings/hanging-disk", test_settings_on_hanging_disk);
  g_test_add_func ("/builder/settings/hanging-reload", test_reload_on_hanging_disk);
  g_test_add_func ("/builder/settings/no-files/start", test_settings_without_files_at_start);
  g_test_add_func ("/builder/settings/no-files/hanging-disk",
                   test_settings_without_files_on_hanging_disk);
  g_test_add_func ("/builder/settings/no-files/first", test_settings_without_files_at_first);
  g_test_add_func ("/builder/inputs/file", test_named_file);
  g_test_add_func ("/builder/inputs/file/while-running", test_named_file_while_running);
  g_test_add_func ("/builder/inputs/file/while-down", test_named_file_while_down);
  g_test_add_func ("/builder/inputs/of-build", test_input_of_build);
  g_test_add_func ("/builder/inputs/of-build/changes", test_input_of_build_changes);
  g_test_add_func ("/builder/inputs/of-build/sync", test_sync_and_input_of_build);
  g_test_add_func ("/builder/inputs/output", test_named_output);
  g_test_add_func ("/builder/inputs/database", test_database_of_others);
  g_test_add_func ("/builder/inputs/database/while-down", test_database_of_others_while_down);

  g_test_add_func ("/builder/sync-storm", test_sync_storm);
  g_test_add_func ("/builder/sync-when-back", test_sync_when_back);
  g_test_add_func ("/builder/leftover", test_leftover);
  g_test_add_func ("/builder/leftover/stop", test_stop_with_leftover);

  return g_test_run ();
}
