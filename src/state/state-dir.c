/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-dir.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Enough of a digest that no two state directories of a user share it. */
#define KEY_LENGTH 16

#define DIRECTORY_MODE 0700

#define ADVICE ". Look at the owner, the permissions and the free space of the state directory"

void
arc_state_dir_set_error (GError **error, const char *path, const char *what)
{
  int saved_errno = errno;
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY, "%s: %s: %s%s", name, what,
               g_strerror (saved_errno), saved_errno == EMFILE ? "" : ADVICE);
}

gboolean
arc_state_dir_make (const char *path, GError **error)
{
  GStatBuf info;

  if (g_mkdir_with_parents (path, DIRECTORY_MODE) < 0 || g_stat (path, &info) < 0)
    {
      arc_state_dir_set_error (error, path, "Cannot make the directory");
      return FALSE;
    }

  if ((info.st_mode & 0777) != DIRECTORY_MODE && g_chmod (path, DIRECTORY_MODE) < 0)
    {
      arc_state_dir_set_error (error, path, "Cannot make the directory private");
      return FALSE;
    }

  return TRUE;
}

gboolean
arc_state_dir_write (const char *path, GBytes *bytes, GFileSetContentsFlags flags, GError **error)
{
  g_autoptr (GError) write_error = NULL;
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  /* No bytes may be no pointer. */
  if (g_file_set_contents_full (path, data != NULL ? data : "", (gssize) length,
                                G_FILE_SET_CONTENTS_CONSISTENT | flags, ARC_STATE_FILE_MODE,
                                &write_error))
    return TRUE;

  g_set_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY, "%s%s", write_error->message,
               g_error_matches (write_error, G_FILE_ERROR, G_FILE_ERROR_MFILE) ? "" : ADVICE);

  return FALSE;
}

ArcStateDir *
arc_state_dir_new (const char *path, const char *const *written)
{
  ArcStateDir *directory = g_new0 (ArcStateDir, 1);
  g_autofree char *key = g_compute_checksum_for_string (G_CHECKSUM_SHA256, path, -1);

  key[KEY_LENGTH] = '\0';
  directory->path = g_strdup (path);
  directory->runtime = g_build_filename (g_get_user_runtime_dir (), "arcology-builder", key, NULL);
  directory->written = written;
  directory->fd = -1;
  g_mutex_init (&directory->mutex);

  return directory;
}

void
arc_state_dir_free (ArcStateDir *directory)
{
  arc_state_dir_unlock (directory);
  g_mutex_clear (&directory->mutex);
  g_free (directory->path);
  g_free (directory->runtime);
  g_free (directory);
}

/* What find_owner() knows of two processes that may have the lock. */
static int
choose_owner (int owner, int pid)
{
  return owner == 0 || owner == pid ? pid : -1;
}

/* The process that has a flock(2) on the file FD, or 0 if that is not clear. /proc/locks (proc(5))
 * has the numbers of the device and the inode. The device of stat(2) can be another one (Btrfs);
 * the number of the inode alone may be that of files elsewhere, too (tmpfs has small ones). */
static int
find_owner (int fd)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  struct stat info;
  int owner = 0;
  int owner_of_inode = 0;

  if (fstat (fd, &info) < 0 || !g_file_get_contents ("/proc/locks", &text, NULL, NULL))
    return 0;

  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      unsigned long long inode;
      unsigned int major_number;
      unsigned int minor_number;
      int pid;

      if (sscanf (*line, "%*s FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_number, &minor_number,
                  &inode) != 4 ||
          inode != info.st_ino || pid <= 0)
        continue;
      owner_of_inode = choose_owner (owner_of_inode, pid);
      if (makedev (major_number, minor_number) == info.st_dev)
        owner = choose_owner (owner, pid);
    }

  return MAX (owner != 0 ? owner : owner_of_inode, 0);
}

/* Whether the process PID is gone, or a zombie, which has no program (proc(5)) and no descriptors.
 */
static gboolean
is_gone (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/exe", pid);
  char target[1];

  return readlink (path, target, sizeof target) < 0 && (errno == ENOENT || errno == ESRCH);
}

static void
set_locked_error (const ArcStateDir *directory, int owner, GError **error)
{
  g_autofree char *name = g_filename_display_name (directory->path);
  g_autofree char *who =
      owner > 0 ? g_strdup_printf ("process %d", owner) : g_strdup ("another process");

  g_set_error (error, ARC_ERROR, ARC_ERROR_LOCKED,
               "State directory %s is in use by %s: stop it first", name, who);
}

/* Whether FD is what is at PATH. The directory may have been removed, and made anew. */
static gboolean
is_at (int fd, const char *path)
{
  struct stat held;
  struct stat there;

  return fd >= 0 && fstat (fd, &held) == 0 && stat (path, &there) == 0 &&
         held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

/* g_file_set_contents() writes to the name with a dot and six characters of mkstemp(3) behind it.
 */
static gboolean
is_leftover (const char *found, const char *const *names)
{
  const char *dot = strrchr (found, '.');
  g_autofree char *name = NULL;

  if (dot == NULL || strlen (dot) != strlen (".XXXXXX"))
    return FALSE;

  name = g_strndup (found, (gsize) (dot - found));

  return g_strv_contains (names, name);
}

/* Removes the temporary files that a process which was killed in arc_state_dir_write() left. */
static void
remove_leftovers (const char *directory, const char *const *names)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *found;

  while (dir != NULL && (found = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, found, NULL);

      if (is_leftover (found, names))
        g_unlink (path);
    }
}

int
arc_state_dir_open_lock (const ArcStateDir *directory, gboolean *is_orphaned, GError **error)
{
  g_autoptr (GError) make_error = NULL;
  int fd;

  /* One that is there can be locked, even if it cannot be made private. */
  arc_state_dir_make (directory->path, &make_error);
  /* Close-on-exec, because a lock is released when the last copy of the descriptor is closed. */
  fd = open (directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
    {
      const int owner = find_owner (fd);

      set_locked_error (directory, owner, error);
      if (is_orphaned != NULL)
        *is_orphaned = owner == 0 || is_gone (owner);
      close (fd);
      return -1;
    }

  if (fd < 0 && make_error == NULL)
    arc_state_dir_set_error (&make_error, directory->path, "Cannot open the directory");
  if (fd < 0)
    {
      g_propagate_error (error, g_steal_pointer (&make_error));
      return -1;
    }

  remove_leftovers (directory->path, directory->written);

  return fd;
}

static void
release (ArcStateDir *directory)
{
  if (directory->fd >= 0)
    close (directory->fd);
  directory->fd = -1;
}

gboolean
arc_state_dir_lock (ArcStateDir *directory, GError **error)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&directory->mutex);

  if (is_at (directory->fd, directory->path))
    return TRUE;

  release (directory);
  directory->fd = arc_state_dir_open_lock (directory, NULL, error);

  return directory->fd >= 0;
}

void
arc_state_dir_unlock (ArcStateDir *directory)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&directory->mutex);

  release (directory);
}

char *
arc_state_dir_get_runtime_file (const ArcStateDir *directory, const char *name)
{
  g_mkdir_with_parents (directory->runtime, 0700);

  return g_build_filename (g_access (directory->runtime, W_OK) == 0 ? directory->runtime
                                                                    : directory->path,
                           name, NULL);
}
