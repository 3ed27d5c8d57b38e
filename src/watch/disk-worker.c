/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/disk-worker.h"

#include "common/path.h"
#include "watch/ready-source.h"

#include <errno.h>
#include <fcntl.h>

/* How many jobs the thread has at most, and how few before it gets more. */
#define MAX_JOBS 128
#define MIN_JOBS 64

/* How often to look whether the thread goes on, and for how long it may not. Ticks are counted, not
 * the time: a process that was stopped (SIGSTOP) has done nothing meanwhile. */
#define TICK     G_TIME_SPAN_SECOND
#define PATIENCE 5

/* The same for the first job of a thread that takes the place of one that was left behind: a server
 * that is gone takes all its file systems along. */
#define PATIENCE_AFTER_STUCK 1

/* How many results wake the main loop, unless there is nothing more to do: to wake it for each
 * costs more than to read a small directory. */
#define RESULTS_PER_WAKE 64

/* How long to search, each time, for what can be read again in one directory. */
#define CHECK_SLICE (10 * G_TIME_SPAN_MILLISECOND)

/* How many entries of a directory that was lost to read: enough to see that it is not empty. */
#define NAMES_PER_CHECK 32

/* How long the thread has to end its job when the worker is freed. */
#define END_PATIENCE (100 * G_TIME_SPAN_MILLISECOND)

/* One thread, which has a reference, too. */
typedef struct
{
  ArcDiskWorker *worker; /* (owned) */
  GThread *handle;
  ArcDiskJob *current; /* (nullable) */
  gboolean abandoned;  /* to end after this job: another thread does the next */
} WorkerThread;

struct _ArcDiskWorker
{
  int ref_count; /* atomic */
  int n_steps;   /* atomic */

  GMutex mutex; /* of what follows, and of the members of a thread */
  GCond cond;
  GQueue jobs;     /* (element-type ArcDiskJob) */
  GQueue results;  /* (element-type ArcDiskJob) */
  guint n_waiting; /* threads without a job: g_cond_signal() is a system call even without
                      (GLib 2.74) */
  gboolean woken;  /* the main loop will take the results */
  gboolean closing;

  /* Of the main loop only. */
  WorkerThread *thread; /* (nullable): NULL until there is a job */
  GQueue all;           /* (element-type ArcDiskJob): pushed, and not taken */
  guint n_stuck;        /* of all */
  gint64 tick;          /* when to look whether the thread goes on; 0: it has no job */
  guint n_seen;         /* the steps at the last tick */
  guint n_ticks;        /* since it went on */
  gboolean was_stuck;   /* the thread before was left behind, and this one has done no job yet */
  guint n_at_stuck;     /* the steps when it was left behind */
  GQueue pushed;        /* (element-type ArcDiskJob): jobs that the thread does not have yet */
  GQueue taken;         /* (element-type ArcDiskJob): results that were not returned yet */
  gboolean has_results; /* there may be some to take */
  GPtrArray *readers;   /* (element-type ArcDirectoryReader) */
  GMainContext *context;
  GSource *source;
  GSourceOnceFunc func;
  gpointer user_data;
};

static void
job_free (ArcDiskJob *job)
{
  g_clear_pointer (&job->reader, arc_directory_reader_free);
  arc_path_filter_unref (job->filter);
  g_clear_pointer (&job->look, arc_recheck_free);
  g_clear_pointer (&job->chain, arc_path_chain_free);
  g_clear_pointer (&job->places, g_array_unref);
  g_clear_error (&job->error);
  g_clear_pointer (&job->unseen, g_hash_table_unref);
  g_free (job->below_root);
  g_free (job->path);
  g_free (job->top);
  g_free (job);
}

static void
free_jobs (GQueue *jobs)
{
  GList *link;

  while ((link = g_queue_pop_head_link (jobs)) != NULL)
    job_free (link->data);
}

