/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-writer.h"

#include "common/error.h"
#include "common/file-frame.h"
#include "state/build-log-dir.h"
#include "state/group-file.h"
#include "state/state-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct _ArcStateWriter
{
  ArcStateDir *directory; /* (unowned): the thread uses its path and its lock */
  GThreadPool *pool;      /* (owned) (nullable): of one thread, which keeps the order */
  GQueue *tasks;          /* (element-type GTask) (owned): those that were not reported */
  gboolean is_held;
  ArcStateWriterFunc func;
  gpointer user_data;
};

/* A write and who waits for it. */
typedef struct
{
  ArcStateWrite write; /* the first: it is the data of the task */
  ArcStateWriter *writer;
  gboolean is_begun;
  GAsyncReadyCallback callback;
  gpointer user_data;
} Job;

void
arc_build_files_clear (ArcBuildFiles *files)
{
  g_clear_pointer (&files->changes, g_free);
  g_clear_pointer (&files->log, g_free);
  g_clear_pointer (&files->group, g_free);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_error (&job->write.error);
  g_clear_pointer (&job->write.problems, arc_problem_list_unref);
  g_clear_pointer (&job->write.snapshot, g_byte_array_unref);
  g_clear_pointer (&job->write.history, g_bytes_unref);
  g_clear_pointer (&job->write.list, g_bytes_unref);
  g_free (job->write.database_directory);
  arc_build_files_clear (&job->write.files);
  g_clear_pointer (&job->write.logs, g_array_unref);
  g_free (job);
}

ArcStateWriter *
arc_state_writer_new (ArcStateDir *directory, ArcStateWriterFunc func, gpointer user_data)
{
  ArcStateWriter *self = g_new0 (ArcStateWriter, 1);

  self->directory = directory;
  self->tasks = g_queue_new ();
  self->func = func;
  self->user_data = user_data;

  return self;
}

void
arc_state_writer_free (ArcStateWriter *self)
{
  g_queue_free (self->tasks);
  g_free (self);
}

static char *
get_path (Job *job, const char *name)
{
  return g_build_filename (job->writer->directory->path, name, NULL);
}

/* Writes BYTES (nullable: nothing) to the file NAME. FALSE, and an error in the write, if that
 * fails. */
static gboolean
write_file (Job *job, const char *name, GBytes *bytes)
{
  g_autofree char *path = get_path (job, name);

  return bytes == NULL ||
         arc_state_dir_write (path, bytes, G_FILE_SET_CONTENTS_DURABLE, &job->write.error);
}

/* Writes what the next run reads. */
static gboolean
write_files (Job *job)
{
  ArcStateWrite *write = &job->write;
  g_autoptr (GBytes) problems =
      write->problems != NULL ? arc_problem_list_serialise (write->problems) : NULL;
  g_autoptr (GBytes) snapshot =
      write->snapshot != NULL ? arc_file_frame_end (g_steal_pointer (&write->snapshot)) : NULL;

  return write->error == NULL && write_file (job, ARC_STATE_PROBLEMS_NAME, problems) &&
         write_file (job, ARC_STATE_SNAPSHOT_NAME, snapshot) &&
         write_file (job, ARC_STATE_HISTORY_NAME, write->history);
}

static gboolean
make_database_directory (const char *directory, GError **error)
{
  if (g_mkdir_with_parents (directory, 0700) == 0)
    return TRUE;

  g_set_error (error, ARC_ERROR, ARC_ERROR_COMMAND,
               "Cannot make the directory of the database, %s: %s", directory, g_strerror (errno));
  return FALSE;
}

/* Makes what a build needs. The build does not outlive the machine, so its list need not be
 * durable. */
static gboolean
make_build_files (Job *job, gboolean is_locked, GCancellable *cancellable, GError **error)
{
  ArcStateWrite *write = &job->write;
  const ArcStateDir *directory = job->writer->directory;
  g_autofree char *changes = arc_state_dir_get_runtime_file (directory, ARC_STATE_CHANGES_NAME);

  if (!make_database_directory (write->database_directory, error) ||
      !arc_state_dir_write (changes, write->list, G_FILE_SET_CONTENTS_NONE, error))
    return FALSE;

  write->files.changes = g_steal_pointer (&changes);
  /* A build that was canceled has no log. */
  if (g_cancellable_is_cancelled (cancellable))
    return TRUE;

  if (is_locked)
    {
      write->files.log = arc_build_log_dir_make (directory->path, write->build, NULL);
      write->logs = arc_build_log_dir_list (directory->path);
    }
  write->files.group = arc_group_file_make (directory);

  return TRUE;
}

/* Before a build. The old snapshot does not mark what the build may change. If it cannot be removed
 * either, the next run finds that the database is another one than that of the snapshot. */
