/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/change-set.h"

#include "common/error.h"

#include <string.h>

/* 0 if PATH is not in the set. */
static int
letter_of (const ArcChangeSet *changes, const char *path)
{
  ArcChange change;

  return arc_change_set_lookup (changes, path, &change) ? (int) change : 0;
}

static void
test_set (void)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  g_assert_cmpuint (arc_change_set_get_size (changes), ==, 0);
  g_assert_false (arc_change_set_lookup (changes, "/a", NULL));

  arc_change_set_add (changes, "/a", ARC_CHANGE_ADDED);
  arc_change_set_add (changes, "/b", ARC_CHANGE_MODIFIED);
  arc_change_set_add (changes, "/c", ARC_CHANGE_DELETED);
  g_assert_cmpuint (arc_change_set_get_size (changes), ==, 3);
  g_assert_cmpint (letter_of (changes, "/a"), ==, 'A');
  g_assert_cmpint (letter_of (changes, "/b"), ==, 'M');
  g_assert_cmpint (letter_of (changes, "/c"), ==, 'D');
  g_assert_true (arc_change_set_lookup (changes, "/a", NULL));

  arc_change_set_remove (changes, "/b");
  arc_change_set_remove (changes, "/b");
  g_assert_cmpuint (arc_change_set_get_size (changes), ==, 2);
  g_assert_false (arc_change_set_lookup (changes, "/b", NULL));
}

static const struct
{
  ArcChange earlier;
  ArcChange later;
  ArcChange together;
} combinations[] = {
  { ARC_CHANGE_ADDED, ARC_CHANGE_ADDED, ARC_CHANGE_ADDED },
  { ARC_CHANGE_ADDED, ARC_CHANGE_MODIFIED, ARC_CHANGE_ADDED },
  { ARC_CHANGE_ADDED, ARC_CHANGE_DELETED, ARC_CHANGE_DELETED },
  { ARC_CHANGE_MODIFIED, ARC_CHANGE_ADDED, ARC_CHANGE_ADDED },
  { ARC_CHANGE_MODIFIED, ARC_CHANGE_MODIFIED, ARC_CHANGE_MODIFIED },
  { ARC_CHANGE_MODIFIED, ARC_CHANGE_DELETED, ARC_CHANGE_DELETED },
  { ARC_CHANGE_DELETED, ARC_CHANGE_ADDED, ARC_CHANGE_MODIFIED },
  { ARC_CHANGE_DELETED, ARC_CHANGE_MODIFIED, ARC_CHANGE_MODIFIED },
  { ARC_CHANGE_DELETED, ARC_CHANGE_DELETED, ARC_CHANGE_DELETED },
};

static void
test_combinations (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (combinations); i++)
    {
      g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
      g_autoptr (ArcChangeSet) merged = arc_change_set_new ();
      g_autoptr (ArcChangeSet) later = arc_change_set_new ();

      g_test_message ("%c then %c", combinations[i].earlier, combinations[i].later);

      arc_change_set_add (changes, "/a", combinations[i].earlier);
      arc_change_set_add (changes, "/a", combinations[i].later);
      g_assert_cmpint (letter_of (changes, "/a"), ==, combinations[i].together);
      g_assert_cmpuint (arc_change_set_get_size (changes), ==, 1);

      arc_change_set_add (merged, "/a", combinations[i].earlier);
      arc_change_set_add (merged, "/only-earlier", combinations[i].earlier);
      arc_change_set_add (later, "/a", combinations[i].later);
      arc_change_set_add (later, "/only-later", combinations[i].later);
      arc_change_set_merge (merged, later);
      g_assert_cmpuint (arc_change_set_get_size (merged), ==, 3);
      g_assert_cmpint (letter_of (merged, "/a"), ==, combinations[i].together);
      g_assert_cmpint (letter_of (merged, "/only-earlier"), ==, combinations[i].earlier);
      g_assert_cmpint (letter_of (merged, "/only-later"), ==, combinations[i].later);

      /* LATER is left as it is. */
      g_assert_cmpuint (arc_change_set_get_size (later), ==, 2);
      g_assert_cmpint (letter_of (later, "/a"), ==, combinations[i].later);
    }
}

