/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/builder.h"

#include "common/error.h"
#include "common/path-filter.h"
#include "engine/build-run.h"
#include "engine/change-feed.h"
#include "engine/config-survey.h"
#include "engine/log-messages.h"
#include "engine/sync-requests.h"

#include <string.h>

struct _ArcBuilder
{
  GObject parent;

  ArcClock *clock;
  ArcWatcher *watcher;
  ArcStateStore *store;
  ArcConfig *config;

  ArcStateMachine machine;

  ArcDatabaseState *database;  /* (owned) */
  ArcComparisons *comparisons; /* (owned) */

  guint64 next_id;  /* of the next build that starts */
  ArcBuildRun *run; /* (owned) */

  ArcTreeAvailability *tree; /* (owned) */
  ArcSyncRequests *syncs;    /* (owned) */
  ArcChangeFeed *feed;       /* (owned) */

  ArcStatus status; /* (owned) */
};

enum
{
  SIGNAL_READY,
  SIGNAL_CHANGED,
  SIGNAL_BUILD_STARTED,
  SIGNAL_BUILD_FINISHED,
  SIGNAL_RESCANNED,
  SIGNAL_STOPPED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcBuilder, arc_builder, G_TYPE_OBJECT)

/* The times of the settings, with the rest that the loop guard asks for. */
static ArcTiming
get_timing (ArcBuilder *self)
{
  return arc_loop_guard_get_timing (self->run->loop_guard, &self->config->timing);
}

static void
update_status (ArcBuilder *self)
{
  const ArcTiming timing = get_timing (self);

  arc_status_update (&self->status, &self->machine, &timing, self->watcher, self->run);
}

/* Arms the one alarm and tells that there is something new to see. */
static void
update (ArcBuilder *self)
{
  const ArcTiming timing = get_timing (self);
  gint64 deadline = arc_state_machine_get_deadline (&self->machine, &timing);

  if (!self->machine.closing)
    deadline = MIN (deadline, MIN (self->comparisons->deadline,
                                   arc_tree_availability_get_deadline (self->tree)));
  arc_clock_set_alarm (self->clock, deadline);

  update_status (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
set_hold (ArcBuilder *self, ArcHolds hold, gboolean held)
{
  if (held)
    self->machine.holds |= hold;
  else
    self->machine.holds &= ~hold;
}

/* Whether a build can be had. */
static gboolean
check_available (ArcBuilder *self, GError **error)
{
  const gboolean closing = self->machine.closing;
  const char *message =
      closing ? "The service is stopping" : arc_tree_availability_get_message (self->tree);

  if (message == NULL)
    return TRUE;

  g_set_error_literal (error, ARC_ERROR,
                       closing ? ARC_ERROR_SHUTTING_DOWN : ARC_ERROR_TREE_UNAVAILABLE, message);
  return FALSE;
}

static gboolean
emit_stopped (gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_STOPPED], 0);
  return G_SOURCE_REMOVE;
}

/* `stopped` follows as soon as nothing runs any more. */
static void
schedule_stopped (ArcBuilder *self)
{
  if (self->machine.state != ARC_STATE_RUNNING && !(self->run->holds & ARC_HOLD_AFTER_BUILD))
    g_idle_add_full (G_PRIORITY_DEFAULT, emit_stopped, g_object_ref (self), g_object_unref);
}

/* An event of the machine, and everything that follows from it. CAUSE is that of a build that it
 * starts, and ENDED is the build that it is the end of. */
static void
step_for_cause (ArcBuilder *self,
                ArcEvent event,
                ArcCause cause,
                const ArcBuild *ended /* (nullable) */)
{
  const ArcTiming timing = get_timing (self);
  const ArcEffects effects =
      arc_state_machine_step (&self->machine, &timing, event, arc_clock_get_time (self->clock));

  if (ended != NULL)
    arc_change_feed_add (self->feed, ended, self->database->pending->taken);
  if (effects & ARC_EFFECT_COMMIT)
    arc_database_state_commit (self->database);
  if (effects & ARC_EFFECT_RESTORE)
    arc_database_state_restore (self->database, ended);
  if (effects & ARC_EFFECT_START)
    {
      self->status.last_run = arc_clock_get_real_time (self->clock);
      arc_build_run_start (self->run,
                           arc_build_new (self->next_id++,
                                          arc_database_state_take_wanted (self->database), cause,
                                          self->status.last_run));
    }

  update (self);

  if (ended != NULL)
    {
      if (!arc_build_asks_for_full (ended) || !(effects & ARC_EFFECT_START))
        arc_sync_requests_answer (self->syncs, ended);
      g_signal_emit (self, signals[SIGNAL_BUILD_FINISHED], 0, ended);
    }
  if (effects & ARC_EFFECT_START)
    {
      arc_log_message_log_start (self->run->build);
      g_signal_emit (self, signals[SIGNAL_BUILD_STARTED], 0, self->run->build);
    }
  if (self->machine.closing && (event == ARC_EVENT_SHUTDOWN || ended != NULL))
    schedule_stopped (self);

  if (effects & ARC_EFFECT_STOP)
    arc_build_run_stop (self->run, ARC_RESULT_INTERRUPTED);
}