static gboolean
prepare (Job *job, GCancellable *cancellable, GError **error)
{
  const gboolean is_locked = job->write.error == NULL;
  g_autofree char *snapshot = get_path (job, ARC_STATE_SNAPSHOT_NAME);

  if (!write_files (job) && is_locked)
    g_unlink (snapshot);

  return make_build_files (job, is_locked, cancellable, error);
}

/* Makes or removes the file that says that the service is paused. */
static gboolean
set_paused (Job *job, gboolean paused, GError **error)
{
  g_autofree char *path = get_path (job, ARC_STATE_PAUSED_NAME);
  int fd;

  if (!paused)
    {
      if (g_unlink (path) == 0 || errno == ENOENT)
        return TRUE;
      arc_state_dir_set_error (error, path, "Cannot remove the file");
      return FALSE;
    }

  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, ARC_STATE_FILE_MODE);
  if (fd < 0)
    {
      arc_state_dir_set_error (error, path, "Cannot make the file");
      return FALSE;
    }

  close (fd);
  return TRUE;
}

static gboolean
carry_out (Job *job, GCancellable *cancellable, GError **error)
{
  ArcStateWrite *write = &job->write;
  ArcStateDir *directory = job->writer->directory;

  write->is_done = TRUE;

  /* Another process may be building. */
  if (!arc_state_dir_lock (directory, &write->error) &&
      g_error_matches (write->error, ARC_ERROR, ARC_ERROR_LOCKED))
    {
      g_propagate_error (error, g_error_copy (write->error));
      return FALSE;
    }

  switch (write->kind)
    {
    case ARC_STATE_WRITE_PREPARE:
      return prepare (job, cancellable, error);

    case ARC_STATE_WRITE_PAUSE:
    case ARC_STATE_WRITE_RESUME:
      if (write->error == NULL &&
          set_paused (job, write->kind == ARC_STATE_WRITE_PAUSE, &write->error))
        return TRUE;
      g_propagate_error (error, g_error_copy (write->error));
      return FALSE;

    case ARC_STATE_WRITE_FORGET_GROUP:
      arc_group_file_remove (directory);
      return TRUE;

    case ARC_STATE_WRITE_COMMIT:
    case ARC_STATE_WRITE_HISTORY:
      break;
    }

  write_files (job);
  return TRUE;
}

/* The queue has the reference to the task: the source object must not be finalized here, because
 * that flushes the writer, which waits for this thread. */
static void
run_in_thread (gpointer data, gpointer user_data G_GNUC_UNUSED)
{
  GTask *task = data;
  GError *error = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;

  if (carry_out (g_task_get_task_data (task), g_task_get_cancellable (task), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* The task has ended: reports its result, if that was not done. */
static void
report (ArcStateWriter *self, GTask *task)
{
  const Job *job = g_task_get_task_data (task);

  if (!g_queue_remove (self->tasks, task))
    return;

  if (job->write.is_done)
    self->func (&job->write, self->user_data);
  g_object_unref (task);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  const Job *job = g_task_get_task_data (G_TASK (result));

  report (job->writer, G_TASK (result));
  if (job->callback != NULL)
    job->callback (source, result, job->user_data);
}

static void
begin (ArcStateWriter *self, GTask *task)
{
  Job *job = g_task_get_task_data (task);

  job->is_begun = TRUE;
  /* An exclusive thread is not subject to the limit of unused threads. */
  if (self->pool == NULL)
    self->pool = g_thread_pool_new (run_in_thread, NULL, 1, TRUE, NULL);
  g_thread_pool_push (self->pool, task, NULL);
}

void
arc_state_writer_push (ArcStateWriter *self,
                       ArcStateWrite *write,
                       GObject *source,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, on_written, NULL);
  Job *job = g_new0 (Job, 1);

  job->write = *write;
  g_free (write);
  job->writer = self;
  job->callback = callback;
  job->user_data = user_data;

  g_task_set_source_tag (task, arc_state_writer_push);
  g_task_set_task_data (task, job, job_free);
  g_queue_push_tail (self->tasks, task);
  if (!self->is_held)
    begin (self, task);
}

static gboolean
is_begun (GTask *task)
{
  const Job *job = g_task_get_task_data (task);

  return job->is_begun;
}

void
arc_state_writer_set_held (ArcStateWriter *self, gboolean is_held)
{
  self->is_held = is_held;
  for (GList *link = self->tasks->head; link != NULL && !is_held; link = link->next)
    if (!is_begun (link->data))
      begin (self, link->data);
}

void
arc_state_writer_flush (ArcStateWriter *self)
{
  GTask *task;

  if (self->pool == NULL)
    return;

  g_thread_pool_free (g_steal_pointer (&self->pool), FALSE, TRUE);
  while ((task = g_queue_peek_head (self->tasks)) != NULL && is_begun (task))
    report (self, task);
}
