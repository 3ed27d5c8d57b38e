/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "machine/graph.h"
#include "machine/state-machine.h"

/**
 * ArcPhase:
 * @ARC_PHASE_NONE: no build
 * @ARC_PHASE_COMPARING: the tree is being compared with the snapshot; no changes are taken yet
 * @ARC_PHASE_COMPARED: the comparison is done, and only the permission to launch is missing
 * @ARC_PHASE_LAUNCHING: the changes are taken, and are being written for the process
 * @ARC_PHASE_RUNNING: the process runs
 * @ARC_PHASE_STOPPING: the process runs and was signalled to end
 * @ARC_PHASE_ENDED: the process is gone, and the database that it left is being inspected
 *
 * The phases of a build: what the state `running` of #ArcStateMachine consists of.
 */
typedef enum
{
  ARC_PHASE_NONE,
  ARC_PHASE_COMPARING,
  ARC_PHASE_COMPARED,
  ARC_PHASE_LAUNCHING,
  ARC_PHASE_RUNNING,
  ARC_PHASE_STOPPING,
  ARC_PHASE_ENDED,
} ArcPhase;

#define ARC_N_PHASES (ARC_PHASE_ENDED + 1)

/**
 * ArcPhaseEvent:
 * @ARC_PHASE_EVENT_START: a build begins
 * @ARC_PHASE_EVENT_COMPARED: a comparison ended that began late enough for this build
 * @ARC_PHASE_EVENT_PERMITTED: builds may be launched from now on
 * @ARC_PHASE_EVENT_WRITTEN: the changes are on the disk
 * @ARC_PHASE_EVENT_STOP: the build has to end
 * @ARC_PHASE_EVENT_NOT_STARTED: the process could not be started
 * @ARC_PHASE_EVENT_EXITED: the process is gone
 * @ARC_PHASE_EVENT_INSPECTED: it is known which database the process left
 *
 * What moves a build from one phase to another.
 */
typedef enum
{
  ARC_PHASE_EVENT_START,
  ARC_PHASE_EVENT_COMPARED,
  ARC_PHASE_EVENT_PERMITTED,
  ARC_PHASE_EVENT_WRITTEN,
  ARC_PHASE_EVENT_STOP,
  ARC_PHASE_EVENT_NOT_STARTED,
  ARC_PHASE_EVENT_EXITED,
  ARC_PHASE_EVENT_INSPECTED,
} ArcPhaseEvent;

#define ARC_N_PHASE_EVENTS (ARC_PHASE_EVENT_INSPECTED + 1)

/**
 * ArcPhaseGuard:
 * @ARC_PHASE_GUARD_NONE: always
 * @ARC_PHASE_GUARD_UNAVAILABLE: %ARC_HOLD_UNAVAILABLE is set: the tree is not there
 * @ARC_PHASE_GUARD_PERMITTED: none of %ARC_HOLDS_LAUNCH is set: builds may be launched
 *
 * The condition of a transition.
 */
typedef enum
{
  ARC_PHASE_GUARD_NONE,
  ARC_PHASE_GUARD_UNAVAILABLE,
  ARC_PHASE_GUARD_PERMITTED,
} ArcPhaseGuard;

#define ARC_N_PHASE_GUARDS (ARC_PHASE_GUARD_PERMITTED + 1)

/**
 * ArcPhaseAction:
 * @ARC_PHASE_ACTION_NONE: nothing
 * @ARC_PHASE_ACTION_COMPARE: ask for a comparison of the tree
 * @ARC_PHASE_ACTION_TAKE: take the pending changes and begin to write them
 * @ARC_PHASE_ACTION_SPAWN: start the process
 * @ARC_PHASE_ACTION_SIGNAL: signal the process to end
 * @ARC_PHASE_ACTION_ABANDON: record a build that never had a process
 * @ARC_PHASE_ACTION_INSPECT: begin to inspect the database
 * @ARC_PHASE_ACTION_RECORD: record what the process did
 *
 * What the caller has to do after a step.
 */
typedef enum
{
  ARC_PHASE_ACTION_NONE,
  ARC_PHASE_ACTION_COMPARE,
  ARC_PHASE_ACTION_TAKE,
  ARC_PHASE_ACTION_SPAWN,
  ARC_PHASE_ACTION_SIGNAL,
  ARC_PHASE_ACTION_ABANDON,
  ARC_PHASE_ACTION_INSPECT,
  ARC_PHASE_ACTION_RECORD,
} ArcPhaseAction;

#define ARC_N_PHASE_ACTIONS (ARC_PHASE_ACTION_RECORD + 1)

/**
 * ArcPhaseTransition:
 *
 * A row of the table that the phases run on. Of the rows for a phase and an event, the first whose
 * guard holds is taken; without one, the phase stays and there is nothing to do.
 */
typedef struct
{
  ArcPhase from;
  ArcPhaseEvent event;
  ArcPhaseGuard guard;
  ArcPhase to;
  ArcPhaseAction action;
} ArcPhaseTransition;

/**
 * arc_phase_step:
 * @phase: (inout): the phase, which is all of the machine
 * @event: what happened
 * @holds: what holds builds now
 *
 * Brings the machine from before an event to after it.
 *
 * Returns: what the caller has to do now
 */
ArcPhaseAction arc_phase_step (ArcPhase *phase, ArcPhaseEvent event, ArcHolds holds);

/**
 * arc_phase_is_preparing:
 * @phase: a phase
 *
 * Returns: whether there is a build that has taken no changes yet, and will
 */
gboolean arc_phase_is_preparing (ArcPhase phase);

/**
 * arc_phase_has_spawned:
 * @phase: a phase
 *
 * Returns: whether there is a build that has started its process, which may have written the
 * database
 */
gboolean arc_phase_has_spawned (ArcPhase phase);

/**
 * arc_phase_get_transitions:
 * @n_transitions: (out): the number of rows
 *
 * Returns: (transfer none) (array length=n_transitions): the table, to draw or check it
 */
const ArcPhaseTransition *arc_phase_get_transitions (guint *n_transitions);

/**
 * arc_phase_describe:
 * @transition: a row of the table
 *
 * Returns: the row in words, for pictures; never translated
 */
ArcGraphRow arc_phase_describe (const ArcPhaseTransition *transition);
