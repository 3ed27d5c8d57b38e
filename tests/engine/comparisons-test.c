/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/comparisons.h"

static void
test_parts (void)
{
  ArcComparisons comparisons = { 0 };

  g_assert_cmpuint (arc_comparisons_get_ended (&comparisons), ==, 0);
  g_assert_false (arc_comparisons_is_due (&comparisons));
  g_assert_cmpuint (arc_comparisons_ask (&comparisons), ==, 1);
  g_assert_true (arc_comparisons_is_due (&comparisons));

  arc_comparisons_begin (&comparisons);
  g_assert_false (arc_comparisons_is_due (&comparisons));
  g_assert_true (arc_comparisons_is_under_way (&comparisons));
  g_assert_false (arc_comparisons_end_part (&comparisons, ARC_COMPARISON_INPUTS));
  g_assert_false (arc_comparisons_end_part (&comparisons, ARC_COMPARISON_INPUTS));
  g_assert_cmpuint (arc_comparisons_get_ended (&comparisons), ==, 0);
  g_assert_true (arc_comparisons_end_part (&comparisons, ARC_COMPARISON_TREE));
  g_assert_false (arc_comparisons_is_under_way (&comparisons));
  g_assert_cmpuint (arc_comparisons_get_ended (&comparisons), ==, 1);
  g_assert_false (arc_comparisons_end_part (&comparisons, ARC_COMPARISON_TREE));

  /* A survey is one more part. */
  comparisons.missing = ARC_COMPARISON_SURVEY;
  g_assert_false (arc_comparisons_end_part (&comparisons, ARC_COMPARISON_TREE));
  g_assert_true (arc_comparisons_end_part (&comparisons, ARC_COMPARISON_SURVEY));
}

static void
test_shared (void)
{
  ArcComparisons comparisons = { 0 };

  arc_comparisons_begin (&comparisons);
  comparisons.found = 3;
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (arc_comparisons_ask (&comparisons), ==, 2);
  g_assert_false (arc_comparisons_is_due (&comparisons));

  /* Begun anew, it is still the same, and the next one is still asked for. */
  arc_comparisons_end_part (&comparisons, ARC_COMPARISON_INPUTS);
  arc_comparisons_begin (&comparisons);
  g_assert_cmpuint (comparisons.number, ==, 1);
  g_assert_cmpuint (comparisons.found, ==, 3);
  g_assert_false (arc_comparisons_end_part (&comparisons, ARC_COMPARISON_TREE));
  g_assert_true (arc_comparisons_end_part (&comparisons, ARC_COMPARISON_INPUTS));

  g_assert_true (arc_comparisons_is_due (&comparisons));
  arc_comparisons_begin (&comparisons);
  g_assert_cmpuint (comparisons.number, ==, 2);
  g_assert_cmpuint (comparisons.found, ==, 0);
  g_assert_cmpuint (arc_comparisons_get_ended (&comparisons), ==, 1);
  g_assert_cmpuint (arc_comparisons_ask (&comparisons), ==, 3);
}

/* What is asked for is always the comparison that begins next. */
static void
test_random (void)
{
  for (guint run = 0; run < 1000; run++)
    {
      ArcComparisons comparisons = { 0 };
      guint64 begun = 0, asked = 0;

      for (guint i = 0; i < 100; i++)
        {
          const guint64 ended = arc_comparisons_get_ended (&comparisons);

          switch (g_test_rand_int_range (0, 3))
            {
            case 0:
              asked = arc_comparisons_ask (&comparisons);
              g_assert_cmpuint (asked, ==, begun + 1);
              break;

            case 1:
              g_assert_cmpint (arc_comparisons_end_part (&comparisons, g_test_rand_bit ()
                                                                           ? ARC_COMPARISON_TREE
                                                                           : ARC_COMPARISON_INPUTS),
                               ==, arc_comparisons_get_ended (&comparisons) == ended + 1);
              break;

            case 2:
              if (!arc_comparisons_is_due (&comparisons))
                break;
              arc_comparisons_begin (&comparisons);
              begun++;
              break;
            }

          g_assert_cmpuint (comparisons.number, ==, begun);
          g_assert_cmpuint (arc_comparisons_get_ended (&comparisons), >=, ended);
          g_assert_cmpint (comparisons.asked, ==, asked > begun);
        }
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/comparisons/parts", test_parts);
  g_test_add_func ("/comparisons/shared", test_shared);
  g_test_add_func ("/comparisons/random", test_random);

  return g_test_run ();
}
