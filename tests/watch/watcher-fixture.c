/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watcher-fixture.h"

#include "test-util.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define DEADLINE_SECONDS 120
#define SENTINEL         "sentinel.org"

#define COMPARE_INTERVAL (200 * G_TIME_SPAN_MILLISECOND)

ArcFixture *
arc_fixture_new (void)
{
  ArcFixture *self = g_new0 (ArcFixture, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *base = g_dir_make_tmp ("arc-watcher-XXXXXX", &error);

  g_assert_no_error (error);
  /* With G_TEST_OPTION_ISOLATE_DIRS, GLib 2.84 makes it in a directory of mode 0700, and 2.74 in
   * /tmp. Some tests continue as another user, who has to reach and to watch it. */
  if (g_str_has_prefix (base, g_getenv ("G_TEST_TMPDIR")))
    g_assert_no_errno (g_chmod (g_getenv ("G_TEST_TMPDIR"), 0755));
  self->base = g_canonicalize_filename (base, NULL);
  self->root = g_build_filename (self->base, "tree", NULL);
  self->aside = g_build_filename (self->base, "aside", NULL);
  g_assert_no_errno (g_mkdir (self->root, 0700));
  g_assert_no_errno (g_mkdir (self->aside, 0700));
  self->filter =
      arc_path_filter_new (arc_path_filter_default_include, arc_path_filter_default_exclude);
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->emitted = arc_change_set_new ();
  self->missed = arc_change_set_new ();

  return self;
}

void
arc_fixture_free (ArcFixture *self)
{
  arc_fixture_sh (self, "chmod -R u+rwx . && rm -rf tree aside \"$PWD\"/*");
  g_assert_no_errno (g_rmdir (self->base));

  if (self->watcher != NULL)
    {
      arc_watcher_stop (self->watcher);
      g_assert_finalize_object (self->watcher);
    }
  arc_path_filter_unref (self->filter);
  g_hash_table_unref (self->known);
  arc_change_set_free (self->emitted);
  arc_change_set_free (self->missed);
  g_free (self->base);
  g_free (self->root);
  g_free (self->aside);
  g_free (self);
}

static void
apply (const char *path, ArcChange change, gpointer user_data)
{
  ArcFixture *self = user_data;

  self->n_emitted += !g_str_has_suffix (path, "/" SENTINEL);
  switch (change)
    {
    case ARC_CHANGE_ADDED:
    case ARC_CHANGE_MODIFIED:
      g_hash_table_add (self->known, g_strdup (path));
      break;
    case ARC_CHANGE_DELETED:
      g_hash_table_remove (self->known, path);
      break;
    }
}

/* What is known could not be changed again without a trace. */
static void
assert_old_enough (const char *path, ArcChange change, gpointer user_data)
{
  ArcFixture *self = user_data;
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  const ArcFingerprint *print =
      arc_snapshot_lookup (arc_watcher_get_snapshot (self->watcher), directory, name);

  g_assert_cmpint (g_get_real_time () * 1000 - print->ctime_ns, >=, 20 * 1000 * 1000);
}

static void
on_changed (ArcWatcher *watcher, ArcChangeSet *changes, ArcFixture *self)
{
  g_assert_cmpuint (arc_change_set_get_size (changes), >, 0);
  arc_change_set_foreach (changes, apply, self);
  arc_change_set_merge (self->emitted, changes);
  if (self->is_reconciling)
    arc_change_set_merge (self->missed, changes);
  self->n_changed++;
}

static void
on_settled (ArcWatcher *watcher, ArcFixture *self)
{
  g_autoptr (ArcChangeSet) files = arc_snapshot_list (arc_watcher_get_snapshot (watcher));

  g_assert_true (arc_test_get_boolean (watcher, "settled"));
  /* What cannot be read is not waited for. */
  if (self->is_comparing && !self->may_be_fresh &&
      arc_watcher_get_health (watcher) == ARC_HEALTH_OK)
    arc_change_set_foreach (files, assert_old_enough, self);
  self->is_comparing = FALSE;
  self->is_reconciling = FALSE;
  self->n_settled++;
}

void
arc_fixture_restart (ArcFixture *self, ArcSnapshot *snapshot)
{
  const char *roots[] = { self->root, NULL };

  if (self->watcher != NULL)
    {
      arc_watcher_stop (self->watcher);
      g_assert_finalize_object (self->watcher);
    }

  self->watcher = arc_watcher_new (roots, self->filter, self->follow_symlinks);
  g_signal_connect (self->watcher, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect (self->watcher, "settled", G_CALLBACK (on_settled), self);
  self->is_comparing = TRUE;
  arc_watcher_start (self->watcher, snapshot);
}

void
arc_fixture_start (ArcFixture *self, ArcSnapshot *snapshot, gboolean follow_symlinks)
{
  g_autoptr (ArcChangeSet) start = NULL;
  const char *roots[] = { self->root, NULL };

  self->follow_symlinks = follow_symlinks;
  self->watcher = arc_watcher_new (roots, self->filter, follow_symlinks);
  g_signal_connect (self->watcher, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect (self->watcher, "settled", G_CALLBACK (on_settled), self);
  self->is_comparing = TRUE;
  arc_watcher_start (self->watcher, snapshot);
  arc_fixture_wait_settled (self);

  start = arc_snapshot_list (arc_watcher_get_snapshot (self->watcher));
  arc_change_set_foreach (start, apply, self);
}

void
arc_fixture_sh (ArcFixture *self, const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  va_list args;
  int status;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);

  const char *argv[] = { "/bin/sh", "-euc", line, NULL };

  g_spawn_sync (self->base, (char **) argv, NULL, 0, NULL, NULL, NULL, &errors, &status, &error);
  g_assert_no_error (error);
  if (status != 0)
    g_error ("\"%s\" failed: %s", line, errors);
}

static gboolean
is_unmounted (const char *path)
{
  const int result = umount2 (path, UMOUNT_NOFOLLOW);

  if (result != 0 && errno != EBUSY)
    g_error ("\"umount %s\" failed: %s", path, g_strerror (errno));

  return result == 0;
}

void
arc_fixture_unmount (ArcFixture *self, const char *first, ...)
{
  va_list names;

  va_start (names, first);
  for (const char *name = first; name != NULL; name = va_arg (names, const char *))
    {
      g_autofree char *path = g_build_filename (self->base, name, NULL);

      arc_test_wait_until (is_unmounted (path));
    }
  va_end (names);
}

static gboolean
on_deadline (gpointer user_data)
{
  gboolean *late = user_data;

  *late = TRUE;

  return G_SOURCE_REMOVE;
}

void
arc_fixture_wait (ArcFixture *self, ArcFixtureFunc func, gconstpointer data)
{
  gboolean late = FALSE;
  guint deadline = g_timeout_add_seconds (DEADLINE_SECONDS, on_deadline, &late);

  while (!func (self, data) && !late)
    g_main_context_iteration (NULL, TRUE);

  if (late)
    g_error ("Waited %d s in vain, for \"%s\"", DEADLINE_SECONDS, (const char *) data);
  g_source_remove (deadline);
}

static gboolean
is_settled (ArcFixture *self, gconstpointer data)
{
  return arc_test_get_boolean (self->watcher, "settled");
}

void
arc_fixture_wait_settled (ArcFixture *self)
{
  arc_fixture_wait (self, is_settled, "settled");
}

gboolean
arc_fixture_is_unavailable (ArcFixture *fixture, gconstpointer data)
{
  return arc_watcher_get_health (fixture->watcher) == ARC_HEALTH_UNAVAILABLE &&
         arc_test_get_boolean (fixture->watcher, "settled");
}

gboolean
arc_fixture_is_ok (ArcFixture *fixture, gconstpointer data)
{
  return arc_watcher_get_health (fixture->watcher) == ARC_HEALTH_OK &&
         arc_test_get_boolean (fixture->watcher, "settled");
}

gboolean
arc_fixture_is_degraded (ArcFixture *fixture, gconstpointer data)
{
  return arc_watcher_get_health (fixture->watcher) == ARC_HEALTH_DEGRADED &&
         arc_test_get_boolean (fixture->watcher, "settled");
}

void
arc_fixture_reconcile (ArcFixture *self)
{
  self->is_comparing = TRUE;
  self->is_reconciling = TRUE;
  arc_watcher_reconcile (self->watcher);
  arc_fixture_wait_settled (self);
}

/* The rules anew, in the plainest way, so that this is no second look through the same glasses. */
static gboolean
matters (const char *name, gboolean directory)
{
  if (name[0] == '.' || name[0] == '#' || g_str_has_suffix (name, "~") ||
      strstr (name, ".sync-conflict-") != NULL)
    return FALSE;

  return directory || g_str_has_suffix (name, ".org");
}

typedef void (*WalkFunc) (const char *path, const struct stat *info, gpointer user_data);

static void
walk (const char *path, WalkFunc func, gpointer user_data)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      struct stat info;

      if (lstat (child, &info) != 0 || !matters (name, S_ISDIR (info.st_mode)))
        continue;

      if (S_ISREG (info.st_mode) || S_ISDIR (info.st_mode))
        func (child, &info, user_data);
      if (S_ISDIR (info.st_mode))
        walk (child, func, user_data);
    }
}

