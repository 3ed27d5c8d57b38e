/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/state-machine.h"

#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)
#define MINUTE (60 * SECOND)

/* Not a multiple of anything below, so that a time counted from 0 shows. */
#define START_TIME (1000003 * G_GINT64_CONSTANT (1000))

static const ArcTiming default_timing = {
  .debounce = 5 * SECOND,
  .debounce_limit = 60 * SECOND,
  .cooldown = 3 * MINUTE,
  .retry_delay = 10 * MINUTE,
  .retry_limit = 3,
};

/* Steps that a test of one row takes to come to the state that it is about. */

static ArcStateMachine
make_idle (void)
{
  ArcStateMachine machine;

  arc_state_machine_init (&machine, START_TIME);
  return machine;
}

static ArcStateMachine
make_waiting (void)
{
  ArcStateMachine machine = make_idle ();

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, START_TIME);
  return machine;
}

static ArcStateMachine
make_running (void)
{
  ArcStateMachine machine = make_idle ();

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME);
  return machine;
}

static ArcStateMachine
make_cooldown (void)
{
  ArcStateMachine machine = make_running ();

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME);
  return machine;
}

static ArcStateMachine
make_in_state (ArcState state)
{
  switch (state)
    {
    case ARC_STATE_IDLE:
      return make_idle ();
    case ARC_STATE_WAITING:
      return make_waiting ();
    case ARC_STATE_RUNNING:
      return make_running ();
    case ARC_STATE_COOLDOWN:
      return make_cooldown ();
    }

  g_assert_not_reached ();
}

/* Every cell of the table: where each event leads from each state, one second in, when nothing is
 * due. */
static void
test_cells (void)
{
  static const struct
  {
    ArcState from;
    ArcEvent event;
    ArcState to;
    ArcEffects effects;
    gboolean stoked;
  } cells[] = {
    { ARC_STATE_IDLE, ARC_EVENT_TOUCH, ARC_STATE_WAITING, ARC_EFFECT_NONE, FALSE },
    { ARC_STATE_IDLE, ARC_EVENT_DEADLINE, ARC_STATE_IDLE, ARC_EFFECT_NONE, FALSE },
    { ARC_STATE_IDLE, ARC_EVENT_REBUILD, ARC_STATE_RUNNING, ARC_EFFECT_START, FALSE },
    { ARC_STATE_IDLE, ARC_EVENT_SHUTDOWN, ARC_STATE_IDLE, ARC_EFFECT_NONE, FALSE },
    { ARC_STATE_WAITING, ARC_EVENT_TOUCH, ARC_STATE_WAITING, ARC_EFFECT_NONE, FALSE },
    { ARC_STATE_WAITING, ARC_EVENT_DEADLINE, ARC_STATE_WAITING, ARC_EFFECT_NONE, FALSE },
    { ARC_STATE_WAITING, ARC_EVENT_REBUILD, ARC_STATE_RUNNING, ARC_EFFECT_START, FALSE },
    { ARC_STATE_WAITING, ARC_EVENT_SHUTDOWN, ARC_STATE_WAITING, ARC_EFFECT_NONE, FALSE },
    { ARC_STATE_RUNNING, ARC_EVENT_TOUCH, ARC_STATE_RUNNING, ARC_EFFECT_NONE, TRUE },
    { ARC_STATE_RUNNING, ARC_EVENT_DEADLINE, ARC_STATE_RUNNING, ARC_EFFECT_NONE, FALSE },
    { ARC_STATE_RUNNING, ARC_EVENT_REBUILD, ARC_STATE_RUNNING, ARC_EFFECT_NONE, TRUE },
    { ARC_STATE_RUNNING, ARC_EVENT_SUCCEEDED, ARC_STATE_COOLDOWN, ARC_EFFECT_COMMIT, FALSE },
    { ARC_STATE_RUNNING, ARC_EVENT_FAILED, ARC_STATE_COOLDOWN, ARC_EFFECT_RESTORE, TRUE },
    { ARC_STATE_RUNNING, ARC_EVENT_STOPPED, ARC_STATE_COOLDOWN, ARC_EFFECT_RESTORE, TRUE },
    { ARC_STATE_RUNNING, ARC_EVENT_SHUTDOWN, ARC_STATE_RUNNING, ARC_EFFECT_STOP, FALSE },
    { ARC_STATE_COOLDOWN, ARC_EVENT_TOUCH, ARC_STATE_COOLDOWN, ARC_EFFECT_NONE, TRUE },
    { ARC_STATE_COOLDOWN, ARC_EVENT_DEADLINE, ARC_STATE_COOLDOWN, ARC_EFFECT_NONE, FALSE },
    { ARC_STATE_COOLDOWN, ARC_EVENT_REBUILD, ARC_STATE_RUNNING, ARC_EFFECT_START, FALSE },
    { ARC_STATE_COOLDOWN, ARC_EVENT_SHUTDOWN, ARC_STATE_COOLDOWN, ARC_EFFECT_NONE, FALSE },
  };
  gboolean seen[ARC_N_STATES][ARC_N_EVENTS] = { { FALSE } };
  const gint64 now = START_TIME + SECOND;

  for (guint i = 0; i < G_N_ELEMENTS (cells); i++)
    {
      ArcStateMachine machine = make_in_state (cells[i].from);
      ArcEffects effects;

      g_test_message ("%s, event %d", arc_state_to_string (cells[i].from), cells[i].event);
      g_assert_cmpint (machine.state, ==, cells[i].from);

      effects = arc_state_machine_step (&machine, &default_timing, cells[i].event, now);

      g_assert_cmpint (machine.state, ==, cells[i].to);
      g_assert_cmpint (effects, ==, cells[i].effects);
      g_assert_cmpint (arc_state_machine_is_stoked (&machine), ==, cells[i].stoked);
      g_assert_cmpint (machine.since, ==,
                       cells[i].from == cells[i].to && cells[i].effects != ARC_EFFECT_START
                           ? START_TIME
                           : now);
      seen[cells[i].from][cells[i].event] = TRUE;
    }

  /* The only cells that are left out are the ends of a build that does not run. */
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    for (ArcEvent event = 0; event < ARC_N_EVENTS; event++)
      g_assert_true (seen[state][event] ||
                     (state != ARC_STATE_RUNNING && event >= ARC_EVENT_SUCCEEDED &&
                      event <= ARC_EVENT_STOPPED));
}

