/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* bench-felt SAVES {CPU WALL}...: hours on the clock of the machine, with SAVES saves in each, at
 * random times, and the default settings. A build costs one of the pairs, in microseconds, which
 * were measured. Prints how long each save takes until it is in the database: "felt" from itself,
 * "paused" from the last save of the same build, as each one begins the debounce anew; and "load",
 * what the builds of an hour use. "whole." before them: the same with MaxLoad=0. */

#include "bench.h"
#include "config/config.h"
#include "machine/state-machine.h"

#include <stdlib.h>

#define HOURS 100
#define SEED  14

typedef struct
{
  gint64 cpu;
  gint64 wall;
} Cost;

static int
compare (gconstpointer a, gconstpointer b)
{
  const gint64 *first = a;
  const gint64 *second = b;

  return (*first > *second) - (*first < *second);
}

static void
print (const char *prefix, const char *key, gint64 number)
{
  g_autofree char *name = g_strconcat (prefix, key, NULL);

  bench_print (name, number);
}

static void
report (
    const ArcTiming *timing, const char *prefix, guint n_saves, const Cost *costs, guint n_costs)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);

  for (guint hour = 0; hour < HOURS; hour++)
    {
      g_autofree gint64 *saves = g_new (gint64, n_saves);
      ArcStateMachine machine;
      Cost cost = { 0 };
      gint64 ended = ARC_NEVER; /* when the build that runs will have ended */
      gint64 load = 0;
      gint64 now = 0;
      guint next = 0, taken = 0, done = 0; /* saves that were seen, are in a build, are built */

      for (guint i = 0; i < n_saves; i++)
        saves[i] = (gint64) (g_rand_double (rand) * G_TIME_SPAN_HOUR);
      qsort (saves, n_saves, sizeof *saves, compare);

      arc_state_machine_init (&machine, 0);
      while (done < n_saves)
        {
          const gint64 save = next < n_saves ? saves[next] : ARC_NEVER;
          const gint64 deadline = arc_state_machine_get_deadline (&machine, timing);
          ArcEvent event = ARC_EVENT_DEADLINE;

          /* A deadline may already have come. */
          now = MAX (now, MIN (save, MIN (ended, deadline)));
          if (now == ended)
            {
              for (; done < taken; done++)
                {
                  print (prefix, "felt", now - saves[done]);
                  print (prefix, "paused", now - saves[taken - 1]);
                }
              machine.cost = cost.cpu;
              load += cost.cpu;
              ended = ARC_NEVER;
              event = ARC_EVENT_SUCCEEDED;
            }
          else if (now == save)
            {
              next++;
              event = ARC_EVENT_TOUCH;
            }

          if (arc_state_machine_step (&machine, timing, event, now) & ARC_EFFECT_START)
            {
              taken = next;
              cost = costs[g_rand_int_range (rand, 0, n_costs)];
              ended = now + cost.wall;
            }
        }
      print (prefix, "load", load);
    }
}

int
main (int argc, char **argv)
{
  const guint n_costs = argc > 2 ? (argc - 2) / 2 : 0;
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autofree Cost *costs = g_new (Cost, n_costs);
  guint n_saves;

  if (n_costs == 0)
    g_error ("Usage: %s SAVES {CPU WALL}...", argv[0]);
  n_saves = g_ascii_strtoull (argv[1], NULL, 10);
  for (guint i = 0; i < n_costs; i++)
    {
      costs[i].cpu = g_ascii_strtoll (argv[2 + 2 * i], NULL, 10);
      costs[i].wall = g_ascii_strtoll (argv[3 + 2 * i], NULL, 10);
    }

  report (&config->timing, "", n_saves, costs, n_costs);
  config->timing.max_load = 0;
  report (&config->timing, "whole.", n_saves, costs, n_costs);

  return 0;
}
