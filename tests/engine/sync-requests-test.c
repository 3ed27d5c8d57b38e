/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/sync-requests.h"

#include "common/error.h"
#include "engine-fixture.h"
#include "test-util.h"

#include <glib/gstdio.h>

typedef struct
{
  ArcEngineFixture engine;
  ArcSyncRequests *syncs;
  guint n_answered;
} Fixture;

/* A call of Sync. */
typedef struct _Call Call;
struct _Call
{
  Fixture *fixture;
  guint answered; /* the how many-th answer it got, 0 for none yet */
  guint64 build;
  ArcResult result;
  GError *error; /* (owned) (nullable) */
  Call *next;    /* (nullable): to be made when this one is answered */
};

static void add (Fixture *fixture, Call *call);

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (ArcBuild) build = g_task_propagate_pointer (G_TASK (result), &call->error);

  g_assert_cmpuint (call->answered, ==, 0);
  call->answered = ++call->fixture->n_answered;
  if (build != NULL)
    {
      call->build = build->id;
      call->result = build->result;
    }
  if (call->next != NULL)
    add (call->fixture, call->next);
}

static void
add (Fixture *fixture, Call *call)
{
  *call = (Call){ .fixture = fixture, .next = call->next };
  arc_sync_requests_add (fixture->syncs,
                         g_task_new (fixture->engine.watcher, NULL, on_answered, call));
}

static gboolean
is_answered (const Call *call)
{
  arc_test_dispatch_ready ();

  return call->answered > 0;
}

static void
assert_answered (Call *call, guint64 build)
{
  g_assert_true (is_answered (call));
  g_assert_no_error (call->error);
  g_assert_cmpuint (call->build, ==, build);
}

static void
assert_failed (Call *call, ArcError code)
{
  g_assert_true (is_answered (call));
  g_assert_error (call->error, ARC_ERROR, (int) code);
  g_clear_error (&call->error);
}

/* The database is there, and has everything. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  arc_engine_fixture_set_up (&fixture->engine, data);
  arc_engine_fixture_start (&fixture->engine);
  arc_engine_fixture_write_database (&fixture->engine, "rows");
  arc_pending_changes_set_true (fixture->engine.database->pending);
  fixture->syncs = arc_sync_requests_new (fixture->engine.run);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  arc_sync_requests_free (fixture->syncs);
  arc_engine_fixture_tear_down (&fixture->engine, data);
}

static gboolean
advance (Fixture *fixture)
{
  return arc_sync_requests_advance (fixture->syncs, NULL);
}

/* Adds CALL, and waits for its comparison. */
static void
add_compared (Fixture *fixture, Call *call)
{
  const guint64 comparison = fixture->engine.n_ended + 1;

  add (fixture, call);
  arc_test_wait_until (fixture->engine.n_ended == comparison);
}

/* (transfer full): a build in PHASE, the one with the number ID, which has taken what is pending.
 * The run has a copy. */
static ArcBuild *
take (Fixture *fixture, guint64 id, ArcPhase phase)
{
  ArcBuild *build = arc_engine_fixture_take (&fixture->engine, id, ARC_BUILD_INCREMENTAL);

  fixture->engine.run->build = g_boxed_copy (ARC_TYPE_BUILD, build);
  fixture->engine.run->phase = phase;

  return build;
}

static void
end (Fixture *fixture)
{
  g_clear_pointer (&fixture->engine.run->build, arc_build_free);
  fixture->engine.run->phase = ARC_PHASE_NONE;
}

/* A call waits for the next comparison that begins; one that is under way does not answer it. */
static void
test_compare (Fixture *fixture, gconstpointer data)
{
  Call call = { 0 };
  Call later = { 0 };

  add (fixture, &call);
  g_assert_false (advance (fixture));
  g_assert_false (is_answered (&call));
  /* The comparison of the first call is under way: this is for the next one. */
  add (fixture, &later);
  arc_test_wait_until (fixture->engine.n_ended == 2);
  g_assert_false (advance (fixture));
  assert_answered (&call, 0);
  g_assert_false (is_answered (&later));
  arc_test_wait_until (fixture->engine.n_ended == 3);
  g_assert_false (advance (fixture));
  assert_answered (&later, 0);
}