static void
append_path (const char *path, ArcChange change, gpointer user_data)
{
  g_string_append_printf (user_data, "%c%s ", change, path);
}

/* By bytes, and those are unsigned, whatever the locale says. */
static void
test_order (void)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (GString) seen = g_string_new (NULL);

  arc_change_set_add (changes, "/b", ARC_CHANGE_MODIFIED);
  arc_change_set_add (changes, "/\xff", ARC_CHANGE_ADDED);
  arc_change_set_add (changes, "/a/b", ARC_CHANGE_ADDED);
  arc_change_set_add (changes, "/a-b", ARC_CHANGE_DELETED);
  arc_change_set_add (changes, "/B", ARC_CHANGE_ADDED);
  arc_change_set_add (changes, "/a", ARC_CHANGE_ADDED);
  arc_change_set_foreach (changes, append_path, seen);

  g_assert_cmpstr (seen->str, ==, "A/B A/a D/a-b A/a/b M/b A/\xff ");
}

static void
test_serialise (void)
{
  static const char expected[] = "D\0/a\nb\0A\0/b\0M\0/\xff\xc3 c";
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (GBytes) empty = arc_change_set_serialise (changes);
  g_autoptr (GBytes) bytes = NULL;

  g_assert_cmpuint (g_bytes_get_size (empty), ==, 0);

  arc_change_set_add (changes, "/\xff\xc3 c", ARC_CHANGE_MODIFIED);
  arc_change_set_add (changes, "/b", ARC_CHANGE_ADDED);
  arc_change_set_add (changes, "/a\nb", ARC_CHANGE_DELETED);
  bytes = arc_change_set_serialise (changes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected,
                   sizeof expected);
}

static void
test_parse (void)
{
  static const char text[] = "M\0/z\0D\0/\xff\n\0A\0/a b";
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, sizeof text);
  g_autoptr (GBytes) nothing = g_bytes_new_static (NULL, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcChangeSet) changes = arc_change_set_parse (bytes, &error);
  g_autoptr (ArcChangeSet) empty = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (arc_change_set_get_size (changes), ==, 3);
  g_assert_cmpint (letter_of (changes, "/z"), ==, 'M');
  g_assert_cmpint (letter_of (changes, "/\xff\n"), ==, 'D');
  g_assert_cmpint (letter_of (changes, "/a b"), ==, 'A');

  empty = arc_change_set_parse (nothing, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (arc_change_set_get_size (empty), ==, 0);
}

#define BYTES(text) text, sizeof text - 1

static const struct
{
  const char *text;
  gsize size;
  guint offset;
} wrong[] = {
  { BYTES ("X\0/a\0"), 0 },
  { BYTES ("a\0/a\0"), 0 },
  { BYTES ("\0"), 0 },
  { BYTES ("A"), 1 },
  { BYTES ("A/a\0"), 1 },
  { BYTES ("AM\0/a\0"), 1 },
  { BYTES ("A\0"), 2 },
  { BYTES ("A\0\0"), 2 },
  { BYTES ("A\0a\0"), 2 },
  { BYTES ("A\0./a\0"), 2 },
  { BYTES ("A\0/a"), 4 },
  { BYTES ("A\0/"), 3 },
  { BYTES ("A\0/a\0\0"), 5 },
  { BYTES ("A\0/a\0\n"), 5 },
  { BYTES ("A\0/a\0M"), 6 },
  { BYTES ("A\0/a\0M\0/b"), 9 },
  { BYTES ("A\0/a\0M\0/a\0"), 7 },
  { BYTES ("A\0/a\0M\0/b\0D\0/a\0"), 12 },
};

