/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/state-machine.h"

/* The whole machine, row by row. Drawing it, checking it and running it all read this one array. */
static const ArcTransition transitions[] = {
  { ARC_STATE_IDLE, ARC_EVENT_TOUCH, ARC_GUARD_NONE, ARC_STATE_WAITING, ARC_EFFECT_NONE },
  { ARC_STATE_IDLE, ARC_EVENT_REBUILD, ARC_GUARD_FREE, ARC_STATE_RUNNING, ARC_EFFECT_START },
  { ARC_STATE_IDLE, ARC_EVENT_REBUILD, ARC_GUARD_NONE, ARC_STATE_WAITING, ARC_EFFECT_NONE },

  { ARC_STATE_WAITING, ARC_EVENT_TOUCH, ARC_GUARD_NONE, ARC_STATE_WAITING, ARC_EFFECT_NONE },
  { ARC_STATE_WAITING, ARC_EVENT_DEADLINE, ARC_GUARD_DUE, ARC_STATE_RUNNING, ARC_EFFECT_START },
  { ARC_STATE_WAITING, ARC_EVENT_REBUILD, ARC_GUARD_FREE, ARC_STATE_RUNNING, ARC_EFFECT_START },

  { ARC_STATE_RUNNING, ARC_EVENT_TOUCH, ARC_GUARD_NONE, ARC_STATE_RUNNING, ARC_EFFECT_NONE },
  { ARC_STATE_RUNNING, ARC_EVENT_REBUILD, ARC_GUARD_NONE, ARC_STATE_RUNNING, ARC_EFFECT_NONE },
  { ARC_STATE_RUNNING, ARC_EVENT_SUCCEEDED, ARC_GUARD_ASKED, ARC_STATE_RUNNING,
    ARC_EFFECT_COMMIT | ARC_EFFECT_START },
  { ARC_STATE_RUNNING, ARC_EVENT_SUCCEEDED, ARC_GUARD_NONE, ARC_STATE_COOLDOWN, ARC_EFFECT_COMMIT },
  { ARC_STATE_RUNNING, ARC_EVENT_FAILED, ARC_GUARD_ASKED, ARC_STATE_RUNNING,
    ARC_EFFECT_RESTORE | ARC_EFFECT_START },
  { ARC_STATE_RUNNING, ARC_EVENT_FAILED, ARC_GUARD_NONE, ARC_STATE_COOLDOWN, ARC_EFFECT_RESTORE },
  { ARC_STATE_RUNNING, ARC_EVENT_STOPPED, ARC_GUARD_ASKED, ARC_STATE_RUNNING,
    ARC_EFFECT_RESTORE | ARC_EFFECT_START },
  { ARC_STATE_RUNNING, ARC_EVENT_STOPPED, ARC_GUARD_NONE, ARC_STATE_COOLDOWN, ARC_EFFECT_RESTORE },
  { ARC_STATE_RUNNING, ARC_EVENT_SHUTDOWN, ARC_GUARD_NONE, ARC_STATE_RUNNING, ARC_EFFECT_STOP },

  { ARC_STATE_COOLDOWN, ARC_EVENT_TOUCH, ARC_GUARD_NONE, ARC_STATE_COOLDOWN, ARC_EFFECT_NONE },
  { ARC_STATE_COOLDOWN, ARC_EVENT_DEADLINE, ARC_GUARD_DUE_AND_PENDING, ARC_STATE_WAITING,
    ARC_EFFECT_NONE },
  { ARC_STATE_COOLDOWN, ARC_EVENT_DEADLINE, ARC_GUARD_DUE, ARC_STATE_IDLE, ARC_EFFECT_NONE },
  { ARC_STATE_COOLDOWN, ARC_EVENT_REBUILD, ARC_GUARD_FREE, ARC_STATE_RUNNING, ARC_EFFECT_START },
};

