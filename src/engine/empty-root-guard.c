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
arc_empty_root_guard_free (ArcEmptyRootGuard *guard)
{
  g_free (guard->root);
  g_free (guard);
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
arc_empty_root_guard_update (ArcEmptyRootGuard *guard,
                             const char *const *roots,
                             const ArcSnapshot *snapshot,
                             const ArcChangeSet *pending,
                             gint64 due)
{
  g_autofree char *old_root = g_steal_pointer (&guard->root);
  const guint n_old = guard->n_roots;

  guard->n_roots = 0;
  for (guint i = 0; roots[i] != NULL; i++)
    {
      if (!is_emptied (roots[i], snapshot, pending))
        continue;

      if (guard->n_roots == 0)
        guard->root = g_strdup (roots[i]);
      guard->n_roots++;
    }

  if (guard->n_roots == 0 || guard->n_roots > n_old)
    {
      guard->due = due;
      guard->looking = FALSE;
      guard->believed = FALSE;
    }

  return guard->n_roots != n_old || g_strcmp0 (guard->root, old_root) != 0;
}

const char *
arc_empty_root_guard_get_root (const ArcEmptyRootGuard *guard)
{
  return guard->believed ? NULL : guard->root;
}

gint64
arc_empty_root_guard_get_due (const ArcEmptyRootGuard *guard)
{
  return arc_empty_root_guard_get_root (guard) != NULL ? guard->due : ARC_NEVER;
}

gint64
arc_empty_root_guard_get_deadline (const ArcEmptyRootGuard *guard)
{
  return guard->looking ? ARC_NEVER : arc_empty_root_guard_get_due (guard);
}

gboolean
arc_empty_root_guard_begin_look (ArcEmptyRootGuard *guard, gint64 now)
{
  if (now < arc_empty_root_guard_get_deadline (guard))
    return FALSE;

  guard->looking = TRUE;

  return TRUE;
}

gboolean
arc_empty_root_guard_end_look (ArcEmptyRootGuard *guard)
{
  const gboolean believed = guard->looking;

  guard->believed = guard->believed || believed;
  guard->looking = FALSE;

  return believed;
}
