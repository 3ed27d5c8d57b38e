/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib-object.h>

/**
 * ArcClock:
 *
 * The time and one alarm. It is an interface, so that tests can run the engine on a virtual clock.
 *
 * The time is microseconds of CLOCK_BOOTTIME, which cannot be set and includes the time that the
 * machine sleeps.
 *
 * `ArcClock::alarm` is emitted from the main context that was the thread default when the clock was
 * made, once for each arc_clock_set_alarm(), when the time of the alarm has come. There is one
 * alarm and no alarm id: setting it replaces the one before. An implementation emits it by its
 * name.
 */
#define ARC_TYPE_CLOCK (arc_clock_get_type ())
G_DECLARE_INTERFACE (ArcClock, arc_clock, ARC, CLOCK, GObject)

struct _ArcClockInterface
{
  GTypeInterface parent;

  gint64 (*get_time) (ArcClock *clock);
  gint64 (*get_real_time) (ArcClock *clock);
  void (*set_alarm) (ArcClock *clock, gint64 time);
};

/**
 * arc_clock_get_time:
 * @clock: the clock
 *
 * Returns: the time since the machine started, in microseconds
 */
gint64 arc_clock_get_time (ArcClock *clock);

/**
 * arc_clock_get_real_time:
 * @clock: the clock
 *
 * Gets the time to show to people and on D-Bus. No decision depends on it, since it can be set.
 *
 * Returns: the time since the epoch, in microseconds
 */
gint64 arc_clock_get_real_time (ArcClock *clock);

/**
 * arc_clock_to_real_time:
 * @clock: the clock
 * @time: a time of arc_clock_get_time(), or %ARC_NEVER
 *
 * Returns: @time in microseconds since the epoch, or 0 for %ARC_NEVER
 */
gint64 arc_clock_to_real_time (ArcClock *clock, gint64 time);

/**
 * arc_clock_set_alarm:
 * @clock: the clock
 * @time: when to emit `alarm`, or %ARC_NEVER
 *
 * Replaces the alarm. A time that has passed is an alarm from the next iteration of the main loop.
 */
void arc_clock_set_alarm (ArcClock *clock, gint64 time);
