/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/change-set.h"
#include "watch/snapshot.h"

G_BEGIN_DECLS

/**
 * ArcEmptyRootGuard:
 *
 * A root that is there and has lost every file: was it the user, or is a program about to fill it
 * again? To follow at once would empty the database for as long. So it is believed only after some
 * time, and after a second look at the disk.
 *
 * Times are microseconds of the clock of the machine (machine/state-machine.h).
 */
typedef struct _ArcEmptyRootGuard ArcEmptyRootGuard;

/**
 * arc_empty_root_guard_new:
 *
 * Makes a guard without an emptied root.
 *
 * Returns: (transfer full): the guard
 */
ArcEmptyRootGuard *arc_empty_root_guard_new (void);

/**
 * arc_empty_root_guard_free:
 * @guard: (transfer full): a guard
 *
 * Frees a guard.
 */
void arc_empty_root_guard_free (ArcEmptyRootGuard *guard);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcEmptyRootGuard, arc_empty_root_guard_free)

/**
 * arc_empty_root_guard_update:
 * @guard: a guard
 * @roots: (array zero-terminated=1): the roots
 * @snapshot: the snapshot
 * @pending: the pending changes
 * @due: when the second comparison is due, if one more root is emptied
 *
 * Call this after @snapshot or @pending changed. A root is emptied if @snapshot holds nothing
 * below it and @pending a deletion. One more emptied root starts the wait anew.
 *
 * Returns: %TRUE if the results of arc_empty_root_guard_get_root() and
 * arc_empty_root_guard_get_due() may have changed
 */
gboolean arc_empty_root_guard_update (ArcEmptyRootGuard *guard,
                                      const char *const *roots,
                                      const ArcSnapshot *snapshot,
                                      const ArcChangeSet *pending,
                                      gint64 due);

/**
 * arc_empty_root_guard_get_root:
 * @guard: a guard
 *
 * Returns: (transfer none) (nullable): the first root that is emptied, if no second comparison has
 *   confirmed that
 */
const char *arc_empty_root_guard_get_root (const ArcEmptyRootGuard *guard);

/**
 * arc_empty_root_guard_get_due:
 * @guard: a guard
 *
 * Returns: when the second comparison is due, also if it has begun, or %ARC_NEVER without an
 *   emptied root
 */
gint64 arc_empty_root_guard_get_due (const ArcEmptyRootGuard *guard);

/**
 * arc_empty_root_guard_get_deadline:
 * @guard: a guard
 *
 * Returns: when to call arc_empty_root_guard_begin_look(), or %ARC_NEVER
 */
gint64 arc_empty_root_guard_get_deadline (const ArcEmptyRootGuard *guard);

/**
 * arc_empty_root_guard_begin_look:
 * @guard: a guard
 * @now: the time
 *
 * Returns: %TRUE if the caller has to begin the second comparison now
 */
gboolean arc_empty_root_guard_begin_look (ArcEmptyRootGuard *guard, gint64 now);

/**
 * arc_empty_root_guard_end_look:
 * @guard: a guard
 *
 * Call this at the end of a comparison of the whole tree, after arc_empty_root_guard_update() with
 * its result.
 *
 * Returns: %TRUE if it was the second comparison and confirmed an emptied root
 */
gboolean arc_empty_root_guard_end_look (ArcEmptyRootGuard *guard);

G_END_DECLS
