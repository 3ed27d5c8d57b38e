/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/build-run.h"

#include <gio/gio.h>

/**
 * ArcSyncRequests:
 *
 * The open calls of arc_builder_sync_async(). Each waits for a comparison of the tree, and then for
 * the build that takes the change serial at the end of that comparison. They are answered in the
 * order in which they came.
 */
typedef struct _ArcSyncRequests ArcSyncRequests;

/**
 * arc_sync_requests_new:
 * @run: the running build, which must outlive the object
 *
 * Returns: (transfer full): an object without calls
 */
ArcSyncRequests *arc_sync_requests_new (const ArcBuildRun *run);

/**
 * arc_sync_requests_free:
 * @syncs: (transfer full): the calls
 *
 * Frees the object. Open calls get no answer: fail them before.
 */
void arc_sync_requests_free (ArcSyncRequests *syncs);

/**
 * arc_sync_requests_add:
 * @syncs: the calls
 * @task: (transfer full): a task without task data; it returns the #ArcBuild that answers the call
 *
 * Adds a call, and asks for its comparison.
 */
void arc_sync_requests_add (ArcSyncRequests *syncs, GTask *task);

/**
 * arc_sync_requests_advance:
 * @syncs: the calls
 * @unavailable: (nullable): why no build can be had
 *
 * Call this when a comparison has settled: all that the calls which have waited for it ask for is
 * known then, and in the database, in the running build, or pending.
 *
 * Returns: %TRUE if they need a build that was not asked for yet
 */
gboolean arc_sync_requests_advance (ArcSyncRequests *syncs, const GError *unavailable);

/**
 * arc_sync_requests_postpone:
 * @syncs: the calls
 *
 * Lets the calls that waited for a later comparison than the one that the running build began with
 * wait for one more build: the running one lacks something that may have been there when they came.
 *
 * Returns: whether there are such
 */
gboolean arc_sync_requests_postpone (ArcSyncRequests *syncs);

/**
 * arc_sync_requests_answer:
 * @syncs: the calls
 * @build: a build that has ended
 *
 * Answers the calls that have waited for @build. A build that was stopped before it took its
 * changes answers for all that there were.
 */
void arc_sync_requests_answer (ArcSyncRequests *syncs, const ArcBuild *build);

/**
 * arc_sync_requests_fail:
 * @syncs: the calls
 * @comparison: the number of a comparison
 * @error: the answer
 *
 * Answers the calls that wait for @comparison or an earlier one.
 */
void arc_sync_requests_fail (ArcSyncRequests *syncs, guint64 comparison, const GError *error);
