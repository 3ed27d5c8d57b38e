/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

struct _ArcLog
{
  char *file; /* (owned) */
  int fd;     /* -1 if it could not be opened */
  GError *error;
  guint64 length; /* of all that was written to it */
  char last_of_head;
  char *tail; /* (owned) (nullable): a ring of ARC_LOG_TAIL bytes, from the first one after the head
               * on */
};

static void
take_error (ArcLog *log, const char *verb)
{
  int saved_errno = errno;
  g_autofree char *name = g_filename_display_name (log->file);

  if (log->error == NULL)
    log->error =
        g_error_new (G_FILE_ERROR, g_file_error_from_errno (saved_errno),
                     "Cannot %s the log file %s: %s", verb, name, g_strerror (saved_errno));
}

static void
write_at (ArcLog *log, const char *data, gsize length, guint64 offset)
{
  while (length > 0 && log->error == NULL)
    {
      gssize written = pwrite (log->fd, data, length, offset);

      if (written < 0)
        {
          if (errno != EINTR)
            take_error (log, "write");
          continue;
        }

      data += written;
      length -= written;
      offset += written;
    }
}

ArcLog *
arc_log_open (const char *file)
{
  ArcLog *log = g_new0 (ArcLog, 1);

  log->file = g_strdup (file);
  log->fd = open (file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (log->fd < 0)
    take_error (log, "create");

  return log;
}

static void
keep_tail (ArcLog *log, const char *data, gsize length, guint64 offset)
{
  if (log->tail == NULL)
    log->tail = g_malloc (ARC_LOG_TAIL);

  while (length > 0)
    {
      gsize start = (offset - ARC_LOG_HEAD) % ARC_LOG_TAIL;
      gsize part = MIN (length, ARC_LOG_TAIL - start);

      memcpy (log->tail + start, data, part);
      data += part;
      length -= part;
      offset += part;
    }
}

void
arc_log_append (ArcLog *log, const char *data, gsize length)
{
  guint64 offset = log->length;
  gsize head = MIN (length, ARC_LOG_HEAD - MIN (offset, ARC_LOG_HEAD));
  guint64 room = ARC_LOG_HEAD + ARC_LOG_TAIL;

  if (offset < room)
    write_at (log, data, MIN (length, room - offset), offset);

  if (head > 0)
    log->last_of_head = data[head - 1];
  if (head < length)
    keep_tail (log, data + head, length - head, offset + head);

  log->length += length;
}

/* Replaces the second part of the file by the tail. */
static void
write_tail (ArcLog *log)
{
  guint64 end = log->length - ARC_LOG_HEAD;
  guint64 skipped = 0; /* of the tail, to begin with a whole line */
  gsize oldest = end % ARC_LOG_TAIL;
  g_autofree char *tail = g_malloc (ARC_LOG_TAIL);
  g_autofree char *line = NULL;
  const char *newline;
  gsize length;

  memcpy (tail, log->tail + oldest, ARC_LOG_TAIL - oldest);
  memcpy (tail + ARC_LOG_TAIL - oldest, log->tail, oldest);

  newline = memchr (tail, '\n', ARC_LOG_TAIL - 1);
  if (newline != NULL)
    skipped = newline + 1 - tail;

  line = g_strdup_printf ("%s[%" G_GUINT64_FORMAT ARC_BUILD_LOG_GAP,
                          log->last_of_head == '\n' ? "" : "\n", end - ARC_LOG_TAIL + skipped);
  length = strlen (line);

  write_at (log, line, length, ARC_LOG_HEAD);
  write_at (log, tail + skipped, ARC_LOG_TAIL - skipped, ARC_LOG_HEAD + length);
  if (log->error == NULL && ftruncate (log->fd, ARC_LOG_HEAD + length + ARC_LOG_TAIL - skipped) < 0)
    take_error (log, "cut");
}

gboolean
arc_log_close (ArcLog *log, GError **error)
{
  gboolean good;

  if (log->length > ARC_LOG_HEAD + ARC_LOG_TAIL)
    write_tail (log);

  /* Some file systems tell of a full disk or quota only here (close(2)). */
  if (log->fd >= 0 && close (log->fd) < 0)
    take_error (log, "write");

  good = log->error == NULL;
  if (!good)
    g_propagate_error (error, log->error);

  g_free (log->tail);
  g_free (log->file);
  g_free (log);

  return good;
}
