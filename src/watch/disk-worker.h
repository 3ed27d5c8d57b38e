/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-reader.h"
#include "watch/directory-tree.h"
#include "watch/recheck-queue.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcDiskWorker:
 *
 * Reads directories and paths in a thread, in the order in which it gets the jobs, so that the main
 * loop does not wait for a disk. The results come in the same order: what a job read is newer than
 * what an earlier one did.
 *
 * A thread that a file system does not answer for 5 s is left behind with its job, and another
 * thread does the other jobs.
 *
 * Works in the main context that was the thread default at arc_disk_worker_new().
 */
typedef struct _ArcDiskWorker ArcDiskWorker;

/**
 * ArcDiskJobKind:
 * @ARC_DISK_JOB_OPEN: opens a directory, and reads it if it is the one that is expected
 * @ARC_DISK_JOB_READ: reads the directory that an earlier job has opened
 * @ARC_DISK_JOB_LOOK: reads the status of a path
 * @ARC_DISK_JOB_CHECK: reads as much as shows whether a directory that was lost is back
 */
typedef enum
{
  ARC_DISK_JOB_OPEN,
  ARC_DISK_JOB_READ,
  ARC_DISK_JOB_LOOK,
  ARC_DISK_JOB_CHECK,
} ArcDiskJobKind;

/**
 * ArcDiskJob:
 * @link: in the queues of the worker
 * @all: in arc_disk_worker_get_jobs()
 * @kind: what to do; the thread does not read what other kinds need
 * @node: (nullable): for its owner; the thread does not read it
 * @stuck: the thread was left behind
 * @is_cancelled: the thread must not do it, if it has not yet
 * @path: the path
 * @follow: whether @path may be a symbolic link
 * @follow_symlinks: whether symbolic links in the directory count as what they lead to
 * @filter: (nullable): decides which paths matter
 * @below_root: (nullable): the path below the root, which @filter gets
 * @reader: (nullable): reads the directory
 * @expects_id: OPEN: whether a directory that is @id is read at once, and closed
 * @id: OPEN: the identity; CHECK: that of the directory that was read
 * @verifies: READ: whether @path must still be the directory that was opened
 * @way_changed: for its owner
 * @unseen: CHECK: (nullable) (element-type filename): names in the directory, one of which may be
 *   readable again; %NULL for the directory itself
 * @is_read: whether the directory was read
 * @is_elsewhere: READ: whether another directory is at @path
 * @is_back: CHECK: whether there is more to be read
 * @is_empty: CHECK: whether the directory that was read has no entry at all
 * @error: (nullable): why the directory cannot be opened, or read
 * @info: LOOK: the status of @path, or, for a link that is followed, of what it leads to
 * @number: LOOK: 0, or the errno(3) of fstatat(2)
 * @time: LOOK: arc_get_stamp_time() just before that: a later write within a tick leaves no trace
 * @is_link: LOOK: whether @path is a symbolic link
 *
 * A job of the thread. Only the thread uses it from arc_disk_worker_push() to
 * arc_disk_worker_take(), but for the members that are for its owner.
 */
typedef struct
{
  GList link;
  GList all;
  ArcDiskJobKind kind;
  ArcNode *node;
  gboolean stuck;
  gboolean is_cancelled;

  char *path;
  gboolean follow;
  gboolean follow_symlinks;
  ArcPathFilter *filter;
  char *below_root;
  ArcDirectoryReader *reader;
  gboolean expects_id;
  ArcFileId id;
  gboolean verifies;
  gboolean way_changed;
  GHashTable *unseen;
  ArcRecheck *look;

  gboolean is_read;
  gboolean is_elsewhere;
  gboolean is_back;
  gboolean is_empty;
  GError *error;
  struct stat info;
  int number;
  gint64 time;
  gboolean is_link;
} ArcDiskJob;

