/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "run/output-parser.h"

#include <string.h>

/* TEXT is given as a copy of just its size, so that a checker of memory sees a read beyond it. */
static void
parse_bytes (const char *text, gsize length, ArcLine *line)
{
  g_autofree char *copy = g_memdup2 (text, length);

  memset (line, 0xaa, sizeof *line);
  arc_line_parse (copy, length, line);
}

static void
assert_plain_bytes (const char *text, gsize length)
{
  g_auto (ArcLine) line;
  g_autofree char *shown = g_strescape (text, NULL);

  g_test_message ("plain: %s", shown);
  parse_bytes (text, length, &line);
  g_assert_cmpint (line.kind, ==, ARC_LINE_PLAIN);
  g_assert_cmpuint (line.done, ==, 0);
  g_assert_cmpuint (line.total, ==, 0);
  g_assert_null (line.path);
  g_assert_null (line.why);
}

static void
assert_plain (const char *text)
{
  assert_plain_bytes (text, strlen (text));
}

static void
assert_progress (const char *text, guint done, guint total)
{
  g_auto (ArcLine) line;

  g_test_message ("progress: %s", text);
  parse_bytes (text, strlen (text), &line);
  g_assert_cmpint (line.kind, ==, ARC_LINE_PROGRESS);
  g_assert_cmpuint (line.done, ==, done);
  g_assert_cmpuint (line.total, ==, total);
  g_assert_null (line.path);
  g_assert_null (line.why);
}

static void
assert_failed (const char *text, const char *path, const char *why)
{
  g_auto (ArcLine) line;
  g_autofree char *shown = g_strescape (text, NULL);

  g_test_message ("failed: %s", shown);
  parse_bytes (text, strlen (text), &line);
  g_assert_cmpint (line.kind, ==, ARC_LINE_FAILED);
  g_assert_cmpstr (line.path, ==, path);
  g_assert_cmpstr (line.why, ==, why);
  g_assert_cmpuint (line.done, ==, 0);
  g_assert_cmpuint (line.total, ==, 0);
}

static void
assert_path (const char *text, ArcLineKind kind, const char *path)
{
  g_auto (ArcLine) line;
  g_autofree char *shown = g_strescape (text, NULL);

  g_test_message ("%s", shown);
  parse_bytes (text, strlen (text), &line);
  g_assert_cmpint (line.kind, ==, kind);
  g_assert_cmpstr (line.path, ==, path);
  g_assert_null (line.why);
  g_assert_cmpuint (line.done, ==, 0);
  g_assert_cmpuint (line.total, ==, 0);
}

static void
assert_gone (const char *text, const char *path)
{
  assert_path (text, ARC_LINE_GONE, path);
}

static void
assert_problem (
    const char *text, const char *path, guint number, const char *other, const char *why)
{
  g_auto (ArcLine) line;
  g_autofree char *shown = g_strescape (text, NULL);

  g_test_message ("problem: %s", shown);
  parse_bytes (text, strlen (text), &line);
  g_assert_cmpint (line.kind, ==, ARC_LINE_PROBLEM);
  g_assert_cmpstr (line.path, ==, path);
  g_assert_cmpuint (line.number, ==, number);
  g_assert_cmpstr (line.other, ==, other);
  g_assert_cmpstr (line.why, ==, why);
}

static void
assert_text (const char *text, ArcLineKind kind, const char *why)
{
  g_auto (ArcLine) line;

  g_test_message ("text: %s", text);
  parse_bytes (text, strlen (text), &line);
  g_assert_cmpint (line.kind, ==, kind);
  g_assert_cmpstr (line.why, ==, why);
  g_assert_null (line.path);
}

static void
test_progress (void)
{
  assert_progress ("arcology: progress 0 0", 0, 0);
  assert_progress ("arcology: progress 0 529", 0, 529);
  assert_progress ("arcology: progress 17 529", 17, 529);
  assert_progress ("arcology: progress 529 529", 529, 529);
  assert_progress ("arcology: progress 007 10", 7, 10);
  assert_progress ("arcology: progress 4294967295 4294967295", G_MAXUINT, G_MAXUINT);
}

