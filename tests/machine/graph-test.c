/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/build-phases.h"
#include "machine/graph.h"

#include <string.h>

/* Rows that differ from others in one thing each. */
static const ArcGraphRow made_up[] = {
  { "idle", "shutdown", "again", "cooldown", "stop build" },
  { "idle", "shutdown", "", "waiting", "" },
  { "idle", "failed", "", "waiting", "" },
  { "idle", "stopped", "", "running", "" },
  { "idle", "rebuild", "", "running", "" },
  { "idle", "touch", "", "idle", "" },
  { "waiting", "shutdown", "", "idle", "" },
  { "waiting", "deadline", "due", "waiting", "start build" },
};

static gboolean
changes_nothing (const ArcGraphRow *row)
{
  return strcmp (row->from, row->to) == 0 && *row->effects == '\0';
}

/* (transfer full): the rows of the machine. */
static ArcGraphRow *
list_rows (guint *n)
{
  const ArcTransition *transitions = arc_state_machine_get_transitions (n);
  ArcGraphRow *rows = g_new (ArcGraphRow, *n);

  for (guint i = 0; i < *n; i++)
    rows[i] = arc_transition_describe (&transitions[i]);

  return rows;
}

static void
assert_contains (const char *text, const char *words)
{
  if (strstr (text, words) == NULL)
    g_error ("\"%s\" is not in: %s", words, text);
}

static void
assert_describes (const char *label, const ArcGraphRow *row)
{
  assert_contains (label, row->event);
  assert_contains (label, row->guard);
  assert_contains (label, row->effects);
}

/* (nullable): the line of DOT that draws FROM -> TO. */
static char *
find_dot_edge (const char *dot, const char *from, const char *to)
{
  g_autofree char *pattern = g_strdup_printf ("^  %s:[a-z]+ -> %s:[a-z]+ .*$", from, to);
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
  g_autofree ArcGraphRow *rows = list_rows (&n);
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
  g_autofree ArcGraphRow *rows = list_rows (&n);
  g_autofree char *dot = arc_graph_to_dot (rows, n, NULL);

  for (ArcState a = 0; a < ARC_N_STATES; a++)
    for (ArcState b = 0; b < ARC_N_STATES; b++)
      {
        const char *from = arc_state_to_string (a);
        const char *to = arc_state_to_string (b);
        g_autofree char *line = find_dot_edge (dot, from, to);
        gboolean expected = FALSE;

        for (guint i = 0; i < n; i++)
          if (strcmp (rows[i].from, from) == 0 && strcmp (rows[i].to, to) == 0 &&
              !changes_nothing (&rows[i]))
            expected = TRUE;

        g_assert_cmpint (line != NULL, ==, expected);
      }
}

static void
assert_label (const char *dot, const char *from, const char *to, const char *expected)
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

  assert_label (dot, "idle", "cooldown", "shutdown [again] / stop build");
  assert_label (dot, "idle", "waiting", "shutdown [else]<br/>failed");
  assert_label (dot, "idle", "running", "stopped, rebuild");
  assert_label (dot, "waiting", "idle", "shutdown");
  assert_label (dot, "waiting", "waiting", "deadline [due] / start build");
  g_assert_null (find_dot_edge (dot, "idle", "idle"));
  g_assert_null (find_dot_edge (dot, "waiting", "running"));
}

static void
test_dot_current (void)
{
  guint n;
  g_autofree ArcGraphRow *rows = list_rows (&n);
  g_autofree char *dark = arc_graph_to_dot (rows, n, NULL);

  g_assert_null (strstr (dark, "<b>"));
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      g_autofree char *dot = arc_graph_to_dot (rows, n, arc_state_to_string (state));
      g_autofree char *expected = g_strdup_printf ("<b>%s</b>", arc_state_to_string (state));

      assert_contains (dot, expected);
      g_assert_true (strstr (dot, "<b>") == g_strrstr (dot, "<b>"));
    }
}