/**
 * arc_disk_worker_new:
 * @func: called when there are results, again only after arc_disk_worker_take() has returned
 *   %NULL
 * @user_data: data for @func
 *
 * Makes a worker. Its thread starts with the first job.
 *
 * Returns: (transfer full): the worker
 */
ArcDiskWorker *arc_disk_worker_new (GSourceOnceFunc func, gpointer user_data);

/**
 * arc_disk_worker_free:
 * @worker: (transfer full): a worker
 *
 * Frees a worker and all of its jobs. A thread that a file system does not answer is left behind.
 */
void arc_disk_worker_free (ArcDiskWorker *worker);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcDiskWorker, arc_disk_worker_free)

/**
 * arc_disk_worker_make_job:
 * @worker: a worker
 * @kind: the kind of the job
 * @path: an absolute path
 *
 * Makes a job. An OPEN gets a reader, which a READ that is made of it uses, too.
 *
 * Returns: (transfer full): the job
 */
ArcDiskJob *arc_disk_worker_make_job (ArcDiskWorker *worker, ArcDiskJobKind kind, const char *path);

/**
 * arc_disk_worker_free_job:
 * @worker: a worker
 * @job: (transfer full): a job that was made or taken
 *
 * Frees a job that the worker does not have.
 */
void arc_disk_worker_free_job (ArcDiskWorker *worker, ArcDiskJob *job);

/**
 * arc_disk_worker_get_room:
 * @worker: a worker
 *
 * Returns: how many jobs the thread should get now, so that it reads while the main loop compares;
 *   0 while it has enough
 */
guint arc_disk_worker_get_room (const ArcDiskWorker *worker);

/**
 * arc_disk_worker_push:
 * @worker: a worker
 * @job: (transfer full): a job
 *
 * Queues a job, until the next flush.
 */
void arc_disk_worker_push (ArcDiskWorker *worker, ArcDiskJob *job);

/**
 * arc_disk_worker_flush:
 * @worker: a worker
 *
 * Gives the thread the jobs that were queued. To wake it for each costs more than to read a small
 * directory.
 */
void arc_disk_worker_flush (ArcDiskWorker *worker);

/**
 * arc_disk_worker_take:
 * @worker: a worker
 *
 * Returns: (transfer full) (nullable): the next job that is done, unless it was stuck or cancelled
 */
ArcDiskJob *arc_disk_worker_take (ArcDiskWorker *worker);

/**
 * arc_disk_worker_get_jobs:
 * @worker: a worker
 *
 * Returns: (transfer none) (element-type ArcDiskJob): the jobs that were pushed and not taken
 */
const GList *arc_disk_worker_get_jobs (const ArcDiskWorker *worker);

/**
 * arc_disk_worker_is_awaited:
 * @worker: a worker
 *
 * Returns: %TRUE if the end of a scan waits for one of the jobs
 */
gboolean arc_disk_worker_is_awaited (const ArcDiskWorker *worker);

/**
 * arc_disk_worker_get_n_stuck:
 * @worker: a worker
 *
 * Returns: how many of the jobs are stuck
 */
guint arc_disk_worker_get_n_stuck (const ArcDiskWorker *worker);

/**
 * arc_disk_worker_look_for_stuck:
 * @worker: a worker
 * @now: the time, in microseconds of g_get_monotonic_time()
 *
 * Checks, once a second, whether the thread goes on, and otherwise leaves it behind. Until the next
 * flush the other jobs can be cancelled.
 *
 * Returns: (transfer none) (nullable): the job that is stuck since this call
 */
ArcDiskJob *arc_disk_worker_look_for_stuck (ArcDiskWorker *worker, gint64 now);

/**
 * arc_disk_worker_get_due:
 * @worker: a worker
 *
 * Returns: when there is something to do but to push jobs, in microseconds of
 *   g_get_monotonic_time(); 0 for at once, -1 for never
 */
gint64 arc_disk_worker_get_due (const ArcDiskWorker *worker);

G_END_DECLS
