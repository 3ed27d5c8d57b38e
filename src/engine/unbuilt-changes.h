/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "watch/snapshot.h"

G_BEGIN_DECLS

/* What BUILD, which has ended, leaves to be done of TAKEN, the changes that were pending when it
 * took them, if the database holds all but the files that it reported as failed.
 *
 * (transfer full) (nullable): NULL if it does not: BUILD ended in another way, or reported more
 * files than are remembered, or one that it was not told of, so that nobody can know which it
 * meant. Then everything that it did has to be done again.
 *
 * SNAPSHOT is what the disk holds now and PENDING what came since: a build of another kind than
 * incremental was told of every file of the tree. */
ArcChangeSet *arc_unbuilt_changes_new (const ArcBuild *build,
                                       const ArcChangeSet *taken,
                                       const ArcSnapshot *snapshot,
                                       const ArcChangeSet *pending);

/* Whether PATH, which BUILD, that runs, was told is there and did not find, has to be done again,
 * and as what CHANGE: it is there as far as SNAPSHOT, what the disk holds now, knows, and nothing
 * of it is PENDING; so it may have been away for a while that nobody noticed, and be back as it
 * was.
 *
 * What PENDING has says better what became of it, and what is not in SNAPSHOT is in PENDING or
 * about to be. A file that BUILD was not told of, or only that it is gone, it cannot miss. */
gboolean arc_unbuilt_changes_has_gone (const ArcBuild *build,
                                       const ArcChangeSet *taken,
                                       const ArcSnapshot *snapshot,
                                       const ArcChangeSet *pending,
                                       const char *path,
                                       ArcChange *change);

G_END_DECLS
