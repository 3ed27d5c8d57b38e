/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/build-run.h"

#include "common/error.h"
#include "common/problem-list.h"
#include "config/build-environment.h"
#include "engine/log-messages.h"
#include "run/output-parser.h"
#include "watch/directory-reader.h"

/* How long what is left of a build of a killed service has between SIGTERM and SIGKILL. Nobody
 * waits for its result. */
#define LEFTOVER_GRACE (2 * G_USEC_PER_SEC)

/* Frees what there is of the last build. */
static void
clear_build (ArcBuildRun *run)
{
  g_cancellable_cancel (run->cancellable);
  g_clear_object (&run->cancellable);
  g_clear_pointer (&run->build, arc_build_free);
  g_clear_pointer (&run->config, arc_config_free);
  arc_build_files_clear (&run->files);
  g_clear_error (&run->error);
  g_clear_pointer (&run->environment, g_strfreev);
  g_clear_pointer (&run->reported, arc_problem_list_unref);
  g_clear_pointer (&run->activity, g_free);
  g_free ((char *) run->outcome.message);
  run->outcome = (ArcOutcome){ 0 };
  run->progress_done = 0;
  run->progress_total = 0;
}

static void
step (ArcBuildRun *run, ArcPhaseEvent event, const ArcOutcome *outcome /* (nullable) */);

/* All that the next service needs is on the disk: now the process may change the database. */
static void
on_written (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  ArcBuildRun *run = user_data;
  ArcBuildFiles files = { 0 };
  g_autoptr (GError) error = NULL;

  arc_database_state_take_finish (result, &files, &error);
  /* The build, or the object, is gone. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  run->files = files;
  run->error = g_steal_pointer (&error);
  step (run, ARC_PHASE_EVENT_WRITTEN, NULL);
}

/* The tree has been compared: now the build takes what is pending. What is seen from here on is for
 * the next one. */
static void
take (ArcBuildRun *run)
{
  arc_loop_guard_begin_build (run->loop_guard, run->build->cause == ARC_CAUSE_REQUEST);
  arc_database_state_take_async (run->database, run->build, run->cancellable, on_written, run);
  run->funcs->changed (run->user_data);
}

/* Starts ARGV as the build or, with SETTING, as AfterBuild. This waits for the disk of the program:
 * g_subprocess_launcher_spawnv() returns when execve(2) has. It cannot wait in a thread, because
 * the process gets SIGKILL when the thread that started it ends (PR_SET_PDEATHSIG, prctl(2)). */
static gboolean
start (ArcBuildRun *run,
       const char *const *argv,
       const char *setting /* (nullable) */,
       gint64 timeout,
       GError **error)
{
  const ArcRun process = {
    .argv = argv,
    .setting = setting,
    .environment = (const char *const *) run->environment,
    .log_file = setting == NULL ? run->files.log : NULL,
    .group_file = run->files.group,
    .timeout = timeout,
    .stop_grace = run->config->stop_grace,
  };

  return arc_process_runner_start (setting == NULL ? run->runner : run->after_runner, &process,
                                   error);
}

/* Starts the process with the environment that README.md promises. */
static gboolean
spawn (ArcBuildRun *run, GError **error)
{
  const ArcBuild *build = run->build;
  const ArcBuild *stored = arc_state_store_get_last_stored (run->store);
  const ArcConfig *config = run->config;

  if (run->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&run->error));
      return FALSE;
    }

  run->environment =
      arc_build_environment_for_build (g_get_environ (), config, build->kind, build->id,
                                       stored != NULL ? stored->id : 0, run->files.changes);

  return start (run, (const char *const *) config->command, NULL, config->timeout, error);
}

/* The problems of a build whose transaction is in the database are all problems of all notes. */
static void
record_problems (ArcBuildRun *run, ArcBuild *build)
{
  ArcProblemList *reported = run->reported;
  const ArcProblemList *before = arc_state_store_get_note_problems (run->store);
  const ArcProblem *first;

  build->n_problems = reported->count;
  if (!arc_build_is_stored (build))
    return;

  arc_problem_list_sort (reported);
  if (arc_problem_list_equal (reported, before))
    return;

  build->n_new_problems = arc_problem_list_count_new (reported, before, &first);
  build->new_problem = first != NULL ? arc_problem_to_string (first) : NULL;
  build->new_problem_path = first != NULL ? g_strdup (first->path) : NULL;
  arc_log_message_log_problems (build, reported, first);
  arc_state_store_set_note_problems (run->store, reported);
}

