/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/timing.h"
#include "machine/graph.h"

#include <glib.h>

typedef enum
{
  ARC_STATE_IDLE,     /* nothing is pending */
  ARC_STATE_WAITING,  /* something is pending; the writer may not be done */
  ARC_STATE_RUNNING,  /* a build runs */
  ARC_STATE_COOLDOWN, /* a build ended; rest before the next */
} ArcState;

#define ARC_N_STATES (ARC_STATE_COOLDOWN + 1)

typedef enum
{
  ARC_EVENT_TOUCH,     /* a change that matters was seen */
  ARC_EVENT_DEADLINE,  /* the deadline came; harmless if it did not */
  ARC_EVENT_REBUILD,   /* a build was asked for */
  ARC_EVENT_SUCCEEDED, /* the build ended: the database has its changes */
  ARC_EVENT_FAILED,    /* the build ended: it has to be done again */
  ARC_EVENT_STOPPED,   /* the build was ended on request: it has to be done again, but not by itself
                        */
  ARC_EVENT_SHUTDOWN,  /* the service stops */
} ArcEvent;

#define ARC_N_EVENTS (ARC_EVENT_SHUTDOWN + 1)

/* What keeps automatic builds from starting; only an unavailable tree keeps a requested one from
 * it, too. What keeps a build that has started from its process is ARC_HOLDS_LAUNCH, for
 * machine/build-phases.h: the state machine has none of these. */
typedef enum
{
  ARC_HOLD_NONE = 0,
  ARC_HOLD_PAUSED = 1 << 0,
  ARC_HOLD_INHIBITED = 1 << 1,
  ARC_HOLD_UNAVAILABLE = 1 << 2,
  ARC_HOLD_POWER_SAVER = 1 << 3,
  ARC_HOLD_NAME = 1 << 4, /* the name on the bus is not owned: another service may be building */
  ARC_HOLD_LEFTOVER = 1 << 5,    /* what a killed service left may still write the database */
  ARC_HOLD_AFTER_BUILD = 1 << 6, /* AfterBuild runs, with the list of changes of the last build */
} ArcHolds;

#define ARC_HOLDS_LAUNCH (ARC_HOLD_NAME | ARC_HOLD_LEFTOVER | ARC_HOLD_AFTER_BUILD)

/* Why nothing starts now; the words of the D-Bus property `Reason`. */
typedef enum
{
  ARC_REASON_NOTHING_PENDING,
  ARC_REASON_DEBOUNCE,
  ARC_REASON_COOLDOWN,
  ARC_REASON_RETRY,
  ARC_REASON_BUILDING,
  ARC_REASON_PAUSED,
  ARC_REASON_INHIBITED,
  ARC_REASON_UNAVAILABLE,
  ARC_REASON_POWER_SAVER,
} ArcReason;

#define ARC_N_REASONS (ARC_REASON_POWER_SAVER + 1)

/* What the caller has to do after a step, in this order. */
typedef enum
{
  ARC_EFFECT_NONE = 0,
  ARC_EFFECT_COMMIT = 1 << 0,  /* drop the changes that the ended build took */
  ARC_EFFECT_RESTORE = 1 << 1, /* merge them back into the pending ones */
  ARC_EFFECT_STOP = 1 << 2,    /* end the running build */
  ARC_EFFECT_START = 1 << 3,   /* take the pending changes and start a build */
} ArcEffects;

/**
 * ArcStateMachine:
 * @state: where the machine is
 * @since: when it came there; a build that starts right after another counts as coming there again
 * @holds: what keeps automatic builds from starting; the caller sets it, between steps
 * @closing: the service stops: nothing starts any more
 * @asked: a build was asked for and none has started since
 * @owed: the last build did not succeed, so its changes have to be built again
 * @first_touch: the first touch since a build last started, or %ARC_NEVER
 * @last_touch: the last touch since a build last started, or %ARC_NEVER
 * @ended: when the last build ended, or %ARC_NEVER
 * @cost: the processor time of the last build, microseconds; the caller sets it before the step of
 * %ARC_EVENT_SUCCEEDED. %ARC_NEVER after any other end: what failed once may fail again, so the
 * rest is the whole cooldown
 * @retry_at: when to build again what is owed, or %ARC_NEVER if only on a touch or a request
 * @failures: builds that failed in a row since the last touch
 *
 * All of the machine: a value that can be copied, compared and printed. Only
 * arc_state_machine_step() changes it, but for @holds and @cost.
 */