static void
worker_unref (ArcDiskWorker *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  free_jobs (&self->jobs);
  free_jobs (&self->results);
  free_jobs (&self->pushed);
  free_jobs (&self->taken);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self);
}

/* The thread */

static void
look_at_places (ArcDiskJob *job)
{
  for (guint i = 0; job->places != NULL && i < job->places->len; i++)
    {
      ArcDiskPlace *place = &g_array_index (job->places, ArcDiskPlace, i);

      place->is_there = arc_file_id_is_at (&place->id, place->path, place->follow);
    }
}

/* Whether the directory ID, which is at the path of JOB, is the root of a file system. The one
 * above is not that in the tree if the path is a symbolic link. */
static gboolean
is_mount_point (const ArcDiskJob *job, const ArcFileId *id)
{
  g_autofree char *above = NULL;
  struct stat info;

  if (job->device == 0 || (job->device == id->device && !job->was_mounted))
    return FALSE;

  above = arc_path_join (job->path, "..");

  return stat (above, &info) == 0 && info.st_dev != id->device;
}

static void
read_directory (ArcDiskJob *job)
{
  job->is_read = TRUE;
  if (arc_directory_reader_run (job->reader, job->filter, job->below_root, job->follow_symlinks,
                                G_MAXUINT, &job->error))
    job->is_mount_point = is_mount_point (job, &arc_directory_reader_get_listing (job->reader)->id);
  else
    look_at_places (job);
}

static void
run_open (ArcDiskJob *job)
{
  if (!arc_directory_reader_open (job->reader, job->path, job->follow, &job->error))
    look_at_places (job);
  else if (job->expects_id &&
           arc_file_id_equal (&job->id, &arc_directory_reader_get_listing (job->reader)->id))
    read_directory (job);
}

static void
run_read (ArcDiskJob *job)
{
  /* A link that was pointed elsewhere before its path was watched gave no event. */
  job->chain_changed = job->chain != NULL && arc_path_chain_resolve (job->chain);
  job->is_elsewhere = (job->verifies || job->chain_changed) &&
                      !arc_file_id_is_at (&arc_directory_reader_get_listing (job->reader)->id,
                                          job->path, job->follow);
  if (!job->is_elsewhere)
    read_directory (job);
}

