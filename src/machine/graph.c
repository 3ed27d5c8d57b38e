/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/graph.h"

#include <string.h>

#define MAX_NODES  8
#define MAX_EVENTS 8

G_STATIC_ASSERT (ARC_N_STATES <= MAX_NODES && ARC_N_PHASES <= MAX_NODES);
G_STATIC_ASSERT (ARC_N_EVENTS <= MAX_EVENTS && ARC_N_PHASE_EVENTS <= MAX_EVENTS);

/* Rows of a table that differ only in their event. */
typedef struct
{
  guint from;
  guint to;
  guint events; /* a bit for each event */
  const char *guard;
  char *effects; /* (owned): "" if there are none */
} Edge;

/* What is drawn, in words. */
typedef struct
{
  guint n_nodes;
  guint n_events;
  const char *nodes[MAX_NODES];
  const char *events[MAX_EVENTS];
  guint guarded[MAX_NODES]; /* for each node, a bit for each event of a row with a guard */
  GArray *edges;            /* (owned) (element-type Edge): in the order of the table */
} Graph;

static void
clear_edge (gpointer data)
{
  Edge *edge = data;

  g_free (edge->effects);
}

static void
init_edges (Graph *graph)
{
  graph->edges = g_array_new (FALSE, FALSE, sizeof (Edge));
  g_array_set_clear_func (graph->edges, clear_edge);
}

static void
clear_graph (Graph *graph)
{
  g_array_unref (graph->edges);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Graph, clear_graph)

static void
add_row (Graph *graph,
         guint from,
         guint event,
         const char *guard,
         guint to,
         char *effects /* (transfer full) */)
{
  Edge row = { .from = from, .to = to, .events = 1u << event, .guard = guard, .effects = effects };

  if (*guard != '\0')
    graph->guarded[from] |= row.events;
  else if (graph->guarded[from] & row.events)
    row.guard = "else";

  if (from == to && *effects == '\0')
    {
      clear_edge (&row);
      return;
    }

  for (guint i = 0; i < graph->edges->len; i++)
    {
      Edge *other = &g_array_index (graph->edges, Edge, i);

      if (other->from == from && other->to == to && strcmp (other->effects, effects) == 0 &&
          strcmp (other->guard, row.guard) == 0)
        {
          other->events |= row.events;
          clear_edge (&row);
          return;
        }
    }

  g_array_append_val (graph->edges, row);
}

static char *
describe_events (const Graph *graph, const Edge *edge)
{
  GString *words = g_string_new (NULL);

  for (guint event = 0; event < graph->n_events; event++)
    if (edge->events & (1u << event))
      g_string_append_printf (words, "%s%s", words->len > 0 ? ", " : "", graph->events[event]);

  return g_string_free (words, FALSE);
}

/* (transfer full): "" if there is none. */
static char *
describe_effects (ArcEffects of_row)
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
    if (of_row & effects[i].effect)
      g_string_append_printf (words, "%s%s", words->len > 0 ? ", " : "", effects[i].words);

  return g_string_free (words, FALSE);
}

static void
init_states (Graph *graph, const ArcTransition *transitions, guint n_transitions)
{
  *graph = (Graph){ .n_nodes = ARC_N_STATES, .n_events = ARC_N_EVENTS };
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    graph->nodes[state] = arc_state_to_string (state);
  for (ArcEvent event = 0; event < ARC_N_EVENTS; event++)
    graph->events[event] = arc_event_to_string (event);

  init_edges (graph);
  for (guint i = 0; i < n_transitions; i++)
    add_row (graph, transitions[i].from, transitions[i].event,
             arc_guard_to_string (transitions[i].guard), transitions[i].to,
             describe_effects (transitions[i].effects));
}

static void
init_phases (Graph *graph, const ArcPhaseTransition *transitions, guint n_transitions)
{
  *graph = (Graph){ .n_nodes = ARC_N_PHASES, .n_events = ARC_N_PHASE_EVENTS };
  for (ArcPhase phase = 0; phase < ARC_N_PHASES; phase++)
    graph->nodes[phase] = arc_phase_to_string (phase);
  for (ArcPhaseEvent event = 0; event < ARC_N_PHASE_EVENTS; event++)
    graph->events[event] = arc_phase_event_to_string (event);

  init_edges (graph);
  for (guint i = 0; i < n_transitions; i++)
    add_row (graph, transitions[i].from, transitions[i].event,
             arc_phase_guard_to_string (transitions[i].guard), transitions[i].to,
             g_strdup (arc_phase_action_to_string (transitions[i].action)));
}

/* DOT: colours of the GNOME palette, with enough contrast on white. */

#define DOT_FONT   "Helvetica,Arial,sans-serif"
#define DOT_INK    "#241f31"
#define DOT_PALE   "#77767b"
#define DOT_BLUE   "#1a5fb4"
#define DOT_FILL   "#f6f5f4"
#define DOT_STROKE "#5e5c64"

