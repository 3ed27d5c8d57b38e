/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/clock.h"
#include "config/config.h"
#include "engine/comparisons.h"
#include "engine/database-state.h"
#include "engine/loop-guard.h"
#include "engine/tree-availability.h"
#include "machine/build-phases.h"
#include "run/process-runner.h"
#include "state/state-store.h"

/**
 * ArcBuildRunFuncs:
 * @changed: called when there is something new to show, and when AfterBuild has ended
 * @gone: called when the build did not find a file that it has to build once more; that is pending
 * @ended: called when the build is recorded; @build belongs to the store, and there is no build any
 *   more. @spawned says whether it had a process
 */
typedef struct
{
  void (*changed) (gpointer user_data);
  void (*gone) (gpointer user_data);
  void (*ended) (const ArcBuild *build, gboolean spawned, gpointer user_data);
} ArcBuildRunFuncs;

/**
 * ArcBuildRun:
 * @phase: its phase
 * @holds: those of %ARC_HOLDS_LAUNCH that hold builds
 * @build: (owned) (nullable): its record; %NULL while no build runs
 * @comparison: the number of the comparison that it waits for, or that it began with
 * @progress_done: how many files its process has done
 * @progress_total: how many files it will do, or 0 if that is not known
 * @activity: (owned) (nullable): what its process does before the next file
 * @after_problem: (owned) (nullable): why the last AfterBuild failed, English
 * @loop_guard: (owned): the loop guard
 * @outcome: how its process ended, from %ARC_PHASE_ENDED on; with an owned message
 *
 * The running build, from its comparison to its record: what the phases of machine/build-phases.h
 * ask for is done here. There is at most one; its successor takes its place. Other files read the
 * members and do not change them.
 *
 * A build has no process while something of %ARC_HOLDS_LAUNCH holds it: what is left of a build of
 * a killed service is ended first, and so is the command of AfterBuild, which runs after a build
 * that updated the database.
 */
typedef struct
{
  ArcClock *clock;
  ArcProcessRunner *runner; /* (owned) */
  ArcStateStore *store;
  ArcDatabaseState *database;
  ArcComparisons *comparisons;
  ArcTreeAvailability *tree;

  ArcPhase phase;
  ArcHolds holds;
  ArcBuild *build;
  guint64 comparison;
  guint progress_done;
  guint progress_total;
  char *activity;
  char *after_problem;
  ArcLoopGuard *loop_guard;
  ArcOutcome outcome;

  /*< private >*/
  const ArcBuildRunFuncs *funcs;
  gpointer user_data;
  GCancellable *closing; /* (owned): of the leftover; cancelled when nothing may start */

  /* Of AfterBuild: the command gets the environment and the list of changes of the build, so no
   * other build may launch before it has ended. */
  ArcProcessRunner *after_runner; /* (owned) */
  guint64 after_id;               /* of the build that it ran for last */
  char *after_last_line;          /* (owned) (nullable): of its output, for people */

  /* Of the build that runs, or else of the one that ran last. */
  ArcConfig *config;         /* (owned) (nullable): NULL until it has taken its changes */
  GCancellable *cancellable; /* (owned) (nullable): of writing the files */
  ArcBuildFiles files;       /* (owned): what it has of them */
  GError *error;             /* (owned) (nullable): why the files cannot be written */
  GStrv environment;         /* (owned) (nullable): of its process; NULL until that has started */
  ArcProblemList *reported;  /* (owned) (nullable): the problems that its process has reported */
} ArcBuildRun;

/**
 * arc_build_run_new:
 * @clock: the clock
 * @runner: the runner of the process of a build
 * @store: the state store
 * @database: the state of the database
 * @comparisons: the comparisons
 * @tree: the availability of the tree
 * @funcs: what is called
 * @user_data: the #GObject that owns the #ArcBuildRun, and the data for @funcs
 *
 * Makes an object without a build. But for the runner, what it gets must outlive it.
 *
 * Returns: (transfer full): the object
 */
ArcBuildRun *arc_build_run_new (ArcClock *clock,
                                ArcProcessRunner *runner,
                                ArcStateStore *store,
                                ArcDatabaseState *database,
                                ArcComparisons *comparisons,
                                ArcTreeAvailability *tree,
                                const ArcBuildRunFuncs *funcs,
                                gpointer user_data);

/**
 * arc_build_run_free:
 * @run: (transfer full): the object
 *
 * Frees the object. A build that runs is not recorded.
 */
void arc_build_run_free (ArcBuildRun *run);

/**
 * arc_build_run_end_leftover:
 * @run: the object
 *
 * Begins to end what is left of a build of a killed service.
 */
void arc_build_run_end_leftover (ArcBuildRun *run);

/**
 * arc_build_run_start:
 * @run: the object, without a build
 * @build: (transfer full): the record of a build
 *
 * Starts a build: the tree is compared with the snapshot first.
 */
void arc_build_run_start (ArcBuildRun *run, ArcBuild *build);

/**
 * arc_build_run_proceed:
 * @run: the object
 * @config: the settings for a build that takes its changes now; they are copied
 *
 * Call this when a comparison has ended. A build that waits for it takes its changes.
 *
 * Returns: %TRUE if there is such a build
 */
gboolean arc_build_run_proceed (ArcBuildRun *run, const ArcConfig *config);

/**
 * arc_build_run_stop:
 * @run: the object
 * @result: %ARC_RESULT_CANCELED or %ARC_RESULT_INTERRUPTED
 *
 * Ends the build, if there is one, with @result.
 */
void arc_build_run_stop (ArcBuildRun *run, ArcResult result);

/**
 * arc_build_run_close:
 * @run: the object
 *
 * Ends the command of AfterBuild, if it runs, and lets no other start.
 */
void arc_build_run_close (ArcBuildRun *run);

/**
 * arc_build_run_set_held:
 * @run: the object
 * @hold: one of %ARC_HOLDS_LAUNCH
 * @held: whether it holds builds
 *
 * Sets or clears a reason why no process may start. A build that has waited for the last one to go
 * compares the tree once more, so that it has what came meanwhile.
 */
void arc_build_run_set_held (ArcBuildRun *run, ArcHolds hold, gboolean held);

/**
 * arc_build_run_check_inputs:
 * @run: the object
 *
 * Finds out whether the database may hold rows that no build of the notes would make now. A build
 * that has not taken its changes, or the next one, is a full one then.
 *
 * Returns: %TRUE if something is different since the last call
 */
gboolean arc_build_run_check_inputs (ArcBuildRun *run);

/**
 * arc_build_run_note_changes:
 * @run: the object
 * @changes: changes that are seen now
 * @snapshot: the files, with @changes
 *
 * Lets the loop guard know whether a build or its AfterBuild most likely made changes.
 */
void arc_build_run_note_changes (ArcBuildRun *run,
                                 const ArcChangeSet *changes,
                                 const ArcSnapshot *snapshot);
