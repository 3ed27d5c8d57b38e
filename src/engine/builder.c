/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/builder.h"

#include "common/error.h"
#include "common/path-filter.h"
#include "engine/after-build.h"
#include "engine/build-run.h"
#include "engine/change-feed.h"
#include "engine/comparisons.h"
#include "engine/config-survey.h"
#include "engine/database-inputs.h"
#include "engine/empty-root-guard.h"
#include "engine/log-messages.h"
#include "engine/loop-guard.h"
#include "engine/pending-changes.h"
#include "engine/sync-requests.h"
#include "machine/build-phases.h"
#include "run/output-parser.h"
#include "watch/build-inputs.h"
#include "watch/directory-reader.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sysexits.h>

struct _ArcBuilder
{
  GObject parent;

  ArcClock *clock;
  ArcWatcher *watcher;
  ArcProcessRunner *runner;
  ArcStateStore *store;
  ArcConfig *config;

  ArcStateMachine machine;
  ArcBuildPhases phases; /* of the build that runs */

  ArcPendingChanges *pending; /* (owned) */
  ArcBuildKind wanted;        /* what the next build has to do at least */

  guint64 next_id;  /* of the next build that starts */
  ArcBuildRun *run; /* (owned) (nullable): the one that runs */

  /* What the database depends on besides the notes. */
  ArcBuildInputs *inputs;      /* (owned) */
  ArcDatabaseInputs *database; /* (owned): what it was built with */

  ArcEmptyRootGuard *empty_root; /* (owned) */
  char *empty_root_message;      /* (owned) (nullable): what to say of it */
  char *settings_message;     /* (owned) (nullable): that the settings leave no file of the tree */
  ArcLoopGuard *loop_guard;   /* (owned) */
  ArcTiming timing;           /* of the settings, with the rest that the loop guard asks for */
  ArcSyncRequests *syncs;     /* (owned) */
  ArcChangeFeed *feed;        /* (owned) */
  ArcAfterBuild *after_build; /* (owned) */
  gboolean may_launch;        /* as far as the owner of the builder says */
  GCancellable *leftover; /* (owned) (nullable): NULL when nothing is left of a killed service */

  ArcComparisons comparisons; /* of the tree, and of what else the database depends on */
  guint64 look;               /* the number of the one for the last look for an emptied root */
  gint64 rescan_at;
  char *health_message; /* (owned) */
  guint consecutive_failures;

  /* What is shown is converted once: the two clocks drift, and a time that nobody changed must not
   * seem to. */
  gint64 next_build;
  gint64 next_build_real;
  gint64 since;
  gint64 since_real;
  gint64 last_touch_real;
  gint64 last_run_real;
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

/* How long what is left of a build of a killed service has between SIGTERM and SIGKILL. Nobody
 * waits for its result. */
#define LEFTOVER_GRACE (2 * G_USEC_PER_SEC)

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcBuilder, arc_builder, G_TYPE_OBJECT)

/* (nullable): why the builder does not believe that there are no files. */
static const char *
get_empty_message (ArcBuilder *self)
{
  return self->settings_message != NULL ? self->settings_message : self->empty_root_message;
}

static ArcHealth
get_health (ArcBuilder *self)
{
  const ArcHealth health = arc_watcher_get_health (self->watcher);

  if (get_empty_message (self) != NULL)
    return ARC_HEALTH_UNAVAILABLE;

  return health == ARC_HEALTH_OK && self->health_message[0] != '\0' ? ARC_HEALTH_DEGRADED : health;
}

static void
update_health (ArcBuilder *self)
{
  g_autofree char *old = g_steal_pointer (&self->health_message);

  self->health_message =
      arc_log_message_health (arc_watcher_get_health_message (self->watcher),
                              get_empty_message (self), arc_state_store_get_problem (self->store),
                              arc_after_build_get_problem (self->after_build), self->loop_guard);
  if (strcmp (old, self->health_message) != 0)
    arc_log_message_log_health (get_health (self), self->health_message);
}

