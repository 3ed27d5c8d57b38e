/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/snapshot.h"

#include "common/path.h"

#include <string.h>

typedef struct
{
  ArcFingerprint fingerprint;
  gsize name; /* where it starts in the names of the directory */
} File;

/* The files of one directory, by the order of the bytes of their names. A directory without files
 * is not kept. */
typedef struct
{
  File *files;
  guint n_files;
  guint n_allocated;
  char *names; /* each ends in NUL; in no order, and with unused bytes where a file was forgotten */
  gsize names_used;
  gsize names_allocated;
  gsize names_unused; /* how many of those bytes */
  char path[];
} Directory;

struct _ArcSnapshot
{
  GHashTable *directories; /* (element-type filename Directory) the keys lie in the values */
  GHashTable *mounted;     /* (element-type filename) */
  guint n_files;
};

static Directory *
directory_new (const char *path)
{
  gsize size = strlen (path) + 1;
  Directory *directory = g_malloc0 (sizeof (Directory) + size);

  memcpy (directory->path, path, size);

  return directory;
}

static void
directory_free (gpointer data)
{
  Directory *directory = data;

  g_free (directory->files);
  g_free (directory->names);
  g_free (directory);
}

static const char *
directory_get_name (const Directory *directory, guint index)
{
  return directory->names + directory->files[index].name;
}

/* Whether NAME is in DIRECTORY; INDEX gets where it is, or where it would be. */
static gboolean
directory_find (const Directory *directory, const char *name, guint *index)
{
  guint low = 0;
  guint high = directory->n_files;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      int order = strcmp (name, directory_get_name (directory, middle));

      if (order == 0)
        {
          *index = middle;
          return TRUE;
        }
      if (order < 0)
        high = middle;
      else
        low = middle + 1;
    }

  *index = low;
  return FALSE;
}

/* Makes room for exactly N_FILES files, and NAMES_SIZE bytes of names. */
static void
directory_allocate (Directory *directory, guint n_files, gsize names_size)
{
  directory->files = g_renew (File, directory->files, n_files);
  directory->n_allocated = n_files;
  directory->names = g_realloc (directory->names, names_size);
  directory->names_allocated = names_size;
}

/* There must be room. */
static void
directory_insert (Directory *directory, guint index, const char *name, const ArcFingerprint *print)
{
  gsize size = strlen (name) + 1;
  File *file = directory->files + index;

  memmove (file + 1, file, (directory->n_files - index) * sizeof *file);
  file->fingerprint = *print;
  file->name = directory->names_used;
  memcpy (directory->names + file->name, name, size);
  directory->names_used += size;
  directory->n_files++;
}

/* Grows by half, so that N files cost N copies and log N allocations. */
static void
directory_make_room (Directory *directory, const char *name)
{
  gsize names_needed = directory->names_used + strlen (name) + 1;
  guint n_files = directory->n_allocated;
  gsize names_size = directory->names_allocated;

  if (directory->n_files == n_files)
    n_files += n_files / 2 + 1;
  if (names_needed > names_size)
    names_size = MAX (names_needed, names_size + names_size / 2);

  if (n_files != directory->n_allocated || names_size != directory->names_allocated)
    directory_allocate (directory, n_files, names_size);
}

/* Moves the names together and gives back the memory that is not used. */
static void
directory_compact (Directory *directory)
{
  g_autofree char *names = directory->names;
  gsize size = directory->names_used - directory->names_unused;

  directory->names = NULL;
  directory_allocate (directory, directory->n_files, size);
  directory->names_used = 0;
  directory->names_unused = 0;

  for (guint i = 0; i < directory->n_files; i++)
    {
      File *file = directory->files + i;
      gsize length = strlen (names + file->name) + 1;

      memcpy (directory->names + directory->names_used, names + file->name, length);
      file->name = directory->names_used;
      directory->names_used += length;
    }
}

