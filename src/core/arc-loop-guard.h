/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-changes.h"

G_BEGIN_DECLS

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

ArcLoopGuard *arc_loop_guard_new (void);
void arc_loop_guard_free (ArcLoopGuard *guard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcLoopGuard, arc_loop_guard_free)

/* CHANGES were seen; BUILDING if a build ran that did not take them. */
void
arc_loop_guard_note_changes (ArcLoopGuard *guard, const ArcChanges *changes, gboolean building);

/* A build takes all that was noted since the last one did. REQUESTED if somebody asked for it, who
 * is then the cause. */
void arc_loop_guard_begin_build (ArcLoopGuard *guard, gboolean requested);

/* Whether more than ARC_LOOP_GUARD_PATIENCE builds in a row were caused by the one before. */
gboolean arc_loop_guard_is_looping (const ArcLoopGuard *guard);

/* How long to rest after a build that would else be followed by a rest of COOLDOWN, microseconds:
 * it doubles with each build of a loop. */
gint64 arc_loop_guard_get_cooldown (const ArcLoopGuard *guard, gint64 cooldown);

/* The files that the builds of the loop change; empty without one. Owned by the guard. */
const ArcChanges *arc_loop_guard_get_changes (const ArcLoopGuard *guard);

G_END_DECLS