void
arc_state_machine_init (ArcStateMachine *machine, gint64 now)
{
  *machine = (ArcStateMachine){
    .state = ARC_STATE_IDLE,
    .since = now,
    .first_touch = ARC_NEVER,
    .last_touch = ARC_NEVER,
    .ended = ARC_NEVER,
    .cost = ARC_NEVER,
    .retry_at = ARC_NEVER,
  };
}

static gboolean
is_free (const ArcStateMachine *machine)
{
  return !machine->closing && (machine->holds & ARC_HOLD_UNAVAILABLE) == 0;
}

static gboolean
is_touched (const ArcStateMachine *machine)
{
  return machine->last_touch != ARC_NEVER;
}

static gboolean
is_pending (const ArcStateMachine *machine)
{
  return is_touched (machine) || machine->owed || machine->asked;
}

gboolean
arc_state_machine_is_stoked (const ArcStateMachine *machine)
{
  return (machine->state == ARC_STATE_RUNNING || machine->state == ARC_STATE_COOLDOWN) &&
         is_pending (machine);
}

/* When the writer counts as done. A new touch also says that what failed before may have been
 * mended, so it is built with what was touched and does not wait for its own retry. */
static gint64
get_due (const ArcStateMachine *machine, const ArcTiming *timing)
{
  if (machine->asked)
    return machine->since;

  if (is_touched (machine))
    return MIN (machine->last_touch + timing->debounce,
                machine->first_touch + timing->debounce_limit);

  return machine->owed ? machine->retry_at : ARC_NEVER;
}

gint64
arc_state_machine_get_rest (const ArcStateMachine *machine, const ArcTiming *timing)
{
  guint64 scaled;
  guint64 rest;

  if (timing->max_load == 0 || machine->cost == ARC_NEVER ||
      !g_uint64_checked_mul (&scaled, machine->cost, ARC_LOAD_SCALE))
    return timing->cooldown;

  /* Rounded up: the load stays below the limit. */
  rest = scaled / timing->max_load + (scaled % timing->max_load != 0);

  return MIN (rest, (guint64) timing->cooldown);
}

static gint64
get_rest_end (const ArcStateMachine *machine, const ArcTiming *timing)
{
  gint64 anchor = machine->ended;

  if (timing->cooldown_from_change && is_touched (machine))
    anchor = MAX (anchor, machine->last_touch);

  return anchor + arc_state_machine_get_rest (machine, timing);
}

gint64
arc_state_machine_get_deadline (const ArcStateMachine *machine, const ArcTiming *timing)
{
  if (machine->closing)
    return ARC_NEVER;

  switch (machine->state)
    {
    case ARC_STATE_WAITING:
      if (!is_free (machine) || (machine->holds != ARC_HOLD_NONE && !machine->asked))
        return ARC_NEVER;
      return get_due (machine, timing);

    case ARC_STATE_COOLDOWN:
      return get_rest_end (machine, timing);

    case ARC_STATE_IDLE:
    case ARC_STATE_RUNNING:
      return ARC_NEVER;
    }

  g_return_val_if_reached (ARC_NEVER);
}

gint64
arc_state_machine_get_next_build (const ArcStateMachine *machine, const ArcTiming *timing)
{
  gint64 due;

  switch (machine->state)
    {
    case ARC_STATE_WAITING:
      return arc_state_machine_get_deadline (machine, timing);

    case ARC_STATE_COOLDOWN:
      if (!is_free (machine) || machine->holds != ARC_HOLD_NONE)
        return ARC_NEVER;
      due = is_pending (machine) ? get_due (machine, timing) : ARC_NEVER;
      return due == ARC_NEVER ? ARC_NEVER : MAX (due, get_rest_end (machine, timing));

    case ARC_STATE_IDLE:
    case ARC_STATE_RUNNING:
      return ARC_NEVER;
    }

  g_return_val_if_reached (ARC_NEVER);
}

