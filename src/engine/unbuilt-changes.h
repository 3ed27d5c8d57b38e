/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "watch/snapshot.h"

G_BEGIN_DECLS

/**
 * arc_unbuilt_changes_new:
 * @build: a build that has ended
 * @taken: the changes that it took
 * @snapshot: the files on the disk; a build that is not incremental has them all in its list
 * @pending: the changes that were seen since
 *
 * Finds which changes a build has left, if the database has all files but those that it reported as
 * failed.
 *
 * Returns: (transfer full) (nullable): those changes; %NULL if all of @taken has to be built again:
 * the build ended in another way, or reported more files than are kept, or one that was not in its
 *   list
 */
ArcChangeSet *arc_unbuilt_changes_new (const ArcBuild *build,
                                       const ArcChangeSet *taken,
                                       const ArcSnapshot *snapshot,
                                       const ArcChangeSet *pending);

/**
 * arc_unbuilt_changes_has_gone:
 * @build: a build that runs
 * @taken: the changes that it took
 * @snapshot: the files on the disk
 * @pending: the changes that were seen since
 * @path: a file that the build did not find
 * @change: (out): what to build the file as
 *
 * Decides whether a file that a build did not find has to be built again. It has if it is in
 * @snapshot and not in @pending: it may have been away for a while without an event, and be back as
 * it was. A change in @pending says better what became of the file, and a file that is not in
 * @snapshot is in @pending, or will be. A build cannot miss a file that is not in its list, or is
 * there as deleted.
 *
 * Returns: %TRUE if the file has to be built again
 */
gboolean arc_unbuilt_changes_has_gone (const ArcBuild *build,
                                       const ArcChangeSet *taken,
                                       const ArcSnapshot *snapshot,
                                       const ArcChangeSet *pending,
                                       const char *path,
                                       ArcChange *change);

G_END_DECLS
