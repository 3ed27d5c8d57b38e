/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/build-run.h"
#include "state/state-store.h"
#include "watch/build-inputs.h"

G_BEGIN_DECLS

/**
 * ArcDatabaseInputs:
 *
 * What the database was built from besides the notes, as far as that is known, and whether it still
 * is that: the settings, the files that the build reads, and the state of the database file, which
 * only builds may change.
 *
 * A difference is found by comparison with what was seen last, so each is found once.
 */
typedef struct _ArcDatabaseInputs ArcDatabaseInputs;

/**
 * arc_database_inputs_new:
 * @inputs: the present inputs, which must outlive the object
 *
 * Makes an object of a database of which nothing is known.
 *
 * Returns: (transfer full): the object
 */
ArcDatabaseInputs *arc_database_inputs_new (ArcBuildInputs *inputs);

/**
 * arc_database_inputs_free:
 * @self: (transfer full): the object
 *
 * Frees the object.
 */
void arc_database_inputs_free (ArcDatabaseInputs *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcDatabaseInputs, arc_database_inputs_free)

/**
 * arc_database_inputs_load:
 * @self: the object, of which nothing else was used
 * @store: the state store
 * @database: the path of the database
 *
 * Reads what the last run of the service left.
 *
 * Returns: (transfer full) (nullable): the files that the database has; %NULL if that is not known
 */
ArcSnapshot *
arc_database_inputs_load (ArcDatabaseInputs *self, ArcStateStore *store, const char *database);

/**
 * arc_database_inputs_check:
 * @self: the object
 * @writing: whether a build may be writing the database now
 *
 * Compares the inputs with those that were seen last, which they become. What is seen first is no
 * difference. The database is left out if @writing.
 *
 * Returns: (nullable): why the database may have rows that a build would not make now; %NULL if it
 *   has not
 */
const char *arc_database_inputs_check (ArcDatabaseInputs *self, gboolean writing);

/**
 * arc_database_inputs_forget_seen_database:
 * @self: the object
 *
 * Forgets the state of the database file, because the settings name another one.
 */
void arc_database_inputs_forget_seen_database (ArcDatabaseInputs *self);

/**
 * arc_database_inputs_begin_build:
 * @self: the object
 * @run: a build that takes its changes
 *
 * Notes in @run which settings the database is made with if the build succeeds. An incremental
 * build leaves rows of the settings that they were made with.
 */
void arc_database_inputs_begin_build (ArcDatabaseInputs *self, ArcBuildRun *run);

/**
 * arc_database_inputs_end_build:
 * @self: the object
 * @run: a build that has ended, and whose process, if it had one, was followed by a look at the
 *   inputs
 * @spawned: whether it had a process
 * @database: the path of the database of the present settings
 *
 * Takes the database that the process has left as the one that the next build finds.
 */
void arc_database_inputs_end_build (ArcDatabaseInputs *self,
                                    ArcBuildRun *run,
                                    gboolean spawned,
                                    const char *database);

/**
 * arc_database_inputs_commit:
 * @self: the object
 * @ended: (nullable): the build that has made the database so
 * @store: the state store
 * @snapshot: the files that the database has
 * @dirty: those of them that it may lack
 *
 * Writes what the database was built from for the next run of the service.
 */
void arc_database_inputs_commit (ArcDatabaseInputs *self,
                                 ArcBuildRun *ended,
                                 ArcStateStore *store,
                                 const ArcSnapshot *snapshot,
                                 const ArcChangeSet *dirty);

/**
 * arc_database_inputs_get_built:
 * @self: the object
 *
 * Returns: (transfer none): what the database was built from
 */
const ArcStateStoreInputs *arc_database_inputs_get_built (const ArcDatabaseInputs *self);

/**
 * arc_database_inputs_is_built:
 * @self: the object
 * @database: the path of a database
 *
 * Returns: %TRUE if the last build that took changes wrote @database
 */
gboolean arc_database_inputs_is_built (const ArcDatabaseInputs *self, const char *database);

/**
 * arc_database_inputs_has_other_tree:
 * @self: the object
 *
 * Returns: %TRUE if the database was built with other settings of the tree
 */
gboolean arc_database_inputs_has_other_tree (const ArcDatabaseInputs *self);

G_END_DECLS
