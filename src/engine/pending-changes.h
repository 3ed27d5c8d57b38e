/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "watch/snapshot.h"

/**
 * ArcPendingChanges:
 * @pending: (owned): the changes that no running build has
 * @taken: (owned) (nullable): the changes of the running build
 * @given_up: (owned): the files that failed in all tries, and have not changed since
 * @taken_serial: the change serial when a build last took what was pending, or ended before it
 * could; 0 if none has
 * @change_serial: the number of changes that were seen
 * @built_serial: the change serial up to which the database has all changes
 *
 * What was seen and where it is: pending, in the build that runs, or in the database. The serials
 * are those of D-Bus: the change serial counts what is seen, and the built serial is the change
 * serial up to which the database has all changes. A new one has none. Only the functions change
 * the members.
 */
typedef struct
{
  ArcChangeSet *pending;
  ArcChangeSet *taken;
  ArcChangeSet *given_up;
  guint64 taken_serial;
  guint64 change_serial;
  guint64 built_serial;
} ArcPendingChanges;

/**
 * arc_pending_changes_new:
 *
 * Returns: (transfer full): an object with nothing pending and the built serial 0
 */
ArcPendingChanges *arc_pending_changes_new (void);

/**
 * arc_pending_changes_free:
 * @self: (transfer full): the pending changes
 */
void arc_pending_changes_free (ArcPendingChanges *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcPendingChanges, arc_pending_changes_free)

/**
 * arc_pending_changes_add:
 * @self: the pending changes
 * @changes: (nullable): changes that were seen; %NULL for something else than files, which the
 *   database does not have
 */
void arc_pending_changes_add (ArcPendingChanges *self, const ArcChangeSet *changes);

/**
 * arc_pending_changes_set_true:
 * @self: the pending changes
 *
 * Declares that the database has all that was seen, as an earlier run left it.
 */
void arc_pending_changes_set_true (ArcPendingChanges *self);

/**
 * arc_pending_changes_forget:
 * @self: the pending changes
 * @changes: changes that may not have happened
 *
 * Removes changes from the pending ones.
 */
void arc_pending_changes_forget (ArcPendingChanges *self, const ArcChangeSet *changes);

/**
 * arc_pending_changes_take:
 * @self: the pending changes
 *
 * Moves the pending changes into a build that starts.
 */
void arc_pending_changes_take (ArcPendingChanges *self);

/**
 * arc_pending_changes_commit:
 * @self: the pending changes
 *
 * Drops the changes of the build, which succeeded.
 */
void arc_pending_changes_commit (ArcPendingChanges *self);

/**
 * arc_pending_changes_restore:
 * @self: the pending changes
 * @ended: a build that did not do all of its changes
 * @snapshot: the snapshot
 *
 * Returns the changes of a failed build to the pending ones: those of the files that it reported as
 * failed, if the database has all others; or all of them, if the build ended in another way, or
 * reported more files than are kept, or one that was not in its list.
 *
 * Returns: %TRUE if the database has everything but what is pending
 */
gboolean arc_pending_changes_restore (ArcPendingChanges *self,
                                      const ArcBuild *ended,
                                      const ArcSnapshot *snapshot);

/**
 * arc_pending_changes_has_gone:
 * @self: the pending changes
 * @build: the build that runs
 * @snapshot: the files on the disk
 * @path: a file that the build did not find
 * @change: (out): what to build the file as
 *
 * Decides whether a file that a build did not find has to be built again. It has if it is in
 * @snapshot and not pending: it may have been away for a while without an event, and be back as it
 * was. A pending change says better what became of the file, and a file that is not in @snapshot is
 * pending, or will be. A build cannot miss a file that is not in its list, or is there as deleted.
 *
 * Returns: %TRUE if the file has to be built again
 */
gboolean arc_pending_changes_has_gone (const ArcPendingChanges *self,
                                       const ArcBuild *build,
                                       const ArcSnapshot *snapshot,
                                       const char *path,
                                       ArcChange *change);

/**
 * arc_pending_changes_give_up:
 * @self: the pending changes, before those of @build are returned
 * @build: a build that has ended
 * @last_try: whether no retry is left
 *
 * Notes which of the files that failed in @build have had all their tries. Another try has the same
 * result until the file changes, which arc_pending_changes_add() takes for a reason to try again.
 *
 * Returns: %TRUE if @build failed for such files only
 */
gboolean
arc_pending_changes_give_up (ArcPendingChanges *self, const ArcBuild *build, gboolean last_try);

/**
 * arc_pending_changes_is_true:
 * @self: the pending changes
 *
 * Returns: %TRUE if the database has all that was seen
 */
gboolean arc_pending_changes_is_true (const ArcPendingChanges *self);
