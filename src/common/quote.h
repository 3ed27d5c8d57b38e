/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/* How much of a wrong value a message repeats, in characters. */
#define ARC_QUOTE_LENGTH 100

/**
 * arc_quote_printable:
 * @text: any bytes
 * @limit: the greatest number of characters, or -1 for all
 * @kept: control characters that stay, such as "\n"
 *
 * Makes @text fit for a message: printable UTF-8 without characters that move the cursor of a
 * terminal, whatever it holds.
 *
 * Returns: (transfer full): the text, one line unless @kept has a newline
 */
char *arc_quote_printable (const char *text, glong limit, const char *kept);

/**
 * arc_quote:
 * @text: any bytes
 *
 * Does the same, cut off at %ARC_QUOTE_LENGTH, in quotation marks: single ones around text that
 * has a double one.
 *
 * Returns: (transfer full): the quoted line
 */
char *arc_quote (const char *text);
