/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcProgressBar:
 * @done: files done, as last told
 * @total: files to do; 0 if nothing was told yet
 * @first_done: files done when the present count was first told
 * @first_time: when that was
 * @last_time: when @done was told
 * @shown_time: when a caller was last asked to show it
 *
 * How far a build is, how fast it goes and how long it will take; times are microseconds of one
 * clock that only grows. A value; start with all zero.
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

/* How often to show it: a bar as often as an eye can follow, lines as often as a log can bear. */
#define ARC_PROGRESS_BAR_BAR_INTERVAL  (G_USEC_PER_SEC / 10)
#define ARC_PROGRESS_BAR_LINE_INTERVAL G_USEC_PER_SEC

/* Takes in that DONE of TOTAL files are done. A new total, or a count that goes back, starts the
 * measurement over. TRUE if it is time to show it: it is the first, it is the end, or INTERVAL has
 * passed since the last time, so that nobody writes to a terminal thousands of times a second. */
gboolean
arc_progress_bar_take (ArcProgressBar *meter, guint done, guint total, gint64 now, gint64 interval);

/* Files a second since the count was first told: what comes before, such as the start of Emacs,
 * says nothing of what is to come. 0 if it is not known yet. */
double arc_progress_bar_get_rate (const ArcProgressBar *meter);

/* Microseconds to the end at that rate; G_MAXINT64 if it is not known. */
gint64 arc_progress_bar_get_left (const ArcProgressBar *meter);

/**
 * arc_progress_bar_format:
 * @meter: what is to be shown
 * @width: the columns of a terminal; 0 for a pipe: no bar, and no blanks to keep a place
 * @utf8: whether the characters of Unicode can be shown
 *
 * Returns: (transfer full): one line of at most @width columns, such as
 *   `██▌  25%  132/529 files, 61/s, 7 s left`, in the user's language. What does not fit is left
 *   out: the bar first, then the rate, then the time.
 */
char *arc_progress_bar_format (const ArcProgressBar *meter, guint width, gboolean utf8);

/* (transfer full): a bar of VALUE, of which MAX fill WIDTH columns: as exact as eighths of a column
 * if UTF8, else of `#`. Without blanks at its end. */
char *arc_progress_bar_draw_bar (guint64 value, guint64 max, guint width, gboolean utf8);

G_END_DECLS
