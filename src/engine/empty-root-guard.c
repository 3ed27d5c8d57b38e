/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/empty-root-guard.h"

#include "common/path.h"
#include "machine/state-machine.h"

struct _ArcEmptyRootGuard
{
  char *root;    /* (owned) (nullable): the first one */
  guint n_roots; /* that are emptied */
  gint64 due;
  gboolean looking;
  gboolean believed;
};

ArcEmptyRootGuard *
arc_empty_root_guard_new (void)
{
  return g_new0 (ArcEmptyRootGuard, 1);
}

void
arc_empty_root_guard_free (ArcEmptyRootGuard *emptied)
{
  g_free (emptied->root);
  g_free (emptied);
}

typedef struct
{
  const char *root;
  gboolean found;
} Search;

static void
find_deletion (const char *path, ArcChange change, gpointer user_data)
{
  Search *search = user_data;

  search->found = search->found ||
                  (change == ARC_CHANGE_DELETED && arc_path_get_below (path, search->root) != NULL);
}

static gboolean
is_emptied (const char *root, const ArcSnapshot *snapshot, const ArcChangeSet *pending)
{
  Search search = { .root = root };

  if (arc_snapshot_has_files_below (snapshot, root))
    return FALSE;

  arc_change_set_foreach (pending, find_deletion, &search);

  return search.found;
}

gboolean
arc_empty_root_guard_update (ArcEmptyRootGuard *emptied,
                             const char *const *roots,
                             const ArcSnapshot *snapshot,
                             const ArcChangeSet *pending,
                             gint64 due)
{
  g_autofree char *old_root = g_steal_pointer (&emptied->root);
  const guint n_old = emptied->n_roots;

  emptied->n_roots = 0;
  for (guint i = 0; roots[i] != NULL; i++)
    {
      if (!is_emptied (roots[i], snapshot, pending))
        continue;

      if (emptied->n_roots == 0)
        emptied->root = g_strdup (roots[i]);
      emptied->n_roots++;
    }

  if (emptied->n_roots == 0 || emptied->n_roots > n_old)
    {
      emptied->due = due;
      emptied->looking = FALSE;
      emptied->believed = FALSE;
    }

  return emptied->n_roots != n_old || g_strcmp0 (emptied->root, old_root) != 0;
}

const char *
arc_empty_root_guard_get_root (const ArcEmptyRootGuard *emptied)
{
  return emptied->believed ? NULL : emptied->root;
}

gint64
arc_empty_root_guard_get_due (const ArcEmptyRootGuard *emptied)
{
  return arc_empty_root_guard_get_root (emptied) != NULL ? emptied->due : ARC_NEVER;
}

gint64
arc_empty_root_guard_get_deadline (const ArcEmptyRootGuard *emptied)
{
  return emptied->looking ? ARC_NEVER : arc_empty_root_guard_get_due (emptied);
}

gboolean
arc_empty_root_guard_begin_look (ArcEmptyRootGuard *emptied, gint64 now)
{
  if (now < arc_empty_root_guard_get_deadline (emptied))
    return FALSE;

  emptied->looking = TRUE;

  return TRUE;
}

gboolean
arc_empty_root_guard_end_look (ArcEmptyRootGuard *emptied)
{
  const gboolean believed = emptied->looking;

  emptied->believed = emptied->believed || believed;
  emptied->looking = FALSE;

  return believed;
}
