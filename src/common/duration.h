/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * arc_duration_parse:
 * @text: a duration
 * @usec: (out): its microseconds
 *
 * Parses a duration such as "5s", "3min", "1h 30min", "1.5h", "250ms", "0" or "90" (seconds). The
 * units are those of systemd.time(7) up to the week: us ms s m min h d w, and their long forms.
 * Only a number that stands alone may do without one.
 *
 * Returns: %TRUE on success; %FALSE, and @usec unchanged, for anything else, a negative duration,
 *   or one beyond a hundred years
 */
gboolean arc_duration_parse (const char *text, gint64 *usec);

/**
 * arc_duration_format:
 * @usec: microseconds, not negative
 *
 * Formats a duration with the largest units that arc_duration_parse() reads, such as "1h 30min".
 *
 * Returns: (transfer full): the text
 */
char *arc_duration_format (gint64 usec);

/**
 * arc_duration_tell:
 * @usec: microseconds, not negative
 *
 * Returns: (transfer full): a short form for people such as "0.8 s" or "2 min 5 s", translated
 */
char *arc_duration_tell (gint64 usec);

/**
 * arc_duration_tell_wait:
 * @usec: microseconds; less than 0, as after the clock was set, counts as 0
 *
 * Formats a remaining or elapsed time, which still changes: in whole seconds, rounded up.
 *
 * Returns: (transfer full): the text, translated
 */
char *arc_duration_tell_wait (gint64 usec);