/* The builder logs it with the health. */
static void
set_after_problem (ArcBuildRun *run, const char *why /* (nullable) */)
{
  g_clear_pointer (&run->after_problem, g_free);
  if (why != NULL)
    run->after_problem = g_strdup_printf ("AfterBuild of build %" G_GUINT64_FORMAT " failed: %s",
                                          run->after_id, why);
}

/* (transfer full) (nullable): English; NULL for a success. */
static char *
describe_after_end (const ArcOutcome *outcome, const char *last_line /* (nullable) */)
{
  switch (outcome->result)
    {
    case ARC_RESULT_SUCCESS:
      return NULL;

    case ARC_RESULT_FAILED:
      return g_strdup_printf ("exit status %d%s%s", outcome->exit_status,
                              last_line != NULL ? ": " : "", last_line != NULL ? last_line : "");

    case ARC_RESULT_SIGNAL:
      return g_strdup_printf ("signal %d (%s)", outcome->exit_status,
                              g_strsignal (outcome->exit_status));

    case ARC_RESULT_TIMEOUT:
      return g_strdup ("it took longer than AfterBuildTimeout");

    case ARC_RESULT_INTERRUPTED:
      return g_strdup ("the service stopped");

    case ARC_RESULT_CANCELED:
    case ARC_RESULT_SPAWN_FAILED:
      break;
    }

  return g_strdup (outcome->message != NULL ? outcome->message
                                            : arc_result_to_string (outcome->result));
}

/* A build that succeeded, or failed for some files only, which are all that the next build lists,
 * has updated the database. FALSE if nothing was started. */
static gboolean
start_after_build (ArcBuildRun *run)
{
  const ArcConfig *config = run->config;
  const ArcBuild *build = run->build;
  g_autoptr (GError) error = NULL;

  if (config->after_build == NULL || g_cancellable_is_cancelled (run->closing) ||
      !arc_build_is_stored (build))
    return FALSE;

  run->after_id = build->id;
  g_clear_pointer (&run->after_last_line, g_free);
  if (!start (run, (const char *const *) config->after_build, "AfterBuild",
              config->after_build_timeout, &error))
    {
      set_after_problem (run, error->message);
      return FALSE;
    }

  run->holds |= ARC_HOLD_AFTER_BUILD;
  return TRUE;
}

/* Completes the record from the outcome, and writes it. */
static void
record (ArcBuildRun *run, gboolean spawned)
{
  const ArcOutcome *outcome = &run->outcome;
  ArcBuild *build = run->build;

  build->result = outcome->result;
  if (outcome->result == ARC_RESULT_SIGNAL)
    build->signal = outcome->exit_status;
  else
    build->exit_status = outcome->exit_status;
  build->message = arc_log_message_end (build, outcome->message);
  build->finished = arc_clock_get_real_time (run->clock);
  build->cpu_usec = outcome->cpu_usec;
  build->max_rss = outcome->max_rss;
  arc_log_message_log_end (build);
  record_problems (run, build);
  arc_state_store_add_build (run->store, build);
  if (!spawned || !start_after_build (run))
    arc_state_store_forget_group (run->store);

  g_cancellable_cancel (run->cancellable);
  run->build = NULL;
  run->progress_done = 0;
  run->progress_total = 0;
  g_clear_pointer (&run->activity, g_free);
  run->funcs->ended (build, spawned, run->user_data);
}

/* What a build, or its AfterBuild, changed in the tree was changed before this. */
static void
note_end (ArcBuildRun *run)
{
  arc_loop_guard_end_build (run->loop_guard, arc_clock_get_time (run->clock),
                            arc_get_stamp_time ());
}

