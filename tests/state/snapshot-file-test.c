/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/snapshot-file.h"

#include "common/error.h"
#include "common/file-frame.h"
#include "test-changes.h"

#include <string.h>

static const ArcFingerprint base = { .inode = 7, .size = 100, .mtime_ns = 5000, .ctime_ns = 6000 };

static ArcSnapshot *
parse (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  ArcSnapshot *snapshot = arc_snapshot_parse (bytes, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (snapshot);

  return snapshot;
}

static void
assert_same (const ArcSnapshot *a, const ArcSnapshot *b)
{
  g_autoptr (ArcChangeSet) difference = arc_test_compare_snapshots (a, b);

  arc_test_assert_changes (difference, "");
  g_assert_cmpuint (arc_snapshot_get_n_files (a), ==, arc_snapshot_get_n_files (b));
}

/* BODY, of SIZE bytes, in a sound frame of VERSION. */
static GBytes *
frame_version (guint32 version, const char *body, gsize size)
{
  GByteArray *array = arc_file_frame_begin (ARC_SNAPSHOT_MAGIC, version);

  g_byte_array_append (array, (const guint8 *) body, (guint) size);

  return arc_file_frame_end (array);
}

static GBytes *
frame (const char *body, gsize size)
{
  return frame_version (ARC_SNAPSHOT_VERSION, body, size);
}

/* One snapshot byte by byte: files outlive programs. */
static void
test_known (void)
{
  static const char body[] = "\2id"
                             "/\0\1a\0\x0e\x64\x90\x4e\xd0\x0f"
                             "/org\0\2b\0c\xff\0\0\x64\0\xd0\x0f\x0d\0\x8f\x4e\1";
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (GBytes) identity = g_bytes_new_static ("id", 2);
  g_autoptr (GBytes) expected = frame (body, sizeof body - 1);
  g_autoptr (GBytes) bytes = NULL;

  arc_snapshot_set_file (snapshot, "/org", "b", &base, NULL);
  arc_snapshot_set_file (snapshot, "/", "a", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "c\xff",
                         &(ArcFingerprint){ .mtime_ns = 0, .ctime_ns = -1 }, NULL);

  bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, identity));
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
}

/* The same with directories that are mounted: without files, with some, and with the last. */
static void
test_known_mounted (void)
{
  static const char body[] = "\0"
                             "/a\0\0"
                             "/org\0\0"
                             "/org\0\1b\0\x0e\x64\x90\x4e\xd0\x0f"
                             "/z\0\0";
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (GBytes) expected = frame_version (ARC_SNAPSHOT_VERSION_MOUNTS, body, sizeof body - 1);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (ArcSnapshot) again = NULL;

  arc_snapshot_set_file (snapshot, "/org", "b", &base, NULL);
  arc_snapshot_set_mounted (snapshot, "/z", TRUE);
  arc_snapshot_set_mounted (snapshot, "/org", TRUE);
  arc_snapshot_set_mounted (snapshot, "/a", TRUE);
  arc_snapshot_set_mounted (snapshot, "/b", TRUE);
  arc_snapshot_set_mounted (snapshot, "/b", FALSE);

  bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, NULL));
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));

  again = parse (bytes);
  assert_same (snapshot, again);
  g_assert_true (arc_snapshot_is_mounted (again, "/a"));
  g_assert_true (arc_snapshot_is_mounted (again, "/org"));
  g_assert_true (arc_snapshot_is_mounted (again, "/z"));
  g_assert_false (arc_snapshot_is_mounted (again, "/b"));
}

static void
test_empty (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (GBytes) bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, NULL));
  g_autoptr (GBytes) identity = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcSnapshot) again = arc_snapshot_parse (bytes, &identity, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (arc_snapshot_get_n_files (again), ==, 0);
  g_assert_cmpuint (g_bytes_get_size (identity), ==, 0);
}

static void
test_identity (void)
{
  static const gsize sizes[] = { 0, 1, 127, 128, 100000 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
      g_autoptr (GBytes) identity = g_bytes_new_take (g_malloc0 (sizes[i]), sizes[i]);
      g_autoptr (GBytes) bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, identity));
      g_autoptr (GBytes) found = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (ArcSnapshot) again = NULL;

      /* It outlives the file. */
      again = arc_snapshot_parse (bytes, &found, &error);
      g_clear_pointer (&bytes, g_bytes_unref);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (found, identity));
    }
}

