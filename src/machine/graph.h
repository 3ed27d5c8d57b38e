/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "machine/build-phases.h"
#include "machine/state-machine.h"

G_BEGIN_DECLS

/* Pictures of a machine that runs on the N_TRANSITIONS rows of TRANSITIONS. Rows with the same
 * ends, guard and effects are drawn as one, and rows in which nothing changes not at all. A row
 * without a guard after one with a guard reads "[else]". */

/**
 * arc_graph_to_dot:
 * @transitions: (array length=n_transitions): the rows of the machine
 * @n_transitions: the number of rows
 * @current: (nullable): the present state
 *
 * Draws the machine, with @current marked.
 *
 * Returns: (transfer full): the picture in the language of Graphviz
 */
char *arc_graph_to_dot (const ArcTransition *transitions,
                        guint n_transitions,
                        const ArcState *current /* (nullable) */);

/**
 * arc_graph_to_text:
 * @transitions: (array length=n_transitions): the rows of the machine
 * @n_transitions: the number of rows
 * @current: (nullable): the present state
 *
 * Lists the transitions below the state that each leaves: the events, the guard in brackets, the
 * next state, and on a line of its own after a slash the effects. The name of @current has an
 * asterisk before it. Lines of the service's machine have at most 40 columns.
 *
 * Returns: (transfer full): lines of ASCII, each with a newline at its end
 */
char *
arc_graph_to_text (const ArcTransition *transitions, guint n_transitions, const ArcState *current);

/**
 * arc_graph_phases_to_dot:
 * @transitions: (array length=n_transitions): the rows of the phases of a build
 * @n_transitions: the number of rows
 *
 * Draws the phases like arc_graph_to_dot(), without a present one.
 *
 * Returns: (transfer full): the picture in the language of Graphviz
 */
char *arc_graph_phases_to_dot (const ArcPhaseTransition *transitions, guint n_transitions);

/**
 * arc_graph_phases_to_text:
 * @transitions: (array length=n_transitions): the rows of the phases of a build
 * @n_transitions: the number of rows
 *
 * Lists the transitions like arc_graph_to_text(), without a present phase. Lines have at most 41
 * columns.
 *
 * Returns: (transfer full): lines of ASCII, each with a newline at its end
 */
char *arc_graph_phases_to_text (const ArcPhaseTransition *transitions, guint n_transitions);

/**
 * arc_graph_find_state:
 * @word: a word
 * @state: (out): the state
 *
 * Finds the state of a word of arc_state_to_string().
 *
 * Returns: %FALSE if there is none: a newer service may have more states
 */
gboolean arc_graph_find_state (const char *word, ArcState *state);

G_END_DECLS
