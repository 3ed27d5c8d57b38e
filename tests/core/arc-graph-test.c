/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-graph.h"

#include <string.h>

/* Rows that differ from others in one thing each. */
static const ArcTransition made_up[] = {
  { ARC_STATE_IDLE, ARC_EVENT_SHUTDOWN, ARC_GUARD_ASKED, ARC_STATE_COOLDOWN, ARC_EFFECT_STOP },
  { ARC_STATE_IDLE, ARC_EVENT_SHUTDOWN, ARC_GUARD_NONE, ARC_STATE_WAITING, ARC_EFFECT_NONE },
  { ARC_STATE_IDLE, ARC_EVENT_FAILED, ARC_GUARD_NONE, ARC_STATE_WAITING, ARC_EFFECT_NONE },
  { ARC_STATE_IDLE, ARC_EVENT_STOPPED, ARC_GUARD_NONE, ARC_STATE_RUNNING, ARC_EFFECT_NONE },
  { ARC_STATE_IDLE, ARC_EVENT_REBUILD, ARC_GUARD_NONE, ARC_STATE_RUNNING, ARC_EFFECT_NONE },
  { ARC_STATE_IDLE, ARC_EVENT_TOUCH, ARC_GUARD_NONE, ARC_STATE_IDLE, ARC_EFFECT_NONE },
  { ARC_STATE_WAITING, ARC_EVENT_SHUTDOWN, ARC_GUARD_NONE, ARC_STATE_IDLE, ARC_EFFECT_NONE },
  { ARC_STATE_WAITING, ARC_EVENT_DEADLINE, ARC_GUARD_DUE, ARC_STATE_WAITING, ARC_EFFECT_START },
};

/* The longest label that there can be. */
static const ArcEffects all_effects =
    ARC_EFFECT_COMMIT | ARC_EFFECT_RESTORE | ARC_EFFECT_STOP | ARC_EFFECT_START;
static const ArcTransition crowded[] = {
  { ARC_STATE_RUNNING, ARC_EVENT_TOUCH, ARC_GUARD_DUE_AND_PENDING, ARC_STATE_IDLE, all_effects },
  { ARC_STATE_RUNNING, ARC_EVENT_DEADLINE, ARC_GUARD_DUE_AND_PENDING, ARC_STATE_IDLE, all_effects },
  { ARC_STATE_RUNNING, ARC_EVENT_REBUILD, ARC_GUARD_DUE_AND_PENDING, ARC_STATE_IDLE, all_effects },
  { ARC_STATE_RUNNING, ARC_EVENT_SUCCEEDED, ARC_GUARD_DUE_AND_PENDING, ARC_STATE_IDLE,
    all_effects },
  { ARC_STATE_RUNNING, ARC_EVENT_FAILED, ARC_GUARD_DUE_AND_PENDING, ARC_STATE_IDLE, all_effects },
  { ARC_STATE_RUNNING, ARC_EVENT_STOPPED, ARC_GUARD_DUE_AND_PENDING, ARC_STATE_IDLE, all_effects },
  { ARC_STATE_RUNNING, ARC_EVENT_SHUTDOWN, ARC_GUARD_NONE, ARC_STATE_WAITING, ARC_EFFECT_NONE },
};

static gboolean
changes_nothing (const ArcTransition *row)
{
  return row->from == row->to && row->effects == ARC_EFFECT_NONE;
}

static void
assert_contains (const char *text, const char *words)
{
  if (strstr (text, words) == NULL)
    g_error ("\"%s\" is not in: %s", words, text);
}

static void
assert_describes (const char *label, const ArcTransition *row)
{
  assert_contains (label, arc_event_to_string (row->event));
  assert_contains (label, arc_guard_to_string (row->guard));
  if (row->effects & ARC_EFFECT_COMMIT)
    assert_contains (label, "drop changes");
  if (row->effects & ARC_EFFECT_RESTORE)
    assert_contains (label, "keep changes");
  if (row->effects & ARC_EFFECT_STOP)
    assert_contains (label, "stop build");
  if (row->effects & ARC_EFFECT_START)
    assert_contains (label, "start build");
}

/* (nullable): the line of DOT that draws FROM -> TO. */
static char *
find_dot_edge (const char *dot, ArcState from, ArcState to)
{
  g_autofree char *pattern = g_strdup_printf ("^  %s:[a-z]+ -> %s:[a-z]+ .*$",
                                              arc_state_to_string (from), arc_state_to_string (to));
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  char *line;

  if (!g_regex_match (regex, dot, 0, &match))
    return NULL;

  line = g_match_info_fetch (match, 0);
  g_assert_false (g_match_info_next (match, NULL)); /* parallel edges are one */
  return line;
}

