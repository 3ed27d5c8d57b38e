/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "common/problem-list.h"
#include "config/config.h"
#include "engine/database-state.h"
#include "run/output-parser.h"
#include "run/process-runner.h"
#include "state/state-store.h"

G_BEGIN_DECLS

/**
 * ArcBuildRunFunc:
 * @user_data: what arc_build_run_write() got
 *
 * Called when all that the process needs is on the disk, or cannot be written.
 */
typedef void (*ArcBuildRunFunc) (gpointer user_data);

typedef struct _ArcBuildFiles ArcBuildFiles;

/**
 * ArcBuildRun:
 * @build: its record; owned until arc_build_run_record()
 * @comparison: the number of the comparison that it waits for, or that it began with
 * @reported: (owned): the problems that its process has reported
 * @files: (owned) (nullable): what is written for its process; %NULL before that begins
 * @outcome: how it ended, with an owned message
 * @progress_done: how many files its process has done
 * @progress_total: how many files its process will do, or 0 if that is not known
 * @phase: (owned) (nullable): what its process does before the next file, if it has printed that
 *
 * The running build, from its start to its record. #ArcBuildPhases says how far it is.
 */
typedef struct
{
  ArcBuild *build;
  guint64 comparison;
  ArcProblemList *reported;
  ArcBuildFiles *files;
  ArcOutcome outcome;
  guint progress_done;
  guint progress_total;
  char *phase;
} ArcBuildRun;

/**
 * arc_build_run_new:
 * @build: (transfer full): the record of a build that starts
 *
 * Makes a running build that has taken no changes.
 *
 * Returns: (transfer full): the running build
 */
ArcBuildRun *arc_build_run_new (ArcBuild *build);

/**
 * arc_build_run_free:
 * @run: (transfer full): a running build
 *
 * Frees a running build. The callback of arc_build_run_write() is not called any more.
 */
void arc_build_run_free (ArcBuildRun *run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcBuildRun, arc_build_run_free)

/**
 * arc_build_run_write:
 * @run: a running build
 * @store: the state store
 * @config: the settings to build with; they are copied
 * @database: the state of the database
 * @func: called from the main loop
 * @user_data: for @func
 *
 * Takes the pending changes, and begins to write what the process and the next service need.
 */
void arc_build_run_write (ArcBuildRun *run,
                          ArcStateStore *store,
                          const ArcConfig *config,
                          ArcDatabaseState *database,
                          ArcBuildRunFunc func,
                          gpointer user_data);

/**
 * arc_build_run_spawn:
 * @run: a running build for which all is written
 * @runner: the runner of its process
 * @error: an error
 *
 * Makes the directory of the database and the log, and starts the process with the environment that
 * README.md promises.
 *
 * Returns: %FALSE, with nothing started, if that is not possible or the list of files could not be
 *   written
 */
gboolean arc_build_run_spawn (ArcBuildRun *run, ArcProcessRunner *runner, GError **error);

/**
 * arc_build_run_has_after_build:
 * @run: a build whose process was started
 *
 * Returns: %TRUE if the settings of the build have a command to run after it
 */
gboolean arc_build_run_has_after_build (const ArcBuildRun *run);

/**
 * arc_build_run_spawn_after:
 * @run: a build whose process has ended
 * @runner: a runner
 * @error: return location for an error
 *
 * Starts the command to run after the build, in the environment of the build.
 *
 * Returns: %TRUE if it started
 */
gboolean arc_build_run_spawn_after (ArcBuildRun *run, ArcProcessRunner *runner, GError **error);

/**
 * arc_build_run_read_line:
 * @run: a running build
 * @line: a line of output; its members may be moved
 * @text: the same line as it came
 * @length: the length of @text
 *
 * Remembers what a line of output says of the build itself, and logs what is for the log.
 */
void arc_build_run_read_line (ArcBuildRun *run, ArcLine *line, const char *text, guint64 length);

/**
 * arc_build_run_set_outcome:
 * @run: a running build
 * @outcome: how it ended; it is copied
 *
 * Keeps the outcome until the build is recorded.
 */
void arc_build_run_set_outcome (ArcBuildRun *run, const ArcOutcome *outcome);

/**
 * arc_build_run_record:
 * @run: a running build that ends
 * @store: the state store
 * @finished: microseconds since the epoch
 *
 * Completes the record from the outcome, logs it, and writes the history and the problems of notes
 * to @store. The record belongs to @store from then on.
 */
void arc_build_run_record (ArcBuildRun *run, ArcStateStore *store, gint64 finished);

G_END_DECLS
