/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-graph.h"

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

/* Text: below each state's box the edges that leave it, each with a line to the right, to the lane
 * of the state that it leads to; the lane ends at the box of that state. Lines that cross do not
 * meet: there, a lane goes over. */

#define BOX_LEFT    1
#define BOX_HEIGHT  3
#define BOX_PADDING 2
#define STEM        4 /* the column that the edges of a state hang from */
#define LABEL       (STEM + 3)
#define INDENT      2 /* of the second line of a label */
#define LANE_GAP    3 /* from one lane to the next, and from the labels to the first */

typedef struct
{
  const Edge *edge;
  GPtrArray *lines; /* (owned) (element-type utf8): the label */
  guint row;        /* of the last line of it, where the line to the lane starts */
} Branch;

typedef struct
{
  ArcState target;
  guint first_row;
  guint last_row;
  guint column;
} Lane;

typedef struct
{
  GArray *branches; /* (owned) (element-type Branch), in order of state */
  GArray *lanes;    /* (owned) (element-type Lane), from left to right */
  guint state_row[ARC_N_STATES];
  guint box_width;
  guint n_rows;
  gunichar *cells; /* (owned): ARC_GRAPH_WIDTH for each row */
} Canvas;

static void
clear_branch (gpointer data)
{
  Branch *branch = data;

  g_ptr_array_unref (branch->lines);
}

static void
put (Canvas *canvas, guint row, guint column, gunichar c)
{
  if (row < canvas->n_rows && column < ARC_GRAPH_WIDTH)
    canvas->cells[row * ARC_GRAPH_WIDTH + column] = c;
}

/* TEXT is ASCII: the words of the machine. */
static void
put_text (Canvas *canvas, guint row, guint column, const char *text)
{
  for (; *text != '\0'; text++)
    put (canvas, row, column++, (guchar) *text);
}

static void
put_line (Canvas *canvas, guint row, guint from, guint to, gunichar c)
{
  for (guint column = from; column < to; column++)
    put (canvas, row, column, c);
}

/* Breaks the label of EDGE into lines of at most WIDTH columns. */
static GPtrArray *
wrap_label (const Edge *edge, guint width)
{
  g_autofree char *events = describe_events (edge);
  g_autofree char *effects = describe_effects (edge);
  g_autoptr (GString) label = g_string_new (events);
  g_autoptr (GString) line = g_string_new (NULL);
  g_auto (GStrv) words = NULL;
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  if (*edge->guard != '\0')
    g_string_append_printf (label, " [%s]", edge->guard);
  if (*effects != '\0')
    g_string_append_printf (label, " / %s", effects);

  words = g_strsplit (label->str, " ", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      if (i > 0 && line->len + 1 + strlen (words[i]) > width)
        {
          g_ptr_array_add (lines, g_strdup (line->str));
          g_string_printf (line, "%*s%s", INDENT, "", words[i]);
        }
      else
        {
          g_string_append_printf (line, "%s%s", i > 0 ? " " : "", words[i]);
        }
    }
  g_ptr_array_add (lines, g_strdup (line->str));

  return lines;
}

static int
compare_lanes (gconstpointer a, gconstpointer b)
{
  const Lane *lane_a = a;
  const Lane *lane_b = b;
  const guint length_a = lane_a->last_row - lane_a->first_row;
  const guint length_b = lane_b->last_row - lane_b->first_row;

  if (length_a != length_b)
    return length_a < length_b ? -1 : 1;

  return (int) lane_a->target - (int) lane_b->target;
}

/* The shortest lane is the innermost: so the fewest lines cross. */
static void
lay_out_lanes (Canvas *canvas, guint first_column)
{
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      const guint row = canvas->state_row[state] + 1;
      Lane lane = { .target = state, .first_row = row, .last_row = row };
      gboolean used = FALSE;

      for (guint i = 0; i < canvas->branches->len; i++)
        {
          const Branch *branch = &g_array_index (canvas->branches, Branch, i);

          if (branch->edge->to != state)
            continue;

          lane.first_row = MIN (lane.first_row, branch->row);
          lane.last_row = MAX (lane.last_row, branch->row);
          used = TRUE;
        }

      if (used)
        g_array_append_val (canvas->lanes, lane);
    }

  g_array_sort (canvas->lanes, compare_lanes);
  for (guint i = 0; i < canvas->lanes->len; i++)
    g_array_index (canvas->lanes, Lane, i).column = first_column + i * LANE_GAP;
}