static void
test_extremes (void)
{
  static const ArcFingerprint prints[] = {
    { 0, 0, 0, 0 },
    { G_MAXUINT64, G_MAXUINT64, G_MAXINT64, G_MININT64 },
    { 0, 1, G_MININT64, G_MAXINT64 },
    { G_MAXUINT64 / 2 + 1, 127, G_MININT64, G_MININT64 },
    { 1, 128, -1, 0 },
    { 2, 16383, G_MAXINT64, G_MAXINT64 },
    { G_MAXUINT64, 16384, 0, -1 },
  };
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (ArcSnapshot) again = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (prints); i++)
    {
      const char name[] = { (char) ('a' + i), '\0' };

      arc_snapshot_set_file (snapshot, "/", name, &prints[i], NULL);
    }

  bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, NULL));
  again = parse (bytes);
  assert_same (snapshot, again);
  g_assert_cmpuint (arc_snapshot_get_n_files (again), ==, G_N_ELEMENTS (prints));
}

/* What was pending comes back as a change, and nothing else; the living snapshot does not notice.
 */
static void
test_dirty (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcSnapshot) before = NULL;
  g_autoptr (ArcSnapshot) again = NULL;
  g_autoptr (ArcChangeSet) dirty = arc_change_set_new ();
  g_autoptr (ArcChangeSet) found = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) without = NULL;
  g_autoptr (GBytes) with_nothing = NULL;

  arc_snapshot_set_file (snapshot, "/org", "clean.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "pending.org", &base, NULL);
  without = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, NULL));
  before = parse (without);
  with_nothing = arc_file_frame_end (arc_snapshot_frame (snapshot, dirty, NULL));
  g_assert_true (g_bytes_equal (without, with_nothing));

  arc_change_set_add (dirty, "/org/pending.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (dirty, "/org/gone.org", ARC_CHANGE_DELETED);
  arc_change_set_add (dirty, "/gone/gone.org", ARC_CHANGE_DELETED);
  bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, dirty, NULL));
  assert_same (snapshot, before);

  again = parse (bytes);
  found = arc_test_compare_snapshots (again, snapshot);
  arc_test_assert_changes (found, "D/gone/gone.org D/org/gone.org M/org/pending.org ");
}

/* A build can read it as it reads any change list; and it is the same each time. */
static void
test_list (void)
{
  static const char expected[] =
      "A\0/z.org\0A\0/a/c.org\0A\0/a/\xff.org\0A\0/a/b/a.org\0A\0/b/a b.org";
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (GBytes) nothing = arc_snapshot_serialise_list (snapshot);
  g_autoptr (GBytes) list = NULL;
  g_autoptr (ArcChangeSet) changes = NULL;
  g_autoptr (ArcChangeSet) all = NULL;
  g_autoptr (GBytes) sorted = NULL;
  g_autoptr (GBytes) sorted_changes = NULL;

  g_assert_cmpuint (g_bytes_get_size (nothing), ==, 0);

  arc_snapshot_set_file (snapshot, "/b", "a b.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/a/b", "a.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/a", "\xff.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/a", "c.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/", "z.org", &base, NULL);
  list = arc_snapshot_serialise_list (snapshot);
  g_assert_cmpmem (g_bytes_get_data (list, NULL), g_bytes_get_size (list), expected,
                   sizeof expected);

  changes = arc_test_parse_changes (list);
  all = arc_snapshot_list (snapshot);
  sorted = arc_change_set_serialise (all);
  sorted_changes = arc_change_set_serialise (changes);
  g_assert_true (g_bytes_equal (sorted, sorted_changes));
}