/* Arms the one alarm and tells that there is something new to see. */
static void
update (ArcBuilder *self)
{
  gint64 deadline = arc_state_machine_get_deadline (&self->machine, &self->timing);
  gint64 next_build = arc_state_machine_get_next_build (&self->machine, &self->timing);

  if (self->since != self->machine.since)
    {
      self->since = self->machine.since;
      self->since_real = arc_clock_to_real_time (self->clock, self->since);
    }

  if (self->next_build != next_build)
    {
      self->next_build = next_build;
      self->next_build_real = arc_clock_to_real_time (self->clock, next_build);
    }

  if (!self->machine.closing)
    deadline =
        MIN (deadline, MIN (self->rescan_at, arc_empty_root_guard_get_deadline (self->empty_root)));
  arc_clock_set_alarm (self->clock, deadline);

  update_health (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
update_timing (ArcBuilder *self)
{
  self->timing = self->config->timing;
  self->timing.cooldown =
      arc_loop_guard_get_cooldown (self->loop_guard, self->config->timing.cooldown);
  /* Builds that cause each other have to rest, however little each one costs. */
  if (arc_loop_guard_is_looping (self->loop_guard))
    self->timing.max_load = 0;
}

static void on_inputs_compared (gpointer user_data);
static void
step_phases (ArcBuilder *self, ArcPhaseEvent event, const ArcOutcome *outcome /* (nullable) */);

static void
begin_comparison (ArcBuilder *self)
{
  arc_comparisons_begin (&self->comparisons);
  arc_build_inputs_look (self->inputs, on_inputs_compared, self);
  arc_watcher_reconcile (self->watcher);
}

/* A build begins: the tree is compared with the snapshot first; on_settled() goes on. */
static void
begin_build (ArcBuilder *self, ArcCause cause)
{
  ArcBuildKind kind = self->wanted;

  g_assert (self->run == NULL);

  /* The database was removed, or there never was one: what changed since the last build is not
   * enough. */
  if (kind == ARC_BUILD_INCREMENTAL && !arc_build_inputs_has_database (self->inputs))
    kind = ARC_BUILD_FULL;

  self->wanted = ARC_BUILD_INCREMENTAL;
  self->last_run_real = arc_clock_get_real_time (self->clock);
  self->run = arc_build_run_new (arc_build_new (self->next_id++, kind, cause, self->last_run_real));
  step_phases (self, ARC_PHASE_EVENT_START, NULL);
}

/* Whether the first scan is done. */
static gboolean
is_ready (ArcBuilder *self)
{
  return arc_comparisons_get_ended (&self->comparisons) > 0;
}

/* Whether a build may still build what it has taken. */
static gboolean
is_succeeding (ArcBuilder *self)
{
  switch (self->phases.phase)
    {
    case ARC_PHASE_COMPARING:
    case ARC_PHASE_COMPARED:
    case ARC_PHASE_LAUNCHING:
    case ARC_PHASE_RUNNING:
      return TRUE;

    case ARC_PHASE_ENDED:
      return self->run->outcome.result == ARC_RESULT_SUCCESS;

    case ARC_PHASE_NONE:
    case ARC_PHASE_STOPPING:
      return FALSE;
    }

  g_return_val_if_reached (FALSE);
}

/* Whether it is known what the database held at some time: when the last run ended, or after a
 * build. */
static gboolean
knows_database (ArcBuilder *self)
{
  return arc_pending_changes_get_built_serial (self->pending) > 0;
}

/* Records that the database has all changes but those that are pending, or that the watcher has not
 * emitted yet. */
static void
remember (ArcBuilder *self, ArcBuildRun *ended /* (nullable) */)
{
  g_autoptr (ArcChangeSet) pending = arc_change_set_new ();

  arc_change_set_merge (pending, arc_pending_changes_get_pending (self->pending));
  arc_watcher_add_unemitted (self->watcher, pending);
  arc_database_inputs_commit (self->database, ended, self->store,
                              arc_watcher_get_snapshot (self->watcher), pending);
}

/* The process of a build writes the database, or is about to write all of it. */
static gboolean
is_writing (ArcBuilder *self)
{
  return arc_build_phases_has_spawned (&self->phases) ||
         (self->phases.phase == ARC_PHASE_LAUNCHING &&
          self->run->build->kind != ARC_BUILD_INCREMENTAL);
}

/* Whether the database may hold rows that no build of the notes would make now: then the next build
 * is a full one. */
static gboolean
note_inputs (ArcBuilder *self)
{
  const char *reason = arc_database_inputs_check (self->database, is_writing (self));

  if (reason == NULL)
    return FALSE;

  g_message ("The next build is a full one: %s", reason);
  arc_pending_changes_add_unknown (self->pending);
  self->last_touch_real = arc_clock_get_real_time (self->clock);
  /* A build that has taken nothing yet can still be that. */
  if (arc_build_phases_is_preparing (&self->phases))
    self->run->build->kind = MAX (self->run->build->kind, ARC_BUILD_FULL);
  else
    self->wanted = MAX (self->wanted, ARC_BUILD_FULL);

  return TRUE;
}

/* ENDED did not build its changes, or not all of them. */
static void
restore_changes (ArcBuilder *self, ArcBuildRun *ended)
{
  if (arc_pending_changes_restore (self->pending, ended->build,
                                   arc_watcher_get_snapshot (self->watcher)))
    remember (self, ended);
  else
    self->wanted = MAX (self->wanted, ended->build->kind);
}

/* Why the tree is unavailable. */
static const char *
get_unavailable_message (ArcBuilder *self)
{
  if (!is_ready (self))
    return "The tree has not been looked at yet: try again";
  if (arc_watcher_get_health (self->watcher) == ARC_HEALTH_UNAVAILABLE)
    return arc_watcher_get_health_message (self->watcher);

  return get_empty_message (self);
}

/* Whether a build can be had. */
static gboolean
check_available (ArcBuilder *self, GError **error)
{
  if (self->machine.closing)
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_SHUTTING_DOWN, "The service is stopping");
      return FALSE;
    }

  if (self->machine.holds & ARC_HOLD_UNAVAILABLE)
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_TREE_UNAVAILABLE,
                           get_unavailable_message (self));
      return FALSE;
    }

  return TRUE;
}

static gboolean
is_fresh (ArcBuilder *self)
{
  return arc_pending_changes_is_true (self->pending) &&
         (self->machine.holds & ARC_HOLD_UNAVAILABLE) == 0;
}

/* The tree has been compared with the snapshot since each of these calls came: so all that they ask
 * for is known, and in the database, in the build that runs, or pending. */
static void
advance_syncs (ArcBuilder *self)
{
  const guint64 compared = arc_comparisons_get_ended (&self->comparisons);
  /* A build that is being stopped, or has failed, may have taken all that there is, and does not
   * build it. */
  const gboolean stopping = self->run != NULL && !is_succeeding (self);
  const guint64 serial = arc_pending_changes_get_change_serial (self->pending) + stopping;
  g_autoptr (GError) error = NULL;
  guint64 build;

  if (!arc_sync_requests_set_serial (self->syncs, compared, serial))
    return;

  if (!check_available (self, &error))
    {
      arc_sync_requests_fail (self->syncs, compared, error);
    }
  else if (is_fresh (self) && arc_build_inputs_has_database (self->inputs))
    {
      arc_sync_requests_answer (self->syncs, serial, arc_state_store_get_built_id (self->store),
                                ARC_RESULT_SUCCESS);
    }
  else if (self->run == NULL || (!arc_build_phases_is_preparing (&self->phases) &&
                                 arc_pending_changes_get_taken_serial (self->pending) < serial))
    {
      if (stopping)
        arc_pending_changes_add_unknown (self->pending);
      arc_builder_rebuild (self, ARC_BUILD_INCREMENTAL, &build, NULL);
    }
}