static void
test_debounce_counts_from_last_touch (void)
{
  ArcStateMachine machine = make_waiting ();

  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==,
                   START_TIME + 5 * SECOND);

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, START_TIME + 4 * SECOND);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==,
                   START_TIME + 9 * SECOND);
  g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE,
                                           START_TIME + 5 * SECOND),
                   ==, ARC_EFFECT_NONE);
  g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE,
                                           START_TIME + 9 * SECOND),
                   ==, ARC_EFFECT_START);
  g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);
}

/* A file that is saved every four seconds would otherwise put the build off for ever. */
static void
test_debounce_limit (void)
{
  ArcStateMachine machine = make_waiting ();
  gint64 now = START_TIME;

  while (now + 4 * SECOND < START_TIME + default_timing.debounce_limit)
    {
      now += 4 * SECOND;
      g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, now),
                       ==, ARC_EFFECT_NONE);
      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, now);
    }

  now = START_TIME + default_timing.debounce_limit;
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==, now);
  g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, now), ==,
                   ARC_EFFECT_START);
}

static void
test_cooldown_ends_idle (void)
{
  ArcStateMachine machine = make_cooldown ();
  const gint64 end = START_TIME + default_timing.cooldown;

  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==, end);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end - 1);
  g_assert_cmpint (machine.state, ==, ARC_STATE_COOLDOWN);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end);
  g_assert_cmpint (machine.state, ==, ARC_STATE_IDLE);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
}

/* Debounced long ago: the build starts with the end of the cooldown. */
static void
test_cooldown_ends_stoked (void)
{
  ArcStateMachine machine = make_cooldown ();
  const gint64 end = START_TIME + default_timing.cooldown;

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, START_TIME + SECOND);
  g_assert_cmpint (arc_state_machine_get_next_build (&machine, &default_timing), ==, end);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end);
  g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), <=, end);
  g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end), ==,
                   ARC_EFFECT_START);
}

/* Touched at the very end of the cooldown: the writer still gets the debounce. */
static void
test_cooldown_does_not_cut_debounce (void)
{
  ArcStateMachine machine = make_cooldown ();
  const gint64 end = START_TIME + default_timing.cooldown;

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, end - SECOND);
  g_assert_cmpint (arc_state_machine_get_next_build (&machine, &default_timing), ==,
                   end + 4 * SECOND);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end);
  g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end), ==,
                   ARC_EFFECT_NONE);
  g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE,
                                           end + 4 * SECOND),
                   ==, ARC_EFFECT_START);
}

static void
test_cooldown_from_change (void)
{
  ArcTiming timing = default_timing;
  ArcStateMachine machine = make_cooldown ();
  const gint64 touched = START_TIME + MINUTE;

  timing.cooldown_from_change = TRUE;
  arc_state_machine_step (&machine, &timing, ARC_EVENT_TOUCH, touched);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &timing), ==,
                   touched + timing.cooldown);

  /* The end of the build is the later one if the touch came while it ran. */
  machine = make_running ();
  arc_state_machine_step (&machine, &timing, ARC_EVENT_TOUCH, touched);
  arc_state_machine_step (&machine, &timing, ARC_EVENT_SUCCEEDED, touched + SECOND);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &timing), ==,
                   touched + SECOND + timing.cooldown);
}

/* A cooldown after EVENT, the end of a build of COST. */
static ArcStateMachine
make_cooldown_after (const ArcTiming *timing, ArcEvent event, gint64 cost)
{
  ArcStateMachine machine = make_running ();

  machine.cost = cost;
  arc_state_machine_step (&machine, timing, event, START_TIME);
  g_assert_cmpint (machine.state, ==, ARC_STATE_COOLDOWN);
  return machine;
}

