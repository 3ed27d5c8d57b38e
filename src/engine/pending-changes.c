/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/pending-changes.h"

ArcPendingChanges *
arc_pending_changes_new (void)
{
  ArcPendingChanges *self = g_new0 (ArcPendingChanges, 1);

  self->pending = arc_change_set_new ();
  self->given_up = arc_change_set_new ();
  self->change_serial = 1; /* what was there before us; no build has it yet */

  return self;
}

void
arc_pending_changes_free (ArcPendingChanges *self)
{
  arc_change_set_free (self->pending);
  arc_change_set_free (self->given_up);
  g_clear_pointer (&self->taken, arc_change_set_free);
  g_free (self);
}

static void
forget (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  arc_change_set_remove (user_data, path);
}

void
arc_pending_changes_add (ArcPendingChanges *self, const ArcChangeSet *changes)
{
  self->change_serial++;
  if (changes == NULL)
    return;

  arc_change_set_merge (self->pending, changes);
  arc_change_set_foreach (changes, forget, self->given_up);
}

void
arc_pending_changes_forget (ArcPendingChanges *self, const ArcChangeSet *changes)
{
  arc_change_set_foreach (changes, forget, self->pending);
}

void
arc_pending_changes_set_true (ArcPendingChanges *self)
{
  self->built_serial = self->change_serial;
}

void
arc_pending_changes_take (ArcPendingChanges *self)
{
  self->taken = g_steal_pointer (&self->pending);
  self->taken_serial = self->change_serial;
  self->pending = arc_change_set_new ();
}

void
arc_pending_changes_commit (ArcPendingChanges *self)
{
  g_clear_pointer (&self->taken, arc_change_set_free);
  self->built_serial = self->taken_serial;
}

static gboolean
is_in_snapshot (const ArcSnapshot *snapshot, const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);

  return arc_snapshot_lookup (snapshot, directory, name) != NULL;
}

/* (transfer full) (nullable): those of TAKEN that BUILD has left, if the database has all files but
 * those that it reported as failed; NULL if all of TAKEN has to be built again. PENDING was seen
 * since. */
static ArcChangeSet *
find_unbuilt (const ArcBuild *build,
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
       * has not changed "modified" is right, and for one that the database never had it is as good.
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
arc_pending_changes_restore (ArcPendingChanges *self,
                             const ArcBuild *ended,
                             const ArcSnapshot *snapshot)
{
  g_autoptr (ArcChangeSet) taken = g_steal_pointer (&self->taken);
  g_autoptr (ArcChangeSet) later = NULL;
  ArcChangeSet *remainder;

  if (taken == NULL)
    {
      self->taken_serial = self->change_serial;
      return FALSE;
    }

  later = g_steal_pointer (&self->pending);
  remainder = find_unbuilt (ended, taken, snapshot, later);
  self->pending = remainder != NULL ? remainder : g_steal_pointer (&taken);
  arc_change_set_merge (self->pending, later);

  /* A full build may have found out that the database lacks what it was thought to hold. */
  if (remainder != NULL && arc_pending_changes_is_true (self))
    self->change_serial++;

  return remainder != NULL;
}

gboolean
arc_pending_changes_has_gone (const ArcPendingChanges *self,
                              const ArcBuild *build,
                              const ArcSnapshot *snapshot,
                              const char *path,
                              ArcChange *change)
{
  if (arc_change_set_lookup (self->pending, path, NULL) || !is_in_snapshot (snapshot, path))
    return FALSE;

  if (build->kind == ARC_BUILD_INCREMENTAL)
    return arc_change_set_lookup (self->taken, path, change) && *change != ARC_CHANGE_DELETED;

  /* Its list had every file. */
  *change = ARC_CHANGE_MODIFIED;
  return TRUE;
}

gboolean
arc_pending_changes_give_up (ArcPendingChanges *self, const ArcBuild *build, gboolean last_try)
{
  const gboolean partial =
      arc_build_is_partial (build) && build->n_failed <= build->failed_files->len;
  g_autoptr (ArcChangeSet) before = NULL;

  /* Any other end says nothing of a file. */
  if (build->result != ARC_RESULT_SUCCESS && !partial)
    return FALSE;

  before = g_steal_pointer (&self->given_up);
  self->given_up = arc_change_set_new ();
  if (!partial)
    return FALSE;

  for (guint i = 0; i < build->failed_files->len; i++)
    {
      const char *path = build->failed_files->pdata[i];

      /* What is pending changed while BUILD ran. */
      if ((last_try || arc_change_set_lookup (before, path, NULL)) &&
          !arc_change_set_lookup (self->pending, path, NULL))
        arc_change_set_add (self->given_up, path, ARC_CHANGE_MODIFIED);
    }

  return arc_change_set_get_size (self->given_up) == build->failed_files->len;
}

gboolean
arc_pending_changes_is_true (const ArcPendingChanges *self)
{
  return self->built_serial == self->change_serial;
}