static void
fail_syncs (ArcBuilder *self, guint64 comparison, ArcError code, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (ARC_ERROR, code, message);

  arc_sync_requests_fail (self->syncs, comparison, error);
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
  if (self->machine.state != ARC_STATE_RUNNING && !arc_after_build_is_running (self->after_build))
    g_idle_add_full (G_PRIORITY_DEFAULT, emit_stopped, g_object_ref (self), g_object_unref);
}

/* An event of the machine, and everything that follows from it. CAUSE is that of a build that it
 * starts, and ENDED is the build that it is the end of. */
static void
step_for_cause (ArcBuilder *self,
                ArcEvent event,
                ArcCause cause,
                ArcBuildRun *ended /* (nullable) */)
{
  const ArcEffects effects = arc_state_machine_step (&self->machine, &self->timing, event,
                                                     arc_clock_get_time (self->clock));
  /* A build that was stopped before it took its changes answers for all that there were. */
  const guint64 ended_serial = ended != NULL && ended->database == NULL
                                   ? arc_pending_changes_get_change_serial (self->pending)
                                   : arc_pending_changes_get_taken_serial (self->pending);

  if (ended != NULL)
    arc_change_feed_add (self->feed, ended->build, arc_pending_changes_get_taken (self->pending));
  if (effects & ARC_EFFECT_COMMIT)
    {
      arc_pending_changes_commit (self->pending);
      remember (self, ended);
    }
  if (effects & ARC_EFFECT_RESTORE)
    restore_changes (self, ended);
  if (effects & ARC_EFFECT_START)
    begin_build (self, cause);

  update (self);

  if (ended != NULL)
    {
      arc_sync_requests_answer (self->syncs, ended_serial, ended->build->id, ended->build->result);
      g_signal_emit (self, signals[SIGNAL_BUILD_FINISHED], 0, ended->build);
    }
  if (effects & ARC_EFFECT_START)
    {
      arc_log_message_log_start (self->run->build);
      g_signal_emit (self, signals[SIGNAL_BUILD_STARTED], 0, self->run->build);
    }
  if (self->machine.closing && (event == ARC_EVENT_SHUTDOWN || ended != NULL))
    {
      arc_after_build_stop (self->after_build);
      schedule_stopped (self);
    }

  if (effects & ARC_EFFECT_STOP)
    step_phases (self, ARC_PHASE_EVENT_STOP, &(ArcOutcome){ .result = ARC_RESULT_INTERRUPTED });
}

static void
step (ArcBuilder *self, ArcEvent event, ArcBuildRun *ended /* (nullable) */)
{
  step_for_cause (self, event, arc_state_machine_get_cause (&self->machine, event), ended);
}

/* SPAWNED: the build had a process. */
static void
end_build (ArcBuilder *self, gboolean spawned)
{
  g_autoptr (ArcBuildRun) run = g_steal_pointer (&self->run);
  const ArcBuild *build = run->build;
  const ArcEvent event = arc_event_of_result (run->outcome.result);
  gboolean given_up;

  arc_build_run_record (run, self->store, arc_clock_get_real_time (self->clock));

  /* The database lacks what an incremental build needs, says the build (EX_DATAERR of sysexits.h).
   */
  if (build->result == ARC_RESULT_FAILED && build->exit_status == EX_DATAERR)
    self->wanted = MAX (self->wanted, ARC_BUILD_FULL);

  arc_database_inputs_end_build (self->database, run, spawned, self->config->database);
  if (event == ARC_EVENT_SUCCEEDED)
    self->consecutive_failures = 0;
  else if (event == ARC_EVENT_FAILED)
    self->consecutive_failures++;

  if (spawned && !self->machine.closing)
    arc_after_build_run (self->after_build, run);
  self->machine.cost = build->cpu_usec;
  given_up = arc_pending_changes_give_up (self->pending, build,
                                          self->machine.failures >= self->timing.retry_limit);
  step (self, given_up ? ARC_EVENT_STOPPED : event, run);
}

/* The list of a build has no change of a file that cannot be seen, such as on a disk that is not
 * mounted: the database keeps its rows, and the change is built when the file can be seen again.
 * The list of a full build has the file, so that its rows stay. */
static void
withhold_hidden (ArcBuilder *self)
{
  g_autoptr (ArcChangeSet) all = NULL;
  g_autoptr (ArcChangeSet) hidden = NULL;

  if (arc_watcher_get_health (self->watcher) == ARC_HEALTH_OK)
    return;

  hidden = arc_watcher_find_hidden (self->watcher, arc_pending_changes_get_pending (self->pending));
  arc_pending_changes_forget (self->pending, hidden);
  if (self->run->build->kind != ARC_BUILD_INCREMENTAL)
    {
      all = arc_snapshot_list (arc_watcher_get_snapshot (self->watcher));
      arc_change_set_free (g_steal_pointer (&hidden));
      hidden = arc_watcher_find_hidden (self->watcher, all);
    }
  arc_watcher_mark_dirty (self->watcher, hidden);
}

/* All that the next service needs is on the disk: now the process may change the database. */
static void
on_written (gpointer user_data)
{
  step_phases (user_data, ARC_PHASE_EVENT_WRITTEN, NULL);
}

static void
spawn (ArcBuilder *self)
{
  g_autoptr (GError) error = NULL;

  if (!arc_build_run_spawn (self->run, self->runner, &error))
    step_phases (self, ARC_PHASE_EVENT_NOT_STARTED,
                 &(ArcOutcome){ .result = ARC_RESULT_SPAWN_FAILED, .message = error->message });
}

/* The tree has been compared: now the build takes what is pending. What is seen from here on is for
 * the next one. */