static void
test_rest (void)
{
  static const struct
  {
    guint max_load;
    gint64 cost;
    ArcEvent event;
    gint64 rest;
  } cases[] = {
    { 300, 90 * SECOND / 1000, ARC_EVENT_SUCCEEDED, 3 * SECOND },
    { 300, 0, ARC_EVENT_SUCCEEDED, 0 },
    { 300, 1, ARC_EVENT_SUCCEEDED, 34 },  /* 33.3, rounded up */
    { 10, 1, ARC_EVENT_SUCCEEDED, 1000 }, /* 0.1 % */
    { ARC_LOAD_SCALE, SECOND, ARC_EVENT_SUCCEEDED, SECOND },
    { 300, 5400 * SECOND / 1000 - 1, ARC_EVENT_SUCCEEDED, 3 * MINUTE - 33 },
    { 300, 5400 * SECOND / 1000, ARC_EVENT_SUCCEEDED, 3 * MINUTE },
    /* The cooldown is the longest rest. */
    { 300, 6 * SECOND, ARC_EVENT_SUCCEEDED, 3 * MINUTE },
    { 1, ARC_NEVER / 10, ARC_EVENT_SUCCEEDED, 3 * MINUTE },
    { ARC_LOAD_SCALE, ARC_NEVER - 1, ARC_EVENT_SUCCEEDED, 3 * MINUTE },
    /* No limit but the cooldown. */
    { 0, 1, ARC_EVENT_SUCCEEDED, 3 * MINUTE },
    { 0, 0, ARC_EVENT_SUCCEEDED, 3 * MINUTE },
    /* What did not succeed rests for all of it. */
    { 300, 90 * SECOND / 1000, ARC_EVENT_FAILED, 3 * MINUTE },
    { 300, 90 * SECOND / 1000, ARC_EVENT_STOPPED, 3 * MINUTE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      ArcTiming timing = default_timing;
      ArcStateMachine machine;

      timing.max_load = cases[i].max_load;
      machine = make_cooldown_after (&timing, cases[i].event, cases[i].cost);
      g_test_message ("case %u", i);
      g_assert_cmpint (arc_state_machine_get_rest (&machine, &timing), ==, cases[i].rest);
      g_assert_cmpint (arc_state_machine_get_deadline (&machine, &timing), ==,
                       START_TIME + cases[i].rest);
    }
}

/* A save in a short rest: NextBuild is the end of it or of the debounce, whichever is later. */
static void
test_rest_and_next_build (void)
{
  ArcTiming timing = default_timing;
  ArcStateMachine machine;

  timing.max_load = 300;
  machine = make_cooldown_after (&timing, ARC_EVENT_SUCCEEDED, 300 * SECOND / 1000);
  arc_state_machine_step (&machine, &timing, ARC_EVENT_TOUCH, START_TIME + SECOND);
  g_assert_cmpint (arc_state_machine_get_reason (&machine), ==, ARC_REASON_COOLDOWN);
  g_assert_cmpint (arc_state_machine_get_next_build (&machine, &timing), ==,
                   START_TIME + 10 * SECOND);
  arc_state_machine_step (&machine, &timing, ARC_EVENT_TOUCH, START_TIME + 9 * SECOND);
  g_assert_cmpint (arc_state_machine_get_next_build (&machine, &timing), ==,
                   START_TIME + 14 * SECOND);

  /* Other settings count at once. */
  timing.max_load = 0;
  g_assert_cmpint (arc_state_machine_get_next_build (&machine, &timing), ==,
                   START_TIME + timing.cooldown);

  timing.max_load = 300;
  timing.cooldown_from_change = TRUE;
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &timing), ==,
                   START_TIME + 19 * SECOND);

  /* A build before that failed does not make the rest longer. */
  machine = make_cooldown_after (&timing, ARC_EVENT_FAILED, SECOND);
  arc_state_machine_step (&machine, &timing, ARC_EVENT_REBUILD, START_TIME);
  machine.cost = 30 * SECOND / 1000;
  arc_state_machine_step (&machine, &timing, ARC_EVENT_SUCCEEDED, START_TIME);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &timing), ==, START_TIME + SECOND);
}

static void
test_again (void)
{
  ArcStateMachine machine = make_running ();
  ArcEffects effects;

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME + 1);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME + 2);
  g_assert_true (machine.asked);

  effects = arc_state_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME + 3);
  g_assert_cmpint (effects, ==, ARC_EFFECT_COMMIT | ARC_EFFECT_START);
  g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);
  g_assert_cmpint (machine.since, ==, START_TIME + 3);

  /* Asked twice while one build ran is one more build. */
  effects = arc_state_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME + 4);
  g_assert_cmpint (effects, ==, ARC_EFFECT_COMMIT);
  g_assert_cmpint (machine.state, ==, ARC_STATE_COOLDOWN);

  /* However the build ends, a request gets the next one. */
  for (ArcEvent event = ARC_EVENT_FAILED; event <= ARC_EVENT_STOPPED; event++)
    {
      machine = make_running ();
      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME + 1);
      effects = arc_state_machine_step (&machine, &default_timing, event, START_TIME + 2);
      g_assert_cmpint (effects, ==, ARC_EFFECT_RESTORE | ARC_EFFECT_START);
    }
}

/* Runs to the next deadline; returns what happened there. */
static ArcEffects
step_deadline (ArcStateMachine *machine, const ArcTiming *timing, gint64 *now)
{
  gint64 deadline = arc_state_machine_get_deadline (machine, timing);

  g_assert_cmpint (deadline, !=, ARC_NEVER);
  *now = MAX (*now, deadline);
  return arc_state_machine_step (machine, timing, ARC_EVENT_DEADLINE, *now);
}

