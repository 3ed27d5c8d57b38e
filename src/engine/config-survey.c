/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/config-survey.h"

#include "common/error.h"
#include "common/path-filter.h"
#include "watch/tree-survey.h"

/* How long to look for a file that other settings leave, when they leave none of those that are
 * known. */
#define SURVEY_TIME (2 * G_TIME_SPAN_SECOND)

static void
survey (const ArcConfig *config, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (ArcPathFilter) filter = arc_path_filter_new ((const char *const *) config->include,
                                                          (const char *const *) config->exclude);

  arc_tree_survey_async ((const char *const *) config->directories, filter, config->follow_symlinks,
                         SURVEY_TIME, callback, user_data);
}

static void
on_first_surveyed (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  switch (arc_tree_survey_finish (result))
    {
    case ARC_TREE_SURVEY_NONE:
    case ARC_TREE_SURVEY_LATE:
      g_task_return_boolean (task, FALSE);
      return;

    case ARC_TREE_SURVEY_MATCH:
    case ARC_TREE_SURVEY_EMPTY:
    case ARC_TREE_SURVEY_MISSING:
      g_task_return_boolean (task, TRUE);
      return;
    }
}

void
arc_config_survey_first_async (const ArcConfig *config,
                               ArcWatcher *watcher,
                               ArcDatabaseState *database,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (watcher, NULL, callback, user_data);
  const ArcPendingChanges *pending = database->pending;

  g_task_set_source_tag (task, arc_config_survey_first_async);
  if (arc_watcher_get_n_files (watcher) > 0 ||
      arc_watcher_get_health (watcher) == ARC_HEALTH_UNAVAILABLE ||
      g_strcmp0 (database->built.tree, arc_build_inputs_get_tree (database->inputs)) == 0)
    g_task_return_boolean (task, TRUE);
  else if (pending->built_serial > 0)
    g_task_return_boolean (task, arc_change_set_get_size (pending->pending) == 0);
  else
    /* If nothing is remembered, there may never have been any. */
    survey (config, on_first_surveyed, g_steal_pointer (&task));
}

gboolean
arc_config_survey_first_finish (ArcWatcher *watcher, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, watcher), TRUE);

  return g_task_propagate_boolean (G_TASK (result), NULL);
}

static void
on_config_surveyed (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ArcWatcher *watcher = g_task_get_source_object (task);

  switch (arc_tree_survey_finish (result))
    {
    case ARC_TREE_SURVEY_MATCH:
    case ARC_TREE_SURVEY_MISSING: /* it is waited for, and nothing is built meanwhile */
      g_task_return_boolean (task, TRUE);
      return;

    case ARC_TREE_SURVEY_NONE:
    case ARC_TREE_SURVEY_EMPTY:
    case ARC_TREE_SURVEY_LATE:
      break;
    }

  g_task_return_new_error (
      task, ARC_ERROR, ARC_ERROR_CONFIG,
      "[Tree] Directories, Include, Exclude: they select no file, where %u are selected now, and "
      "settings do not empty the database: correct them, or remove the files",
      arc_snapshot_get_n_files (arc_watcher_get_snapshot (watcher)));
}

void
arc_config_survey_check_async (ArcWatcher *watcher,
                               const ArcConfig *config,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (watcher, NULL, callback, user_data);
  const ArcSnapshot *snapshot;
  g_autoptr (ArcPathFilter) filter = NULL;

  g_task_set_source_tag (task, arc_config_survey_check_async);
  snapshot = arc_watcher_get_snapshot (watcher);
  filter = arc_path_filter_new ((const char *const *) config->include,
                                (const char *const *) config->exclude);
  if (arc_snapshot_get_n_files (snapshot) == 0 ||
      arc_tree_survey_snapshot (snapshot, (const char *const *) config->directories, filter))
    g_task_return_boolean (task, TRUE);
  else
    survey (config, on_config_surveyed, g_steal_pointer (&task));
}

gboolean
arc_config_survey_check_finish (ArcWatcher *watcher, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, watcher), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