static void
test_text_has_all (void)
{
  guint n;
  g_autofree ArcGraphRow *rows = list_rows (&n);
  g_autofree char *text = arc_graph_to_text (rows, n, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  const char *state = NULL;
  guint n_drawn = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_cmpuint (strlen (lines[i]), <=, 40);
  g_assert_true (g_str_is_ascii (text));

  for (guint row = 0; row < n; row++)
    {
      gboolean drawn = FALSE;

      for (guint i = 0; lines[i] != NULL; i++)
        {
          g_autofree char *label = NULL;

          if (g_str_has_prefix (lines[i], "      / "))
            continue;
          if (!g_str_has_prefix (lines[i], "    "))
            {
              state = lines[i] + MIN (strlen (lines[i]), 2);
              continue;
            }
          if (strcmp (state, rows[row].from) != 0 || !g_str_has_suffix (lines[i], rows[row].to) ||
              strstr (lines[i], rows[row].event) == NULL ||
              strstr (lines[i], rows[row].guard) == NULL)
            continue;

          label = g_strconcat (lines[i], lines[i + 1], NULL);
          assert_describes (label, &rows[row]);
          drawn = TRUE;
        }

      g_assert_cmpint (drawn, ==, !changes_nothing (&rows[row]));
      n_drawn += drawn;
    }
  g_assert_cmpuint (n_drawn, >, 0);
}

static void
test_text_of_another_table (void)
{
  static const char expected[] = "  idle\n"
                                 "    shutdown [again] -> cooldown\n"
                                 "      / stop build\n"
                                 "    shutdown [else]  -> waiting\n"
                                 "    failed           -> waiting\n"
                                 "    stopped, rebuild -> running\n"
                                 "* waiting\n"
                                 "    shutdown         -> idle\n"
                                 "    deadline [due]   -> waiting\n"
                                 "      / start build\n"
                                 "  cooldown\n"
                                 "  running\n";
  g_autofree char *text = arc_graph_to_text (made_up, G_N_ELEMENTS (made_up), "waiting");

  g_assert_cmpstr (text, ==, expected);
}

static void
test_text_current (void)
{
  guint n;
  g_autofree ArcGraphRow *rows = list_rows (&n);
  g_autofree char *unmarked = arc_graph_to_text (rows, n, NULL);
  g_autofree char *of_newer = arc_graph_to_text (rows, n, "asleep");
  g_autofree char *nothing = arc_graph_to_text (NULL, 0, "idle");

  g_assert_null (strchr (unmarked, '*'));
  g_assert_cmpstr (of_newer, ==, unmarked);
  g_assert_cmpstr (nothing, ==, "");
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      g_autofree char *text = arc_graph_to_text (rows, n, arc_state_to_string (state));
      g_autofree char *expected = g_strdup_printf ("* %s\n", arc_state_to_string (state));

      assert_contains (text, expected);
      g_assert_true (strchr (text, '*') == strrchr (text, '*'));
    }
}

static ArcGraphRow *
list_phase_rows (const ArcPhaseTransition *transitions, guint n)
{
  ArcGraphRow *rows = g_new (ArcGraphRow, n);

  for (guint i = 0; i < n; i++)
    rows[i] = arc_phase_describe (&transitions[i]);

  return rows;
}

/* Each row is in the text below its phase, and in the edge of DOT between its ends. */
static void
test_phases (void)
{
  guint n;
  const ArcPhaseTransition *transitions = arc_phase_get_transitions (&n);
  g_autofree ArcGraphRow *rows = list_phase_rows (transitions, n);
  g_autofree char *dot = arc_graph_to_dot (rows, n, NULL);
  g_autofree char *text = arc_graph_to_text (rows, n, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n_lines = 0;

  g_assert_true (g_str_is_ascii (text));
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_assert_cmpuint (strlen (lines[i]), <=, 40);
      n_lines += strstr (lines[i], " -> ") != NULL;
    }
  g_assert_cmpuint (n_lines, ==, n); /* no two rows differ in their event alone */

  for (guint i = 0; i < n; i++)
    {
      const char *guard = rows[i].guard;
      const char *action = rows[i].effects;
      g_autofree char *edge =
          g_strdup_printf ("^  %s:[a-z]+ -> %s:[a-z]+ .*%s.*%s.*%s.*$", rows[i].from, rows[i].to,
                           rows[i].event, guard, action);
      g_autofree char *line =
          g_strdup_printf ("^  %s\n(   .*\n)*    %s.*%s.* -> %s\n%s%s", rows[i].from, rows[i].event,
                           guard, rows[i].to, *action != '\0' ? "      / " : "", action);

      g_assert_true (g_regex_match_simple (edge, dot, G_REGEX_MULTILINE, 0));
      g_assert_true (g_regex_match_simple (line, text, G_REGEX_MULTILINE, 0));
    }
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
  g_test_add_func ("/graph/text/current", test_text_current);
  g_test_add_func ("/graph/phases", test_phases);

  return g_test_run ();
}
