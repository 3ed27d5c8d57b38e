/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "config/config.h"
#include "run/process-runner.h"
#include "state/state-store.h"

G_BEGIN_DECLS

/**
 * ArcBuildLaunch:
 *
 * A build that is about to start. What it will be told has to be on the disk first, where the next
 * service finds it if this one, or the machine, dies; and a busy disk takes its time.
 */
typedef struct _ArcBuildLaunch ArcBuildLaunch;

/* It is time for arc_build_launch_spawn(). */
typedef void (*ArcBuildLaunchFunc) (gpointer user_data);

/* Begins to launch BUILD: STORE writes the list of what it is told, which is CHANGES if it is
 * incremental, and all of SNAPSHOT otherwise, and that the database, which INPUTS is of, may lack
 * DIRTY. FUNC is called from the main loop when that is done,
 * or cannot be. CONFIG is copied: the build keeps to it, whatever settings come. */
ArcBuildLaunch *arc_build_launch_new (ArcStateStore *store,
                                      const ArcConfig *config,
                                      const ArcBuild *build,
                                      const ArcChangeSet *changes,
                                      const ArcSnapshot *snapshot,
                                      const ArcChangeSet *dirty,
                                      const ArcStateStoreInputs *inputs,
                                      ArcBuildLaunchFunc func,
                                      gpointer user_data);

/* FUNC is not called any more. */
void arc_build_launch_free (ArcBuildLaunch *launch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcBuildLaunch, arc_build_launch_free)

/* Starts BUILD, the same, on RUNNER: makes the directory of the database and the log, and puts into
 * the environment what README.md promises to every build command. FALSE, with nothing started, if
 * any of it cannot be done, or its list could not be written. */
gboolean arc_build_launch_spawn (ArcBuildLaunch *launch,
                                 ArcProcessRunner *runner,
                                 const ArcBuild *build,
                                 GError **error);

/**
 * arc_build_launch_has_after_build:
 * @launch: a launch
 *
 * Returns: %TRUE if the settings of the build have a command to run after it
 */
gboolean arc_build_launch_has_after_build (const ArcBuildLaunch *launch);

/**
 * arc_build_launch_spawn_after:
 * @launch: a launch whose build was started and has ended
 * @runner: the runner
 * @error: return location for an error
 *
 * Starts the command to run after the build, in the environment of the build.
 *
 * Returns: %TRUE if it started
 */
gboolean
arc_build_launch_spawn_after (ArcBuildLaunch *launch, ArcProcessRunner *runner, GError **error);

G_END_DECLS