static void
set_outcome (ArcBuildRun *run, const ArcOutcome *outcome)
{
  run->outcome = *outcome;
  run->outcome.message = g_strdup (outcome->message);
}

/* A build that says that it has succeeded, if only in part, has not left what the next incremental
 * build needs. */
static void
check_database (ArcBuildRun *run)
{
  ArcOutcome *outcome = &run->outcome;

  if (outcome->result != ARC_RESULT_SUCCESS &&
      (outcome->result != ARC_RESULT_FAILED || outcome->exit_status != ARC_BUILD_PARTIAL_STATUS))
    return;
  if (!arc_database_state_was_removed (run->database))
    return;

  outcome->result = ARC_RESULT_FAILED;
  outcome->exit_status = ARC_BUILD_ASKS_FOR_FULL_STATUS;
  g_free (run->build->error);
  run->build->error = g_strdup ("the database was removed while the build ran");
}

/* The process is gone: what it left is looked at in a thread. */
static void
on_inspected (gpointer user_data)
{
  step (user_data, ARC_PHASE_EVENT_INSPECTED, NULL);
}

/* An event of the build, and everything that follows from it. OUTCOME is how the build ends if this
 * ends it, or NULL for a tree that is unavailable. */
static void
step (ArcBuildRun *run, ArcPhaseEvent event, const ArcOutcome *outcome /* (nullable) */)
{
  const ArcOutcome unavailable = { .result = ARC_RESULT_SPAWN_FAILED,
                                   .message = arc_tree_availability_get_message (run->tree) };
  const ArcHolds holds =
      run->holds | (unavailable.message != NULL ? ARC_HOLD_UNAVAILABLE : ARC_HOLD_NONE);
  g_autoptr (GError) error = NULL;

  switch (arc_phase_step (&run->phase, event, holds))
    {
    case ARC_PHASE_ACTION_NONE:
      return;

    case ARC_PHASE_ACTION_COMPARE:
      run->comparison = event == ARC_PHASE_EVENT_START
                            ? arc_comparisons_ask_for_build (run->comparisons, run->build->cause)
                            : arc_comparisons_ask (run->comparisons);
      return;

    case ARC_PHASE_ACTION_TAKE:
      take (run);
      return;

    case ARC_PHASE_ACTION_SPAWN:
      if (!spawn (run, &error))
        step (run, ARC_PHASE_EVENT_NOT_STARTED,
              &(ArcOutcome){ .result = ARC_RESULT_SPAWN_FAILED, .message = error->message });
      return;

    case ARC_PHASE_ACTION_SIGNAL:
      arc_process_runner_stop (run->runner, outcome->result);
      return;

    case ARC_PHASE_ACTION_INSPECT:
      note_end (run);
      set_outcome (run, outcome);
      arc_build_inputs_look (run->database->inputs, on_inspected, run);
      return;

    case ARC_PHASE_ACTION_ABANDON:
      note_end (run);
      set_outcome (run, outcome != NULL ? outcome : &unavailable);
      record (run, FALSE);
      return;

    case ARC_PHASE_ACTION_RECORD:
      check_database (run);
      record (run, TRUE);
      return;
    }
}

/* The build did not find PATH, and may have removed what the database knew of it. It was moved away
 * and back, perhaps, when no monitor was listening, and then nothing on the disk shows that. */
static void
note_gone (ArcBuildRun *run, const char *path)
{
  g_autoptr (ArcChangeSet) gone = arc_database_state_find_gone (run->database, run->build, path);

  if (arc_change_set_get_size (gone) == 0)
    return;

  /* A build that never finds it causes the next one for ever. */
  arc_loop_guard_note_changes (run->loop_guard, gone, TRUE);
  arc_pending_changes_add (run->database->pending, gone);
  run->funcs->gone (run->user_data);
}