static void
append_dot_edge (GString *dot, const Graph *graph, guint from, guint to)
{
  g_autoptr (GString) label = g_string_new (NULL);

  for (guint i = 0; i < graph->edges->len; i++)
    {
      const Edge *edge = &g_array_index (graph->edges, Edge, i);
      const char *effects = edge->effects;
      g_autofree char *events = NULL;

      if (edge->from != from || edge->to != to)
        continue;

      events = describe_events (graph, edge);
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
      graph->nodes[from], to == from + 1 ? "s" : (to < from ? "w" : "e"), graph->nodes[to],
      to == from + 1 ? "n" : (to < from ? "w" : (to == from ? "e" : "ne")),
      to == from + 1 ? "weight=100, " : "", label->str);
}

static char *
draw_dot (const Graph *graph, const ArcState *current)
{
  g_autoptr (GString) dot =
      g_string_new ("digraph \"arcology-builder\" {\n"
                    "  graph [bgcolor=\"white\", nodesep=0.4, ranksep=0.55, pad=0.2];\n"
                    "  node [shape=box, style=\"rounded,filled\", fillcolor=\"" DOT_FILL
                    "\", color=\"" DOT_STROKE "\", fontcolor=\"" DOT_INK "\", fontname=\"" DOT_FONT
                    "\", fontsize=14, width=1.3, penwidth=1.2];\n"
                    "  edge [color=\"" DOT_PALE "\", fontcolor=\"" DOT_INK
                    "\", fontname=\"" DOT_FONT "\", fontsize=10, arrowsize=0.7, penwidth=1.2];\n");

  for (guint node = 0; node < graph->n_nodes; node++)
    {
      g_string_append_printf (dot, "  %s", graph->nodes[node]);
      if (current != NULL && *current == node)
        g_string_append_printf (dot,
                                " [fillcolor=\"" DOT_BLUE "\", color=\"" DOT_BLUE
                                "\", fontcolor=\"white\", label=<<b>%s</b>>]",
                                graph->nodes[node]);
      g_string_append (dot, ";\n");
    }

  for (guint from = 0; from < graph->n_nodes; from++)
    for (guint to = 0; to < graph->n_nodes; to++)
      append_dot_edge (dot, graph, from, to);

  g_string_append (dot, "}\n");

  return g_string_free (g_steal_pointer (&dot), FALSE);
}

/* (transfer full): what EDGE waits for, with its guard. */
static char *
describe_condition (const Graph *graph, const Edge *edge)
{
  g_autofree char *events = describe_events (graph, edge);

  return *edge->guard != '\0' ? g_strdup_printf ("%s [%s]", events, edge->guard)
                              : g_steal_pointer (&events);
}

static char *
draw_text (const Graph *graph, const ArcState *current)
{
  GString *text = g_string_new (NULL);
  gsize width = 0;

  for (guint i = 0; i < graph->edges->len; i++)
    {
      g_autofree char *when = describe_condition (graph, &g_array_index (graph->edges, Edge, i));

      width = MAX (width, strlen (when));
    }

  for (guint node = 0; node < graph->n_nodes; node++)
    {
      g_string_append_printf (text, "%s %s\n", current != NULL && *current == node ? "*" : " ",
                              graph->nodes[node]);

      for (guint i = 0; i < graph->edges->len; i++)
        {
          const Edge *edge = &g_array_index (graph->edges, Edge, i);
          g_autofree char *when = describe_condition (graph, edge);

          if (edge->from != node)
            continue;

          g_string_append_printf (text, "    %-*s -> %s\n", (int) width, when,
                                  graph->nodes[edge->to]);
          if (*edge->effects != '\0')
            g_string_append_printf (text, "      / %s\n", edge->effects);
        }
    }

  return g_string_free (text, FALSE);
}

char *
arc_graph_to_dot (const ArcTransition *transitions, guint n_transitions, const ArcState *current)
{
  g_auto (Graph) graph = { 0 };

  init_states (&graph, transitions, n_transitions);

  return draw_dot (&graph, current);
}

char *
arc_graph_to_text (const ArcTransition *transitions, guint n_transitions, const ArcState *current)
{
  g_auto (Graph) graph = { 0 };

  init_states (&graph, transitions, n_transitions);

  return draw_text (&graph, current);
}

char *
arc_graph_phases_to_dot (const ArcPhaseTransition *transitions, guint n_transitions)
{
  g_auto (Graph) graph = { 0 };

  init_phases (&graph, transitions, n_transitions);

  return draw_dot (&graph, NULL);
}

char *
arc_graph_phases_to_text (const ArcPhaseTransition *transitions, guint n_transitions)
{
  g_auto (Graph) graph = { 0 };

  init_phases (&graph, transitions, n_transitions);

  return draw_text (&graph, NULL);
}

gboolean
arc_graph_find_state (const char *word, ArcState *state)
{
  for (*state = 0; *state < ARC_N_STATES; (*state)++)
    if (strcmp (word, arc_state_to_string (*state)) == 0)
      return TRUE;

  return FALSE;
}
