/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/database-state.h"

#include <string.h>

static void
on_inputs (gpointer user_data)
{
  ArcDatabaseState *self = user_data;

  arc_build_inputs_look (self->inputs, self->func, self->user_data);
}

ArcDatabaseState *
arc_database_state_new (ArcWatcher *watcher,
                        ArcStateStore *store,
                        const ArcConfig *config,
                        ArcBuildInputsFunc func,
                        gpointer user_data)
{
  ArcDatabaseState *self = g_new0 (ArcDatabaseState, 1);

  self->watcher = g_object_ref (watcher);
  self->store = g_object_ref (store);
  self->inputs = arc_build_inputs_new (on_inputs, self);
  self->pending = arc_pending_changes_new ();
  self->wanted = ARC_BUILD_INCREMENTAL;
  self->func = func;
  self->user_data = user_data;
  self->database = g_strdup (config->database);
  arc_build_inputs_set_config (self->inputs, config);

  return self;
}

void
arc_database_state_free (ArcDatabaseState *self)
{
  arc_build_inputs_free (self->inputs);
  arc_pending_changes_free (self->pending);
  arc_state_store_inputs_clear (&self->built);
  arc_state_store_inputs_clear (&self->seen);
  g_free (self->database);
  g_free (self->built_database);
  g_free (self->taken_database);
  g_free (self->taken_settings);
  g_object_unref (self->watcher);
  g_object_unref (self->store);
  g_free (self);
}

static void
replace (char **member, const char *value /* (nullable) */)
{
  g_free (*member);
  *member = g_strdup (value);
}

ArcSnapshot *
arc_database_state_load (ArcDatabaseState *self)
{
  ArcSnapshot *snapshot = arc_state_store_load (self->store, self->database, &self->built);

  if (snapshot != NULL)
    {
      arc_build_inputs_restore (self->inputs, self->built.settings);
      replace (&self->seen.settings, self->built.settings);
      replace (&self->seen.database, self->built.database);
      arc_pending_changes_set_true (self->pending);
    }

  return snapshot;
}

gboolean
arc_database_state_set_config (ArcDatabaseState *self, const ArcConfig *config)
{
  arc_build_inputs_set_config (self->inputs, config);
  on_inputs (self);
  if (g_strcmp0 (self->database, config->database) == 0)
    return FALSE;

  replace (&self->database, config->database);
  g_clear_pointer (&self->seen.database, g_free);
  arc_database_state_want (self, ARC_BUILD_FULL);
  arc_pending_changes_add (self->pending, NULL);

  return TRUE;
}

ArcChangeSet *
arc_database_state_find_gone (ArcDatabaseState *self, const ArcBuild *build, const char *path)
{
  g_autoptr (ArcChangeSet) gone = arc_change_set_new ();
  g_autoptr (ArcChangeSet) hidden = NULL;
  ArcChange change;

  if (arc_pending_changes_has_gone (self->pending, build, arc_watcher_get_snapshot (self->watcher),
                                    path, &change))
    arc_change_set_add (gone, path, change);

  hidden = arc_watcher_find_hidden (self->watcher, gone);
  if (arc_change_set_get_size (hidden) == 0)
    return g_steal_pointer (&gone);

  arc_watcher_mark_dirty (self->watcher, hidden);
  return arc_change_set_new ();
}

/* What is seen first is not another one. */
static gboolean
has_other (char **seen, char *now /* (transfer full) */)
{
  const gboolean differs = *seen != NULL && g_strcmp0 (*seen, now) != 0;

  g_free (*seen);
  *seen = now;

  return differs;
}

