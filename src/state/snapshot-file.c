/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/snapshot-file.h"

#include "common/error.h"
#include "common/file-frame.h"

#include <string.h>

/* LEB128 of 64 bits: seven bits a byte. */
#define MAX_NUMBER_SIZE 10

/* A file takes no less: a name of one byte, its NUL, and four numbers. */
#define MIN_FILE_SIZE 6

/* Folds the sign into the lowest bit, so that a small difference is a small number. */
static guint64
fold (guint64 difference)
{
  return difference << 1 ^ (difference >> 63 != 0 ? G_MAXUINT64 : 0);
}

static guint64
unfold (guint64 number)
{
  return number >> 1 ^ ((number & 1) != 0 ? G_MAXUINT64 : 0);
}

/* Puts NUMBER at CURSOR, where there is room; returns the end of it. */
static guint8 *
put_number (guint8 *cursor, guint64 number)
{
  for (; number > 0x7f; number >>= 7)
    *cursor++ = (guint8) (number | 0x80);
  *cursor++ = (guint8) number;

  return cursor;
}

static void
append_number (GByteArray *body, guint64 number)
{
  guint8 buffer[MAX_NUMBER_SIZE];

  g_byte_array_append (body, buffer, (guint) (put_number (buffer, number) - buffer));
}

static void
append_string (GByteArray *body, const char *string)
{
  g_byte_array_append (body, (const guint8 *) string, (guint) strlen (string) + 1);
}

/* Differences wrap around: so every value is allowed. */
static void
append_fingerprint (GByteArray *body, const ArcFingerprint *before, const ArcFingerprint *print)
{
  guint8 buffer[4 * MAX_NUMBER_SIZE];
  guint8 *cursor = buffer;

  cursor = put_number (cursor, fold (print->inode - before->inode));
  cursor = put_number (cursor, print->size);
  cursor = put_number (cursor, fold ((guint64) print->mtime_ns - (guint64) before->mtime_ns));
  cursor = put_number (cursor, fold ((guint64) print->ctime_ns - (guint64) print->mtime_ns));
  g_byte_array_append (body, buffer, (guint) (cursor - buffer));
}

static int
compare_strings (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The directories of SNAPSHOT, and of MARKED (nullable), by the order of their bytes. */
static GPtrArray *
list_directories (const ArcSnapshot *snapshot, const ArcSnapshot *marked)
{
  g_autofree const char **directories = arc_snapshot_get_directories (snapshot);
  g_autofree const char **others = NULL;
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  for (const char **directory = directories; *directory != NULL; directory++)
    g_ptr_array_add (list, (gpointer) *directory);

  if (marked != NULL)
    others = arc_snapshot_get_directories (marked);
  for (const char **directory = others; directory != NULL && *directory != NULL; directory++)
    if (!arc_snapshot_has_directory (snapshot, *directory))
      g_ptr_array_add (list, (gpointer) *directory);

  g_ptr_array_sort (list, compare_strings);

  return g_steal_pointer (&list);
}

static void
append_directory (GByteArray *body, const char *directory, GArray *entries, ArcFingerprint *before)
{
  append_string (body, directory);
  append_number (body, entries->len);
  for (guint i = 0; i < entries->len; i++)
    append_string (body, g_array_index (entries, ArcEntry, i).name);
  for (guint i = 0; i < entries->len; i++)
    {
      const ArcFingerprint *print = &g_array_index (entries, ArcEntry, i).fingerprint;

      append_fingerprint (body, before, print);
      *before = *print;
    }
}

/* Appends those of MOUNTED, sorted, that come before DIRECTORY (nullable: all), or are the same.
 * (transfer none): the rest. */
static const char **
append_mounted (GByteArray *body, const char **mounted, const char *directory)
{
  for (; *mounted != NULL && (directory == NULL || strcmp (*mounted, directory) <= 0); mounted++)
    {
      append_string (body, *mounted);
      append_number (body, 0);
    }

  return mounted;
}

GByteArray *
arc_snapshot_frame (const ArcSnapshot *snapshot, const ArcChangeSet *dirty, GBytes *identity)
{
  g_autofree const char **mounted = arc_snapshot_get_mounted (snapshot);
  const char **unwritten = mounted;
  GByteArray *body =
      arc_file_frame_begin (ARC_SNAPSHOT_MAGIC,
                            *mounted != NULL ? ARC_SNAPSHOT_VERSION_MOUNTS : ARC_SNAPSHOT_VERSION);
  g_autoptr (ArcSnapshot) marked = NULL;
  g_autoptr (GPtrArray) directories = NULL;
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));
  ArcFingerprint before = { 0 };
  gsize identity_size = identity != NULL ? g_bytes_get_size (identity) : 0;

  /* Only the directories that something is dirty in are copied, which are few as a rule. */
  if (dirty != NULL)
    {
      marked = arc_snapshot_extract (snapshot, dirty);
      arc_snapshot_mark_dirty (marked, dirty);
    }
  directories = list_directories (snapshot, marked);
  qsort (mounted, g_strv_length ((char **) mounted), sizeof *mounted, compare_strings);

  append_number (body, identity_size);
  if (identity_size > 0)
    g_byte_array_append (body, g_bytes_get_data (identity, NULL), (guint) identity_size);

  for (guint i = 0; i < directories->len; i++)
    {
      const char *directory = directories->pdata[i];
      const gboolean is_marked = marked != NULL && arc_snapshot_has_directory (marked, directory);

      unwritten = append_mounted (body, unwritten, directory);
      arc_snapshot_get_entries (is_marked ? marked : snapshot, directory, entries);
      append_directory (body, directory, entries, &before);
    }
  append_mounted (body, unwritten, NULL);

  return body;
}