/* What a line says of the build itself. */
static void
read_line (ArcBuildRun *run, ArcLine *line, const GString *text)
{
  switch (line->kind)
    {
    case ARC_LINE_PROGRESS:
      run->progress_done = line->done;
      run->progress_total = line->total;
      g_clear_pointer (&run->activity, g_free);
      break;

    case ARC_LINE_PROBLEM:
      arc_problem_list_add (run->reported, line->path, line->number, line->why, line->other);
      break;

    case ARC_LINE_ERROR:
      /* The message of the end has it. */
      g_free (run->build->error);
      run->build->error = g_steal_pointer (&line->why);
      return;

    case ARC_LINE_INPUT:
      arc_build_inputs_add_named (run->database->inputs, line->path);
      break;

    case ARC_LINE_GONE:
      note_gone (run, line->path);
      break;

    case ARC_LINE_FAILED:
      arc_build_add_failed_file (run->build, line->path, line->why);
      break;

    case ARC_LINE_PHASE:
      g_free (run->activity);
      run->activity = g_strdup (line->why);
      break;

    case ARC_LINE_PLAIN:
      arc_log_message_take_line (&run->build->last_line, text->str, text->len);
      break;
    }

  arc_log_message_log_line (run->build, line, text->str, text->len);
}

static void
on_line (ArcProcessRunner *runner G_GNUC_UNUSED, const GString *text, ArcBuildRun *run)
{
  g_auto (ArcLine) line = { 0 };

  arc_line_parse (text->str, text->len, &line);
  read_line (run, &line, text);
  if (line.kind == ARC_LINE_PROGRESS || line.kind == ARC_LINE_PHASE)
    run->funcs->changed (run->user_data);
}

static void
on_ended (ArcProcessRunner *runner G_GNUC_UNUSED, const ArcOutcome *outcome, ArcBuildRun *run)
{
  step (run, ARC_PHASE_EVENT_EXITED, outcome);
}

static void
on_after_line (ArcProcessRunner *runner G_GNUC_UNUSED, const GString *line, ArcBuildRun *run)
{
  g_autofree char *valid = g_utf8_make_valid (line->str, line->len);
  g_autofree char *id = g_strdup_printf ("%" G_GUINT64_FORMAT, run->after_id);

  arc_log_message_take_line (&run->after_last_line, line->str, line->len);
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "ARCOLOGY_BUILD_ID", id, "MESSAGE",
                    "AfterBuild: %s", valid);
}

static void
on_after_ended (ArcProcessRunner *runner G_GNUC_UNUSED, const ArcOutcome *outcome, ArcBuildRun *run)
{
  g_autofree char *why = describe_after_end (outcome, run->after_last_line);

  arc_state_store_forget_group (run->store);
  set_after_problem (run, why);
  note_end (run);
  arc_build_run_set_held (run, ARC_HOLD_AFTER_BUILD, FALSE);
  run->funcs->changed (run->user_data);
}

ArcBuildRun *
arc_build_run_new (ArcClock *clock,
                   ArcProcessRunner *runner,
                   ArcStateStore *store,
                   ArcDatabaseState *database,
                   ArcComparisons *comparisons,
                   ArcTreeAvailability *tree,
                   const ArcBuildRunFuncs *funcs,
                   gpointer user_data)
{
  ArcBuildRun *run = g_new (ArcBuildRun, 1);

  *run = (ArcBuildRun){
    .clock = clock,
    .runner = g_object_ref (runner),
    .store = store,
    .database = database,
    .comparisons = comparisons,
    .tree = tree,
    .after_runner = arc_process_runner_new (),
    .loop_guard = arc_loop_guard_new (),
    .funcs = funcs,
    .user_data = user_data,
    .closing = g_cancellable_new (),
  };
  g_signal_connect (runner, "line", G_CALLBACK (on_line), run);
  g_signal_connect (runner, "ended", G_CALLBACK (on_ended), run);
  g_signal_connect (run->after_runner, "line", G_CALLBACK (on_after_line), run);
  g_signal_connect (run->after_runner, "ended", G_CALLBACK (on_after_ended), run);

  return run;
}

void
arc_build_run_free (ArcBuildRun *run)
{
  g_signal_handlers_disconnect_by_data (run->runner, run);
  g_cancellable_cancel (run->closing);
  g_object_unref (run->closing);
  g_signal_handlers_disconnect_by_data (run->after_runner, run);
  g_object_unref (run->after_runner);
  g_free (run->after_last_line);
  g_free (run->after_problem);
  arc_loop_guard_free (run->loop_guard);
  g_object_unref (run->runner);
  clear_build (run);
  g_free (run);
}

