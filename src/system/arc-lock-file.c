/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-lock-file.h"

#include "core/arc-error.h"
#include "system/arc-state-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void
set_locked_error (int fd, const char *directory, GError **error)
{
  g_autofree char *name = g_filename_display_name (directory);
  char text[32] = "";
  guint64 pid;

  /* The owner may not have got to writing it. */
  if (read (fd, text, sizeof text - 1) > 0 &&
      g_ascii_string_to_unsigned (g_strchomp (text), 10, 1, G_MAXINT, &pid, NULL))
    g_set_error (error, ARC_ERROR, ARC_ERROR_LOCKED,
                 "Process %d already works with the state directory %s: stop it first", (int) pid,
                 name);
  else
    g_set_error (error, ARC_ERROR, ARC_ERROR_LOCKED,
                 "Another process already works with the state directory %s: stop it first", name);
}

static int
open_file (const char *path)
{
  /* NFS makes a lock of byte ranges of it, which wants a file that is open for writing (flock(2)).
   * Close-on-exec, because a lock is released when the last copy of the descriptor is closed. */
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  const int reason = errno;

  if (fd < 0 && (reason == EROFS || reason == EACCES))
    {
      fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
      /* Why there is no such file tells more than that there is none. */
      errno = reason;
    }

  return fd;
}

int
arc_lock_file_take (const char *path, const char *directory, GError **error)
{
  const int fd = open_file (path);

  if (fd < 0)
    {
      arc_state_file_set_error (error, path, "Cannot take the lock");
      return -1;
    }

  if (flock (fd, LOCK_EX | LOCK_NB) < 0)
    {
      if (errno == EWOULDBLOCK)
        set_locked_error (fd, directory, error);
      else
        arc_state_file_set_error (error, path, "Cannot take the lock");
      close (fd);
      return -1;
    }

  /* Without the pid it is still a lock; an old one would be wrong. */
  if (ftruncate (fd, 0) == 0)
    dprintf (fd, "%d\n", (int) getpid ());

  return fd;
}

gboolean
arc_lock_file_is_at (int fd, const char *path)
{
  struct stat held;
  struct stat there;

  return fstat (fd, &held) == 0 && stat (path, &there) == 0 && held.st_dev == there.st_dev &&
         held.st_ino == there.st_ino;
}