typedef struct
{
  ArcFixture *fixture;
  guint n_files;
  guint n_directories;
  char *difference;
} Comparison;

static void
compare (const char *path, const struct stat *info, gpointer user_data)
{
  Comparison *comparison = user_data;
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  const ArcFingerprint *known;

  if (S_ISDIR (info->st_mode))
    {
      comparison->n_directories++;
      return;
    }

  comparison->n_files++;
  known = arc_snapshot_lookup (arc_watcher_get_snapshot (comparison->fixture->watcher), directory,
                               name);
  if (comparison->difference != NULL)
    return;

  if (known == NULL)
    comparison->difference = g_strdup_printf ("%s is not known", path);
  else if (known->inode != info->st_ino || known->size != (guint64) info->st_size ||
           known->mtime_ns != info->st_mtim.tv_sec * 1000000000L + info->st_mtim.tv_nsec ||
           known->ctime_ns != info->st_ctim.tv_sec * 1000000000L + info->st_ctim.tv_nsec)
    comparison->difference = g_strdup_printf ("%s is known as it was", path);
  else if (!g_hash_table_contains (comparison->fixture->known, path))
    comparison->difference = g_strdup_printf ("%s is in the snapshot, but was not emitted", path);
}

/* (nullable): how the snapshot differs from the disk. */
static char *
find_difference (ArcFixture *self)
{
  Comparison comparison = { .fixture = self };
  guint n_files = arc_watcher_get_n_files (self->watcher);
  guint n_directories = arc_watcher_get_n_directories (self->watcher);

  walk (self->root, compare, &comparison);
  comparison.n_directories++;

  if (comparison.difference == NULL && comparison.n_files != n_files)
    comparison.difference =
        g_strdup_printf ("%u files are known, %u are there", n_files, comparison.n_files);
  if (comparison.difference == NULL && comparison.n_files != g_hash_table_size (self->known))
    comparison.difference = g_strdup_printf ("%u files were emitted, %u are there",
                                             g_hash_table_size (self->known), comparison.n_files);
  if (comparison.difference == NULL && comparison.n_directories != n_directories)
    comparison.difference = g_strdup_printf ("%u directories are known, %u are there",
                                             n_directories, comparison.n_directories);

  return comparison.difference;
}

