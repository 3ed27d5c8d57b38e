/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcProgressBar:
 * @done: files done at the last update
 * @total: files to do; 0 before the first update
 * @first_done: files done at the first update of the present count
 * @first_time: the time of that update
 * @last_time: the time of the last update
 * @shown_time: the time at which arc_progress_bar_take() last returned %TRUE
 *
 * The progress, the rate and the remaining time of a build. Times are microseconds of a monotonic
 * clock. A value; start with all zero.
 */
typedef struct
{
  guint done;
  guint total;
  guint first_done;
  gint64 first_time;
  gint64 last_time;
  gint64 shown_time;
} ArcProgressBar;

/* The least time between two redrawn bars on a terminal, and between two lines in a log. */
#define ARC_PROGRESS_BAR_BAR_INTERVAL  (G_USEC_PER_SEC / 10)
#define ARC_PROGRESS_BAR_LINE_INTERVAL G_USEC_PER_SEC

/**
 * arc_progress_bar_take:
 * @meter: the progress
 * @done: files done
 * @total: files to do
 * @now: the time, microseconds
 * @interval: the least time between two results %TRUE, microseconds
 *
 * Updates the progress. A new total, or a count that goes back, starts the measurement of the rate
 * over.
 *
 * Returns: %TRUE if it is time to show the progress: at the first update, at the end, and when
 *   @interval has passed
 */
gboolean
arc_progress_bar_take (ArcProgressBar *meter, guint done, guint total, gint64 now, gint64 interval);

/**
 * arc_progress_bar_format:
 * @meter: the progress
 * @width: the columns of a terminal; 0 for a pipe: no bar, and no blanks to keep a place
 * @utf8: whether the characters of Unicode can be shown
 *
 * Formats the progress with the rate since the first update, because the time before it, such as
 * the start of Emacs, says nothing about the files.
 *
 * Returns: (transfer full): one line of at most @width columns, such as
 *   `██▌  25%  132/529 files, 61/s, 7 s left`, in the user's language. What does not fit is left
 *   out: the bar first, then the rate, then the time.
 */
char *arc_progress_bar_format (const ArcProgressBar *meter, guint width, gboolean utf8);

/**
 * arc_progress_bar_draw_bar:
 * @value: the length of the bar
 * @max: the value that fills @width columns
 * @width: the columns
 * @utf8: whether to draw eighths of a column with characters of Unicode, or whole ones with `#`
 *
 * Returns: (transfer full): the bar, without blanks at its end
 */
char *arc_progress_bar_draw_bar (guint64 value, guint64 max, guint width, gboolean utf8);
