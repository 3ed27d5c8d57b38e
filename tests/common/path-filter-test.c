/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/path-filter.h"

#include <fnmatch.h>
#include <locale.h>
#include <string.h>

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static ArcPathFilter *
default_filter (void)
{
  return arc_path_filter_new (arc_path_filter_default_include, arc_path_filter_default_exclude);
}

static void
assert_file (const ArcPathFilter *filter, const char *path, gboolean matters, const char *rule)
{
  const char *got = "untouched";
  g_autofree char *shown = g_strescape (path, NULL);

  g_test_message ("file %s", shown);
  g_assert_cmpint (arc_path_filter_match_file (filter, path, &got), ==, matters);
  g_assert_cmpstr (got, ==, rule);
  g_assert_cmpint (arc_path_filter_match_file (filter, path, NULL), ==, matters);
}

static void
assert_directory (const ArcPathFilter *filter, const char *path, gboolean matters, const char *rule)
{
  const char *got = "untouched";

  g_test_message ("directory %s", path);
  g_assert_cmpint (arc_path_filter_match_directory (filter, path, &got), ==, matters);
  g_assert_cmpstr (got, ==, rule);
  g_assert_cmpint (arc_path_filter_match_directory (filter, path, NULL), ==, matters);
}

static void
assert_explain (const ArcPathFilter *filter, const char *path, gboolean matters, const char *rule)
{
  const char *got = "untouched";

  g_test_message ("explain %s", path);
  g_assert_cmpint (arc_path_filter_explain (filter, path, &got), ==, matters);
  g_assert_cmpstr (got, ==, rule);
  g_assert_cmpint (arc_path_filter_explain (filter, path, NULL), ==, matters);
}

/* The name test of the script that this program replaces accepted the first three and refused the
 * last. */
static void
test_script_faults (void)
{
  g_autoptr (ArcPathFilter) filter = default_filter ();

  assert_file (filter, "note.org.~1~", FALSE, NULL);
  assert_file (filter, ".note.org.swp", FALSE, NULL);
  assert_file (filter, "note.org.bak", FALSE, NULL);
  assert_file (filter, "note.tmp.org", TRUE, "*.org");
}

static void
test_defaults (void)
{
  g_autoptr (ArcPathFilter) filter = default_filter ();

  assert_file (filter, "note.org", TRUE, "*.org");
  assert_file (filter, "deep/down/note.org", TRUE, "*.org");
  assert_file (filter, "two words.org", TRUE, "*.org");
  assert_file (filter, "note.sync.org", TRUE, "*.org");
  assert_file (filter, "note#1.org", TRUE, "*.org");
  assert_file (filter, "a~b.org", TRUE, "*.org");

  /* Emacs: autosave, lock, backup. */
  assert_file (filter, "#note.org#", FALSE, NULL);
  assert_file (filter, "#note.org", FALSE, "#*");
  assert_file (filter, ".#note.org", FALSE, ".*");
  assert_file (filter, "deep/.#note.org", FALSE, ".*");
  assert_file (filter, "deep/down/.#note.org", FALSE, ".*");
  assert_file (filter, "note.org~", FALSE, NULL);
  /* Syncthing: the copy of a conflict, the file under way. */
  assert_file (filter, "note.sync-conflict-20240101-120000-ABCDEFG.org", FALSE,
               "*.sync-conflict-*");
  assert_file (filter, ".syncthing.note.org.tmp", FALSE, NULL);
  assert_file (filter, "~syncthing~note.org.tmp", FALSE, NULL);
  /* vim, rsync, sed -i. */
  assert_file (filter, "4913", FALSE, NULL);
  assert_file (filter, ".note.org.x8sKzQ", FALSE, NULL);
  assert_file (filter, "sedA1b2C3", FALSE, NULL);

  assert_file (filter, ".org", FALSE, ".*");
  assert_file (filter, "org", FALSE, NULL);
  assert_file (filter, "noteorg", FALSE, NULL);
  assert_file (filter, "note.orgx", FALSE, NULL);
  assert_file (filter, "note.org/README", FALSE, NULL);

  assert_directory (filter, "main", TRUE, NULL);
  assert_directory (filter, "main/note.org", TRUE, NULL);
  assert_directory (filter, ".git", FALSE, ".*");
  assert_directory (filter, "main/.stversions", FALSE, ".*");
  assert_directory (filter, ".git/refs", TRUE, NULL);
}