static void
test_progress_wrong (void)
{
  assert_plain ("arcology: progress");
  assert_plain ("arcology: progress ");
  assert_plain ("arcology: progress 1");
  assert_plain ("arcology: progress 1 ");
  assert_plain ("arcology: progress  2");
  assert_plain ("arcology: progress 1 2 ");
  assert_plain ("arcology: progress 1 2 3");
  assert_plain ("arcology: progress 1  2");
  assert_plain ("arcology: progress  1 2");
  assert_plain ("arcology: progress 1\t2");
  assert_plain ("arcology: progress 1/2");
  assert_plain ("arcology: progress 1 2\r");
  assert_plain ("arcology: progress +1 2");
  assert_plain ("arcology: progress -1 2");
  assert_plain ("arcology: progress 1 +2");
  assert_plain ("arcology: progress 0x1 0x2");
  assert_plain ("arcology: progress 1.0 2");
  assert_plain ("arcology: progress one two");
  assert_plain ("arcology: progress \xd9\xa1 \xd9\xa2");
  assert_plain ("arcology: progress 3 2");
  assert_plain ("arcology: progress 1 4294967296");
  assert_plain ("arcology: progress 4294967296 4294967296");
  /* 2^32 + 1 and 2^64 + 1 would be 1 in fewer bits. */
  assert_plain ("arcology: progress 1 4294967297");
  assert_plain ("arcology: progress 1 18446744073709551617");
  assert_plain ("arcology: progress 1 99999999999999999999999999999999999999");
}

static void
test_other_lines (void)
{
  assert_plain ("");
  assert_plain ("Loading org...");
  assert_plain ("arcology");
  assert_plain ("arcology:");
  assert_plain ("arcology: ");
  assert_plain ("arcology: done");
  assert_plain ("arcology:progress 1 2");
  assert_plain ("Arcology: progress 1 2");
  assert_plain (" arcology: progress 1 2");
  assert_plain ("Warning: arcology: progress 1 2");
  assert_plain ("arcology: Progress 1 2");
  assert_plain ("arcology: progressing 1 2");
  assert_plain ("\xff\xfe");
}

static void
test_failed (void)
{
  assert_failed ("arcology: failed /org/a.org: why", "/org/a.org", "why");
  assert_failed ("arcology: failed /org/two words.org: File mode: no", "/org/two words.org",
                 "File mode: no");
  assert_failed ("arcology: failed /org/a:b.org: why", "/org/a:b.org", "why");
  assert_failed ("arcology: failed /org/a.org: ", "/org/a.org", "");
  assert_failed ("arcology: failed /org/a.org::  x ", "/org/a.org:", " x ");
  assert_failed ("arcology: failed /org/\xff\xc3.org: \xe9", "/org/\xff\xc3.org", "\xef\xbf\xbd");
  assert_failed ("arcology: failed /: why", "/", "why");
}

/* A build that escapes is always understood. */
static void
test_failed_escaped (void)
{
  assert_failed ("arcology: failed /org/Emacs\\072 a guide.org: parse error: line 3",
                 "/org/Emacs: a guide.org", "parse error: line 3");
  assert_failed ("arcology: failed /org/a\\012b.org: why", "/org/a\nb.org", "why");
  assert_failed ("arcology: failed /org/a\\134072 b.org: why", "/org/a\\072 b.org", "why");
  assert_failed ("arcology: failed /org/\\377\\303\\251: why", "/org/\xff\xc3\xa9", "why");
  assert_failed ("arcology: failed /org/a\\072: why", "/org/a:", "why");

  /* Any other backslash is itself, as in the lines of a build that does not escape. */
  assert_failed ("arcology: failed /org/a\\b.org: why", "/org/a\\b.org", "why");
  assert_failed ("arcology: failed /org/a\\\\b\\: why", "/org/a\\\\b\\", "why");
  assert_failed ("arcology: failed /org/\\08\\1: why", "/org/\\08\\1", "why");
  assert_failed ("arcology: failed /org/\\118\\189: why", "/org/\\118\\189", "why");
  assert_failed ("arcology: failed /org/\\400\\777: why", "/org/\\400\\777", "why");
  assert_failed ("arcology: failed /org/\\07: 2", "/org/\\07", "2");
  /* Nothing is unescaped in the reason. */
  assert_failed ("arcology: failed /org/a: \\072", "/org/a", "\\072");
}

