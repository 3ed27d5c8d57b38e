/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/status.h"

#include "engine-fixture.h"
#include "engine/message-ids.h"
#include "test-disk.h"
#include "test-util.h"

#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* What was logged of the health. */
typedef struct
{
  guint n;
  GLogLevelFlags level; /* of the last message */
  char *message;        /* (owned) (nullable): the same */
} HealthLog;

typedef struct
{
  ArcEngineFixture engine;
  ArcStateMachine machine;
  ArcTiming timing;
  ArcStatus status;
  HealthLog *log; /* (unowned) */
} Fixture;

static const char *
find_field (const GLogField *fields, gsize n, const char *key)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, key) == 0)
      return fields[i].value;

  return NULL;
}

static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
  HealthLog *log = user_data;

  if (g_strcmp0 (find_field (fields, n, "MESSAGE_ID"), ARC_MESSAGE_HEALTH_CHANGED) == 0)
    {
      log->n++;
      log->level = level & G_LOG_LEVEL_MASK;
      g_free (log->message);
      log->message = g_strdup (find_field (fields, n, "MESSAGE"));
      return G_LOG_WRITER_HANDLED;
    }

  return g_log_writer_default (level, fields, n, NULL);
}

static gint64
get_time (Fixture *fixture)
{
  return arc_clock_get_time (ARC_CLOCK (fixture->engine.clock));
}