static void
step (ArcBuilder *self, ArcEvent event, const ArcBuild *ended /* (nullable) */)
{
  step_for_cause (self, event, arc_state_machine_get_cause (&self->machine, event), ended);
}

static ArcEvent
get_event (ArcResult result)
{
  switch (result)
    {
    case ARC_RESULT_SUCCESS:
      return ARC_EVENT_SUCCEEDED;
    case ARC_RESULT_FAILED:
    case ARC_RESULT_SIGNAL:
    case ARC_RESULT_TIMEOUT:
    case ARC_RESULT_SPAWN_FAILED:
      return ARC_EVENT_FAILED;
    case ARC_RESULT_CANCELED:
    case ARC_RESULT_INTERRUPTED:
      return ARC_EVENT_STOPPED;
    }

  g_return_val_if_reached (ARC_EVENT_FAILED);
}

/* An event while a build runs decides what follows it: there is nothing to publish yet. */
static void
precede_end (ArcBuilder *self, ArcEvent event)
{
  const ArcTiming timing = get_timing (self);

  arc_state_machine_step (&self->machine, &timing, event, arc_clock_get_time (self->clock));
}

static void
on_build_ended (const ArcBuild *build, gboolean spawned, gpointer user_data)
{
  ArcBuilder *self = user_data;
  const ArcEvent event = get_event (build->result);
  const gboolean may_start =
      self->machine.holds == ARC_HOLD_NONE || build->cause == ARC_CAUSE_REQUEST;
  const gboolean given_up =
      arc_database_state_end_build (self->database, build, spawned,
                                    self->machine.failures >= self->config->timing.retry_limit);

  self->machine.cost = build->cpu_usec;
  /* No event comes for a file that the build named first, and that changed meanwhile. */
  if (arc_build_run_check_inputs (self->run))
    {
      self->status.last_touch = arc_clock_get_real_time (self->clock);
      precede_end (self, ARC_EVENT_TOUCH);
      /* A call that came after the comparison of the build may be about that file. */
      if (event == ARC_EVENT_SUCCEEDED && arc_sync_requests_postpone (self->syncs))
        precede_end (self, ARC_EVENT_REBUILD);
    }
  /* What it asks for is part of what this build was started for, unless that is suspended now. */
  if (arc_build_asks_for_full (build) && may_start)
    {
      precede_end (self, ARC_EVENT_REBUILD);
      step_for_cause (self, ARC_EVENT_STOPPED, build->cause, build);
      return;
    }

  if (event == ARC_EVENT_SUCCEEDED)
    self->status.consecutive_failures = 0;
  else if (event == ARC_EVENT_FAILED)
    self->status.consecutive_failures++;

  step (self, given_up ? ARC_EVENT_STOPPED : event, build);
}

/* A build that has not taken its changes yet takes these, too. */
static void
touch (ArcBuilder *self)
{
  self->status.last_touch = arc_clock_get_real_time (self->clock);
  if (arc_phase_is_preparing (self->run->phase))
    update (self);
  else
    step (self, ARC_EVENT_TOUCH, NULL);
}

static void
check_inputs (gpointer user_data)
{
  ArcBuilder *self = user_data;

  if (self->tree->compared && !self->machine.closing && arc_build_run_check_inputs (self->run))
    touch (self);
}