/* The answer is the last build that succeeded. */
static void
test_fresh (Fixture *fixture, gconstpointer data)
{
  static const ArcResult results[] = { ARC_RESULT_SUCCESS, ARC_RESULT_SUCCESS, ARC_RESULT_FAILED };
  Call call = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      ArcBuild *build = arc_build_new (i + 1, ARC_BUILD_FULL, ARC_CAUSE_START, 0);

      build->result = results[i];
      arc_state_store_add_build (fixture->engine.store, build);
    }

  add_compared (fixture, &call);
  g_assert_false (advance (fixture));
  assert_answered (&call, 2);
  g_assert_cmpint (call.result, ==, ARC_RESULT_SUCCESS);
}

static void
test_no_database (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build = NULL;
  Call call = { 0 };

  g_assert_no_errno (g_unlink (fixture->engine.config->database));
  add_compared (fixture, &call);
  g_assert_true (advance (fixture));
  g_assert_false (is_answered (&call));

  build = take (fixture, 5, ARC_PHASE_RUNNING);
  arc_sync_requests_answer (fixture->syncs, build);
  assert_answered (&call, 5);
}

/* What is pending needs a build, which answers all of its callers in their order. */
static void
test_pending (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build = NULL;
  Call calls[3] = { 0 };

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  add_compared (fixture, &calls[0]);
  g_assert_true (advance (fixture));
  /* That build was asked for. */
  g_assert_false (advance (fixture));
  add_compared (fixture, &calls[1]);
  g_assert_true (advance (fixture));

  build = take (fixture, 5, ARC_PHASE_RUNNING);
  add_compared (fixture, &calls[2]);
  /* That build does it. */
  g_assert_false (advance (fixture));
  g_assert_false (is_answered (&calls[0]));
  arc_sync_requests_answer (fixture->syncs, build);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      assert_answered (&calls[i], 5);
      g_assert_cmpuint (calls[i].answered, ==, i + 1);
    }
}

/* A failure is an answer, too. */
static void
test_answer_failure (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build = NULL;
  g_autoptr (ArcBuild) next = NULL;
  Call call = { 0 };

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  add_compared (fixture, &call);
  g_assert_true (advance (fixture));
  build = take (fixture, 5, ARC_PHASE_RUNNING);
  build->result = ARC_RESULT_FAILED;
  arc_sync_requests_answer (fixture->syncs, build);
  assert_answered (&call, 5);
  g_assert_cmpint (call.result, ==, ARC_RESULT_FAILED);

  /* It has taken all that there is, but it builds no more. */
  end (fixture);
  arc_pending_changes_restore (fixture->engine.database->pending, build,
                               arc_watcher_get_snapshot (fixture->engine.watcher));
  add_compared (fixture, &call);
  g_assert_true (advance (fixture));
  next = take (fixture, 6, ARC_PHASE_RUNNING);
  arc_sync_requests_answer (fixture->syncs, next);
  assert_answered (&call, 6);
}

/* A build that has not taken its changes will take those of the call. */
static void
test_preparing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build = arc_build_new (5, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 0);
  g_autoptr (ArcBuild) taken = NULL;
  Call call = { 0 };

  fixture->engine.run->build = g_boxed_copy (ARC_TYPE_BUILD, build);
  fixture->engine.run->phase = ARC_PHASE_COMPARING;
  arc_engine_fixture_touch (&fixture->engine, "one.org");
  add_compared (fixture, &call);
  g_assert_false (advance (fixture));
  g_assert_false (is_answered (&call));

  end (fixture);
  taken = take (fixture, 5, ARC_PHASE_RUNNING);
  arc_sync_requests_answer (fixture->syncs, taken);
  assert_answered (&call, 5);
}