static void
lay_out (Canvas *canvas, GArray *edges)
{
  const guint max_label = ARC_GRAPH_WIDTH - LABEL - ARC_N_STATES * LANE_GAP;
  guint labels_width = 0;

  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      canvas->box_width =
          MAX (canvas->box_width, strlen (arc_state_to_string (state)) + 2 * (BOX_PADDING + 1));
      canvas->state_row[state] = canvas->n_rows;
      canvas->n_rows += BOX_HEIGHT;

      for (guint i = 0; i < edges->len; i++)
        {
          const Edge *edge = &g_array_index (edges, Edge, i);
          Branch branch = { .edge = edge };

          if (edge->from != state)
            continue;

          branch.lines = wrap_label (edge, max_label);
          for (guint j = 0; j < branch.lines->len; j++)
            labels_width = MAX (labels_width, strlen (branch.lines->pdata[j]));
          canvas->n_rows += branch.lines->len;
          branch.row = canvas->n_rows - 1;
          g_array_append_val (canvas->branches, branch);
        }
    }

  lay_out_lanes (canvas, MAX (LABEL + labels_width, BOX_LEFT + canvas->box_width) + LANE_GAP - 1);
  canvas->cells = g_new0 (gunichar, canvas->n_rows * ARC_GRAPH_WIDTH);
}

static gunichar
get_junction (const Lane *lane, guint row)
{
  if (row == lane->first_row)
    return row == lane->last_row ? L'─' : L'╮';

  return row == lane->last_row ? L'╯' : L'┤';
}

static const Lane *
find_lane (const Canvas *canvas, ArcState target)
{
  for (guint i = 0; i < canvas->lanes->len; i++)
    if (g_array_index (canvas->lanes, Lane, i).target == target)
      return &g_array_index (canvas->lanes, Lane, i);

  return NULL;
}

static void
draw_lanes (Canvas *canvas)
{
  for (guint i = 0; i < canvas->lanes->len; i++)
    {
      const Lane *lane = &g_array_index (canvas->lanes, Lane, i);

      for (guint row = lane->first_row; row <= lane->last_row; row++)
        put (canvas, row, lane->column, L'│');
    }

  for (guint i = 0; i < canvas->lanes->len; i++)
    {
      const Lane *lane = &g_array_index (canvas->lanes, Lane, i);
      const guint row = canvas->state_row[lane->target] + 1;

      put (canvas, row, lane->column, get_junction (lane, row));
    }

  for (guint i = 0; i < canvas->branches->len; i++)
    {
      const Branch *branch = &g_array_index (canvas->branches, Branch, i);
      const Lane *lane = find_lane (canvas, branch->edge->to);

      put (canvas, branch->row, lane->column, get_junction (lane, branch->row));
    }
}

/* Below the lanes, which are drawn after them. */
static void
draw_lines_to_lanes (Canvas *canvas)
{
  for (guint i = 0; i < canvas->branches->len; i++)
    {
      const Branch *branch = &g_array_index (canvas->branches, Branch, i);
      const char *last = branch->lines->pdata[branch->lines->len - 1];

      put_line (canvas, branch->row, LABEL + strlen (last) + 1,
                find_lane (canvas, branch->edge->to)->column, L'─');
    }

  for (guint i = 0; i < canvas->lanes->len; i++)
    {
      const Lane *lane = &g_array_index (canvas->lanes, Lane, i);

      put_line (canvas, canvas->state_row[lane->target] + 1, BOX_LEFT + canvas->box_width + 1,
                lane->column, L'─');
    }
}

static void
draw_branches (Canvas *canvas, ArcState state)
{
  const guint n_branches = canvas->branches->len;

  for (guint i = 0; i < n_branches; i++)
    {
      const Branch *branch = &g_array_index (canvas->branches, Branch, i);
      const guint n_lines = branch->lines->len;
      const guint first_row = branch->row - (n_lines - 1);
      const gboolean is_last =
          i + 1 == n_branches ||
          (&g_array_index (canvas->branches, Branch, i + 1))->edge->from != state;

      if (branch->edge->from != state)
        continue;

      put (canvas, first_row, STEM, is_last ? L'╰' : L'├');
      put (canvas, first_row, STEM + 1, L'─');
      for (guint line = 0; line < n_lines; line++)
        {
          put_text (canvas, first_row + line, LABEL, branch->lines->pdata[line]);
          if (line > 0 && !is_last)
            put (canvas, first_row + line, STEM, L'│');
        }
    }
}

