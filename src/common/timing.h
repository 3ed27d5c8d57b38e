/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/* No time, such as that of a deadline that is not set or of an event that has not happened. All
 * other times are microseconds of one monotonic clock. */
#define ARC_NEVER G_MAXINT64

/* @max_load of this is one whole processor. */
#define ARC_LOAD_SCALE 10000

/**
 * ArcTiming:
 * @debounce: how long the writer must be quiet before a build
 * @debounce_limit: how long a writer who is never quiet can put it off
 * @cooldown: the longest rest after a build
 * @max_load: the share of one processor that builds may use, in parts of %ARC_LOAD_SCALE: the
 * processor time of a build divided by it is the rest, if that is shorter than @cooldown; 0: always
 * rest for @cooldown
 * @cooldown_from_change: whether the rest counts from the last touch, if that is later than the end
 * of the build
 * @retry_delay: how long after a failure to try again; doubles with each try
 * @retry_limit: how many times to try again without a new touch
 *
 * The settings of #ArcStateMachine, in microseconds.
 */
typedef struct
{
  gint64 debounce;
  gint64 debounce_limit;
  gint64 cooldown;
  guint max_load;
  gboolean cooldown_from_change;
  gint64 retry_delay;
  guint retry_limit;
} ArcTiming;