static void
update (Fixture *fixture)
{
  arc_status_update (&fixture->status, &fixture->machine, &fixture->timing, fixture->engine.watcher,
                     fixture->engine.run);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  arc_engine_fixture_set_up (&fixture->engine, NULL);
  arc_engine_fixture_start (&fixture->engine);
  fixture->log = (HealthLog *) data;
  fixture->log->n = 0;
  fixture->timing = (ArcTiming){
    .debounce = 5 * SECOND,
    .debounce_limit = 60 * SECOND,
    .cooldown = 180 * SECOND,
    .max_load = ARC_LOAD_SCALE / 2,
  };
  arc_state_machine_init (&fixture->machine, get_time (fixture));
  update (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_free (fixture->status.health_message);
  arc_engine_fixture_tear_down (&fixture->engine, NULL);
}

static void
step (Fixture *fixture, ArcEvent event)
{
  arc_state_machine_step (&fixture->machine, &fixture->timing, event, get_time (fixture));
  update (fixture);
}

static void
test_machine (Fixture *fixture, gconstpointer data)
{
  const ArcStatus *status = &fixture->status;

  g_assert_cmpint (status->state, ==, ARC_STATE_IDLE);
  g_assert_cmpint (status->reason, ==, ARC_REASON_NOTHING_PENDING);
  g_assert_false (status->stoked);
  g_assert_cmpint (status->holds, ==, ARC_HOLD_NONE);
  g_assert_cmpint (status->state_since, ==, ARC_TEST_CLOCK_START + ARC_TEST_CLOCK_EPOCH);
  g_assert_cmpint (status->next_build, ==, 0);

  arc_test_clock_advance (fixture->engine.clock, SECOND);
  step (fixture, ARC_EVENT_TOUCH);
  g_assert_cmpint (status->state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (status->reason, ==, ARC_REASON_DEBOUNCE);
  g_assert_cmpint (status->state_since, ==, ARC_TEST_CLOCK_START + ARC_TEST_CLOCK_EPOCH + SECOND);
  g_assert_cmpint (status->next_build, ==, status->state_since + 5 * SECOND);

  step (fixture, ARC_EVENT_REBUILD);
  step (fixture, ARC_EVENT_TOUCH);
  g_assert_cmpint (status->state, ==, ARC_STATE_RUNNING);
  g_assert_cmpint (status->reason, ==, ARC_REASON_BUILDING);
  g_assert_true (status->stoked);

  fixture->machine.cost = SECOND;
  step (fixture, ARC_EVENT_SUCCEEDED);
  g_assert_cmpint (status->state, ==, ARC_STATE_COOLDOWN);
  g_assert_cmpint (status->rest, ==, 2 * SECOND);
}

/* Both those of the machine and those of the build. */
static void
test_holds (Fixture *fixture, gconstpointer data)
{
  fixture->machine.holds = ARC_HOLD_PAUSED | ARC_HOLD_INHIBITED;
  fixture->engine.run->holds = ARC_HOLD_LEFTOVER;
  update (fixture);
  g_assert_cmpint (fixture->status.holds, ==,
                   ARC_HOLD_PAUSED | ARC_HOLD_INHIBITED | ARC_HOLD_LEFTOVER);

  fixture->machine.holds = ARC_HOLD_NONE;
  fixture->engine.run->holds = ARC_HOLD_NONE;
  update (fixture);
  g_assert_cmpint (fixture->status.holds, ==, ARC_HOLD_NONE);
}

/* The two clocks drift: a time that has not changed is not converted again. */
static void
test_times (Fixture *fixture, gconstpointer data)
{
  ArcStatus *status = &fixture->status;

  step (fixture, ARC_EVENT_TOUCH);
  status->state_since = 1;
  status->next_build = 2;
  arc_test_clock_advance (fixture->engine.clock, SECOND);
  update (fixture);
  g_assert_cmpint (status->state_since, ==, 1);
  g_assert_cmpint (status->next_build, ==, 2);

  /* One more touch puts the build off. */
  step (fixture, ARC_EVENT_TOUCH);
  g_assert_cmpint (status->state_since, ==, 1);
  g_assert_cmpint (status->next_build, ==, get_time (fixture) + ARC_TEST_CLOCK_EPOCH + 5 * SECOND);
  step (fixture, ARC_EVENT_REBUILD);
  g_assert_cmpint (status->state_since, ==, get_time (fixture) + ARC_TEST_CLOCK_EPOCH);
  g_assert_cmpint (status->next_build, ==, 0);
}

static void
test_build (Fixture *fixture, gconstpointer data)
{
  const ArcStatus *status = &fixture->status;
  ArcBuildRun *run = fixture->engine.run;

  g_assert_cmpuint (status->current_build, ==, 0);
  g_assert_cmpstr (status->phase, ==, "");
  g_assert_cmpuint (status->progress_total, ==, 0);

  run->build = arc_build_new (7, ARC_BUILD_FULL, ARC_CAUSE_REQUEST, 0);
  run->activity = g_strdup ("preparing Emacs");
  run->progress_done = 3;
  run->progress_total = 9;
  update (fixture);
  g_assert_cmpuint (status->current_build, ==, 7);
  g_assert_cmpstr (status->phase, ==, "preparing Emacs");
  g_assert_cmpuint (status->progress_done, ==, 3);
  g_assert_cmpuint (status->progress_total, ==, 9);
}

/* The comparison at the start does not count. */
static void
test_rescans (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (fixture->status.rescans, ==, 0);
  arc_engine_fixture_compare (&fixture->engine);
  update (fixture);
  g_assert_cmpuint (fixture->status.rescans, ==, 1);

  arc_engine_fixture_restart (&fixture->engine);
  update (fixture);
  g_assert_cmpuint (fixture->status.rescans, ==, 0);
}

static void
test_changes (Fixture *fixture, gconstpointer data)
{
  const ArcStatus *status = &fixture->status;
  ArcPendingChanges *pending = fixture->engine.database->pending;
  ArcProblemList *problems = arc_problem_list_new ();

  g_assert_false (status->fresh);
  arc_pending_changes_set_true (pending);
  update (fixture);
  g_assert_true (status->fresh);
  g_assert_cmpuint (status->change_serial, ==, 1);
  g_assert_cmpuint (status->built_serial, ==, 1);
  g_assert_cmpuint (status->n_pending, ==, 0);
  fixture->machine.holds = ARC_HOLD_UNAVAILABLE;
  update (fixture);
  g_assert_false (status->fresh);
  fixture->machine.holds = ARC_HOLD_PAUSED;
  update (fixture);
  g_assert_true (status->fresh);

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  arc_engine_fixture_touch (&fixture->engine, "two.org");
  update (fixture);
  g_assert_false (status->fresh);
  g_assert_cmpuint (status->change_serial, ==, pending->change_serial);
  g_assert_cmpuint (status->change_serial, >, 1);
  g_assert_cmpuint (status->built_serial, ==, 1);
  g_assert_cmpuint (status->n_pending, ==, 2);

  g_assert_cmpuint (status->n_problems, ==, 0);
  arc_problem_list_add (problems, "/one.org", 1, "no title", NULL);
  arc_problem_list_add (problems, "/one.org", 2, "unbalanced quote", NULL);
  arc_state_store_set_note_problems (fixture->engine.store, problems);
  arc_problem_list_unref (problems);
  update (fixture);
  g_assert_cmpuint (status->n_problems, ==, 2);
}

static void
assert_health (Fixture *fixture, ArcHealth health, const char *message)
{
  update (fixture);
  g_assert_cmpint (fixture->status.health, ==, health);
  g_assert_cmpstr (fixture->status.health_message, ==, message);
}

/* It is logged when it changes, and not before. */
static void
test_health_log (Fixture *fixture, gconstpointer data)
{
  HealthLog *log = fixture->log;

  assert_health (fixture, ARC_HEALTH_OK, "");
  g_assert_cmpuint (log->n, ==, 0);

  fixture->engine.run->after_problem = g_strdup ("AfterBuild failed");
  assert_health (fixture, ARC_HEALTH_DEGRADED, "AfterBuild failed");
  assert_health (fixture, ARC_HEALTH_DEGRADED, "AfterBuild failed");
  g_assert_cmpuint (log->n, ==, 1);
  g_assert_cmpint (log->level, ==, G_LOG_LEVEL_WARNING);
  g_assert_cmpstr (log->message, ==, "The health is degraded: AfterBuild failed");

  g_clear_pointer (&fixture->engine.run->after_problem, g_free);
  assert_health (fixture, ARC_HEALTH_OK, "");
  g_assert_cmpuint (log->n, ==, 2);
  g_assert_cmpint (log->level, ==, G_LOG_LEVEL_MESSAGE);
  g_assert_cmpstr (log->message, ==, "The health is ok");
}

static void
test_health_of_tree (Fixture *fixture, gconstpointer data)
{
  arc_tree_availability_set_problem (fixture->engine.availability, NULL);
  arc_tree_availability_blame_settings (fixture->engine.availability,
                                        (const char *const *) fixture->engine.config->directories);
  assert_health (fixture, ARC_HEALTH_UNAVAILABLE,
                 arc_tree_availability_get_doubt (fixture->engine.availability));
  g_assert_cmpuint (fixture->log->n, ==, 1);
}

static void
test_health_of_watcher (Fixture *fixture, gconstpointer data)
{
  arc_engine_fixture_set_away (&fixture->engine, TRUE);
  assert_health (fixture, ARC_HEALTH_UNAVAILABLE,
                 arc_watcher_get_health_message (fixture->engine.watcher));
  g_assert_nonnull (strstr (fixture->status.health_message, fixture->engine.tree));
  arc_engine_fixture_set_away (&fixture->engine, FALSE);
  assert_health (fixture, ARC_HEALTH_OK, "");
}

static void
test_health_of_store (Fixture *fixture, gconstpointer data)
{
  ArcStateStore *store = fixture->engine.store;

  arc_test_disk_fail_rename ("history");
  arc_state_store_add_build (store, arc_build_new (1, ARC_BUILD_FULL, ARC_CAUSE_START, 0));
  arc_test_wait_until (arc_state_store_get_problem (store) != NULL);
  assert_health (fixture, ARC_HEALTH_DEGRADED, arc_state_store_get_problem (store));
  arc_state_store_unlock (store);
  arc_test_disk_fail_rename (NULL);
}

/* N files that each build changes. */
static void
loop (Fixture *fixture, guint n)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = g_strdup_printf ("/tree/note-%04u.org", i);

      arc_change_set_add (changes, path, ARC_CHANGE_MODIFIED);
    }
  for (guint i = 0; i < ARC_LOOP_GUARD_PATIENCE + 2; i++)
    {
      arc_loop_guard_note_changes (fixture->engine.run->loop_guard, changes, i > 0);
      arc_loop_guard_begin_build (fixture->engine.run->loop_guard, FALSE);
      arc_loop_guard_end_build (fixture->engine.run->loop_guard, get_time (fixture), 0);
    }
}

