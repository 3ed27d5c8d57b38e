/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/build-run.h"

#include "common/error.h"
#include "common/problem-list.h"
#include "config/build-environment.h"
#include "engine/after-build.h"
#include "engine/log-messages.h"
#include "run/output-parser.h"
#include "watch/directory-reader.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sysexits.h>
#include <unistd.h>

/* How long what is left of a build of a killed service has between SIGTERM and SIGKILL. Nobody
 * waits for its result. */
#define LEFTOVER_GRACE (2 * G_USEC_PER_SEC)

/* One build. */
typedef struct
{
  ArcBuild *build;    /* (owned) (nullable): NULL once it is recorded */
  guint64 comparison; /* that it waits for, or that it began with */

  ArcConfig *config;         /* (owned) (nullable): NULL until it has taken its changes */
  GCancellable *cancellable; /* (owned): of writing the files */
  char *changes_file;        /* (owned) (nullable): NULL until it is there */
  char *log_file; /* (owned) (nullable): NULL if the output goes to the log of the service alone */
  GError *error;  /* (owned) (nullable): why the files cannot be written */

  GStrv environment;        /* (owned) (nullable): of its process; NULL until that has started */
  ArcProblemList *reported; /* (owned): the problems that its process has reported */
  guint progress_done;
  guint progress_total;
  char *phase;        /* (owned) (nullable): what its process does before the next file */
  ArcOutcome outcome; /* with an owned message */
} Current;

struct _ArcBuildRun
{
  ArcBuildRunPorts ports;
  ArcPhase phase;
  ArcHolds holds;
  Current *current; /* (owned) (nullable): the build, or the last one while there is none */
  ArcAfterBuild *after_build; /* (owned) */
  ArcLoopGuard *loop_guard;   /* (owned) */
  GCancellable *closing;      /* (owned): of the leftover; cancelled when nothing may start */
};

static Current *
current_new (ArcBuild *build)
{
  Current *current = g_new0 (Current, 1);

  current->build = build;
  current->cancellable = g_cancellable_new ();
  current->reported = arc_problem_list_new ();

  return current;
}

static void
current_free (Current *current)
{
  g_cancellable_cancel (current->cancellable);
  g_object_unref (current->cancellable);
  g_clear_pointer (&current->build, arc_build_free);
  g_clear_pointer (&current->config, arc_config_free);
  g_free (current->changes_file);
  g_free (current->log_file);
  g_clear_error (&current->error);
  g_strfreev (current->environment);
  arc_problem_list_unref (current->reported);
  g_free (current->phase);
  g_free ((char *) current->outcome.message);
  g_free (current);
}

static void
step (ArcBuildRun *run, ArcPhaseEvent event, const ArcOutcome *outcome /* (nullable) */);

/* All that the next service needs is on the disk: now the process may change the database. */
static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcBuildRun *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *log_file = NULL;
  g_autofree char *changes_file =
      arc_state_store_prepare_finish (ARC_STATE_STORE (source), result, &log_file, &error);

  /* The build, or the object, is gone. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  run->current->changes_file = g_steal_pointer (&changes_file);
  run->current->log_file = g_steal_pointer (&log_file);
  run->current->error = g_steal_pointer (&error);
  step (run, ARC_PHASE_EVENT_WRITTEN, NULL);
}

/* The tree has been compared: now the build takes what is pending. What is seen from here on is for
 * the next one. */
static void
take (ArcBuildRun *run)
{
  Current *current = run->current;

  arc_loop_guard_begin_build (run->loop_guard, current->build->cause == ARC_CAUSE_REQUEST);
  arc_database_state_take_async (run->ports.database, current->build, current->cancellable,
                                 on_written, run);
  run->ports.changed (run->ports.user_data);
}

static gboolean
make_database_directory (const char *database, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (database);

  if (g_mkdir_with_parents (directory, 0700) == 0)
    return TRUE;

  g_set_error (error, ARC_ERROR, ARC_ERROR_COMMAND,
               "Cannot make the directory of the database, %s: %s", directory, g_strerror (errno));
  return FALSE;
}

/* Starts ARGV as the build or, with SETTING, as AfterBuild. */
static gboolean
start (ArcBuildRun *run,
       const char *const *argv,
       const char *setting /* (nullable) */,
       gint64 timeout,
       GError **error)
{
  Current *current = run->current;
  /* For the next service, if this one is killed. */
  const int group_file = arc_state_store_open_group (run->ports.store);
  const ArcRun process = {
    .argv = argv,
    .setting = setting,
    .environment = (const char *const *) current->environment,
    .log_file = setting == NULL ? current->log_file : NULL,
    .group_file = MAX (group_file, 0),
    .timeout = timeout,
    .stop_grace = current->config->stop_grace,
  };
  const gboolean started =
      setting == NULL ? arc_process_runner_start (run->ports.runner, &process, error)
                      : arc_after_build_run (run->after_build, current->build->id, &process);

  if (group_file >= 0)
    close (group_file);

  return started;
}