static void
test_encrypted_when_listed (void)
{
  g_autoptr (ArcPathFilter) defaults = default_filter ();
  g_autoptr (ArcPathFilter) listed = arc_path_filter_new (LIST ("*.org", "*.org.gpg", "*.org.age"),
                                                          arc_path_filter_default_exclude);

  assert_file (defaults, "note.org.gpg", FALSE, NULL);
  assert_file (defaults, "note.org.age", FALSE, NULL);
  assert_file (listed, "note.org.gpg", TRUE, "*.org.gpg");
  assert_file (listed, "note.org.age", TRUE, "*.org.age");
  assert_file (listed, "note.org", TRUE, "*.org");
  assert_file (listed, "note.gpg", FALSE, NULL);
}

/* What other programs call their copies of a file that was changed on both sides, and attachments.
 */
static void
test_default_copies (void)
{
  g_autoptr (ArcPathFilter) filter = default_filter ();

  assert_file (filter, "a (conflicted copy 2026-01-31 101500).org", FALSE, "* (conflicted copy *");
  assert_file (filter, "a.sync-conflict-20260131-101500-ABC.org", FALSE, "*.sync-conflict-*");
  assert_file (filter, "A (Case Conflict).org", FALSE, "*(Case Conflict*");
  assert_file (filter, "A (Case Conflict 1).org", FALSE, "*(Case Conflict*");
  assert_file (filter, "on (conflicted) copies.org", TRUE, "*.org");

  assert_directory (filter, "data", FALSE, "data/");
  assert_directory (filter, "sub/data", FALSE, "data/");
  assert_directory (filter, "mydata", TRUE, NULL);
  assert_file (filter, "data.org", TRUE, "*.org");
  assert_explain (filter, "sub/data/ab/cdef/a.org", FALSE, "data/");
}

static void
test_deep (void)
{
  g_autoptr (ArcPathFilter) any = arc_path_filter_new (LIST ("**/*.org"), LIST ("**/old/"));
  g_autoptr (ArcPathFilter) inner =
      arc_path_filter_new (LIST ("journal/**/*.org", "/a/**/b/**/[cd]?.txt"), LIST ("**/bak/**"));
  g_autoptr (ArcPathFilter) below = arc_path_filter_new (LIST ("notes/**", "/**/top"), LIST (NULL));

  assert_file (any, "a.org", TRUE, "**/*.org");
  assert_file (any, "journal/2026/d.org", TRUE, "**/*.org");
  assert_file (any, "a.txt", FALSE, NULL);
  assert_directory (any, "old", FALSE, "**/old/");
  assert_directory (any, "x/y/old", FALSE, "**/old/");
  assert_directory (any, "x/older", TRUE, NULL);

  assert_file (inner, "journal/d.org", TRUE, "journal/**/*.org");
  assert_file (inner, "journal/2026/d.org", TRUE, "journal/**/*.org");
  assert_file (inner, "journal/2026/01/d.org", TRUE, "journal/**/*.org");
  assert_file (inner, "x/journal/d.org", FALSE, NULL);
  assert_file (inner, "journal.org", FALSE, NULL);
  assert_file (inner, "a/b/c1.txt", TRUE, "/a/**/b/**/[cd]?.txt");
  assert_file (inner, "a/x/b/b/y/z/d1.txt", TRUE, "/a/**/b/**/[cd]?.txt");
  assert_file (inner, "a/x/b/y/e1.txt", FALSE, NULL);
  assert_file (inner, "a/x/c1.txt", FALSE, NULL);
  assert_explain (inner, "journal/bak/d.org", FALSE, "**/bak/**");
  assert_explain (inner, "journal/bak/x/d.org", FALSE, "**/bak/**");
  assert_explain (inner, "journal/bak.org", TRUE, "journal/**/*.org");

  assert_file (below, "notes/a", TRUE, "notes/**");
  assert_file (below, "notes/b/c", TRUE, "notes/**");
  assert_file (below, "notes", FALSE, NULL);
  assert_file (below, "top", TRUE, "/**/top");
  assert_file (below, "x/y/top", TRUE, "/**/top");
  assert_file (below, "x/y/top/z", FALSE, NULL);
}