void
arc_build_run_start (ArcBuildRun *run, ArcBuild *build)
{
  clear_build (run);
  run->build = build;
  run->cancellable = g_cancellable_new ();
  run->reported = arc_problem_list_new ();
  step (run, ARC_PHASE_EVENT_START, NULL);
}

static void
on_leftover_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcBuildRun *run = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = run->user_data;
  g_autoptr (GError) error = NULL;
  const gboolean found =
      arc_state_store_end_leftover_finish (ARC_STATE_STORE (source), result, &error);

  if (found)
    g_message ("Ended what was left of a build of a service that was killed");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  /* It may have written the tree or the database until now. A build that waits compares anyway. */
  if (found)
    arc_comparisons_ask (run->comparisons);
  arc_build_run_set_held (run, ARC_HOLD_LEFTOVER, FALSE);
}

void
arc_build_run_end_leftover (ArcBuildRun *run)
{
  arc_build_run_set_held (run, ARC_HOLD_LEFTOVER, TRUE);
  /* The owner, and so the object, is there until nothing is left, or the wait is cancelled. */
  g_object_ref (run->user_data);
  arc_state_store_end_leftover_async (run->store, LEFTOVER_GRACE, run->closing, on_leftover_ended,
                                      run);
}

gboolean
arc_build_run_proceed (ArcBuildRun *run, const ArcConfig *config)
{
  if (run->phase != ARC_PHASE_COMPARING ||
      run->comparison > arc_comparisons_get_ended (run->comparisons))
    return FALSE;

  g_clear_pointer (&run->config, arc_config_free);
  run->config = arc_config_copy (config);
  step (run, ARC_PHASE_EVENT_COMPARED, NULL);

  return TRUE;
}

void
arc_build_run_stop (ArcBuildRun *run, ArcResult result)
{
  step (run, ARC_PHASE_EVENT_STOP, &(ArcOutcome){ .result = result });
}

void
arc_build_run_close (ArcBuildRun *run)
{
  g_cancellable_cancel (run->closing);
  arc_process_runner_stop (run->after_runner, ARC_RESULT_INTERRUPTED);
}

void
arc_build_run_set_held (ArcBuildRun *run, ArcHolds hold, gboolean held)
{
  run->holds = held ? run->holds | hold : run->holds & ~hold;
  if (run->holds == ARC_HOLD_NONE)
    step (run, ARC_PHASE_EVENT_PERMITTED, NULL);
}

/* The process writes the database, or is about to write all of it. */
static gboolean
is_writing (const ArcBuildRun *run)
{
  return arc_phase_has_spawned (run->phase) ||
         (run->phase == ARC_PHASE_LAUNCHING && run->build->kind != ARC_BUILD_INCREMENTAL);
}

gboolean
arc_build_run_check_inputs (ArcBuildRun *run)
{
  if (!arc_database_state_check (run->database, is_writing (run)))
    return FALSE;

  if (arc_phase_is_preparing (run->phase))
    run->build->kind = MAX (run->build->kind, ARC_BUILD_FULL);
  else
    arc_database_state_want (run->database, ARC_BUILD_FULL);

  return TRUE;
}

/* Whether CHANGES, which come now, were most likely made by a build or its AfterBuild. */
static gboolean
are_own (ArcBuildRun *run, const ArcChangeSet *changes, const ArcSnapshot *snapshot)
{
  if (run->holds & ARC_HOLD_AFTER_BUILD)
    return TRUE;
  if (run->phase != ARC_PHASE_NONE)
    return arc_phase_has_spawned (run->phase);

  return arc_loop_guard_is_late (run->loop_guard, changes, snapshot,
                                 arc_clock_get_time (run->clock));
}

void
arc_build_run_note_changes (ArcBuildRun *run,
                            const ArcChangeSet *changes,
                            const ArcSnapshot *snapshot)
{
  arc_loop_guard_note_changes (run->loop_guard, changes, are_own (run, changes, snapshot));
}
