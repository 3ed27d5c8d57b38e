/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/config-survey.h"

#include "common/error.h"
#include "common/path-filter.h"
#include "common/path.h"

#include <fts.h>

/* How long to look for a file that other settings leave, when they leave none of those that are
 * known. */
#define SURVEY_SECONDS 2

/* What there is below the directories of settings. */
typedef enum
{
  FOUND_MATCH,   /* a file matters */
  FOUND_NONE,    /* there are files, and none matters */
  FOUND_EMPTY,   /* there are none, hidden ones aside */
  FOUND_MISSING, /* a directory cannot be read */
  FOUND_LATE,    /* it takes too long */
} Found;

typedef struct
{
  GStrv roots;
  ArcPathFilter *filter; /* (owned) */
  gboolean follow_symlinks;
  GSource *timeout; /* (owned) */
  gboolean any;     /* a file was found */
  gboolean missing; /* a root cannot be read */
} Survey;

/* Looks at one ENTRY, which is BELOW a root. Returns: whether it is a file that matters. */
static gboolean
look_at (Survey *survey, FTS *tree, FTSENT *entry, const char *below)
{
  const gboolean is_hidden = entry->fts_name[0] == '.';

  if (entry->fts_level == FTS_ROOTLEVEL)
    {
      survey->missing |= entry->fts_info != FTS_D && entry->fts_info != FTS_DP;
      return FALSE;
    }

  /* A directory that is excluded may hold files, none of which matters; a hidden one, such as .git,
   * says nothing of what people keep. */
  if (entry->fts_info == FTS_D && is_hidden &&
      !arc_path_filter_match_directory (survey->filter, below, NULL))
    fts_set (tree, entry, FTS_SKIP);
  if (entry->fts_info != FTS_F)
    return FALSE;

  survey->any |= !is_hidden;

  return arc_path_filter_explain (survey->filter, below, NULL);
}

/* Until something is found, or it takes too long. */
static Found
walk (Survey *survey, FTS *tree, const char *root, GCancellable *cancellable)
{
  FTSENT *entry;

  while ((entry = fts_read (tree)) != NULL)
    {
      if (g_cancellable_is_cancelled (cancellable))
        return FOUND_LATE;
      if (look_at (survey, tree, entry, arc_path_get_below (entry->fts_path, root)))
        return FOUND_MATCH;
    }

  return FOUND_NONE;
}

static void
survey_free (gpointer data)
{
  Survey *survey = data;

  g_source_destroy (survey->timeout);
  g_source_unref (survey->timeout);
  g_strfreev (survey->roots);
  arc_path_filter_unref (survey->filter);
  g_free (survey);
}

static Found
look (Survey *survey, GCancellable *cancellable)
{
  const int flags =
      FTS_NOCHDIR | (survey->follow_symlinks ? FTS_LOGICAL : FTS_PHYSICAL | FTS_COMFOLLOW);
  Found found = FOUND_NONE;

  for (gsize i = 0; survey->roots[i] != NULL && found == FOUND_NONE; i++)
    {
      FTS *tree = fts_open ((char *[]){ survey->roots[i], NULL }, flags, NULL);

      if (tree == NULL)
        return FOUND_MISSING;

      found = walk (survey, tree, survey->roots[i], cancellable);
      fts_close (tree);
    }

  if (found == FOUND_NONE && survey->missing)
    return FOUND_MISSING;

  return found == FOUND_NONE && !survey->any ? FOUND_EMPTY : found;
}

static void
run_survey (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable)
{
  g_task_return_int (task, look (data, cancellable));
}

