/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/build-phases.h"

/* The code that steps and the code that draws both read this one array. */
static const ArcPhaseTransition transitions[] = {
  { ARC_PHASE_NONE, ARC_PHASE_EVENT_START, ARC_PHASE_GUARD_NONE, ARC_PHASE_COMPARING,
    ARC_PHASE_ACTION_COMPARE },

  { ARC_PHASE_COMPARING, ARC_PHASE_EVENT_COMPARED, ARC_PHASE_GUARD_UNAVAILABLE, ARC_PHASE_NONE,
    ARC_PHASE_ACTION_ABANDON },
  { ARC_PHASE_COMPARING, ARC_PHASE_EVENT_COMPARED, ARC_PHASE_GUARD_PERMITTED, ARC_PHASE_LAUNCHING,
    ARC_PHASE_ACTION_TAKE },
  { ARC_PHASE_COMPARING, ARC_PHASE_EVENT_COMPARED, ARC_PHASE_GUARD_NONE, ARC_PHASE_COMPARED,
    ARC_PHASE_ACTION_NONE },
  { ARC_PHASE_COMPARING, ARC_PHASE_EVENT_STOP, ARC_PHASE_GUARD_NONE, ARC_PHASE_NONE,
    ARC_PHASE_ACTION_ABANDON },

  /* The comparison has to be the last thing before the changes are taken. */
  { ARC_PHASE_COMPARED, ARC_PHASE_EVENT_PERMITTED, ARC_PHASE_GUARD_NONE, ARC_PHASE_COMPARING,
    ARC_PHASE_ACTION_COMPARE },
  { ARC_PHASE_COMPARED, ARC_PHASE_EVENT_STOP, ARC_PHASE_GUARD_NONE, ARC_PHASE_NONE,
    ARC_PHASE_ACTION_ABANDON },

  { ARC_PHASE_LAUNCHING, ARC_PHASE_EVENT_WRITTEN, ARC_PHASE_GUARD_UNAVAILABLE, ARC_PHASE_NONE,
    ARC_PHASE_ACTION_ABANDON },
  { ARC_PHASE_LAUNCHING, ARC_PHASE_EVENT_WRITTEN, ARC_PHASE_GUARD_NONE, ARC_PHASE_RUNNING,
    ARC_PHASE_ACTION_SPAWN },
  { ARC_PHASE_LAUNCHING, ARC_PHASE_EVENT_STOP, ARC_PHASE_GUARD_NONE, ARC_PHASE_NONE,
    ARC_PHASE_ACTION_ABANDON },

  { ARC_PHASE_RUNNING, ARC_PHASE_EVENT_STOP, ARC_PHASE_GUARD_NONE, ARC_PHASE_STOPPING,
    ARC_PHASE_ACTION_SIGNAL },
  { ARC_PHASE_RUNNING, ARC_PHASE_EVENT_NOT_STARTED, ARC_PHASE_GUARD_NONE, ARC_PHASE_NONE,
    ARC_PHASE_ACTION_ABANDON },
  { ARC_PHASE_RUNNING, ARC_PHASE_EVENT_EXITED, ARC_PHASE_GUARD_NONE, ARC_PHASE_ENDED,
    ARC_PHASE_ACTION_INSPECT },

  { ARC_PHASE_STOPPING, ARC_PHASE_EVENT_EXITED, ARC_PHASE_GUARD_NONE, ARC_PHASE_ENDED,
    ARC_PHASE_ACTION_INSPECT },

  { ARC_PHASE_ENDED, ARC_PHASE_EVENT_INSPECTED, ARC_PHASE_GUARD_NONE, ARC_PHASE_NONE,
    ARC_PHASE_ACTION_RECORD },
};

static gboolean
check_guard (ArcPhaseGuard guard, ArcHolds holds)
{
  switch (guard)
    {
    case ARC_PHASE_GUARD_NONE:
      return TRUE;

    case ARC_PHASE_GUARD_UNAVAILABLE:
      return (holds & ARC_HOLD_UNAVAILABLE) != 0;

    case ARC_PHASE_GUARD_PERMITTED:
      return (holds & ARC_HOLDS_LAUNCH) == 0;
    }

  g_return_val_if_reached (FALSE);
}

ArcPhaseAction
arc_phase_step (ArcPhase *phase, ArcPhaseEvent event, ArcHolds holds)
{
  for (guint i = 0; i < G_N_ELEMENTS (transitions); i++)
    {
      const ArcPhaseTransition *row = &transitions[i];

      if (row->from == *phase && row->event == event && check_guard (row->guard, holds))
        {
          *phase = row->to;
          return row->action;
        }
    }

  return ARC_PHASE_ACTION_NONE;
}

gboolean
arc_phase_is_preparing (ArcPhase phase)
{
  return phase == ARC_PHASE_COMPARING || phase == ARC_PHASE_COMPARED;
}

gboolean
arc_phase_has_spawned (ArcPhase phase)
{
  return phase >= ARC_PHASE_RUNNING;
}

const ArcPhaseTransition *
arc_phase_get_transitions (guint *n_transitions)
{
  *n_transitions = G_N_ELEMENTS (transitions);

  return transitions;
}

ArcGraphRow
arc_phase_describe (const ArcPhaseTransition *transition)
{
  static const char *const phases[] = {
    [ARC_PHASE_NONE] = "none",         [ARC_PHASE_COMPARING] = "comparing",
    [ARC_PHASE_COMPARED] = "compared", [ARC_PHASE_LAUNCHING] = "launching",
    [ARC_PHASE_RUNNING] = "running",   [ARC_PHASE_STOPPING] = "stopping",
    [ARC_PHASE_ENDED] = "ended",
  };
  static const char *const events[] = {
    [ARC_PHASE_EVENT_START] = "start",         [ARC_PHASE_EVENT_COMPARED] = "compared",
    [ARC_PHASE_EVENT_PERMITTED] = "permitted", [ARC_PHASE_EVENT_WRITTEN] = "written",
    [ARC_PHASE_EVENT_STOP] = "stop",           [ARC_PHASE_EVENT_NOT_STARTED] = "not-started",
    [ARC_PHASE_EVENT_EXITED] = "exited",       [ARC_PHASE_EVENT_INSPECTED] = "inspected",
  };
  static const char *const guards[] = {
    [ARC_PHASE_GUARD_NONE] = "",
    [ARC_PHASE_GUARD_UNAVAILABLE] = "unavailable",
    [ARC_PHASE_GUARD_PERMITTED] = "permitted",
  };
  static const char *const actions[] = {
    [ARC_PHASE_ACTION_NONE] = "",           [ARC_PHASE_ACTION_COMPARE] = "compare",
    [ARC_PHASE_ACTION_TAKE] = "take",       [ARC_PHASE_ACTION_SPAWN] = "spawn",
    [ARC_PHASE_ACTION_SIGNAL] = "signal",   [ARC_PHASE_ACTION_ABANDON] = "abandon",
    [ARC_PHASE_ACTION_INSPECT] = "inspect", [ARC_PHASE_ACTION_RECORD] = "record",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (phases) == ARC_N_PHASES);
  G_STATIC_ASSERT (G_N_ELEMENTS (events) == ARC_N_PHASE_EVENTS);
  G_STATIC_ASSERT (G_N_ELEMENTS (guards) == ARC_N_PHASE_GUARDS);
  G_STATIC_ASSERT (G_N_ELEMENTS (actions) == ARC_N_PHASE_ACTIONS);

  return (ArcGraphRow){ phases[transition->from], events[transition->event],
                        guards[transition->guard], phases[transition->to],
                        actions[transition->action] };
}