static void
test_failed_wrong (void)
{
  assert_plain ("arcology: failed");
  assert_plain ("arcology: failed ");
  assert_plain ("arcology: failed : why");
  assert_plain ("arcology: failed a.org: why");
  assert_plain ("arcology: failed ./a.org: why");
  assert_plain ("arcology: failed  /org/a.org: why");
  assert_plain ("arcology: failed \\057org/a.org: why");
  assert_plain ("arcology: failed /org/a.org");
  assert_plain ("arcology: failed /org/a.org:");
  assert_plain ("arcology: failed /org/a.org:why");
  assert_plain ("arcology: failed /org/\\000.org: why");
}

#define BYTES(text) text, sizeof text - 1

static void
test_gone (void)
{
  assert_gone ("arcology: gone /org/a.org", "/org/a.org");
  assert_gone ("arcology: gone /org/two words: one.org ", "/org/two words: one.org ");
  assert_gone ("arcology: gone /org/Emacs\\072 a\\012b\\134072.org", "/org/Emacs: a\nb\\072.org");
  assert_gone ("arcology: gone /org/\xff\xc3\\08\\", "/org/\xff\xc3\\08\\");
  assert_gone ("arcology: gone /", "/");
}

static void
test_input (void)
{
  assert_path ("arcology: input /lisp/org.elc", ARC_LINE_INPUT, "/lisp/org.elc");
  assert_path ("arcology: input /a b\\072 c\\012: d", ARC_LINE_INPUT, "/a b: c\n: d");
  assert_plain ("arcology: input");
  assert_plain ("arcology: input ");
  assert_plain ("arcology: input org.elc");
  assert_plain ("arcology: input /lisp/\\000");
}

static void
test_gone_wrong (void)
{
  assert_plain ("arcology: gone");
  assert_plain ("arcology: gone ");
  assert_plain ("arcology: gone a.org");
  assert_plain ("arcology: gone  /org/a.org");
  assert_plain ("arcology: gone: /org/a.org");
  assert_plain ("arcology: gone \\057org/a.org");
  assert_plain ("arcology: gone /org/\\000.org");
  assert_plain_bytes (BYTES ("arcology: gone /a\0"));
}

static void
test_problem (void)
{
  assert_problem ("arcology: problem /org/a.org: no title; add one", "/org/a.org", 0, NULL,
                  "no title; add one");
  assert_problem ("arcology: problem /org/a.org:12: duplicate ID x: y", "/org/a.org", 12, NULL,
                  "duplicate ID x: y");
  assert_problem ("arcology: problem /org/a.org:0: why", "/org/a.org", 0, NULL, "why");
  assert_problem ("arcology: problem /org/a.org:4294967295: why", "/org/a.org", G_MAXUINT, NULL,
                  "why");
  assert_problem ("arcology: problem /org/a.org:12:/org/b.org: why", "/org/a.org", 12, "/org/b.org",
                  "why");
  assert_problem ("arcology: problem /org/a.org:0:/: why", "/org/a.org", 0, "/", "why");
  assert_problem ("arcology: problem /a:  why ", "/a", 0, NULL, " why ");

  /* Plain paths are understood, but for those that end like a place. */
  assert_problem ("arcology: problem /org/a:1.org: why", "/org/a:1.org", 0, NULL, "why");
  assert_problem ("arcology: problem /org/a:1:b.org:2: why", "/org/a:1:b.org", 2, NULL, "why");
  assert_problem ("arcology: problem /org/a:: why", "/org/a:", 0, NULL, "why");
  assert_problem ("arcology: problem /org/a:b:/c: why", "/org/a:b:/c", 0, NULL, "why");
  assert_problem ("arcology: problem /org/a:1: why", "/org/a", 1, NULL, "why");

  assert_problem ("arcology: problem /org/a\\0721: why", "/org/a:1", 0, NULL, "why");
  assert_problem ("arcology: problem /org/\\072 a\\134\\012.org:3:/b\\0721:c: why",
                  "/org/: a\\\n.org", 3, "/b:1:c", "why");
  assert_problem ("arcology: problem /org/\xff:3: \xff", "/org/\xff", 3, NULL, "\xef\xbf\xbd");
}