static void
take_changes (ArcBuilder *self)
{
  ArcBuildRun *run = self->run;
  const gboolean incremental = run->build->kind == ARC_BUILD_INCREMENTAL;
  g_autoptr (ArcChangeSet) dirty = arc_change_set_new ();

  arc_loop_guard_begin_build (self->loop_guard, run->build->cause == ARC_CAUSE_REQUEST);
  update_timing (self);

  /* Until the build has succeeded, the rows of the database are unknown; and a new database has
   * none yet. */
  if (!incremental || !arc_build_inputs_has_database (self->inputs))
    arc_pending_changes_add_unknown (self->pending);
  arc_database_inputs_begin_build (self->database, run);
  withhold_hidden (self);
  arc_pending_changes_take (self->pending);
  arc_change_set_merge (dirty, arc_pending_changes_get_taken (self->pending));
  arc_watcher_add_unemitted (self->watcher, dirty);
  arc_build_run_write (run, self->store, self->config,
                       arc_pending_changes_get_taken (self->pending),
                       arc_watcher_get_snapshot (self->watcher), dirty,
                       arc_database_inputs_get_built (self->database), on_written, self);
  update (self);
}

/* The process is gone: what it left is looked at in a thread. */
static void
on_inspected (gpointer user_data)
{
  step_phases (user_data, ARC_PHASE_EVENT_INSPECTED, NULL);
}

/* The number of the comparison that a build of CAUSE begins with. */
static guint64
find_comparison (ArcBuilder *self, ArcCause cause)
{
  /* A request is for what was saved before it, so the comparison must begin after it. For a touch,
   * that which is under way will do: its end is still to come. */
  if (self->comparisons.at_end ||
      (arc_comparisons_is_under_way (&self->comparisons) && cause != ARC_CAUSE_REQUEST))
    return self->comparisons.number;

  return arc_builder_compare (self);
}

/* What a build, or its AfterBuild, changed in the tree was changed before this. */
static void
note_end (ArcBuilder *self)
{
  arc_loop_guard_end_build (self->loop_guard, arc_clock_get_time (self->clock),
                            arc_get_stamp_time ());
}

/* The command of AfterBuild reads the list of changes of the last build, and what is left of a
 * killed service's build may still write the database. */
static gboolean
may_launch (ArcBuilder *self)
{
  return self->may_launch && self->leftover == NULL &&
         !arc_after_build_is_running (self->after_build);
}

/* An event of the running build, and everything that follows from it. OUTCOME is how the build ends
 * if this ends it, or NULL for a tree that is unavailable. */
static void
step_phases (ArcBuilder *self, ArcPhaseEvent event, const ArcOutcome *outcome /* (nullable) */)
{
  const ArcOutcome unavailable = { .result = ARC_RESULT_SPAWN_FAILED,
                                   .message = get_unavailable_message (self) };

  self->phases.unavailable = (self->machine.holds & ARC_HOLD_UNAVAILABLE) != 0;
  self->phases.permitted = may_launch (self);

  switch (arc_build_phases_step (&self->phases, event))
    {
    case ARC_PHASE_ACTION_NONE:
      return;

    case ARC_PHASE_ACTION_COMPARE:
      self->run->comparison = event == ARC_PHASE_EVENT_START
                                  ? find_comparison (self, self->run->build->cause)
                                  : arc_builder_compare (self);
      return;

    case ARC_PHASE_ACTION_TAKE:
      take_changes (self);
      return;

    case ARC_PHASE_ACTION_SPAWN:
      spawn (self);
      return;

    case ARC_PHASE_ACTION_SIGNAL:
      arc_process_runner_stop (self->runner, outcome->result);
      return;

    case ARC_PHASE_ACTION_INSPECT:
      note_end (self);
      arc_build_run_set_outcome (self->run, outcome);
      arc_build_inputs_look (self->inputs, on_inspected, self);
      return;

    case ARC_PHASE_ACTION_ABANDON:
      note_end (self);
      arc_build_run_set_outcome (self->run, outcome != NULL ? outcome : &unavailable);
      end_build (self, FALSE);
      return;

    case ARC_PHASE_ACTION_RECORD:
      end_build (self, TRUE);
      return;
    }
}

/* Whether CHANGES, which come now, were most likely made by a build or its AfterBuild. */
static gboolean
are_of_build (ArcBuilder *self, const ArcChangeSet *changes)
{
  if (arc_after_build_is_running (self->after_build))
    return TRUE;
  if (self->machine.state == ARC_STATE_RUNNING)
    return arc_build_phases_has_spawned (&self->phases);

  return arc_loop_guard_is_late (self->loop_guard, changes,
                                 arc_watcher_get_snapshot (self->watcher),
                                 arc_clock_get_time (self->clock));
}

static void
check_inputs (ArcBuilder *self)
{
  if (!is_ready (self) || self->machine.closing || !note_inputs (self))
    return;

  if (arc_build_phases_is_preparing (&self->phases))
    update (self);
  else
    step (self, ARC_EVENT_TOUCH, NULL);
}

static void
on_inputs_looked (gpointer user_data)
{
  check_inputs (user_data);
}

/* Something may have changed. */
static void
on_inputs (gpointer user_data)
{
  ArcBuilder *self = user_data;

  arc_build_inputs_look (self->inputs, on_inputs_looked, self);
}

static void
set_hold (ArcBuilder *self, ArcHolds hold, gboolean held)
{
  if (held)
    self->machine.holds |= hold;
  else
    self->machine.holds &= ~hold;
}

static void
on_health (ArcBuilder *self)
{
  const gboolean unavailable = !is_ready (self) || get_empty_message (self) != NULL ||
                               arc_watcher_get_health (self->watcher) == ARC_HEALTH_UNAVAILABLE;
  const gboolean was_unavailable = (self->machine.holds & ARC_HOLD_UNAVAILABLE) != 0;

  set_hold (self, ARC_HOLD_UNAVAILABLE, unavailable);
  if (unavailable)
    fail_syncs (self, arc_comparisons_get_ended (&self->comparisons), ARC_ERROR_TREE_UNAVAILABLE,
                get_unavailable_message (self));

  /* A build that found no tree was stopped, and only a touch starts it again. */
  if (was_unavailable && !unavailable && self->machine.owed)
    step (self, ARC_EVENT_TOUCH, NULL);
  else
    update (self);
}