/* Starts the process with the environment that README.md promises. */
static gboolean
spawn (ArcBuildRun *run, GError **error)
{
  Current *current = run->current;
  const ArcBuild *build = current->build;
  const ArcConfig *config = current->config;

  if (current->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&current->error));
      return FALSE;
    }

  if (!make_database_directory (config->database, error))
    return FALSE;

  current->environment = arc_build_environment_for_build (g_get_environ (), config, build->kind,
                                                          build->id, current->changes_file);

  return start (run, (const char *const *) config->command, NULL, config->timeout, error);
}

/* The problems of a build whose transaction is in the database are all problems of all notes. */
static void
record_problems (ArcBuildRun *run, ArcBuild *build)
{
  ArcProblemList *reported = run->current->reported;
  const ArcProblemList *before = arc_state_store_get_note_problems (run->ports.store);
  const ArcProblem *first;

  build->n_problems = reported->count;
  if (build->result != ARC_RESULT_SUCCESS && !arc_build_is_partial (build))
    return;

  arc_problem_list_sort (reported);
  if (arc_problem_list_equal (reported, before))
    return;

  build->n_new_problems = arc_problem_list_count_new (reported, before, &first);
  build->new_problem = first != NULL ? arc_problem_to_string (first) : NULL;
  build->new_problem_path = first != NULL ? g_strdup (first->path) : NULL;
  arc_log_message_log_problems (build, reported, first);
  arc_state_store_set_note_problems (run->ports.store, reported);
}

/* A build that succeeded, or failed for some files only, which are all that the next build lists,
 * has updated the database. */
static void
start_after_build (ArcBuildRun *run)
{
  const ArcConfig *config = run->current->config;
  const ArcBuild *build = run->current->build;

  if (config->after_build != NULL && !g_cancellable_is_cancelled (run->closing) &&
      (build->result == ARC_RESULT_SUCCESS || arc_build_is_partial (build)) &&
      start (run, (const char *const *) config->after_build, "AfterBuild",
             config->after_build_timeout, NULL))
    run->holds |= ARC_HOLD_AFTER_BUILD;
}

/* Completes the record from the outcome, and writes it. */
static void
record (ArcBuildRun *run, gboolean spawned)
{
  const ArcOutcome *outcome = &run->current->outcome;
  ArcBuild *build = run->current->build;

  build->result = outcome->result;
  if (outcome->result == ARC_RESULT_SIGNAL)
    build->signal = outcome->exit_status;
  else
    build->exit_status = outcome->exit_status;
  build->message = arc_log_message_end (build, outcome->message);
  build->finished = arc_clock_get_real_time (run->ports.clock);
  build->cpu_usec = outcome->cpu_usec;
  build->max_rss = outcome->max_rss;
  arc_log_message_log_end (build);
  record_problems (run, build);
  arc_state_store_add_build (run->ports.store, build);
  arc_state_store_forget_group (run->ports.store);

  if (spawned)
    start_after_build (run);

  g_cancellable_cancel (run->current->cancellable);
  run->current->build = NULL;
  run->ports.ended (build, spawned, run->ports.user_data);
}

/* What a build, or its AfterBuild, changed in the tree was changed before this. */
static void
note_end (ArcBuildRun *run)
{
  arc_loop_guard_end_build (run->loop_guard, arc_clock_get_time (run->ports.clock),
                            arc_get_stamp_time ());
}

static void
set_outcome (ArcBuildRun *run, const ArcOutcome *outcome)
{
  run->current->outcome = *outcome;
  run->current->outcome.message = g_strdup (outcome->message);
}

/* A build that says that it has succeeded, if only in part, has not left what the next incremental
 * build needs: the exit status EX_DATAERR says that. */