static gboolean
is_true (ArcFixture *self, gconstpointer data)
{
  g_autofree char *difference = NULL;

  if (!arc_test_get_boolean (self->watcher, "settled"))
    return FALSE;

  difference = find_difference (self);

  return difference == NULL;
}

void
arc_fixture_wait_true (ArcFixture *self)
{
  gboolean late = FALSE;
  guint deadline = g_timeout_add_seconds (DEADLINE_SECONDS, on_deadline, &late);

  while (!is_true (self, NULL) && !late)
    {
      /* To compare costs more than what the watcher does meanwhile. */
      gint64 end = g_get_monotonic_time () + COMPARE_INTERVAL;

      g_main_context_iteration (NULL, TRUE);
      while (g_get_monotonic_time () < end && g_main_context_iteration (NULL, FALSE))
        ;
    }

  if (late)
    {
      g_autofree char *difference = find_difference (self);

      g_error ("Not true after %d s: %s", DEADLINE_SECONDS, difference);
    }
  g_source_remove (deadline);
}

void
arc_fixture_forget (ArcFixture *self)
{
  arc_change_set_free (self->emitted);
  self->emitted = arc_change_set_new ();
  self->n_changed = 0;
  self->n_emitted = 0;
}

gboolean
arc_fixture_is_emitted (ArcFixture *self, const char *path)
{
  g_autofree char *absolute = g_build_filename (self->base, path, NULL);

  return arc_change_set_lookup (self->emitted, absolute, NULL);
}

