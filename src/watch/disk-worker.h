/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-reader.h"
#include "watch/path-monitor.h"
#include "watch/recheck-queue.h"
#include "watch/watch-scope.h"

#include <glib.h>

/**
 * ArcDiskWorker:
 *
 * Reads directories and paths in a thread, in the order in which it gets the jobs, so that the main
 * loop does not wait for a disk. The results come in the same order: what a job read is newer than
 * what an earlier one did.
 *
 * A thread that a file system does not answer for 5 s is left behind with its job, and another
 * thread does the other jobs. That one is left behind after 1 s until it has done a job: the next
 * file system in the queue may be of the same server.
 *
 * Works in the main context that was the thread default at arc_disk_worker_new().
 */
typedef struct _ArcDiskWorker ArcDiskWorker;

/**
 * ArcDiskJobKind:
 * @ARC_DISK_JOB_OPEN: opens a directory, and reads it if it is the one that is expected
 * @ARC_DISK_JOB_COMPARE: finds out where directories are, for a directory that an earlier job has
 *   opened
 * @ARC_DISK_JOB_READ: reads the directory that an earlier job has opened
 * @ARC_DISK_JOB_LOOK: reads the status of a path
 * @ARC_DISK_JOB_CHECK: reads as much as shows whether a directory that was lost is back
 */
typedef enum
{
  ARC_DISK_JOB_OPEN,
  ARC_DISK_JOB_COMPARE,
  ARC_DISK_JOB_READ,
  ARC_DISK_JOB_LOOK,
  ARC_DISK_JOB_CHECK,
} ArcDiskJobKind;

/**
 * ArcDiskPlace:
 * @path: the path of a directory
 * @follow: whether it may be a symbolic link
 * @id: which directory it was
 * @is_there: whether that directory is at @path
 *
 * A directory that may have been moved, or unmounted.
 */
typedef struct
{
  char *path;
  gboolean follow;
  ArcFileId id;
  gboolean is_there;
} ArcDiskPlace;

/**
 * ArcDiskJob:
 *
 * A job of the thread. Only the thread uses it from arc_disk_worker_push() to
 * arc_disk_worker_take(), but for the members that are for its owner.
 */
typedef struct
{
  GList link; /* in the queues of the worker */
  GList all;  /* in the list of those that were pushed and not taken */
  gboolean stuck;
  gboolean is_cancelled; /* the thread must not do it, if it has not yet */
  char *top;             /* (nullable): see arc_disk_worker_give_up() */

  /* For its owner. */
  guint64 serial;
  ArcRecheck *look; /* LOOK */

  /* What to do. */
  ArcDiskJobKind kind;
  char *path;
  gboolean follow;          /* PATH may be a symbolic link */
  gboolean follow_symlinks; /* links in the directory count as what they lead to */
  ArcPathFilter *filter;
  char *below_root;           /* PATH as the filter gets it */
  ArcDirectoryReader *reader; /* (nullable): OPEN, READ */
  gboolean expects_id;        /* OPEN: a directory that is ID is read at once */
  ArcFileId id;               /* OPEN: see there; CHECK: that of the directory that was read */
  gboolean verifies;          /* READ: PATH must still be the directory that was opened */
  ArcPathChain *chain;        /* (nullable): READ, CHECK: to be resolved before; LOOK: if PATH is a
                                 symbolic link */
  GArray *places;       /* (nullable) (element-type ArcDiskPlace): COMPARE; OPEN, READ, LOOK: to be
                           looked at if nothing is at PATH */
  guint64 device;       /* that of the directory above PATH; 0: there is none in the tree */
  gboolean was_mounted; /* PATH may be on the same device and a mount point all the same */
  GHashTable *unseen;   /* CHECK: (nullable) (element-type filename): names in the directory, one of
                           which may be readable again; NULL for the directory itself */

  /* What was found. */
  gboolean is_read;        /* the directory was read */
  gboolean is_mount_point; /* OPEN, READ, CHECK: a file system is mounted at PATH */
  gboolean chain_changed;  /* READ: the chain was another one than before */
  gboolean is_elsewhere;   /* READ: another directory is at PATH */
  gboolean is_back;        /* CHECK: there is more to be read */
  gboolean is_empty;       /* CHECK: the directory has no entry at all */
  GError *error;           /* (nullable): why the directory cannot be opened, or read */
  struct stat info; /* LOOK: the status of PATH, or of what it leads to if that is followed */
  int number;       /* LOOK: 0, or the errno(3) of fstatat(2) */
  gint64 time;      /* LOOK: arc_get_stamp_time() just before that */
  gboolean is_link; /* LOOK: PATH is a symbolic link that may lead to what matters */
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
 * @scope: decides what matters
 * @path: an absolute path
 * @below_root: the same below its root, as the filter gets it
 *
 * Makes a job. An OPEN gets a reader, which a READ that is made of it uses, too.
 *
 * Returns: (transfer full): the job
 */
ArcDiskJob *arc_disk_worker_make_job (ArcDiskWorker *worker,
                                      ArcDiskJobKind kind,
                                      const ArcWatchScope *scope,
                                      const char *path,
                                      const char *below_root);

/**
 * arc_disk_worker_free_job:
 * @worker: a worker
 * @job: (transfer full): a job that was made or taken
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
 * Queues a job. The thread gets it with others, or when arc_disk_worker_take() returns %NULL.
 */
void arc_disk_worker_push (ArcDiskWorker *worker, ArcDiskJob *job);

/**
 * arc_disk_worker_take:
 * @worker: a worker
 *
 * Returns: (transfer full) (nullable): the next job that is done, unless it was stuck or cancelled
 */
ArcDiskJob *arc_disk_worker_take (ArcDiskWorker *worker);

/**
 * arc_disk_worker_is_awaited:
 * @worker: a worker
 *
 * Returns: %TRUE if the end of a scan waits for one of the jobs
 */
gboolean arc_disk_worker_is_awaited (const ArcDiskWorker *worker);

/**
 * arc_disk_worker_look_for_stuck:
 * @worker: a worker
 * @now: the time, in microseconds of g_get_monotonic_time()
 *
 * Checks, once a second, whether the thread goes on, and otherwise leaves it behind. Another thread
 * begins with arc_disk_worker_take(), before which arc_disk_worker_give_up() can be called.
 *
 * Returns: (transfer none) (nullable): the job that is stuck since this call
 */
ArcDiskJob *arc_disk_worker_look_for_stuck (ArcDiskWorker *worker, gint64 now);

/**
 * arc_disk_worker_give_up:
 * @worker: a worker
 * @stuck: a job that is stuck
 * @top: the directory at which the file system begins that does not answer
 *
 * Cancels the other jobs of a file system, so that no other thread waits for it.
 */
void arc_disk_worker_give_up (ArcDiskWorker *worker, ArcDiskJob *stuck, const char *top);

/**
 * arc_disk_worker_is_stuck:
 * @worker: a worker
 * @path: an absolute path
 *
 * Returns: %TRUE if arc_disk_worker_give_up() was called for the file system of @path, and the
 *   thread still waits for it
 */
gboolean arc_disk_worker_is_stuck (const ArcDiskWorker *worker, const char *path);

/**
 * arc_disk_worker_get_due:
 * @worker: a worker
 *
 * Returns: when there is something to do but to push jobs, in microseconds of
 *   g_get_monotonic_time(); 0 for at once, -1 for never
 */
gint64 arc_disk_worker_get_due (const ArcDiskWorker *worker);