static void
run_look (ArcDiskJob *job)
{
  job->time = arc_get_stamp_time ();
  job->number = fstatat (AT_FDCWD, job->path, &job->info, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
  job->is_link = job->number == 0 && S_ISLNK (job->info.st_mode) &&
                 (arc_path_filter_match_file (job->filter, job->below_root, NULL) ||
                  arc_path_filter_match_directory (job->filter, job->below_root, NULL));

  if (job->is_link && job->follow_symlinks)
    {
      /* First its path: what happens to the target later gives an event. */
      arc_path_chain_resolve (job->chain);
      job->time = arc_get_stamp_time ();
      job->number = fstatat (AT_FDCWD, job->path, &job->info, 0) == 0 ? 0 : errno;
    }
  if (job->number != 0)
    look_at_places (job);
}

/* Whether one of the names can be looked at, or is gone. */
static gboolean
is_any_back (const ArcDiskJob *job)
{
  const gint64 deadline = g_get_monotonic_time () + CHECK_SLICE;
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, job->unseen);
  while (g_hash_table_iter_next (&iter, &name, NULL) && g_get_monotonic_time () < deadline)
    {
      g_autofree char *path = arc_path_join (job->path, name);
      struct stat info;

      if (fstatat (AT_FDCWD, path, &info, job->follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 ||
          arc_directory_reader_is_gone (errno))
        return TRUE;
    }

  return FALSE;
}

/* Whether the directory can be read. */
static gboolean
is_readable (ArcDiskJob *job)
{
  g_autoptr (ArcDirectoryReader) reader = arc_directory_reader_new (NULL);
  const ArcDirectoryListing *listing = arc_directory_reader_get_listing (reader);

  if (!arc_directory_reader_open (reader, job->path, job->follow, NULL) ||
      !arc_directory_reader_run (reader, job->filter, job->below_root, FALSE, NAMES_PER_CHECK,
                                 NULL))
    return FALSE;

  job->id = listing->id;
  job->is_empty = listing->is_empty;
  job->is_mount_point = listing->is_empty && is_mount_point (job, &listing->id);

  return TRUE;
}

static void
run_job (ArcDiskJob *job)
{
  switch (job->kind)
    {
    case ARC_DISK_JOB_OPEN:
      run_open (job);
      return;

    case ARC_DISK_JOB_COMPARE:
      look_at_places (job);
      return;

    case ARC_DISK_JOB_READ:
      run_read (job);
      return;

    case ARC_DISK_JOB_LOOK:
      run_look (job);
      return;

    case ARC_DISK_JOB_CHECK:
      if (job->chain != NULL)
        arc_path_chain_resolve (job->chain);
      job->is_back = job->unseen != NULL ? is_any_back (job) : is_readable (job);
      return;
    }
}

/* With the lock. */
static void
add_result (ArcDiskWorker *self, ArcDiskJob *job)
{
  g_queue_push_tail_link (&self->results, &job->link);
  if (self->woken || self->closing ||
      (self->results.length < RESULTS_PER_WAKE && self->jobs.length > 0))
    return;

  self->woken = TRUE;
  g_source_set_ready_time (self->source, 0);
}

static gpointer
run_thread (gpointer data)
{
  WorkerThread *thread = data;
  ArcDiskWorker *self = thread->worker;

  g_mutex_lock (&self->mutex);
  while (!thread->abandoned && !self->closing)
    {
      GList *link = g_queue_pop_head_link (&self->jobs);
      ArcDiskJob *job;

      if (link == NULL)
        {
          self->n_waiting++;
          g_cond_wait (&self->cond, &self->mutex);
          self->n_waiting--;
          continue;
        }

      job = thread->current = link->data;
      g_mutex_unlock (&self->mutex);
      if (!job->is_cancelled)
        {
          g_atomic_int_inc (&self->n_steps);
          run_job (job);
          g_atomic_int_inc (&self->n_steps);
        }
      g_mutex_lock (&self->mutex);
      thread->current = NULL;
      add_result (self, job);
    }
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
  worker_unref (self);
  g_atomic_rc_box_release (thread);

  return NULL;
}

/* The main loop */

static gboolean
on_results (gpointer user_data)
{
  ArcDiskWorker *self = user_data;

  g_source_set_ready_time (self->source, -1);
  self->has_results = TRUE;
  self->func (self->user_data);

  return G_SOURCE_CONTINUE;
}

static void
start_thread (ArcDiskWorker *self)
{
  self->thread = g_atomic_rc_box_new0 (WorkerThread);
  self->thread->worker = self;
  g_atomic_int_inc (&self->ref_count);
  self->thread->handle = g_thread_new ("disk", run_thread, g_atomic_rc_box_acquire (self->thread));
}

ArcDiskWorker *
arc_disk_worker_new (GSourceOnceFunc func, gpointer user_data)
{
  ArcDiskWorker *self = g_new0 (ArcDiskWorker, 1);

  self->ref_count = 1;
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  g_queue_init (&self->jobs);
  g_queue_init (&self->results);
  g_queue_init (&self->pushed);
  g_queue_init (&self->taken);
  self->readers = g_ptr_array_new_with_free_func ((GDestroyNotify) arc_directory_reader_free);
  self->func = func;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->source = arc_ready_source_new ("ArcDiskWorker", self->context, on_results, self);

  return self;
}

/* Without the lock. Frees what only the main loop uses. */
static void
end_thread (ArcDiskWorker *self)
{
  const gint64 deadline = g_get_monotonic_time () + END_PATIENCE;
  GThread *thread;
  gboolean is_at_work;

  g_mutex_lock (&self->mutex);
  /* Also a thread that was left behind may come back later. */
  self->closing = TRUE;
  if (self->thread == NULL)
    {
      g_mutex_unlock (&self->mutex);
      return;
    }

  thread = self->thread->handle;
  g_cond_broadcast (&self->cond);
  while (self->thread->current != NULL && g_cond_wait_until (&self->cond, &self->mutex, deadline))
    ;
  is_at_work = self->thread->current != NULL;
  g_mutex_unlock (&self->mutex);

  if (is_at_work)
    g_thread_unref (thread);
  else
    g_thread_join (thread);
  g_atomic_rc_box_release (g_steal_pointer (&self->thread));
}

void
arc_disk_worker_free (ArcDiskWorker *self)
{
  end_thread (self);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_main_context_unref (self->context);
  g_ptr_array_unref (self->readers);
  worker_unref (self);
}

ArcDiskJob *
arc_disk_worker_make_job (ArcDiskWorker *self,
                          ArcDiskJobKind kind,
                          const ArcWatchScope *scope,
                          const char *path,
                          const char *below_root)
{
  ArcDiskJob *job = g_new0 (ArcDiskJob, 1);

  job->kind = kind;
  job->link.data = job;
  job->all.data = job;
  job->path = g_strdup (path);
  job->below_root = g_strdup (below_root);
  job->filter = arc_path_filter_ref (scope->filter);
  job->follow_symlinks = scope->follow_symlinks;
  if (kind != ARC_DISK_JOB_OPEN)
    return job;

  if (self->readers->len > 0)
    job->reader = g_ptr_array_steal_index_fast (self->readers, self->readers->len - 1);
  else
    job->reader = arc_directory_reader_new (&self->n_steps);

  return job;
}

void
arc_disk_worker_free_job (ArcDiskWorker *self, ArcDiskJob *job)
{
  if (job->reader != NULL && self->readers->len < MAX_JOBS)
    {
      arc_directory_reader_close (job->reader);
      g_ptr_array_add (self->readers, g_steal_pointer (&job->reader));
    }

  job_free (job);
}

guint
arc_disk_worker_get_room (const ArcDiskWorker *self)
{
  const guint n = self->all.length - self->n_stuck;

  return n <= MIN_JOBS ? MAX_JOBS - n : 0;
}

void
arc_disk_worker_push (ArcDiskWorker *self, ArcDiskJob *job)
{
  if (self->tick == 0)
    {
      self->tick = g_get_monotonic_time () + TICK;
      self->n_ticks = 0;
    }

  g_queue_push_tail_link (&self->all, &job->all);
  g_queue_push_tail_link (&self->pushed, &job->link);
}

/* Gives the thread the jobs that were pushed. To wake it for each costs more than to read a small
 * directory. */
static void
flush (ArcDiskWorker *self)
{
  GList *link;
  gboolean is_idle;

  if (self->pushed.length == 0 && self->thread != NULL)
    return;

  g_mutex_lock (&self->mutex);
  while ((link = g_queue_pop_head_link (&self->pushed)) != NULL)
    g_queue_push_tail_link (&self->jobs, link);
  if (self->n_waiting > 0)
    g_cond_signal (&self->cond);
  is_idle = self->jobs.length == 0;
  g_mutex_unlock (&self->mutex);

  if (self->thread == NULL && !is_idle)
    start_thread (self);
}

/* (transfer full) (nullable) */
static ArcDiskJob *
pop_result (ArcDiskWorker *self)
{
  GList *link = g_queue_pop_head_link (&self->taken);

  if (link == NULL)
    {
      g_mutex_lock (&self->mutex);
      self->taken = self->results;
      g_queue_init (&self->results);
      self->woken = FALSE;
      g_mutex_unlock (&self->mutex);
      link = g_queue_pop_head_link (&self->taken);
    }

  return link != NULL ? link->data : NULL;
}

ArcDiskJob *
arc_disk_worker_take (ArcDiskWorker *self)
{
  ArcDiskJob *job;

  if (self->pushed.length >= MAX_JOBS - MIN_JOBS)
    flush (self);

  while ((job = pop_result (self)) != NULL)
    {
      g_queue_unlink (&self->all, &job->all);
      self->n_stuck -= job->stuck;
      if (!job->stuck && !job->is_cancelled)
        break;
      arc_disk_worker_free_job (self, job);
    }

  self->has_results = job != NULL;
  if (job == NULL)
    flush (self);
  if (self->all.length == self->n_stuck)
    self->tick = 0;

  return job;
}

gboolean
arc_disk_worker_is_awaited (const ArcDiskWorker *self)
{
  for (const GList *link = self->all.head; link != NULL; link = link->next)
    {
      const ArcDiskJob *job = link->data;

      if (!job->stuck && !job->is_cancelled && job->kind != ARC_DISK_JOB_CHECK &&
          (job->kind != ARC_DISK_JOB_LOOK || job->look->holding))
        return TRUE;
    }

  return FALSE;
}

gboolean
arc_disk_worker_is_stuck (const ArcDiskWorker *self, const char *path)
{
  for (const GList *link = self->n_stuck > 0 ? self->all.head : NULL; link; link = link->next)
    {
      const ArcDiskJob *job = link->data;

      if (job->top != NULL && arc_path_get_below (path, job->top) != NULL)
        return TRUE;
    }

  return FALSE;
}

void
arc_disk_worker_give_up (ArcDiskWorker *self, ArcDiskJob *stuck, const char *top)
{
  stuck->top = g_strdup (top);
  for (const GList *link = self->all.head; link != NULL; link = link->next)
    {
      ArcDiskJob *job = link->data;

      if (!job->stuck && arc_path_get_below (job->path, top) != NULL)
        job->is_cancelled = TRUE;
    }
}

/* (nullable): the job of the thread, if it is at work. */
static ArcDiskJob *
abandon_thread (ArcDiskWorker *self)
{
  ArcDiskJob *job;

  if (self->thread == NULL)
    return NULL;

  g_mutex_lock (&self->mutex);
  job = self->thread->current;
  if (job != NULL)
    {
      self->thread->abandoned = TRUE;
      g_thread_unref (self->thread->handle);
      g_atomic_rc_box_release (g_steal_pointer (&self->thread));
    }
  g_mutex_unlock (&self->mutex);

  return job;
}

ArcDiskJob *
arc_disk_worker_look_for_stuck (ArcDiskWorker *self, gint64 now)
{
  const guint n_steps = (guint) g_atomic_int_get (&self->n_steps);
  ArcDiskJob *job;

  if (self->tick == 0 || now < self->tick)
    return NULL;

  self->tick = now + TICK;
  self->n_ticks = n_steps == self->n_seen ? self->n_ticks + 1 : 0;
  self->n_seen = n_steps;
  /* The first of them is the begin of a job, which may get stuck. */
  if (n_steps - self->n_at_stuck > 1)
    self->was_stuck = FALSE;
  if (self->n_ticks < (self->was_stuck ? PATIENCE_AFTER_STUCK : PATIENCE))
    return NULL;

  self->n_ticks = 0;
  job = abandon_thread (self);
  if (job != NULL)
    {
      job->stuck = TRUE;
      if (job->chain != NULL)
        arc_path_chain_abandon (job->chain);
      self->n_stuck++;
      self->was_stuck = TRUE;
      self->n_at_stuck = n_steps;
    }

  return job;
}

gint64
arc_disk_worker_get_due (const ArcDiskWorker *self)
{
  if (self->has_results || self->pushed.length > 0)
    return 0;

  return self->tick != 0 ? self->tick : -1;
}