static void
assert_refused (GBytes *bytes, const char *message)
{
  GBytes *identity = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (arc_snapshot_parse (bytes, &identity, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
  g_assert_null (identity);
  if (message != NULL)
    g_assert_cmpstr (error->message, ==, message);
}

static const struct
{
  const char *body;
  gsize size;
  const char *message; /* after "Invalid snapshot at byte " */
} faults[] = {
#define FAULT(body, message)                                                                       \
  {                                                                                                \
    body, sizeof body - 1, message                                                                 \
  }
  FAULT ("", "0: expected the identity"),
  FAULT ("\2i", "1: expected the identity"),
  FAULT ("\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", "10: expected the identity"),
  FAULT ("\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", "10: expected the identity"),
  FAULT ("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1", "10: expected the identity"),
  FAULT ("\x80", "1: expected the identity"),
  FAULT ("\x80\0", "2: expected the identity"),
  FAULT ("\0/org", "1: it ends in the path of a directory"),
  FAULT ("\0\0\1a\0\0\0\0\0", "2: the path of a directory is not absolute, or ends in a slash"),
  FAULT ("\0org\0\1a\0\0\0\0\0", "5: the path of a directory is not absolute, or ends in a slash"),
  FAULT ("\0/org/\0\1a\0\0\0\0\0",
         "7: the path of a directory is not absolute, or ends in a slash"),
  FAULT ("\0//\0\1a\0\0\0\0\0", "4: the path of a directory is not absolute, or ends in a slash"),
  FAULT ("\0/b\0\1a\0\0\0\0\0/a\0\1a\0\0\0\0\0", "15: a directory is out of order"),
  FAULT ("\0/a\0\1a\0\0\0\0\0/a\0\1a\0\0\0\0\0", "15: a directory is out of order"),
  FAULT ("\0/a\0", "4: expected how many files a directory has"),
  FAULT ("\0/a\0\0", "5: expected how many files a directory has"),
  FAULT ("\0/a\0\x80", "5: expected how many files a directory has"),
  FAULT ("\0/a\0\1a\0\0\0\0", "5: it ends before the last file of a directory"),
  FAULT ("\0/a\0\2a\0\0\0\0\0bcdef", "5: it ends before the last file of a directory"),
  FAULT ("\0/a\0\xff\xff\xff\xff\x0f", "9: it ends before the last file of a directory"),
  FAULT ("\0/a\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1",
         "14: it ends before the last file of a directory"),
  FAULT ("\0/a\0\1abcdef", "5: it ends in a name"),
  FAULT ("\0/a\0\1\0\0\0\0\0\0", "6: a name is empty or out of order"),
  FAULT ("\0/a\0\2b\0a\0\0\0\0\0\0\0\0\0", "9: a name is empty or out of order"),
  FAULT ("\0/a\0\2b\0b\0\0\0\0\0\0\0\0\0", "9: a name is empty or out of order"),
  FAULT ("\0/a\0\1a/\0\0\0\0\0", "8: a name has a slash in it"),
  FAULT ("\0/a\0\1ab\0\0\0\0", "11: expected a number"),
  FAULT ("\0/a\0\1a\0\0\0\0\x80", "11: expected a number"),
  FAULT ("\0/a\0\1a\0\0\0\x80\0\0", "11: expected a number"),
  FAULT ("\0/a\0\1a\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\2\0\0", "18: expected a number"),
  FAULT ("\0/a\0\1a\0\0\0\0\0x", "11: it ends in the path of a directory"),
#undef FAULT
};

/* The checksum holds, but the body is nothing that this program wrote. */
static void
test_faults (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autoptr (GBytes) bytes = frame (faults[i].body, faults[i].size);
      g_autofree char *message = g_strconcat ("Invalid snapshot at byte ", faults[i].message, NULL);

      g_test_message ("fault %" G_GSIZE_FORMAT, i);
      assert_refused (bytes, message);
    }
}

static void
test_faults_mounted (void)
{
  static const struct
  {
    const char *body;
    gsize size;
    const char *message;
  } cases[] = {
#define FAULT(body, message) { body, sizeof body - 1, message }
    FAULT ("\0", "1: expected a directory that is mounted"),
    FAULT ("\0/a\0\1a\0\0\0\0\0", "11: expected a directory that is mounted"),
    FAULT ("\0/a\0\0/a\0\0", "9: a directory is out of order"),
    FAULT ("\0/b\0\0/a\0\0", "9: a directory is out of order"),
    FAULT ("\0/a\0\1a\0\0\0\0\0/a\0\0", "15: a directory is out of order"),
    FAULT ("\0/a\0\0/a\0\1a\0\0\0\0\0/a\0\1a\0\0\0\0\0", "19: a directory is out of order"),
    FAULT ("\0/a\0\0b\0\0", "7: the path of a directory is not absolute, or ends in a slash"),
#undef FAULT
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes =
          frame_version (ARC_SNAPSHOT_VERSION_MOUNTS, cases[i].body, cases[i].size);
      g_autofree char *message = g_strconcat ("Invalid snapshot at byte ", cases[i].message, NULL);

      g_test_message ("fault %" G_GSIZE_FORMAT, i);
      assert_refused (bytes, message);
    }
}

/* Few directories and names, so that they meet; fingerprints of every magnitude. */
static ArcSnapshot *
random_snapshot (void)
{
  static const char *const directories[] = { "/", "/org", "/org/sub", "/org/\xff", "/org-2" };
  ArcSnapshot *snapshot = arc_snapshot_new ();
  int n_files = g_test_rand_int_range (0, 30);

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    if (g_test_rand_int_range (0, 8) == 0)
      arc_snapshot_set_mounted (snapshot, directories[i], TRUE);

  for (int i = 0; i < n_files; i++)
    {
      int number = g_test_rand_int_range (1, 1000);
      g_autofree char *name = g_strdup_printf ("%c%d", "a\xff.Z"[number % 4], number);
      guint64 values[4];

      for (gsize j = 0; j < G_N_ELEMENTS (values); j++)
        values[j] = ((guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ()) >>
                    g_test_rand_int_range (0, 64);
      arc_snapshot_set_file (
          snapshot, directories[g_test_rand_int_range (0, G_N_ELEMENTS (directories))], name,
          &(ArcFingerprint){ values[0], values[1], (gint64) values[2], -(gint64) values[3] }, NULL);
    }

  return snapshot;
}

static void
test_random (void)
{
  for (int round = 0; round < 200; round++)
    {
      g_autoptr (ArcSnapshot) snapshot = random_snapshot ();
      g_autoptr (GBytes) bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, NULL));
      g_autoptr (ArcSnapshot) again = parse (bytes);
      g_autoptr (GBytes) bytes_again = arc_file_frame_end (arc_snapshot_frame (again, NULL, NULL));

      assert_same (snapshot, again);
      g_assert_true (g_bytes_equal (bytes, bytes_again));
    }
}

