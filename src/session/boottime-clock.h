/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/clock.h"

/**
 * arc_boot_clock_new:
 *
 * Makes the clock of the machine: timerfd_create(2) on CLOCK_BOOTTIME. A timeout of GLib counts
 * CLOCK_MONOTONIC, which stops while the machine sleeps, so it would be late by the time asleep.
 * This timer expires at once after the resume.
 *
 * Returns: (transfer full): a clock whose alarm is emitted from the thread-default main context
 */
ArcClock *arc_boot_clock_new (void);