ArcReason
arc_state_machine_get_reason (const ArcStateMachine *machine)
{
  if (machine->state == ARC_STATE_RUNNING)
    return ARC_REASON_BUILDING;
  if (machine->holds & ARC_HOLD_UNAVAILABLE)
    return ARC_REASON_UNAVAILABLE;
  if (!is_pending (machine))
    return machine->state == ARC_STATE_COOLDOWN ? ARC_REASON_COOLDOWN : ARC_REASON_NOTHING_PENDING;
  if (machine->holds & ARC_HOLD_PAUSED)
    return ARC_REASON_PAUSED;
  if (machine->holds & ARC_HOLD_INHIBITED)
    return ARC_REASON_INHIBITED;
  if (machine->holds & ARC_HOLD_POWER_SAVER)
    return ARC_REASON_POWER_SAVER;
  if (machine->state == ARC_STATE_COOLDOWN)
    return ARC_REASON_COOLDOWN;
  return is_touched (machine) || machine->asked ? ARC_REASON_DEBOUNCE : ARC_REASON_RETRY;
}

ArcCause
arc_state_machine_get_cause (const ArcStateMachine *machine, ArcEvent event)
{
  if (event != ARC_EVENT_DEADLINE || machine->asked)
    return ARC_CAUSE_REQUEST;

  return is_touched (machine) ? ARC_CAUSE_CHANGE : ARC_CAUSE_RETRY;
}

/* The delay doubles with each failure in a row: 1, 2, 4 ... times RetryDelay. */
static gint64
get_retry_time (const ArcStateMachine *machine, const ArcTiming *timing)
{
  gint64 delay = timing->retry_delay;

  if (machine->failures > timing->retry_limit)
    return ARC_NEVER;

  for (guint i = 1; i < machine->failures; i++)
    {
      if (delay > (ARC_NEVER - machine->ended) / 4)
        return ARC_NEVER;
      delay *= 2;
    }

  return machine->ended + delay;
}

static void
note_end (ArcStateMachine *machine, gint64 now, gboolean owed)
{
  machine->ended = now;
  machine->owed = owed;
  if (owed)
    machine->cost = ARC_NEVER;
}

/* What the machine remembers of EVENT, wherever it then goes. */
static void
note_event (ArcStateMachine *machine, const ArcTiming *timing, ArcEvent event, gint64 now)
{
  switch (event)
    {
    case ARC_EVENT_TOUCH:
      if (!is_touched (machine))
        machine->first_touch = now;
      machine->last_touch = now;
      machine->failures = 0;
      break;

    case ARC_EVENT_REBUILD:
      machine->asked = TRUE;
      break;

    case ARC_EVENT_SUCCEEDED:
      note_end (machine, now, FALSE);
      machine->failures = 0;
      break;

    case ARC_EVENT_FAILED:
      note_end (machine, now, TRUE);
      machine->failures++;
      machine->retry_at = get_retry_time (machine, timing);
      break;

    case ARC_EVENT_STOPPED:
      note_end (machine, now, TRUE);
      break;

    case ARC_EVENT_SHUTDOWN:
      machine->closing = TRUE;
      break;

    case ARC_EVENT_DEADLINE:
      break;
    }
}

static gboolean
check_guard (const ArcStateMachine *machine, const ArcTiming *timing, ArcGuard guard, gint64 now)
{
  switch (guard)
    {
    case ARC_GUARD_NONE:
      return TRUE;
    case ARC_GUARD_FREE:
      return is_free (machine);
    case ARC_GUARD_ASKED:
      return is_free (machine) && machine->asked;
    case ARC_GUARD_DUE:
      return arc_state_machine_get_deadline (machine, timing) <= now;
    case ARC_GUARD_DUE_AND_PENDING:
      return arc_state_machine_get_deadline (machine, timing) <= now && is_pending (machine);
    }

  g_return_val_if_reached (FALSE);
}

static gboolean
is_end (ArcEvent event)
{
  return event == ARC_EVENT_SUCCEEDED || event == ARC_EVENT_FAILED || event == ARC_EVENT_STOPPED;
}