static void
test_health_of_loop (Fixture *fixture, gconstpointer data)
{
  loop (fixture, 1000);
  update (fixture);
  g_assert_cmpint (fixture->status.health, ==, ARC_HEALTH_DEGRADED);
  g_assert_nonnull (strstr (fixture->status.health_message, " /tree/note-0000.org /tree/note-"));
  /* Enough of the paths, and not all of them. */
  g_assert_cmpuint (strlen (fixture->status.health_message), <, 700);
}

/* All that is wrong, and the worst of it. */
static void
test_health_of_all (Fixture *fixture, gconstpointer data)
{
  g_autofree char *start = NULL;

  fixture->engine.run->after_problem = g_strdup ("AfterBuild failed");
  arc_tree_availability_set_problem (fixture->engine.availability, NULL);
  arc_tree_availability_blame_settings (fixture->engine.availability,
                                        (const char *const *) fixture->engine.config->directories);
  loop (fixture, 1);
  arc_engine_fixture_set_away (&fixture->engine, TRUE);
  update (fixture);

  g_assert_cmpint (fixture->status.health, ==, ARC_HEALTH_UNAVAILABLE);
  start = g_strdup_printf ("%s. %s. AfterBuild failed. Each build changes the tree",
                           arc_watcher_get_health_message (fixture->engine.watcher),
                           arc_tree_availability_get_doubt (fixture->engine.availability));
  g_assert_true (g_str_has_prefix (fixture->status.health_message, start));
  g_assert_true (g_str_has_suffix (fixture->status.health_message, ": /tree/note-0000.org"));
  g_assert_nonnull (strstr (fixture->log->message, fixture->status.health_message));
}

int
main (int argc, char **argv)
{
  HealthLog log = { 0 };
  int status;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_log_set_writer_func (on_log, &log, NULL);

#define ADD(path, function) g_test_add ("/status/" path, Fixture, &log, set_up, function, tear_down)
  ADD ("machine", test_machine);
  ADD ("holds", test_holds);
  ADD ("times", test_times);
  ADD ("build", test_build);
  ADD ("rescans", test_rescans);
  ADD ("changes", test_changes);
  ADD ("health/log", test_health_log);
  ADD ("health/tree", test_health_of_tree);
  ADD ("health/watcher", test_health_of_watcher);
  ADD ("health/store", test_health_of_store);
  ADD ("health/loop", test_health_of_loop);
  ADD ("health/all", test_health_of_all);
#undef ADD

  status = g_test_run ();
  g_free (log.message);

  return status;
}