static void
test_dot_has_all (void)
{
  guint n;
  const ArcTransition *rows = arc_machine_get_transitions (&n);
  g_autofree char *dot = arc_graph_to_dot (rows, n, NULL);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *line = find_dot_edge (dot, rows[i].from, rows[i].to);

      if (changes_nothing (&rows[i]))
        continue;

      g_assert_nonnull (line);
      assert_describes (line, &rows[i]);
    }
}

static void
test_dot_has_nothing_else (void)
{
  guint n;
  const ArcTransition *rows = arc_machine_get_transitions (&n);
  g_autofree char *dot = arc_graph_to_dot (rows, n, NULL);

  for (ArcState from = 0; from < ARC_N_STATES; from++)
    for (ArcState to = 0; to < ARC_N_STATES; to++)
      {
        g_autofree char *line = find_dot_edge (dot, from, to);
        gboolean expected = FALSE;

        for (guint i = 0; i < n; i++)
          if (rows[i].from == from && rows[i].to == to && !changes_nothing (&rows[i]))
            expected = TRUE;

        g_assert_cmpint (line != NULL, ==, expected);
      }
}

static void
assert_label (const char *dot, ArcState from, ArcState to, const char *expected)
{
  g_autoptr (GRegex) markup = g_regex_new ("^.*<td[^>]*>|</?font[^>]*>|</td>.*$", 0, 0, NULL);
  g_autofree char *line = find_dot_edge (dot, from, to);
  g_autofree char *label = NULL;

  g_assert_nonnull (line);
  label = g_regex_replace_literal (markup, line, -1, 0, "", 0, NULL);
  g_assert_cmpstr (label, ==, expected);
}

static void
test_dot_of_another_table (void)
{
  g_autofree char *dot = arc_graph_to_dot (made_up, G_N_ELEMENTS (made_up), NULL);

  assert_label (dot, ARC_STATE_IDLE, ARC_STATE_COOLDOWN, "shutdown [again] / stop build");
  assert_label (dot, ARC_STATE_IDLE, ARC_STATE_WAITING, "shutdown [else]<br/>failed");
  assert_label (dot, ARC_STATE_IDLE, ARC_STATE_RUNNING, "rebuild, stopped");
  assert_label (dot, ARC_STATE_WAITING, ARC_STATE_IDLE, "shutdown");
  assert_label (dot, ARC_STATE_WAITING, ARC_STATE_WAITING, "deadline [due] / start build");
  g_assert_null (find_dot_edge (dot, ARC_STATE_IDLE, ARC_STATE_IDLE));
  g_assert_null (find_dot_edge (dot, ARC_STATE_WAITING, ARC_STATE_RUNNING));
}

static void
test_dot_current (void)
{
  guint n;
  const ArcTransition *rows = arc_machine_get_transitions (&n);
  g_autofree char *dark = arc_graph_to_dot (rows, n, NULL);

  g_assert_null (strstr (dark, "<b>"));
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      g_autofree char *dot = arc_graph_to_dot (rows, n, &state);
      g_autofree char *expected = g_strdup_printf ("<b>%s</b>", arc_state_to_string (state));

      assert_contains (dot, expected);
      g_assert_true (strstr (dot, "<b>") == g_strrstr (dot, "<b>"));
    }
}

/* A drawing, taken apart into characters. */
typedef struct
{
  GPtrArray *rows; /* (owned) of gunichar *, each ending with 0 */
  char **lines;    /* (owned): the same as text */
} Drawing;