/* What arc_empty_root_guard_get_root() tells is different. */
static void
on_empty_root (ArcBuilder *self)
{
  const char *root = arc_empty_root_guard_get_root (self->empty_root);
  const gint64 due = arc_empty_root_guard_get_due (self->empty_root);

  g_clear_pointer (&self->empty_root_message, g_free);
  if (root != NULL)
    self->empty_root_message =
        arc_log_message_empty_root (root, arc_clock_to_real_time (self->clock, due));

  on_health (self);
}

static void
check_empty_root (ArcBuilder *self)
{
  const gint64 due = arc_clock_get_time (self->clock) + self->config->timing.debounce_limit;

  if (arc_empty_root_guard_update (self->empty_root,
                                   (const char *const *) self->config->directories,
                                   arc_watcher_get_snapshot (self->watcher),
                                   arc_pending_changes_get_pending (self->pending), due))
    on_empty_root (self);
}

static void
on_changed (ArcWatcher *watcher, ArcChangeSet *changes, ArcBuilder *self)
{
  arc_loop_guard_note_changes (self->loop_guard, changes, are_of_build (self, changes));
  update_timing (self);
  arc_pending_changes_add (self->pending, changes);
  self->comparisons.found += arc_change_set_get_size (changes);
  self->last_touch_real = arc_clock_get_real_time (self->clock);
  if (arc_watcher_get_n_files (self->watcher) > 0 && self->settings_message != NULL)
    {
      g_clear_pointer (&self->settings_message, g_free);
      on_health (self);
    }
  check_empty_root (self);

  /* A build that has not taken its changes yet will take these, too. */
  if (arc_build_phases_is_preparing (&self->phases))
    update (self);
  else
    step (self, ARC_EVENT_TOUCH, NULL);
}

/* Whether the tree has no files that matter, and other settings than the last run. */
static gboolean
is_empty_by_settings (ArcBuilder *self)
{
  /* With the settings of the last run, it is the user who removed them; see ArcEmptyRootGuard. */
  return arc_watcher_get_n_files (self->watcher) == 0 &&
         arc_watcher_get_health (self->watcher) != ARC_HEALTH_UNAVAILABLE &&
         arc_database_inputs_has_other_tree (self->database);
}

/* The settings never empty a database: that of a tree whose files they leave out keeps what it has,
 * until there is one that they do not. HAS_OTHERS: see arc_config_survey_finish(). */
static void
check_settings (ArcBuilder *self, gboolean has_others)
{
  const char *const *directories = (const char *const *) self->config->directories;
  g_autofree char *name = NULL;

  if (!is_empty_by_settings (self))
    return;

  /* If nothing is remembered, there may never have been any. */
  if (knows_database (self)
          ? arc_change_set_get_size (arc_pending_changes_get_pending (self->pending)) == 0
          : !has_others)
    return;

  name = g_filename_display_name (directories[0]);
  self->settings_message = g_strdup_printf (
      "[Tree] Include and Exclude select no file in %s%s: correct them; until then "
      "the database stays as it is",
      name, directories[1] != NULL ? " and the other directories" : "");
}

static gboolean
needs_build_at_start (ArcBuilder *self)
{
  /* A database of unknown content may lack anything. */
  if (!knows_database (self))
    self->wanted = MAX (self->wanted, ARC_BUILD_FULL);

  switch (self->config->on_start)
    {
    case ARC_ON_START_ALWAYS:
      self->wanted = MAX (self->wanted, ARC_BUILD_FULL);
      return TRUE;

    case ARC_ON_START_CHANGED:
      return !is_fresh (self);

    case ARC_ON_START_NEVER:
      return FALSE;
    }

  g_return_val_if_reached (TRUE);
}

/* The reconciliation that was asked for is done. */
static void
end_rescan (ArcBuilder *self)
{
  if (self->look <= self->comparisons.number && arc_empty_root_guard_end_look (self->empty_root))
    on_empty_root (self);

  g_signal_emit (self, signals[SIGNAL_RESCANNED], 0, self->comparisons.number,
                 self->comparisons.found);
}

/* The first scan is done, and with it everything is true that anybody can ask for. */
static void
become_ready (ArcBuilder *self, gboolean has_others)
{
  note_inputs (self);
  check_settings (self, has_others);
  on_health (self);
  g_signal_emit (self, signals[SIGNAL_READY], 0);
  end_rescan (self);

  if (!needs_build_at_start (self))
    return;

  /* Nobody asked for it but the settings: what holds builds back holds this one back, too. */
  if (self->machine.holds != ARC_HOLD_NONE)
    step (self, ARC_EVENT_TOUCH, NULL);
  else
    step_for_cause (self, ARC_EVENT_REBUILD, ARC_CAUSE_START, NULL);
}

/* What the database has may be known, and not written yet. */
static void
retry_store (ArcBuilder *self)
{
  if (self->run == NULL && arc_state_store_retry (self->store) &&
      self->wanted == ARC_BUILD_INCREMENTAL &&
      arc_database_inputs_is_built (self->database, self->config->database))
    remember (self, NULL);
}

/* The build that is being prepared goes on, if this comparison is enough for it. */
static gboolean
proceed_if_compared (ArcBuilder *self)
{
  if (self->phases.phase != ARC_PHASE_COMPARING ||
      self->run->comparison > arc_comparisons_get_ended (&self->comparisons))
    return FALSE;

  note_inputs (self);
  step_phases (self, ARC_PHASE_EVENT_COMPARED, NULL);
  return TRUE;
}

static void
end_comparison (ArcBuilder *self)
{
  end_rescan (self);
  retry_store (self);
  if (!proceed_if_compared (self))
    update (self);

  /* A build that a call asks for begins with the comparison that the call has waited for: so each
   * waits for two at most. */
  self->comparisons.at_end = !arc_comparisons_is_under_way (&self->comparisons);
  advance_syncs (self);
  self->comparisons.at_end = FALSE;
  proceed_if_compared (self);
}