typedef struct
{
  ArcState state;
  gint64 since;
  ArcHolds holds;
  gboolean closing;
  gboolean asked;
  gboolean owed;
  gint64 first_touch;
  gint64 last_touch;
  gint64 ended;
  gint64 cost;
  gint64 retry_at;
  guint failures;
} ArcStateMachine;

/* The condition of a transition. */
typedef enum
{
  ARC_GUARD_NONE,  /* always */
  ARC_GUARD_FREE,  /* a build could start: the tree is there and the service is not stopping */
  ARC_GUARD_ASKED, /* the same, and a build was asked for */
  ARC_GUARD_DUE,   /* the deadline has come */
  ARC_GUARD_DUE_AND_PENDING, /* the deadline has come, and there is something to build */
} ArcGuard;

#define ARC_N_GUARDS (ARC_GUARD_DUE_AND_PENDING + 1)

/**
 * ArcTransition:
 *
 * A row of the table that the machine runs on. Of the rows for a state and an event the first whose
 * guard holds is taken; without one the machine stays where it is.
 */
typedef struct
{
  ArcState from;
  ArcEvent event;
  ArcGuard guard;
  ArcState to;
  ArcEffects effects;
} ArcTransition;

/**
 * arc_state_machine_init:
 * @machine: (out caller-allocates): a machine
 * @now: the time
 *
 * Initialises a machine: idle since @now.
 */
void arc_state_machine_init (ArcStateMachine *machine, gint64 now);

/**
 * arc_state_machine_step:
 * @machine: a machine
 * @timing: its times
 * @event: what happened
 * @now: the time, not before that of an earlier step
 *
 * Brings a machine from before an event to after it. The next deadline may have come already: call
 * arc_state_machine_get_deadline() after each step.
 *
 * Returns: what the caller has to do
 */
ArcEffects arc_state_machine_step (ArcStateMachine *machine,
                                   const ArcTiming *timing,
                                   ArcEvent event,
                                   gint64 now);

/**
 * arc_state_machine_get_rest:
 * @machine: a machine
 * @timing: its times
 *
 * Gets the rest after the last build: its processor time divided by the load that is allowed, and
 * at most the cooldown.
 *
 * Returns: microseconds
 */
gint64 arc_state_machine_get_rest (const ArcStateMachine *machine, const ArcTiming *timing);

/**
 * arc_state_machine_get_deadline:
 * @machine: a machine
 * @timing: its times
 *
 * Gets the time at which %ARC_EVENT_DEADLINE is due. It changes with each step, with the holds and
 * with the timing.
 *
 * Returns: the time, or %ARC_NEVER
 */
gint64 arc_state_machine_get_deadline (const ArcStateMachine *machine, const ArcTiming *timing);

/**
 * arc_state_machine_get_next_build:
 * @machine: a machine
 * @timing: its times
 *
 * Gets the time at which the next automatic build starts if nothing more happens.
 *
 * Returns: the time, or %ARC_NEVER if none starts or the time is not known
 */
gint64 arc_state_machine_get_next_build (const ArcStateMachine *machine, const ArcTiming *timing);

/**
 * arc_state_machine_is_stoked:
 * @machine: a machine
 *
 * Returns: %TRUE if another build follows the one that runs or has just ended
 */
gboolean arc_state_machine_is_stoked (const ArcStateMachine *machine);

/**
 * arc_state_machine_get_reason:
 * @machine: a machine
 *
 * Returns: why no build starts now
 */
ArcReason arc_state_machine_get_reason (const ArcStateMachine *machine);

/**
 * arc_state_machine_get_cause:
 * @machine: a machine
 * @event: an event before its step
 *
 * Returns: why a build starts, if @event starts one
 */
ArcCause arc_state_machine_get_cause (const ArcStateMachine *machine, ArcEvent event);

/**
 * arc_state_machine_get_transitions:
 * @n_transitions: (out): the number of transitions
 *
 * Gets the table that the machine runs on, to draw or check it.
 *
 * Returns: (transfer none) (array length=n_transitions): the table
 */
const ArcTransition *arc_state_machine_get_transitions (guint *n_transitions);

/**
 * arc_state_to_string:
 * @state: a state
 *
 * Returns: the word of D-Bus, logs and pictures; never translated
 */
const char *arc_state_to_string (ArcState state);

/**
 * arc_transition_describe:
 * @transition: a row of the table
 *
 * Returns: the row in words, for pictures; never translated
 */
ArcGraphRow arc_transition_describe (const ArcTransition *transition);

/**
 * arc_reason_to_string:
 * @reason: a reason
 *
 * Returns: the word of D-Bus, logs and pictures; never translated
 */
const char *arc_reason_to_string (ArcReason reason);
