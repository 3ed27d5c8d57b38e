/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"
#include "common/problem-list.h"
#include "watch/snapshot.h"

#include <gio/gio.h>

G_BEGIN_DECLS

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
 *     changes            what the last build was told, for it to read
 *     group              the process group of the running build
 *
 * The snapshot is written before a build, with what that takes marked dirty, and after it. Before a
 * build of everything it is empty, and of no database: nothing is known then of what the database
 * may hold of files that are gone. So whenever the service, the build or the machine dies: what the
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

/* DIRECTORY is made when it is first needed. */
ArcStateStore *arc_state_store_new (const char *directory);

const char *arc_state_store_get_directory (ArcStateStore *store);

/* Makes the directory if need be and takes the lock, without waiting. ARC_ERROR_LOCKED, naming the
 * directory and the pid of the owner, if another process has it; ARC_ERROR_STATE_DIRECTORY if the
 * directory cannot be made. The lock goes with the process. */
gboolean arc_state_store_lock (ArcStateStore *store, GError **error);

/* (nullable): what the state directory cannot keep, why, and what to do about it; English. It is in
 * the log, too. Valid until the store is used again. */
const char *arc_state_store_get_problem (ArcStateStore *store);

/* Lets go of the lock, if it is held, after arc_state_store_flush(). Nothing of the directory may
 * be written after that. */
void arc_state_store_unlock (ArcStateStore *store);

/* Waits for all that is being written. */
void arc_state_store_flush (ArcStateStore *store);

/* A number larger than that of any build whose log is here, and than any that it returned before;
 * from 1. */
guint64 arc_state_store_next_build (ArcStateStore *store);

/* (transfer full): where the log of build ID is, if it still is. */
char *arc_state_store_get_log (ArcStateStore *store, guint64 id);

/* The log of build ID, to read (owned by the caller, close-on-exec); one that is not there yet is
 * made if CREATE. -1 and ARC_ERROR_NO_SUCH_BUILD if it is not there, or ARC_ERROR_STATE_DIRECTORY
 * if it cannot be read. */
int arc_state_store_open_log (ArcStateStore *store, guint64 id, gboolean create, GError **error);

/**
 * ArcStateStoreInputs:
 * @settings: (nullable): arc_build_inputs_read() when the build began that made all of the database
 * @database: (nullable): arc_build_inputs_read_database() after the last build
 * @tree: (nullable): arc_build_inputs_get_tree() of the snapshot
 *
 * What else is remembered of a database; NULL: nothing.
 */
typedef struct
{
  char *settings;
  char *database;
  char *tree;
} ArcStateStoreInputs;

void arc_state_store_inputs_clear (ArcStateStoreInputs *inputs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArcStateStoreInputs, arc_state_store_inputs_clear)

/**
 * arc_state_store_load:
 * @store: the store
 * @database: the path of the database
 * @inputs: (out): what was committed with the files, also if not all of them are known
 *
 * Reads what the last run left. A file that is damaged is put aside, counts as not there, and is
 * reported in the log.
 *
 * Returns: (transfer full) (nullable): the files as @database has them, with all that is not
 *   committed marked dirty, so that the next look at the disk finds it changed; %NULL if it is not
 *   known what @database has, or there is none
 */
ArcSnapshot *
arc_state_store_load (ArcStateStore *store, const char *database, ArcStateStoreInputs *inputs);

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

/* A build has ended: DATABASE has the files of SNAPSHOT, but for PENDING, and INPUTS. */
void arc_state_store_commit (ArcStateStore *store,
                             const ArcSnapshot *snapshot,
                             const ArcChangeSet *pending,
                             const char *database,
                             const ArcStateStoreInputs *inputs);

/* Tries again to write what could not be written. TRUE if arc_state_store_commit() has to be
 * called, for which only the caller has the arguments. */
gboolean arc_state_store_retry (ArcStateStore *store);

/* Sets the problems of all notes, PROBLEMS, which are sorted. The next commits write them, before
 * their snapshot: so a database that counts as up to date has the problems that belong to it. */
void arc_state_store_set_note_problems (ArcStateStore *store, ArcProblemList *problems);

/* Returns: (transfer none): the problems of all notes. */
ArcProblemList *arc_state_store_get_note_problems (ArcStateStore *store);

/* Adds BUILD (transfer full), which has ended, to the history, and writes that. */
void arc_state_store_add_build (ArcStateStore *store, ArcBuild *build);

/* (transfer none) (element-type ArcBuild): the last builds that ended, the newest last. */
const GPtrArray *arc_state_store_get_history (ArcStateStore *store);

/* (transfer none) (nullable): the last build that ended. */
const ArcBuild *arc_state_store_get_last_build (ArcStateStore *store);

/* The number of the last build that succeeded; 0 if there is none. */
guint64 arc_state_store_get_built_id (ArcStateStore *store);

/* The file that the process group of a build is to be written to, at its start, as a decimal number
 * and a newline, before the build runs: it has room for that (owned by the caller, close-on-exec).
 * -1 if there can be none. And forgets what is in it, when the build has ended. */
int arc_state_store_open_group (ArcStateStore *store);
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
 * Returns: %TRUE if there was something to end
 */
gboolean
arc_state_store_end_leftover_finish (ArcStateStore *store, GAsyncResult *result, GError **error);

/* The flag outlives the process; the machine only if that lives on for some seconds, as it is not
 * worth to wait for the disk. ARC_ERROR_LOCKED,
 * ARC_ERROR_STATE_DIRECTORY. */
gboolean arc_state_store_get_paused (ArcStateStore *store);
gboolean arc_state_store_set_paused (ArcStateStore *store, gboolean paused, GError **error);

G_END_DECLS
