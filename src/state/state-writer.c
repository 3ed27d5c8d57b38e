/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-writer.h"

#include "common/error.h"
#include "common/file-frame.h"
#include "state/build-log-dir.h"
#include "state/state-dir.h"

#include <glib/gstdio.h>

struct _ArcStateWriter
{
  ArcStateDir *directory; /* (unowned): the thread uses its path and its lock */
  GThreadPool *pool;      /* (owned) (nullable): of one thread, which keeps the order */
  GQueue *tasks;          /* (element-type GTask) (unowned): those that were not reported */
  ArcStateWriterFunc func;
  gpointer user_data;
};

/* A write and who waits for it. */
typedef struct
{
  ArcStateWrite write; /* the first: it is the data of the task */
  ArcStateWriter *writer;
  GAsyncReadyCallback callback;
  gpointer user_data;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_error (&job->write.error);
  g_clear_pointer (&job->write.problems, arc_problem_list_unref);
  g_clear_pointer (&job->write.snapshot, g_byte_array_unref);
  g_clear_pointer (&job->write.history, g_bytes_unref);
  g_clear_pointer (&job->write.list, g_bytes_unref);
  g_free (job->write.changes);
  g_free (job->write.log);
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

/* Writes BYTES (nullable: nothing) to the file NAME. FALSE, and an error in the write, if that
 * fails. */
static gboolean
write_file (Job *job, const char *name, GBytes *bytes)
{
  g_autofree char *path = g_build_filename (job->writer->directory->path, name, NULL);

  return bytes == NULL ||
         arc_state_dir_write (path, bytes, G_FILE_SET_CONTENTS_DURABLE, &job->write.error);
}

static void
remove_file (Job *job, const char *name)
{
  g_autofree char *path = g_build_filename (job->writer->directory->path, name, NULL);

  g_unlink (path);
}

static void
run_in_thread (gpointer data, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GTask) task = data;
  Job *job = g_task_get_task_data (task);
  ArcStateWrite *write = &job->write;
  g_autoptr (GBytes) problems = NULL;
  g_autoptr (GBytes) snapshot = NULL;
  gboolean is_locked;
  GError *error = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;

  write->is_done = TRUE;
  is_locked = arc_state_dir_lock (job->writer->directory, &write->error);
  if (write->problems != NULL)
    problems = arc_problem_list_serialise (write->problems);
  if (write->snapshot != NULL)
    snapshot = arc_file_frame_end (g_steal_pointer (&write->snapshot));

  /* Another process may be building. */
  if (g_error_matches (write->error, ARC_ERROR, ARC_ERROR_LOCKED))
    {
      g_task_return_error (task, g_error_copy (write->error));
      return;
    }

  /* The old snapshot does not mark what the build may change. If it cannot be removed either, the
   * next run finds that the database is another one than that of the snapshot. */
  if (write->error == NULL &&
      !(write_file (job, ARC_STATE_PROBLEMS_NAME, problems) &&
        write_file (job, ARC_STATE_SNAPSHOT_NAME, snapshot) &&
        write_file (job, ARC_STATE_HISTORY_NAME, write->history)) &&
      write->list != NULL)
    remove_file (job, ARC_STATE_SNAPSHOT_NAME);

  /* The build does not outlive the machine, so its list need not be durable. */
  if (write->list != NULL &&
      !arc_state_dir_write (write->changes, write->list, G_FILE_SET_CONTENTS_NONE, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  /* A build that was canceled has no log. */
  if (write->list != NULL && is_locked &&
      !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    {
      write->log = arc_build_log_dir_make (job->writer->directory->path, write->build, NULL);
      write->logs = arc_build_log_dir_list (job->writer->directory->path);
    }
  g_task_return_boolean (task, TRUE);
}

/* The task has ended: reports its result, if that was not done. */
static void
report (ArcStateWriter *self, GTask *task)
{
  const Job *job = g_task_get_task_data (task);

  if (g_queue_remove (self->tasks, task) && job->write.is_done)
    self->func (&job->write, self->user_data);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  const Job *job = g_task_get_task_data (G_TASK (result));

  report (job->writer, G_TASK (result));
  if (job->callback != NULL)
    job->callback (source, result, job->user_data);
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
  /* An exclusive thread is not subject to the limit of unused threads. */
  if (self->pool == NULL)
    self->pool = g_thread_pool_new (run_in_thread, NULL, 1, TRUE, NULL);
  g_thread_pool_push (self->pool, task, NULL);
}

void
arc_state_writer_flush (ArcStateWriter *self)
{
  GTask *task;

  if (self->pool == NULL)
    return;

  g_thread_pool_free (g_steal_pointer (&self->pool), FALSE, TRUE);
  while ((task = g_queue_peek_head (self->tasks)) != NULL)
    report (self, task);
}