static void
directory_remove (Directory *directory, guint index)
{
  File *file = directory->files + index;

  directory->names_unused += strlen (directory->names + file->name) + 1;
  directory->n_files--;
  memmove (file, file + 1, (directory->n_files - index) * sizeof *file);

  /* Not before half of it is unused, so that N removals copy at most 2 N names. */
  if (directory->names_unused > directory->names_used / 2)
    directory_compact (directory);
}

static gboolean
fingerprint_equal (const ArcFingerprint *a, const ArcFingerprint *b)
{
  return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns &&
         a->ctime_ns == b->ctime_ns;
}

static void
add_change (ArcChangeSet *changes, const char *directory, const char *name, ArcChange change)
{
  g_autofree char *path = NULL;

  if (changes == NULL)
    return;

  path = arc_path_join (directory, name);
  arc_change_set_add (changes, path, change);
}

/* The order of file I of BEFORE and file J of AFTER; one behind the last file comes last. */
static int
compare_names (const Directory *before /* (nullable) */,
               guint i,
               const Directory *after /* (nullable) */,
               guint j)
{
  if (before == NULL || i == before->n_files)
    return 1;
  if (after == NULL || j == after->n_files)
    return -1;

  return strcmp (directory_get_name (before, i), directory_get_name (after, j));
}

/* Merges the two sorted lists. Returns the number of differences. */
static guint
compare_directories (const Directory *before /* (nullable) */,
                     const Directory *after /* (nullable) */,
                     ArcChangeSet *changes /* (nullable) */)
{
  guint n_before = before != NULL ? before->n_files : 0;
  guint n_after = after != NULL ? after->n_files : 0;
  guint n_differences = 0;
  guint i = 0;
  guint j = 0;

  while (i < n_before || j < n_after)
    {
      const int order = compare_names (before, i, after, j);
      const gboolean is_same = order == 0 && fingerprint_equal (&before->files[i].fingerprint,
                                                                &after->files[j].fingerprint);

      if (order < 0)
        add_change (changes, before->path, directory_get_name (before, i), ARC_CHANGE_DELETED);
      else if (order > 0)
        add_change (changes, after->path, directory_get_name (after, j), ARC_CHANGE_ADDED);
      else if (!is_same)
        add_change (changes, after->path, directory_get_name (after, j), ARC_CHANGE_MODIFIED);

      n_differences += !is_same;
      i += order <= 0;
      j += order >= 0;
    }

  return n_differences;
}

ArcSnapshot *
arc_snapshot_new (void)
{
  ArcSnapshot *snapshot = g_new0 (ArcSnapshot, 1);

  snapshot->directories = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, directory_free);
  snapshot->mounted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return snapshot;
}

void
arc_snapshot_free (ArcSnapshot *snapshot)
{
  g_hash_table_unref (snapshot->directories);
  g_hash_table_unref (snapshot->mounted);
  g_free (snapshot);
}

guint
arc_snapshot_get_n_files (const ArcSnapshot *snapshot)
{
  return snapshot->n_files;
}

static gboolean
forget_file (ArcSnapshot *snapshot, Directory *directory, const char *name, ArcChangeSet *changes)
{
  guint index;

  if (directory == NULL || !directory_find (directory, name, &index))
    return FALSE;

  add_change (changes, directory->path, name, ARC_CHANGE_DELETED);
  snapshot->n_files--;
  if (directory->n_files == 1)
    g_hash_table_remove (snapshot->directories, directory->path);
  else
    directory_remove (directory, index);

  return TRUE;
}

gboolean
arc_snapshot_set_file (ArcSnapshot *snapshot,
                       const char *directory,
                       const char *name,
                       const ArcFingerprint *fingerprint,
                       ArcChangeSet *changes)
{
  Directory *known;
  guint index;

  g_return_val_if_fail (directory[0] == '/', FALSE);

  known = g_hash_table_lookup (snapshot->directories, directory);
  if (fingerprint == NULL)
    return forget_file (snapshot, known, name, changes);

  if (known == NULL)
    {
      known = directory_new (directory);
      g_hash_table_insert (snapshot->directories, known->path, known);
    }

  if (directory_find (known, name, &index))
    {
      File *file = known->files + index;

      if (fingerprint_equal (&file->fingerprint, fingerprint))
        return FALSE;

      file->fingerprint = *fingerprint;
      add_change (changes, directory, name, ARC_CHANGE_MODIFIED);
    }
  else
    {
      directory_make_room (known, name);
      directory_insert (known, index, name, fingerprint);
      snapshot->n_files++;
      add_change (changes, directory, name, ARC_CHANGE_ADDED);
    }

  return TRUE;
}

