/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/build-run.h"

#include "common/error.h"
#include "config/build-environment.h"
#include "engine/log-messages.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct _ArcBuildFiles
{
  ArcStateStore *store; /* (owned) */
  ArcConfig *config;    /* (owned) */
  ArcBuildRunFunc func;
  gpointer user_data;
  GCancellable *cancellable; /* (owned) */
  char *changes_file;        /* (owned) (nullable): NULL until it is there */
  char *log_file; /* (owned) (nullable): NULL if the output goes to the log of the service alone */
  GStrv environment; /* (owned) (nullable): of the process; NULL until it has started */
  GError *error;     /* (owned) (nullable): why it cannot be */
};

static void
free_files (ArcBuildFiles *files)
{
  g_cancellable_cancel (files->cancellable);
  g_object_unref (files->cancellable);
  g_free (files->changes_file);
  g_free (files->log_file);
  g_strfreev (files->environment);
  g_clear_error (&files->error);
  g_object_unref (files->store);
  arc_config_free (files->config);
  g_free (files);
}

ArcBuildRun *
arc_build_run_new (ArcBuild *build)
{
  ArcBuildRun *run = g_new0 (ArcBuildRun, 1);

  run->build = build;
  run->reported = arc_problem_list_new ();

  return run;
}

void
arc_build_run_free (ArcBuildRun *run)
{
  /* What is recorded belongs to the history. */
  if (run->build->finished == 0)
    arc_build_free (run->build);
  arc_problem_list_unref (run->reported);
  g_clear_pointer (&run->files, free_files);
  g_free (run->database);
  g_free (run->inputs);
  g_free (run->phase);
  g_free ((char *) run->outcome.message);
  g_free (run);
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

static void
on_prepared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcBuildFiles *files = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *log_file = NULL;
  g_autofree char *changes_file =
      arc_state_store_prepare_finish (ARC_STATE_STORE (source), result, &log_file, &error);

  /* The files are freed. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  files->changes_file = g_steal_pointer (&changes_file);
  files->log_file = g_steal_pointer (&log_file);
  files->error = g_steal_pointer (&error);
  files->func (files->user_data);
}

void
arc_build_run_write (ArcBuildRun *run,
                     ArcStateStore *store,
                     const ArcConfig *config,
                     const ArcChangeSet *changes,
                     const ArcSnapshot *snapshot,
                     const ArcChangeSet *dirty,
                     const ArcStateStoreInputs *inputs,
                     ArcBuildRunFunc func,
                     gpointer user_data)
{
  ArcBuildFiles *files = g_new0 (ArcBuildFiles, 1);

  files->store = g_object_ref (store);
  files->config = arc_config_copy (config);
  files->func = func;
  files->user_data = user_data;
  files->cancellable = g_cancellable_new ();

  run->files = files;
  run->database = g_strdup (config->database);
  run->build->n_changed = run->build->kind == ARC_BUILD_INCREMENTAL
                              ? arc_change_set_get_size (changes)
                              : arc_snapshot_get_n_files (snapshot);
  arc_state_store_prepare_async (store, run->build->id, run->build->kind, changes, snapshot, dirty,
                                 config->database, inputs, files->cancellable, on_prepared, files);
}

/* Starts ARGV on RUNNER. */
static gboolean
spawn (ArcBuildFiles *files,
       ArcProcessRunner *runner,
       const char *const *argv,
       const char *setting /* (nullable) */,
       const char *log_file /* (nullable) */,
       gint64 timeout,
       GError **error)
{
  /* For the next service, if this one is killed. */
  const int group_file = arc_state_store_open_group (files->store);
  const gboolean started =
      arc_process_runner_start (runner,
                                &(ArcRun){
                                    .argv = argv,
                                    .setting = setting,
                                    .environment = (const char *const *) files->environment,
                                    .log_file = log_file,
                                    .group_file = MAX (group_file, 0),
                                    .timeout = timeout,
                                    .stop_grace = files->config->stop_grace,
                                },
                                error);

  if (group_file >= 0)
    close (group_file);

  return started;
}

gboolean
arc_build_run_spawn (ArcBuildRun *run, ArcProcessRunner *runner, GError **error)
{
  ArcBuildFiles *files = run->files;
  const ArcBuild *build = run->build;
  const ArcConfig *config = files->config;

  if (files->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&files->error));
      return FALSE;
    }

  if (!make_database_directory (config->database, error))
    return FALSE;

  g_strfreev (files->environment);
  files->environment = arc_build_environment_for_build (g_get_environ (), config, build->kind,
                                                        build->id, files->changes_file);

  return spawn (files, runner, (const char *const *) config->command, NULL, files->log_file,
                config->timeout, error);
}

