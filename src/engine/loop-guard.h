/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/change-set.h"
#include "common/timing.h"
#include "watch/snapshot.h"

/* How many builds in a row may be caused by the one before before it counts as a loop. */
#define ARC_LOOP_GUARD_PATIENCE 5

/* The longest rest that a loop gets, microseconds. */
#define ARC_LOOP_GUARD_LONGEST (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/**
 * ArcLoopGuard:
 *
 * A build can change the tree itself: insert IDs, tangle, export into it. Each such build causes
 * the next one, for ever. Nothing may be lost, so all of them are built; but the rest between them
 * grows.
 *
 * A build is caused by the one before if everything that it takes was changed while that one ran,
 * and nothing of it at another time.
 */
typedef struct _ArcLoopGuard ArcLoopGuard;

/**
 * arc_loop_guard_new:
 *
 * Returns: (transfer full): a guard that has seen no build
 */
ArcLoopGuard *arc_loop_guard_new (void);

/**
 * arc_loop_guard_free:
 * @guard: (transfer full): a guard
 */
void arc_loop_guard_free (ArcLoopGuard *guard);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcLoopGuard, arc_loop_guard_free)

/**
 * arc_loop_guard_note_changes:
 * @guard: a guard
 * @changes: changes that were seen
 * @building: whether a build runs that does not take them
 */
void
arc_loop_guard_note_changes (ArcLoopGuard *guard, const ArcChangeSet *changes, gboolean building);

/**
 * arc_loop_guard_begin_build:
 * @guard: a guard
 * @requested: whether the build was requested, which is its cause then
 *
 * Records that a build starts, which takes all changes since the start of the last one.
 */
void arc_loop_guard_begin_build (ArcLoopGuard *guard, gboolean requested);

/**
 * arc_loop_guard_end_build:
 * @guard: a guard
 * @now: the time
 * @stamp: the time by the clock that the file system stamps files with, in nanoseconds
 *
 * Records that a build, or the command of AfterBuild, has ended.
 */
void arc_loop_guard_end_build (ArcLoopGuard *guard, gint64 now, gint64 stamp);

/**
 * arc_loop_guard_is_late:
 * @guard: a guard
 * @changes: changes that are seen while no build runs
 * @snapshot: the files, with @changes
 * @now: the time
 *
 * Decides whether changes were most likely made before the end of the last build: they are seen
 * soon after it, and no ctime is later. A file that is gone has no ctime.
 *
 * Returns: %TRUE if the build most likely made them
 */
gboolean arc_loop_guard_is_late (const ArcLoopGuard *guard,
                                 const ArcChangeSet *changes,
                                 const ArcSnapshot *snapshot,
                                 gint64 now);

/**
 * arc_loop_guard_get_timing:
 * @guard: a guard
 * @timing: the times without a loop
 *
 * Gets the times with the rest that the loop asks for: the cooldown doubles with each build of a
 * loop, and builds that cause each other rest for all of it, however little each one costs.
 *
 * Returns: the times
 */
ArcTiming arc_loop_guard_get_timing (const ArcLoopGuard *guard, const ArcTiming *timing);

/**
 * arc_loop_guard_get_changes:
 * @guard: a guard
 *
 * Gets the files that the builds of the loop change. It is a loop if more than
 * %ARC_LOOP_GUARD_PATIENCE builds in a row were caused by the one before.
 *
 * Returns: (transfer none) (nullable): the files; %NULL without a loop
 */
const ArcChangeSet *arc_loop_guard_get_changes (const ArcLoopGuard *guard);