static gboolean
is_emitted (ArcFixture *self, gconstpointer data)
{
  return arc_fixture_is_emitted (self, data);
}

void
arc_fixture_wait_emitted (ArcFixture *self, const char *path, ArcChange change)
{
  g_autofree char *absolute = g_build_filename (self->base, path, NULL);
  gboolean late = FALSE;
  guint deadline = g_timeout_add_seconds (DEADLINE_SECONDS, on_deadline, &late);
  ArcChange emitted = 0;

  while (!late && !(arc_change_set_lookup (self->emitted, absolute, &emitted) && emitted == change))
    g_main_context_iteration (NULL, TRUE);

  if (late)
    g_error ("%c %s was not emitted in %d s", (char) change, path, DEADLINE_SECONDS);
  g_source_remove (deadline);
}

void
arc_fixture_wait_sentinels (ArcFixture *self, const char *const *paths)
{
  for (guint i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *file = g_build_filename (self->base, paths[i], SENTINEL, NULL);
      FILE *stream = fopen (file, "ae");

      g_assert_nonnull (stream);
      g_assert_cmpint (fputs (".", stream), >=, 0);
      g_assert_cmpint (fclose (stream), ==, 0);
      arc_change_set_remove (self->emitted, file);
    }
  for (guint i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *file = g_build_filename (paths[i], SENTINEL, NULL);

      arc_fixture_wait (self, is_emitted, file);
    }
}

static void
print (const char *path, ArcChange change, gpointer user_data)
{
  g_printerr ("# missed: %c %s\n", (char) change, path);
}

void
arc_fixture_assert_none_missed (ArcFixture *self)
{
  arc_fixture_reconcile (self);
  arc_change_set_foreach (self->missed, print, NULL);
  g_assert_cmpuint (arc_change_set_get_size (self->missed), ==, 0);
}

typedef struct
{
  ArcFixture *fixture;
  GPtrArray *list;
} Listing;

static void
add_directory (const char *path, const struct stat *info, gpointer user_data)
{
  Listing *listing = user_data;

  if (S_ISDIR (info->st_mode))
    g_ptr_array_add (listing->list, g_strdup (path + strlen (listing->fixture->base) + 1));
}

GPtrArray *
arc_fixture_list_directories (ArcFixture *self)
{
  Listing listing = { self, g_ptr_array_new_with_free_func (g_free) };

  g_ptr_array_add (listing.list, g_strdup ("tree"));
  walk (self->root, add_directory, &listing);

  return listing.list;
}
