/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/snapshot.h"

#include "test-changes.h"

#include <malloc.h>
#include <string.h>

static const ArcFingerprint base = { .inode = 7, .size = 100, .mtime_ns = 5000, .ctime_ns = 6000 };

/* The letter of PATH in CHANGES, 0 if there is none, and nothing else may be in it. */
static int
only_letter (const ArcChangeSet *changes, const char *path)
{
  ArcChange change;

  if (!arc_change_set_lookup (changes, path, &change))
    {
      g_assert_cmpuint (arc_change_set_get_size (changes), ==, 0);
      return 0;
    }

  g_assert_cmpuint (arc_change_set_get_size (changes), ==, 1);
  return (int) change;
}

static void
assert_fingerprint (const ArcSnapshot *snapshot,
                    const char *directory,
                    const char *name,
                    const ArcFingerprint *expected /* (nullable) */)
{
  const ArcFingerprint *got = arc_snapshot_lookup (snapshot, directory, name);

  if (expected == NULL)
    g_assert_null (got);
  else
    g_assert_cmpmem (got, sizeof *got, expected, sizeof *expected);
}

static void
test_file (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) added = arc_change_set_new ();
  g_autoptr (ArcChangeSet) same = arc_change_set_new ();
  g_autoptr (ArcChangeSet) modified = arc_change_set_new ();
  g_autoptr (ArcChangeSet) deleted = arc_change_set_new ();
  g_autoptr (ArcChangeSet) gone = arc_change_set_new ();
  ArcFingerprint later = base;

  later.mtime_ns++;

  g_assert_null (arc_snapshot_lookup (snapshot, "/org", "a.org"));
  g_assert_true (arc_snapshot_set_file (snapshot, "/org", "a.org", &base, added));
  g_assert_cmpint (only_letter (added, "/org/a.org"), ==, 'A');
  assert_fingerprint (snapshot, "/org", "a.org", &base);
  g_assert_null (arc_snapshot_lookup (snapshot, "/org", "a.or"));
  g_assert_null (arc_snapshot_lookup (snapshot, "/or", "a.org"));
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 1);

  g_assert_false (arc_snapshot_set_file (snapshot, "/org", "a.org", &base, same));
  g_assert_cmpint (only_letter (same, "/org/a.org"), ==, 0);

  g_assert_true (arc_snapshot_set_file (snapshot, "/org", "a.org", &later, modified));
  g_assert_cmpint (only_letter (modified, "/org/a.org"), ==, 'M');
  assert_fingerprint (snapshot, "/org", "a.org", &later);
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 1);

  g_assert_true (arc_snapshot_set_file (snapshot, "/org", "a.org", NULL, deleted));
  g_assert_cmpint (only_letter (deleted, "/org/a.org"), ==, 'D');
  assert_fingerprint (snapshot, "/org", "a.org", NULL);
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 0);

  g_assert_false (arc_snapshot_set_file (snapshot, "/org", "a.org", NULL, gone));
  g_assert_cmpint (only_letter (gone, "/org/a.org"), ==, 0);

  /* Nobody wants to know. */
  g_assert_true (arc_snapshot_set_file (snapshot, "/org", "a.org", &base, NULL));
  g_assert_true (arc_snapshot_set_file (snapshot, "/org", "a.org", &later, NULL));
  g_assert_true (arc_snapshot_set_file (snapshot, "/org", "a.org", NULL, NULL));
}

static void
test_root_directory (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  arc_snapshot_set_file (snapshot, "/", "a.org", &base, changes);
  g_assert_cmpint (only_letter (changes, "/a.org"), ==, 'A');
}

/* Each field alone is a modification, in either direction: a backup that is restored has an older
 * mtime, and a file replaced by rename may keep all but the inode. */
