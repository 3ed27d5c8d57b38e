/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "common/problem-list.h"
#include "state/state-contents.h"
#include "state/state-writer.h"
#include "watch/snapshot.h"

#include <gio/gio.h>

/**
 * ArcStateStore:
 *
 * The state directory (0700): what a run of the service leaves to the next.
 *
 *     paused             there if the user paused the service
 *     snapshot           the files as the database has them, with what it may lack marked dirty
 *     history            the last builds
 *     problems           what is wrong with notes, as of the snapshot
 *     logs/ID.log        the output of build ID; the newest are kept (state/build-log-dir.h)
 *
 * and, in the runtime directory (state/state-dir.h), what the machine need not outlive:
 *
 *     changes            the list of changes of the last build
 *     group              the process group of the running build
 *
 * The snapshot is written before a build, with what that takes marked dirty, and after it. Before a
 * build of everything it is empty, and of no database: then it is not known which deleted files
 * the database still has. So whenever the service, the build or the machine dies: what the
 * database may lack is what differs from the snapshot.
 *
 * If the state directory cannot be written any more, builds go on, and the next run, which finds no
 * snapshot or another database than the snapshot is of, builds everything. If another process has
 * the lock by then, because the directory was removed and made anew, nothing is written and no
 * build starts (ARC_ERROR_LOCKED).
 *
 * A file that is damaged, or of another version, is put aside under a name that ends in `.damaged`.
 *
 * A thread writes, in the order of the calls; each call copies what it needs. What cannot be
 * written is tried again with each build and with arc_state_store_retry().
 *
 * Signals:
 *   `problem-changed`: arc_state_store_get_problem() is different. Emitted in the thread-default
 * main context of the call that wrote.
 */
#define ARC_TYPE_STATE_STORE (arc_state_store_get_type ())
G_DECLARE_FINAL_TYPE (ArcStateStore, arc_state_store, ARC, STATE_STORE, GObject)

/**
 * arc_state_store_new:
 * @directory: the absolute path of the state directory, which is made when it is first needed
 *
 * Returns: (transfer full): a store
 */
ArcStateStore *arc_state_store_new (const char *directory);

/**
 * arc_state_store_get_directory:
 * @store: a store
 *
 * Returns: (transfer none): the path of the state directory
 */
const char *arc_state_store_get_directory (ArcStateStore *store);

/**
 * arc_state_store_get_problem:
 * @store: a store
 *
 * Returns: (transfer none) (nullable): what cannot be written, why, and what to do about it, in
 *   English, or %NULL; valid until the store is used again. It is logged, too
 */
const char *arc_state_store_get_problem (ArcStateStore *store);

/**
 * arc_state_store_unlock:
 * @store: a store
 *
 * Blocks until all writes have ended, and releases the lock, which a later write takes again.
 */
void arc_state_store_unlock (ArcStateStore *store);

/**
 * arc_state_store_get_next_build:
 * @store: a store
 *
 * Returns: a number from 1 that is larger than that of each build with a log or in the history
 */
guint64 arc_state_store_get_next_build (ArcStateStore *store);

/**
 * arc_state_store_get_log:
 * @store: a store
 * @id: the number of a build
 *
 * Does not ask the disk: the thread that makes the log of a build lists the directory.
 *
 * Returns: (transfer full) (nullable): the path of the log of a build; %NULL if it was gone when
 * the last build began
 */
char *arc_state_store_get_log (ArcStateStore *store, guint64 id);

/**
 * arc_state_store_open_log_async:
 * @store: a store
 * @id: the number of a build
 * @create: whether a missing log is made
 * @callback: called when the log is open, or cannot be
 * @user_data: for @callback
 *
 * Opens the log of a build for reading, in a thread.
 */
void arc_state_store_open_log_async (ArcStateStore *store,
                                     guint64 id,
                                     gboolean create,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);

