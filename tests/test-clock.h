/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/clock.h"

G_BEGIN_DECLS

/**
 * ArcTestClock:
 *
 * A clock that stands still until the test moves it.
 *
 * It starts at ARC_TEST_CLOCK_START, and its real time is always ARC_TEST_CLOCK_EPOCH more than its
 * time. An alarm that is set to a time that has come is emitted from the main loop, as that of the
 * real clock is, or by the next arc_test_clock_advance(), whichever is first.
 */
#define ARC_TYPE_TEST_CLOCK (arc_test_clock_get_type ())
G_DECLARE_FINAL_TYPE (ArcTestClock, arc_test_clock, ARC, TEST_CLOCK, GObject)

/* A machine that has been up for an hour, at the turn of the year 2024. */
#define ARC_TEST_CLOCK_START (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)
#define ARC_TEST_CLOCK_EPOCH (G_GINT64_CONSTANT (1704067200) * G_USEC_PER_SEC)

ArcTestClock *arc_test_clock_new (void);

/* Moves the time on by USEC (0 or more). Goes to each alarm on the way, in order, also those that
 * are set meanwhile: sets the time to that of the alarm, or leaves it if that has passed, and emits
 * `alarm`. A handler that for ever asks to be called at once fails the test. */
void arc_test_clock_advance (ArcTestClock *clock, gint64 usec);

/* The time of the alarm, ARC_NEVER if there is none. */
gint64 arc_test_clock_get_alarm (ArcTestClock *clock);

G_END_DECLS