/* The rule in the plainest way. */
static gboolean
deep_match (const char *const *pattern, const char *const *names)
{
  if (pattern[0] == NULL)
    return names[0] == NULL;
  if (g_str_equal (pattern[0], "**"))
    return (pattern[1] != NULL && deep_match (pattern + 1, names)) ||
           (names[0] != NULL && (pattern[1] == NULL ? TRUE : deep_match (pattern, names + 1)));

  return names[0] != NULL &&
         (g_str_equal (pattern[0], "*") || g_str_equal (pattern[0], names[0])) &&
         deep_match (pattern + 1, names + 1);
}

static void
test_deep_random (void)
{
  static const char *const parts[] = { "a", "b", "*", "**" };

  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (GPtrArray) pattern = g_ptr_array_new ();
      g_autoptr (GPtrArray) names = g_ptr_array_new ();
      g_autoptr (ArcPathFilter) filter = NULL;
      g_autofree char *source = NULL;
      g_autofree char *rooted = NULL;
      g_autofree char *path = NULL;

      for (gint32 n = g_test_rand_int_range (1, 6); n > 0; n--)
        g_ptr_array_add (pattern, (gpointer) parts[g_test_rand_int_range (0, 4)]);
      for (gint32 n = g_test_rand_int_range (1, 8); n > 0; n--)
        g_ptr_array_add (names, (gpointer) parts[g_test_rand_int_range (0, 2)]);
      g_ptr_array_add (pattern, NULL);
      g_ptr_array_add (names, NULL);
      source = g_strjoinv ("/", (GStrv) pattern->pdata);
      rooted = g_strconcat ("/", source, NULL);
      path = g_strjoinv ("/", (GStrv) names->pdata);

      g_test_message ("%s of %s", path, rooted);
      filter = arc_path_filter_new (LIST (rooted), LIST (NULL));
      g_assert_cmpint (arc_path_filter_match_file (filter, path, NULL), ==,
                       deep_match ((const char *const *) pattern->pdata,
                                   (const char *const *) names->pdata));
    }
}

