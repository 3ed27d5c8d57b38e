/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/table.h"

static void
test_measure (void)
{
  g_assert_cmpuint (arc_table_measure (""), ==, 0);
  g_assert_cmpuint (arc_table_measure ("Größe"), ==, 5);
  g_assert_cmpuint (arc_table_measure ("gro\u0308ß"), ==, 4);
  g_assert_cmpuint (arc_table_measure ("構建 3"), ==, 6);
  g_assert_cmpuint (arc_table_measure ("ビルド：「a」"), ==, 13);
}

static void
assert_pad (const char *text, guint width, gboolean right, const char *expected)
{
  g_autofree char *padded = arc_table_pad (text, width, right);

  g_assert_cmpstr (padded, ==, expected);
}

static void
test_pad (void)
{
  assert_pad ("abc", 5, FALSE, "abc  ");
  assert_pad ("abc", 5, TRUE, "  abc");
  assert_pad ("状態", 5, FALSE, "状態 ");
  assert_pad ("状態", 5, TRUE, " 状態");
  assert_pad ("状態", 3, FALSE, "状態");
  assert_pad ("", 2, FALSE, "  ");
}

static void
assert_wrap (const char *text, guint indent, guint width, const char *expected)
{
  g_autofree char *wrapped = arc_table_wrap (text, indent, width);

  g_assert_cmpstr (wrapped, ==, expected);
}

static void
test_wrap (void)
{
  assert_wrap ("", 0, 10, "");
  assert_wrap ("one two three", 0, 7, "one two\nthree");
  assert_wrap ("one two three", 2, 9, "one two\n  three");
  assert_wrap ("one two three", 2, G_MAXUINT, "one two three");
  assert_wrap ("a /quite/a/long/path b", 0, 8, "a\n/quite/a/long/path\nb");
  assert_wrap ("starts in 12 min 30 s", 0, 12, "starts in\n12 min 30 s");
  assert_wrap ("GNU/Linux 12 (bookworm)", 0, 12, "GNU/Linux 12\n(bookworm)");
}

/* People copy them. */
static void
test_wrap_commands (void)
{
  assert_wrap ("then: systemctl --user start x", 2, 27, "then:\n  systemctl --user start x");
  assert_wrap ("then: systemctl --user start x", 2, 25, "then: systemctl --user\n  start x");
  assert_wrap ("Run “arcologyctl log 5” now", 0, 19, "Run\n“arcologyctl log 5”\nnow");
  assert_wrap ("avec «\u00a0arcologyctl log 5\u00a0»", 0, 21,
               "avec\n«\u00a0arcologyctl log 5\u00a0»");
  assert_wrap ("「arcologyctl log 5」を実行", 0, 22, "「arcologyctl log 5」\nを実行");
  assert_wrap ("arcologyctl 1, GLib 2", 0, 16, "arcologyctl 1,\nGLib 2");
}

static void
test_wrap_wide (void)
{
  /* Between any two characters, where no blank is; no half of one is beyond the width. */
  assert_wrap ("数据库包含所有内容", 0, 8, "数据库包\n含所有内\n容");
  assert_wrap ("数据库包含所有内容", 2, 9, "数据库\n  包含所\n  有内容");
  assert_wrap ("構建 arcologyctl 中", 0, 8, "構建\narcologyctl\n中");

  /* The unit stays with its number. */
  assert_wrap ("以後 12 秒前", 0, 9, "以後\n12 秒前");
  assert_wrap ("後は 12 秒", 0, 8, "後は\n12 秒");

  /* What closes, or goes on, never starts a line. */
  assert_wrap ("監視中、変更", 0, 6, "監視\n中、変\n更");
  assert_wrap ("/a/path：可写入", 0, 8, "/a/path：\n可写入");
  assert_wrap ("ディスク", 0, 2, "ディ\nス\nク");
  assert_wrap ("ツリー", 0, 4, "ツ\nリー");
  assert_wrap ("終了！", 0, 4, "終\n了！");
  assert_wrap ("最新，构建", 0, 4, "最\n新，\n构建");
  assert_wrap ("運行“ab”後", 0, 9, "運行“ab”\n後");
  assert_wrap ("運行“ab”", 0, 7, "運行\n“ab”");
  assert_wrap ("運中”字", 0, 4, "運\n中”\n字");
  assert_wrap ("動作 (版)", 0, 8, "動作\n(版)");
  assert_wrap ("ノート.org", 0, 6, "ノー\nト.org");

  /* What opens never ends one. */
  assert_wrap ("運行“中”", 0, 5, "運行\n“中”");
  assert_wrap ("実行「再開」", 0, 6, "実行\n「再\n開」");
  assert_wrap ("動作 (版 1)", 0, 6, "動作\n(版 1)");
  assert_wrap ("失败（一）", 0, 6, "失败\n（一）");
}

static void
assert_escape (const char *path, const char *expected)
{
  g_autofree char *escaped = arc_table_escape (path);

  g_assert_cmpstr (escaped, ==, expected);
}

static void
test_escape (void)
{
  assert_escape ("/日本語/ノート.org", "/日本語/ノート.org");
  assert_escape ("a\\b\n\xff", "a\\134b\\012\\377");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/ctl/print/measure", test_measure);
  g_test_add_func ("/ctl/print/pad", test_pad);
  g_test_add_func ("/ctl/print/wrap", test_wrap);
  g_test_add_func ("/ctl/print/wrap-commands", test_wrap_commands);
  g_test_add_func ("/ctl/print/wrap-wide", test_wrap_wide);
  g_test_add_func ("/ctl/print/escape", test_escape);

  return g_test_run ();
}
