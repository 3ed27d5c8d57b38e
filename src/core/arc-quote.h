/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How much of a wrong value a message repeats, in characters. */
#define ARC_QUOTE_LENGTH 100

/* (transfer full): TEXT for a message: whatever it holds, one line of printable UTF-8, of at most
 * LIMIT characters; -1: all. */
char *arc_quote_printable (const char *text, glong limit);

/* (transfer full): the same in quotation marks, cut off at ARC_QUOTE_LENGTH; the marks are single
 * ones around TEXT that has a double one. */
char *arc_quote (const char *text);

G_END_DECLS