static void
begin_comparison_if_due (ArcBuilder *self)
{
  if (arc_comparisons_is_due (&self->comparisons))
    begin_comparison (self);
}

static void
on_surveyed (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcBuilder) self = user_data;

  arc_comparisons_end_part (&self->comparisons, ARC_COMPARISON_SURVEY);
  become_ready (self, arc_config_survey_finish (result));
  begin_comparison_if_due (self);
}

static void
end_comparison_part (ArcBuilder *self, ArcComparisonParts part)
{
  const gboolean first = !is_ready (self);

  if (!arc_comparisons_end_part (&self->comparisons, part))
    return;

  if (first && !knows_database (self) && is_empty_by_settings (self))
    {
      self->comparisons.missing = ARC_COMPARISON_SURVEY;
      arc_config_survey_async (self->config, on_surveyed, g_object_ref (self));
      return;
    }

  if (first)
    {
      become_ready (self, FALSE);
    }
  else
    {
      check_inputs (self);
      end_comparison (self);
    }

  begin_comparison_if_due (self);
}

static void
on_inputs_compared (gpointer user_data)
{
  end_comparison_part (user_data, ARC_COMPARISON_INPUTS);
}

static void
on_settled (ArcWatcher *watcher, ArcBuilder *self)
{
  self->rescan_at = self->config->rescan_interval == 0
                        ? ARC_NEVER
                        : arc_clock_get_time (self->clock) + self->config->rescan_interval;

  /* Or the scan of a new directory. */
  if (!arc_comparisons_is_under_way (&self->comparisons))
    update (self);
  else
    end_comparison_part (self, ARC_COMPARISON_TREE);
}

static void
on_alarm (ArcClock *clock, ArcBuilder *self)
{
  const gint64 now = arc_clock_get_time (clock);

  if (arc_empty_root_guard_begin_look (self->empty_root, now))
    self->look = arc_builder_compare (self);
  else if (now >= self->rescan_at)
    arc_builder_compare (self);

  step (self, ARC_EVENT_DEADLINE, NULL);
}

/* The build did not find PATH, and may have removed what the database knew of it. It was moved away
 * and back, perhaps, when no monitor was listening, and then nothing on the disk shows that. */
static void
on_gone (ArcBuilder *self, const char *path)
{
  g_autoptr (ArcChangeSet) gone =
      arc_pending_changes_find_gone (self->pending, self->run->build,
                                     arc_watcher_get_snapshot (self->watcher), path);
  g_autoptr (ArcChangeSet) hidden = arc_watcher_find_hidden (self->watcher, gone);
  guint64 build;

  if (arc_change_set_get_size (hidden) > 0)
    {
      arc_watcher_mark_dirty (self->watcher, hidden);
    }
  else if (arc_change_set_get_size (gone) > 0)
    {
      /* A build that never finds it causes the next one for ever. */
      arc_loop_guard_note_changes (self->loop_guard, gone, TRUE);
      arc_pending_changes_add (self->pending, gone);
      self->last_touch_real = arc_clock_get_real_time (self->clock);
      step (self, ARC_EVENT_TOUCH, NULL);

      /* Who asked when it was back again needs one more build. */
      if (arc_sync_requests_postpone (self->syncs, self->run->comparison,
                                      arc_pending_changes_get_change_serial (self->pending)))
        arc_builder_rebuild (self, ARC_BUILD_INCREMENTAL, &build, NULL);
    }
}

static void
on_line (ArcProcessRunner *runner, const char *text, guint64 length, ArcBuilder *self)
{
  g_auto (ArcLine) line = { 0 };

  arc_line_parse (text, length, &line);

  if (line.kind == ARC_LINE_GONE)
    on_gone (self, line.path);
  else if (line.kind == ARC_LINE_INPUT)
    arc_build_inputs_add_named (self->inputs, line.path);

  arc_build_run_read_line (self->run, &line, text, length);
  if (line.kind == ARC_LINE_PROGRESS || line.kind == ARC_LINE_PHASE)
    update (self);
}

static void
on_ended (ArcProcessRunner *runner, const ArcOutcome *outcome, ArcBuilder *self)
{
  step_phases (self, ARC_PHASE_EVENT_EXITED, outcome);
}

/* A build that has waited for the permission to launch may have it now. */
static void
grant_launch (ArcBuilder *self)
{
  if (may_launch (self))
    step_phases (self, ARC_PHASE_EVENT_PERMITTED, NULL);
}

static void
on_leftover_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcBuilder) self = user_data;
  const gboolean found =
      arc_state_store_end_leftover_finish (ARC_STATE_STORE (source), result, NULL);

  g_clear_object (&self->leftover);
  if (found)
    g_message ("Ended what was left of a build of a service that was killed");
  if (self->machine.closing)
    return;

  /* It may have written the tree or the database until now. A build that waits compares anyway. */
  if (found)
    arc_builder_compare (self);
  grant_launch (self);
}

void
arc_builder_start (ArcBuilder *self)
{
  const ArcBuild *last;
  ArcSnapshot *snapshot;

  g_return_if_fail (ARC_IS_BUILDER (self));

  self->leftover = g_cancellable_new ();
  arc_state_store_end_leftover_async (self->store, LEFTOVER_GRACE, self->leftover,
                                      on_leftover_ended, g_object_ref (self));

  set_hold (self, ARC_HOLD_PAUSED, arc_state_store_get_paused (self->store));

  snapshot = arc_database_inputs_load (self->database, self->store, self->config->database);
  last = arc_state_store_get_last_build (self->store);
  if (last != NULL)
    self->next_id = MAX (self->next_id, last->id + 1);
  arc_change_feed_begin (self->feed, self->next_id - 1);
  if (snapshot != NULL)
    arc_pending_changes_set_true (self->pending);
  arc_build_inputs_watch (self->inputs);
  /* What was asked for before is this one. */
  arc_comparisons_begin (&self->comparisons);
  arc_build_inputs_look (self->inputs, on_inputs_compared, self);
  arc_watcher_start (self->watcher, snapshot);
}

