/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-machine.h"

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

static ArcMachine
make_idle (void)
{
  ArcMachine machine;

  arc_machine_init (&machine, START_TIME);
  return machine;
}

static ArcMachine
make_waiting (void)
{
  ArcMachine machine = make_idle ();

  arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, START_TIME);
  return machine;
}

static ArcMachine
make_running (void)
{
  ArcMachine machine = make_idle ();

  arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME);
  return machine;
}

static ArcMachine
make_cooldown (void)
{
  ArcMachine machine = make_running ();

  arc_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME);
  return machine;
}

static ArcMachine
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
      ArcMachine machine = make_in_state (cells[i].from);
      ArcEffects effects;

      g_test_message ("%s, %s", arc_state_to_string (cells[i].from),
                      arc_event_to_string (cells[i].event));
      g_assert_cmpint (machine.state, ==, cells[i].from);

      effects = arc_machine_step (&machine, &default_timing, cells[i].event, now);

      g_assert_cmpint (machine.state, ==, cells[i].to);
      g_assert_cmpint (effects, ==, cells[i].effects);
      g_assert_cmpint (arc_machine_is_stoked (&machine), ==, cells[i].stoked);
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
  ArcMachine machine = make_waiting ();

  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==,
                   START_TIME + 5 * SECOND);

  arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, START_TIME + 4 * SECOND);
  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==,
                   START_TIME + 9 * SECOND);
  g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE,
                                     START_TIME + 5 * SECOND),
                   ==, ARC_EFFECT_NONE);
  g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE,
                                     START_TIME + 9 * SECOND),
                   ==, ARC_EFFECT_START);
  g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);
}

/* A file that is saved every four seconds would otherwise put the build off for ever. */
static void
test_debounce_limit (void)
{
  ArcMachine machine = make_waiting ();
  gint64 now = START_TIME;

  while (now + 4 * SECOND < START_TIME + default_timing.debounce_limit)
    {
      now += 4 * SECOND;
      g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, now), ==,
                       ARC_EFFECT_NONE);
      arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, now);
    }

  now = START_TIME + default_timing.debounce_limit;
  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==, now);
  g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, now), ==,
                   ARC_EFFECT_START);
}

static void
test_cooldown_ends_idle (void)
{
  ArcMachine machine = make_cooldown ();
  const gint64 end = START_TIME + default_timing.cooldown;

  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==, end);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end - 1);
  g_assert_cmpint (machine.state, ==, ARC_STATE_COOLDOWN);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end);
  g_assert_cmpint (machine.state, ==, ARC_STATE_IDLE);
  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
}

/* Debounced long ago: the build starts with the end of the cooldown. */
static void
test_cooldown_ends_stoked (void)
{
  ArcMachine machine = make_cooldown ();
  const gint64 end = START_TIME + default_timing.cooldown;

  arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, START_TIME + SECOND);
  g_assert_cmpint (arc_machine_get_next_build (&machine, &default_timing), ==, end);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end);
  g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), <=, end);
  g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end), ==,
                   ARC_EFFECT_START);
}

/* Touched at the very end of the cooldown: the writer still gets the debounce. */
static void
test_cooldown_does_not_cut_debounce (void)
{
  ArcMachine machine = make_cooldown ();
  const gint64 end = START_TIME + default_timing.cooldown;

  arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, end - SECOND);
  g_assert_cmpint (arc_machine_get_next_build (&machine, &default_timing), ==, end + 4 * SECOND);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end);
  g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, end), ==,
                   ARC_EFFECT_NONE);
  g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE,
                                     end + 4 * SECOND),
                   ==, ARC_EFFECT_START);
}

static void
test_cooldown_from_change (void)
{
  ArcTiming timing = default_timing;
  ArcMachine machine = make_cooldown ();
  const gint64 touched = START_TIME + MINUTE;

  timing.cooldown_from_change = TRUE;
  arc_machine_step (&machine, &timing, ARC_EVENT_TOUCH, touched);
  g_assert_cmpint (arc_machine_get_deadline (&machine, &timing), ==, touched + timing.cooldown);

  /* The end of the build is the later one if the touch came while it ran. */
  machine = make_running ();
  arc_machine_step (&machine, &timing, ARC_EVENT_TOUCH, touched);
  arc_machine_step (&machine, &timing, ARC_EVENT_SUCCEEDED, touched + SECOND);
  g_assert_cmpint (arc_machine_get_deadline (&machine, &timing), ==,
                   touched + SECOND + timing.cooldown);
}