static void
test_retries (void)
{
  ArcStateMachine machine = make_running ();
  gint64 now = START_TIME;

  for (guint try = 0; try < default_timing.retry_limit; try++)
    {
      const gint64 failed = now;

      g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, now),
                       ==, ARC_EFFECT_RESTORE);
      g_assert_true (arc_state_machine_is_stoked (&machine));
      g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_NONE);
      g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
      g_assert_cmpint (arc_state_machine_get_reason (&machine), ==, ARC_REASON_RETRY);
      g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_START);
      g_assert_cmpint (now - failed, ==, default_timing.retry_delay << try);
    }

  /* No more tries, and nothing forgotten: it waits for a touch. */
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, now);
  step_deadline (&machine, &default_timing, &now);
  g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (arc_state_machine_get_reason (&machine), ==, ARC_REASON_RETRY);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, now);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==,
                   now + default_timing.debounce);
  g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_START);

  /* The touch bought new tries. */
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, now);
  g_assert_cmpint (machine.retry_at, ==, now + default_timing.retry_delay);
}

/* Failures count in a row. */
static void
test_success_resets_retries (void)
{
  ArcStateMachine machine = make_running ();

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, START_TIME);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, START_TIME);
  g_assert_cmpint (machine.retry_at, ==, START_TIME + default_timing.retry_delay);
}

static void
test_retry_delay_does_not_overflow (void)
{
  ArcTiming timing = default_timing;
  ArcStateMachine machine = make_running ();

  timing.retry_limit = G_MAXUINT;
  machine.failures = 1000;
  arc_state_machine_step (&machine, &timing, ARC_EVENT_FAILED, START_TIME);
  g_assert_cmpint (machine.retry_at, ==, ARC_NEVER);
}

static void
test_stopped_waits_for_touch (void)
{
  ArcStateMachine machine = make_running ();
  gint64 now = START_TIME;

  /* A failure before it must not leave its retry behind. */
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, now);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, now);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_STOPPED, now);
  step_deadline (&machine, &default_timing, &now);
  g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
  g_assert_true (machine.owed);
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
}

static void
test_holds (void)
{
  static const struct
  {
    ArcHolds hold;
    ArcReason reason;
    ArcState asked;
  } holds[] = {
    { ARC_HOLD_PAUSED, ARC_REASON_PAUSED, ARC_STATE_RUNNING },
    { ARC_HOLD_INHIBITED, ARC_REASON_INHIBITED, ARC_STATE_RUNNING },
    { ARC_HOLD_POWER_SAVER, ARC_REASON_POWER_SAVER, ARC_STATE_RUNNING },
    { ARC_HOLD_UNAVAILABLE, ARC_REASON_UNAVAILABLE, ARC_STATE_WAITING },
  };

  for (guint i = 0; i < G_N_ELEMENTS (holds); i++)
    {
      ArcStateMachine machine = make_waiting ();
      const gint64 later = START_TIME + 100 * MINUTE;

      machine.holds = holds[i].hold;
      g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
      g_assert_cmpint (arc_state_machine_get_next_build (&machine, &default_timing), ==, ARC_NEVER);
      g_assert_cmpint (arc_state_machine_get_reason (&machine), ==, holds[i].reason);
      g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE,
                                               later),
                       ==, ARC_EFFECT_NONE);

      /* Nothing is forgotten: once it is free, what was due long ago starts at once. */
      machine.holds = ARC_HOLD_NONE;
      g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), <=, later);
      g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE,
                                               later),
                       ==, ARC_EFFECT_START);

      /* A request gets a build, unless there is no tree; then it starts once there is. */
      machine = make_idle ();
      machine.holds = holds[i].hold;
      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, later);
      g_assert_cmpint (machine.state, ==, holds[i].asked);
      machine.holds = ARC_HOLD_NONE;
      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, later);
      g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);

      /* What was asked for while there was no tree starts even if the other hold is still there. */
      machine = make_idle ();
      machine.holds = holds[i].hold | ARC_HOLD_UNAVAILABLE;
      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, later);
      g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
      machine.holds &= ~ARC_HOLD_UNAVAILABLE;
      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, later);
      g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);
    }
}

static void
test_shutdown (void)
{
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      ArcStateMachine machine = make_in_state (state);

      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_SHUTDOWN, START_TIME);
      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, START_TIME);
      arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME);
      if (machine.state == ARC_STATE_RUNNING)
        g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_STOPPED,
                                                 START_TIME),
                         ==, ARC_EFFECT_RESTORE);
      g_assert_cmpint (machine.state, !=, ARC_STATE_RUNNING);
      g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
    }
}

/* The faults of the script that this service replaces. */

static void
test_seed_running_lasted_no_time (void)
{
  ArcStateMachine machine = make_running ();

  /* Only the end of the build ends `running`, however long it takes. */
  g_assert_cmpint (arc_state_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, START_TIME + 600 * MINUTE);
  g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);
}

static void
test_seed_builds_overlapped (void)
{
  ArcStateMachine machine = make_running ();

  for (gint64 i = 1; i < 1000; i++)
    {
      const gint64 now = START_TIME + i * MINUTE;

      g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, now), ==,
                       ARC_EFFECT_NONE);
      g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, now),
                       ==, ARC_EFFECT_NONE);
      g_assert_cmpint (arc_state_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, now),
                       ==, ARC_EFFECT_NONE);
    }
}

static void
test_seed_exit_status_was_ignored (void)
{
  ArcStateMachine succeeded = make_running ();
  ArcStateMachine failed = make_running ();

  arc_state_machine_step (&succeeded, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME);
  arc_state_machine_step (&failed, &default_timing, ARC_EVENT_FAILED, START_TIME);
  g_assert_false (arc_state_machine_is_stoked (&succeeded));
  g_assert_true (arc_state_machine_is_stoked (&failed));
}

