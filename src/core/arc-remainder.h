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

G_END_DECLS