/* How much there is in SNAPSHOT. */
static guint
count (const ArcSnapshot *snapshot)
{
  g_autofree const char **mounted = arc_snapshot_get_mounted (snapshot);

  return arc_snapshot_get_n_files (snapshot) + g_strv_length ((char **) mounted);
}

/* Any one byte of the file, any one end of it: refused. Any one byte or end of the body in a sound
 * frame: refused, or another snapshot, whose one form this is. */
static void
test_random_damage (void)
{
  for (int round = 0; round < 10; round++)
    {
      g_autoptr (ArcSnapshot) snapshot = random_snapshot ();
      g_autoptr (GBytes) bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, NULL));
      const guint32 version = arc_file_frame_get_version (bytes);
      g_autoptr (GBytes) body = arc_file_frame_open (bytes, ARC_SNAPSHOT_MAGIC, version, NULL);
      gsize size = g_bytes_get_size (bytes);
      gsize body_size = g_bytes_get_size (body);
      g_autofree char *copy = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
      g_autofree char *body_copy = g_memdup2 (g_bytes_get_data (body, NULL), body_size);

      for (gsize i = 0; i < size; i++)
        {
          g_autoptr (GBytes) damaged = NULL;
          g_autoptr (GBytes) truncated = g_bytes_new_static (copy, i);
          char change = (char) g_test_rand_int_range (1, 256);

          copy[i] ^= change;
          damaged = g_bytes_new (copy, size);
          copy[i] ^= change;
          assert_refused (damaged, NULL);
          assert_refused (truncated, NULL);
        }

      for (gsize i = 0; i < body_size; i++)
        {
          g_autoptr (GBytes) damaged = NULL;
          g_autoptr (GBytes) truncated = frame_version (version, body_copy, i);
          g_autoptr (GBytes) identity = NULL;
          g_autoptr (ArcSnapshot) other = NULL;
          g_autoptr (ArcSnapshot) shorter = arc_snapshot_parse (truncated, NULL, NULL);
          char change = (char) g_test_rand_int_range (1, 256);

          /* Only at the end of a directory. */
          if (shorter != NULL)
            g_assert_cmpuint (count (shorter), <, count (snapshot));

          body_copy[i] ^= change;
          damaged = frame_version (version, body_copy, body_size);
          body_copy[i] ^= change;
          other = arc_snapshot_parse (damaged, &identity, NULL);
          if (other != NULL)
            {
              g_autoptr (GBytes) form =
                  arc_file_frame_end (arc_snapshot_frame (other, NULL, identity));

              g_assert_true (g_bytes_equal (form, damaged));
            }
        }
    }
}

