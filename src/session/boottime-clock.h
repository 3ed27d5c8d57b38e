/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/clock.h"

/**
 * ArcBootClock:
 *
 * The clock of the machine: timerfd_create(2) on CLOCK_BOOTTIME. A timeout of GLib counts
 * CLOCK_MONOTONIC, which stops while the machine sleeps, so it would be late by the time asleep.
 * This timer expires at once after the resume.
 */
#define ARC_TYPE_BOOT_CLOCK (arc_boot_clock_get_type ())
G_DECLARE_FINAL_TYPE (ArcBootClock, arc_boot_clock, ARC, BOOT_CLOCK, GObject)

/**
 * arc_boot_clock_new:
 *
 * Returns: (transfer full): a clock whose alarm is emitted from the thread-default main context
 */
ArcClock *arc_boot_clock_new (void);