/**
 * arc_state_store_open_log_finish:
 * @store: the store
 * @result: the result
 * @error: return location for %ARC_ERROR_NO_SUCH_BUILD if there is no log, or
 *   %ARC_ERROR_STATE_DIRECTORY if it cannot be read
 *
 * Returns: a close-on-exec file descriptor, which the caller owns, or -1 on an error. close(2) of
 *   it may wait for the disk
 */
int arc_state_store_open_log_finish (ArcStateStore *store, GAsyncResult *result, GError **error);

/**
 * arc_state_store_load:
 * @store: a store that arc_state_store_open_async() has opened, once
 * @database: the path of the database
 * @inputs: (out): what was committed with the files, also if not all of them are known
 *
 * Loads what the last run left, which arc_state_store_open_async() has read. A file that is damaged
 * was put aside, counts as not there, and is reported in the log. Another database than the one
 * that the store was opened with is unknown.
 *
 * Returns: (transfer full) (nullable): the files as @database has them, with all that is not
 *   committed marked dirty, so that the next look at the disk finds it changed; %NULL if it is not
 *   known what @database has, or there is none
 */
ArcSnapshot *
arc_state_store_load (ArcStateStore *store, const char *database, ArcStateStoreInputs *inputs);

/**
 * arc_state_store_open_async:
 * @store: a store without the lock
 * @database: the path of the database
 * @patience: how long to wait for another process to release the lock, in microseconds
 * @cancellable: (nullable): ends the wait
 * @callback: called when the lock is held and the files are read
 * @user_data: for @callback
 *
 * Makes the directory if it is missing, takes the lock, and reads in a thread what
 * arc_state_store_load() returns: the disk may take its time. The lock lasts as long as the
 * process. What is written meanwhile is written when the lock is held. A lock whose process is gone
 * is waited for in any case: a child that was being started when the process was killed may have
 * it.
 */