static void
check_database (ArcBuildRun *run)
{
  ArcOutcome *outcome = &run->current->outcome;

  if (outcome->result != ARC_RESULT_SUCCESS &&
      (outcome->result != ARC_RESULT_FAILED || outcome->exit_status != ARC_BUILD_PARTIAL_STATUS))
    return;
  if (!arc_database_state_was_removed (run->ports.database))
    return;

  outcome->result = ARC_RESULT_FAILED;
  outcome->exit_status = EX_DATAERR;
  g_free (run->current->build->error);
  run->current->build->error = g_strdup ("the database was removed while the build ran");
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
                                   .message = arc_tree_availability_get_message (run->ports.tree) };
  const ArcHolds holds =
      run->holds | (unavailable.message != NULL ? ARC_HOLD_UNAVAILABLE : ARC_HOLD_NONE);
  g_autoptr (GError) error = NULL;

  switch (arc_phase_step (&run->phase, event, holds))
    {
    case ARC_PHASE_ACTION_NONE:
      return;

    case ARC_PHASE_ACTION_COMPARE:
      run->current->comparison =
          event == ARC_PHASE_EVENT_START
              ? arc_comparisons_ask_for_build (run->ports.comparisons, run->current->build->cause)
              : arc_comparisons_ask (run->ports.comparisons);
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
      arc_process_runner_stop (run->ports.runner, outcome->result);
      return;

    case ARC_PHASE_ACTION_INSPECT:
      note_end (run);
      set_outcome (run, outcome);
      arc_build_inputs_look (arc_database_state_get_inputs (run->ports.database), on_inspected,
                             run);
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
  g_autoptr (ArcChangeSet) gone =
      arc_database_state_find_gone (run->ports.database, run->current->build, path);

  if (arc_change_set_get_size (gone) == 0)
    return;

  /* A build that never finds it causes the next one for ever. */
  arc_loop_guard_note_changes (run->loop_guard, gone, TRUE);
  arc_pending_changes_add (arc_database_state_get_pending (run->ports.database), gone);
  run->ports.gone (run->ports.user_data);
}

/* What a line says of the build itself. */
static void
read_line (ArcBuildRun *run, ArcLine *line, const GString *text)
{
  Current *current = run->current;

  switch (line->kind)
    {
    case ARC_LINE_PROGRESS:
      current->progress_done = line->done;
      current->progress_total = line->total;
      g_clear_pointer (&current->phase, g_free);
      break;

    case ARC_LINE_PROBLEM:
      arc_problem_list_add (current->reported, line->path, line->number, line->why, line->other);
      break;

    case ARC_LINE_ERROR:
      /* The message of the end has it. */
      g_free (current->build->error);
      current->build->error = g_steal_pointer (&line->why);
      return;

    case ARC_LINE_INPUT:
      arc_build_inputs_add_named (arc_database_state_get_inputs (run->ports.database), line->path);
      break;

    case ARC_LINE_GONE:
      note_gone (run, line->path);
      break;

    case ARC_LINE_FAILED:
      arc_build_add_failed_file (current->build, line->path, line->why);
      break;

    case ARC_LINE_PHASE:
      g_free (current->phase);
      current->phase = g_strdup (line->why);
      break;

    case ARC_LINE_PLAIN:
      arc_log_message_take_line (&current->build->last_line, text->str, text->len);
      break;
    }

  arc_log_message_log_line (current->build, line, text->str, text->len);
}

static void
on_line (ArcProcessRunner *runner G_GNUC_UNUSED, const GString *text, ArcBuildRun *run)
{
  g_auto (ArcLine) line = { 0 };

  arc_line_parse (text->str, text->len, &line);
  read_line (run, &line, text);
  if (line.kind == ARC_LINE_PROGRESS || line.kind == ARC_LINE_PHASE)
    run->ports.changed (run->ports.user_data);
}

static void
on_ended (ArcProcessRunner *runner G_GNUC_UNUSED, const ArcOutcome *outcome, ArcBuildRun *run)
{
  step (run, ARC_PHASE_EVENT_EXITED, outcome);
}

static void
on_after_build_ended (gpointer user_data)
{
  ArcBuildRun *run = user_data;

  note_end (run);
  arc_build_run_set_held (run, ARC_HOLD_AFTER_BUILD, FALSE);
  run->ports.changed (run->ports.user_data);
}

ArcBuildRun *
arc_build_run_new (const ArcBuildRunPorts *ports)
{
  ArcBuildRun *run = g_new0 (ArcBuildRun, 1);

  run->ports = *ports;
  run->ports.runner = g_object_ref (ports->runner);
  run->loop_guard = arc_loop_guard_new ();
  run->after_build = arc_after_build_new (ports->store, on_after_build_ended, run);
  run->closing = g_cancellable_new ();
  g_signal_connect (ports->runner, "line", G_CALLBACK (on_line), run);
  g_signal_connect (ports->runner, "ended", G_CALLBACK (on_ended), run);

  return run;
}

void
arc_build_run_free (ArcBuildRun *run)
{
  g_signal_handlers_disconnect_by_data (run->ports.runner, run);
  g_cancellable_cancel (run->closing);
  g_object_unref (run->closing);
  arc_after_build_free (run->after_build);
  arc_loop_guard_free (run->loop_guard);
  g_object_unref (run->ports.runner);
  g_clear_pointer (&run->current, current_free);
  g_free (run);
}