gboolean
arc_build_run_has_after_build (const ArcBuildRun *run)
{
  return run->files->config->after_build != NULL;
}

gboolean
arc_build_run_spawn_after (ArcBuildRun *run, ArcProcessRunner *runner, GError **error)
{
  const ArcConfig *config = run->files->config;

  return spawn (run->files, runner, (const char *const *) config->after_build, "AfterBuild", NULL,
                config->after_build_timeout, error);
}

void
arc_build_run_read_line (ArcBuildRun *run, ArcLine *line, const char *text, guint64 length)
{
  ArcBuild *build = run->build;

  switch (line->kind)
    {
    case ARC_LINE_PROGRESS:
      run->progress_done = line->done;
      run->progress_total = line->total;
      g_clear_pointer (&run->phase, g_free);
      break;

    case ARC_LINE_PROBLEM:
      arc_problem_list_add (run->reported, line->path, line->number, line->why, line->other);
      break;

    case ARC_LINE_ERROR:
      /* The message of the end has it. */
      g_free (build->error);
      build->error = g_steal_pointer (&line->why);
      return;

    case ARC_LINE_FAILED:
      arc_build_add_failed_file (build, line->path, line->why);
      break;

    case ARC_LINE_PHASE:
      g_free (run->phase);
      run->phase = g_strdup (line->why);
      break;

    case ARC_LINE_PLAIN:
      arc_log_message_take_line (&build->last_line, text, length);
      break;

    case ARC_LINE_INPUT:
    case ARC_LINE_GONE:
      break;
    }

  arc_log_message_log_line (build, line, text, length);
}

void
arc_build_run_set_outcome (ArcBuildRun *run, const ArcOutcome *outcome)
{
  g_free ((char *) run->outcome.message);
  run->outcome = *outcome;
  run->outcome.message = g_strdup (outcome->message);
}

/* The problems of a build whose transaction is in the database are all problems of all notes. */
static void
record_problems (ArcBuildRun *run, ArcStateStore *store)
{
  ArcBuild *build = run->build;
  const ArcProblemList *before = arc_state_store_get_note_problems (store);
  const ArcProblem *first;

  build->n_problems = arc_problem_list_get_count (run->reported);
  if (build->result != ARC_RESULT_SUCCESS && !arc_build_is_partial (build))
    return;

  arc_problem_list_sort (run->reported);
  if (arc_problem_list_equal (run->reported, before))
    return;

  build->n_new_problems = arc_problem_list_count_new (run->reported, before, &first);
  build->new_problem = first != NULL ? arc_problem_to_string (first) : NULL;
  build->new_problem_path = first != NULL ? g_strdup (first->path) : NULL;
  arc_log_message_log_problems (build, run->reported, first);
  arc_state_store_set_note_problems (store, run->reported);
}

void
arc_build_run_record (ArcBuildRun *run, ArcStateStore *store, gint64 finished)
{
  const ArcOutcome *outcome = &run->outcome;
  ArcBuild *build = run->build;

  build->result = outcome->result;
  if (outcome->result == ARC_RESULT_SIGNAL)
    build->signal = outcome->exit_status;
  else
    build->exit_status = outcome->exit_status;
  build->message = arc_log_message_end (build, outcome->message);
  build->finished = finished;
  build->cpu_usec = outcome->cpu_usec;
  build->max_rss = outcome->max_rss;
  arc_log_message_log_end (build);
  record_problems (run, store);
  arc_state_store_add_build (store, build);
  arc_state_store_forget_group (store);
}
