/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-ledger.h"

#include "core/arc-remainder.h"

struct _ArcLedger
{
  ArcChanges *pending;  /* (owned) */
  ArcChanges *taken;    /* (owned) (nullable) */
  guint64 taken_serial; /* the change serial when they were taken */
  guint64 change_serial;
  guint64 built_serial;
};

ArcLedger *
arc_ledger_new (void)
{
  ArcLedger *ledger = g_new0 (ArcLedger, 1);

  ledger->pending = arc_changes_new ();
  ledger->change_serial = 1; /* what was there before us; no build has it yet */

  return ledger;
}

void
arc_ledger_free (ArcLedger *ledger)
{
  arc_changes_free (ledger->pending);
  g_clear_pointer (&ledger->taken, arc_changes_free);
  g_free (ledger);
}

void
arc_ledger_add (ArcLedger *ledger, const ArcChanges *changes)
{
  arc_changes_merge (ledger->pending, changes);
  ledger->change_serial++;
}

void
arc_ledger_add_unknown (ArcLedger *ledger)
{
  ledger->change_serial++;
}

static void
forget (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  arc_changes_remove (user_data, path);
}

void
arc_ledger_forget (ArcLedger *ledger, const ArcChanges *changes)
{
  arc_changes_foreach (changes, forget, ledger->pending);
}

void
arc_ledger_set_true (ArcLedger *ledger)
{
  ledger->built_serial = ledger->change_serial;
}

void
arc_ledger_take (ArcLedger *ledger)
{
  ledger->taken = g_steal_pointer (&ledger->pending);
  ledger->taken_serial = ledger->change_serial;
  ledger->pending = arc_changes_new ();
}

ArcChanges *
arc_ledger_find_gone (const ArcLedger *ledger,
                      const ArcBuild *build,
                      const ArcSnapshot *snapshot,
                      const char *path)
{
  ArcChanges *changes = arc_changes_new ();
  ArcChange change;

  if (arc_remainder_has_gone (build, ledger->taken, snapshot, ledger->pending, path, &change))
    arc_changes_add (changes, path, change);

  return changes;
}

void
arc_ledger_commit (ArcLedger *ledger)
{
  g_clear_pointer (&ledger->taken, arc_changes_free);
  ledger->built_serial = ledger->taken_serial;
}

gboolean
arc_ledger_restore (ArcLedger *ledger, const ArcBuild *ended, const ArcSnapshot *snapshot)
{
  g_autoptr (ArcChanges) taken = g_steal_pointer (&ledger->taken);
  g_autoptr (ArcChanges) later = NULL;
  ArcChanges *remainder;

  if (taken == NULL)
    return FALSE;

  later = g_steal_pointer (&ledger->pending);
  remainder = arc_remainder_new (ended, taken, snapshot, later);
  ledger->pending = remainder != NULL ? remainder : g_steal_pointer (&taken);
  arc_changes_merge (ledger->pending, later);

  /* A full build may have found out that the database lacks what it was thought to hold. */
  if (remainder != NULL && arc_ledger_is_true (ledger))
    ledger->change_serial++;

  return remainder != NULL;
}

const ArcChanges *
arc_ledger_get_pending (const ArcLedger *ledger)
{
  return ledger->pending;
}

const ArcChanges *
arc_ledger_get_taken (const ArcLedger *ledger)
{
  return ledger->taken;
}

gboolean
arc_ledger_is_true (const ArcLedger *ledger)
{
  return ledger->built_serial == ledger->change_serial;
}

guint64
arc_ledger_get_taken_serial (const ArcLedger *ledger)
{
  return ledger->taken_serial;
}

guint64
arc_ledger_get_change_serial (const ArcLedger *ledger)
{
  return ledger->change_serial;
}

guint64
arc_ledger_get_built_serial (const ArcLedger *ledger)
{
  return ledger->built_serial;
}
