/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/build-phases.h"

#define STAY ARC_N_PHASES /* no transition */

/* Every phase with every event; builds may be launched, and the tree is there. */
static void
test_cells (void)
{
  static const struct
  {
    ArcPhase to[ARC_N_PHASE_EVENTS];
    ArcPhaseAction action[ARC_N_PHASE_EVENTS];
  } cells[ARC_N_PHASES] = {
    /* Events: start, compared, permitted, written, stop, not-started, exited, inspected. */
    [ARC_PHASE_NONE] = { { ARC_PHASE_COMPARING, STAY, STAY, STAY, STAY, STAY, STAY, STAY },
                         { ARC_PHASE_ACTION_COMPARE } },
    [ARC_PHASE_COMPARING] = { { STAY, ARC_PHASE_LAUNCHING, STAY, STAY, ARC_PHASE_NONE, STAY, STAY,
                                STAY },
                              { 0, ARC_PHASE_ACTION_TAKE, 0, 0, ARC_PHASE_ACTION_ABANDON } },
    [ARC_PHASE_COMPARED] = { { STAY, STAY, ARC_PHASE_COMPARING, STAY, ARC_PHASE_NONE, STAY, STAY,
                               STAY },
                             { 0, 0, ARC_PHASE_ACTION_COMPARE, 0, ARC_PHASE_ACTION_ABANDON } },
    [ARC_PHASE_LAUNCHING] = { { STAY, STAY, STAY, ARC_PHASE_RUNNING, ARC_PHASE_NONE, STAY, STAY,
                                STAY },
                              { 0, 0, 0, ARC_PHASE_ACTION_SPAWN, ARC_PHASE_ACTION_ABANDON } },
    [ARC_PHASE_RUNNING] = { { STAY, STAY, STAY, STAY, ARC_PHASE_STOPPING, ARC_PHASE_NONE,
                              ARC_PHASE_ENDED, STAY },
                            { 0, 0, 0, 0, ARC_PHASE_ACTION_SIGNAL, ARC_PHASE_ACTION_ABANDON,
                              ARC_PHASE_ACTION_INSPECT } },
    [ARC_PHASE_STOPPING] = { { STAY, STAY, STAY, STAY, STAY, STAY, ARC_PHASE_ENDED, STAY },
                             { 0, 0, 0, 0, 0, 0, ARC_PHASE_ACTION_INSPECT } },
    [ARC_PHASE_ENDED] = { { STAY, STAY, STAY, STAY, STAY, STAY, STAY, ARC_PHASE_NONE },
                          { 0, 0, 0, 0, 0, 0, 0, ARC_PHASE_ACTION_RECORD } },
  };

  for (ArcPhase phase = 0; phase < ARC_N_PHASES; phase++)
    for (ArcPhaseEvent event = 0; event < ARC_N_PHASE_EVENTS; event++)
      {
        ArcBuildPhases phases = { .phase = phase, .permitted = TRUE };
        const ArcPhase to = cells[phase].to[event];
        const ArcPhaseAction action = arc_build_phases_step (&phases, event);

        g_test_message ("%s, %s", arc_phase_to_string (phase), arc_phase_event_to_string (event));
        g_assert_cmpint (phases.phase, ==, to == STAY ? phase : to);
        g_assert_cmpint (action, ==, cells[phase].action[event]);
      }
}

static void
test_guards (void)
{
  ArcBuildPhases phases = { .phase = ARC_PHASE_COMPARING };

  /* Without permission it waits, and compares once more when it has it. */
  g_assert_cmpint (arc_build_phases_step (&phases, ARC_PHASE_EVENT_COMPARED), ==,
                   ARC_PHASE_ACTION_NONE);
  g_assert_cmpint (phases.phase, ==, ARC_PHASE_COMPARED);
  phases.permitted = TRUE;
  g_assert_cmpint (arc_build_phases_step (&phases, ARC_PHASE_EVENT_PERMITTED), ==,
                   ARC_PHASE_ACTION_COMPARE);
  g_assert_cmpint (phases.phase, ==, ARC_PHASE_COMPARING);

  /* Without a tree there is no build, before and after the changes are taken. */
  phases.unavailable = TRUE;
  g_assert_cmpint (arc_build_phases_step (&phases, ARC_PHASE_EVENT_COMPARED), ==,
                   ARC_PHASE_ACTION_ABANDON);
  g_assert_cmpint (phases.phase, ==, ARC_PHASE_NONE);
  phases.phase = ARC_PHASE_LAUNCHING;
  g_assert_cmpint (arc_build_phases_step (&phases, ARC_PHASE_EVENT_WRITTEN), ==,
                   ARC_PHASE_ACTION_ABANDON);
  g_assert_cmpint (phases.phase, ==, ARC_PHASE_NONE);

  /* A process that runs is not stopped for that. */
  phases.phase = ARC_PHASE_RUNNING;
  for (ArcPhaseEvent event = 0; event < ARC_PHASE_EVENT_STOP; event++)
    g_assert_cmpint (arc_build_phases_step (&phases, event), ==, ARC_PHASE_ACTION_NONE);
  g_assert_cmpint (phases.phase, ==, ARC_PHASE_RUNNING);
}