static void
on_after_build_ended (gpointer user_data)
{
  ArcBuilder *self = user_data;

  note_end (self);
  if (self->machine.closing)
    schedule_stopped (self);
  else
    grant_launch (self);
  update (self);
}

gboolean
arc_builder_is_after_build_running (ArcBuilder *self)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), FALSE);

  return arc_after_build_is_running (self->after_build);
}

void
arc_builder_set_may_launch (ArcBuilder *self, gboolean may_launch)
{
  g_return_if_fail (ARC_IS_BUILDER (self));

  self->may_launch = may_launch;
  grant_launch (self);
}

void
arc_builder_stop (ArcBuilder *self)
{
  g_return_if_fail (ARC_IS_BUILDER (self));

  if (self->machine.closing)
    return;

  g_cancellable_cancel (self->leftover);
  fail_syncs (self, G_MAXUINT64, ARC_ERROR_SHUTTING_DOWN, "The service is stopping");
  step (self, ARC_EVENT_SHUTDOWN, NULL);
}

gboolean
arc_builder_rebuild (ArcBuilder *self, ArcBuildKind kind, guint64 *build, GError **error)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), FALSE);

  if (!check_available (self, error))
    return FALSE;

  self->wanted = MAX (self->wanted, kind);
  *build = self->next_id;
  step (self, ARC_EVENT_REBUILD, NULL);

  return TRUE;
}

gboolean
arc_builder_cancel (ArcBuilder *self, GError **error)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), FALSE);

  if (self->run == NULL)
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_NOT_BUILDING, "No build is running");
      return FALSE;
    }

  step_phases (self, ARC_PHASE_EVENT_STOP, &(ArcOutcome){ .result = ARC_RESULT_CANCELED });
  return TRUE;
}

gboolean
arc_builder_set_paused (ArcBuilder *self, gboolean paused, GError **error)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), FALSE);

  if (!arc_state_store_set_paused (self->store, paused, error))
    return FALSE;

  set_hold (self, ARC_HOLD_PAUSED, paused);
  update (self);

  return TRUE;
}

void
arc_builder_set_held (ArcBuilder *self, ArcHolds hold, gboolean held)
{
  g_return_if_fail (ARC_IS_BUILDER (self));
  g_return_if_fail (hold == ARC_HOLD_INHIBITED || hold == ARC_HOLD_POWER_SAVER);

  if (held == ((self->machine.holds & hold) != 0))
    return;

  set_hold (self, hold, held);
  update (self);
}

int
arc_builder_open_log (ArcBuilder *self, guint64 id, GError **error)
{
  const ArcBuild *last;

  g_return_val_if_fail (ARC_IS_BUILDER (self), -1);

  last = self->run != NULL ? self->run->build : arc_state_store_get_last_build (self->store);
  if (id == 0 && last != NULL)
    id = last->id;

  if (id == 0)
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_NO_SUCH_BUILD, "Nothing was built yet");
      return -1;
    }

  return arc_state_store_open_log (self->store, id, self->run != NULL && self->run->build->id == id,
                                   error);
}

char *
arc_builder_get_log (ArcBuilder *self, guint64 id)
{
  g_autofree char *log = NULL;

  g_return_val_if_fail (ARC_IS_BUILDER (self), NULL);

  log = arc_state_store_get_log (self->store, id);

  return g_file_test (log, G_FILE_TEST_EXISTS) ? g_steal_pointer (&log) : NULL;
}

guint64
arc_builder_compare (ArcBuilder *self)
{
  guint64 number;

  g_return_val_if_fail (ARC_IS_BUILDER (self), 0);

  /* Not again before this one is done. */
  self->rescan_at = ARC_NEVER;

  number = arc_comparisons_ask (&self->comparisons);
  begin_comparison_if_due (self);

  return number;
}

void
arc_builder_sync_async (ArcBuilder *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GError) error = NULL;

  g_return_if_fail (ARC_IS_BUILDER (self));

  g_task_set_source_tag (task, arc_builder_sync_async);

  /* A tree that was not there may be back: that is for the comparison to find out. */
  if ((self->machine.closing || !is_ready (self)) && !check_available (self, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  arc_sync_requests_add (self->syncs, g_steal_pointer (&task), arc_builder_compare (self));
}

gboolean
arc_builder_sync_finish (
    ArcBuilder *self, GAsyncResult *result, guint64 *build, ArcResult *build_result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return arc_sync_request_propagate (G_TASK (result), build, build_result, error);
}

void
arc_builder_set_config (ArcBuilder *self, const ArcConfig *config)
{
  g_autoptr (ArcConfig) old = g_steal_pointer (&self->config);
  g_autoptr (ArcPathFilter) filter = NULL;

  g_return_if_fail (ARC_IS_BUILDER (self));

  self->config = arc_config_copy (config);
  update_timing (self);
  arc_build_inputs_set_config (self->inputs, config);

  if (!g_strv_equal ((const char *const *) old->directories,
                     (const char *const *) config->directories) ||
      !g_strv_equal ((const char *const *) old->include, (const char *const *) config->include) ||
      !g_strv_equal ((const char *const *) old->exclude, (const char *const *) config->exclude) ||
      old->follow_symlinks != config->follow_symlinks)
    {
      filter = arc_path_filter_new ((const char *const *) config->include,
                                    (const char *const *) config->exclude);
      arc_watcher_set_tree (self->watcher, (const char *const *) config->directories, filter,
                            config->follow_symlinks);
    }

  if (g_strcmp0 (old->database, config->database) != 0)
    {
      /* The content of the other database is unknown. */
      arc_database_inputs_forget_seen_database (self->database);
      self->wanted = MAX (self->wanted, ARC_BUILD_FULL);
      arc_pending_changes_add_unknown (self->pending);
      step (self, ARC_EVENT_TOUCH, NULL);
    }

  on_inputs (self);
  update (self);
}

void
arc_builder_get_status (ArcBuilder *self, ArcStatus *status)
{
  g_return_if_fail (ARC_IS_BUILDER (self));

  *status = (ArcStatus){
    .state = self->machine.state,
    .stoked = arc_state_machine_is_stoked (&self->machine),
    .paused = (self->machine.holds & ARC_HOLD_PAUSED) != 0,
    .reason = arc_state_machine_get_reason (&self->machine),
    .health = get_health (self),
    .health_message = self->health_message,
    .next_build = self->next_build_real,
    .state_since = self->since_real,
    .last_touch = self->last_touch_real,
    .last_run = self->last_run_real,
    .fresh = is_fresh (self),
    .change_serial = arc_pending_changes_get_change_serial (self->pending),
    .built_serial = arc_pending_changes_get_built_serial (self->pending),
    .n_pending = arc_change_set_get_size (arc_pending_changes_get_pending (self->pending)),
    .rescans = MAX (arc_comparisons_get_ended (&self->comparisons), 1) - 1, /* the first is none */
    .current_build = self->run != NULL ? self->run->build->id : 0,
    .progress_done = self->run != NULL ? self->run->progress_done : 0,
    .progress_total = self->run != NULL ? self->run->progress_total : 0,
    .phase = self->run != NULL && self->run->phase != NULL ? self->run->phase : "",
    .consecutive_failures = self->consecutive_failures,
    .rest = arc_state_machine_get_rest (&self->machine, &self->timing),
    .n_problems = arc_problem_list_get_count (arc_state_store_get_note_problems (self->store)),
  };
}

ArcStateStore *
arc_builder_get_store (ArcBuilder *self)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), NULL);

  return self->store;
}