static void
test_each_field (void)
{
  for (int step = -1; step <= 1; step += 2)
    {
      ArcFingerprint others[4] = { base, base, base, base };

      others[0].inode += (guint64) step;
      others[1].size += (guint64) step;
      others[2].mtime_ns += step;
      others[3].ctime_ns += step;

      for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
        {
          g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
          g_autoptr (ArcSnapshot) other = arc_snapshot_new ();
          g_autoptr (ArcChangeSet) by_file = arc_change_set_new ();
          g_autoptr (ArcChangeSet) by_directory = arc_change_set_new ();
          g_autoptr (ArcChangeSet) by_diff = NULL;
          ArcEntry entry = { "a.org", base };

          g_test_message ("field %" G_GSIZE_FORMAT ", step %d", i, step);

          arc_snapshot_set_file (snapshot, "/org", "a.org", &base, NULL);
          arc_snapshot_set_file (other, "/org", "a.org", &others[i], NULL);
          by_diff = arc_test_compare_snapshots (snapshot, other);
          g_assert_cmpint (only_letter (by_diff, "/org/a.org"), ==, 'M');

          g_assert_true (arc_snapshot_set_file (snapshot, "/org", "a.org", &others[i], by_file));
          g_assert_cmpint (only_letter (by_file, "/org/a.org"), ==, 'M');

          g_assert_cmpuint (arc_snapshot_set_directory (snapshot, "/org", &entry, 1, by_directory),
                            ==, 1);
          g_assert_cmpint (only_letter (by_directory, "/org/a.org"), ==, 'M');
          assert_fingerprint (snapshot, "/org", "a.org", &base);
        }
    }
}

static void
test_directory (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) first = arc_change_set_new ();
  g_autoptr (ArcChangeSet) same = arc_change_set_new ();
  g_autoptr (ArcChangeSet) second = arc_change_set_new ();
  g_autoptr (ArcChangeSet) third = arc_change_set_new ();
  g_autoptr (ArcChangeSet) never = arc_change_set_new ();
  ArcFingerprint later = base;
  ArcEntry start[] = { { "d", base }, { "b", base }, { "\xff", base }, { "c", base } };
  ArcEntry next[] = { { "c", base }, { "a", base }, { "\xff", base }, { "d", base } };

  later.size++;
  next[3].fingerprint = later;

  g_assert_cmpuint (arc_snapshot_set_directory (snapshot, "/org", start, 4, first), ==, 4);
  arc_test_assert_changes (first, "A/org/b A/org/c A/org/d A/org/\xff ");
  arc_snapshot_set_file (snapshot, "/org/below", "x", &base, NULL);
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 5);

  g_assert_cmpuint (arc_snapshot_set_directory (snapshot, "/org", start, 4, same), ==, 0);
  arc_test_assert_changes (same, "");

  g_assert_cmpuint (arc_snapshot_set_directory (snapshot, "/org", next, 4, second), ==, 3);
  arc_test_assert_changes (second, "A/org/a D/org/b M/org/d ");
  assert_fingerprint (snapshot, "/org", "a", &base);
  assert_fingerprint (snapshot, "/org", "b", NULL);
  assert_fingerprint (snapshot, "/org", "d", &later);

  g_assert_cmpuint (arc_snapshot_set_directory (snapshot, "/org", NULL, 0, third), ==, 4);
  arc_test_assert_changes (third, "D/org/a D/org/c D/org/d D/org/\xff ");
  g_assert_cmpuint (arc_snapshot_set_directory (snapshot, "/org", NULL, 0, never), ==, 0);
  arc_test_assert_changes (never, "");

  /* Those below are others. */
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 1);
  assert_fingerprint (snapshot, "/org/below", "x", &base);

  g_assert_cmpuint (arc_snapshot_set_directory (snapshot, "/org", next, 4, NULL), ==, 4);
}

/* readdir(3) may tell a name twice while files come and go: the later look counts. */
static void
test_name_twice (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  ArcFingerprint later = base;
  ArcEntry entries[] = {
    { "b", base }, { "a", base }, { "b", base }, { "b", base }, { "a", base }
  };

  later.mtime_ns--;
  entries[3].fingerprint = later;

  g_assert_cmpuint (arc_snapshot_set_directory (snapshot, "/org", entries, 5, changes), ==, 2);
  arc_test_assert_changes (changes, "A/org/a A/org/b ");
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 2);
  assert_fingerprint (snapshot, "/org", "b", &later);
  g_assert_true (arc_snapshot_set_file (snapshot, "/org", "c", &base, NULL));
  assert_fingerprint (snapshot, "/org", "c", &base);
}

