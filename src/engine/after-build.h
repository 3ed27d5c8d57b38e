/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "run/process-runner.h"
#include "state/state-store.h"

G_BEGIN_DECLS

/**
 * ArcAfterBuild:
 *
 * Runs the command of the setting AfterBuild, one at a time. The command gets the environment and
 * the list of changes of the build, so no other build may launch before it has ended.
 */
typedef struct _ArcAfterBuild ArcAfterBuild;

/**
 * ArcAfterBuildFunc:
 * @user_data: the data that arc_after_build_new() was given
 *
 * Is called from the main loop when the command has ended.
 */
typedef void (*ArcAfterBuildFunc) (gpointer user_data);

/**
 * arc_after_build_new:
 * @store: the store that the builds use
 * @ended: what to call after each run
 * @user_data: its data
 *
 * Returns: (transfer full): an object with nothing to run
 */
ArcAfterBuild *
arc_after_build_new (ArcStateStore *store, ArcAfterBuildFunc ended, gpointer user_data);

/**
 * arc_after_build_free:
 * @after: (transfer full): the object
 *
 * Kills the command, if it runs, and frees the object.
 */
void arc_after_build_free (ArcAfterBuild *after);

/**
 * arc_after_build_run:
 * @after: the object, with no command that runs
 * @build: the number of the build that has ended
 * @run: the command
 *
 * Starts the command. A failure of it stops nothing; arc_after_build_get_problem() has it.
 *
 * Returns: %TRUE if the command runs now
 */
gboolean arc_after_build_run (ArcAfterBuild *after, guint64 build, const ArcRun *run);

/**
 * arc_after_build_stop:
 * @after: the object
 *
 * Ends the command, if it runs. The function of arc_after_build_new() is called then.
 */
void arc_after_build_stop (ArcAfterBuild *after);

/**
 * arc_after_build_get_problem:
 * @after: the object
 *
 * Returns: (nullable) (transfer none): why the last run failed, English; %NULL if it succeeded
 */
const char *arc_after_build_get_problem (const ArcAfterBuild *after);

G_END_DECLS
