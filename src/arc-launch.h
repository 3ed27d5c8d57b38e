/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"
#include "core/arc-changes.h"
#include "core/arc-config.h"
#include "system/arc-runner.h"
#include "system/arc-store.h"

G_BEGIN_DECLS

/**
 * ArcLaunch:
 *
 * A build that is about to start. What it will be told has to be on the disk first, where the next
 * service finds it if this one, or the machine, dies; and a busy disk takes its time.
 */
typedef struct _ArcLaunch ArcLaunch;

/* It is time for arc_launch_spawn(). */
typedef void (*ArcLaunchFunc) (gpointer user_data);

/* Begins to launch BUILD: STORE writes the list of what it is told, which is CHANGES if it is
 * incremental, and all of SNAPSHOT otherwise, and that the database, which INPUTS is of, may lack
 * DIRTY. FUNC is called from the main loop when that is done,
 * or cannot be. CONFIG is copied: the build keeps to it, whatever settings come. */
ArcLaunch *arc_launch_new (ArcStore *store,
                           const ArcConfig *config,
                           const ArcBuild *build,
                           const ArcChanges *changes,
                           const ArcSnapshot *snapshot,
                           const ArcChanges *dirty,
                           const ArcStoreInputs *inputs,
                           ArcLaunchFunc func,
                           gpointer user_data);

/* FUNC is not called any more. */
void arc_launch_free (ArcLaunch *launch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcLaunch, arc_launch_free)

/* Starts BUILD, the same, on RUNNER: makes the directory of the database and the log, and puts into
 * the environment what README.md promises to every build command. FALSE, with nothing started, if
 * any of it cannot be done, or its list could not be written. */
gboolean
arc_launch_spawn (ArcLaunch *launch, ArcRunner *runner, const ArcBuild *build, GError **error);

G_END_DECLS