static void
test_directories (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autofree const char **none = arc_snapshot_get_directories (snapshot);
  g_autofree const char **two = NULL;
  g_autofree const char **one = NULL;
  g_autofree const char **none_again = NULL;

  g_assert_null (none[0]);

  arc_snapshot_set_file (snapshot, "/a", "x", &base, NULL);
  arc_snapshot_set_file (snapshot, "/b", "x", &base, NULL);
  arc_snapshot_set_file (snapshot, "/b", "y", &base, NULL);
  two = arc_snapshot_get_directories (snapshot);
  g_assert_cmpuint (g_strv_length ((char **) two), ==, 2);
  g_assert_true (g_strv_contains (two, "/a"));
  g_assert_true (g_strv_contains (two, "/b"));

  /* Its own string may be what names it. */
  arc_snapshot_set_directory (snapshot, strcmp (two[0], "/b") == 0 ? two[0] : two[1], NULL, 0,
                              NULL);
  one = arc_snapshot_get_directories (snapshot);
  g_assert_cmpstr (one[0], ==, "/a");
  g_assert_null (one[1]);
  arc_snapshot_set_file (snapshot, one[0], "x", NULL, NULL);
  none_again = arc_snapshot_get_directories (snapshot);
  g_assert_null (none_again[0]);
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 0);
}

static void
test_list (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) empty = arc_snapshot_list (snapshot);
  g_autoptr (ArcChangeSet) full = NULL;

  g_assert_cmpuint (arc_change_set_get_size (empty), ==, 0);

  arc_snapshot_set_file (snapshot, "/b", "y", &base, NULL);
  arc_snapshot_set_file (snapshot, "/a", "x", &base, NULL);
  arc_snapshot_set_file (snapshot, "/a", "w", &base, NULL);
  full = arc_snapshot_list (snapshot);
  arc_test_assert_changes (full, "A/a/w A/a/x A/b/y ");
}

static void
assert_entries (const ArcSnapshot *snapshot, const char *directory, const char *expected)
{
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));
  g_autoptr (GString) names = g_string_new (NULL);

  /* What is in it before does not count. */
  g_array_set_size (entries, 7);
  arc_snapshot_get_entries (snapshot, directory, entries);

  for (guint i = 0; i < entries->len; i++)
    {
      const ArcEntry *entry = &g_array_index (entries, ArcEntry, i);

      assert_fingerprint (snapshot, directory, entry->name, &entry->fingerprint);
      g_string_append_printf (names, "%s ", entry->name);
    }
  g_assert_cmpstr (names->str, ==, expected);
}

static void
test_entries (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  ArcFingerprint later = base;

  later.inode++;
  assert_entries (snapshot, "/org", "");
  arc_snapshot_set_file (snapshot, "/org", "\xff", &later, NULL);
  arc_snapshot_set_file (snapshot, "/org", "b", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "a", &later, NULL);
  arc_snapshot_set_file (snapshot, "/org/below", "x", &base, NULL);
  assert_entries (snapshot, "/org", "a b \xff ");
  assert_entries (snapshot, "/", "");
}