gboolean
arc_database_state_check (ArcDatabaseState *self, gboolean writing)
{
  const char *reason = NULL;

  if (has_other (&self->seen.settings, arc_build_inputs_read (self->inputs, FALSE)))
    reason = "the settings, the environment, or files beside the notes that the rows depend on, "
             "have changed";
  if (!writing &&
      has_other (&self->seen.database, g_strdup (arc_build_inputs_get_database (self->inputs))))
    reason = "the database is another one than the last build left";
  if (reason == NULL)
    return FALSE;

  /* A program that writes the database changes it more than once. */
  if (self->wanted < ARC_BUILD_FULL)
    g_message ("The next build is a full one: %s", reason);
  arc_pending_changes_add (self->pending, NULL);

  return TRUE;
}

gboolean
arc_database_state_needs_build (ArcDatabaseState *self, ArcOnStart on_start, gboolean unavailable)
{
  if (self->pending->built_serial == 0 || on_start == ARC_ON_START_ALWAYS)
    arc_database_state_want (self, ARC_BUILD_FULL);

  switch (on_start)
    {
    case ARC_ON_START_ALWAYS:
      return TRUE;

    case ARC_ON_START_CHANGED:
      return unavailable || !arc_pending_changes_is_true (self->pending);

    case ARC_ON_START_NEVER:
      return FALSE;
    }

  g_return_val_if_reached (TRUE);
}

void
arc_database_state_want (ArcDatabaseState *self, ArcBuildKind kind)
{
  self->wanted = MAX (self->wanted, kind);
}

ArcBuildKind
arc_database_state_take_wanted (ArcDatabaseState *self)
{
  ArcBuildKind kind = self->wanted;

  self->wanted = ARC_BUILD_INCREMENTAL;

  /* The database was removed, or there never was one: what changed since the last build is not
   * enough. */
  return arc_build_inputs_has_database (self->inputs) ? kind : MAX (kind, ARC_BUILD_FULL);
}

/* Files whose directory cannot be seen are no changes of BUILD. */
static void
withhold_hidden (ArcDatabaseState *self, const ArcBuild *build)
{
  g_autoptr (ArcChangeSet) all = NULL;
  g_autoptr (ArcChangeSet) hidden = NULL;

  if (arc_watcher_get_health (self->watcher) == ARC_HEALTH_OK)
    return;

  hidden = arc_watcher_find_hidden (self->watcher, self->pending->pending);
  arc_pending_changes_forget (self->pending, hidden);
  if (build->kind != ARC_BUILD_INCREMENTAL)
    {
      all = arc_snapshot_list (arc_watcher_get_snapshot (self->watcher));
      arc_change_set_free (g_steal_pointer (&hidden));
      hidden = arc_watcher_find_hidden (self->watcher, all);
    }
  arc_watcher_mark_dirty (self->watcher, hidden);
}

/* What the next service has to know of DATABASE, which lacks at most DIRTY and what the watcher has
 * not emitted yet; that is added to DIRTY. */
static ArcStateStoreRecord
make_record (const ArcDatabaseState *self, const char *database, ArcChangeSet *dirty)
{
  arc_watcher_add_unemitted (self->watcher, dirty);

  return (ArcStateStoreRecord){ .database = database,
                                .inputs = &self->built,
                                .snapshot = arc_watcher_get_snapshot (self->watcher),
                                .dirty = dirty };
}

void
arc_database_state_take_async (ArcDatabaseState *self,
                               ArcBuild *build,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  const gboolean incremental = build->kind == ARC_BUILD_INCREMENTAL;
  g_autoptr (ArcChangeSet) dirty = arc_change_set_new ();
  const ArcChangeSet *taken;
  ArcStateStoreRecord record;

  /* Until the build has succeeded, the rows of the database are unknown; and a new database has
   * none yet. */
  if (!incremental || !arc_build_inputs_has_database (self->inputs))
    arc_pending_changes_add (self->pending, NULL);

  /* An incremental build leaves rows of the settings that they were made with. */
  replace (&self->taken_settings, incremental ? self->built.settings : self->seen.settings);
  replace (&self->taken_database, self->database);
  self->existed = arc_build_inputs_has_database (self->inputs);
  arc_build_inputs_begin_build (self->inputs);

  withhold_hidden (self, build);
  arc_pending_changes_take (self->pending);
  taken = self->pending->taken;
  arc_change_set_merge (dirty, taken);
  record = make_record (self, self->database, dirty);
  build->n_changed =
      incremental ? arc_change_set_get_size (taken) : arc_snapshot_get_n_files (record.snapshot);
  arc_state_store_prepare_async (self->store, build, taken, &record, cancellable, callback,
                                 user_data);
}