static void
drawing_clear (Drawing *drawing)
{
  g_ptr_array_unref (drawing->rows);
  g_strfreev (drawing->lines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Drawing, drawing_clear)

static Drawing
take_apart (const char *text)
{
  Drawing drawing = { .rows = g_ptr_array_new_with_free_func (g_free),
                      .lines = g_strsplit (text, "\n", -1) };

  for (guint i = 0; drawing.lines[i] != NULL; i++)
    {
      glong length;

      g_ptr_array_add (drawing.rows, g_utf8_to_ucs4 (drawing.lines[i], -1, NULL, &length, NULL));
      g_assert_nonnull (drawing.rows->pdata[i]);
      g_assert_cmpint (length, <=, ARC_GRAPH_WIDTH);
      g_assert_false (g_str_has_suffix (drawing.lines[i], " "));
    }

  return drawing;
}

/* The row with the name of STATE. */
static guint
find_box (const Drawing *drawing, ArcState state)
{
  g_autofree char *name = g_strdup_printf (" %s ", arc_state_to_string (state));

  for (guint i = 1; i < drawing->rows->len; i++)
    if (strstr (drawing->lines[i], name) != NULL && strstr (drawing->lines[i], "─ ") == NULL)
      return i;

  g_error ("no box for %s", arc_state_to_string (state));
}

/* The column where the line that comes from the left in ROW meets its lane, crossing others. */
static guint
find_lane (const Drawing *drawing, guint row, guint column)
{
  const gunichar *cells = drawing->rows->pdata[row];

  while (cells[column] == L'─' || cells[column] == L'│')
    column++;

  g_assert_true (cells[column] == L'╮' || cells[column] == L'╯' || cells[column] == L'┤');
  return column;
}

static guint
find_last_word (const Drawing *drawing, guint row)
{
  const gunichar *cells = drawing->rows->pdata[row];
  guint column = 0;

  for (guint i = 0; cells[i] != 0; i++)
    if (cells[i] < 0x80 && cells[i] != ' ')
      column = i;

  return column;
}

/* Goes from the label in ROW along the line, and says at whose box it ends. */
static ArcState
follow_line (const Drawing *drawing, guint row)
{
  const guint lane = find_lane (drawing, row, find_last_word (drawing, row) + 2);

  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      const guint box = find_box (drawing, state);
      const gunichar *cells = drawing->rows->pdata[box];
      guint arrow = 0;

      while (cells[arrow] != 0 && cells[arrow] != L'◀')
        arrow++;
      if (cells[arrow] == 0 || find_lane (drawing, box, arrow + 1) != lane)
        continue;

      /* Without a gap between the two. */
      for (guint i = MIN (row, box) + 1; i < MAX (row, box); i++)
        {
          const gunichar c = ((const gunichar *) drawing->rows->pdata[i])[lane];

          g_assert_true (c == L'│' || c == L'┤');
        }
      return state;
    }

  g_error ("the line in row %u leads nowhere", row);
}

static gboolean
is_drawn (const Drawing *drawing, const ArcTransition *row)
{
  const guint box = find_box (drawing, row->from);

  for (guint i = box + 2; i < drawing->rows->len && strstr (drawing->lines[i], "╭──") == NULL; i++)
    if (strstr (drawing->lines[i], arc_event_to_string (row->event)) != NULL &&
        follow_line (drawing, i) == row->to &&
        (row->guard == ARC_GUARD_NONE ||
         strstr (drawing->lines[i], arc_guard_to_string (row->guard)) != NULL))
      {
        assert_describes (drawing->lines[i], row);
        return TRUE;
      }

  return FALSE;
}

static void
test_text_has_all (void)
{
  guint n;
  const ArcTransition *rows = arc_machine_get_transitions (&n);
  g_autofree char *text = arc_graph_to_text (rows, n, NULL, ARC_GRAPH_UTF8);
  g_auto (Drawing) drawing = take_apart (text);

  for (guint i = 0; i < n; i++)
    g_assert_cmpint (is_drawn (&drawing, &rows[i]), ==, !changes_nothing (&rows[i]));
}

