/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * arc_json_print:
 * @value: a value; a floating reference is sunk
 * @indented: whether to print it for people; otherwise, it is one line
 *
 * Prints @value as JSON: dictionaries as objects, other containers as arrays, byte strings in the
 * form of arc_table_escape(). Flushes standard output for a reader at the other end of a pipe.
 */
void arc_json_print (GVariant *value, gboolean indented);
