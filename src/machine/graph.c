/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/graph.h"

#include <string.h>

/* Rows of the table that differ only in their event. */
typedef struct
{
  ArcState from;
  ArcState to;
  guint events; /* a bit for each ArcEvent */
  const char *guard;
  ArcEffects effects;
} Edge;

static gboolean
is_otherwise (const ArcTransition *transitions, guint index)
{
  const ArcTransition *row = &transitions[index];

  if (row->guard != ARC_GUARD_NONE)
    return FALSE;

  for (guint i = 0; i < index; i++)
    if (transitions[i].from == row->from && transitions[i].event == row->event)
      return TRUE;

  return FALSE;
}

/* (element-type Edge), in the order of the table. */
static GArray *
fold_transitions (const ArcTransition *transitions, guint n_transitions)
{
  GArray *edges = g_array_new (FALSE, FALSE, sizeof (Edge));

  for (guint i = 0; i < n_transitions; i++)
    {
      const ArcTransition *row = &transitions[i];
      Edge edge = {
        .from = row->from,
        .to = row->to,
        .events = 1u << row->event,
        .guard = is_otherwise (transitions, i) ? "else" : arc_guard_to_string (row->guard),
        .effects = row->effects,
      };
      guint j = 0;

      if (row->to == row->from && row->effects == ARC_EFFECT_NONE)
        continue;

      for (; j < edges->len; j++)
        {
          Edge *other = &g_array_index (edges, Edge, j);

          if (other->from == edge.from && other->to == edge.to && other->effects == edge.effects &&
              strcmp (other->guard, edge.guard) == 0)
            {
              other->events |= edge.events;
              break;
            }
        }

      if (j == edges->len)
        g_array_append_val (edges, edge);
    }

  return edges;
}

static char *
describe_events (const Edge *edge)
{
  GString *words = g_string_new (NULL);

  for (ArcEvent event = 0; event < ARC_N_EVENTS; event++)
    if (edge->events & (1u << event))
      g_string_append_printf (words, "%s%s", words->len > 0 ? ", " : "",
                              arc_event_to_string (event));

  return g_string_free (words, FALSE);
}

/* "" if there is none. */
static char *
describe_effects (const Edge *edge)
{
  static const struct
  {
    ArcEffects effect;
    const char *words;
  } effects[] = {
    { ARC_EFFECT_COMMIT, "drop changes" },
    { ARC_EFFECT_RESTORE, "keep changes" },
    { ARC_EFFECT_STOP, "stop build" },
    { ARC_EFFECT_START, "start build" },
  };
  GString *words = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (effects); i++)
    if (edge->effects & effects[i].effect)
      g_string_append_printf (words, "%s%s", words->len > 0 ? ", " : "", effects[i].words);

  return g_string_free (words, FALSE);
}

/* DOT: colours of the GNOME palette, with enough contrast on white. */

#define DOT_FONT   "Helvetica,Arial,sans-serif"
#define DOT_INK    "#241f31"
#define DOT_PALE   "#77767b"
#define DOT_BLUE   "#1a5fb4"
#define DOT_FILL   "#f6f5f4"
#define DOT_STROKE "#5e5c64"

