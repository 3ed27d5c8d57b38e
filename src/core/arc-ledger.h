/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"
#include "core/arc-changes.h"
#include "core/arc-snapshot.h"

G_BEGIN_DECLS

/**
 * ArcLedger:
 *
 * What was seen and where it is: pending, in the build that runs, or in the database. The serials
 * are those of D-Bus: the change serial counts what is seen, and the built serial is the change
 * serial that the database is true to. At first it is true to nothing.
 */
typedef struct _ArcLedger ArcLedger;

/**
 * arc_ledger_new:
 *
 * Makes a ledger with nothing pending and the built serial 0.
 *
 * Returns: (transfer full): the ledger
 */
ArcLedger *arc_ledger_new (void);

/**
 * arc_ledger_free:
 * @ledger: (transfer full): a ledger
 *
 * Frees a ledger.
 */
void arc_ledger_free (ArcLedger *ledger);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcLedger, arc_ledger_free)

/**
 * arc_ledger_add:
 * @ledger: a ledger
 * @changes: changes that were seen
 *
 * Adds changes to the pending ones.
 */
void arc_ledger_add (ArcLedger *ledger, const ArcChanges *changes);

/**
 * arc_ledger_add_unknown:
 * @ledger: a ledger
 *
 * Counts a change of something else than files that the database does not have.
 */
void arc_ledger_add_unknown (ArcLedger *ledger);

/**
 * arc_ledger_set_true:
 * @ledger: a ledger
 *
 * Declares that the database has all that was seen, as an earlier run left it.
 */
void arc_ledger_set_true (ArcLedger *ledger);

/**
 * arc_ledger_forget:
 * @ledger: a ledger
 * @changes: changes that may not have happened
 *
 * Removes changes from the pending ones.
 */
void arc_ledger_forget (ArcLedger *ledger, const ArcChanges *changes);

/**
 * arc_ledger_take:
 * @ledger: a ledger
 *
 * Moves the pending changes into a build that starts.
 */
void arc_ledger_take (ArcLedger *ledger);

/**
 * arc_ledger_find_gone:
 * @ledger: a ledger
 * @build: the build that runs, with what arc_ledger_take() moved
 * @snapshot: the snapshot
 * @path: a file that the build did not find
 *
 * Decides whether a build has to repeat @path, as arc_remainder_has_gone() does.
 *
 * Returns: (transfer full): the changes to repeat
 */
ArcChanges *arc_ledger_find_gone (const ArcLedger *ledger,
                                  const ArcBuild *build,
                                  const ArcSnapshot *snapshot,
                                  const char *path);

/**
 * arc_ledger_commit:
 * @ledger: a ledger
 *
 * Drops the changes of the build, which succeeded.
 */
void arc_ledger_commit (ArcLedger *ledger);

/**
 * arc_ledger_restore:
 * @ledger: a ledger
 * @ended: a build that did not do all of its changes
 * @snapshot: the snapshot
 *
 * Returns the changes of a failed build to the pending ones: all of them, or those that
 * arc_remainder_new() finds.
 *
 * Returns: %TRUE if the database has everything but what is pending
 */
gboolean arc_ledger_restore (ArcLedger *ledger, const ArcBuild *ended, const ArcSnapshot *snapshot);

/**
 * arc_ledger_get_pending:
 * @ledger: a ledger
 *
 * Returns: (transfer none): the changes that no running build has
 */
const ArcChanges *arc_ledger_get_pending (const ArcLedger *ledger);

/**
 * arc_ledger_get_taken:
 * @ledger: a ledger
 *
 * Returns: (transfer none) (nullable): the changes of the running build
 */
const ArcChanges *arc_ledger_get_taken (const ArcLedger *ledger);

/**
 * arc_ledger_is_true:
 * @ledger: a ledger
 *
 * Returns: %TRUE if the database has all that was seen
 */
gboolean arc_ledger_is_true (const ArcLedger *ledger);

/**
 * arc_ledger_get_change_serial:
 * @ledger: a ledger
 *
 * Returns: the number of changes that were seen
 */
guint64 arc_ledger_get_change_serial (const ArcLedger *ledger);

/**
 * arc_ledger_get_taken_serial:
 * @ledger: a ledger
 *
 * Returns: the change serial when a build last took what was pending; 0 if none has
 */
guint64 arc_ledger_get_taken_serial (const ArcLedger *ledger);

/**
 * arc_ledger_get_built_serial:
 * @ledger: a ledger
 *
 * Returns: the change serial up to which the database has all changes
 */
guint64 arc_ledger_get_built_serial (const ArcLedger *ledger);

G_END_DECLS