ArcEffects
arc_state_machine_step (ArcStateMachine *machine,
                        const ArcTiming *timing,
                        ArcEvent event,
                        gint64 now)
{
  const ArcTransition *transition = NULL;

  /* Only what runs can end. */
  g_return_val_if_fail (!is_end (event) || machine->state == ARC_STATE_RUNNING, ARC_EFFECT_NONE);

  note_event (machine, timing, event, now);

  for (guint i = 0; i < G_N_ELEMENTS (transitions) && transition == NULL; i++)
    if (transitions[i].from == machine->state && transitions[i].event == event &&
        check_guard (machine, timing, transitions[i].guard, now))
      transition = &transitions[i];

  if (transition == NULL)
    return ARC_EFFECT_NONE;

  if (transition->effects & ARC_EFFECT_START)
    {
      machine->asked = FALSE;
      machine->owed = FALSE;
      machine->first_touch = ARC_NEVER;
      machine->last_touch = ARC_NEVER;
      machine->retry_at = ARC_NEVER;
    }

  if (transition->to != machine->state || (transition->effects & ARC_EFFECT_START))
    machine->since = now;

  machine->state = transition->to;

  return transition->effects;
}

const ArcTransition *
arc_state_machine_get_transitions (guint *n_transitions)
{
  *n_transitions = G_N_ELEMENTS (transitions);
  return transitions;
}

const char *
arc_state_to_string (ArcState state)
{
  static const char *const words[] = {
    [ARC_STATE_IDLE] = "idle",
    [ARC_STATE_WAITING] = "waiting",
    [ARC_STATE_RUNNING] = "running",
    [ARC_STATE_COOLDOWN] = "cooldown",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (words) == ARC_N_STATES);

  return words[state];
}

ArcGraphRow
arc_transition_describe (const ArcTransition *transition)
{
  static const char *const events[] = {
    [ARC_EVENT_TOUCH] = "touch",       [ARC_EVENT_DEADLINE] = "deadline",
    [ARC_EVENT_REBUILD] = "rebuild",   [ARC_EVENT_SUCCEEDED] = "succeeded",
    [ARC_EVENT_FAILED] = "failed",     [ARC_EVENT_STOPPED] = "stopped",
    [ARC_EVENT_SHUTDOWN] = "shutdown",
  };
  static const char *const guards[] = {
    [ARC_GUARD_NONE] = "",
    [ARC_GUARD_FREE] = "tree available",
    [ARC_GUARD_ASKED] = "again",
    [ARC_GUARD_DUE] = "due",
    [ARC_GUARD_DUE_AND_PENDING] = "due, stoked",
  };
  static const char *const effects[] = {
    [ARC_EFFECT_NONE] = "",
    [ARC_EFFECT_COMMIT] = "drop changes",
    [ARC_EFFECT_RESTORE] = "keep changes",
    [ARC_EFFECT_STOP] = "stop build",
    [ARC_EFFECT_START] = "start build",
    [ARC_EFFECT_COMMIT | ARC_EFFECT_START] = "drop changes, start build",
    [ARC_EFFECT_RESTORE | ARC_EFFECT_START] = "keep changes, start build",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (events) == ARC_N_EVENTS);
  G_STATIC_ASSERT (G_N_ELEMENTS (guards) == ARC_N_GUARDS);

  return (ArcGraphRow){ arc_state_to_string (transition->from), events[transition->event],
                        guards[transition->guard], arc_state_to_string (transition->to),
                        effects[transition->effects] };
}

const char *
arc_reason_to_string (ArcReason reason)
{
  static const char *const words[] = {
    [ARC_REASON_NOTHING_PENDING] = "nothing-pending",
    [ARC_REASON_DEBOUNCE] = "debounce",
    [ARC_REASON_COOLDOWN] = "cooldown",
    [ARC_REASON_RETRY] = "retry",
    [ARC_REASON_BUILDING] = "building",
    [ARC_REASON_PAUSED] = "paused",
    [ARC_REASON_INHIBITED] = "inhibited",
    [ARC_REASON_UNAVAILABLE] = "unavailable",
    [ARC_REASON_POWER_SAVER] = "power-saver",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (words) == ARC_N_REASONS);

  return words[reason];
}
