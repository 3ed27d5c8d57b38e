/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-uncommitted.h"

#include "core/arc-error.h"
#include "core/arc-frame.h"

#include <string.h>

static ArcChanges *
new_list (void)
{
  ArcChanges *changes = arc_changes_new ();

  arc_changes_add (changes, "/org/a\xff.org", ARC_CHANGE_ADDED);
  arc_changes_add (changes, "/org/b.org", ARC_CHANGE_DELETED);

  return changes;
}

static void
test_known (void)
{
  static const char expected[] = "ArcUnco\n\1\0\0\0\33\0\0\0\0\0\0\0"
                                 "A\0/org/a\xff.org\0D\0/org/b.org";
  g_autoptr (ArcChanges) changes = new_list ();
  g_autoptr (GBytes) bytes = arc_uncommitted_serialise (changes);

  g_assert_cmpuint (g_bytes_get_size (bytes), ==, sizeof expected + 16);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), sizeof expected, expected, sizeof expected);
}

static void
assert_round_trip (const ArcChanges *changes)
{
  g_autoptr (GBytes) bytes = arc_uncommitted_serialise (changes);
  g_autoptr (GBytes) again = NULL;
  g_autoptr (ArcChanges) parsed = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (arc_uncommitted_parse (bytes, &parsed, &error));
  g_assert_no_error (error);
  g_assert_true ((parsed != NULL) == (changes != NULL));
  again = arc_uncommitted_serialise (parsed);
  g_assert_true (g_bytes_equal (bytes, again));
}

static void
test_round_trip (void)
{
  g_autoptr (ArcChanges) changes = new_list ();
  g_autoptr (ArcChanges) nothing = arc_changes_new ();

  assert_round_trip (changes);
  assert_round_trip (nothing);
  assert_round_trip (NULL);
}

static void
assert_refused (GBytes *bytes)
{
  ArcChanges *changes = (ArcChanges *) bytes;
  g_autoptr (GError) error = NULL;

  g_assert_false (arc_uncommitted_parse (bytes, &changes, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
  g_assert_true (changes == (ArcChanges *) bytes);
}

static void
assert_body_refused (const char *body, gsize size)
{
  GByteArray *frame = arc_frame_begin (ARC_UNCOMMITTED_MAGIC, ARC_UNCOMMITTED_VERSION);
  g_autoptr (GBytes) bytes = NULL;

  g_byte_array_append (frame, (const guint8 *) body, (guint) size);
  bytes = arc_frame_end (frame);
  assert_refused (bytes);
}

static void
test_wrong (void)
{
  g_autoptr (ArcChanges) changes = new_list ();
  g_autoptr (GBytes) list = arc_changes_serialise (changes);

  /* What a build reads is no frame. */
  assert_refused (list);

  assert_body_refused ("A", 1);
  assert_body_refused ("**", 2);
  assert_body_refused ("*\0", 2);
  assert_body_refused ("*\0/org/a.org", 13);
  assert_body_refused ("A\0/org/a.org\0*", 14);
  assert_body_refused ("A\0a.org", 8);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/uncommitted/known", test_known);
  g_test_add_func ("/uncommitted/round-trip", test_round_trip);
  g_test_add_func ("/uncommitted/wrong", test_wrong);

  return g_test_run ();
}