static void
test_seed_touch_while_running_was_lost (void)
{
  ArcStateMachine machine = make_running ();
  gint64 now = START_TIME + SECOND;

  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, now);
  g_assert_true (arc_state_machine_is_stoked (&machine));
  arc_state_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, now + SECOND);
  g_assert_true (arc_state_machine_is_stoked (&machine));
  g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_NONE);
  g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_START);
  g_assert_cmpint (now, ==, START_TIME + 2 * SECOND + default_timing.cooldown);
}

/* The invariants of the machine, held against a model that knows nothing of how the machine works:
 * it only keeps the books of the changes. A change is a bit. */

typedef struct
{
  ArcStateMachine machine;
  gint64 now;
  guint n_changes;
  guint64 pending; /* seen, in no build */
  guint64 taken;   /* in the build that runs */
  gboolean running;
  gboolean shut_down;
  gboolean requested; /* a build was asked for, none has started since */
  gboolean owed;      /* the last build did not succeed, whatever it took */
  gint64 first_touch; /* since the last start */
  gint64 last_touch;
  gint64 ended;
  gboolean succeeded; /* the last build */
  gint64 cost;        /* of that; a test may change it while one runs */
} Model;

typedef enum
{
  SYMBOL_TOUCH,
  SYMBOL_TICK,
  SYMBOL_JUMP,
  SYMBOL_REBUILD,
  SYMBOL_PAUSE,
  SYMBOL_UNAVAILABLE,
  SYMBOL_SHUTDOWN,
  SYMBOL_SUCCEED,
  SYMBOL_FAIL,
  SYMBOL_STOP,
  N_SYMBOLS,
} Symbol;

/* Small numbers, so that ticks of a second come to every edge. */
static const ArcTiming model_timing = {
  .debounce = 2 * SECOND,
  .debounce_limit = 3 * SECOND,
  .cooldown = 3 * SECOND,
  .retry_delay = 4 * SECOND,
  .retry_limit = 1,
};

static void
model_init (Model *model)
{
  *model = (Model){
    .now = START_TIME,
    .first_touch = ARC_NEVER,
    .last_touch = ARC_NEVER,
    .ended = ARC_NEVER,
    .cost = SECOND,
  };
  arc_state_machine_init (&model->machine, START_TIME);
}

/* Whether a rest of REST is long enough, from the words of the manual and not from the formula. */
static gboolean
model_is_rested (const Model *model, const ArcTiming *timing, gint64 rest)
{
  if (rest >= timing->cooldown)
    return TRUE;

  return timing->max_load != 0 && model->succeeded &&
         (double) rest * timing->max_load / ARC_LOAD_SCALE >= (double) model->cost;
}

static void
model_check_start (const Model *model, const ArcTiming *timing)
{
  g_assert_false (model->running);
  g_assert_false (model->shut_down);
  g_assert_cmpint (model->machine.holds & ARC_HOLD_UNAVAILABLE, ==, 0);

  if (model->requested)
    return;

  /* An automatic start. */
  g_assert_cmpint (model->machine.holds, ==, ARC_HOLD_NONE);
  g_assert_true (model->pending != 0 || model->owed);
  if (model->last_touch != ARC_NEVER)
    g_assert_true (model->now - model->last_touch >= timing->debounce ||
                   model->now - model->first_touch >= timing->debounce_limit);
  if (model->ended != ARC_NEVER)
    g_assert_true (model_is_rested (model, timing, model->now - model->ended));
}

static void
model_step (Model *model, const ArcTiming *timing, ArcEvent event)
{
  ArcEffects effects;

  switch (event)
    {
    case ARC_EVENT_TOUCH:
      model->pending |= G_GUINT64_CONSTANT (1) << (model->n_changes++ % 64);
      if (model->first_touch == ARC_NEVER)
        model->first_touch = model->now;
      model->last_touch = model->now;
      break;
    case ARC_EVENT_REBUILD:
      model->requested = TRUE;
      break;
    case ARC_EVENT_SUCCEEDED:
    case ARC_EVENT_FAILED:
    case ARC_EVENT_STOPPED:
      model->running = FALSE;
      model->owed = event != ARC_EVENT_SUCCEEDED;
      model->ended = model->now;
      model->succeeded = event == ARC_EVENT_SUCCEEDED;
      model->machine.cost = model->cost;
      break;
    case ARC_EVENT_SHUTDOWN:
      model->shut_down = TRUE;
      break;
    case ARC_EVENT_DEADLINE:
      break;
    }

  effects = arc_state_machine_step (&model->machine, timing, event, model->now);

  g_assert_cmpint (!!(effects & ARC_EFFECT_COMMIT), ==, event == ARC_EVENT_SUCCEEDED);
  g_assert_cmpint (!!(effects & ARC_EFFECT_RESTORE), ==,
                   event == ARC_EVENT_FAILED || event == ARC_EVENT_STOPPED);
  g_assert_cmpint (!!(effects & ARC_EFFECT_STOP), ==,
                   event == ARC_EVENT_SHUTDOWN && model->running);

  if (effects & ARC_EFFECT_COMMIT)
    model->taken = 0;
  if (effects & ARC_EFFECT_RESTORE)
    {
      model->pending |= model->taken;
      model->taken = 0;
    }
  if (effects & ARC_EFFECT_START)
    {
      model_check_start (model, timing);
      model->taken = model->pending;
      model->pending = 0;
      model->running = TRUE;
      model->requested = FALSE;
      model->owed = FALSE;
      model->first_touch = ARC_NEVER;
      model->last_touch = ARC_NEVER;
    }

  /* At most one build, and the state says whether it runs. */
  g_assert_cmpint (model->machine.state == ARC_STATE_RUNNING, ==, model->running);
  /* Idle means nothing pending, and whatever is pending is known to be. */
  g_assert_false (model->machine.state == ARC_STATE_IDLE && model->pending != 0);
  if (model->pending != 0)
    g_assert_true (model->machine.owed || model->machine.last_touch != ARC_NEVER);
  /* While a build runs, stoked says exactly whether another has to follow. */
  if (model->running)
    g_assert_cmpint (arc_state_machine_is_stoked (&model->machine), ==,
                     model->pending != 0 || model->requested);
  /* A shutdown is final: there is nothing left to wait for. */
  if (model->shut_down)
    g_assert_cmpint (arc_state_machine_get_deadline (&model->machine, timing), ==, ARC_NEVER);
  /* The reason fits the state. */
  g_assert_cmpint (arc_state_machine_get_reason (&model->machine) == ARC_REASON_BUILDING, ==,
                   model->running);
  if (arc_state_machine_get_reason (&model->machine) == ARC_REASON_NOTHING_PENDING)
    g_assert_cmpuint (model->pending, ==, 0);
}