static void
test_extract (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (ArcSnapshot) nothing = arc_snapshot_extract (snapshot, changes);
  g_autoptr (ArcSnapshot) extract = NULL;
  g_autoptr (ArcChangeSet) missing = NULL;
  g_autoptr (ArcChangeSet) some = NULL;

  g_assert_cmpuint (arc_snapshot_get_n_files (nothing), ==, 0);

  arc_snapshot_set_file (snapshot, "/", "a", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "b", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "a", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org/below", "a", &base, NULL);
  arc_change_set_add (changes, "/a", ARC_CHANGE_MODIFIED);
  arc_change_set_add (changes, "/org/a", ARC_CHANGE_DELETED);
  arc_change_set_add (changes, "/org/new", ARC_CHANGE_ADDED);
  arc_change_set_add (changes, "/unknown/a", ARC_CHANGE_DELETED);
  extract = arc_snapshot_extract (snapshot, changes);
  missing = arc_test_compare_snapshots (snapshot, extract);
  arc_test_assert_changes (missing, "D/org/below/a ");
  g_assert_cmpuint (arc_snapshot_get_n_files (extract), ==, 3);
  g_assert_true (arc_snapshot_has_directory (extract, "/org"));
  g_assert_false (arc_snapshot_has_directory (extract, "/org/below"));
  g_assert_false (arc_snapshot_has_directory (extract, "/unknown"));

  /* The one does not follow the other. */
  arc_snapshot_set_file (snapshot, "/org", "a", NULL, NULL);
  arc_snapshot_set_file (extract, "/org", "c", &base, NULL);
  some = arc_test_compare_snapshots (snapshot, extract);
  arc_test_assert_changes (some, "A/org/a D/org/below/a A/org/c ");
}

/* Whatever had happened to a file before, and whatever happens to it while nobody looks, its next
 * look is a change; no other file's is. */
static void
test_mark_dirty (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcSnapshot) disk = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) dirty = arc_change_set_new ();
  g_autoptr (ArcChangeSet) found = NULL;

  arc_snapshot_set_file (snapshot, "/", "root.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "added.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "clean.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "modified.org", &base, NULL);
  arc_snapshot_set_file (snapshot, "/org", "vanishes.org", &base, NULL);
  arc_change_set_add (dirty, "/root.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (dirty, "/org/added.org", ARC_CHANGE_ADDED);
  arc_change_set_add (dirty, "/org/modified.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (dirty, "/org/vanishes.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (dirty, "/org/deleted.org", ARC_CHANGE_DELETED);
  arc_change_set_add (dirty, "/org/back.org", ARC_CHANGE_DELETED);
  arc_change_set_add (dirty, "/gone/deleted.org", ARC_CHANGE_DELETED);
  arc_snapshot_mark_dirty (snapshot, dirty);
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 8);

  arc_snapshot_set_file (disk, "/", "root.org", &base, NULL);
  arc_snapshot_set_file (disk, "/org", "added.org", &base, NULL);
  arc_snapshot_set_file (disk, "/org", "back.org", &base, NULL);
  arc_snapshot_set_file (disk, "/org", "clean.org", &base, NULL);
  arc_snapshot_set_file (disk, "/org", "modified.org", &base, NULL);
  found = arc_test_compare_snapshots (snapshot, disk);
  arc_test_assert_changes (found,
                           "D/gone/deleted.org M/org/added.org M/org/back.org D/org/deleted.org "
                           "M/org/modified.org D/org/vanishes.org M/root.org ");
}

/* A change list may hold any absolute path: what is not how this program spells one stays harmless.
 */
static void
test_mark_odd_paths (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) dirty = arc_change_set_new ();
  g_autoptr (ArcChangeSet) list = NULL;

  arc_change_set_add (dirty, "/", ARC_CHANGE_MODIFIED);
  arc_change_set_add (dirty, "//", ARC_CHANGE_MODIFIED);
  arc_change_set_add (dirty, "/org/", ARC_CHANGE_MODIFIED);
  arc_change_set_add (dirty, "//a", ARC_CHANGE_MODIFIED);
  arc_change_set_add (dirty, "/org//b", ARC_CHANGE_MODIFIED);
  arc_snapshot_mark_dirty (snapshot, dirty);
  list = arc_snapshot_list (snapshot);
  arc_test_assert_changes (list, "A/a A/org/b ");
}

/*
 * A plain model to compare with: one hash table from the full path to the fingerprint.
 */

static const char *const model_directories[] = { "/", "/org", "/org/sub", "/org/\xff" };

static GHashTable *
model_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static char *
model_path (const char *directory, const char *name)
{
  return g_strcmp0 (directory, "/") == 0 ? g_strdup_printf ("/%s", name)
                                         : g_strdup_printf ("%s/%s", directory, name);
}

static ArcChange
model_set (GHashTable *model, const char *path, const ArcFingerprint *fingerprint)
{
  const ArcFingerprint *known = g_hash_table_lookup (model, path);
  ArcChange change = 0;

  if (fingerprint == NULL)
    return g_hash_table_remove (model, path) ? ARC_CHANGE_DELETED : 0;

  if (known == NULL)
    change = ARC_CHANGE_ADDED;
  else if (memcmp (known, fingerprint, sizeof *known) != 0)
    change = ARC_CHANGE_MODIFIED;

  g_hash_table_insert (model, g_strdup (path), g_memdup2 (fingerprint, sizeof *fingerprint));
  return change;
}

/* Few values, so that many are equal. */
static ArcFingerprint
random_fingerprint (void)
{
  return (ArcFingerprint){
    .inode = (guint64) g_test_rand_int_range (0, 2),
    .size = (guint64) g_test_rand_int_range (0, 2),
    .mtime_ns = g_test_rand_int_range (-1, 1),
    .ctime_ns = g_test_rand_int_range (0, 2),
  };
}