/* What came after a build took its changes needs another one. */
static void
test_too_late (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) first = NULL;
  g_autoptr (ArcBuild) second = NULL;
  Call call = { 0 };

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  first = take (fixture, 5, ARC_PHASE_RUNNING);
  arc_engine_fixture_touch (&fixture->engine, "two.org");
  add_compared (fixture, &call);
  g_assert_true (advance (fixture));
  arc_sync_requests_answer (fixture->syncs, first);
  g_assert_false (is_answered (&call));

  end (fixture);
  arc_pending_changes_commit (fixture->engine.database->pending);
  second = take (fixture, 6, ARC_PHASE_RUNNING);
  arc_sync_requests_answer (fixture->syncs, second);
  assert_answered (&call, 6);
}

/* A build that is stopped before it took its changes answers for all that there were. */
static void
test_stopped_early (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build = arc_build_new (5, ARC_BUILD_INCREMENTAL, ARC_CAUSE_REQUEST, 0);
  ArcPendingChanges *pending = fixture->engine.database->pending;
  Call call = { 0 };

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  add_compared (fixture, &call);
  g_assert_true (advance (fixture));
  build->result = ARC_RESULT_CANCELED;
  arc_pending_changes_restore (pending, build, arc_watcher_get_snapshot (fixture->engine.watcher));
  arc_sync_requests_answer (fixture->syncs, build);
  assert_answered (&call, 5);
}

/* It may have taken all that there is, and does not build it: a call that comes now needs the next
 * one. */
static void
assert_needs_next (Fixture *fixture)
{
  g_autoptr (ArcBuild) failing = g_boxed_copy (ARC_TYPE_BUILD, fixture->engine.run->build);
  g_autoptr (ArcBuild) next = NULL;
  Call call = { 0 };

  add_compared (fixture, &call);
  g_assert_true (advance (fixture));
  g_assert_false (arc_pending_changes_is_true (fixture->engine.database->pending));
  arc_sync_requests_answer (fixture->syncs, failing);
  g_assert_false (is_answered (&call));

  end (fixture);
  arc_pending_changes_restore (fixture->engine.database->pending, failing,
                               arc_watcher_get_snapshot (fixture->engine.watcher));
  next = take (fixture, 6, ARC_PHASE_RUNNING);
  arc_sync_requests_answer (fixture->syncs, next);
  assert_answered (&call, 6);
}

static void
test_stopping (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build = NULL;

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  build = take (fixture, 5, ARC_PHASE_STOPPING);
  assert_needs_next (fixture);
}

static void
test_failed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build = NULL;

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  build = take (fixture, 5, ARC_PHASE_ENDED);
  fixture->engine.run->outcome.result = ARC_RESULT_FAILED;
  assert_needs_next (fixture);
}

static void
test_removed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build G_GNUC_UNUSED = take (fixture, 5, ARC_PHASE_RUNNING);

  g_assert_no_errno (g_unlink (fixture->engine.config->database));
  assert_needs_next (fixture);
}

static void
test_succeeded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) build = NULL;
  Call call = { 0 };

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  build = take (fixture, 5, ARC_PHASE_ENDED);
  fixture->engine.run->outcome.result = ARC_RESULT_SUCCESS;
  add_compared (fixture, &call);
  g_assert_false (advance (fixture));
  arc_sync_requests_answer (fixture->syncs, build);
  assert_answered (&call, 5);
}

static void
test_unavailable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error =
      g_error_new_literal (ARC_ERROR, ARC_ERROR_TREE_UNAVAILABLE, "it is not there");
  Call call = { 0 };
  Call later = { 0 };

  add (fixture, &call);
  add (fixture, &later);
  arc_test_wait_until (fixture->engine.n_ended == 2);
  g_assert_false (arc_sync_requests_advance (fixture->syncs, error));
  assert_failed (&call, ARC_ERROR_TREE_UNAVAILABLE);
  /* The tree may be there when its own comparison ends. */
  g_assert_false (is_answered (&later));
  arc_test_wait_until (fixture->engine.n_ended == 3);
  g_assert_false (advance (fixture));
  assert_answered (&later, 0);
}