static void
test_check (void)
{
  static const char *const right[] = { "*.org",
                                       ".*",
                                       "#*",
                                       "*~",
                                       "data/",
                                       "/data/",
                                       "a/b.org",
                                       "/inbox.org",
                                       "**/*.org",
                                       "a/**",
                                       "**/bak/",
                                       "a/**/b",
                                       "{a}",
                                       "a,b",
                                       "[{]a,b}",
                                       "\\{a,b\\}",
                                       "\\!x",
                                       "a!",
                                       "...",
                                       ".org",
                                       "~x",
                                       "[!a]x",
                                       "* (conflicted copy *" };
  static const char *const wrong[] = {
    "{a,b}", "*.{org,org.gpg}", "!x",   "!draft.org", "./x", "./*.org", "x//y",  "//x",   "x//",
    "../x",  "a/./b",           "a/..", "/",          "",    "**.org",  "a**/b", "a/**b", "~/org/x",
    "x\\"
  };

  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    {
      g_test_message ("%s", right[i]);
      g_assert_cmpstr (arc_path_filter_check (right[i], FALSE), ==, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_test_message ("%s", wrong[i]);
      g_assert_nonnull (arc_path_filter_check (wrong[i], FALSE));
      g_assert_nonnull (arc_path_filter_check (wrong[i], TRUE));
    }
  g_assert_nonnull (arc_path_filter_check ("notes/", TRUE));
  for (guint i = 0; arc_path_filter_default_exclude[i] != NULL; i++)
    g_assert_cmpstr (arc_path_filter_check (arc_path_filter_default_exclude[i], FALSE), ==, NULL);
}

static void
test_case (void)
{
  g_autoptr (ArcPathFilter) filter = default_filter ();
  g_autoptr (ArcPathFilter) glob = arc_path_filter_new (LIST ("[a-c]?.org"), LIST (NULL));

  assert_file (filter, "NOTE.ORG", FALSE, NULL);
  assert_file (filter, "note.Org", FALSE, NULL);
  assert_file (filter, "NOTE.org", TRUE, "*.org");
  assert_file (glob, "B1.org", FALSE, NULL);
  assert_file (glob, "b1.org", TRUE, "[a-c]?.org");
}

/* The same answers in every locale, for names that are UTF-8 and names that are not. */
static void
check_bytes (void)
{
  g_autoptr (ArcPathFilter) filter = default_filter ();
  g_autoptr (ArcPathFilter) single = arc_path_filter_new (LIST ("?.org"), LIST (NULL));
  g_autoptr (ArcPathFilter) globs =
      arc_path_filter_new (LIST ("??.org", "x*\xff*.org", "\xc3*y?.org", "[\xe9]zz.org"),
                           LIST ("*!*bad*"));

  assert_file (filter, "\xff.org", TRUE, "*.org");
  assert_file (filter, "caf\xe9.org", TRUE, "*.org");
  assert_file (filter, "\xff.txt", FALSE, NULL);
  assert_file (filter, "\xe9.sync-conflict-\xff.org", FALSE, "*.sync-conflict-*");
  assert_file (filter, "dir\xff/note\xc3.org", TRUE, "*.org");
  assert_file (filter, "caf\xc3\xa9.org", TRUE, "*.org");

  /* Never one, not even where glibc would take them for a character. */
  assert_file (single, "\xc3\xa9.org", FALSE, NULL);
  assert_file (single, "\xff.org", TRUE, "?.org");

  /* Two bytes, whether they are one character of UTF-8 or two wrong ones. */
  assert_file (globs, "\xc3\xa9.org", TRUE, "??.org");
  assert_file (globs, "\xff\xff.org", TRUE, "??.org");
  assert_file (globs, "\xff.org", FALSE, NULL);
  assert_file (globs,
               "x1\xff"
               "2.org",
               TRUE, "x*\xff*.org");
  assert_file (globs, "\xc3\xa9yz.org", TRUE, "\xc3*y?.org");
  assert_file (globs, "\xe9zz.org", TRUE, "[\xe9]zz.org");
  assert_file (globs,
               "x\xff!\xff"
               "bad\xff.org",
               FALSE, "*!*bad*");
}

static void
test_bytes (void)
{
  const char *const locales[] = { "C", "C.UTF-8" };

  for (gsize i = 0; i < G_N_ELEMENTS (locales); i++)
    {
      g_test_message ("locale %s", locales[i]);
      g_assert_nonnull (setlocale (LC_ALL, locales[i]));
      check_bytes ();
      /* It is the caller's again afterwards. */
      g_assert_cmpstr (setlocale (LC_ALL, NULL), ==, locales[i]);
      g_assert_true (uselocale ((locale_t) 0) == LC_GLOBAL_LOCALE);
    }
}

static void
test_slash (void)
{
  g_autoptr (ArcPathFilter) filter =
      arc_path_filter_new (LIST ("*.org"), LIST ("drafts/*.org", "/inbox.org", "work/old.org",
                                                 "*/top.org", "all/*"));

  assert_file (filter, "drafts/a.org", FALSE, "drafts/*.org");
  assert_file (filter, "drafts/deep/a.org", TRUE, "*.org");
  assert_file (filter, "my/drafts/a.org", TRUE, "*.org");
  assert_file (filter, "inbox.org", FALSE, "/inbox.org");
  assert_file (filter, "work/inbox.org", TRUE, "*.org");
  assert_file (filter, "work/old.org", FALSE, "work/old.org");
  assert_file (filter, "work/old.org/a.org", TRUE, "*.org");
  assert_file (filter, "old.org", TRUE, "*.org");
  assert_file (filter, "a/top.org", FALSE, "*/top.org");
  assert_file (filter, "a/b/top.org", TRUE, "*.org");
  assert_file (filter, "top.org", TRUE, "*.org");
  assert_file (filter, "all/a.org", FALSE, "all/*");
  assert_file (filter, "all/deep/a.org", TRUE, "*.org");
}

static void
test_directory_only (void)
{
  g_autoptr (ArcPathFilter) filter =
      arc_path_filter_new (LIST ("*.org", "notes/"),
                           LIST ("archive.org/", "work/old/", "/top/", "t?p/"));

  assert_directory (filter, "archive.org", FALSE, "archive.org/");
  assert_directory (filter, "deep/archive.org", FALSE, "archive.org/");
  assert_file (filter, "archive.org", TRUE, "*.org");
  assert_directory (filter, "work/old", FALSE, "work/old/");
  assert_directory (filter, "my/work/old", TRUE, NULL);
  assert_directory (filter, "old", TRUE, NULL);
  assert_directory (filter, "top", FALSE, "/top/");
  assert_directory (filter, "deep/top", FALSE, "t?p/");
  assert_directory (filter, "deep/toop", TRUE, NULL);
  assert_file (filter, "notes", FALSE, NULL);
}

static void
test_explain (void)
{
  g_autoptr (ArcPathFilter) filter =
      arc_path_filter_new (LIST ("*.org"), LIST (".*", "archive/", "work/old/", "*.bak.org"));

  assert_explain (filter, "note.org", TRUE, "*.org");
  assert_explain (filter, "main/sub/note.org", TRUE, "*.org");
  assert_explain (filter, "main/sub/note.txt", FALSE, NULL);
  assert_explain (filter, "main/sub/note.bak.org", FALSE, "*.bak.org");
  assert_explain (filter, ".git/note.org", FALSE, ".*");
  assert_explain (filter, "main/.git/deep/note.org", FALSE, ".*");
  assert_explain (filter, "main/archive/deep/note.org", FALSE, "archive/");
  assert_explain (filter, "work/old/.git/note.org", FALSE, "work/old/");
  assert_explain (filter, "work/older/note.org", TRUE, "*.org");
  /* A file is not a directory. */
  assert_explain (filter, "main/archive", FALSE, NULL);
}

static void
test_odd_patterns (void)
{
  g_autoptr (ArcPathFilter) empty = arc_path_filter_new (LIST (NULL), LIST (NULL));
  g_autoptr (ArcPathFilter) odd =
      arc_path_filter_new (LIST ("", "/", "//", "[a", "\\*.org", "a\\b", "end\\"), LIST (NULL));
  g_autoptr (ArcPathFilter) all = arc_path_filter_new (LIST ("*"), LIST (NULL));

  assert_file (empty, "note.org", FALSE, NULL);
  assert_directory (empty, "main", TRUE, NULL);
  assert_file (odd, "note.org", FALSE, NULL);
  assert_file (odd, "[a", TRUE, "[a");
  assert_file (odd, "*.org", TRUE, "\\*.org");
  assert_file (odd, "ab", TRUE, "a\\b");
  assert_file (odd, "a\\b", FALSE, NULL);
  assert_file (odd, "end", FALSE, NULL);
  assert_file (all, "a", TRUE, "*");
  assert_file (all, "deep/.a", TRUE, "*");
}

/* The first pattern that matches is the rule. */
static void
test_order (void)
{
  g_autoptr (ArcPathFilter) filter =
      arc_path_filter_new (LIST ("n*", "*.org"), LIST ("*x.org", "*.x*"));

  assert_file (filter, "note.org", TRUE, "n*");
  assert_file (filter, "a.org", TRUE, "*.org");
  assert_file (filter, "a.xx.org", FALSE, "*x.org");
  assert_file (filter, "a.xy.org", FALSE, "*.x*");
}

/* A filter keeps copies, and lives as long as it has a reference. */
static void
test_ownership (void)
{
  g_autofree char *pattern = g_strdup ("*.org");
  ArcPathFilter *filter = arc_path_filter_new (LIST (pattern), LIST (NULL));
  g_autoptr (ArcPathFilter) held = arc_path_filter_ref (filter);

  memset (pattern, 'x', strlen (pattern));
  arc_path_filter_unref (filter);
  assert_file (held, "note.org", TRUE, "*.org");
}

static char *
random_text (const char *alphabet, int longest)
{
  GString *text = g_string_new (NULL);
  int length = g_test_rand_int_range (1, longest + 1);

  for (int i = 0; i < length; i++)
    g_string_append_c (text, alphabet[g_test_rand_int_range (0, (int) strlen (alphabet))]);

  return g_string_free (text, FALSE);
}

/* The short cuts for simple patterns say what fnmatch(3) says. */
static void
test_shortcuts_random (void)
{
  guint n_matches = 0;

  g_assert_nonnull (setlocale (LC_ALL, "C"));

  for (int i = 0; i < 10000; i++)
    {
      g_autofree char *pattern = random_text ("a.*?\xff", 4);
      g_autofree char *name = random_text ("a.\xff", 5);
      g_autoptr (ArcPathFilter) filter = arc_path_filter_new (LIST (pattern), LIST (NULL));
      gboolean expected = fnmatch (pattern, name, 0) == 0;

      if (arc_path_filter_match_file (filter, name, NULL) != expected)
        {
          g_autofree char *shown = g_strescape (pattern, NULL);
          g_autofree char *shown_name = g_strescape (name, NULL);

          g_error ("\"%s\" and \"%s\": expected %d", shown, shown_name, expected);
        }
      n_matches += expected;
    }

  g_assert_cmpuint (n_matches, >, 1000);
}

/* A reconciliation of a large tree; "-m perf" shows how long the names of it take. */
static void
test_many_names (void)
{
  const guint n_files = 100000;
  g_autoptr (ArcPathFilter) filter = default_filter ();
  guint n_matches = 0;

  g_test_timer_start ();
  for (guint i = 0; i < n_files; i++)
    {
      char path[64];

      g_snprintf (path, sizeof path, "main/2024-01-01-note-%05u.%s", i, i % 2 == 0 ? "org" : "txt");
      n_matches += (guint) arc_path_filter_match_file (filter, path, NULL);
    }
  if (g_test_perf ())
    {
      double elapsed = g_test_timer_elapsed () * 1e3;

      g_test_minimized_result (elapsed, "%.1f ms for 100,000 names", elapsed);
    }

  g_assert_cmpuint (n_matches, ==, n_files / 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/filter/script-faults", test_script_faults);
  g_test_add_func ("/filter/defaults", test_defaults);
  g_test_add_func ("/filter/encrypted-when-listed", test_encrypted_when_listed);
  g_test_add_func ("/filter/case", test_case);
  g_test_add_func ("/filter/default-copies", test_default_copies);
  g_test_add_func ("/filter/deep", test_deep);
  g_test_add_func ("/filter/deep/random", test_deep_random);
  g_test_add_func ("/filter/check", test_check);
  g_test_add_func ("/filter/bytes", test_bytes);
  g_test_add_func ("/filter/slash", test_slash);
  g_test_add_func ("/filter/directory-only", test_directory_only);
  g_test_add_func ("/filter/explain", test_explain);
  g_test_add_func ("/filter/odd-patterns", test_odd_patterns);
  g_test_add_func ("/filter/order", test_order);
  g_test_add_func ("/filter/ownership", test_ownership);
  g_test_add_func ("/filter/shortcuts-random", test_shortcuts_random);
  g_test_add_func ("/filter/many-names", test_many_names);

  return g_test_run ();
}