static void
test_again (void)
{
  ArcMachine machine = make_running ();
  ArcEffects effects;

  arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME + 1);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME + 2);
  g_assert_true (machine.asked);

  effects = arc_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME + 3);
  g_assert_cmpint (effects, ==, ARC_EFFECT_COMMIT | ARC_EFFECT_START);
  g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);
  g_assert_cmpint (machine.since, ==, START_TIME + 3);

  /* Asked twice while one build ran is one more build. */
  effects = arc_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME + 4);
  g_assert_cmpint (effects, ==, ARC_EFFECT_COMMIT);
  g_assert_cmpint (machine.state, ==, ARC_STATE_COOLDOWN);

  /* However the build ends, whoever asked gets the next one. */
  for (ArcEvent event = ARC_EVENT_FAILED; event <= ARC_EVENT_STOPPED; event++)
    {
      machine = make_running ();
      arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME + 1);
      effects = arc_machine_step (&machine, &default_timing, event, START_TIME + 2);
      g_assert_cmpint (effects, ==, ARC_EFFECT_RESTORE | ARC_EFFECT_START);
    }
}

/* Runs to the next deadline; returns what happened there. */
static ArcEffects
step_deadline (ArcMachine *machine, const ArcTiming *timing, gint64 *now)
{
  gint64 deadline = arc_machine_get_deadline (machine, timing);

  g_assert_cmpint (deadline, !=, ARC_NEVER);
  *now = MAX (*now, deadline);
  return arc_machine_step (machine, timing, ARC_EVENT_DEADLINE, *now);
}

static void
test_retries (void)
{
  ArcMachine machine = make_running ();
  gint64 now = START_TIME;

  for (guint try = 0; try < default_timing.retry_limit; try++)
    {
      const gint64 failed = now;

      g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, now), ==,
                       ARC_EFFECT_RESTORE);
      g_assert_true (arc_machine_is_stoked (&machine));
      g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_NONE);
      g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
      g_assert_cmpint (arc_machine_get_reason (&machine), ==, ARC_REASON_RETRY);
      g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_START);
      g_assert_cmpint (now - failed, ==, default_timing.retry_delay << try);
    }

  /* No more tries, and nothing forgotten: it waits for a touch. */
  arc_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, now);
  step_deadline (&machine, &default_timing, &now);
  g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
  g_assert_cmpint (arc_machine_get_reason (&machine), ==, ARC_REASON_RETRY);
  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);

  arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, now);
  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==,
                   now + default_timing.debounce);
  g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_START);

  /* The touch bought new tries. */
  arc_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, now);
  g_assert_cmpint (machine.retry_at, ==, now + default_timing.retry_delay);
}

/* Failures count in a row. */
static void
test_success_resets_retries (void)
{
  ArcMachine machine = make_running ();

  arc_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, START_TIME);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, START_TIME);
  g_assert_cmpint (machine.retry_at, ==, START_TIME + default_timing.retry_delay);
}

static void
test_retry_delay_does_not_overflow (void)
{
  ArcTiming timing = default_timing;
  ArcMachine machine = make_running ();

  timing.retry_limit = G_MAXUINT;
  machine.failures = 1000;
  arc_machine_step (&machine, &timing, ARC_EVENT_FAILED, START_TIME);
  g_assert_cmpint (machine.retry_at, ==, ARC_NEVER);
}

static void
test_stopped_waits_for_touch (void)
{
  ArcMachine machine = make_running ();
  gint64 now = START_TIME;

  /* A failure before it must not leave its retry behind. */
  arc_machine_step (&machine, &default_timing, ARC_EVENT_FAILED, now);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, now);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_STOPPED, now);
  step_deadline (&machine, &default_timing, &now);
  g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
  g_assert_true (arc_machine_is_pending (&machine));
  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
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
      ArcMachine machine = make_waiting ();
      const gint64 later = START_TIME + 100 * MINUTE;

      machine.holds = holds[i].hold;
      g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
      g_assert_cmpint (arc_machine_get_next_build (&machine, &default_timing), ==, ARC_NEVER);
      g_assert_cmpint (arc_machine_get_reason (&machine), ==, holds[i].reason);
      g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, later), ==,
                       ARC_EFFECT_NONE);

      /* Nothing is forgotten: once it is free, what was due long ago starts at once. */
      machine.holds = ARC_HOLD_NONE;
      g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), <=, later);
      g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, later), ==,
                       ARC_EFFECT_START);

      /* Whoever asks gets a build, unless there is no tree; then it starts once there is. */
      machine = make_idle ();
      machine.holds = holds[i].hold;
      arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, later);
      g_assert_cmpint (machine.state, ==, holds[i].asked);
      machine.holds = ARC_HOLD_NONE;
      arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, later);
      g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);

      /* What was asked for while there was no tree starts even if the other hold is still there. */
      machine = make_idle ();
      machine.holds = holds[i].hold | ARC_HOLD_UNAVAILABLE;
      arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, later);
      g_assert_cmpint (machine.state, ==, ARC_STATE_WAITING);
      machine.holds &= ~ARC_HOLD_UNAVAILABLE;
      arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, later);
      g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);
    }
}

static void
test_shutdown (void)
{
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      ArcMachine machine = make_in_state (state);

      arc_machine_step (&machine, &default_timing, ARC_EVENT_SHUTDOWN, START_TIME);
      arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, START_TIME);
      arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, START_TIME);
      if (machine.state == ARC_STATE_RUNNING)
        g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_STOPPED,
                                           START_TIME),
                         ==, ARC_EFFECT_RESTORE);
      g_assert_cmpint (machine.state, !=, ARC_STATE_RUNNING);
      g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
    }
}

