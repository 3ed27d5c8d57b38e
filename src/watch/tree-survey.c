/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/tree-survey.h"

#include "common/path.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A link may lead to a directory above. */
#define MAX_DEPTH 64

typedef struct
{
  GStrv roots;
  ArcPathFilter *filter; /* (owned) */
  gboolean follow_symlinks;
  gint64 deadline;
  gboolean any; /* a file was found */
} Survey;

static void
walk (Survey *survey, DIR *directory, const char *below, guint depth, ArcTreeSurvey *found);

/* The entry NAME of DIRECTORY is BELOW a root. */
static void
look_at (Survey *survey,
         DIR *directory,
         const char *name,
         const char *below,
         guint depth,
         ArcTreeSurvey *found)
{
  struct stat info;

  if (fstatat (dirfd (directory), name, &info, survey->follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) !=
      0)
    return;

  if (S_ISREG (info.st_mode))
    {
      survey->any |= name[0] != '.';
      if (arc_path_filter_explain (survey->filter, below, NULL))
        *found = ARC_TREE_SURVEY_MATCH;
    }
  else if (S_ISDIR (info.st_mode) && depth < MAX_DEPTH)
    {
      /* One that is excluded may hold files, none of which matters; a hidden one, such as .git,
       * says nothing of what people keep. */
      const gboolean matters = arc_path_filter_match_directory (survey->filter, below, NULL);
      const int fd = matters || name[0] != '.'
                         ? openat (dirfd (directory), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                         : -1;
      DIR *child = fd >= 0 ? fdopendir (fd) : NULL;

      if (child != NULL)
        {
          walk (survey, child, below, depth + 1, found);
          closedir (child);
        }
      else if (fd >= 0)
        {
          close (fd);
        }
    }
}

/* Until something is FOUND. */
static void
walk (Survey *survey, DIR *directory, const char *below, guint depth, ArcTreeSurvey *found)
{
  const struct dirent *entry;

  while (*found == ARC_TREE_SURVEY_NONE && (entry = readdir (directory)) != NULL)
    {
      g_autofree char *path = NULL;

      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;

      if (g_get_monotonic_time () >= survey->deadline)
        {
          *found = ARC_TREE_SURVEY_LATE;
          return;
        }

      path = *below == '\0' ? g_strdup (entry->d_name) : arc_path_join (below, entry->d_name);
      look_at (survey, directory, entry->d_name, path, depth, found);
    }
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
  ArcTreeSurvey found = ARC_TREE_SURVEY_NONE;
  gboolean missing = FALSE;

  for (gsize i = 0; survey->roots[i] != NULL && found == ARC_TREE_SURVEY_NONE; i++)
    {
      DIR *directory = opendir (survey->roots[i]);

      if (directory == NULL)
        {
          missing = TRUE;
          continue;
        }

      walk (survey, directory, "", 0, &found);
      closedir (directory);
    }

  if (found == ARC_TREE_SURVEY_NONE && missing)
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