void
arc_build_run_start (ArcBuildRun *run, ArcBuild *build)
{
  g_clear_pointer (&run->current, current_free);
  run->current = current_new (build);
  step (run, ARC_PHASE_EVENT_START, NULL);
}

static void
on_leftover_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcBuildRun *run = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = run->ports.user_data;
  g_autoptr (GError) error = NULL;
  const gboolean found =
      arc_state_store_end_leftover_finish (ARC_STATE_STORE (source), result, &error);

  if (found)
    g_message ("Ended what was left of a build of a service that was killed");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  /* It may have written the tree or the database until now. A build that waits compares anyway. */
  if (found)
    arc_comparisons_ask (run->ports.comparisons);
  arc_build_run_set_held (run, ARC_HOLD_LEFTOVER, FALSE);
}

void
arc_build_run_end_leftover (ArcBuildRun *run)
{
  arc_build_run_set_held (run, ARC_HOLD_LEFTOVER, TRUE);
  /* The owner, and so the object, is there until nothing is left, or the wait is cancelled. */
  g_object_ref (run->ports.user_data);
  arc_state_store_end_leftover_async (run->ports.store, LEFTOVER_GRACE, run->closing,
                                      on_leftover_ended, run);
}

gboolean
arc_build_run_proceed (ArcBuildRun *run, const ArcConfig *config)
{
  if (run->phase != ARC_PHASE_COMPARING ||
      run->current->comparison > arc_comparisons_get_ended (run->ports.comparisons))
    return FALSE;

  g_clear_pointer (&run->current->config, arc_config_free);
  run->current->config = arc_config_copy (config);
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
  arc_after_build_stop (run->after_build);
}

void
arc_build_run_set_held (ArcBuildRun *run, ArcHolds hold, gboolean held)
{
  run->holds = held ? run->holds | hold : run->holds & ~hold;
  if (run->holds == ARC_HOLD_NONE)
    step (run, ARC_PHASE_EVENT_PERMITTED, NULL);
}

ArcHolds
arc_build_run_get_holds (const ArcBuildRun *run)
{
  return run->holds;
}

const char *
arc_build_run_get_after_problem (const ArcBuildRun *run)
{
  return arc_after_build_get_problem (run->after_build);
}

/* The process writes the database, or is about to write all of it. */
static gboolean
is_writing (const ArcBuildRun *run)
{
  return arc_phase_has_spawned (run->phase) ||
         (run->phase == ARC_PHASE_LAUNCHING && run->current->build->kind != ARC_BUILD_INCREMENTAL);
}

gboolean
arc_build_run_check_inputs (ArcBuildRun *run)
{
  if (!arc_database_state_check (run->ports.database, is_writing (run)))
    return FALSE;

  if (arc_phase_is_preparing (run->phase))
    run->current->build->kind = MAX (run->current->build->kind, ARC_BUILD_FULL);
  else
    arc_database_state_want (run->ports.database, ARC_BUILD_FULL);

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
                                 arc_clock_get_time (run->ports.clock));
}

void
arc_build_run_note_changes (ArcBuildRun *run,
                            const ArcChangeSet *changes,
                            const ArcSnapshot *snapshot)
{
  arc_loop_guard_note_changes (run->loop_guard, changes, are_own (run, changes, snapshot));
}

const ArcLoopGuard *
arc_build_run_get_loop_guard (const ArcBuildRun *run)
{
  return run->loop_guard;
}

const ArcBuild *
arc_build_run_get_build (const ArcBuildRun *run)
{
  return run->phase != ARC_PHASE_NONE ? run->current->build : NULL;
}

ArcPhase
arc_build_run_get_phase (const ArcBuildRun *run)
{
  return run->phase;
}

guint64
arc_build_run_get_comparison (const ArcBuildRun *run)
{
  return run->current->comparison;
}

const char *
arc_build_run_get_progress (const ArcBuildRun *run, guint *done, guint *total)
{
  const gboolean running = run->phase != ARC_PHASE_NONE;

  *done = running ? run->current->progress_done : 0;
  *total = running ? run->current->progress_total : 0;

  return running && run->current->phase != NULL ? run->current->phase : "";
}

gboolean
arc_build_run_is_failing (const ArcBuildRun *run)
{
  return run->phase == ARC_PHASE_STOPPING ||
         (run->phase == ARC_PHASE_ENDED && run->current->outcome.result != ARC_RESULT_SUCCESS);
}
