/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-scan.h"

#include "system/arc-limits.h"

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

/* How many names to read between two looks at the clock. */
#define NAMES_PER_LOOK 32

struct _ArcScan
{
  DIR *directory;
  ArcFileId id;
  GStringChunk *names;
  GArray *files;
  GPtrArray *recent;
  GArray *children;
  gboolean any;
};

static void
set_error (GError **error, int number)
{
  g_autofree char *message =
      number == EMFILE ? arc_limits_describe_files () : g_strdup (g_strerror (number));

  g_set_error_literal (error, G_FILE_ERROR, (int) g_file_error_from_errno (number), message);
}

ArcScan *
arc_scan_open (const char *path, gboolean follow, GError **error)
{
  g_autoptr (ArcScan) self = NULL;
  struct stat info;
  DIR *directory;
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));

  if (fd < 0)
    {
      set_error (error, errno);
      return NULL;
    }

  directory = fdopendir (fd);
  if (directory == NULL)
    {
      set_error (error, errno);
      close (fd);
      return NULL;
    }

  self = g_new0 (ArcScan, 1);
  self->directory = directory;
  self->names = g_string_chunk_new (512);
  self->files = g_array_new (FALSE, FALSE, sizeof (ArcEntry));
  self->recent = g_ptr_array_new ();
  self->children = g_array_new (FALSE, FALSE, sizeof (ArcScanChild));

  if (fstat (fd, &info) != 0)
    {
      set_error (error, errno);
      return NULL;
    }

  self->id = arc_file_id_from_stat (&info);

  return g_steal_pointer (&self);
}

void
arc_scan_free (ArcScan *self)
{
  closedir (self->directory);
  g_string_chunk_free (self->names);
  g_array_unref (self->files);
  g_ptr_array_unref (self->recent);
  g_array_unref (self->children);
  g_free (self);
}

ArcFileId
arc_scan_get_id (const ArcScan *self)
{
  return self->id;
}

static void
add_file (ArcScan *self, const char *name, const struct stat *info)
{
  ArcEntry entry = { .fingerprint = arc_fingerprint_from_stat (info) };

  entry.name = g_string_chunk_insert (self->names, name);
  if (arc_fingerprint_is_recent (&entry.fingerprint, arc_get_stamp_time ()))
    g_ptr_array_add (self->recent, (gpointer) entry.name);
  else
    g_array_append_val (self->files, entry);
}

static void
add_child (ArcScan *self, const char *name, guint64 inode)
{
  ArcScanChild child = { g_string_chunk_insert (self->names, name), inode };

  g_array_append_val (self->children, child);
}

/* An entry that is gone by now is none: its deletion will be told, or it came and went unseen. */
static void
look_at (ArcScan *self,
         const struct dirent *entry,
         ArcFilter *filter,
         const char *path,
         gboolean follow_symlinks)
{
  unsigned char type = entry->d_type;
  gboolean may_be_file = type == DT_REG;
  gboolean may_be_directory = type == DT_DIR;
  struct stat info;

  /* A file system that does not tell the type says DT_UNKNOWN (readdir(3)). */
  if (type == DT_UNKNOWN || (type == DT_LNK && follow_symlinks))
    may_be_file = may_be_directory = TRUE;

  may_be_file = may_be_file && arc_filter_match_file (filter, path, NULL);
  may_be_directory = may_be_directory && arc_filter_match_directory (filter, path, NULL);
  if (!may_be_file && !may_be_directory)
    return;

  if (type == DT_DIR)
    {
      add_child (self, entry->d_name, entry->d_ino);
      return;
    }

  if (fstatat (dirfd (self->directory), entry->d_name, &info,
               follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
    return;

  if (S_ISREG (info.st_mode) && may_be_file)
    add_file (self, entry->d_name, &info);
  else if (S_ISDIR (info.st_mode) && may_be_directory)
    add_child (self, entry->d_name, info.st_ino);
}

ArcScanResult
arc_scan_run (ArcScan *self,
              ArcFilter *filter,
              const char *below_root,
              gboolean follow_symlinks,
              gint64 deadline,
              GError **error)
{
  g_autoptr (GString) path = g_string_new (below_root);
  gsize prefix;

  if (path->len > 0)
    g_string_append_c (path, '/');
  prefix = path->len;

  for (guint i = 1;; i++)
    {
      const struct dirent *entry;

      errno = 0;
      entry = readdir (self->directory);
      if (entry == NULL && errno != 0)
        {
          set_error (error, errno);
          return ARC_SCAN_FAILED;
        }
      if (entry == NULL)
        return ARC_SCAN_DONE;

      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;

      self->any = TRUE;
      g_string_truncate (path, prefix);
      g_string_append (path, entry->d_name);
      look_at (self, entry, filter, path->str, follow_symlinks);

      if (i % NAMES_PER_LOOK == 0 && g_get_monotonic_time () >= deadline)
        return ARC_SCAN_MORE;
    }
}

GArray *
arc_scan_get_files (ArcScan *self)
{
  return self->files;
}

GPtrArray *
arc_scan_get_recent (ArcScan *self)
{
  return self->recent;
}

GArray *
arc_scan_get_children (ArcScan *self)
{
  return self->children;
}

gboolean
arc_scan_is_empty (ArcScan *self)
{
  return !self->any;
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
arc_fingerprint_get_grain (const ArcFingerprint *fingerprint)
{
  return fingerprint->ctime_ns % NSEC_PER_SEC == 0 ? COARSE_TICK : TICK;
}

gboolean
arc_fingerprint_is_recent (const ArcFingerprint *fingerprint, gint64 now)
{
  return fingerprint->ctime_ns + arc_fingerprint_get_grain (fingerprint) > now;
}

gint64
arc_get_stamp_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME_COARSE, &now);

  return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}