static void
test_text_of_another_table (void)
{
  static const char expected[] = " ╭────────────╮\n"
                                 " │    idle    │◀────────────────────────────╮\n"
                                 " ╰──┬─────────╯                             │\n"
                                 "    ├─ shutdown [again] / stop build ───────│──╮\n"
                                 "    ├─ shutdown [else] ───────────────╮     │  │\n"
                                 "    ├─ failed ────────────────────────┤     │  │\n"
                                 "    ╰─ rebuild, stopped ──────────────│──╮  │  │\n"
                                 " ╭────────────╮                       │  │  │  │\n"
                                 " │  waiting   │◀──────────────────────┤  │  │  │\n"
                                 " ╰──┬─────────╯                       │  │  │  │\n"
                                 "    ├─ shutdown ──────────────────────│──│──╯  │\n"
                                 "    ╰─ deadline [due] / start build ──╯  │     │\n"
                                 " ╭────────────╮                          │     │\n"
                                 " │  running   │◀─────────────────────────╯     │\n"
                                 " ╰────────────╯                                │\n"
                                 " ╭────────────╮                                │\n"
                                 " │  cooldown  │◀───────────────────────────────╯\n"
                                 " ╰────────────╯\n";
  g_autofree char *text = arc_graph_to_text (made_up, G_N_ELEMENTS (made_up), NULL, ARC_GRAPH_UTF8);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_text_without_edges (void)
{
  g_autofree char *text = arc_graph_to_text (NULL, 0, NULL, ARC_GRAPH_UTF8);
  g_auto (Drawing) drawing = take_apart (text);

  for (ArcState state = 0; state < ARC_N_STATES; state++)
    find_box (&drawing, state);
  g_assert_null (strstr (text, "◀"));
}

/* In as many lines as it needs, the last of which leads on. */
static void
test_text_long_label (void)
{
  g_autofree char *text = arc_graph_to_text (crowded, G_N_ELEMENTS (crowded), NULL, ARC_GRAPH_UTF8);
  g_auto (Drawing) drawing = take_apart (text);
  const guint box = find_box (&drawing, ARC_STATE_RUNNING);
  g_autoptr (GRegex) strokes = g_regex_new ("[^!-~]+", 0, 0, NULL);
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autofree char *words = NULL;
  guint row = box + 2;

  for (; strstr (drawing.lines[row], "╰") == NULL; row++)
    {
      /* The stem goes on to the next edge. */
      if (row > box + 2)
        g_assert_true (g_str_has_prefix (drawing.lines[row], "    │"));
      g_string_append (lines, drawing.lines[row]);
    }
  words = g_regex_replace_literal (strokes, lines->str, -1, 0, " ", 0, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (crowded) - 1; i++)
    assert_contains (words, arc_event_to_string (crowded[i].event));
  assert_contains (words, "[due, stoked] / drop changes, keep changes, stop build, start build");
  g_assert_cmpint (follow_line (&drawing, row - 1), ==, ARC_STATE_IDLE);
  g_assert_cmpint (follow_line (&drawing, row), ==, ARC_STATE_WAITING);
}

static void
test_text_ascii (void)
{
  guint n;
  const ArcTransition *rows = arc_machine_get_transitions (&n);
  const ArcState current = ARC_STATE_WAITING;
  g_autofree char *text = arc_graph_to_text (rows, n, &current, ARC_GRAPH_PLAIN);
  g_autofree char *utf8 = arc_graph_to_text (rows, n, &current, ARC_GRAPH_UTF8);

  g_assert_true (g_str_is_ascii (text));
  g_assert_cmpint (g_utf8_strlen (utf8, -1), ==, (glong) strlen (text));
  assert_contains (text, "#  waiting   #<-");
  assert_contains (text, "|    idle    |<-");
}

static void
test_text_current (void)
{
  guint n;
  const ArcTransition *rows = arc_machine_get_transitions (&n);
  g_autofree char *dark = arc_graph_to_text (rows, n, NULL, ARC_GRAPH_UTF8 | ARC_GRAPH_STYLED);

  g_assert_null (strstr (dark, "┃"));
  g_assert_null (strchr (dark, '\033'));
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      g_autofree char *plain = arc_graph_to_text (rows, n, &state, ARC_GRAPH_UTF8);
      g_autofree char *text =
          arc_graph_to_text (rows, n, &state, ARC_GRAPH_UTF8 | ARC_GRAPH_STYLED);
      g_autofree char *pattern =
          g_strdup_printf ("┃\033\\[1;7m +%s +\033\\[0m┃", arc_state_to_string (state));

      g_assert_true (g_regex_match_simple (pattern, text, 0, 0));
      g_assert_true (strchr (text, '\033') + strlen ("\033[1;7m") < g_strrstr (text, "\033"));
      g_assert_null (strchr (plain, '\033'));
      g_assert_cmpuint (strlen (text) - strlen (plain), ==, strlen ("\033[1;7m\033[0m"));
    }
}

static void
test_find_state (void)
{
  ArcState state;

  for (ArcState each = 0; each < ARC_N_STATES; each++)
    {
      g_assert_true (arc_graph_find_state (arc_state_to_string (each), &state));
      g_assert_cmpint (state, ==, each);
    }
  g_assert_false (arc_graph_find_state ("asleep", &state));
  g_assert_false (arc_graph_find_state ("", &state));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/graph/dot/all", test_dot_has_all);
  g_test_add_func ("/graph/dot/nothing-else", test_dot_has_nothing_else);
  g_test_add_func ("/graph/dot/another-table", test_dot_of_another_table);
  g_test_add_func ("/graph/dot/current", test_dot_current);
  g_test_add_func ("/graph/text/all", test_text_has_all);
  g_test_add_func ("/graph/text/another-table", test_text_of_another_table);
  g_test_add_func ("/graph/text/without-edges", test_text_without_edges);
  g_test_add_func ("/graph/text/long-label", test_text_long_label);
  g_test_add_func ("/graph/text/ascii", test_text_ascii);
  g_test_add_func ("/graph/text/current", test_text_current);
  g_test_add_func ("/graph/find-state", test_find_state);

  return g_test_run ();
}