/* What holds for every sequence of events: one comparison before the changes are taken, one process
 * for each time they are, one inspection after it, and one record for each build. */
static void
test_random (void)
{
  for (guint run = 0; run < 1000; run++)
    {
      ArcBuildPhases phases = { 0 };
      gboolean building = FALSE, compared = FALSE, taken = FALSE, spawned = FALSE, ended = FALSE;

      for (guint i = 0; i < 200; i++)
        {
          const ArcPhaseEvent event = g_test_rand_int_range (0, ARC_N_PHASE_EVENTS);
          const ArcPhase before = phases.phase;
          ArcPhaseAction action;

          phases.permitted = g_test_rand_bit ();
          phases.unavailable = g_test_rand_int_range (0, 4) == 0;
          action = arc_build_phases_step (&phases, event);

          switch (action)
            {
            case ARC_PHASE_ACTION_NONE:
              break;

            case ARC_PHASE_ACTION_COMPARE:
              g_assert_false (taken);
              building = TRUE;
              break;

            case ARC_PHASE_ACTION_TAKE:
              g_assert_true (building);
              g_assert_true (compared || before == ARC_PHASE_COMPARING);
              g_assert_cmpint (event, ==, ARC_PHASE_EVENT_COMPARED);
              g_assert_true (phases.permitted);
              g_assert_false (phases.unavailable);
              g_assert_false (taken);
              taken = TRUE;
              break;

            case ARC_PHASE_ACTION_SPAWN:
              g_assert_true (taken);
              g_assert_false (spawned);
              g_assert_false (phases.unavailable);
              spawned = TRUE;
              break;

            case ARC_PHASE_ACTION_SIGNAL:
              g_assert_true (spawned);
              g_assert_false (ended);
              break;

            case ARC_PHASE_ACTION_ABANDON:
              g_assert_true (building);
              g_assert_cmpint (spawned, ==, event == ARC_PHASE_EVENT_NOT_STARTED);
              building = compared = taken = spawned = FALSE;
              break;

            case ARC_PHASE_ACTION_INSPECT:
              g_assert_true (spawned);
              g_assert_false (ended);
              ended = TRUE;
              break;

            case ARC_PHASE_ACTION_RECORD:
              g_assert_true (ended);
              building = compared = taken = spawned = ended = FALSE;
              break;
            }
          compared = phases.phase == ARC_PHASE_COMPARED;

          g_assert_cmpint (phases.phase != ARC_PHASE_NONE, ==, building);
          g_assert_cmpint (arc_build_phases_has_spawned (&phases), ==, spawned);
          g_assert_cmpint (arc_build_phases_is_preparing (&phases), ==, building && !taken);
        }

      /* Whatever has happened, three events end a build. */
      arc_build_phases_step (&phases, ARC_PHASE_EVENT_STOP);
      arc_build_phases_step (&phases, ARC_PHASE_EVENT_EXITED);
      arc_build_phases_step (&phases, ARC_PHASE_EVENT_INSPECTED);
      g_assert_cmpint (phases.phase, ==, ARC_PHASE_NONE);
    }
}

/* No row can be reached by no event, and no phase by no row. */
static void
test_rows (void)
{
  guint n_rows;
  const ArcPhaseTransition *rows = arc_build_phases_get_transitions (&n_rows);

  for (guint i = 0; i < n_rows; i++)
    {
      ArcBuildPhases phases = {
        .phase = rows[i].from,
        .permitted = rows[i].guard == ARC_PHASE_GUARD_PERMITTED,
        .unavailable = rows[i].guard == ARC_PHASE_GUARD_UNAVAILABLE,
      };

      g_assert_cmpint (arc_build_phases_step (&phases, rows[i].event), ==, rows[i].action);
      g_assert_cmpint (phases.phase, ==, rows[i].to);
    }
}

static void
test_words (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (ArcPhase phase = 0; phase < ARC_N_PHASES; phase++)
    g_assert_true (g_hash_table_add (seen, (char *) arc_phase_to_string (phase)));
  g_hash_table_remove_all (seen);
  for (ArcPhaseEvent event = 0; event < ARC_N_PHASE_EVENTS; event++)
    g_assert_true (g_hash_table_add (seen, (char *) arc_phase_event_to_string (event)));
  g_hash_table_remove_all (seen);
  for (ArcPhaseGuard guard = 0; guard < ARC_N_PHASE_GUARDS; guard++)
    g_assert_true (g_hash_table_add (seen, (char *) arc_phase_guard_to_string (guard)));
  g_hash_table_remove_all (seen);
  for (ArcPhaseAction action = 0; action < ARC_N_PHASE_ACTIONS; action++)
    g_assert_true (g_hash_table_add (seen, (char *) arc_phase_action_to_string (action)));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/build-phases/cells", test_cells);
  g_test_add_func ("/build-phases/guards", test_guards);
  g_test_add_func ("/build-phases/random", test_random);
  g_test_add_func ("/build-phases/rows", test_rows);
  g_test_add_func ("/build-phases/words", test_words);

  return g_test_run ();
}