const ArcChangeSet *
arc_builder_get_pending (ArcBuilder *self)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), NULL);

  return arc_pending_changes_get_pending (self->pending);
}

ArcChangeSet *
arc_builder_list_changes (ArcBuilder *self, guint64 since, guint64 *now, gboolean *complete)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), NULL);

  *now = arc_change_feed_get_now (self->feed);
  *complete = arc_change_feed_is_complete (self->feed, since);

  return arc_change_feed_list (self->feed, since);
}

const ArcConfig *
arc_builder_get_config (ArcBuilder *self)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), NULL);

  return self->config;
}

ArcWatcher *
arc_builder_get_watcher (ArcBuilder *self)
{
  g_return_val_if_fail (ARC_IS_BUILDER (self), NULL);

  return self->watcher;
}

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
  self->runner = g_object_ref (runner);
  self->store = g_object_ref (store);
  self->config = arc_config_copy (config);
  self->after_build = arc_after_build_new (store, on_after_build_ended, self);

  self->inputs = arc_build_inputs_new (on_inputs, self);
  arc_build_inputs_set_config (self->inputs, self->config);
  self->database = arc_database_inputs_new (self->inputs);
  self->next_id = arc_state_store_next_build (self->store);
  update_timing (self);
  arc_state_machine_init (&self->machine, arc_clock_get_time (self->clock));
  /* Until it has been looked at: nothing may be built before that, nor before the lock is taken. */
  set_hold (self, ARC_HOLD_UNAVAILABLE, TRUE);
  self->since = self->machine.since;
  self->since_real = arc_clock_get_real_time (self->clock);

  g_signal_connect_object (self->store, "problem-changed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->clock, "alarm", G_CALLBACK (on_alarm), self, 0);
  g_signal_connect_object (self->watcher, "changed", G_CALLBACK (on_changed), self, 0);
  g_signal_connect_object (self->watcher, "settled", G_CALLBACK (on_settled), self, 0);
  g_signal_connect_object (self->watcher, "notify::health", G_CALLBACK (on_health), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->runner, "line", G_CALLBACK (on_line), self, 0);
  g_signal_connect_object (self->runner, "ended", G_CALLBACK (on_ended), self, 0);

  return self;
}

static void
arc_builder_finalize (GObject *object)
{
  ArcBuilder *self = ARC_BUILDER (object);

  g_clear_pointer (&self->syncs, arc_sync_requests_free);
  g_clear_pointer (&self->feed, arc_change_feed_free);
  g_clear_pointer (&self->after_build, arc_after_build_free);
  g_clear_pointer (&self->empty_root, arc_empty_root_guard_free);
  g_clear_pointer (&self->empty_root_message, g_free);
  g_clear_pointer (&self->settings_message, g_free);
  g_clear_pointer (&self->loop_guard, arc_loop_guard_free);
  g_clear_pointer (&self->health_message, g_free);
  g_clear_pointer (&self->pending, arc_pending_changes_free);
  g_clear_pointer (&self->run, arc_build_run_free);
  g_clear_pointer (&self->database, arc_database_inputs_free);
  g_clear_pointer (&self->inputs, arc_build_inputs_free);
  g_clear_pointer (&self->config, arc_config_free);
  g_clear_object (&self->clock);
  g_clear_object (&self->watcher);
  g_clear_object (&self->runner);
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
  signals[SIGNAL_BUILD_STARTED] = add_signal ("build-started", 1, G_TYPE_POINTER);
  signals[SIGNAL_BUILD_FINISHED] = add_signal ("build-finished", 1, G_TYPE_POINTER);
  signals[SIGNAL_RESCANNED] =
      g_signal_new ("rescanned", ARC_TYPE_BUILDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_UINT64, G_TYPE_UINT64);
  signals[SIGNAL_STOPPED] = add_signal ("stopped", 0, G_TYPE_NONE);
}

static void
arc_builder_init (ArcBuilder *self)
{
  self->pending = arc_pending_changes_new ();
  self->empty_root = arc_empty_root_guard_new ();
  self->loop_guard = arc_loop_guard_new ();
  self->syncs = arc_sync_requests_new ();
  self->feed = arc_change_feed_new ();
  self->wanted = ARC_BUILD_INCREMENTAL;
  self->may_launch = TRUE;
  self->health_message = g_strdup ("");
  self->rescan_at = ARC_NEVER;
  self->next_build = ARC_NEVER;
}
