/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/pending-changes.h"

#include "engine/unbuilt-changes.h"

struct _ArcPendingChanges
{
  ArcChangeSet *pending; /* (owned) */
  ArcChangeSet *taken;   /* (owned) (nullable) */
  guint64 taken_serial;  /* the change serial when they were taken */
  guint64 change_serial;
  guint64 built_serial;
};

ArcPendingChanges *
arc_pending_changes_new (void)
{
  ArcPendingChanges *ledger = g_new0 (ArcPendingChanges, 1);

  ledger->pending = arc_change_set_new ();
  ledger->change_serial = 1; /* what was there before us; no build has it yet */

  return ledger;
}

void
arc_pending_changes_free (ArcPendingChanges *ledger)
{
  arc_change_set_free (ledger->pending);
  g_clear_pointer (&ledger->taken, arc_change_set_free);
  g_free (ledger);
}

void
arc_pending_changes_add (ArcPendingChanges *ledger, const ArcChangeSet *changes)
{
  arc_change_set_merge (ledger->pending, changes);
  ledger->change_serial++;
}

void
arc_pending_changes_add_unknown (ArcPendingChanges *ledger)
{
  ledger->change_serial++;
}

static void
forget (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  arc_change_set_remove (user_data, path);
}

void
arc_pending_changes_forget (ArcPendingChanges *ledger, const ArcChangeSet *changes)
{
  arc_change_set_foreach (changes, forget, ledger->pending);
}

void
arc_pending_changes_set_true (ArcPendingChanges *ledger)
{
  ledger->built_serial = ledger->change_serial;
}

void
arc_pending_changes_take (ArcPendingChanges *ledger)
{
  ledger->taken = g_steal_pointer (&ledger->pending);
  ledger->taken_serial = ledger->change_serial;
  ledger->pending = arc_change_set_new ();
}

ArcChangeSet *
arc_pending_changes_find_gone (const ArcPendingChanges *ledger,
                               const ArcBuild *build,
                               const ArcSnapshot *snapshot,
                               const char *path)
{
  ArcChangeSet *changes = arc_change_set_new ();
  ArcChange change;

  if (arc_unbuilt_changes_has_gone (build, ledger->taken, snapshot, ledger->pending, path, &change))
    arc_change_set_add (changes, path, change);

  return changes;
}

void
arc_pending_changes_commit (ArcPendingChanges *ledger)
{
  g_clear_pointer (&ledger->taken, arc_change_set_free);
  ledger->built_serial = ledger->taken_serial;
}

gboolean
arc_pending_changes_restore (ArcPendingChanges *ledger,
                             const ArcBuild *ended,
                             const ArcSnapshot *snapshot)
{
  g_autoptr (ArcChangeSet) taken = g_steal_pointer (&ledger->taken);
  g_autoptr (ArcChangeSet) later = NULL;
  ArcChangeSet *remainder;

  if (taken == NULL)
    return FALSE;

  later = g_steal_pointer (&ledger->pending);
  remainder = arc_unbuilt_changes_new (ended, taken, snapshot, later);
  ledger->pending = remainder != NULL ? remainder : g_steal_pointer (&taken);
  arc_change_set_merge (ledger->pending, later);

  /* A full build may have found out that the database lacks what it was thought to hold. */
  if (remainder != NULL && arc_pending_changes_is_true (ledger))
    ledger->change_serial++;

  return remainder != NULL;
}

const ArcChangeSet *
arc_pending_changes_get_pending (const ArcPendingChanges *ledger)
{
  return ledger->pending;
}

const ArcChangeSet *
arc_pending_changes_get_taken (const ArcPendingChanges *ledger)
{
  return ledger->taken;
}

gboolean
arc_pending_changes_is_true (const ArcPendingChanges *ledger)
{
  return ledger->built_serial == ledger->change_serial;
}

guint64
arc_pending_changes_get_taken_serial (const ArcPendingChanges *ledger)
{
  return ledger->taken_serial;
}

guint64
arc_pending_changes_get_change_serial (const ArcPendingChanges *ledger)
{
  return ledger->change_serial;
}

guint64
arc_pending_changes_get_built_serial (const ArcPendingChanges *ledger)
{
  return ledger->built_serial;
}
