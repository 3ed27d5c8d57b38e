/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-machine.h"

G_BEGIN_DECLS

/* How a drawing for the terminal looks. */
typedef enum
{
  ARC_GRAPH_PLAIN = 0,
  ARC_GRAPH_UTF8 = 1 << 0,   /* with the box drawing characters of Unicode; else ASCII alone */
  ARC_GRAPH_STYLED = 1 << 1, /* with the escape sequences of a terminal (ECMA-48) */
} ArcGraphFlags;

/* How wide a drawing for the terminal is at most. */
#define ARC_GRAPH_WIDTH 80

/* Pictures of a machine that runs on the N_TRANSITIONS rows of TRANSITIONS. Rows with the same
 * ends, guard and effects are drawn as one, and rows in which nothing changes not at all. A row
 * without a guard after one with a guard reads "[else]". */

/* (transfer full): the picture in the language of Graphviz, with CURRENT, if any, lit. */
char *arc_graph_to_dot (const ArcTransition *transitions,
                        guint n_transitions,
                        const ArcState *current /* (nullable) */);

/* (transfer full): the picture in lines of at most ARC_GRAPH_WIDTH columns, each with a newline at
 * its end; with CURRENT, if any, lit. */
char *arc_graph_to_text (const ArcTransition *transitions,
                         guint n_transitions,
                         const ArcState *current /* (nullable) */,
                         ArcGraphFlags flags);

/* FALSE if WORD is none of arc_state_to_string(): a newer service may have more. */
gboolean arc_graph_find_state (const char *word, ArcState *state);

G_END_DECLS