static void
draw_state (Canvas *canvas, ArcState state, gboolean lit)
{
  /* Corners, sides, and the place where the edges start. */
  static const gunichar light[] = { L'╭', L'╮', L'╰', L'╯', L'─', L'│', L'┬' };
  static const gunichar heavy[] = { L'┏', L'┓', L'┗', L'┛', L'━', L'┃', L'┯' };
  const gunichar *stroke = lit ? heavy : light;
  const char *word = arc_state_to_string (state);
  const guint row = canvas->state_row[state];
  const guint right = BOX_LEFT + canvas->box_width - 1;

  put_line (canvas, row, BOX_LEFT + 1, right, stroke[4]);
  put_line (canvas, row + 2, BOX_LEFT + 1, right, stroke[4]);
  put_line (canvas, row + 1, BOX_LEFT + 1, right, L' ');
  put (canvas, row, BOX_LEFT, stroke[0]);
  put (canvas, row, right, stroke[1]);
  put (canvas, row + 1, BOX_LEFT, stroke[5]);
  put (canvas, row + 1, right, stroke[5]);
  put (canvas, row + 2, BOX_LEFT, stroke[2]);
  put (canvas, row + 2, right, stroke[3]);
  put_text (canvas, row + 1, BOX_LEFT + (canvas->box_width - strlen (word)) / 2, word);

  for (guint i = 0; i < canvas->branches->len; i++)
    if (g_array_index (canvas->branches, Branch, i).edge->from == state)
      put (canvas, row + 2, STEM, stroke[6]);

  if (find_lane (canvas, state) != NULL)
    put (canvas, row + 1, right + 1, L'◀');
}

static gunichar
to_ascii (gunichar c)
{
  if (c < 0x80)
    return c;

  switch (c)
    {
    case L'│':
      return '|';
    case L'─':
      return '-';
    case L'◀':
      return '<';
    case L'╭':
    case L'╮':
    case L'╰':
    case L'╯':
    case L'├':
    case L'┤':
    case L'┬':
      return '+';
    default: /* the heavy strokes of the current state */
      return '#';
    }
}

static char *
print_canvas (const Canvas *canvas, const ArcState *current, ArcGraphFlags flags)
{
  GString *text = g_string_new (NULL);

  for (guint row = 0; row < canvas->n_rows; row++)
    {
      const gunichar *cells = canvas->cells + row * ARC_GRAPH_WIDTH;
      const gboolean lit =
          (flags & ARC_GRAPH_STYLED) && current != NULL && row == canvas->state_row[*current] + 1;
      guint width = ARC_GRAPH_WIDTH;

      while (width > 0 && cells[width - 1] == 0)
        width--;

      for (guint column = 0; column < width; column++)
        {
          const gunichar c = cells[column] != 0 ? cells[column] : ' ';

          if (lit && column == BOX_LEFT + 1)
            g_string_append (text, "\033[1;7m"); /* bold, reverse */
          if (lit && column == BOX_LEFT + canvas->box_width - 1)
            g_string_append (text, "\033[0m");
          g_string_append_unichar (text, (flags & ARC_GRAPH_UTF8) ? c : to_ascii (c));
        }
      g_string_append_c (text, '\n');
    }

  return g_string_free (text, FALSE);
}

char *
arc_graph_to_text (const ArcTransition *transitions,
                   guint n_transitions,
                   const ArcState *current,
                   ArcGraphFlags flags)
{
  g_autoptr (GArray) edges = fold_transitions (transitions, n_transitions);
  g_autoptr (GArray) branches = g_array_new (FALSE, FALSE, sizeof (Branch));
  g_autoptr (GArray) lanes = g_array_new (FALSE, FALSE, sizeof (Lane));
  Canvas canvas = { .branches = branches, .lanes = lanes };
  char *text;

  g_array_set_clear_func (branches, clear_branch);
  lay_out (&canvas, edges);

  draw_lines_to_lanes (&canvas);
  draw_lanes (&canvas);
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      draw_state (&canvas, state, current != NULL && *current == state);
      draw_branches (&canvas, state);
    }

  text = print_canvas (&canvas, current, flags);
  g_free (canvas.cells);

  return text;
}

gboolean
arc_graph_find_state (const char *word, ArcState *state)
{
  for (*state = 0; *state < ARC_N_STATES; (*state)++)
    if (strcmp (word, arc_state_to_string (*state)) == 0)
      return TRUE;

  return FALSE;
}
