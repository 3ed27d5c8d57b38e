/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/problem-list.h"

#include "common/error.h"
#include "common/file-frame.h"

#include <string.h>

static ArcProblemList *
make_three (void)
{
  ArcProblemList *problems = arc_problem_list_new ();

  arc_problem_list_add (problems, "/org/b.org", 7, "no title", NULL);
  arc_problem_list_add (problems, "/org/a.org", 12, "duplicate ID x", "/org/\xff.org");
  arc_problem_list_add (problems, "/org/a.org", 3, "a quote is missing", "");
  arc_problem_list_sort (problems);

  return problems;
}

static void
test_order (void)
{
  g_autoptr (ArcProblemList) problems = make_three ();
  g_autofree char *second = NULL;

  g_assert_cmpuint (problems->count, ==, 3);
  g_assert_cmpuint (problems->kept->len, ==, 3);
  g_assert_cmpuint (((const ArcProblem *) problems->kept->pdata[0])->line, ==, 3);
  g_assert_cmpstr (((const ArcProblem *) problems->kept->pdata[0])->other, ==, "");
  second = arc_problem_to_string (problems->kept->pdata[1]);
  g_assert_cmpstr (second, ==, "/org/a.org:12: duplicate ID x");
  g_assert_cmpstr (((const ArcProblem *) problems->kept->pdata[1])->other, ==, "/org/\xff.org");
  g_assert_cmpstr (((const ArcProblem *) problems->kept->pdata[2])->path, ==, "/org/b.org");
}

static void
test_equal (void)
{
  g_autoptr (ArcProblemList) a = make_three ();
  g_autoptr (ArcProblemList) b = make_three ();
  g_autoptr (ArcProblemList) empty = arc_problem_list_new ();

  g_assert_true (arc_problem_list_equal (a, b));
  g_assert_true (arc_problem_list_equal (empty, empty));
  g_assert_false (arc_problem_list_equal (a, empty));
  g_assert_false (arc_problem_list_equal (empty, a));
  arc_problem_list_add (b, "/org/z.org", 0, "why", NULL);
  g_assert_false (arc_problem_list_equal (a, b));
}

static void
test_count_new (void)
{
  g_autoptr (ArcProblemList) before = make_three ();
  g_autoptr (ArcProblemList) empty = arc_problem_list_new ();
  g_autoptr (ArcProblemList) now = arc_problem_list_new ();
  const ArcProblem *first;

  g_assert_cmpuint (arc_problem_list_count_new (before, before, &first), ==, 0);
  g_assert_null (first);
  g_assert_cmpuint (arc_problem_list_count_new (empty, before, &first), ==, 0);
  g_assert_cmpuint (arc_problem_list_count_new (before, empty, &first), ==, 3);
  g_assert_true (first == before->kept->pdata[0]);

  /* It moved, it has another text, it has another other. */
  arc_problem_list_add (now, "/org/b.org", 70, "no title", NULL);
  arc_problem_list_sort (now);
  g_assert_cmpuint (arc_problem_list_count_new (now, before, &first), ==, 0);
  arc_problem_list_add (now, "/org/b.org", 71, "other", NULL);
  arc_problem_list_add (now, "/org/a.org", 12, "duplicate ID x", "/org/c.org");
  arc_problem_list_sort (now);
  g_assert_cmpuint (arc_problem_list_count_new (now, before, &first), ==, 2);
  g_assert_cmpstr (first->other, ==, "/org/c.org");
}

static void
assert_round_trip (ArcProblemList *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = arc_problem_list_serialise (problems);
  g_autoptr (ArcProblemList) again = arc_problem_list_parse (bytes, &error);

  g_assert_no_error (error);
  g_assert_true (arc_problem_list_equal (problems, again));
}

static void
test_round_trip (void)
{
  g_autoptr (ArcProblemList) empty = arc_problem_list_new ();
  g_autoptr (ArcProblemList) three = make_three ();

  assert_round_trip (empty);
  assert_round_trip (three);
}

