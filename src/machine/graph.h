/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcGraphRow:
 * @guard: "" for none
 * @effects: "" for none
 *
 * A transition of a state machine, in words. The nodes of the picture are the states of its rows,
 * in the order of the rows. Rows with the same ends, guard and effects are drawn as one, and rows
 * in which nothing changes not at all. A row without a guard after one with a guard reads "[else]".
 */
typedef struct
{
  const char *from;
  const char *event;
  const char *guard;
  const char *to;
  const char *effects;
} ArcGraphRow;

/**
 * arc_graph_to_dot:
 * @rows: (array length=n_rows): the rows of the machine
 * @n_rows: the number of rows
 * @current: (nullable): the present state, which is marked
 *
 * Returns: (transfer full): the picture in the language of Graphviz
 */
char *arc_graph_to_dot (const ArcGraphRow *rows, guint n_rows, const char *current);

/**
 * arc_graph_to_text:
 * @rows: (array length=n_rows): the rows of the machine
 * @n_rows: the number of rows
 * @current: (nullable): the present state
 *
 * Lists the transitions below the state that each leaves: the events, the guard in brackets, the
 * next state, and on a line of its own after a slash the effects. The name of @current has an
 * asterisk before it. Lines of the service's machines have at most 41 columns.
 *
 * Returns: (transfer full): lines of ASCII, each with a newline at its end
 */
char *arc_graph_to_text (const ArcGraphRow *rows, guint n_rows, const char *current);
