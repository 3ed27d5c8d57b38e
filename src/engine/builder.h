/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "common/clock.h"
#include "config/config.h"
#include "engine/status.h"
#include "machine/state-machine.h"
#include "run/process-runner.h"
#include "state/state-store.h"
#include "watch/watcher.h"

#include <gio/gio.h>

/**
 * ArcBuilder:
 *
 * The engine. It owns the state machine and the parts of this folder, and connects them: changes of
 * the tree and ends of builds are events of the machine, and the machine's effects start a build
 * (engine/build-run.h), and say what becomes of its changes (engine/database-state.h).
 *
 * A build begins with a reconciliation: the tree is compared with the snapshot once more, because
 * half of a replace is a deletion, and because monitors may have missed something. Only then it
 * takes the changes, and when it is on the disk which those are, its process starts. So every
 * change is in a build whose process started after it, or is still pending, also for the next
 * service.
 *
 * Signals:
 *   `ready`: the first scan is done: the status describes the tree and the database.
 *   `changed`: something of arc_builder_get_status(), or of the builds that ended, is different.
 * Emitted for each state passed through.
 *   `build-started (const ArcBuild *build)`, `build-finished (const ArcBuild *build)`
 *   `rescanned (guint64 comparison, guint64 changes)`: a comparison is done; its number, and how
 * many changes were found since it began.
 *   `stopped`: after arc_builder_stop(): no build runs, and none will.
 */
#define ARC_TYPE_BUILDER (arc_builder_get_type ())
G_DECLARE_FINAL_TYPE (ArcBuilder, arc_builder, ARC, BUILDER, GObject)

/**
 * arc_builder_new:
 * @clock: the clock
 * @watcher: the watcher of the tree, not started
 * @runner: the runner of the builds
 * @store: the state store, which must be open before arc_builder_start()
 * @config: the settings; they are copied
 *
 * Makes a builder that is not started. It keeps references to the objects.
 *
 * Returns: (transfer full): the builder
 */
ArcBuilder *arc_builder_new (ArcClock *clock,
                             ArcWatcher *watcher,
                             ArcProcessRunner *runner,
                             ArcStateStore *store,
                             const ArcConfig *config);

/**
 * arc_builder_start:
 * @builder: the builder
 *
 * Starts to watch and, as `OnStart` says, to build. What is left of a build of a killed service is
 * ended first; until then no build has a process.
 */
void arc_builder_start (ArcBuilder *builder);

/**
 * arc_builder_stop:
 * @builder: the builder
 *
 * Ends the running build, if any, and lets none start. `stopped` follows, always from the main
 * loop.
 */
void arc_builder_stop (ArcBuilder *builder);

/**
 * arc_builder_rebuild:
 * @builder: the builder
 * @kind: what the build does at least
 * @build: (out) (optional): the number of the build that has all that was saved before
 * @error: return location for %ARC_ERROR_TREE_UNAVAILABLE or %ARC_ERROR_SHUTTING_DOWN
 *
 * Requests a build at once.
 *
 * Returns: %TRUE if the build will start
 */
gboolean
arc_builder_rebuild (ArcBuilder *builder, ArcBuildKind kind, guint64 *build, GError **error);

/**
 * arc_builder_sync_async:
 * @builder: the builder
 * @callback: called when a build has taken all that was on the disk, or none can
 * @user_data: for @callback
 *
 * Compares the tree with the snapshot and builds what is stale.
 */
void arc_builder_sync_async (ArcBuilder *builder, GAsyncReadyCallback callback, gpointer user_data);

/**
 * arc_builder_sync_finish:
 * @builder: the builder
 * @result: the result
 * @error: return location for %ARC_ERROR_TREE_UNAVAILABLE or %ARC_ERROR_SHUTTING_DOWN
 *
 * Returns: (transfer full) (nullable): the build, which may have ended before the call, or %NULL on
 *   an error. The database has all that was on the disk if that build succeeded
 */
