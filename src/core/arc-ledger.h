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

ArcLedger *arc_ledger_new (void);
void arc_ledger_free (ArcLedger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcLedger, arc_ledger_free)

/* CHANGES were seen; the second: something else that makes the database untrue. */
void arc_ledger_add (ArcLedger *ledger, const ArcChanges *changes);
void arc_ledger_add_unknown (ArcLedger *ledger);

/* The database is true to all that was seen, as an earlier run left it. */
void arc_ledger_set_true (ArcLedger *ledger);

/* CHANGES are not pending any more: it is not known whether they happened. */
void arc_ledger_forget (ArcLedger *ledger, const ArcChanges *changes);

/* A build takes what is pending. */
void arc_ledger_take (ArcLedger *ledger);

/* BUILD, which took it and runs, did not find PATH. (transfer full): what is to be done again
 * then, as arc_remainder_has_gone() has it. */
ArcChanges *arc_ledger_find_gone (const ArcLedger *ledger,
                                  const ArcBuild *build,
                                  const ArcSnapshot *snapshot,
                                  const char *path);

/* The build that took it succeeded. */
void arc_ledger_commit (ArcLedger *ledger);

/* ENDED did not do all of what it took, if it took anything: that, or what arc_remainder_new() says
 * of it, is pending again. TRUE if the database then is true to all but what is pending. */
gboolean arc_ledger_restore (ArcLedger *ledger, const ArcBuild *ended, const ArcSnapshot *snapshot);

/* Seen, and in no build that runs; and, (nullable), in the one that does. */
const ArcChanges *arc_ledger_get_pending (const ArcLedger *ledger);
const ArcChanges *arc_ledger_get_taken (const ArcLedger *ledger);

/* Whether the database is true to all that was seen. */
gboolean arc_ledger_is_true (const ArcLedger *ledger);

guint64 arc_ledger_get_change_serial (const ArcLedger *ledger);

/* The change serial when a build took what was pending, the last time; 0 if none has. */
guint64 arc_ledger_get_taken_serial (const ArcLedger *ledger);

guint64 arc_ledger_get_built_serial (const ArcLedger *ledger);

G_END_DECLS