static void
on_health (ArcBuilder *self)
{
  g_autoptr (GError) error = NULL;
  gboolean unavailable;
  const gboolean was_unavailable = (self->machine.holds & ARC_HOLD_UNAVAILABLE) != 0;

  if (self->tree->compared)
    arc_tree_availability_set_problem (self->tree,
                                       arc_watcher_get_health (self->watcher) ==
                                               ARC_HEALTH_UNAVAILABLE
                                           ? arc_watcher_get_health_message (self->watcher)
                                           : NULL);
  unavailable = arc_tree_availability_get_message (self->tree) != NULL;
  set_hold (self, ARC_HOLD_UNAVAILABLE, unavailable);
  if (!check_available (self, &error))
    arc_sync_requests_fail (self->syncs, arc_comparisons_get_ended (self->comparisons), error);

  /* A build that found no tree was stopped, and only a touch starts it again. */
  if (was_unavailable && !unavailable && self->machine.owed)
    step (self, ARC_EVENT_TOUCH, NULL);
  else
    update (self);
}

static void
on_changed (ArcWatcher *watcher, ArcChangeSet *changes, ArcBuilder *self)
{
  const ArcSnapshot *snapshot = arc_watcher_get_snapshot (watcher);
  const gint64 due = arc_clock_get_time (self->clock) + self->config->timing.debounce_limit;

  arc_build_run_note_changes (self->run, changes, snapshot);
  arc_pending_changes_add (self->database->pending, changes);
  if (arc_tree_availability_set_files (self->tree, (const char *const *) self->config->directories,
                                       snapshot, self->database->pending->pending, due,
                                       arc_clock_to_real_time (self->clock, due)))
    on_health (self);
  touch (self);
}

/* The reconciliation that was asked for is done. */
static void
end_rescan (ArcBuilder *self)
{
  const guint64 comparison = arc_comparisons_get_ended (self->comparisons);

  if (arc_tree_availability_end_look (self->tree, comparison))
    on_health (self);

  g_signal_emit (self, signals[SIGNAL_RESCANNED], 0, comparison, self->comparisons->found);
}

/* The first scan is done: from here on the status describes the tree and the database. */
static void
on_surveyed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcBuilder) self = user_data;

  if (arc_build_run_check_inputs (self->run))
    self->status.last_touch = arc_clock_get_real_time (self->clock);
  if (!arc_config_survey_first_finish (self->watcher, result))
    arc_tree_availability_blame_settings (self->tree,
                                          (const char *const *) self->config->directories);
  arc_tree_availability_set_problem (self->tree, NULL);
  on_health (self);
  g_signal_emit (self, signals[SIGNAL_READY], 0);
  end_rescan (self);

  if (!arc_database_state_needs_build (self->database, self->config->on_start,
                                       self->machine.holds & ARC_HOLD_UNAVAILABLE))
    return;

  /* Nobody asked for it but the settings: what holds builds back holds this one back, too. */
  if (self->machine.holds != ARC_HOLD_NONE)
    step (self, ARC_EVENT_TOUCH, NULL);
  else
    step_for_cause (self, ARC_EVENT_REBUILD, ARC_CAUSE_START, NULL);
}

static void
on_compared (gpointer user_data)
{
  ArcBuilder *self = user_data;

  if (!self->tree->compared)
    {
      /* The first one; later ones have to wait for the survey, too. */
      if (arc_comparisons_get_ended (self->comparisons) == 1)
        arc_config_survey_first_async (self->watcher, self->config, self->database, on_surveyed,
                                       g_object_ref (self));
      return;
    }

  check_inputs (self);
  end_rescan (self);
  if (self->machine.state != ARC_STATE_RUNNING)
    arc_database_state_retry_write (self->database);
  if (!arc_build_run_proceed (self->run, self->config))
    update (self);
}

static void
on_comparison_settled (gpointer user_data)
{
  ArcBuilder *self = user_data;
  g_autoptr (GError) error = NULL;

  check_available (self, &error);
  if (arc_sync_requests_advance (self->syncs, error))
    arc_builder_rebuild (self, ARC_BUILD_INCREMENTAL, NULL, NULL);
  arc_build_run_proceed (self->run, self->config);
}

static void
on_alarm (ArcClock *clock, ArcBuilder *self)
{
  const gint64 now = arc_clock_get_time (clock);

  if (now >= arc_tree_availability_get_deadline (self->tree))
    self->tree->look = arc_comparisons_ask (self->comparisons);
  else if (now >= self->comparisons->deadline)
    arc_comparisons_ask (self->comparisons);

  step (self, ARC_EVENT_DEADLINE, NULL);
}

static void
on_build_changed (gpointer user_data)
{
  ArcBuilder *self = user_data;

  update (self);
  if (self->machine.closing)
    schedule_stopped (self);
}