static gboolean
model_can (const Model *model, const ArcTiming *timing, Symbol symbol)
{
  switch (symbol)
    {
    case SYMBOL_SUCCEED:
    case SYMBOL_FAIL:
    case SYMBOL_STOP:
      return model->running;
    case SYMBOL_JUMP:
      return arc_state_machine_get_deadline (&model->machine, timing) != ARC_NEVER;
    case SYMBOL_SHUTDOWN:
      return !model->shut_down;
    case SYMBOL_TOUCH:
    case SYMBOL_TICK:
    case SYMBOL_REBUILD:
    case SYMBOL_PAUSE:
    case SYMBOL_UNAVAILABLE:
    case N_SYMBOLS:
      return TRUE;
    }

  g_assert_not_reached ();
}

static void
model_apply (Model *model, const ArcTiming *timing, Symbol symbol)
{
  switch (symbol)
    {
    case SYMBOL_TOUCH:
      model_step (model, timing, ARC_EVENT_TOUCH);
      break;
    case SYMBOL_TICK:
      model->now += SECOND;
      model_step (model, timing, ARC_EVENT_DEADLINE);
      break;
    case SYMBOL_JUMP:
      model->now = MAX (model->now, arc_state_machine_get_deadline (&model->machine, timing));
      model_step (model, timing, ARC_EVENT_DEADLINE);
      break;
    case SYMBOL_REBUILD:
      model_step (model, timing, ARC_EVENT_REBUILD);
      break;
    case SYMBOL_PAUSE:
      model->machine.holds ^= ARC_HOLD_PAUSED;
      break;
    case SYMBOL_UNAVAILABLE:
      model->machine.holds ^= ARC_HOLD_UNAVAILABLE;
      break;
    case SYMBOL_SHUTDOWN:
      model_step (model, timing, ARC_EVENT_SHUTDOWN);
      break;
    case SYMBOL_SUCCEED:
      model_step (model, timing, ARC_EVENT_SUCCEEDED);
      break;
    case SYMBOL_FAIL:
      model_step (model, timing, ARC_EVENT_FAILED);
      break;
    case SYMBOL_STOP:
      model_step (model, timing, ARC_EVENT_STOPPED);
      break;
    case N_SYMBOLS:
      g_assert_not_reached ();
    }
}

/* From wherever it is, one touch and nothing but deadlines and successful builds lead to rest with
 * nothing pending. */
static void
model_check_liveness (Model model, const ArcTiming *timing)
{
  if (model.shut_down)
    return;

  model.machine.holds = ARC_HOLD_NONE;
  model_step (&model, timing, ARC_EVENT_TOUCH);

  for (guint i = 0; i < 8 && model.machine.state != ARC_STATE_IDLE; i++)
    model_apply (&model, timing, model.running ? SYMBOL_SUCCEED : SYMBOL_JUMP);

  g_assert_cmpint (model.machine.state, ==, ARC_STATE_IDLE);
  g_assert_cmpuint (model.pending, ==, 0);
}

static void
explore (const Model *model, const ArcTiming *timing, guint depth, guint64 *n_sequences)
{
  for (Symbol symbol = 0; symbol < N_SYMBOLS; symbol++)
    {
      Model next = *model;

      if (!model_can (model, timing, symbol))
        continue;

      model_apply (&next, timing, symbol);
      (*n_sequences)++;
      if (depth > 1)
        explore (&next, timing, depth - 1, n_sequences);
      else
        model_check_liveness (next, timing);
    }
}

/* Every sequence of events up to a depth of 8. */
static void
test_exhaustive (void)
{
  guint64 n_sequences = 0;
  Model model;

  model_init (&model);
  explore (&model, &model_timing, 8, &n_sequences);
  g_test_message ("%" G_GUINT64_FORMAT " sequences", n_sequences);
  g_assert_cmpuint (n_sequences, >, 1000000);
}

/* The same with a rest of 2 s after a build of 1 s, and of 3 s after one that failed. */
static void
test_exhaustive_max_load (void)
{
  ArcTiming timing = model_timing;
  guint64 n_sequences = 0;
  Model model;

  timing.max_load = ARC_LOAD_SCALE / 2;
  model_init (&model);
  explore (&model, &timing, 7, &n_sequences);
  g_test_message ("%" G_GUINT64_FORMAT " sequences", n_sequences);
  g_assert_cmpuint (n_sequences, >, 100000);
}

