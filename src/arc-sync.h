/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcSyncs:
 *
 * The open calls of arc_builder_sync_async(): each waits for a comparison of the tree first, and
 * then for the build that it was assigned to. They are answered in the order in which they came.
 */
typedef struct _ArcSyncs ArcSyncs;

ArcSyncs *arc_syncs_new (void);

/* The open calls get no answer: fail them before. */
void arc_syncs_free (ArcSyncs *syncs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcSyncs, arc_syncs_free)

/* TASK (transfer full) must have no task data yet. It waits for the comparison of this number. */
void arc_syncs_add (ArcSyncs *syncs, GTask *task, guint64 comparison);

/* Whether a call has not been assigned to a build, and waits for COMPARISON or an earlier one. The
 * next two functions are for these calls. */
gboolean arc_syncs_need_build (const ArcSyncs *syncs, guint64 comparison);

/* BUILD will contain what those calls ask for that are not assigned to another one. */
void arc_syncs_assign (ArcSyncs *syncs, guint64 comparison, guint64 build);

/* The same of BUILD, which runs already, as far as can be known. */
void arc_syncs_join (ArcSyncs *syncs, guint64 comparison, guint64 build);

/* It cannot be known any more: those that joined a build are assigned to none. Whether there are
 * such. */
gboolean arc_syncs_leave (ArcSyncs *syncs);

/* Answers those that wait for BUILD or an earlier one: it ended with RESULT. */
void arc_syncs_finish (ArcSyncs *syncs, guint64 build, ArcResult result);

/* Answers with ERROR all that do not wait for a later one than COMPARISON. */
void arc_syncs_fail (ArcSyncs *syncs, guint64 comparison, const GError *error);

/* What TASK, which was once added, was answered with: the build that it waited for, and how that
 * ended. */
gboolean arc_sync_propagate (GTask *task, guint64 *build, ArcResult *build_result, GError **error);

G_END_DECLS