static int
compare_entries (const void *a, const void *b, gpointer user_data G_GNUC_UNUSED)
{
  return strcmp (((const ArcEntry *) a)->name, ((const ArcEntry *) b)->name);
}

/* (nullable): ENTRIES, sorted by name, as a directory. */
static Directory *
directory_new_from_entries (const char *path, const ArcEntry *entries, guint n_entries)
{
  Directory *directory;
  gsize names_size = 0;

  if (n_entries == 0)
    return NULL;

  for (guint i = 0; i < n_entries; i++)
    names_size += strlen (entries[i].name) + 1;

  directory = directory_new (path);
  directory_allocate (directory, n_entries, names_size);
  for (guint i = 0; i < n_entries; i++)
    {
      gboolean again = i + 1 < n_entries && strcmp (entries[i].name, entries[i + 1].name) == 0;

      if (!again)
        directory_insert (directory, directory->n_files, entries[i].name, &entries[i].fingerprint);
    }

  return directory;
}

/* Whether ENTRIES, sorted, are what is known: nearly always, when a tree is compared. */
static gboolean
directory_equals_entries (const Directory *directory, const ArcEntry *entries, guint n_entries)
{
  if (directory->n_files != n_entries)
    return FALSE;

  for (guint i = 0; i < n_entries; i++)
    if (!fingerprint_equal (&directory->files[i].fingerprint, &entries[i].fingerprint) ||
        strcmp (directory_get_name (directory, i), entries[i].name) != 0)
      return FALSE;

  return TRUE;
}

guint
arc_snapshot_set_directory (ArcSnapshot *snapshot,
                            const char *directory,
                            ArcEntry *entries,
                            guint n_entries,
                            ArcChangeSet *changes)
{
  Directory *before;
  Directory *after;
  guint n_differences;

  g_return_val_if_fail (directory[0] == '/', 0);

  /* Unlike qsort(3) it is stable, so that the last of two entries of one name stays the last. */
  g_qsort_with_data (entries, (int) n_entries, sizeof *entries, compare_entries, NULL);

  before = g_hash_table_lookup (snapshot->directories, directory);
  if (before == NULL ? n_entries == 0 : directory_equals_entries (before, entries, n_entries))
    return 0;

  after = directory_new_from_entries (directory, entries, n_entries);
  n_differences = compare_directories (before, after, changes);

  if (before != NULL)
    snapshot->n_files -= before->n_files;
  if (after != NULL)
    {
      snapshot->n_files += after->n_files;
      /* Not _insert(), which would keep the old key: it goes with the old value. */
      g_hash_table_replace (snapshot->directories, after->path, after);
    }
  else
    {
      g_hash_table_remove (snapshot->directories, directory);
    }

  return n_differences;
}

const ArcFingerprint *
arc_snapshot_lookup (const ArcSnapshot *snapshot, const char *directory, const char *name)
{
  const Directory *known = g_hash_table_lookup (snapshot->directories, directory);
  guint index;

  if (known == NULL || !directory_find (known, name, &index))
    return NULL;

  return &known->files[index].fingerprint;
}

const char **
arc_snapshot_get_directories (const ArcSnapshot *snapshot)
{
  /* The array that this returns ends in NULL. */
  return (const char **) g_hash_table_get_keys_as_array (snapshot->directories, NULL);
}