/* The running build lacks a file that may have been there when the call came. */
static void
test_postpone (Fixture *fixture, gconstpointer data)
{
  ArcPendingChanges *pending = fixture->engine.database->pending;
  g_autoptr (ArcBuild) first = NULL;
  g_autoptr (ArcBuild) second = NULL;
  Call before = { 0 };
  Call call = { 0 };

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  g_assert_false (arc_sync_requests_postpone (fixture->syncs));
  add_compared (fixture, &before);
  g_assert_true (advance (fixture));
  fixture->engine.run->comparison = fixture->engine.n_ended;
  first = take (fixture, 5, ARC_PHASE_RUNNING);
  /* It came before the comparison that the build began with. */
  g_assert_false (arc_sync_requests_postpone (fixture->syncs));

  add (fixture, &call);
  /* Its comparison has not ended: what it needs is not known yet. */
  g_assert_false (arc_sync_requests_postpone (fixture->syncs));
  arc_test_wait_until (fixture->engine.n_ended == fixture->engine.run->comparison + 1);
  g_assert_false (advance (fixture));
  arc_pending_changes_add (pending, NULL);
  g_assert_true (arc_sync_requests_postpone (fixture->syncs));
  arc_sync_requests_answer (fixture->syncs, first);
  assert_answered (&before, 5);
  g_assert_false (is_answered (&call));

  end (fixture);
  arc_pending_changes_commit (pending);
  second = take (fixture, 6, ARC_PHASE_RUNNING);
  arc_sync_requests_answer (fixture->syncs, second);
  assert_answered (&call, 6);
}

/* Those of a comparison and of earlier ones. */
static void
test_fail (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (ARC_ERROR, ARC_ERROR_SHUTTING_DOWN, "the end");
  Call calls[3] = { 0 };

  arc_engine_fixture_touch (&fixture->engine, "one.org");
  add_compared (fixture, &calls[0]);
  g_assert_true (advance (fixture));
  add (fixture, &calls[1]); /* 3 */
  add (fixture, &calls[2]); /* 4 */

  arc_sync_requests_fail (fixture->syncs, 3, error);
  assert_failed (&calls[0], ARC_ERROR_SHUTTING_DOWN);
  assert_failed (&calls[1], ARC_ERROR_SHUTTING_DOWN);
  g_assert_cmpuint (calls[0].answered, ==, 1);
  g_assert_cmpuint (calls[1].answered, ==, 2);
  g_assert_false (is_answered (&calls[2]));
  arc_sync_requests_fail (fixture->syncs, G_MAXUINT64, error);
  assert_failed (&calls[2], ARC_ERROR_SHUTTING_DOWN);
}

/* A call that is made when another one is answered is a new one. */
static void
test_call_from_answer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (ARC_ERROR, ARC_ERROR_SHUTTING_DOWN, "the end");
  Call next = { 0 };
  Call call = { .next = &next };
  Call other = { 0 };

  add (fixture, &call);
  arc_test_wait_until (fixture->engine.n_ended == 2);
  arc_sync_requests_fail (fixture->syncs, G_MAXUINT64, error);
  assert_failed (&call, ARC_ERROR_SHUTTING_DOWN);
  g_assert_false (is_answered (&next));
  arc_test_wait_until (fixture->engine.n_ended == 3);
  g_assert_false (advance (fixture));
  assert_answered (&next, 0);

  call.next = &other;
  add_compared (fixture, &call);
  g_assert_false (advance (fixture));
  assert_answered (&call, 0);
  g_assert_false (is_answered (&other));
  arc_test_wait_until (fixture->engine.n_ended == 5);
  g_assert_false (advance (fixture));
  assert_answered (&other, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function)                                                                        \
  g_test_add ("/sync-requests/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("compare", test_compare);
  ADD ("fresh", test_fresh);
  ADD ("no-database", test_no_database);
  ADD ("pending", test_pending);
  ADD ("answer-failure", test_answer_failure);
  ADD ("preparing", test_preparing);
  ADD ("too-late", test_too_late);
  ADD ("stopped-early", test_stopped_early);
  ADD ("stopping", test_stopping);
  ADD ("failed", test_failed);
  ADD ("removed", test_removed);
  ADD ("succeeded", test_succeeded);
  ADD ("unavailable", test_unavailable);
  ADD ("postpone", test_postpone);
  ADD ("fail", test_fail);
  ADD ("call-from-answer", test_call_from_answer);
#undef ADD

  return g_test_run ();
}
