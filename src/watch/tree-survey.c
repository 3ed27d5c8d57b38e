/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/tree-survey.h"

#include "common/path.h"

#include <fts.h>

typedef struct
{
  GStrv roots;
  ArcPathFilter *filter; /* (owned) */
  gboolean follow_symlinks;
  gint64 deadline;
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

/* Until something is found. */
static ArcTreeSurvey
walk (Survey *survey, FTS *tree, const char *root)
{
  FTSENT *entry;

  while ((entry = fts_read (tree)) != NULL)
    {
      if (g_get_monotonic_time () >= survey->deadline)
        return ARC_TREE_SURVEY_LATE;
      if (look_at (survey, tree, entry, arc_path_get_below (entry->fts_path, root)))
        return ARC_TREE_SURVEY_MATCH;
    }

  return ARC_TREE_SURVEY_NONE;
}

static void
survey_free (gpointer data)
{
  Survey *survey = data;

  g_strfreev (survey->roots);
  arc_path_filter_unref (survey->filter);
  g_free (survey);
}

static ArcTreeSurvey
look (Survey *survey)
{
  const int flags =
      FTS_NOCHDIR | (survey->follow_symlinks ? FTS_LOGICAL : FTS_PHYSICAL | FTS_COMFOLLOW);
  ArcTreeSurvey found = ARC_TREE_SURVEY_NONE;

  for (gsize i = 0; survey->roots[i] != NULL && found == ARC_TREE_SURVEY_NONE; i++)
    {
      FTS *tree = fts_open ((char *[]){ survey->roots[i], NULL }, flags, NULL);

      if (tree == NULL)
        return ARC_TREE_SURVEY_MISSING;

      found = walk (survey, tree, survey->roots[i]);
      fts_close (tree);
    }

  if (found == ARC_TREE_SURVEY_NONE && survey->missing)
    return ARC_TREE_SURVEY_MISSING;

  return found == ARC_TREE_SURVEY_NONE && !survey->any ? ARC_TREE_SURVEY_EMPTY : found;
}

static void
run_survey (GTask *task,
            gpointer source G_GNUC_UNUSED,
            gpointer data,
            GCancellable *cancellable G_GNUC_UNUSED)
{
  g_task_return_int (task, look (data));
}

void
arc_tree_survey_async (const char *const *roots,
                       ArcPathFilter *filter,
                       gboolean follow_symlinks,
                       gint64 time,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Survey *survey = g_new0 (Survey, 1);

  survey->roots = g_strdupv ((char **) roots);
  survey->filter = arc_path_filter_ref (filter);
  survey->follow_symlinks = follow_symlinks;
  survey->deadline = g_get_monotonic_time () + time;
  g_task_set_source_tag (task, arc_tree_survey_async);
  g_task_set_task_data (task, survey, survey_free);
  g_task_run_in_thread (task, run_survey);
}

ArcTreeSurvey
arc_tree_survey_finish (GAsyncResult *result)
{
  return (ArcTreeSurvey) g_task_propagate_int (G_TASK (result), NULL);
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

gboolean
arc_tree_survey_snapshot (const ArcSnapshot *snapshot,
                          const char *const *roots,
                          const ArcPathFilter *filter)
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
          g_autofree char *path = *below == '\0' ? g_strdup (name) : arc_path_join (below, name);

          if (arc_path_filter_explain (filter, path, NULL))
            return TRUE;
        }
    }

  return FALSE;
}
