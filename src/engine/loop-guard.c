/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/loop-guard.h"

struct _ArcLoopGuard
{
  ArcChangeSet *own;     /* (owned): changed while a build ran, for the next one to take */
  ArcChangeSet *causing; /* (owned): what the last build of the row took */
  gboolean outside;      /* something was changed while none ran */
  guint in_a_row;
};

ArcLoopGuard *
arc_loop_guard_new (void)
{
  ArcLoopGuard *guard = g_new0 (ArcLoopGuard, 1);

  guard->own = arc_change_set_new ();
  guard->causing = arc_change_set_new ();

  return guard;
}

void
arc_loop_guard_free (ArcLoopGuard *guard)
{
  arc_change_set_free (guard->own);
  arc_change_set_free (guard->causing);
  g_free (guard);
}

static void
end_loop (ArcLoopGuard *guard)
{
  guard->in_a_row = 0;
  arc_change_set_free (guard->causing);
  guard->causing = arc_change_set_new ();
}

void
arc_loop_guard_note_changes (ArcLoopGuard *guard, const ArcChangeSet *changes, gboolean building)
{
  if (building)
    {
      arc_change_set_merge (guard->own, changes);
      return;
    }

  guard->outside = TRUE;
  end_loop (guard);
}

void
arc_loop_guard_begin_build (ArcLoopGuard *guard, gboolean requested)
{
  if (requested || guard->outside || arc_change_set_get_size (guard->own) == 0)
    {
      end_loop (guard);
    }
  else
    {
      guard->in_a_row++;
      arc_change_set_free (guard->causing);
      guard->causing = g_steal_pointer (&guard->own);
      guard->own = arc_change_set_new ();
    }

  guard->outside = FALSE;
  arc_change_set_free (guard->own);
  guard->own = arc_change_set_new ();
}

gboolean
arc_loop_guard_is_looping (const ArcLoopGuard *guard)
{
  return guard->in_a_row > ARC_LOOP_GUARD_PATIENCE;
}

gint64
arc_loop_guard_get_cooldown (const ArcLoopGuard *guard, gint64 cooldown)
{
  gint64 longer = MAX (cooldown, G_USEC_PER_SEC);

  if (!arc_loop_guard_is_looping (guard))
    return cooldown;

  for (guint i = ARC_LOOP_GUARD_PATIENCE; i < guard->in_a_row; i++)
    {
      if (longer >= ARC_LOOP_GUARD_LONGEST / 2)
        return MAX (cooldown, ARC_LOOP_GUARD_LONGEST);
      longer *= 2;
    }

  return longer;
}

const ArcChangeSet *
arc_loop_guard_get_changes (const ArcLoopGuard *guard)
{
  return guard->causing;
}
