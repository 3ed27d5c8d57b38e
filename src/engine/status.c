/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/status.h"

#include "engine/log-messages.h"
#include "engine/message-ids.h"

/* Enough of the paths of a loop to know which setting of Emacs it is. */
#define LOOP_PATHS_LENGTH 500

static void
set_machine (ArcStatus *status,
             const ArcStateMachine *machine,
             const ArcTiming *timing,
             ArcClock *clock)
{
  const gint64 due = arc_state_machine_get_next_build (machine, timing);

  status->state = machine->state;
  status->stoked = arc_state_machine_is_stoked (machine);
  status->holds = machine->holds;
  status->reason = arc_state_machine_get_reason (machine);
  status->rest = arc_state_machine_get_rest (machine, timing);

  if (status->since != machine->since)
    status->state_since = arc_clock_to_real_time (clock, machine->since);
  status->since = machine->since;
  if (status->due != due)
    status->next_build = arc_clock_to_real_time (clock, due);
  status->due = due;
}

static void
set_build (ArcStatus *status, const ArcBuildRun *run)
{
  const ArcPendingChanges *pending = run->database->pending;

  status->holds |= run->holds;
  status->current_build = run->build != NULL ? run->build->id : 0;
  status->phase = run->activity != NULL ? run->activity : "";
  status->progress_done = run->progress_done;
  status->progress_total = run->progress_total;
  /* The comparison at the start does not count. */
  status->rescans = MAX (arc_comparisons_get_ended (run->comparisons), 1) - 1;

  status->fresh =
      arc_pending_changes_is_true (pending) && (status->holds & ARC_HOLD_UNAVAILABLE) == 0;
  status->change_serial = pending->change_serial;
  status->built_serial = pending->built_serial;
  status->n_pending = arc_change_set_get_size (pending->pending);
  status->n_problems = arc_state_store_get_note_problems (run->store)->count;
}

static void
add_loop_path (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  GString *message = user_data;
  g_autofree char *name = g_filename_display_name (path);

  if (message->len < LOOP_PATHS_LENGTH)
    g_string_append_printf (message, " %s", name);
}

static void
add_loop (GString *message, const ArcLoopGuard *loop_guard)
{
  const ArcChangeSet *changes = arc_loop_guard_get_changes (loop_guard);
  g_autoptr (GString) loop = NULL;

  if (changes == NULL)
    return;

  loop = g_string_new ("Each build changes the tree and so causes the next one; the service "
                       "rests longer between them. Changed by builds:");
  arc_change_set_foreach (changes, add_loop_path, loop);
  arc_log_message_add_sentence (message, loop->str);
}

static void
log_health (ArcHealth health, const char *message)
{
  const GLogLevelFlags level = health == ARC_HEALTH_OK ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_WARNING;

  g_log_structured (G_LOG_DOMAIN, level, "MESSAGE_ID", ARC_MESSAGE_HEALTH_CHANGED,
                    "ARCOLOGY_HEALTH", arc_health_to_string (health), "MESSAGE",
                    "The health is %s%s%s", arc_health_to_string (health),
                    message[0] != '\0' ? ": " : "", message);
}

static void
set_health (ArcStatus *status, ArcWatcher *watcher, const ArcBuildRun *run)
{
  const char *doubt = arc_tree_availability_get_doubt (run->tree);
  g_autoptr (GString) message = g_string_new (NULL);

  arc_log_message_add_sentence (message, arc_watcher_get_health_message (watcher));
  arc_log_message_add_sentence (message, doubt);
  arc_log_message_add_sentence (message, arc_state_store_get_problem (run->store));
  arc_log_message_add_sentence (message, run->after_problem);
  add_loop (message, run->loop_guard);

  status->health = arc_watcher_get_health (watcher);
  if (doubt != NULL)
    status->health = ARC_HEALTH_UNAVAILABLE;
  else if (status->health == ARC_HEALTH_OK && message->len > 0)
    status->health = ARC_HEALTH_DEGRADED;

  if (g_strcmp0 (status->health_message != NULL ? status->health_message : "", message->str) != 0)
    log_health (status->health, message->str);
  if (g_strcmp0 (status->health_message, message->str) != 0)
    {
      g_free (status->health_message);
      status->health_message = g_string_free (g_steal_pointer (&message), FALSE);
    }
}

void
arc_status_update (ArcStatus *status,
                   const ArcStateMachine *machine,
                   const ArcTiming *timing,
                   ArcWatcher *watcher,
                   const ArcBuildRun *run)
{
  set_machine (status, machine, timing, run->clock);
  set_build (status, run);
  set_health (status, watcher, run);
}
