/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/loop-guard.h"

/* How much later than a build its changes may be seen. */
#define LATE_NEWS G_USEC_PER_SEC

struct _ArcLoopGuard
{
  ArcChangeSet *own;     /* (owned): changed while a build ran, for the next one to take */
  ArcChangeSet *causing; /* (owned): what the last build of the row took */
  gboolean outside;      /* something was changed while none ran */
  guint in_a_row;
  gint64 ended;       /* when the last build ended, or ARC_NEVER */
  gint64 ended_stamp; /* the same, in nanoseconds of the clock of files */
};

ArcLoopGuard *
arc_loop_guard_new (void)
{
  ArcLoopGuard *guard = g_new0 (ArcLoopGuard, 1);

  guard->own = arc_change_set_new ();
  guard->causing = arc_change_set_new ();
  guard->ended = ARC_NEVER;

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

void
arc_loop_guard_end_build (ArcLoopGuard *guard, gint64 now, gint64 stamp)
{
  guard->ended = now;
  guard->ended_stamp = stamp;
}

typedef struct
{
  const ArcSnapshot *snapshot;
  gint64 stamp;
  gboolean found;
} Later;

static void
find_later (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  Later *later = user_data;
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  const ArcFingerprint *print = arc_snapshot_lookup (later->snapshot, directory, name);

  later->found |= print != NULL && print->ctime_ns > later->stamp;
}

gboolean
arc_loop_guard_is_late (const ArcLoopGuard *guard,
                        const ArcChangeSet *changes,
                        const ArcSnapshot *snapshot,
                        gint64 now)
{
  Later later = { snapshot, guard->ended_stamp, FALSE };

  if (guard->ended == ARC_NEVER || now - guard->ended >= LATE_NEWS)
    return FALSE;

  arc_change_set_foreach (changes, find_later, &later);

  return !later.found;
}

static gboolean
is_looping (const ArcLoopGuard *guard)
{
  return guard->in_a_row > ARC_LOOP_GUARD_PATIENCE;
}

static gint64
get_cooldown (const ArcLoopGuard *guard, gint64 cooldown)
{
  gint64 longer = MAX (cooldown, G_USEC_PER_SEC);

  for (guint i = ARC_LOOP_GUARD_PATIENCE; i < guard->in_a_row; i++)
    {
      if (longer >= ARC_LOOP_GUARD_LONGEST / 2)
        return MAX (cooldown, ARC_LOOP_GUARD_LONGEST);
      longer *= 2;
    }

  return longer;
}

ArcTiming
arc_loop_guard_get_timing (const ArcLoopGuard *guard, const ArcTiming *timing)
{
  ArcTiming looping = *timing;

  if (is_looping (guard))
    {
      looping.cooldown = get_cooldown (guard, timing->cooldown);
      looping.max_load = 0;
    }

  return looping;
}

const ArcChangeSet *
arc_loop_guard_get_changes (const ArcLoopGuard *guard)
{
  return is_looping (guard) ? guard->causing : NULL;
}
