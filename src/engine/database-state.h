/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "config/config.h"
#include "engine/pending-changes.h"
#include "state/state-store.h"
#include "watch/build-inputs.h"
#include "watch/watcher.h"

/**
 * ArcDatabaseState:
 * @inputs: (owned): the present inputs
 * @pending: (owned): the changes that the database lacks; the caller adds to them
 * @database: (owned): the path, by the settings in force
 * @built: what the database was made with, as far as that is known
 *
 * What the database holds, as far as that is known: which changes it lacks, what it was built from
 * besides the notes (the settings, the files that the build reads), and whether the file is still
 * the one that the last build left, which only builds may change. The state store has the same for
 * the next service.
 *
 * A difference of the inputs is found by comparison with what was seen last, so each is found once.
 */
typedef struct
{
  ArcBuildInputs *inputs;
  ArcPendingChanges *pending;
  char *database;
  ArcStateStoreInputs built;

  /*< private >*/
  ArcWatcher *watcher;  /* (owned) */
  ArcStateStore *store; /* (owned) */
  ArcBuildKind wanted;  /* what the next build has to do at least */
  ArcBuildInputsFunc func;
  gpointer user_data;

  char *built_database;     /* (owned) (nullable): what the last build wrote that took changes */
  ArcStateStoreInputs seen; /* what was seen last: a difference to that asks for a full build */

  /* Of the build that has taken its changes: the database that it writes, whatever settings come
   * later, and the settings that the database is made with if it succeeds. */
  char *taken_database; /* (owned) (nullable) */
  char *taken_settings; /* (owned) (nullable) */
  gboolean existed;     /* taken_database was there then */
} ArcDatabaseState;

/**
 * arc_database_state_new:
 * @watcher: the watcher of the tree
 * @store: the state store
 * @config: the settings
 * @func: called when inputs may have changed, after a look at them
 * @user_data: data for @func
 *
 * Returns: (transfer full): the state of a database of which nothing is known
 */
ArcDatabaseState *arc_database_state_new (ArcWatcher *watcher,
                                          ArcStateStore *store,
                                          const ArcConfig *config,
                                          ArcBuildInputsFunc func,
                                          gpointer user_data);

/**
 * arc_database_state_free:
 * @self: (transfer full): the state
 */
void arc_database_state_free (ArcDatabaseState *self);

/**
 * arc_database_state_load:
 * @self: the state, of which nothing else was used
 *
 * Reads what the last run of the service left.
 *
 * Returns: (transfer full) (nullable): the files that the database has; %NULL if that is not known
 */
ArcSnapshot *arc_database_state_load (ArcDatabaseState *self);

/**
 * arc_database_state_set_config:
 * @self: the state
 * @config: the settings
 *
 * Puts other settings in force. The content of another database is unknown.
 *
 * Returns: %TRUE if @config names another database
 */
gboolean arc_database_state_set_config (ArcDatabaseState *self, const ArcConfig *config);

/**
 * arc_database_state_find_gone:
 * @self: the state
 * @build: the build that runs
 * @path: a file that @build did not find, and of which it may have removed what the database held
 *
 * Finds the changes of @path that have to be built again. A file that cannot be seen, such as on a
 * disk that is not mounted, is built when it can be seen again.
 *
 * Returns: (transfer full): the changes
 */
ArcChangeSet *
arc_database_state_find_gone (ArcDatabaseState *self, const ArcBuild *build, const char *path);

/**
 * arc_database_state_check:
 * @self: the state
 * @writing: whether a build may be writing the database now
 *
 * Compares the inputs with those that were seen last, which they become. What is seen first is no
 * difference. The database is left out if @writing. After a difference the database may have rows
 * that a build would not make now, so a full build is due.
 *
 * Returns: %TRUE if there is a difference
 */
gboolean arc_database_state_check (ArcDatabaseState *self, gboolean writing);

/**
 * arc_database_state_needs_build:
 * @self: the state
 * @on_start: what the settings ask for
 * @unavailable: whether the tree is unavailable, so that its changes are unknown
 *
 * Decides whether a build is due at the start. A database of unknown content may lack anything, so
 * the next build of it is a full one.
 *
 * Returns: %TRUE if a build is due
 */
gboolean
arc_database_state_needs_build (ArcDatabaseState *self, ArcOnStart on_start, gboolean unavailable);

/**
 * arc_database_state_want:
 * @self: the state
 * @kind: what the next build does at least
 *
 * Requires more of the next build.
 */
void arc_database_state_want (ArcDatabaseState *self, ArcBuildKind kind);

/**
 * arc_database_state_take_wanted:
 * @self: the state
 *
 * Returns: what the build that starts now has to do
 */
ArcBuildKind arc_database_state_take_wanted (ArcDatabaseState *self);

/**
 * arc_database_state_take_async:
 * @self: the state
 * @build: the build that takes the changes; its number of files is set
 * @cancellable: (nullable): a cancellable
 * @callback: called when the files are written, or cannot be
 * @user_data: data for @callback
 *
 * Moves the pending changes into @build, and begins to write the list of files for its process and
 * what the next service needs if this one or the machine dies. It takes as long as the disk is
 * busy.
 *
 * The list has no change of a file that cannot be seen: the database keeps its rows, and the change
 * is built when the file can be seen again. The list of a full build has the file, so that its rows
 * stay.
 */
void arc_database_state_take_async (ArcDatabaseState *self,
                                    ArcBuild *build,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * arc_database_state_take_finish:
 * @result: the result
 * @files: (out caller-allocates): the files of the build; not set on an error
 * @error: return location for the errors of arc_state_store_prepare_finish()
 *
 * Finishes arc_database_state_take_async(), whose state may have been freed after its cancellable
 * was cancelled.
 *
 * Returns: %TRUE on success
 */
gboolean
arc_database_state_take_finish (GAsyncResult *result, ArcBuildFiles *files, GError **error);

/**
 * arc_database_state_was_removed:
 * @self: the state
 *
 * Call this while a build has a process, or has had one and the inputs were looked at since. A
 * command that makes no database at all is left alone: its database was not there when the build
 * took its changes.
 *
 * Returns: whether the database was removed while the build ran, which has written to a file
 * without a name then
 */
gboolean arc_database_state_was_removed (const ArcDatabaseState *self);

/**
 * arc_database_state_end_build:
 * @self: the state
 * @build: a build that has ended, and whose process, if it had one, was followed by a look at the
 *   inputs
 * @spawned: whether it had a process
 * @last_try: whether no retry is left
 *
 * Takes the database that the process has left as the one that the next build finds. Call
 * arc_database_state_commit() or arc_database_state_restore() afterwards.
 *
 * Returns: %TRUE if @build failed only for files that have failed in all their tries
 */
gboolean arc_database_state_end_build (ArcDatabaseState *self,
                                       const ArcBuild *build,
                                       gboolean spawned,
                                       gboolean last_try);

/**
 * arc_database_state_commit:
 * @self: the state
 *
 * Drops the changes of the build that has ended: the database has them.
 */
void arc_database_state_commit (ArcDatabaseState *self);

/**
 * arc_database_state_restore:
 * @self: the state
 * @build: the build that has ended
 *
 * Returns the changes that @build did not do to the pending ones.
 */
void arc_database_state_restore (ArcDatabaseState *self, const ArcBuild *build);

/**
 * arc_database_state_retry_write:
 * @self: the state, while no build runs
 *
 * Writes what the state store could not write.
 */
void arc_database_state_retry_write (ArcDatabaseState *self);
