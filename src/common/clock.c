/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/clock.h"

#include "common/timing.h"

G_DEFINE_INTERFACE (ArcClock, arc_clock, G_TYPE_OBJECT)

static void
arc_clock_default_init (ArcClockInterface *iface)
{
  g_signal_new ("alarm", ARC_TYPE_CLOCK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

gint64
arc_clock_get_time (ArcClock *clock)
{
  return ARC_CLOCK_GET_IFACE (clock)->get_time (clock);
}

gint64
arc_clock_get_real_time (ArcClock *clock)
{
  return ARC_CLOCK_GET_IFACE (clock)->get_real_time (clock);
}

gint64
arc_clock_to_real_time (ArcClock *clock, gint64 time)
{
  if (time == ARC_NEVER)
    return 0;

  return arc_clock_get_real_time (clock) + (time - arc_clock_get_time (clock));
}

void
arc_clock_set_alarm (ArcClock *clock, gint64 time)
{
  ARC_CLOCK_GET_IFACE (clock)->set_alarm (clock, time);
}