gboolean
arc_database_state_take_finish (GAsyncResult *result, ArcBuildFiles *files, GError **error)
{
  g_autoptr (GObject) store = g_async_result_get_source_object (result);

  return arc_state_store_prepare_finish (ARC_STATE_STORE (store), result, files, error);
}

/* Files that the build has named count from now on: they are no change since it began. */
static void
adopt_named_files (ArcDatabaseState *self, const ArcBuild *build)
{
  const gboolean done = arc_build_is_stored (build);
  g_autofree char *begun = arc_build_inputs_read (self->inputs, TRUE);
  g_autofree char *now = NULL;

  arc_build_inputs_end_build (self->inputs, done);
  now = arc_build_inputs_read (self->inputs, TRUE);
  if (strcmp (now, begun) == 0)
    return;

  replace (&self->seen.settings, now);
  if (g_strcmp0 (self->taken_settings, begun) == 0)
    replace (&self->taken_settings, now);
}

gboolean
arc_database_state_was_removed (const ArcDatabaseState *self)
{
  return self->existed && !arc_build_inputs_has_database (self->inputs) &&
         g_strcmp0 (self->taken_database, self->database) == 0;
}

gboolean
arc_database_state_end_build (ArcDatabaseState *self,
                              const ArcBuild *build,
                              gboolean spawned,
                              gboolean last_try)
{
  if (arc_build_asks_for_full (build))
    arc_database_state_want (self, ARC_BUILD_FULL);

  if (self->taken_database != NULL)
    replace (&self->built_database, self->taken_database);
  if (spawned)
    {
      adopt_named_files (self, build);
      g_clear_pointer (&self->built.database, g_free);
    }
  if (spawned && strcmp (self->taken_database, self->database) == 0)
    {
      self->built.database = g_strdup (arc_build_inputs_get_database (self->inputs));
      replace (&self->seen.database, self->built.database);
    }
  g_clear_pointer (&self->taken_database, g_free);

  return arc_pending_changes_give_up (self->pending, build, last_try);
}

/* Writes that the database has all changes but those that are pending. */
static void
write_state (ArcDatabaseState *self)
{
  g_autoptr (ArcChangeSet) dirty = arc_change_set_new ();
  ArcStateStoreRecord record;

  arc_change_set_merge (dirty, self->pending->pending);
  replace (&self->built.tree, arc_build_inputs_get_tree (self->inputs));
  record = make_record (self, self->built_database, dirty);
  arc_state_store_commit (self->store, &record);
}

/* The database was made with the settings of the build. */
static void
write_built (ArcDatabaseState *self)
{
  g_free (self->built.settings);
  self->built.settings = g_steal_pointer (&self->taken_settings);
  write_state (self);
}

void
arc_database_state_commit (ArcDatabaseState *self)
{
  arc_pending_changes_commit (self->pending);
  write_built (self);
}

void
arc_database_state_restore (ArcDatabaseState *self, const ArcBuild *build)
{
  if (arc_pending_changes_restore (self->pending, build, arc_watcher_get_snapshot (self->watcher)))
    write_built (self);
  else
    arc_database_state_want (self, build->kind);
  g_clear_pointer (&self->taken_settings, g_free);
}

void
arc_database_state_retry_write (ArcDatabaseState *self)
{
  if (arc_state_store_retry (self->store) && self->wanted == ARC_BUILD_INCREMENTAL &&
      g_strcmp0 (self->built_database, self->database) == 0)
    write_state (self);
}