static void
append_dot_edge (GString *dot, GArray *edges, ArcState from, ArcState to)
{
  g_autoptr (GString) label = g_string_new (NULL);

  for (guint i = 0; i < edges->len; i++)
    {
      const Edge *edge = &g_array_index (edges, Edge, i);
      g_autofree char *events = NULL;
      g_autofree char *effects = NULL;

      if (edge->from != from || edge->to != to)
        continue;

      events = describe_events (edge);
      effects = describe_effects (edge);
      /* SVG drops blanks at the start of a piece of text, so they are at the end of the one before.
       */
      g_string_append_printf (label, "%s%s", label->len > 0 ? "<br/>" : "", events);
      if (*edge->guard != '\0')
        g_string_append_printf (label, " <font color=\"" DOT_PALE "\">[%s]%s</font>", edge->guard,
                                *effects != '\0' ? " " : "");
      if (*effects != '\0')
        g_string_append_printf (label, "%s/ <font color=\"" DOT_BLUE "\">%s</font>",
                                *edge->guard != '\0' ? "" : " ", effects);
    }

  if (label->len == 0)
    return;

  /* Forwards down the middle, or around it on the right where a state is left out; backwards on the
   * left. The weight keeps the middle straight. */
  g_string_append_printf (
      dot,
      "  %s:%s -> %s:%s [%slabel=<<table border=\"0\" cellborder=\"0\" cellspacing=\"0\""
      " cellpadding=\"6\"><tr><td align=\"left\" balign=\"left\">%s</td></tr></table>>];\n",
      arc_state_to_string (from), to == from + 1 ? "s" : (to < from ? "w" : "e"),
      arc_state_to_string (to),
      to == from + 1 ? "n" : (to < from ? "w" : (to == from ? "e" : "ne")),
      to == from + 1 ? "weight=100, " : "", label->str);
}

char *
arc_graph_to_dot (const ArcTransition *transitions, guint n_transitions, const ArcState *current)
{
  g_autoptr (GArray) edges = fold_transitions (transitions, n_transitions);
  g_autoptr (GString) dot =
      g_string_new ("digraph \"arcology-builder\" {\n"
                    "  graph [bgcolor=\"white\", nodesep=0.4, ranksep=0.55, pad=0.2];\n"
                    "  node [shape=box, style=\"rounded,filled\", fillcolor=\"" DOT_FILL
                    "\", color=\"" DOT_STROKE "\", fontcolor=\"" DOT_INK "\", fontname=\"" DOT_FONT
                    "\", fontsize=14, width=1.3, penwidth=1.2];\n"
                    "  edge [color=\"" DOT_PALE "\", fontcolor=\"" DOT_INK
                    "\", fontname=\"" DOT_FONT "\", fontsize=10, arrowsize=0.7, penwidth=1.2];\n");

  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      g_string_append_printf (dot, "  %s", arc_state_to_string (state));
      if (current != NULL && *current == state)
        g_string_append_printf (dot,
                                " [fillcolor=\"" DOT_BLUE "\", color=\"" DOT_BLUE
                                "\", fontcolor=\"white\", label=<<b>%s</b>>]",
                                arc_state_to_string (state));
      g_string_append (dot, ";\n");
    }

  for (ArcState from = 0; from < ARC_N_STATES; from++)
    for (ArcState to = 0; to < ARC_N_STATES; to++)
      append_dot_edge (dot, edges, from, to);

  g_string_append (dot, "}\n");

  return g_string_free (g_steal_pointer (&dot), FALSE);
}

char *
arc_graph_to_text (const ArcTransition *transitions, guint n_transitions, const ArcState *current)
{
  g_autoptr (GArray) edges = fold_transitions (transitions, n_transitions);
  GString *text = g_string_new (NULL);

  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      g_string_append_printf (text, "%s %s\n", current != NULL && *current == state ? "*" : " ",
                              arc_state_to_string (state));

      for (guint i = 0; i < edges->len; i++)
        {
          const Edge *edge = &g_array_index (edges, Edge, i);
          g_autofree char *events = describe_events (edge);
          g_autofree char *effects = describe_effects (edge);
          g_autofree char *when = *edge->guard != '\0'
                                      ? g_strdup_printf ("%s [%s]", events, edge->guard)
                                      : g_steal_pointer (&events);

          if (edge->from != state)
            continue;

          g_string_append_printf (text, "    %-24s -> %s\n", when, arc_state_to_string (edge->to));
          if (*effects != '\0')
            g_string_append_printf (text, "      / %s\n", effects);
        }
    }

  return g_string_free (text, FALSE);
}

gboolean
arc_graph_find_state (const char *word, ArcState *state)
{
  for (*state = 0; *state < ARC_N_STATES; (*state)++)
    if (strcmp (word, arc_state_to_string (*state)) == 0)
      return TRUE;

  return FALSE;
}