/* Long ones; `--seed` replays. */
static void
test_random (void)
{
  for (guint run = 0; run < 2000; run++)
    {
      ArcTiming timing = model_timing;
      Model model;

      timing.cooldown_from_change = g_test_rand_bit ();
      timing.retry_limit = g_test_rand_int_range (0, 4);
      timing.debounce = g_test_rand_int_range (0, 4) * SECOND;
      timing.debounce_limit = timing.debounce + g_test_rand_int_range (0, 4) * SECOND;
      timing.cooldown = g_test_rand_int_range (0, 6) * SECOND;
      timing.max_load = g_test_rand_int_range (0, 3) * ARC_LOAD_SCALE / 4;
      model_init (&model);

      for (guint i = 0; i < 500; i++)
        {
          Symbol symbol = g_test_rand_int_range (0, N_SYMBOLS);

          if (model.running)
            model.cost = g_test_rand_int_range (0, 4 * SECOND);
          /* Rarely, or there would be nothing more to see. */
          if (symbol == SYMBOL_SHUTDOWN && g_test_rand_int_range (0, 100) != 0)
            continue;
          if (model_can (&model, &timing, symbol))
            model_apply (&model, &timing, symbol);
        }

      model_check_liveness (model, &timing);
    }
}

/* Saves at random times, and what the builds that follow from them cost. */

#define N_SAVES 400

typedef struct
{
  gint64 started;
  gint64 ended;
  gint64 cost;
} Build;

/* The machine, from the first save to the rest after the last build: the builds that it starts.
 * Every build succeeds. */
static GArray *
run_saves (const ArcTiming *timing, const gint64 *saves, GRand *costs, gint64 max_cost)
{
  GArray *builds = g_array_new (FALSE, FALSE, sizeof (Build));
  ArcStateMachine machine;
  Build build = { .ended = ARC_NEVER };
  gint64 now = START_TIME;
  guint next = 0;

  arc_state_machine_init (&machine, now);
  while (next < N_SAVES || machine.state != ARC_STATE_IDLE)
    {
      const gint64 save = next < N_SAVES ? saves[next] : ARC_NEVER;
      const gint64 deadline = arc_state_machine_get_deadline (&machine, timing);
      ArcEvent event = ARC_EVENT_DEADLINE;

      /* A deadline may already have come. */
      now = MAX (now, MIN (save, MIN (build.ended, deadline)));
      if (now == build.ended)
        {
          machine.cost = build.cost;
          g_array_append_val (builds, build);
          build.ended = ARC_NEVER;
          event = ARC_EVENT_SUCCEEDED;
        }
      else if (now == save)
        {
          next++;
          event = ARC_EVENT_TOUCH;
        }

      if (arc_state_machine_step (&machine, timing, event, now) & ARC_EFFECT_START)
        {
          build.started = now;
          build.cost = g_rand_int_range (costs, 1, max_cost);
          build.ended = now + build.cost / g_rand_int_range (costs, 1, 4) + 1;
        }
    }

  return builds;
}

/* What is touched is built when nothing was touched for Debounce, at the latest DebounceLimit after
 * the first touch, and not before RESTED, when the rest after the last build is over. */
static gint64
predict_start (const ArcTiming *timing, const gint64 *saves, guint *next, gint64 rested)
{
  const gint64 first = saves[*next];
  gint64 start;

  do
    {
      const gint64 last = saves[(*next)++];

      start = MAX (MIN (last + timing->debounce, first + timing->debounce_limit), rested);
    }
  while (*next < N_SAVES && saves[*next] <= start);

  return start;
}

static void
make_saves (gint64 *saves)
{
  gint64 now = START_TIME;

  /* Bursts, and pauses longer than any rest. */
  for (guint i = 0; i < N_SAVES; i++)
    {
      now += 1 + g_test_rand_int_range (0, g_test_rand_bit () ? 2 * SECOND : 5 * MINUTE);
      saves[i] = now;
    }
}

/* With MaxLoad=0 the builds start when those of the old script would, to the microsecond, whatever
 * they cost; with another, when the rest that it asks for is over. `--seed` replays. */
static void
test_starts (void)
{
  for (guint run = 0; run < 400; run++)
    {
      ArcTiming timing = default_timing;
      g_autoptr (GRand) costs = g_rand_new_with_seed (g_test_rand_int ());
      g_autoptr (GArray) builds = NULL;
      gint64 saves[N_SAVES];
      gint64 rested = START_TIME;
      guint next = 0;

      timing.max_load = run % 2 == 0 ? 0 : g_test_rand_int_range (10, 2000);
      make_saves (saves);
      builds = run_saves (&timing, saves, costs, 10 * SECOND);
      g_assert_cmpuint (builds->len, >, 1);

      for (guint i = 0; i < builds->len; i++)
        {
          const Build *build = &g_array_index (builds, Build, i);

          g_assert_cmpuint (next, <, N_SAVES);
          g_assert_cmpint (predict_start (&timing, saves, &next, rested), ==, build->started);
          rested = build->ended + timing.cooldown;
          if (timing.max_load != 0)
            rested =
                MIN (rested, build->ended + (build->cost * ARC_LOAD_SCALE + timing.max_load - 1) /
                                                timing.max_load);
        }
      g_assert_cmpuint (next, ==, N_SAVES);
    }
}