static void
test_parse_wrong (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      /* A copy of just that size, so that a checker of memory sees a read beyond it. */
      g_autoptr (GBytes) bytes = g_bytes_new (wrong[i].text, wrong[i].size);
      g_autoptr (GError) error = NULL;
      g_autofree char *start =
          g_strdup_printf ("Invalid change list at byte %u: ", wrong[i].offset);

      g_test_message ("list %" G_GSIZE_FORMAT, i);
      g_assert_null (arc_change_set_parse (bytes, &error));
      g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
      if (!g_str_has_prefix (error->message, start))
        g_error ("\"%s\" does not start with \"%s\"", error->message, start);
      g_assert_null (arc_change_set_parse (bytes, NULL));
    }
}

static ArcChange
random_change (void)
{
  static const ArcChange changes[] = { ARC_CHANGE_ADDED, ARC_CHANGE_MODIFIED, ARC_CHANGE_DELETED };

  return changes[g_test_rand_int_range (0, G_N_ELEMENTS (changes))];
}

static void
compare_with (const char *path, ArcChange change, gpointer user_data)
{
  g_assert_cmpint (letter_of (user_data, path), ==, change);
}

static void
test_round_trip_random (void)
{
  for (int round = 0; round < 300; round++)
    {
      g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
      g_autoptr (ArcChangeSet) parsed = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GBytes) again = NULL;
      g_autoptr (GError) error = NULL;
      int n_paths = g_test_rand_int_range (0, 50);

      for (int i = 0; i < n_paths; i++)
        {
          g_autoptr (GString) path = g_string_new ("/");
          int length = g_test_rand_int_range (0, 6);

          /* Any byte but NUL. */
          for (int j = 0; j < length; j++)
            g_string_append_c (path, (char) g_test_rand_int_range (1, 256));
          arc_change_set_add (changes, path->str, random_change ());
        }

      bytes = arc_change_set_serialise (changes);
      parsed = arc_change_set_parse (bytes, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (arc_change_set_get_size (parsed), ==, arc_change_set_get_size (changes));
      arc_change_set_foreach (changes, compare_with, parsed);
      again = arc_change_set_serialise (parsed);
      g_assert_true (g_bytes_equal (bytes, again));
    }
}

/* Whatever the bytes are, the answer is a set that reads back as it is or an error inside them. */
static void
test_parse_random (void)
{
  static const char alphabet[] = { 'A', 'M', 'D', '\0', '\0', '/', '/', 'x' };
  guint n_parsed = 0;

  for (int round = 0; round < 20000; round++)
    {
      char text[16];
      gsize size = (gsize) g_test_rand_int_range (0, sizeof text + 1);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (ArcChangeSet) changes = NULL;
      g_autoptr (GError) error = NULL;

      for (gsize i = 0; i < size; i++)
        text[i] = alphabet[g_test_rand_int_range (0, sizeof alphabet)];
      bytes = g_bytes_new (text, size);
      changes = arc_change_set_parse (bytes, &error);

      if (changes != NULL)
        {
          g_autoptr (GBytes) again = arc_change_set_serialise (changes);

          g_assert_no_error (error);
          g_assert_cmpuint (g_bytes_get_size (again), ==, size);
          n_parsed += size > 0;
        }
      else
        {
          const char *digits = strpbrk (error->message, "0123456789");

          g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
          g_assert_cmpuint (g_ascii_strtoull (digits, NULL, 10), <=, size);
        }
    }

  g_assert_cmpuint (n_parsed, >, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/changes/set", test_set);
  g_test_add_func ("/changes/combinations", test_combinations);
  g_test_add_func ("/changes/order", test_order);
  g_test_add_func ("/changes/serialise", test_serialise);
  g_test_add_func ("/changes/parse", test_parse);
  g_test_add_func ("/changes/parse-wrong", test_parse_wrong);
  g_test_add_func ("/changes/round-trip-random", test_round_trip_random);
  g_test_add_func ("/changes/parse-random", test_parse_random);

  return g_test_run ();
}
