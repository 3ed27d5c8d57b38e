/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/graph.h"

#include <string.h>

/* Rows of a table that differ only in their event. */
typedef struct
{
  guint from;
  guint to;
  const char *guard;
  const char *effects;
  char *events; /* (owned) */
} Edge;

/* What is drawn. */
typedef struct
{
  GPtrArray *nodes; /* (owned) (element-type utf8) */
  GArray *edges;    /* (owned) (element-type Edge): in the order of the table */
} Graph;

static void
clear_edge (gpointer data)
{
  Edge *edge = data;

  g_free (edge->events);
}

static void
clear_graph (Graph *graph)
{
  g_ptr_array_unref (graph->nodes);
  g_array_unref (graph->edges);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Graph, clear_graph)

static guint
add_node (Graph *graph, const char *name)
{
  guint index;

  if (!g_ptr_array_find_with_equal_func (graph->nodes, name, g_str_equal, &index))
    {
      index = graph->nodes->len;
      g_ptr_array_add (graph->nodes, (char *) name);
    }

  return index;
}

/* The guard of ROW; "else" if it has none, and an earlier row for the same state and event has one.
 */
static const char *
get_guard (const ArcGraphRow *rows, const ArcGraphRow *row)
{
  for (const ArcGraphRow *other = rows; *row->guard == '\0' && other < row; other++)
    if (strcmp (other->from, row->from) == 0 && strcmp (other->event, row->event) == 0)
      return "else";

  return row->guard;
}

static void
add_edge (Graph *graph, const Edge *edge, const char *event)
{
  for (guint i = 0; i < graph->edges->len; i++)
    {
      Edge *other = &g_array_index (graph->edges, Edge, i);
      g_autofree char *before = NULL;

      if (other->from != edge->from || other->to != edge->to ||
          strcmp (other->effects, edge->effects) != 0 || strcmp (other->guard, edge->guard) != 0)
        continue;

      before = other->events;
      other->events = g_strconcat (before, ", ", event, NULL);
      return;
    }

  g_array_append_vals (graph->edges, edge, 1);
  g_array_index (graph->edges, Edge, graph->edges->len - 1).events = g_strdup (event);
}

static void
init_graph (Graph *graph, const ArcGraphRow *rows, guint n_rows)
{
  graph->nodes = g_ptr_array_new ();
  graph->edges = g_array_new (FALSE, FALSE, sizeof (Edge));
  g_array_set_clear_func (graph->edges, clear_edge);

  for (guint i = 0; i < n_rows; i++)
    add_node (graph, rows[i].from);
  for (guint i = 0; i < n_rows; i++)
    {
      const Edge edge = { .from = add_node (graph, rows[i].from),
                          .to = add_node (graph, rows[i].to),
                          .guard = get_guard (rows, &rows[i]),
                          .effects = rows[i].effects };

      if (edge.from != edge.to || *edge.effects != '\0')
        add_edge (graph, &edge, rows[i].event);
    }
}

static const char *
get_node (const Graph *graph, guint index)
{
  return g_ptr_array_index (graph->nodes, index);
}

/* DOT: colours of the GNOME palette, with enough contrast on white. */

#define DOT_FONT   "Helvetica,Arial,sans-serif"
#define DOT_INK    "#241f31"
#define DOT_PALE   "#77767b"
#define DOT_BLUE   "#1a5fb4"
#define DOT_FILL   "#f6f5f4"
#define DOT_STROKE "#5e5c64"

static void
append_dot_label (GString *label, const Edge *edge)
{
  const gboolean has_guard = *edge->guard != '\0';
  const gboolean has_effects = *edge->effects != '\0';

  /* SVG drops blanks at the start of a piece of text, so they are at the end of the one before. */
  g_string_append_printf (label, "%s%s", label->len > 0 ? "<br/>" : "", edge->events);
  if (has_guard)
    g_string_append_printf (label, " <font color=\"" DOT_PALE "\">[%s]%s</font>", edge->guard,
                            has_effects ? " " : "");
  if (has_effects)
    g_string_append_printf (label, "%s/ <font color=\"" DOT_BLUE "\">%s</font>",
                            has_guard ? "" : " ", edge->effects);
}