/* The faults of the script that this service replaces. */

static void
test_seed_running_lasted_no_time (void)
{
  ArcMachine machine = make_running ();

  /* Only the end of the build ends `running`, however long it takes. */
  g_assert_cmpint (arc_machine_get_deadline (&machine, &default_timing), ==, ARC_NEVER);
  arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, START_TIME + 600 * MINUTE);
  g_assert_cmpint (machine.state, ==, ARC_STATE_RUNNING);
}

static void
test_seed_builds_overlapped (void)
{
  ArcMachine machine = make_running ();

  for (gint64 i = 1; i < 1000; i++)
    {
      const gint64 now = START_TIME + i * MINUTE;

      g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, now), ==,
                       ARC_EFFECT_NONE);
      g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_REBUILD, now), ==,
                       ARC_EFFECT_NONE);
      g_assert_cmpint (arc_machine_step (&machine, &default_timing, ARC_EVENT_DEADLINE, now), ==,
                       ARC_EFFECT_NONE);
    }
}

static void
test_seed_exit_status_was_ignored (void)
{
  ArcMachine succeeded = make_running ();
  ArcMachine failed = make_running ();

  arc_machine_step (&succeeded, &default_timing, ARC_EVENT_SUCCEEDED, START_TIME);
  arc_machine_step (&failed, &default_timing, ARC_EVENT_FAILED, START_TIME);
  g_assert_false (arc_machine_is_pending (&succeeded));
  g_assert_true (arc_machine_is_pending (&failed));
}

static void
test_seed_touch_while_running_was_lost (void)
{
  ArcMachine machine = make_running ();
  gint64 now = START_TIME + SECOND;

  arc_machine_step (&machine, &default_timing, ARC_EVENT_TOUCH, now);
  g_assert_true (arc_machine_is_stoked (&machine));
  arc_machine_step (&machine, &default_timing, ARC_EVENT_SUCCEEDED, now + SECOND);
  g_assert_true (arc_machine_is_stoked (&machine));
  g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_NONE);
  g_assert_cmpint (step_deadline (&machine, &default_timing, &now), ==, ARC_EFFECT_START);
  g_assert_cmpint (now, ==, START_TIME + 2 * SECOND + default_timing.cooldown);
}

/* The invariants of the machine, held against a model that knows nothing of how the machine works:
 * it only keeps the books of the changes. A change is a bit. */

typedef struct
{
  ArcMachine machine;
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
  };
  arc_machine_init (&model->machine, START_TIME);
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
    g_assert_cmpint (model->now, >=, model->ended + timing->cooldown);
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
      break;
    case ARC_EVENT_SHUTDOWN:
      model->shut_down = TRUE;
      break;
    case ARC_EVENT_DEADLINE:
      break;
    }

  effects = arc_machine_step (&model->machine, timing, event, model->now);

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
    g_assert_true (arc_machine_is_pending (&model->machine));
  /* While a build runs, stoked says exactly whether another has to follow. */
  if (model->running)
    g_assert_cmpint (arc_machine_is_stoked (&model->machine), ==,
                     model->pending != 0 || model->requested);
  /* A shutdown is final: there is nothing left to wait for. */
  if (model->shut_down)
    g_assert_cmpint (arc_machine_get_deadline (&model->machine, timing), ==, ARC_NEVER);
  /* The reason fits the state. */
  g_assert_cmpint (arc_machine_get_reason (&model->machine) == ARC_REASON_BUILDING, ==,
                   model->running);
  if (arc_machine_get_reason (&model->machine) == ARC_REASON_NOTHING_PENDING)
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
      return arc_machine_get_deadline (&model->machine, timing) != ARC_NEVER;
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
      model->now = MAX (model->now, arc_machine_get_deadline (&model->machine, timing));
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
      model_init (&model);

      for (guint i = 0; i < 500; i++)
        {
          Symbol symbol = g_test_rand_int_range (0, N_SYMBOLS);

          /* Rarely, or there would be nothing more to see. */
          if (symbol == SYMBOL_SHUTDOWN && g_test_rand_int_range (0, 100) != 0)
            continue;
          if (model_can (&model, &timing, symbol))
            model_apply (&model, &timing, symbol);
        }

      model_check_liveness (model, &timing);
    }
}

/* What is drawn from the table is the machine: each row can be taken, none is hidden behind an
 * earlier one. */
static void
test_table (void)
{
  guint n_transitions;
  const ArcTransition *transitions = arc_machine_get_transitions (&n_transitions);

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
  g_assert_cmpstr (arc_event_to_string (ARC_EVENT_TOUCH), ==, "touch");
  g_assert_cmpstr (arc_guard_to_string (ARC_GUARD_NONE), ==, "");
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
  g_test_add_func ("/machine/random", test_random);
  g_test_add_func ("/machine/table", test_table);
  g_test_add_func ("/machine/words", test_words);

  return g_test_run ();
}
