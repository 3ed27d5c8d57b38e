/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/config-survey.h"

#include "common/error.h"
#include "common/path-filter.h"
#include "watch/tree-survey.h"

/* How long to look for a file that other settings leave, when they leave none of those that are
 * known. */
#define SURVEY_TIME (2 * G_TIME_SPAN_SECOND)

void
arc_config_survey_async (const ArcConfig *config, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (ArcPathFilter) filter = arc_path_filter_new ((const char *const *) config->include,
                                                          (const char *const *) config->exclude);

  arc_tree_survey_async ((const char *const *) config->directories, filter, config->follow_symlinks,
                         SURVEY_TIME, callback, user_data);
}

gboolean
arc_config_survey_finish (GAsyncResult *result)
{
  switch (arc_tree_survey_finish (result))
    {
    case ARC_TREE_SURVEY_NONE:
    case ARC_TREE_SURVEY_LATE:
      return TRUE;

    case ARC_TREE_SURVEY_MATCH:
    case ARC_TREE_SURVEY_EMPTY:
    case ARC_TREE_SURVEY_MISSING:
      return FALSE;
    }

  g_return_val_if_reached (FALSE);
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

  g_return_if_fail (ARC_IS_WATCHER (watcher));

  g_task_set_source_tag (task, arc_config_survey_check_async);
  snapshot = arc_watcher_get_snapshot (watcher);
  filter = arc_path_filter_new ((const char *const *) config->include,
                                (const char *const *) config->exclude);
  if (arc_snapshot_get_n_files (snapshot) == 0 ||
      arc_tree_survey_snapshot (snapshot, (const char *const *) config->directories, filter))
    g_task_return_boolean (task, TRUE);
  else
    arc_config_survey_async (config, on_config_surveyed, g_steal_pointer (&task));
}

gboolean
arc_config_survey_check_finish (ArcWatcher *watcher, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, watcher), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
