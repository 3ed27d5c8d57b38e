/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/directory-reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC G_GINT64_CONSTANT (1000000000)

/* Twice the slowest tick. */
#define TICK (20 * NSEC_PER_SEC / 1000)

/* FAT keeps even seconds. */
#define COARSE_TICK (2 * NSEC_PER_SEC)

/* How long a file that is changed all the time is not emitted because it is too fresh. */
#define MAX_GRAINS 5

/* What is too fresh is looked at again on a grid of this. */
#define GRID (10 * G_TIME_SPAN_MILLISECOND)

/* As many as the kernel follows (path_resolution(7)). */
#define MAX_LINKS 40

/* As much as readdir(3) of the GNU C library reads at once. */
#define BUFFER_SIZE 32768

/* The names of most directories fit into this. */
#define NAMES_SIZE 512

/* Few directories have as many files: the memory that one of them took is given back. */
#define MANY 4096

/* It reads with getdents64(2), as fdopendir(3) takes three system calls and 32 kB of memory for
 * each directory: a tenth of the time of a comparison of small ones. */
struct _ArcDirectoryReader
{
  int *n_steps;  /* (unowned) (nullable): counts the answers of the file system; atomic */
  int fd;        /* -1 unless open */
  GString *path; /* of the entry that is looked at, below the root */
  GStringChunk *names;
  ArcDirectoryListing listing;
};

static void
set_error (GError **error, int number)
{
  g_set_error_literal (error, G_FILE_ERROR, (int) g_file_error_from_errno (number),
                       g_strerror (number));
}

ArcDirectoryReader *
arc_directory_reader_new (int *n_steps)
{
  ArcDirectoryReader *self = g_new0 (ArcDirectoryReader, 1);

  self->n_steps = n_steps;
  self->fd = -1;
  self->listing.is_empty = TRUE;
  self->path = g_string_new (NULL);
  self->names = g_string_chunk_new (NAMES_SIZE);
  self->listing.files = g_array_new (FALSE, FALSE, sizeof (ArcEntry));
  self->listing.recent = g_ptr_array_new ();
  self->listing.children = g_array_new (FALSE, FALSE, sizeof (ArcDirectoryReaderChild));
  self->listing.links = g_ptr_array_new ();

  return self;
}

void
arc_directory_reader_free (ArcDirectoryReader *self)
{
  arc_directory_reader_close (self);
  g_string_free (self->path, TRUE);
  g_string_chunk_free (self->names);
  g_array_unref (self->listing.files);
  g_ptr_array_unref (self->listing.recent);
  g_array_unref (self->listing.children);
  g_ptr_array_unref (self->listing.links);
  g_free (self);
}

gboolean
arc_directory_reader_open (ArcDirectoryReader *self,
                           const char *path,
                           gboolean follow,
                           GError **error)
{
  struct stat info;

  g_return_val_if_fail (self->fd < 0, FALSE);

  self->fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  if (self->fd < 0)
    {
      set_error (error, errno);
      return FALSE;
    }

  if (fstat (self->fd, &info) != 0)
    {
      set_error (error, errno);
      arc_directory_reader_close (self);
      return FALSE;
    }

  self->listing.id = arc_file_id_from_stat (&info);

  return TRUE;
}

static void
empty (GArray **array)
{
  if ((*array)->len > MANY)
    {
      guint size = g_array_get_element_size (*array);

      g_array_unref (*array);
      *array = g_array_new (FALSE, FALSE, size);
    }

  g_array_set_size (*array, 0);
}

void
arc_directory_reader_close (ArcDirectoryReader *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  g_string_chunk_clear (self->names);
  empty (&self->listing.files);
  g_ptr_array_set_size (self->listing.recent, 0);
  empty (&self->listing.children);
  g_clear_pointer (&self->listing.unseen, g_hash_table_unref);
  g_ptr_array_set_size (self->listing.links, 0);
  self->listing.is_empty = TRUE;
}

/* See arc_fingerprint_get_freshness(). */
static gint64
get_grain (const ArcFingerprint *fingerprint)
{
  return fingerprint->ctime_ns % NSEC_PER_SEC == 0 ? COARSE_TICK : TICK;
}