#define LARGE_DIRECTORIES 10000
#define LARGE_FILES       10

static ArcSnapshot *
large_snapshot (void)
{
  ArcSnapshot *snapshot = arc_snapshot_new ();

  for (guint i = 0; i < LARGE_DIRECTORIES; i++)
    {
      g_autofree char *directory =
          g_strdup_printf ("/home/user/org/%02u/directory-%05u", i % 100, i);
      char names[LARGE_FILES][32];
      ArcEntry entries[LARGE_FILES];

      for (guint j = 0; j < LARGE_FILES; j++)
        {
          gint64 mtime = G_GINT64_CONSTANT (1700000000000000000) + g_test_rand_int ();

          g_snprintf (names[j], sizeof names[j], "2024-01-%02u-note.org", j * 7 % 31);
          entries[j] = (ArcEntry){
            names[j],
            { 1000000 + i * 100 + j, (guint64) g_test_rand_int_range (0, 100000), mtime,
              mtime + g_test_rand_int_range (0, 1000000) },
          };
        }
      arc_snapshot_set_directory (snapshot, directory, entries, LARGE_FILES, NULL);
    }

  return snapshot;
}

/* The milliseconds since g_test_timer_start(), which with "-m perf" are said and may not be more
 * than MOST. */
static void
report_time (double most, const char *what)
{
  double elapsed = g_test_timer_elapsed () * 1e3;

  if (g_test_perf ())
    {
      g_test_minimized_result (elapsed, "%.1f ms %s", elapsed, what);
      g_assert_cmpfloat (elapsed, <, most);
    }
}

/* A tree of 100,000 files in 10,000 directories. Run with "-m perf" to see the times. */
static void
test_large (void)
{
  g_autoptr (ArcSnapshot) snapshot = large_snapshot ();
  g_autoptr (ArcChangeSet) all = arc_snapshot_list (snapshot);
  g_autoptr (ArcSnapshot) again = NULL;
  g_autoptr (ArcSnapshot) dirty = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) list = NULL;
  g_autoptr (GBytes) sorted = NULL;
  g_autoptr (GBytes) dirty_bytes = NULL;
  double size;

  g_test_timer_start ();
  bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, NULL, NULL));
  report_time (100, "to serialise");
  size = (double) g_bytes_get_size (bytes) / arc_snapshot_get_n_files (snapshot);
  g_assert_cmpfloat (size, <, 48);
  if (g_test_perf ())
    g_test_minimized_result (size, "%.1f bytes in the file for each", size);

  g_test_timer_start ();
  again = parse (bytes);
  report_time (100, "to parse");
  assert_same (snapshot, again);

  g_test_timer_start ();
  list = arc_snapshot_serialise_list (snapshot);
  report_time (100, "to list");
  sorted = arc_change_set_serialise (all);
  g_assert_cmpuint (g_bytes_get_size (list), ==, g_bytes_get_size (sorted));

  /* Such as a first build that was stopped. */
  g_test_timer_start ();
  dirty_bytes = arc_file_frame_end (arc_snapshot_frame (snapshot, all, NULL));
  report_time (1000, "to serialise with all of it pending");
  dirty = parse (dirty_bytes);
  g_assert_cmpuint (arc_snapshot_get_n_files (dirty), ==, arc_snapshot_get_n_files (snapshot));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/snapshot-file/known", test_known);
  g_test_add_func ("/snapshot-file/known/mounted", test_known_mounted);
  g_test_add_func ("/snapshot-file/empty", test_empty);
  g_test_add_func ("/snapshot-file/identity", test_identity);
  g_test_add_func ("/snapshot-file/extremes", test_extremes);
  g_test_add_func ("/snapshot-file/dirty", test_dirty);
  g_test_add_func ("/snapshot-file/list", test_list);
  g_test_add_func ("/snapshot-file/faults", test_faults);
  g_test_add_func ("/snapshot-file/faults/mounted", test_faults_mounted);
  g_test_add_func ("/snapshot-file/random", test_random);
  g_test_add_func ("/snapshot-file/random-damage", test_random_damage);
  g_test_add_func ("/snapshot-file/large", test_large);

  return g_test_run ();
}