void
arc_snapshot_get_entries (const ArcSnapshot *snapshot, const char *directory, GArray *entries)
{
  const Directory *known = g_hash_table_lookup (snapshot->directories, directory);
  guint n_files = known != NULL ? known->n_files : 0;

  g_array_set_size (entries, n_files);
  for (guint i = 0; i < n_files; i++)
    g_array_index (entries, ArcEntry, i) =
        (ArcEntry){ directory_get_name (known, i), known->files[i].fingerprint };
}

/* (nullable): the directory of PATH, without a slash at the end, but for the root directory; NULL
 * if PATH ends in a slash, as that of no file does. */
static char *
split_path (const char *path, const char **name)
{
  gsize length;

  *name = strrchr (path, '/') + 1;
  if (**name == '\0')
    return NULL;

  length = (gsize) (*name - path);
  while (length > 1 && path[length - 1] == '/')
    length--;

  return g_strndup (path, length);
}

typedef struct
{
  const ArcSnapshot *snapshot;
  ArcSnapshot *extract;
  GArray *entries; /* (element-type ArcEntry): only there to be used again */
} Extraction;

static void
extract_directory (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  Extraction *self = user_data;
  const char *name;
  g_autofree char *directory = split_path (path, &name);

  if (directory == NULL || g_hash_table_contains (self->extract->directories, directory))
    return;

  arc_snapshot_get_entries (self->snapshot, directory, self->entries);
  arc_snapshot_set_directory (self->extract, directory, (gpointer) self->entries->data,
                              self->entries->len, NULL);
}

ArcSnapshot *
arc_snapshot_extract (const ArcSnapshot *snapshot, const ArcChangeSet *changes)
{
  g_autoptr (ArcSnapshot) extract = arc_snapshot_new ();
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));

  arc_change_set_foreach (changes, extract_directory, &(Extraction){ snapshot, extract, entries });

  return g_steal_pointer (&extract);
}

static void
mark_dirty (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  static const ArcFingerprint zeros = { 0 };
  const char *name;
  g_autofree char *directory = split_path (path, &name);

  if (directory != NULL)
    arc_snapshot_set_file (user_data, directory, name, &zeros, NULL);
}

void
arc_snapshot_mark_dirty (ArcSnapshot *snapshot, const ArcChangeSet *changes)
{
  arc_change_set_foreach (changes, mark_dirty, snapshot);
}

gboolean
arc_snapshot_has_directory (const ArcSnapshot *snapshot, const char *directory)
{
  return g_hash_table_contains (snapshot->directories, directory);
}

ArcChangeSet *
arc_snapshot_list (const ArcSnapshot *snapshot)
{
  ArcChangeSet *changes = arc_change_set_new ();
  GHashTableIter iter;
  gpointer directory;

  g_hash_table_iter_init (&iter, snapshot->directories);
  while (g_hash_table_iter_next (&iter, NULL, &directory))
    compare_directories (NULL, directory, changes);

  return changes;
}

gboolean
arc_snapshot_has_files_below (const ArcSnapshot *snapshot, const char *path)
{
  GHashTableIter iter;
  gpointer directory;

  g_hash_table_iter_init (&iter, snapshot->directories);
  while (g_hash_table_iter_next (&iter, &directory, NULL))
    if (arc_path_get_below (directory, path) != NULL)
      return TRUE;

  return FALSE;
}

void
arc_snapshot_set_mounted (ArcSnapshot *snapshot, const char *directory, gboolean mounted)
{
  g_return_if_fail (directory[0] == '/');

  if (mounted)
    g_hash_table_add (snapshot->mounted, g_strdup (directory));
  else if (g_hash_table_size (snapshot->mounted) > 0)
    g_hash_table_remove (snapshot->mounted, directory);
}

gboolean
arc_snapshot_is_mounted (const ArcSnapshot *snapshot, const char *directory)
{
  return g_hash_table_contains (snapshot->mounted, directory);
}

const char **
arc_snapshot_get_mounted (const ArcSnapshot *snapshot)
{
  return (const char **) g_hash_table_get_keys_as_array (snapshot->mounted, NULL);
}
