/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "run/build-log.h"

#include "run/output-parser.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

struct _ArcBuildLog
{
  char *file;     /* (owned) */
  guint64 length; /* of all output */
  char last_of_head;
  gboolean line_goes_on;   /* the last piece had no newline */
  gboolean line_is_hidden; /* and so are its further pieces */
  GString *tail; /* (owned): the end of what follows the head, at most twice ARC_LOG_TAIL */

  gboolean has_thread; /* that opens, writes and closes the file, and frees this */
  GError *error;       /* (owned) (nullable): of the thread, or why there is none */
  GMutex mutex;        /* guards what follows */
  GCond cond;          /* there is something to write, or no more comes */
  GString *queue;      /* (owned): what the thread writes next */
  GTask *closing;      /* (owned) (nullable): no more comes; the thread returns it */
};

static void
take_error (ArcBuildLog *log, const char *verb)
{
  int saved_errno = errno;
  g_autofree char *name = g_filename_display_name (log->file);

  if (log->error == NULL)
    log->error =
        g_error_new (G_FILE_ERROR, g_file_error_from_errno (saved_errno),
                     "Cannot %s the log file %s: %s", verb, name, g_strerror (saved_errno));
}

static void
write_all (ArcBuildLog *log, int fd, const char *data, gsize length)
{
  while (length > 0 && log->error == NULL)
    {
      gssize written = write (fd, data, length);

      if (written < 0)
        {
          if (errno != EINTR)
            take_error (log, "write");
          continue;
        }

      data += written;
      length -= written;
    }
}

/* Waits for more to write; (transfer full) (nullable): NULL if no more comes. */
static GString *
take_queue (ArcBuildLog *log)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&log->mutex);
  GString *taken;

  while (log->queue->len == 0 && log->closing == NULL)
    g_cond_wait (&log->cond, &log->mutex);
  if (log->queue->len == 0)
    return NULL;

  taken = log->queue;
  log->queue = g_string_new (NULL);

  return taken;
}

/* Returns the task and frees the log. */
static void
end (ArcBuildLog *log)
{
  if (log->error == NULL)
    g_task_return_boolean (log->closing, TRUE);
  else
    g_task_return_error (log->closing, g_steal_pointer (&log->error));

  g_object_unref (log->closing);
  g_string_free (log->tail, TRUE);
  g_string_free (log->queue, TRUE);
  g_mutex_clear (&log->mutex);
  g_cond_clear (&log->cond);
  g_free (log->file);
  g_free (log);
}

static gpointer
run_thread (gpointer data)
{
  ArcBuildLog *log = data;
  GString *text;
  const int fd =
      open (log->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

  if (fd < 0)
    take_error (log, "create");

  while ((text = take_queue (log)) != NULL)
    {
      write_all (log, fd, text->str, text->len);
      g_string_free (text, TRUE);
    }

  /* Some file systems report a full disk or quota only here (close(2)). */
  if (fd >= 0 && close (fd) < 0)
    take_error (log, "write");

  end (log);
  return NULL;
}

ArcBuildLog *
arc_build_log_open (const char *file)
{
  ArcBuildLog *log = g_new0 (ArcBuildLog, 1);
  GThread *thread;

  log->file = g_strdup (file);
  log->tail = g_string_new (NULL);
  log->queue = g_string_new (NULL);
  g_mutex_init (&log->mutex);
  g_cond_init (&log->cond);
  thread = g_thread_try_new ("build-log", run_thread, log, &log->error);
  log->has_thread = thread != NULL;
  g_clear_pointer (&thread, g_thread_unref);

  return log;
}

/* With CLOSING, a task, no more comes. */
static void
queue (ArcBuildLog *log, const char *data, gsize length, GTask *closing /* (nullable) */)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&log->mutex);

  g_string_append_len (log->queue, data, (gssize) length);
  log->closing = closing;
  g_cond_signal (&log->cond);
}

static void
append (ArcBuildLog *log, const char *data, gsize length)
{
  const gsize head = MIN (length, ARC_LOG_HEAD - MIN (log->length, ARC_LOG_HEAD));

  if (head > 0)
    {
      queue (log, data, head, NULL);
      log->last_of_head = data[head - 1];
    }

  /* One memmove(3) for each ARC_LOG_TAIL bytes of output. */
  g_string_append_len (log->tail, data + head, length - head);
  if (log->tail->len > 2 * ARC_LOG_TAIL)
    g_string_erase (log->tail, 0, log->tail->len - ARC_LOG_TAIL);

  log->length += length;
}

void
arc_build_log_append_line (ArcBuildLog *log, const char *text, gsize length, gboolean is_whole)
{
  const char *shown = text;

  if (!log->line_goes_on)
    {
      g_auto (ArcLine) line = { 0 };

      arc_line_parse (text, length, &line);
      shown = arc_line_get_log_text (&line, text);
      log->line_is_hidden = shown == NULL;
    }

  log->line_goes_on = !is_whole;
  if (log->line_is_hidden)
    return;

  append (log, shown, (gsize) (text + length - shown));
  if (is_whole)
    append (log, "\n", 1);
}

/* Leaves the last ARC_LOG_TAIL bytes of the tail, from the first whole line on, after a line that
 * says how many bytes of the output are left out. */
static void
shorten_tail (ArcBuildLog *log)
{
  gsize skipped = log->tail->len - ARC_LOG_TAIL;
  const char *newline = memchr (log->tail->str + skipped, '\n', ARC_LOG_TAIL - 1);
  g_autofree char *line = NULL;

  if (newline != NULL)
    skipped = newline + 1 - log->tail->str;

  g_string_erase (log->tail, 0, skipped);
  line = g_strdup_printf ("%s[%" G_GUINT64_FORMAT " bytes are left out here]\n",
                          log->last_of_head == '\n' ? "" : "\n",
                          log->length - ARC_LOG_HEAD - log->tail->len);
  g_string_prepend (log->tail, line);
}

void
arc_build_log_close_async (ArcBuildLog *log,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, arc_build_log_close_async);
  if (log == NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }

  if (log->length > ARC_LOG_HEAD + ARC_LOG_TAIL)
    shorten_tail (log);
  if (log->has_thread)
    {
      queue (log, log->tail->str, log->tail->len, task);
      return;
    }

  log->closing = task;
  end (log);
}

gboolean
arc_build_log_close_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
