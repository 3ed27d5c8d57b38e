/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * ArcClock:
 *
 * What time it is, and one alarm. An interface, so that tests run the engine on a clock that they
 * turn by hand.
 *
 * The time is microseconds of CLOCK_BOOTTIME, which nobody can set and which counts the time that
 * the machine sleeps.
 *
 * `ArcClock::alarm` is emitted from the main context that was the thread default when the clock was
 * made, once for each arc_clock_set_alarm(), when the time of the alarm has come. There is one
 * alarm and no alarm id: setting it replaces the one before.
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

/* Now, in microseconds since the machine started. */
gint64 arc_clock_get_time (ArcClock *clock);

/* Now, in microseconds since the epoch: for people and for D-Bus, never for a decision. */
gint64 arc_clock_get_real_time (ArcClock *clock);

/* TIME (of arc_clock_get_time()) as it is to be shown: microseconds since the epoch, 0 for
 * ARC_NEVER. */
gint64 arc_clock_to_real_time (ArcClock *clock, gint64 time);

/* Emits `alarm` at TIME, at once (but from the main loop) if it has come already, not at all if it
 * is ARC_NEVER. */
void arc_clock_set_alarm (ArcClock *clock, gint64 time);

/* For implementations. */
void arc_clock_emit_alarm (ArcClock *clock);

/**
 * ArcBootClock:
 *
 * The clock of the machine: timerfd_create(2) on CLOCK_BOOTTIME. A timeout of GLib counts
 * CLOCK_MONOTONIC, which stands still while the machine sleeps, and so would come late by that
 * much; this timer is due at once after the resume.
 */
#define ARC_TYPE_BOOT_CLOCK (arc_boot_clock_get_type ())
G_DECLARE_FINAL_TYPE (ArcBootClock, arc_boot_clock, ARC, BOOT_CLOCK, GObject)

ArcClock *arc_boot_clock_new (void);

G_END_DECLS