/* Who asked when the file was back again needs one more build. */
static void
on_gone (gpointer user_data)
{
  ArcBuilder *self = user_data;

  touch (self);
  if (arc_sync_requests_postpone (self->syncs))
    arc_builder_rebuild (self, ARC_BUILD_INCREMENTAL, NULL, NULL);
}

void
arc_builder_start (ArcBuilder *self)
{
  ArcSnapshot *snapshot = arc_database_state_load (self->database);

  arc_build_run_end_leftover (self->run);
  set_hold (self, ARC_HOLD_PAUSED, arc_state_store_get_paused (self->store));
  self->next_id = arc_state_store_get_next_build (self->store);
  arc_change_feed_free (self->feed);
  self->feed = arc_change_feed_new (self->next_id - 1);
  arc_comparisons_start (self->comparisons, snapshot);
}

void
arc_builder_stop (ArcBuilder *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (ARC_ERROR, ARC_ERROR_SHUTTING_DOWN, "The service is stopping");

  if (self->machine.closing)
    return;

  arc_build_run_close (self->run);
  arc_sync_requests_fail (self->syncs, G_MAXUINT64, error);
  step (self, ARC_EVENT_SHUTDOWN, NULL);
}

gboolean
arc_builder_rebuild (ArcBuilder *self, ArcBuildKind kind, guint64 *build, GError **error)
{
  if (!check_available (self, error))
    return FALSE;

  arc_database_state_want (self->database, kind);
  if (build != NULL)
    *build = self->next_id;
  step (self, ARC_EVENT_REBUILD, NULL);

  return TRUE;
}

gboolean
arc_builder_cancel (ArcBuilder *self, GError **error)
{
  if (self->machine.state != ARC_STATE_RUNNING)
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_NOT_BUILDING, "No build is running");
      return FALSE;
    }

  arc_build_run_stop (self->run, ARC_RESULT_CANCELED);
  return TRUE;
}

/* The pause is what is written: of calls that overlap, the last one counts, and a build may start
 * until then. */
