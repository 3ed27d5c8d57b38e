/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/unbuilt-changes.h"

static gboolean
is_in_snapshot (const ArcSnapshot *snapshot, const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);

  return arc_snapshot_lookup (snapshot, directory, name) != NULL;
}

ArcChangeSet *
arc_unbuilt_changes_new (const ArcBuild *build,
                         const ArcChangeSet *taken,
                         const ArcSnapshot *snapshot,
                         const ArcChangeSet *pending)
{
  g_autoptr (ArcChangeSet) remainder = arc_change_set_new ();

  if (!arc_build_is_partial (build) || build->n_failed > build->failed_files->len)
    return NULL;

  for (guint i = 0; i < build->failed_files->len; i++)
    {
      const char *path = g_ptr_array_index (build->failed_files, i);
      ArcChange change = ARC_CHANGE_MODIFIED;

      /* A full build leaves in the database what it knew of a file that fails, so for one that
       * nobody touched "modified" is right, and for one that the database never had it is as good.
       */
      if (!arc_change_set_lookup (taken, path, &change) &&
          (build->kind == ARC_BUILD_INCREMENTAL ||
           !(is_in_snapshot (snapshot, path) || arc_change_set_lookup (pending, path, NULL))))
        return NULL;

      arc_change_set_remove (remainder, path);
      arc_change_set_add (remainder, path, change);
    }

  return g_steal_pointer (&remainder);
}

gboolean
arc_unbuilt_changes_has_gone (const ArcBuild *build,
                              const ArcChangeSet *taken,
                              const ArcSnapshot *snapshot,
                              const ArcChangeSet *pending,
                              const char *path,
                              ArcChange *change)
{
  if (arc_change_set_lookup (pending, path, NULL) || !is_in_snapshot (snapshot, path))
    return FALSE;

  if (build->kind == ARC_BUILD_INCREMENTAL)
    return arc_change_set_lookup (taken, path, change) && *change != ARC_CHANGE_DELETED;

  /* Its list had every file. */
  *change = ARC_CHANGE_MODIFIED;
  return TRUE;
}