static void
append_dot_edge (GString *dot, const Graph *graph, guint from, guint to)
{
  g_autoptr (GString) label = g_string_new (NULL);

  for (guint i = 0; i < graph->edges->len; i++)
    {
      const Edge *edge = &g_array_index (graph->edges, Edge, i);

      if (edge->from == from && edge->to == to)
        append_dot_label (label, edge);
    }

  if (label->len == 0)
    return;

  /* Forwards down the middle, or around it on the right where a state is left out; backwards on the
   * left. The weight keeps the middle straight. */
  g_string_append_printf (
      dot,
      "  %s:%s -> %s:%s [%slabel=<<table border=\"0\" cellborder=\"0\" cellspacing=\"0\""
      " cellpadding=\"6\"><tr><td align=\"left\" balign=\"left\">%s</td></tr></table>>];\n",
      get_node (graph, from), to == from + 1 ? "s" : (to < from ? "w" : "e"), get_node (graph, to),
      to == from + 1 ? "n" : (to < from ? "w" : (to == from ? "e" : "ne")),
      to == from + 1 ? "weight=100, " : "", label->str);
}

char *
arc_graph_to_dot (const ArcGraphRow *rows, guint n_rows, const char *current)
{
  g_auto (Graph) graph = { 0 };
  g_autoptr (GString) dot =
      g_string_new ("digraph \"arcology-builder\" {\n"
                    "  graph [bgcolor=\"white\", nodesep=0.4, ranksep=0.55, pad=0.2];\n"
                    "  node [shape=box, style=\"rounded,filled\", fillcolor=\"" DOT_FILL
                    "\", color=\"" DOT_STROKE "\", fontcolor=\"" DOT_INK "\", fontname=\"" DOT_FONT
                    "\", fontsize=14, width=1.3, penwidth=1.2];\n"
                    "  edge [color=\"" DOT_PALE "\", fontcolor=\"" DOT_INK
                    "\", fontname=\"" DOT_FONT "\", fontsize=10, arrowsize=0.7, penwidth=1.2];\n");

  init_graph (&graph, rows, n_rows);
  for (guint node = 0; node < graph.nodes->len; node++)
    {
      g_string_append_printf (dot, "  %s", get_node (&graph, node));
      if (g_strcmp0 (current, get_node (&graph, node)) == 0)
        g_string_append_printf (dot,
                                " [fillcolor=\"" DOT_BLUE "\", color=\"" DOT_BLUE
                                "\", fontcolor=\"white\", label=<<b>%s</b>>]",
                                get_node (&graph, node));
      g_string_append (dot, ";\n");
    }

  for (guint from = 0; from < graph.nodes->len; from++)
    for (guint to = 0; to < graph.nodes->len; to++)
      append_dot_edge (dot, &graph, from, to);

  g_string_append (dot, "}\n");

  return g_string_free (g_steal_pointer (&dot), FALSE);
}

/* (transfer full): what EDGE waits for, with its guard. */
static char *
describe_condition (const Edge *edge)
{
  return *edge->guard != '\0' ? g_strdup_printf ("%s [%s]", edge->events, edge->guard)
                              : g_strdup (edge->events);
}

/* Lists what leaves NODE; conditions take WIDTH columns. */
static void
append_text_node (GString *text, const Graph *graph, guint node, gsize width)
{
  for (guint i = 0; i < graph->edges->len; i++)
    {
      const Edge *edge = &g_array_index (graph->edges, Edge, i);
      g_autofree char *when = describe_condition (edge);

      if (edge->from != node)
        continue;

      g_string_append_printf (text, "    %-*s -> %s\n", (int) width, when,
                              get_node (graph, edge->to));
      if (*edge->effects != '\0')
        g_string_append_printf (text, "      / %s\n", edge->effects);
    }
}

char *
arc_graph_to_text (const ArcGraphRow *rows, guint n_rows, const char *current)
{
  g_auto (Graph) graph = { 0 };
  GString *text = g_string_new (NULL);
  gsize width = 0;

  init_graph (&graph, rows, n_rows);
  for (guint i = 0; i < graph.edges->len; i++)
    {
      g_autofree char *when = describe_condition (&g_array_index (graph.edges, Edge, i));

      width = MAX (width, strlen (when));
    }

  for (guint node = 0; node < graph.nodes->len; node++)
    {
      const char *name = get_node (&graph, node);

      g_string_append_printf (text, "%s %s\n", g_strcmp0 (current, name) == 0 ? "*" : " ", name);
      append_text_node (text, &graph, node, width);
    }

  return g_string_free (text, FALSE);
}