/* Whether FINGERPRINT, read at NOW, is younger than its grain. */
static gboolean
is_recent (const ArcFingerprint *fingerprint, gint64 now)
{
  return fingerprint->ctime_ns + get_grain (fingerprint) > now;
}

static void
add_file (ArcDirectoryReader *self, const char *name, const struct stat *info)
{
  ArcEntry entry = { .fingerprint = arc_fingerprint_from_stat (info) };

  entry.name = g_string_chunk_insert (self->names, name);
  if (is_recent (&entry.fingerprint, arc_get_stamp_time ()))
    g_ptr_array_add (self->listing.recent, (gpointer) entry.name);
  else
    g_array_append_val (self->listing.files, entry);
}

static void
add_child (ArcDirectoryReader *self, const char *name, guint64 inode)
{
  ArcDirectoryReaderChild child = { g_string_chunk_insert (self->names, name), inode };

  g_array_append_val (self->listing.children, child);
}

static void
add_unseen (ArcDirectoryReader *self, const char *name, int number)
{
  if (self->listing.unseen == NULL)
    self->listing.unseen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (self->listing.unseen, g_strdup (name), GINT_TO_POINTER (number));
}

static gboolean
is_link (ArcDirectoryReader *self, const struct dirent64 *entry)
{
  struct stat info;

  return entry->d_type == DT_LNK ||
         (entry->d_type == DT_UNKNOWN &&
          fstatat (self->fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISLNK (info.st_mode));
}

/* An entry that is gone by now is none: an event for its deletion follows, or it came and went. One
 * that cannot be looked at may be what it was: a directory of mode 0444 lists names, and fstatat(2)
 * fails with EACCES for each. */
static void
look_at (ArcDirectoryReader *self,
         const struct dirent64 *entry,
         ArcPathFilter *filter,
         gboolean follow_symlinks)
{
  const char *path = self->path->str;
  unsigned char type = entry->d_type;
  gboolean may_be_file = type == DT_REG;
  gboolean may_be_directory = type == DT_DIR;
  struct stat info;

  /* A file system that does not know the type returns DT_UNKNOWN (readdir(3)). */
  if (type == DT_UNKNOWN || type == DT_LNK)
    may_be_file = may_be_directory = TRUE;

  may_be_file = may_be_file && arc_path_filter_match_file (filter, path, NULL);
  may_be_directory = may_be_directory && arc_path_filter_match_directory (filter, path, NULL);
  if (!may_be_file && !may_be_directory)
    return;

  if (type == DT_DIR)
    {
      add_child (self, entry->d_name, entry->d_ino);
      return;
    }

  if (is_link (self, entry))
    {
      g_ptr_array_add (self->listing.links, g_string_chunk_insert (self->names, entry->d_name));
      if (!follow_symlinks)
        return;
    }

  if (fstatat (self->fd, entry->d_name, &info, follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
    {
      if (!arc_directory_reader_is_gone (errno))
        add_unseen (self, entry->d_name, errno);
      return;
    }

  if (S_ISREG (info.st_mode) && may_be_file)
    add_file (self, entry->d_name, &info);
  else if (S_ISDIR (info.st_mode) && may_be_directory)
    add_child (self, entry->d_name, info.st_ino);
}

static gboolean
read_entries (ArcDirectoryReader *self,
              ArcPathFilter *filter,
              const char *below_root,
              gboolean follow_symlinks,
              guint max_names,
              GError **error)
{
  _Alignas(struct dirent64) char buffer[BUFFER_SIZE];
  ssize_t end = 0;
  ssize_t next = 0;
  gsize prefix;

  g_string_assign (self->path, below_root);
  if (self->path->len > 0)
    g_string_append_c (self->path, '/');
  prefix = self->path->len;

  for (guint i = 0; i < max_names; i++)
    {
      const struct dirent64 *entry;

      if (next == end)
        {
          next = 0;
          end = getdents64 (self->fd, buffer, sizeof buffer);
          if (end < 0)
            set_error (error, errno);
          if (end <= 0)
            return end == 0;
        }

      entry = (const struct dirent64 *) (gconstpointer) (buffer + next);
      next += entry->d_reclen;
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;

      self->listing.is_empty = FALSE;
      g_string_truncate (self->path, prefix);
      g_string_append (self->path, entry->d_name);
      look_at (self, entry, filter, follow_symlinks);
      if (self->n_steps != NULL)
        g_atomic_int_inc (self->n_steps);
    }

  return TRUE;
}

gboolean
arc_directory_reader_run (ArcDirectoryReader *self,
                          ArcPathFilter *filter,
                          const char *below_root,
                          gboolean follow_symlinks,
                          guint max_names,
                          GError **error)
{
  const gboolean is_read =
      read_entries (self, filter, below_root, follow_symlinks, max_names, error);

  close (self->fd);
  self->fd = -1;

  return is_read;
}

const ArcDirectoryListing *
arc_directory_reader_get_listing (const ArcDirectoryReader *self)
{
  return &self->listing;
}

gboolean
arc_directory_reader_is_gone (int number)
{
  /* ELOOP: a link that leads to itself, or that was put where something else was. */
  return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

ArcFingerprint
arc_fingerprint_from_stat (const struct stat *info)
{
  return (ArcFingerprint){
    .inode = info->st_ino,
    .size = (guint64) info->st_size,
    .mtime_ns = info->st_mtim.tv_sec * NSEC_PER_SEC + info->st_mtim.tv_nsec,
    .ctime_ns = info->st_ctim.tv_sec * NSEC_PER_SEC + info->st_ctim.tv_nsec,
  };
}

gint64
arc_get_stamp_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME_COARSE, &now);

  return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static gboolean
is_younger (const struct stat *info, gint64 time)
{
  const ArcFingerprint fingerprint = arc_fingerprint_from_stat (info);

  return is_recent (&fingerprint, time);
}

/* Whether one of the links that PATH leads through may have been made since TIME. */
static gboolean
has_younger_link (const char *path, gint64 time, guint n_links)
{
  g_autofree char *above = g_path_get_dirname (path);
  g_autofree char *target = NULL;
  struct stat info;

  if (strcmp (above, path) == 0)
    return FALSE;

  if (lstat (path, &info) == 0 && S_ISLNK (info.st_mode) && n_links < MAX_LINKS)
    target = g_file_read_link (path, NULL);
  if (target != NULL)
    {
      g_autofree char *full =
          g_path_is_absolute (target) ? g_strdup (target) : g_build_filename (above, target, NULL);

      if (is_younger (&info, time) || has_younger_link (full, time, n_links + 1))
        return TRUE;
    }

  return has_younger_link (above, time, n_links);
}

gboolean
arc_path_has_changed_since (const char *path, gint64 time)
{
  g_autofree char *above = g_path_get_dirname (path);
  struct stat info;

  if (stat (path, &info) == 0)
    return is_younger (&info, time) || has_younger_link (path, time, 0);

  return strcmp (above, path) == 0 || arc_path_has_changed_since (above, time);
}

ArcFreshness
arc_fingerprint_get_freshness (const ArcFingerprint *fingerprint,
                               gint64 now,
                               gint64 first,
                               gint64 *due)
{
  gint64 grain = get_grain (fingerprint) / 1000;
  gint64 monotonic = g_get_monotonic_time ();

  if (!is_recent (fingerprint, now))
    return ARC_FRESHNESS_OLD;
  /* The clock for stamps lags behind by at most a tick. The look may have taken its time. */
  if (fingerprint->ctime_ns > arc_get_stamp_time () + get_grain (fingerprint))
    return ARC_FRESHNESS_FUTURE;

  /* On a grid, so that files that were written together are emitted together. */
  *due = monotonic + grain - (now - fingerprint->ctime_ns) / 1000;
  *due = (*due / GRID + 1) * GRID;

  return monotonic - first > MAX_GRAINS * grain ? ARC_FRESHNESS_STEADY : ARC_FRESHNESS_FRESH;
}