ArcBuild *arc_builder_sync_finish (ArcBuilder *builder, GAsyncResult *result, GError **error);

/**
 * arc_builder_cancel:
 * @builder: the builder
 * @error: return location for %ARC_ERROR_NOT_BUILDING
 *
 * Ends the running build with %ARC_RESULT_CANCELED.
 *
 * Returns: %FALSE if no build runs
 */
gboolean arc_builder_cancel (ArcBuilder *builder, GError **error);

/**
 * arc_builder_set_paused_async:
 * @builder: the builder
 * @paused: whether to hold automatic builds
 * @callback: called when the pause is in force or has ended, or when it cannot be stored
 * @user_data: for @callback
 *
 * Pauses or resumes automatic builds, also for the next run of the service. It takes effect when it
 * is stored, and calls take effect in their order: until @callback is called, a build may start as
 * before.
 */
void arc_builder_set_paused_async (ArcBuilder *builder,
                                   gboolean paused,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);

/**
 * arc_builder_set_paused_finish:
 * @builder: the builder
 * @result: the result
 * @error: return location for %ARC_ERROR_STATE_DIRECTORY or %ARC_ERROR_LOCKED
 *
 * Returns: %FALSE, with nothing changed, if the pause cannot be stored
 */
gboolean arc_builder_set_paused_finish (ArcBuilder *builder, GAsyncResult *result, GError **error);

/**
 * arc_builder_set_held:
 * @builder: the builder
 * @hold: %ARC_HOLD_INHIBITED, %ARC_HOLD_POWER_SAVER or %ARC_HOLD_NAME
 * @held: whether it holds builds
 *
 * Sets or clears one reason to hold builds. A build that starts without the name waits for it, and
 * takes its changes only then: another service, with other state, may be building.
 */
void arc_builder_set_held (ArcBuilder *builder, ArcHolds hold, gboolean held);

/**
 * arc_builder_compare:
 * @builder: the builder
 *
 * Compares the whole tree with the snapshot, from now on or, if a comparison is under way, after
 * that one. `rescanned` follows, with the number that is returned.
 *
 * Returns: the number of the comparison
 */
guint64 arc_builder_compare (ArcBuilder *builder);

/**
 * arc_builder_set_config:
 * @builder: the builder
 * @config: the settings; they are copied
 *
 * Puts other settings in force. A running build keeps the old ones.
 */
void arc_builder_set_config (ArcBuilder *builder, const ArcConfig *config);

/**
 * arc_builder_get_status:
 * @builder: the builder
 * @status: (out caller-allocates): what there is to show
 */
void arc_builder_get_status (ArcBuilder *builder, ArcStatus *status);

/**
 * arc_builder_get_store:
 * @builder: the builder
 *
 * Returns: (transfer none): the store that has the builds that ended, and the problems of notes
 */
ArcStateStore *arc_builder_get_store (ArcBuilder *builder);

/**
 * arc_builder_get_pending:
 * @builder: the builder
 *
 * Returns: (transfer none): the changes that no build has taken
 */
const ArcChangeSet *arc_builder_get_pending (ArcBuilder *builder);
/**
 * arc_builder_list_changes:
 * @builder: the builder
 * @since: the number of a build
 * @now: (out): the number of the build that ended last
 * @complete: (out): whether no change after @since is missing
 *
 * Lists the files that builds after @since updated in the database.
 *
 * Returns: (transfer full): the changes
 */
ArcChangeSet *
arc_builder_list_changes (ArcBuilder *builder, guint64 since, guint64 *now, gboolean *complete);

/**
 * arc_builder_get_config:
 * @builder: the builder
 *
 * Returns: (transfer none): the settings in force
 */
const ArcConfig *arc_builder_get_config (ArcBuilder *builder);

/**
 * arc_builder_get_watcher:
 * @builder: the builder
 *
 * Returns: (transfer none): the watcher
 */
ArcWatcher *arc_builder_get_watcher (ArcBuilder *builder);
