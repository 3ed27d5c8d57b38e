/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/problem-list.h"
#include "state/state-dir.h"
#include "watch/snapshot.h"

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

/**
 * arc_state_store_inputs_clear:
 * @inputs: the inputs
 */
void arc_state_store_inputs_clear (ArcStateStoreInputs *inputs);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArcStateStoreInputs, arc_state_store_inputs_clear)

/**
 * ArcStateContents:
 * @database: the path of the database
 * @snapshot: (nullable): see arc_state_store_load()
 * @inputs: the same
 * @history: (element-type ArcBuild): the last builds, the newest last
 * @problems: the problems of all notes
 * @is_paused: whether the service is paused
 * @logs: (element-type guint64): the builds with a log, the newest first
 * @snapshot_error: (nullable): why there is no snapshot
 * @history_error: (nullable): why there is no history
 * @problems_error: (nullable): why there are no problems, and no snapshot therefore
 *
 * What the last run left in a state directory.
 */
typedef struct
{
  char *database;
  ArcSnapshot *snapshot;
  ArcStateStoreInputs inputs;
  GPtrArray *history;
  ArcProblemList *problems;
  gboolean is_paused;
  GArray *logs;
  GError *snapshot_error;
  GError *history_error;
  GError *problems_error;
} ArcStateContents;

/**
 * arc_state_contents_read:
 * @directory: a state directory; only its path is used
 * @database: the path of the database
 *
 * Reads a state directory. A file that is damaged is put aside. Can be called in any thread.
 *
 * Returns: (transfer full): the contents
 */
ArcStateContents *arc_state_contents_read (const ArcStateDir *directory, const char *database);

/**
 * arc_state_contents_free:
 * @contents: (transfer full): the contents
 */
void arc_state_contents_free (ArcStateContents *contents);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcStateContents, arc_state_contents_free)

/**
 * arc_state_contents_make_identity:
 * @database: the path of the database, or "" for none
 * @inputs: what else it is made of
 *
 * Returns: (transfer full): what the snapshot says that it is of
 */
GBytes *arc_state_contents_make_identity (const char *database, const ArcStateStoreInputs *inputs);