/* Of N, in lengths from 1 to 40 bytes. */
static char *
random_name (int n)
{
  int number = g_test_rand_int_range (0, n);
  g_autofree char *filling = g_strnfill ((gsize) (number * 7 % 40), 'x');

  return g_strdup_printf ("%c%s%d", "a\xff.Z"[number % 4], filling, number);
}

static void
random_set_file (ArcSnapshot *snapshot, GHashTable *model, int n_names, ArcChangeSet *changes)
{
  const char *directory =
      model_directories[g_test_rand_int_range (0, G_N_ELEMENTS (model_directories))];
  g_autofree char *name = random_name (n_names);
  g_autofree char *path = model_path (directory, name);
  ArcFingerprint fingerprint = random_fingerprint ();
  const ArcFingerprint *set = g_test_rand_int_range (0, 3) > 0 ? &fingerprint : NULL;
  ArcChange expected = model_set (model, path, set);

  g_assert_cmpint (arc_snapshot_set_file (snapshot, directory, name, set, changes), ==,
                   expected != 0);
  g_assert_cmpint (only_letter (changes, path), ==, expected);
}

static void
random_set_directory (ArcSnapshot *snapshot, GHashTable *model, int n_names, ArcChangeSet *changes)
{
  const char *directory =
      model_directories[g_test_rand_int_range (0, G_N_ELEMENTS (model_directories))];
  g_autoptr (GHashTable) expected = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) entries_left = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) vanished = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));
  int n_entries = g_test_rand_int_range (0, n_names);
  GHashTableIter iter;
  gpointer path;
  gpointer letter;
  guint n_differences;

  for (int i = 0; i < n_entries; i++)
    {
      char *name = random_name (n_names);
      ArcEntry entry = { name, random_fingerprint () };

      g_ptr_array_add (names, name);
      if (!g_hash_table_add (entries_left, name))
        continue;

      g_array_append_val (entries, entry);
    }

  for (guint i = 0; i < entries->len; i++)
    {
      const ArcEntry *entry = &g_array_index (entries, ArcEntry, i);
      g_autofree char *full = model_path (directory, entry->name);
      ArcChange change = model_set (model, full, &entry->fingerprint);

      if (change != 0)
        g_hash_table_insert (expected, g_steal_pointer (&full), GINT_TO_POINTER (change));
    }

  g_hash_table_iter_init (&iter, model);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      g_autofree char *above = g_path_get_dirname (path);

      if (strcmp (above, directory) == 0 &&
          !g_hash_table_contains (entries_left, strrchr (path, '/') + 1))
        g_ptr_array_add (vanished, g_strdup (path));
    }
  for (guint i = 0; i < vanished->len; i++)
    {
      g_assert_cmpint (model_set (model, vanished->pdata[i], NULL), ==, ARC_CHANGE_DELETED);
      g_hash_table_insert (expected, g_strdup (vanished->pdata[i]),
                           GINT_TO_POINTER (ARC_CHANGE_DELETED));
    }

  n_differences = arc_snapshot_set_directory (snapshot, directory, (gpointer) entries->data,
                                              entries->len, changes);
  g_assert_cmpuint (n_differences, ==, g_hash_table_size (expected));
  g_assert_cmpuint (arc_change_set_get_size (changes), ==, n_differences);
  g_hash_table_iter_init (&iter, expected);
  while (g_hash_table_iter_next (&iter, &path, &letter))
    {
      ArcChange change;

      g_assert_true (arc_change_set_lookup (changes, path, &change));
      g_assert_cmpint (change, ==, GPOINTER_TO_INT (letter));
    }
}

static void
assert_like_model (const ArcSnapshot *snapshot, GHashTable *model)
{
  g_autoptr (ArcChangeSet) list = arc_snapshot_list (snapshot);
  GHashTableIter iter;
  gpointer path;
  gpointer fingerprint;

  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, g_hash_table_size (model));
  g_assert_cmpuint (arc_change_set_get_size (list), ==, g_hash_table_size (model));

  g_hash_table_iter_init (&iter, model);
  while (g_hash_table_iter_next (&iter, &path, &fingerprint))
    {
      g_autofree char *directory = g_path_get_dirname (path);
      ArcChange change;

      assert_fingerprint (snapshot, directory, strrchr (path, '/') + 1, fingerprint);
      g_assert_true (arc_change_set_lookup (list, path, &change));
      g_assert_cmpint (change, ==, ARC_CHANGE_ADDED);
    }
}

