/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "common/problem-list.h"
#include "state/state-contents.h"
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
 * What must be on the disk for sure is written by a thread, in the order of the calls; each call
 * copies what it needs. What cannot be written is tried again with each build and with
 * arc_state_store_retry().
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
 * arc_state_store_next_build:
 * @store: a store
 *
 * Returns: a number from 1 that is larger than that of each build with a log, and than each
 *   number that was returned before
 */
guint64 arc_state_store_next_build (ArcStateStore *store);

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
 * @callback: called when the log is open, or cannot be. The result is a #GTask: an int, a
 *   close-on-exec file descriptor, which the caller owns; the error is %ARC_ERROR_NO_SUCH_BUILD if
 *   there is no log, or %ARC_ERROR_STATE_DIRECTORY if it cannot be read
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
 * arc_state_store_load:
 * @store: the store
 * @database: the path of the database
 * @inputs: (out): what was committed with the files, also if not all of them are known
 *
 * Loads what the last run left, which arc_state_store_open_async() has read, or reads it. A file
 * that is damaged is put aside, counts as not there, and is reported in the log.
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
 * process. A lock whose process is gone is waited for in any case: a child that was being started
 * when the process was killed may have it.
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
 * arc_state_store_prepare_async:
 * @store: the store
 * @build: the number of the build
 * @kind: what the build does
 * @changes: the changes that an incremental build is for
 * @snapshot: the files, which other builds are for
 * @dirty: those that @database may lack
 * @database: the path of the database
 * @inputs: what else @database is made of
 * @cancellable: (nullable): nothing is written if it is cancelled before its turn
 * @callback: called when all is on the disk, or cannot be
 * @user_data: for @callback
 *
 * Writes what the next run has to know if it finds the build killed, and then the list that the
 * build reads.
 */
void arc_state_store_prepare_async (ArcStateStore *store,
                                    guint64 build,
                                    ArcBuildKind kind,
                                    const ArcChangeSet *changes,
                                    const ArcSnapshot *snapshot,
                                    const ArcChangeSet *dirty,
                                    const char *database,
                                    const ArcStateStoreInputs *inputs,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * arc_state_store_prepare_finish:
 * @store: the store
 * @result: the result
 * @log: (out) (nullable): the path of the log of the build, or %NULL if it cannot be made
 * @error: (out): ARC_ERROR_LOCKED if another process has the lock; ARC_ERROR_STATE_DIRECTORY if the
 *   list cannot be written. Then the build must not start.
 *
 * Returns: (transfer full) (nullable): the path of the list
 */
char *arc_state_store_prepare_finish (ArcStateStore *store,
                                      GAsyncResult *result,
                                      char **log,
                                      GError **error);

/**
 * arc_state_store_commit:
 * @store: a store
 * @snapshot: the files as the database has them
 * @pending: those that the database may lack
 * @database: the path of the database
 * @inputs: what else the database is made of
 *
 * Writes what the next run has to know after a build.
 */
void arc_state_store_commit (ArcStateStore *store,
                             const ArcSnapshot *snapshot,
                             const ArcChangeSet *pending,
                             const char *database,
                             const ArcStateStoreInputs *inputs);

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
 * arc_state_store_open_group:
 * @store: a store
 *
 * Opens the file that gets the process group of a build, as a decimal number and a newline,
 * before its program runs. It has room for that.
 *
 * Returns: a close-on-exec file descriptor, which the caller owns, or -1 if there can be none
 */
int arc_state_store_open_group (ArcStateStore *store);

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
 * @callback: called from the main loop when nothing is left. The result is a #GTask: a boolean,
 *   whether there was something to end; the error is %G_IO_ERROR_CANCELLED
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
 * arc_state_store_get_paused:
 * @store: a store
 *
 * Returns: %TRUE if the service is paused
 */
gboolean arc_state_store_get_paused (ArcStateStore *store);

/**
 * arc_state_store_set_paused:
 * @store: a store
 * @paused: whether the service is paused
 * @error: return location for an error
 *
 * Keeps the flag for the next run. It is not synced to the disk. The error is %ARC_ERROR_LOCKED
 * or %ARC_ERROR_STATE_DIRECTORY.
 *
 * Returns: %TRUE on success
 */
gboolean arc_state_store_set_paused (ArcStateStore *store, gboolean paused, GError **error);
