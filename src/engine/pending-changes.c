/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/pending-changes.h"

#include "engine/unbuilt-changes.h"

struct _ArcPendingChanges
{
  ArcChangeSet *pending;  /* (owned) */
  ArcChangeSet *taken;    /* (owned) (nullable) */
  ArcChangeSet *given_up; /* (owned): failed in all tries, and have not changed since */
  guint64 taken_serial;   /* the change serial when they were taken */
  guint64 change_serial;
  guint64 built_serial;
};

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
  arc_change_set_merge (self->pending, changes);
  arc_change_set_foreach (changes, forget, self->given_up);
  self->change_serial++;
}

void
arc_pending_changes_add_unknown (ArcPendingChanges *self)
{
  self->change_serial++;
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
  remainder = arc_unbuilt_changes_new (ended, taken, snapshot, later);
  self->pending = remainder != NULL ? remainder : g_steal_pointer (&taken);
  arc_change_set_merge (self->pending, later);

  /* A full build may have found out that the database lacks what it was thought to hold. */
  if (remainder != NULL && arc_pending_changes_is_true (self))
    self->change_serial++;

  return remainder != NULL;
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

const ArcChangeSet *
arc_pending_changes_get_pending (const ArcPendingChanges *self)
{
  return self->pending;
}

const ArcChangeSet *
arc_pending_changes_get_taken (const ArcPendingChanges *self)
{
  return self->taken;
}

gboolean
arc_pending_changes_is_true (const ArcPendingChanges *self)
{
  return self->built_serial == self->change_serial;
}

guint64
arc_pending_changes_get_taken_serial (const ArcPendingChanges *self)
{
  return self->taken_serial;
}

guint64
arc_pending_changes_get_change_serial (const ArcPendingChanges *self)
{
  return self->change_serial;
}

guint64
arc_pending_changes_get_built_serial (const ArcPendingChanges *self)
{
  return self->built_serial;
}
