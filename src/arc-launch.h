/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"
#include "core/arc-changes.h"
#include "core/arc-config.h"
#include "system/arc-runner.h"
#include "system/arc-store.h"

G_BEGIN_DECLS

/* Starts BUILD on RUNNER: writes the list of what it is told, which is CHANGES if it is
 * incremental, and all of SNAPSHOT otherwise, makes the directory of the database and the log, and
 * puts into the environment what README.md promises to every build command. FALSE, with nothing
 * started, if any of it cannot be done. */
gboolean arc_launch (ArcRunner *runner,
                     ArcStore *store,
                     const ArcConfig *config,
                     const ArcBuild *build,
                     const ArcChanges *changes,
                     const ArcSnapshot *snapshot,
                     GError **error);

G_END_DECLS