static void
test_problem_wrong (void)
{
  assert_plain ("arcology: problem");
  assert_plain ("arcology: problem /a.org");
  assert_plain ("arcology: problem /a.org:");
  assert_plain ("arcology: problem /a.org: ");
  assert_plain ("arcology: problem /a.org:3: ");
  assert_plain ("arcology: problem a.org:3: why");
  assert_plain ("arcology: problem  /a.org:3: why");
  assert_plain ("arcology: problem /a.org:4294967296: why");
  assert_plain ("arcology: problem /a.org:99999999999999999999:/b: why");
  assert_plain ("arcology: problem /a\\000.org: why");
  assert_plain ("arcology: problem /a.org:1:/b\\000: why");
  assert_plain_bytes (BYTES ("arcology: problem /a: why\0"));
}

static void
test_texts (void)
{
  g_autoptr (GString) text = g_string_new ("arcology: error: x");
  g_auto (ArcLine) line;

  assert_text ("arcology: error: no such table: nodes", ARC_LINE_ERROR, "no such table: nodes");
  assert_text ("arcology: phase preparing Emacs", ARC_LINE_PHASE, "preparing Emacs");
  assert_plain ("arcology: error");
  assert_plain ("arcology: error: ");
  assert_plain ("arcology: error why");
  assert_plain ("arcology: phase");
  assert_plain ("arcology: phase ");

  /* Longer than is kept, and the end of that within a character. */
  while (text->len <= ARC_LINE_MAX_TEXT)
    g_string_append (text, "\303\251");
  g_string_append (text, "tail");
  parse_bytes (text->str, text->len, &line);
  g_assert_cmpint (line.kind, ==, ARC_LINE_ERROR);
  g_assert_true (g_utf8_validate (line.why, -1, NULL));
  g_assert_cmpuint (strlen (line.why), <=, ARC_LINE_MAX_TEXT);
  g_assert_true (g_str_has_prefix (text->str + strlen ("arcology: error: "), line.why));
}

static void
test_nul (void)
{
  assert_plain_bytes (BYTES ("\0"));
  assert_plain_bytes (BYTES ("arcology: progress 1 2\0"));
  assert_plain_bytes (BYTES ("arcology: progress 1 2\0 3"));
  assert_plain_bytes (BYTES ("arcology: failed /a\0: why"));
  assert_plain_bytes (BYTES ("arcology: failed /a: why\0"));
}

static char *
escape_path (const char *path)
{
  GString *escaped = g_string_new (NULL);

  for (; *path != '\0'; path++)
    if (strchr ("\\:\n", *path) != NULL)
      g_string_append_printf (escaped, "\\%03o", (guchar) *path);
    else
      g_string_append_c (escaped, *path);

  return g_string_free (escaped, FALSE);
}

static void
test_escape_random (void)
{
  static const char alphabet[] = "\\:\n 0123457/a\xff";

  for (int round = 0; round < 4000; round++)
    {
      g_autoptr (GString) path = g_string_new ("/");
      g_autofree char *escaped = NULL;
      g_autofree char *text = NULL;
      int length = g_test_rand_int_range (0, 12);

      for (int i = 0; i < length; i++)
        g_string_append_c (path, alphabet[g_test_rand_int_range (0, strlen (alphabet))]);
      escaped = escape_path (path->str);
      text = g_strdup_printf ("arcology: failed %s: why", escaped);
      assert_failed (text, path->str, "why");
      g_free (text);
      text = g_strdup_printf ("arcology: gone %s", escaped);
      assert_gone (text, path->str);
      g_free (text);
      text = g_strdup_printf ("arcology: problem %s: why", escaped);
      assert_problem (text, path->str, 0, NULL, "why");
      g_free (text);
      text = g_strdup_printf ("arcology: problem %s:%d:%s: why", escaped, round, escaped);
      assert_problem (text, path->str, (guint) round, path->str, "why");
    }
}