GBytes *
arc_snapshot_serialise_list (const ArcSnapshot *snapshot)
{
  static const guint8 letter[] = { ARC_CHANGE_ADDED, '\0' };
  GByteArray *list = g_byte_array_new ();
  g_autoptr (GPtrArray) directories = list_directories (snapshot, NULL);
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));
  g_autoptr (GString) path = g_string_new (NULL);

  for (guint i = 0; i < directories->len; i++)
    {
      const char *directory = directories->pdata[i];
      gsize length;

      g_string_assign (path, directory);
      if (path->str[path->len - 1] != '/')
        g_string_append_c (path, '/');
      length = path->len;

      arc_snapshot_get_entries (snapshot, directory, entries);
      for (guint j = 0; j < entries->len; j++)
        {
          g_string_truncate (path, length);
          g_string_append (path, g_array_index (entries, ArcEntry, j).name);
          g_byte_array_append (list, letter, sizeof letter);
          append_string (list, path->str);
        }
    }

  return g_byte_array_free_to_bytes (list);
}

typedef struct
{
  const guint8 *cursor;
  const guint8 *end;
} Reader;

static gsize
get_rest (const Reader *reader)
{
  return (gsize) (reader->end - reader->cursor);
}

/* FALSE if there is no number, it is beyond 64 bits, or not in its shortest form. */
static gboolean
read_number (Reader *reader, guint64 *number)
{
  guint64 value = 0;

  for (guint shift = 0; shift < 64 && reader->cursor < reader->end; shift += 7)
    {
      guint8 byte = *reader->cursor++;
      guint64 bits = byte & 0x7f;

      if (bits << shift >> shift != bits || (byte == 0 && shift > 0))
        return FALSE;

      value |= bits << shift;
      if (byte < 0x80)
        {
          *number = value;
          return TRUE;
        }
    }

  return FALSE;
}

/* (nullable): the string at the cursor, or NULL if it has no end. */
static const char *
read_string (Reader *reader)
{
  const char *string = (const char *) reader->cursor;
  const guint8 *nul = memchr (reader->cursor, '\0', get_rest (reader));

  if (nul == NULL)
    return NULL;

  reader->cursor = nul + 1;
  return string;
}

static gboolean
read_fingerprint (Reader *reader, const ArcFingerprint *before, ArcFingerprint *print)
{
  guint64 inode;
  guint64 mtime;
  guint64 ctime;

  if (!read_number (reader, &inode) || !read_number (reader, &print->size) ||
      !read_number (reader, &mtime) || !read_number (reader, &ctime))
    return FALSE;

  print->inode = before->inode + unfold (inode);
  print->mtime_ns = (gint64) ((guint64) before->mtime_ns + unfold (mtime));
  print->ctime_ns = (gint64) ((guint64) print->mtime_ns + unfold (ctime));
  return TRUE;
}

/* (nullable): the identity at the cursor, or NULL if there is none. */
static GBytes *
read_identity (Reader *reader, GBytes *body)
{
  guint64 size;
  gsize offset;

  if (!read_number (reader, &size) || size > get_rest (reader))
    return NULL;

  offset = g_bytes_get_size (body) - get_rest (reader);
  reader->cursor += size;
  return g_bytes_new_from_bytes (body, offset, (gsize) size);
}

static gboolean
is_directory (const char *path)
{
  return path[0] == '/' && (path[1] == '\0' || !g_str_has_suffix (path, "/"));
}

