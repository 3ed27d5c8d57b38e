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
        ArcPhase reached = phase;
        const ArcPhase to = cells[phase].to[event];
        const ArcPhaseAction action = arc_phase_step (&reached, event, ARC_HOLD_NONE);

        g_test_message ("phase %d, event %d", phase, event);
        g_assert_cmpint (reached, ==, to == STAY ? phase : to);
        g_assert_cmpint (action, ==, cells[phase].action[event]);
      }
}

static void
test_guards (void)
{
  static const ArcHolds launch[] = { ARC_HOLD_NAME, ARC_HOLD_LEFTOVER, ARC_HOLD_AFTER_BUILD };
  static const ArcHolds others =
      ARC_HOLD_PAUSED | ARC_HOLD_INHIBITED | ARC_HOLD_UNAVAILABLE | ARC_HOLD_POWER_SAVER;
  ArcHolds holds = ARC_HOLD_NONE;
  ArcPhase phase;

  /* Without permission it waits, whatever that lacks. */
  for (guint i = 0; i < G_N_ELEMENTS (launch); i++)
    {
      phase = ARC_PHASE_COMPARING;
      g_assert_cmpint (arc_phase_step (&phase, ARC_PHASE_EVENT_COMPARED, launch[i]), ==,
                       ARC_PHASE_ACTION_NONE);
      g_assert_cmpint (phase, ==, ARC_PHASE_COMPARED);
      holds |= launch[i];
    }
  g_assert_cmpint (holds, ==, ARC_HOLDS_LAUNCH);
  g_assert_cmpint (holds & others, ==, 0);

  /* It compares once more when it has it. What holds automatic builds only does not matter. */
  holds = others & ~ARC_HOLD_UNAVAILABLE;
  g_assert_cmpint (arc_phase_step (&phase, ARC_PHASE_EVENT_PERMITTED, holds), ==,
                   ARC_PHASE_ACTION_COMPARE);
  g_assert_cmpint (phase, ==, ARC_PHASE_COMPARING);

  /* Without a tree there is no build, before and after the changes are taken. */
  holds = ARC_HOLD_UNAVAILABLE;
  g_assert_cmpint (arc_phase_step (&phase, ARC_PHASE_EVENT_COMPARED, holds), ==,
                   ARC_PHASE_ACTION_ABANDON);
  g_assert_cmpint (phase, ==, ARC_PHASE_NONE);
  phase = ARC_PHASE_LAUNCHING;
  g_assert_cmpint (arc_phase_step (&phase, ARC_PHASE_EVENT_WRITTEN, holds), ==,
                   ARC_PHASE_ACTION_ABANDON);
  g_assert_cmpint (phase, ==, ARC_PHASE_NONE);

  /* A process that runs is not stopped for that. */
  phase = ARC_PHASE_RUNNING;
  for (ArcPhaseEvent event = 0; event < ARC_PHASE_EVENT_STOP; event++)
    g_assert_cmpint (arc_phase_step (&phase, event, holds), ==, ARC_PHASE_ACTION_NONE);
  g_assert_cmpint (phase, ==, ARC_PHASE_RUNNING);
}

/* What holds for every sequence of events: one comparison before the changes are taken, one process
 * for each time they are, one inspection after it, and one record for each build. */
static void
test_random (void)
{
  for (guint run = 0; run < 1000; run++)
    {
      ArcPhase phase = ARC_PHASE_NONE;
      ArcHolds holds = ARC_HOLD_NONE;
      gboolean building = FALSE, compared = FALSE, taken = FALSE, spawned = FALSE, ended = FALSE;

      for (guint i = 0; i < 200; i++)
        {
          const ArcPhaseEvent event = g_test_rand_int_range (0, ARC_N_PHASE_EVENTS);
          const ArcPhase before = phase;
          ArcPhaseAction action;

          holds = g_test_rand_bit () ? g_test_rand_int_range (0, ARC_HOLDS_LAUNCH + 1)
                                     : g_test_rand_int_range (0, ARC_HOLD_NAME);
          action = arc_phase_step (&phase, event, holds);

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
              g_assert_cmpint (holds & ARC_HOLDS_LAUNCH, ==, 0);
              g_assert_cmpint (holds & ARC_HOLD_UNAVAILABLE, ==, 0);
              g_assert_false (taken);
              taken = TRUE;
              break;

            case ARC_PHASE_ACTION_SPAWN:
              g_assert_true (taken);
              g_assert_false (spawned);
              g_assert_cmpint (holds & ARC_HOLD_UNAVAILABLE, ==, 0);
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
          compared = phase == ARC_PHASE_COMPARED;

          g_assert_cmpint (phase != ARC_PHASE_NONE, ==, building);
          g_assert_cmpint (arc_phase_has_spawned (phase), ==, spawned);
          g_assert_cmpint (arc_phase_is_preparing (phase), ==, building && !taken);
        }

      /* Whatever has happened, three events end a build. */
      arc_phase_step (&phase, ARC_PHASE_EVENT_STOP, holds);
      arc_phase_step (&phase, ARC_PHASE_EVENT_EXITED, holds);
      arc_phase_step (&phase, ARC_PHASE_EVENT_INSPECTED, holds);
      g_assert_cmpint (phase, ==, ARC_PHASE_NONE);
    }
}

/* No row can be reached by no event, and no phase by no row. */
static void
test_rows (void)
{
  guint n_rows;
  const ArcPhaseTransition *rows = arc_phase_get_transitions (&n_rows);

  for (guint i = 0; i < n_rows; i++)
    {
      ArcPhase phase = rows[i].from;
      const ArcHolds holds = rows[i].guard == ARC_PHASE_GUARD_UNAVAILABLE ? ARC_HOLD_UNAVAILABLE
                             : rows[i].guard == ARC_PHASE_GUARD_PERMITTED ? ARC_HOLD_NONE
                                                                          : ARC_HOLDS_LAUNCH;

      g_assert_cmpint (arc_phase_step (&phase, rows[i].event, holds), ==, rows[i].action);
      g_assert_cmpint (phase, ==, rows[i].to);
    }
}

/* Each has a word of its own. */
static void
test_words (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  ArcPhaseTransition row = { 0 };

  for (row.from = 0; row.from < ARC_N_PHASES; row.from++)
    g_assert_true (g_hash_table_add (seen, (char *) arc_phase_describe (&row).from));
  row.from = 0;
  g_hash_table_remove_all (seen);
  for (row.event = 0; row.event < ARC_N_PHASE_EVENTS; row.event++)
    g_assert_true (g_hash_table_add (seen, (char *) arc_phase_describe (&row).event));
  row.event = 0;
  g_hash_table_remove_all (seen);
  for (row.guard = 0; row.guard < ARC_N_PHASE_GUARDS; row.guard++)
    g_assert_true (g_hash_table_add (seen, (char *) arc_phase_describe (&row).guard));
  row.guard = 0;
  g_hash_table_remove_all (seen);
  for (row.action = 0; row.action < ARC_N_PHASE_ACTIONS; row.action++)
    g_assert_true (g_hash_table_add (seen, (char *) arc_phase_describe (&row).effects));
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
