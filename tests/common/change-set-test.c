/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/change-set.h"

#include "test-changes.h"

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
      parsed = arc_test_parse_changes (bytes);
      g_assert_cmpuint (arc_change_set_get_size (parsed), ==, arc_change_set_get_size (changes));
      arc_change_set_foreach (changes, compare_with, parsed);
      again = arc_change_set_serialise (parsed);
      g_assert_true (g_bytes_equal (bytes, again));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/changes/set", test_set);
  g_test_add_func ("/changes/combinations", test_combinations);
  g_test_add_func ("/changes/order", test_order);
  g_test_add_func ("/changes/serialise", test_serialise);
  g_test_add_func ("/changes/round-trip-random", test_round_trip_random);

  return g_test_run ();
}
