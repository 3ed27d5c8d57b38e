/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/problem-list.h"
#include "state/state-dir.h"

#include <gio/gio.h>

/* The files that are written by arc_state_writer_push(). */
#define ARC_STATE_CHANGES_NAME  "changes"
#define ARC_STATE_HISTORY_NAME  "history"
#define ARC_STATE_PROBLEMS_NAME "problems"
#define ARC_STATE_SNAPSHOT_NAME "snapshot"

/**
 * ArcStateWrite:
 * @error: (owned) (nullable): why the state directory cannot be locked or written, set by the
 *   thread
 * @problems: (owned) (nullable): the problems of notes
 * @snapshot: (owned) (nullable): what arc_snapshot_frame() returned
 * @history: (owned) (nullable): what arc_history_serialise() returned
 * @list: (owned) (nullable): the list of changes for a build
 * @changes: (owned) (nullable): the path that @list is written to
 * @build: the number of that build
 * @log: (owned) (nullable): the path of its log, set by the thread; %NULL if it cannot be made
 * @logs: (owned) (nullable) (element-type guint64): the builds that have a log then, the newest
 *   first, set by the thread
 * @is_done: whether the thread has carried it out
 *
 * One write. It has copies of all that the thread needs.
 */
typedef struct
{
  GError *error;
  ArcProblemList *problems;
  GByteArray *snapshot;
  GBytes *history;
  GBytes *list;
  char *changes;
  guint64 build;
  char *log;
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
 *   with @write as the data; the error is %ARC_ERROR_LOCKED, or that of @list
 * @user_data: data for @callback
 *
 * Queues a write. The thread locks the state directory for it.
 */
void arc_state_writer_push (ArcStateWriter *writer,
                            ArcStateWrite *write,
                            GObject *source,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

/**
 * arc_state_writer_flush:
 * @writer: a writer
 *
 * Blocks until all writes are on the disk, and reports the results that have not been reported.
 */
void arc_state_writer_flush (ArcStateWriter *writer);