static gboolean
on_late (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

/* Searches, in a thread, for a file that matters to CONFIG. The callback does not wait for a thread
 * that reads a file system that does not answer. */
static void
survey_async (const ArcConfig *config, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Survey *data = g_new0 (Survey, 1);

  data->roots = g_strdupv (config->directories);
  data->filter = arc_path_filter_new ((const char *const *) config->include,
                                      (const char *const *) config->exclude);
  data->follow_symlinks = config->follow_symlinks;
  data->timeout = g_timeout_source_new (SURVEY_SECONDS * 1000);
  /* After a thread that is done, if the main loop did not run meanwhile. */
  g_source_set_priority (data->timeout, G_PRIORITY_LOW);
  g_source_set_callback (data->timeout, on_late, g_object_ref (cancellable), g_object_unref);
  g_source_attach (data->timeout, g_main_context_get_thread_default ());
  g_task_set_source_tag (task, survey_async);
  g_task_set_return_on_cancel (task, TRUE);
  g_task_set_task_data (task, data, survey_free);
  g_task_run_in_thread (task, run_survey);
}

static Found
survey_finish (GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  const Found found = g_task_propagate_int (G_TASK (result), &error);

  return error == NULL ? found : FOUND_LATE;
}

static void
on_first_surveyed (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  switch (survey_finish (result))
    {
    case FOUND_NONE:
    case FOUND_LATE:
      g_task_return_boolean (task, FALSE);
      return;

    case FOUND_MATCH:
    case FOUND_EMPTY:
    case FOUND_MISSING:
      g_task_return_boolean (task, TRUE);
      return;
    }
}

void
arc_config_survey_first_async (ArcWatcher *watcher,
                               const ArcConfig *config,
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
    survey_async (config, on_first_surveyed, g_steal_pointer (&task));
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

  switch (survey_finish (result))
    {
    case FOUND_MATCH:
    case FOUND_MISSING: /* it is waited for, and nothing is built meanwhile */
      g_task_return_boolean (task, TRUE);
      return;

    case FOUND_LATE:
      g_task_return_new_error (
          task, ARC_ERROR, ARC_ERROR_CONFIG,
          "[Tree] Directories, Include, Exclude: no file that they select was found within %u s, "
          "where %u are selected now",
          SURVEY_SECONDS, arc_snapshot_get_n_files (arc_watcher_get_snapshot (watcher)));
      return;

    case FOUND_NONE:
    case FOUND_EMPTY:
      g_task_return_new_error (
          task, ARC_ERROR, ARC_ERROR_CONFIG,
          "[Tree] Directories, Include, Exclude: they select no file, where %u are selected now, "
          "and settings do not empty the database: correct them, or remove the files",
          arc_snapshot_get_n_files (arc_watcher_get_snapshot (watcher)));
      return;
    }
}

/* (nullable): DIRECTORY below the one of ROOTS that it is in. */
static const char *
get_below (const char *directory, const char *const *roots)
{
  const char *below = NULL;

  for (gsize i = 0; roots[i] != NULL && below == NULL; i++)
    below = arc_path_get_below (directory, roots[i]);

  return below;
}

/* Whether a file of SNAPSHOT is below ROOTS and matters to FILTER. */
static gboolean
has_match (const ArcSnapshot *snapshot, const char *const *roots, const ArcPathFilter *filter)
{
  g_autofree const char **directories = arc_snapshot_get_directories (snapshot);
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));

  for (gsize i = 0; directories[i] != NULL; i++)
    {
      const char *below = get_below (directories[i], roots);

      if (below == NULL)
        continue;

      arc_snapshot_get_entries (snapshot, directories[i], entries);
      for (guint j = 0; j < entries->len; j++)
        {
          const char *name = g_array_index (entries, ArcEntry, j).name;
          g_autofree char *path = g_build_filename (below, name, NULL);

          if (arc_path_filter_explain (filter, path, NULL))
            return TRUE;
        }
    }

  return FALSE;
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
      has_match (snapshot, (const char *const *) config->directories, filter))
    g_task_return_boolean (task, TRUE);
  else
    survey_async (config, on_config_surveyed, g_steal_pointer (&task));
}

gboolean
arc_config_survey_check_finish (ArcWatcher *watcher, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, watcher), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
