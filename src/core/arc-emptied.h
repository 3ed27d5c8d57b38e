/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-changes.h"
#include "core/arc-snapshot.h"

G_BEGIN_DECLS

/**
 * ArcEmptied:
 *
 * A root that is there and has lost every file: was it the user, or is a program about to fill it
 * again? To follow at once would empty the database for as long. So it is believed only after some
 * time, and after a second look at the disk.
 *
 * Times are microseconds of the clock of the machine (core/arc-machine.h).
 */
typedef struct _ArcEmptied ArcEmptied;

ArcEmptied *arc_emptied_new (void);
void arc_emptied_free (ArcEmptied *emptied);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcEmptied, arc_emptied_free)

/* SNAPSHOT or PENDING are different. A root of ROOTS (NULL-terminated) is emptied if SNAPSHOT holds
 * nothing below it and PENDING a deletion. One more root that is emptied begins the wait anew: the
 * second look is to come at DUE. TRUE if arc_emptied_get_root() or arc_emptied_get_due() may now
 * tell something else. */
gboolean arc_emptied_update (ArcEmptied *emptied,
                             const char *const *roots,
                             const ArcSnapshot *snapshot,
                             const ArcChanges *pending,
                             gint64 due);

/* (nullable): the first root that is emptied, if that is not believed yet. */
const char *arc_emptied_get_root (const ArcEmptied *emptied);

/* When the second look is due, also if it has begun; ARC_NEVER without such a root. */
gint64 arc_emptied_get_due (const ArcEmptied *emptied);

/* When to call arc_emptied_begin_look(), or ARC_NEVER. */
gint64 arc_emptied_get_deadline (const ArcEmptied *emptied);

/* TRUE if it is NOW time for the second look, which the caller then begins. */
gboolean arc_emptied_begin_look (ArcEmptied *emptied, gint64 now);

/* A look at the whole tree is done, and arc_emptied_update() was told what it found. If it was the
 * second look, what is still emptied is believed: TRUE. */
gboolean arc_emptied_end_look (ArcEmptied *emptied);

G_END_DECLS
