/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"
#include "core/arc-changes.h"
#include "core/arc-snapshot.h"

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
ArcChanges *arc_remainder_new (const ArcBuild *build,
                               const ArcChanges *taken,
                               const ArcSnapshot *snapshot,
                               const ArcChanges *pending);

/* Whether PATH, which BUILD, that runs, was told is there and did not find, has to be done again,
 * and as what CHANGE: it is there as far as SNAPSHOT, what the disk holds now, knows, and nothing
 * of it is PENDING; so it may have been away for a while that nobody noticed, and be back as it
 * was.
 *
 * What PENDING has says better what became of it, and what is not in SNAPSHOT is in PENDING or
 * about to be. A file that BUILD was not told of, or only that it is gone, it cannot miss. */
gboolean arc_remainder_has_gone (const ArcBuild *build,
                                 const ArcChanges *taken,
                                 const ArcSnapshot *snapshot,
                                 const ArcChanges *pending,
                                 const char *path,
                                 ArcChange *change);

G_END_DECLS