static void
on_paused (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ArcBuilder *self = g_task_get_source_object (task);
  ArcStateStore *store = ARC_STATE_STORE (source);
  GError *error = NULL;

  if (!arc_state_store_set_paused_finish (store, result, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  set_hold (self, ARC_HOLD_PAUSED, arc_state_store_get_paused (store));
  update (self);
  g_task_return_boolean (task, TRUE);
}

void
arc_builder_set_paused_async (ArcBuilder *self,
                              gboolean paused,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, arc_builder_set_paused_async);
  arc_state_store_set_paused_async (self->store, paused, on_paused, task);
}

gboolean
arc_builder_set_paused_finish (ArcBuilder *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
arc_builder_set_held (ArcBuilder *self, ArcHolds hold, gboolean held)
{
  g_return_if_fail (hold == ARC_HOLD_INHIBITED || hold == ARC_HOLD_POWER_SAVER ||
                    hold == ARC_HOLD_NAME);

  if (held == (((self->machine.holds | self->run->holds) & hold) != 0))
    return;

  if (hold == ARC_HOLD_NAME)
    arc_build_run_set_held (self->run, hold, held);
  else
    set_hold (self, hold, held);
  update (self);
}

guint64
arc_builder_compare (ArcBuilder *self)
{
  return arc_comparisons_ask (self->comparisons);
}

void
arc_builder_sync_async (ArcBuilder *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, arc_builder_sync_async);

  /* A tree that was not there may be back: that is for the comparison to find out. */
  if ((self->machine.closing || !self->tree->compared) && !check_available (self, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  arc_sync_requests_add (self->syncs, g_steal_pointer (&task));
}

ArcBuild *
arc_builder_sync_finish (ArcBuilder *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

void
arc_builder_set_config (ArcBuilder *self, const ArcConfig *config)
{
  g_autofree char *old_tree = g_strdup (arc_build_inputs_get_tree (self->database->inputs));
  const gboolean other_database = arc_database_state_set_config (self->database, config);
  g_autoptr (ArcPathFilter) filter = NULL;

  arc_config_free (self->config);
  self->config = arc_config_copy (config);
  self->comparisons->interval = config->rescan_interval;
  if (strcmp (old_tree, arc_build_inputs_get_tree (self->database->inputs)) != 0)
    {
      filter = arc_path_filter_new ((const char *const *) config->include,
                                    (const char *const *) config->exclude);
      arc_watcher_set_tree (self->watcher, (const char *const *) config->directories, filter,
                            config->follow_symlinks);
    }
  if (other_database)
    step (self, ARC_EVENT_TOUCH, NULL);

  update (self);
}

void
arc_builder_get_status (ArcBuilder *self, ArcStatus *status)
{
  update_status (self);
  *status = self->status;
}

ArcStateStore *
arc_builder_get_store (ArcBuilder *self)
{
  return self->store;
}

const ArcChangeSet *
arc_builder_get_pending (ArcBuilder *self)
{
  return self->database->pending->pending;
}

ArcChangeSet *
arc_builder_list_changes (ArcBuilder *self, guint64 since, guint64 *now, gboolean *complete)
{
  return arc_change_feed_list (self->feed, since, now, complete);
}

const ArcConfig *
arc_builder_get_config (ArcBuilder *self)
{
  return self->config;
}

ArcWatcher *
arc_builder_get_watcher (ArcBuilder *self)
{
  return self->watcher;
}

static const ArcBuildRunFuncs run_funcs = { on_build_changed, on_gone, on_build_ended };

ArcBuilder *
arc_builder_new (ArcClock *clock,
                 ArcWatcher *watcher,
                 ArcProcessRunner *runner,
                 ArcStateStore *store,
                 const ArcConfig *config)
{
  ArcBuilder *self = g_object_new (ARC_TYPE_BUILDER, NULL);

  self->clock = g_object_ref (clock);
  self->watcher = g_object_ref (watcher);
  self->store = g_object_ref (store);
  self->config = arc_config_copy (config);

  self->database = arc_database_state_new (watcher, store, config, check_inputs, self);
  self->comparisons = arc_comparisons_new (clock, watcher, self->database->inputs, on_compared,
                                           on_comparison_settled, self);
  self->comparisons->interval = config->rescan_interval;
  self->run = arc_build_run_new (clock, runner, store, self->database, self->comparisons,
                                 self->tree, &run_funcs, self);
  self->syncs = arc_sync_requests_new (self->run);
  arc_state_machine_init (&self->machine, arc_clock_get_time (self->clock));
  /* Until it has been looked at: nothing may be built before that, nor before the lock is taken. */
  self->machine.holds = ARC_HOLD_UNAVAILABLE;

  g_signal_connect_object (self->store, "problem-changed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->clock, "alarm", G_CALLBACK (on_alarm), self, 0);
  g_signal_connect_object (self->watcher, "changed", G_CALLBACK (on_changed), self, 0);
  g_signal_connect_object (self->watcher, "settled", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->watcher, "notify::health", G_CALLBACK (on_health), self,
                           G_CONNECT_SWAPPED);

  return self;
}

static void
arc_builder_finalize (GObject *object)
{
  ArcBuilder *self = ARC_BUILDER (object);

  g_clear_pointer (&self->syncs, arc_sync_requests_free);
  g_clear_pointer (&self->feed, arc_change_feed_free);
  g_clear_pointer (&self->tree, arc_tree_availability_free);
  g_clear_pointer (&self->status.health_message, g_free);
  g_clear_pointer (&self->database, arc_database_state_free);
  g_clear_pointer (&self->comparisons, arc_comparisons_free);
  g_clear_pointer (&self->run, arc_build_run_free);
  g_clear_pointer (&self->config, arc_config_free);
  g_clear_object (&self->clock);
  g_clear_object (&self->watcher);
  g_clear_object (&self->store);

  G_OBJECT_CLASS (arc_builder_parent_class)->finalize (object);
}

static guint
add_signal (const char *name, guint n_params, GType type)
{
  return g_signal_new (name, ARC_TYPE_BUILDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       n_params, type);
}

static void
arc_builder_class_init (ArcBuilderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_builder_finalize;

  signals[SIGNAL_READY] = add_signal ("ready", 0, G_TYPE_NONE);
  signals[SIGNAL_CHANGED] = add_signal ("changed", 0, G_TYPE_NONE);
  signals[SIGNAL_BUILD_STARTED] = add_signal ("build-started", 1, ARC_TYPE_BUILD);
  signals[SIGNAL_BUILD_FINISHED] = add_signal ("build-finished", 1, ARC_TYPE_BUILD);
  signals[SIGNAL_RESCANNED] =
      g_signal_new ("rescanned", ARC_TYPE_BUILDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_UINT64, G_TYPE_UINT64);
  signals[SIGNAL_STOPPED] = add_signal ("stopped", 0, G_TYPE_NONE);
}

static void
arc_builder_init (ArcBuilder *self)
{
  self->tree = arc_tree_availability_new ();
  self->feed = arc_change_feed_new (0);
}
