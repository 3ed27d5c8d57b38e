/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/problem-list.h"
#include "state/state-dir.h"

#include <gio/gio.h>

/**
 * ArcBuildFiles:
 * @changes: (owned) (nullable): the path of the list of changes
 * @log: (owned) (nullable): the path of the log; %NULL if it cannot be made
 * @group: (owned) (nullable): the path of the record of the process group, which has room for a
 *   decimal number and a newline; %NULL if it cannot be made
 *
 * The files of a build, which are there before its program runs.
 */
typedef struct
{
  char *changes;
  char *log;
  char *group;
} ArcBuildFiles;

/**
 * arc_build_files_clear:
 * @files: the files
 */
void arc_build_files_clear (ArcBuildFiles *files);

/**
 * ArcStateWriteKind:
 * @ARC_STATE_WRITE_PREPARE: what a restart needs, and then the files of a build
 * @ARC_STATE_WRITE_COMMIT: what a restart needs
 * @ARC_STATE_WRITE_HISTORY: the history
 * @ARC_STATE_WRITE_PAUSE: the flag that the service is paused; not synced to the disk
 * @ARC_STATE_WRITE_RESUME: removes that
 * @ARC_STATE_WRITE_FORGET_GROUP: removes the record of the process group, unless
 *   another process has the lock
 *
 * What a write is for.
 */
typedef enum
{
  ARC_STATE_WRITE_PREPARE,
  ARC_STATE_WRITE_COMMIT,
  ARC_STATE_WRITE_HISTORY,
  ARC_STATE_WRITE_PAUSE,
  ARC_STATE_WRITE_RESUME,
  ARC_STATE_WRITE_FORGET_GROUP,
} ArcStateWriteKind;

/**
 * ArcStateWrite:
 * @kind: what it is for
 * @error: (owned) (nullable): why the state directory cannot be locked or written, set by the
 *   thread
 * @problems: (owned) (nullable): the problems of notes
 * @snapshot: (owned) (nullable): what arc_snapshot_frame() returned
 * @history: (owned) (nullable): what arc_history_serialise() returned
 * @list: (owned) (nullable): the list of changes for a build
 * @database_directory: (owned) (nullable): the directory of its database, which is made
 * @build: the number of that build
 * @files: its files, set by the thread
 * @logs: (owned) (nullable) (element-type guint64): the builds that have a log then, the newest
 *   first, set by the thread
 * @is_done: whether the thread has carried it out
 *
 * One write. It has copies of all that the thread needs.
 */
typedef struct
{
  ArcStateWriteKind kind;
  GError *error;
  ArcProblemList *problems;
  GByteArray *snapshot;
  GBytes *history;
  GBytes *list;
  char *database_directory;
  guint64 build;
  ArcBuildFiles files;
  GArray *logs;
  gboolean is_done;
} ArcStateWrite;

/**
 * ArcStateWriter:
 *
 * A thread that writes to the state directory, in the order of the calls: fsync(2) takes as long as
 * other programs keep the disk busy, and the main loop must not wait for it.
 */
typedef struct _ArcStateWriter ArcStateWriter;

/**
 * ArcStateWriterFunc:
 * @write: a write that the thread has carried out
 * @user_data: the data of arc_state_writer_new()
 *
 * Receives each result, once, in the order of the writes.
 */
typedef void (*ArcStateWriterFunc) (const ArcStateWrite *write, gpointer user_data);

/**
 * arc_state_writer_new:
 * @directory: the directory, which must outlive the writer
 * @func: called with each result, from the main context of the push or from
 *   arc_state_writer_flush()
 * @user_data: data for @func
 *
 * Makes a writer. The thread starts with the first write.
 *
 * Returns: (transfer full): the writer
 */
ArcStateWriter *
arc_state_writer_new (ArcStateDir *directory, ArcStateWriterFunc func, gpointer user_data);

/**
 * arc_state_writer_free:
 * @writer: (transfer full): a writer without writes under way
 */
void arc_state_writer_free (ArcStateWriter *writer);

/**
 * arc_state_writer_push:
 * @writer: a writer
 * @write: (transfer full): what to write
 * @source: the source object of the task, which keeps it alive
 * @cancellable: (nullable): nothing is written if it is cancelled before the thread begins
 * @callback: (nullable): called after the #ArcStateWriterFunc. The result is a #GTask: a boolean,
 *   with @write as the data; the error is %ARC_ERROR_LOCKED, or says why the files of the build,
 *   or the flag, cannot be written
 * @user_data: data for @callback
 *
 * Queues a write. The thread takes the lock on the state directory for it.
 */
void arc_state_writer_push (ArcStateWriter *writer,
                            ArcStateWrite *write,
                            GObject *source,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

/**
 * arc_state_writer_set_held:
 * @writer: a writer
 * @is_held: whether the thread begins no write
 *
 * Holds the writes that come from now on, or lets them begin.
 */
void arc_state_writer_set_held (ArcStateWriter *writer, gboolean is_held);

/**
 * arc_state_writer_flush:
 * @writer: a writer
 *
 * Blocks until all writes that have begun are on the disk, and reports the results that have not
 * been reported.
 */
void arc_state_writer_flush (ArcStateWriter *writer);