/* However often a note is saved: over an hour, and any other time, the builds use less than MaxLoad
 * of a processor, and one build more. For builds whose rest the cooldown does not cut: from 5.4 s
 * on, it is the cooldown that says what they use. */
static void
test_load (void)
{
  for (guint run = 0; run < 200; run++)
    {
      ArcTiming timing = default_timing;
      g_autoptr (GRand) costs = g_rand_new_with_seed (g_test_rand_int ());
      g_autoptr (GArray) builds = NULL;
      gint64 saves[N_SAVES];
      gint64 max_cost;

      timing.max_load = g_test_rand_int_range (10, 2000);
      timing.debounce = g_test_rand_int_range (0, 2) * SECOND;
      max_cost = timing.cooldown * timing.max_load / ARC_LOAD_SCALE;
      make_saves (saves);
      builds = run_saves (&timing, saves, costs, max_cost);

      for (guint first = 0; first < builds->len; first++)
        {
          const gint64 from = g_array_index (builds, Build, first).started;
          gint64 used = 0;
          gint64 largest = 0;

          for (guint i = first; i < builds->len; i++)
            {
              const Build *build = &g_array_index (builds, Build, i);

              used += build->cost;
              largest = MAX (largest, build->cost);
              g_assert_cmpfloat ((double) used, <=,
                                 (double) (build->ended - from) * timing.max_load / ARC_LOAD_SCALE +
                                     (double) largest);
            }
        }
    }
}

/* What is drawn from the table is the machine: each row can be taken, none is hidden behind an
 * earlier one. */
static void
test_table (void)
{
  guint n_transitions;
  const ArcTransition *transitions = arc_state_machine_get_transitions (&n_transitions);

  /* What changes nothing but the books is a row, too: people want to see what a touch does to a
   * running build. */
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    for (ArcEvent event = 0; event < ARC_N_EVENTS; event++)
      {
        gboolean has_row = FALSE;

        for (guint i = 0; i < n_transitions; i++)
          has_row |= transitions[i].from == state && transitions[i].event == event;
        if (event == ARC_EVENT_TOUCH || event == ARC_EVENT_REBUILD)
          g_assert_true (has_row);
      }

  for (guint i = 0; i < n_transitions; i++)
    g_assert_nonnull (arc_transition_describe (&transitions[i]).effects);

  for (guint i = 0; i < n_transitions; i++)
    for (guint j = 0; j < i; j++)
      if (transitions[i].from == transitions[j].from &&
          transitions[i].event == transitions[j].event)
        {
          g_assert_cmpint (transitions[j].guard, !=, ARC_GUARD_NONE);
          g_assert_cmpint (transitions[j].guard, !=, transitions[i].guard);
        }
}

static void
test_words (void)
{
  g_assert_cmpstr (arc_state_to_string (ARC_STATE_COOLDOWN), ==, "cooldown");
  g_assert_cmpstr (arc_transition_describe (&(ArcTransition){ .event = ARC_EVENT_TOUCH }).event, ==,
                   "touch");
  g_assert_cmpstr (arc_reason_to_string (ARC_REASON_POWER_SAVER), ==, "power-saver");
  g_assert_cmpstr (arc_reason_to_string (ARC_REASON_NOTHING_PENDING), ==, "nothing-pending");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/machine/cells", test_cells);
  g_test_add_func ("/machine/debounce/last-touch", test_debounce_counts_from_last_touch);
  g_test_add_func ("/machine/debounce/limit", test_debounce_limit);
  g_test_add_func ("/machine/cooldown/idle", test_cooldown_ends_idle);
  g_test_add_func ("/machine/cooldown/stoked", test_cooldown_ends_stoked);
  g_test_add_func ("/machine/cooldown/debounce", test_cooldown_does_not_cut_debounce);
  g_test_add_func ("/machine/cooldown/from-change", test_cooldown_from_change);
  g_test_add_func ("/machine/rest", test_rest);
  g_test_add_func ("/machine/rest/next-build", test_rest_and_next_build);
  g_test_add_func ("/machine/rest/starts", test_starts);
  g_test_add_func ("/machine/rest/load", test_load);
  g_test_add_func ("/machine/again", test_again);
  g_test_add_func ("/machine/retries", test_retries);
  g_test_add_func ("/machine/retries/success-resets", test_success_resets_retries);
  g_test_add_func ("/machine/retries/overflow", test_retry_delay_does_not_overflow);
  g_test_add_func ("/machine/stopped", test_stopped_waits_for_touch);
  g_test_add_func ("/machine/holds", test_holds);
  g_test_add_func ("/machine/shutdown", test_shutdown);
  g_test_add_func ("/machine/seed/running-lasted-no-time", test_seed_running_lasted_no_time);
  g_test_add_func ("/machine/seed/builds-overlapped", test_seed_builds_overlapped);
  g_test_add_func ("/machine/seed/exit-status-was-ignored", test_seed_exit_status_was_ignored);
  g_test_add_func ("/machine/seed/touch-while-running-was-lost",
                   test_seed_touch_while_running_was_lost);
  g_test_add_func ("/machine/exhaustive", test_exhaustive);
  g_test_add_func ("/machine/exhaustive/max-load", test_exhaustive_max_load);
  g_test_add_func ("/machine/random", test_random);
  g_test_add_func ("/machine/table", test_table);
  g_test_add_func ("/machine/words", test_words);

  return g_test_run ();
}