static void
random_step (ArcSnapshot *snapshot, GHashTable *model, int n_names)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  if (g_test_rand_int_range (0, 20) == 0)
    random_set_directory (snapshot, model, n_names, changes);
  else
    random_set_file (snapshot, model, n_names, changes);
}

static void
test_model_random (void)
{
  static const int n_names[] = { 3, 20, 200 };

  for (gsize i = 0; i < G_N_ELEMENTS (n_names); i++)
    {
      g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
      g_autoptr (GHashTable) model = model_new ();

      for (int step = 0; step < 1500; step++)
        {
          random_step (snapshot, model, n_names[i]);
          if (step % 50 == 0)
            assert_like_model (snapshot, model);
        }
      assert_like_model (snapshot, model);
    }
}

typedef struct
{
  ArcSnapshot *target;
  const ArcSnapshot *after;
} Apply;

static void
apply_change (const char *path, ArcChange change, gpointer user_data)
{
  const Apply *apply = user_data;
  g_autofree char *directory = g_path_get_dirname (path);
  const char *name = strrchr (path, '/') + 1;
  const ArcFingerprint *fingerprint = arc_snapshot_lookup (apply->after, directory, name);
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  g_assert_cmpint (fingerprint == NULL, ==, change == ARC_CHANGE_DELETED);
  g_assert_true (arc_snapshot_set_file (apply->target, directory, name, fingerprint, changes));
  g_assert_cmpint (only_letter (changes, path), ==, change);
}

/* What a difference tells, done to the one, gives the other. */
static void
test_diff_random (void)
{
  for (int round = 0; round < 60; round++)
    {
      g_autoptr (ArcSnapshot) before = arc_snapshot_new ();
      g_autoptr (ArcSnapshot) after = arc_snapshot_new ();
      g_autoptr (GHashTable) before_model = model_new ();
      g_autoptr (GHashTable) after_model = model_new ();
      g_autoptr (ArcChangeSet) difference = NULL;
      g_autoptr (ArcChangeSet) none = NULL;
      Apply apply = { before, after };
      int n_steps = g_test_rand_int_range (0, 60);

      for (int step = 0; step < n_steps; step++)
        random_step (before, before_model, 15);
      n_steps = g_test_rand_int_range (0, 60);
      for (int step = 0; step < n_steps; step++)
        random_step (after, after_model, 15);

      difference = arc_test_compare_snapshots (before, after);
      arc_change_set_foreach (difference, apply_change, &apply);
      assert_like_model (before, after_model);
      none = arc_test_compare_snapshots (before, after);
      g_assert_cmpuint (arc_change_set_get_size (none), ==, 0);
    }
}

/* One directory that grows and shrinks file by file, at both ends and in the middle. */
static void
test_large_directory (void)
{
  const int n_files = 10000;
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();

  for (int i = 0; i < n_files; i++)
    {
      g_autofree char *name = g_strdup_printf ("%05d.org", i * 7 % n_files);

      g_assert_true (arc_snapshot_set_file (snapshot, "/org", name, &base, NULL));
    }
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, n_files);

  for (int i = 0; i < n_files; i++)
    {
      g_autofree char *name = g_strdup_printf ("%05d.org", i * 3 % n_files);

      assert_fingerprint (snapshot, "/org", name, &base);
      g_assert_true (arc_snapshot_set_file (snapshot, "/org", name, NULL, NULL));
      assert_fingerprint (snapshot, "/org", name, NULL);
    }
  g_assert_cmpuint (arc_snapshot_get_n_files (snapshot), ==, 0);
}

/* Names of files that are gone take no room for ever: a writer that makes a new temporary name for
 * each save would fill the memory. */
static void
test_passing_names (void)
{
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  size_t used;

  arc_snapshot_set_file (snapshot, "/org", "stays.org", &base, NULL);
  /* Nothing where a checker of memory replaces malloc(). */
  used = mallinfo2 ().uordblks;

  for (int i = 0; i < 10000; i++)
    {
      g_autofree char *name = g_strdup_printf ("note-%d.tmp.org", i);

      arc_snapshot_set_file (snapshot, "/org", name, &base, NULL);
      arc_snapshot_set_file (snapshot, "/org", name, NULL, NULL);
    }

  g_assert_cmpuint (mallinfo2 ().uordblks, <, used + 4096);
  assert_fingerprint (snapshot, "/org", "stays.org", &base);
}

