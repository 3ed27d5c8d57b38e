/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "5s", "3min", "1h 30min", "1.5h", "250ms", "0", "90" (seconds) -> microseconds. The units of
 * systemd.time(7) up to the week: us ms s m min h d w and their long forms. Only a number that
 * stands alone may do without one. FALSE on anything else, negative or beyond a hundred years. */
gboolean arc_duration_parse (const char *text, gint64 *usec);

/* The form with the largest units that arc_duration_parse() reads back, "1h 30min"; USEC is not
 * negative. */
char *arc_duration_format (gint64 usec);

G_END_DECLS