void arc_state_store_open_async (ArcStateStore *store,
                                 const char *database,
                                 gint64 patience,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

/**
 * arc_state_store_open_finish:
 * @store: the store
 * @result: the result
 * @error: return location for %ARC_ERROR_LOCKED, with directory and process, if another process has
 * the lock; %ARC_ERROR_STATE_DIRECTORY if the directory cannot be made; %G_IO_ERROR_CANCELLED
 *
 * Returns: %TRUE if the lock is held
 */
gboolean arc_state_store_open_finish (ArcStateStore *store, GAsyncResult *result, GError **error);

/**
 * ArcStateStoreRecord:
 * @database: the path of a database
 * @inputs: what else it is made of
 * @snapshot: the files as it has them
 * @dirty: (nullable): those that it may lack
 *
 * What the next run has to know of a database.
 */
typedef struct
{
  const char *database;
  const ArcStateStoreInputs *inputs;
  const ArcSnapshot *snapshot;
  const ArcChangeSet *dirty;
} ArcStateStoreRecord;

/**
 * arc_state_store_prepare_async:
 * @store: the store
 * @build: a build
 * @changes: the changes that an incremental build is for; other builds are for all files
 * @record: what the next run has to know if it finds the build killed
 * @cancellable: (nullable): nothing is written if it is cancelled before its turn
 * @callback: called when all is on the disk, or cannot be
 * @user_data: for @callback
 *
 * Writes @record and then the files of the build, and makes the directory of the database.
 */
void arc_state_store_prepare_async (ArcStateStore *store,
                                    const ArcBuild *build,
                                    const ArcChangeSet *changes,
                                    const ArcStateStoreRecord *record,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * arc_state_store_prepare_finish:
 * @store: the store
 * @result: the result
 * @files: (out caller-allocates): the files of the build; not set on an error
 * @error: return location for %ARC_ERROR_LOCKED if another process has the lock;
 *   %ARC_ERROR_STATE_DIRECTORY if the list cannot be written; %ARC_ERROR_COMMAND if the directory
 *   of the database cannot be made. Then the build must not start.
 *
 * Returns: %TRUE on success
 */
gboolean arc_state_store_prepare_finish (ArcStateStore *store,
                                         GAsyncResult *result,
                                         ArcBuildFiles *files,
                                         GError **error);

/**
 * arc_state_store_commit:
 * @store: a store
 * @record: what the next run has to know after a build
 *
 * Writes @record.
 */
void arc_state_store_commit (ArcStateStore *store, const ArcStateStoreRecord *record);

/**
 * arc_state_store_retry:
 * @store: a store
 *
 * Tries again to write what could not be written.
 *
 * Returns: %TRUE if arc_state_store_commit() has to be called again
 */
gboolean arc_state_store_retry (ArcStateStore *store);

/**
 * arc_state_store_set_note_problems:
 * @store: a store
 * @problems: the problems of all notes, sorted; the store takes a reference
 *
 * Sets the problems of all notes. The next commit writes them before its snapshot, so that a
 * database that counts as up to date has the problems that belong to it.
 */
void arc_state_store_set_note_problems (ArcStateStore *store, ArcProblemList *problems);

/**
 * arc_state_store_get_note_problems:
 * @store: a store
 *
 * Returns: (transfer none): the problems of all notes
 */
ArcProblemList *arc_state_store_get_note_problems (ArcStateStore *store);

/**
 * arc_state_store_add_build:
 * @store: a store
 * @build: (transfer full): a build that has ended
 *
 * Adds a build to the history and writes the history.
 */
void arc_state_store_add_build (ArcStateStore *store, ArcBuild *build);

/**
 * arc_state_store_get_history:
 * @store: a store
 *
 * Returns: (transfer none) (element-type ArcBuild): the last builds that ended, the newest last
 */
const GPtrArray *arc_state_store_get_history (ArcStateStore *store);

/**
 * arc_state_store_get_last_build:
 * @store: a store
 *
 * Returns: (transfer none) (nullable): the last build that ended
 */
const ArcBuild *arc_state_store_get_last_build (ArcStateStore *store);

/**
 * arc_state_store_get_last_stored:
 * @store: a store
 *
 * Returns: (transfer none) (nullable): the last build that the database holds, see
 *   arc_build_is_stored(); %NULL if none is known
 */
const ArcBuild *arc_state_store_get_last_stored (ArcStateStore *store);

/**
 * arc_state_store_forget_group:
 * @store: a store
 *
 * Removes the record of the process group when the build has ended.
 */
void arc_state_store_forget_group (ArcStateStore *store);

/**
 * arc_state_store_end_leftover_async:
 * @store: the store
 * @grace: microseconds between SIGTERM and SIGKILL
 * @cancellable: (nullable): ends the wait; the next service tries again then
 * @callback: called from the main loop when nothing is left
 * @user_data: for @callback
 *
 * Ends what is left of a build of an earlier service that was killed. A process that left the group
 * on purpose is not touched. No build may start before @callback is called.
 */
void arc_state_store_end_leftover_async (ArcStateStore *store,
                                         gint64 grace,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);

/**
 * arc_state_store_end_leftover_finish:
 * @store: the store
 * @result: the result
 * @error: return location for %G_IO_ERROR_CANCELLED
 *
 * Returns: whether there was something to end
 */
gboolean
arc_state_store_end_leftover_finish (ArcStateStore *store, GAsyncResult *result, GError **error);

/**
 * arc_state_store_get_paused:
 * @store: a store
 *
 * Returns: whether the service is paused, as it was loaded or written last
 */
gboolean arc_state_store_get_paused (ArcStateStore *store);

/**
 * arc_state_store_set_paused_async:
 * @store: the store
 * @paused: whether the service is paused
 * @callback: called when that is written, or cannot be
 * @user_data: for @callback
 *
 * Keeps the flag for the next run. It is not synced to the disk.
 */
void arc_state_store_set_paused_async (ArcStateStore *store,
                                       gboolean paused,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);

/**
 * arc_state_store_set_paused_finish:
 * @store: the store
 * @result: the result
 * @error: return location for %ARC_ERROR_LOCKED or %ARC_ERROR_STATE_DIRECTORY; the flag is what it
 *   was then
 *
 * Returns: %TRUE on success
 */
gboolean
arc_state_store_set_paused_finish (ArcStateStore *store, GAsyncResult *result, GError **error);
