/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "common/clock.h"
#include "common/problem-list.h"
#include "config/config.h"
#include "machine/state-machine.h"
#include "run/process-runner.h"
#include "state/state-store.h"
#include "watch/watcher.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcStatus:
 *
 * What there is to tell of the builder: the properties of org.arcology.Builder.xml by the same
 * names. Times are microseconds since the epoch, 0 for never.
 */
typedef struct
{
  ArcState state;
  gboolean stoked;
  gboolean paused;
  ArcReason reason;
  ArcHealth health;
  const char *health_message; /* owned by the builder, true until the next change */
  gint64 next_build;
  gint64 state_since;
  gint64 last_touch;
  gint64 last_run;
  gboolean fresh;
  guint64 change_serial;
  guint64 built_serial;
  guint n_pending;
  guint64 rescans;
  guint64 current_build;
  guint progress_done;
  guint progress_total;
  const char *phase; /* owned by the builder, like health_message; "" if there is none */
  guint consecutive_failures;
  gint64 rest; /* how long the rest after the last build is */
  guint n_problems;
} ArcStatus;

/**
 * ArcBuilder:
 *
 * The engine. It owns the machine and the pending changes, and connects the ports: the watcher's
 * changes and the runner's end are events of the machine, and the machine's effects are a
 * reconciliation and a run.
 *
 * A build begins with a reconciliation: the tree is compared with the snapshot once more, because
 * half of a replace is a deletion, and because monitors may have missed something. Only then it
 * takes the changes, and when it is on the disk which those are, its process starts. So every
 * change is in a build whose process started after it, or is still pending, also for the next
 * service.
 *
 * Signals:
 *   `ready`: the first scan is done: everything that can be asked is true.
 *   `changed`: something of arc_builder_get_status() or arc_builder_get_last_build() is different.
 * Emitted for each state passed through. `build-started (const ArcBuild *build)`, `build-finished
 * (const ArcBuild *build)` `rescanned (guint64 comparison, guint64 changes)`: a comparison is done;
 * its number, and how many changes were found since it began. `stopped`: after arc_builder_stop():
 * no build runs any more, and none will.
 */
#define ARC_TYPE_BUILDER (arc_builder_get_type ())
G_DECLARE_FINAL_TYPE (ArcBuilder, arc_builder, ARC, BUILDER, GObject)

/* The ports stay what they are; the builder keeps references to them. CONFIG is copied. The store
 * must be locked by the time that the builder is started. */
ArcBuilder *arc_builder_new (ArcClock *clock,
                             ArcWatcher *watcher,
                             ArcProcessRunner *runner,
                             ArcStateStore *store,
                             const ArcConfig *config);

/* Starts watching and, as `OnStart` has it, building. */
void arc_builder_start (ArcBuilder *builder);

/* Whether a build may launch its process; TRUE at first. A build that starts without the permission
 * waits for it, and takes its changes only then. For a service that does not own its name yet:
 * another one, of other state, may be building. */
void arc_builder_set_may_launch (ArcBuilder *builder, gboolean may_launch);

/**
 * arc_builder_is_after_build_running:
 * @builder: the builder
 *
 * Returns: %TRUE while the command of AfterBuild runs; `changed` is emitted when it has ended
 */
gboolean arc_builder_is_after_build_running (ArcBuilder *builder);

/* Ends the running build, if any, and lets none start; `stopped` follows, always from the main
 * loop. */
void arc_builder_stop (ArcBuilder *builder);

/* Asks for a build at once. BUILD gets the number of the one that will contain everything that was
 * saved before. ARC_ERROR_TREE_UNAVAILABLE, ARC_ERROR_SHUTTING_DOWN. */
gboolean
arc_builder_rebuild (ArcBuilder *builder, ArcBuildKind kind, guint64 *build, GError **error);

/* Compares the tree with the snapshot, builds what is stale, and is done when the database holds
 * all that was on the disk when it was called. BUILD gets the number of the build that did it,
 * which may have been an earlier one, and BUILD_RESULT how it ended: only with ARC_RESULT_SUCCESS
 * does the database hold it. ARC_ERROR_TREE_UNAVAILABLE, ARC_ERROR_SHUTTING_DOWN. */
void arc_builder_sync_async (ArcBuilder *builder, GAsyncReadyCallback callback, gpointer user_data);
gboolean arc_builder_sync_finish (ArcBuilder *builder,
                                  GAsyncResult *result,
                                  guint64 *build,
                                  ArcResult *build_result,
                                  GError **error);

/* ARC_ERROR_NOT_BUILDING if no build runs. */
gboolean arc_builder_cancel (ArcBuilder *builder, GError **error);

/* ARC_ERROR_STATE_DIRECTORY if the pause cannot be remembered; it is then not in force. */
gboolean arc_builder_set_paused (ArcBuilder *builder, gboolean paused, GError **error);

/* Puts one reason to hold automatic builds in force, or takes it away: ARC_HOLD_INHIBITED or
 * ARC_HOLD_POWER_SAVER. */
void arc_builder_set_held (ArcBuilder *builder, ArcHolds hold, gboolean held);

/* The log of build ID, to read, or with 0 that of the build that runs, or else of the last one
 * (owned by the caller). -1 and ARC_ERROR_NO_SUCH_BUILD or ARC_ERROR_STATE_DIRECTORY. */
int arc_builder_open_log (ArcBuilder *builder, guint64 id, GError **error);

/* (transfer full) (nullable): where the log of build ID is; NULL if it is gone. */
char *arc_builder_get_log (ArcBuilder *builder, guint64 id);

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

/* Finds out whether CONFIG may be put in force: ARC_ERROR_CONFIG if it would leave no file, while
 * there are some now. */
void arc_builder_check_config_async (ArcBuilder *builder,
                                     const ArcConfig *config,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean
arc_builder_check_config_finish (ArcBuilder *builder, GAsyncResult *result, GError **error);

/* Puts other settings in force. A build that runs goes on with the old ones. */
void arc_builder_set_config (ArcBuilder *builder, const ArcConfig *config);

void arc_builder_get_status (ArcBuilder *builder, ArcStatus *status);

/* (nullable) (transfer none): valid until control returns to the main loop. */
const ArcBuild *arc_builder_get_last_build (ArcBuilder *builder);

/* (element-type ArcBuild) (transfer none): the builds that ended, the newest last. */
const GPtrArray *arc_builder_get_history (ArcBuilder *builder);

/* Returns: (transfer none): the problems that the last build that succeeded, or failed for some
 * files only, found in all notes. Valid until control returns to the main loop. */
const ArcProblemList *arc_builder_get_problems (ArcBuilder *builder);

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

const ArcConfig *arc_builder_get_config (ArcBuilder *builder);
ArcWatcher *arc_builder_get_watcher (ArcBuilder *builder);

G_END_DECLS