/* Reads the names of as many ENTRIES as there are. (nullable): what is wrong. */
static const char *
read_names (Reader *reader, GArray *entries)
{
  const char *before = "";

  for (guint i = 0; i < entries->len; i++)
    {
      const char *name = read_string (reader);

      if (name == NULL)
        return "it ends in a name";
      if (strcmp (name, before) <= 0)
        return "a name is empty or out of order";
      if (strchr (name, '/') != NULL)
        return "a name has a slash in it";

      g_array_index (entries, ArcEntry, i).name = name;
      before = name;
    }

  return NULL;
}

/* Reads a directory, or that it is mounted, into SNAPSHOT. *PATH and *PRINT are of the one before,
 * and get its path and its last fingerprint. ENTRIES is only there to be used again. (nullable):
 * what is wrong. */
static const char *
read_directory (Reader *reader,
                guint32 version,
                const char **path,
                ArcFingerprint *print,
                GArray *entries,
                ArcSnapshot *snapshot)
{
  const char *directory = read_string (reader);
  guint64 n_files;
  const char *fault;
  int order;

  if (directory == NULL)
    return "it ends in the path of a directory";
  if (!is_directory (directory))
    return "the path of a directory is not absolute, or ends in a slash";
  order = strcmp (directory, *path);
  if (!read_number (reader, &n_files) || (n_files == 0 && version < ARC_SNAPSHOT_VERSION_MOUNTS))
    return "expected how many files a directory has";
  /* What was before it may be that it is mounted. */
  if (order < 0 || (order == 0 && (n_files == 0 || arc_snapshot_has_directory (snapshot, *path))))
    return "a directory is out of order";

  *path = directory;
  if (n_files == 0)
    {
      arc_snapshot_set_mounted (snapshot, directory, TRUE);
      return NULL;
    }

  /* Before there is memory for them: it must not be more than there are bytes to fill it. */
  if (n_files > get_rest (reader) / MIN_FILE_SIZE || n_files > G_MAXINT)
    return "it ends before the last file of a directory";

  g_array_set_size (entries, (guint) n_files);
  fault = read_names (reader, entries);
  if (fault != NULL)
    return fault;

  for (guint i = 0; i < entries->len; i++)
    {
      ArcFingerprint *next = &g_array_index (entries, ArcEntry, i).fingerprint;

      if (!read_fingerprint (reader, print, next))
        return "expected a number";
      *print = *next;
    }

  arc_snapshot_set_directory (snapshot, directory, (gpointer) entries->data, entries->len, NULL);
  return NULL;
}

static gboolean
has_mounted (const ArcSnapshot *snapshot)
{
  g_autofree const char **mounted = arc_snapshot_get_mounted (snapshot);

  return *mounted != NULL;
}

ArcSnapshot *
arc_snapshot_parse (GBytes *bytes, GBytes **identity, GError **error)
{
  const guint32 version = arc_file_frame_get_version (bytes) == ARC_SNAPSHOT_VERSION
                              ? ARC_SNAPSHOT_VERSION
                              : ARC_SNAPSHOT_VERSION_MOUNTS;
  g_autoptr (GBytes) body = arc_file_frame_open (bytes, ARC_SNAPSHOT_MAGIC, version, error);
  g_autoptr (GBytes) found = NULL;
  g_autoptr (ArcSnapshot) snapshot = NULL;
  g_autoptr (GArray) entries = NULL;
  ArcFingerprint print = { 0 };
  const char *path = "";
  const char *fault = NULL;
  const guint8 *data;
  gsize size;
  Reader reader;

  if (body == NULL)
    return NULL;

  data = g_bytes_get_data (body, &size);
  reader = (Reader){ data, data + size };
  snapshot = arc_snapshot_new ();
  entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));

  found = read_identity (&reader, body);
  if (found == NULL)
    fault = "expected the identity";
  while (fault == NULL && reader.cursor < reader.end)
    fault = read_directory (&reader, version, &path, &print, entries, snapshot);
  if (fault == NULL && version == ARC_SNAPSHOT_VERSION_MOUNTS && !has_mounted (snapshot))
    fault = "expected a directory that is mounted";

  if (fault != NULL)
    {
      g_set_error (error, ARC_ERROR, ARC_ERROR_DATA,
                   "Invalid snapshot at byte %" G_GSIZE_FORMAT ": %s",
                   (gsize) (reader.cursor - data), fault);
      return NULL;
    }

  if (identity != NULL)
    *identity = g_steal_pointer (&found);
  return g_steal_pointer (&snapshot);
}