/* The count stays right when there are more than are kept, also after a restart. */
static void
test_bounds (void)
{
  g_autoptr (ArcProblemList) many = arc_problem_list_new ();
  g_autoptr (ArcProblemList) large = arc_problem_list_new ();
  g_autofree char *text = g_strnfill (4096, 'x');
  guint n_bytes = 0;

  for (guint i = 0; i < ARC_PROBLEM_LIST_MAX + 5; i++)
    {
      g_autofree char *path = g_strdup_printf ("/org/%05u.org", i);

      arc_problem_list_add (many, path, i, "no title", NULL);
      arc_problem_list_add (large, path, i, text, path);
    }
  arc_problem_list_sort (many);
  arc_problem_list_sort (large);

  g_assert_cmpuint (many->count, ==, ARC_PROBLEM_LIST_MAX + 5);
  g_assert_cmpuint (many->kept->len, ==, ARC_PROBLEM_LIST_MAX);
  assert_round_trip (many);

  g_assert_cmpuint (large->count, ==, ARC_PROBLEM_LIST_MAX + 5);
  for (guint i = 0; i < large->kept->len; i++)
    {
      const ArcProblem *problem = large->kept->pdata[i];

      n_bytes += strlen (problem->path) + strlen (problem->what) + strlen (problem->other);
    }
  g_assert_cmpuint (n_bytes, <=, ARC_PROBLEM_LIST_MAX_SIZE);
  g_assert_cmpuint (n_bytes, >, ARC_PROBLEM_LIST_MAX_SIZE - 5000);
  assert_round_trip (large);
}

static void
assert_wrong (const char *body, gsize size)
{
  GByteArray *frame = arc_file_frame_begin (ARC_PROBLEM_LIST_MAGIC, ARC_PROBLEM_LIST_VERSION);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_byte_array_append (frame, (const guint8 *) body, (guint) size);
  bytes = arc_file_frame_end (frame);
  g_assert_null (arc_problem_list_parse (bytes, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
}

static void
test_wrong (void)
{
#define WRONG(body) assert_wrong (body, sizeof body - 1)
  WRONG ("");
  WRONG ("1");
  WRONG ("x\0");
  WRONG ("-1\0");
  WRONG ("4294967296\0");
  WRONG ("0\0/a\0001\0why\0\0");
  WRONG ("1\0a\0001\0why\0\0");
  WRONG ("1\0/a\0x\0why\0\0");
  WRONG ("1\0/a\0001\0\xff\0\0");
  WRONG ("1\0/a\0001\0why\0b\0");
  WRONG ("1\0/a\0001\0why\0");
  WRONG ("1\0/a\0001\0why");
  WRONG ("1\0/a\0");
  WRONG ("1\0/a\0001\0why\0\0x");
#undef WRONG
}

/* Every damage of a file is noticed, since it has a checksum. */
static void
test_damaged (void)
{
  g_autoptr (ArcProblemList) problems = make_three ();
  g_autoptr (GBytes) bytes = arc_problem_list_serialise (problems);
  const gsize size = g_bytes_get_size (bytes);

  for (gsize i = 0; i < size; i++)
    {
      guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
      g_autoptr (GBytes) damaged = NULL;
      g_autoptr (GError) error = NULL;

      data[i] ^= 0x20;
      damaged = g_bytes_new_take (data, size);
      g_assert_null (arc_problem_list_parse (damaged, &error));
      g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/problems/order", test_order);
  g_test_add_func ("/problems/equal", test_equal);
  g_test_add_func ("/problems/count-new", test_count_new);
  g_test_add_func ("/problems/round-trip", test_round_trip);
  g_test_add_func ("/problems/bounds", test_bounds);
  g_test_add_func ("/problems/wrong", test_wrong);
  g_test_add_func ("/problems/damaged", test_damaged);

  return g_test_run ();
}
