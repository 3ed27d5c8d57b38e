/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/read-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
set_error (GError **error, const char *path, int code)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", name,
               g_strerror (code));
}

static gboolean
check (int fd, const char *path, ArcReadFlags flags, gsize max_size, gsize *size, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);
  struct stat info;

  if (fstat (fd, &info) < 0)
    {
      set_error (error, path, errno);
      return FALSE;
    }

  if (!S_ISREG (info.st_mode))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: It is not a regular file", name);
      return FALSE;
    }

  if (info.st_uid != geteuid () && !((flags & ARC_READ_SETTINGS) != 0 && info.st_uid == 0))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM, "%s: It belongs to the user %u", name,
                   (guint) info.st_uid);
      return FALSE;
    }

  if ((guint64) info.st_size > max_size)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                   "%s: It has %" G_GUINT64_FORMAT " bytes; at most %" G_GSIZE_FORMAT
                   " can be meant",
                   name, (guint64) info.st_size, max_size);
      return FALSE;
    }

  *size = (gsize) info.st_size;

  return TRUE;
}

/* (transfer full) (nullable): at most SIZE bytes of FD, and a NUL. Bytes that are appended
 * meanwhile are left out. */
static char *
read_all (int fd, const char *path, gsize size, gsize *length, GError **error)
{
  g_autofree char *data = g_try_malloc (size + 1);

  if (data == NULL)
    {
      set_error (error, path, ENOMEM);
      return NULL;
    }

  for (*length = 0; *length < size;)
    {
      const gssize n = read (fd, data + *length, size - *length);

      if (n == 0)
        break;
      if (n < 0 && errno != EINTR)
        {
          set_error (error, path, errno);
          return NULL;
        }
      if (n > 0)
        *length += (gsize) n;
    }
  data[*length] = '\0';

  return g_steal_pointer (&data);
}

char *
arc_read_file (const char *path, ArcReadFlags flags, gsize max_size, gsize *length, GError **error)
{
  char *data = NULL;
  gsize size;
  int fd;

  /* Without O_NONBLOCK, open(2) of a FIFO waits for a writer (fifo(7)). */
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
                       ((flags & ARC_READ_SETTINGS) != 0 ? 0 : O_NOFOLLOW));
  if (fd < 0)
    {
      set_error (error, path, errno);
      return NULL;
    }

  if (check (fd, path, flags, max_size, &size, error))
    data = read_all (fd, path, size, length, error);
  close (fd);

  return data;
}