#define LARGE_DIRECTORIES 10000
#define LARGE_FILES       10

static guint
fill_large (ArcSnapshot *snapshot, gint64 mtime_ns, gsize *path_bytes, ArcChangeSet *changes)
{
  guint n_differences = 0;

  for (guint i = 0; i < LARGE_DIRECTORIES; i++)
    {
      g_autofree char *directory =
          g_strdup_printf ("/home/user/org/%02u/directory-%05u", i % 100, i);
      char names[LARGE_FILES][32];
      ArcEntry entries[LARGE_FILES];

      for (guint j = 0; j < LARGE_FILES; j++)
        {
          int length = g_snprintf (names[j], sizeof names[j], "2024-01-%02u-note.org", j * 7 % 31);

          entries[j] = (ArcEntry){ names[j], { i * 100 + j, 1000 + j, mtime_ns, 6000 } };
          *path_bytes += strlen (directory) + 1 + (gsize) length;
        }
      n_differences +=
          arc_snapshot_set_directory (snapshot, directory, entries, LARGE_FILES, changes);
    }

  return n_differences;
}

static void
report (double value, const char *what)
{
  if (g_test_perf ())
    g_test_minimized_result (value, "%.1f %s", value, what);
}

/* A tree of 100,000 files in 10,000 directories: its memory stays within 160 bytes and the path for
 * each file. Run with "-m perf" to see that and the times. */
static void
test_large_tree (void)
{
  const guint n_files = LARGE_DIRECTORIES * LARGE_FILES;
  gsize path_bytes = 0;
  gsize ignored = 0;
  /* Nothing where a checker of memory replaces malloc(). */
  size_t used = mallinfo2 ().uordblks;
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcSnapshot) other = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (ArcChangeSet) difference = NULL;

  g_assert_cmpuint (fill_large (snapshot, 5000, &path_bytes, NULL), ==, n_files);
  used = mallinfo2 ().uordblks - used;
  g_assert_cmpuint (used, <=, 160 * n_files + path_bytes);
  report ((double) path_bytes / n_files, "bytes in the path of a file");
  report ((double) used / n_files, "bytes of memory for a file");

  g_test_timer_start ();
  g_assert_cmpuint (fill_large (snapshot, 5000, &ignored, changes), ==, 0);
  report (g_test_timer_elapsed () * 1e3, "ms to compare with a scan");
  g_assert_cmpuint (arc_change_set_get_size (changes), ==, 0);

  g_assert_cmpuint (fill_large (other, 5000, &ignored, NULL), ==, n_files);
  arc_snapshot_set_file (other, "/home/user/org/00/directory-00000", "new.org", &base, NULL);
  g_test_timer_start ();
  difference = arc_test_compare_snapshots (snapshot, other);
  report (g_test_timer_elapsed () * 1e3, "ms to compare two snapshots");
  arc_test_assert_changes (difference, "A/home/user/org/00/directory-00000/new.org ");

  g_assert_cmpuint (fill_large (snapshot, 4999, &ignored, NULL), ==, n_files);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/snapshot/file", test_file);
  g_test_add_func ("/snapshot/root-directory", test_root_directory);
  g_test_add_func ("/snapshot/each-field", test_each_field);
  g_test_add_func ("/snapshot/directory", test_directory);
  g_test_add_func ("/snapshot/name-twice", test_name_twice);
  g_test_add_func ("/snapshot/directories", test_directories);
  g_test_add_func ("/snapshot/list", test_list);
  g_test_add_func ("/snapshot/entries", test_entries);
  g_test_add_func ("/snapshot/extract", test_extract);
  g_test_add_func ("/snapshot/mark-dirty", test_mark_dirty);
  g_test_add_func ("/snapshot/mark-odd-paths", test_mark_odd_paths);
  g_test_add_func ("/snapshot/model-random", test_model_random);
  g_test_add_func ("/snapshot/diff-random", test_diff_random);
  g_test_add_func ("/snapshot/large-directory", test_large_directory);
  g_test_add_func ("/snapshot/passing-names", test_passing_names);
  g_test_add_func ("/snapshot/large-tree", test_large_tree);

  return g_test_run ();
}