/* Every line that is shorter than a good one is plain, or a good one itself. */
static void
test_cut (void)
{
  static const char good[] = "arcology: progress 12 345";
  static const char failed[] = "arcology: failed /a: b";

  for (gsize length = 0; length < strlen (good); length++)
    {
      g_auto (ArcLine) line;

      parse_bytes (good, length, &line);
      g_assert_cmpint (line.kind, ==,
                       length > strlen ("arcology: progress 12 3") ? ARC_LINE_PROGRESS
                                                                   : ARC_LINE_PLAIN);
    }

  for (gsize length = 0; length < strlen (failed); length++)
    {
      g_auto (ArcLine) line;

      parse_bytes (failed, length, &line);
      g_assert_cmpint (line.kind, ==,
                       length >= strlen ("arcology: failed /a: ") ? ARC_LINE_FAILED
                                                                  : ARC_LINE_PLAIN);
    }
}

/* A line of KIND, and in SHOWN what of it goes to the log; NULL after the last kind. There is no
 * default: the compiler refuses a kind that is missing here. */
static const char *
get_sample (ArcLineKind kind, const char **shown)
{
  *shown = NULL;

  switch (kind)
    {
    case ARC_LINE_PLAIN:
      return *shown = "arcology: Loading a.el...";
    case ARC_LINE_PROGRESS:
      return "arcology: progress 1 3";
    case ARC_LINE_FAILED:
      *shown = "/a\\072b.org: gpg: locked";
      return "arcology: failed /a\\072b.org: gpg: locked";
    case ARC_LINE_GONE:
      return "arcology: gone /a.org";
    case ARC_LINE_INPUT:
      return "arcology: input /a.elc";
    case ARC_LINE_PROBLEM:
      return "arcology: problem /a.org:3:/b.org: duplicate ID x";
    case ARC_LINE_ERROR:
      *shown = "error: no space left";
      return "arcology: error: no space left";
    case ARC_LINE_PHASE:
      *shown = "preparing Emacs";
      return "arcology: phase preparing Emacs";
    }

  return NULL;
}

/* No line of the protocol is in the log as it is. */
static void
test_log_text (void)
{
  const char *shown;
  const char *text;
  guint n = 0;

  for (ArcLineKind kind = ARC_LINE_PLAIN; (text = get_sample (kind, &shown)) != NULL; kind++)
    {
      g_auto (ArcLine) line;
      const char *logged;

      g_test_message ("log: %s", text);
      arc_line_parse (text, strlen (text), &line);
      g_assert_cmpint (line.kind, ==, kind);
      logged = arc_line_get_log_text (&line, text);
      g_assert_cmpstr (logged, ==, shown);
      g_assert_true (logged == NULL || g_str_has_suffix (text, logged));
      n++;
    }

  g_assert_cmpuint (n, ==, ARC_LINE_PHASE + 1);
}

/* It can be cleared twice. */
static void
test_clear (void)
{
  ArcLine line;

  parse_bytes (BYTES ("arcology: failed /a: why"), &line);
  arc_line_clear (&line);
  g_assert_null (line.path);
  g_assert_null (line.why);
  arc_line_clear (&line);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/progress/progress", test_progress);
  g_test_add_func ("/progress/progress-wrong", test_progress_wrong);
  g_test_add_func ("/progress/other-lines", test_other_lines);
  g_test_add_func ("/progress/failed", test_failed);
  g_test_add_func ("/progress/failed-escaped", test_failed_escaped);
  g_test_add_func ("/progress/failed-wrong", test_failed_wrong);
  g_test_add_func ("/progress/gone", test_gone);
  g_test_add_func ("/progress/input", test_input);
  g_test_add_func ("/progress/gone-wrong", test_gone_wrong);
  g_test_add_func ("/progress/problem", test_problem);
  g_test_add_func ("/progress/problem-wrong", test_problem_wrong);
  g_test_add_func ("/progress/texts", test_texts);
  g_test_add_func ("/progress/nul", test_nul);
  g_test_add_func ("/progress/escape-random", test_escape_random);
  g_test_add_func ("/progress/cut", test_cut);
  g_test_add_func ("/progress/log-text", test_log_text);
  g_test_add_func ("/progress/clear", test_clear);

  return g_test_run ();
}
