/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "machine/graph.h"

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
  const ArcTransition *rows = arc_state_machine_get_transitions (&n);
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
  const ArcTransition *rows = arc_state_machine_get_transitions (&n);
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
  const ArcTransition *rows = arc_state_machine_get_transitions (&n);
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

static void
test_text_has_all (void)
{
  guint n;
  const ArcTransition *rows = arc_state_machine_get_transitions (&n);
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
          if (strcmp (state, arc_state_to_string (rows[row].from)) != 0 ||
              !g_str_has_suffix (lines[i], arc_state_to_string (rows[row].to)) ||
              strstr (lines[i], arc_event_to_string (rows[row].event)) == NULL ||
              strstr (lines[i], arc_guard_to_string (rows[row].guard)) == NULL)
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
                                 "    rebuild, stopped -> running\n"
                                 "* waiting\n"
                                 "    shutdown         -> idle\n"
                                 "    deadline [due]   -> waiting\n"
                                 "      / start build\n"
                                 "  running\n"
                                 "  cooldown\n";
  const ArcState current = ARC_STATE_WAITING;
  g_autofree char *text = arc_graph_to_text (made_up, G_N_ELEMENTS (made_up), &current);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_text_current (void)
{
  for (ArcState state = 0; state < ARC_N_STATES; state++)
    {
      g_autofree char *unmarked = arc_graph_to_text (NULL, 0, NULL);
      g_autofree char *text = arc_graph_to_text (NULL, 0, &state);
      g_autofree char *expected = g_strdup_printf ("* %s\n", arc_state_to_string (state));

      g_assert_cmpstr (unmarked, ==, "  idle\n  waiting\n  running\n  cooldown\n");
      assert_contains (text, expected);
      g_assert_true (strchr (text, '*') == strrchr (text, '*'));
    }
}

/* Each row is in the text below its phase, and in the edge of DOT between its ends. */
static void
test_phases (void)
{
  guint n;
  const ArcPhaseTransition *rows = arc_phase_get_transitions (&n);
  g_autofree char *dot = arc_graph_phases_to_dot (rows, n);
  g_autofree char *text = arc_graph_phases_to_text (rows, n);
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
      const char *guard = arc_phase_guard_to_string (rows[i].guard);
      const char *action = arc_phase_action_to_string (rows[i].action);
      g_autofree char *edge =
          g_strdup_printf ("^  %s:[a-z]+ -> %s:[a-z]+ .*%s.*%s.*%s.*$",
                           arc_phase_to_string (rows[i].from), arc_phase_to_string (rows[i].to),
                           arc_phase_event_to_string (rows[i].event), guard, action);
      g_autofree char *line = g_strdup_printf ("^  %s\n(   .*\n)*    %s.*%s.* -> %s\n%s%s",
                                               arc_phase_to_string (rows[i].from),
                                               arc_phase_event_to_string (rows[i].event), guard,
                                               arc_phase_to_string (rows[i].to),
                                               *action != '\0' ? "      / " : "", action);

      g_assert_true (g_regex_match_simple (edge, dot, G_REGEX_MULTILINE, 0));
      g_assert_true (g_regex_match_simple (line, text, G_REGEX_MULTILINE, 0));
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
  g_test_add_func ("/graph/text/current", test_text_current);
  g_test_add_func ("/graph/phases", test_phases);
  g_test_add_func ("/graph/find-state", test_find_state);

  return g_test_run ();
}
