/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-sync.h"

/* The build of a call that is not assigned to one: it is later than any that ends. */
#define UNASSIGNED G_MAXUINT64

struct _ArcSyncs
{
  GPtrArray *tasks; /* (owned) (element-type GTask): task data: Sync */
};

typedef struct
{
  guint64 comparison;
  guint64 build;
  gboolean joined; /* it ran already */
} Sync;

ArcSyncs *
arc_syncs_new (void)
{
  ArcSyncs *syncs = g_new0 (ArcSyncs, 1);

  syncs->tasks = g_ptr_array_new_with_free_func (g_object_unref);

  return syncs;
}

void
arc_syncs_free (ArcSyncs *syncs)
{
  g_ptr_array_unref (syncs->tasks);
  g_free (syncs);
}

static Sync *
get_sync (const ArcSyncs *syncs, guint index)
{
  return g_task_get_task_data (g_ptr_array_index (syncs->tasks, index));
}

void
arc_syncs_add (ArcSyncs *syncs, GTask *task, guint64 comparison)
{
  Sync *sync = g_new0 (Sync, 1);

  sync->comparison = comparison;
  sync->build = UNASSIGNED;
  g_task_set_task_data (task, sync, g_free);
  g_ptr_array_add (syncs->tasks, task);
}

/* Whether SYNC is assigned to no build, and COMPARISON is enough for it. */
static gboolean
is_open (const Sync *sync, guint64 comparison)
{
  return sync->build == UNASSIGNED && sync->comparison <= comparison;
}

gboolean
arc_syncs_need_build (const ArcSyncs *syncs, guint64 comparison)
{
  for (guint i = 0; i < syncs->tasks->len; i++)
    {
      if (is_open (get_sync (syncs, i), comparison))
        return TRUE;
    }

  return FALSE;
}

static void
assign (ArcSyncs *syncs, guint64 comparison, guint64 build, gboolean joined)
{
  for (guint i = 0; i < syncs->tasks->len; i++)
    {
      Sync *sync = get_sync (syncs, i);

      if (is_open (sync, comparison))
        *sync = (Sync){ .comparison = sync->comparison, .build = build, .joined = joined };
    }
}

void
arc_syncs_assign (ArcSyncs *syncs, guint64 comparison, guint64 build)
{
  assign (syncs, comparison, build, FALSE);
}

void
arc_syncs_join (ArcSyncs *syncs, guint64 comparison, guint64 build)
{
  assign (syncs, comparison, build, TRUE);
}

gboolean
arc_syncs_leave (ArcSyncs *syncs)
{
  gboolean any = FALSE;

  for (guint i = 0; i < syncs->tasks->len; i++)
    {
      Sync *sync = get_sync (syncs, i);

      any |= sync->joined;
      if (sync->joined)
        *sync = (Sync){ .comparison = sync->comparison, .build = UNASSIGNED };
    }

  return any;
}

/* (transfer full) (element-type GTask): those that wait for BUILD or an earlier one, and for
 * COMPARISON or an earlier one, which are no longer open. An answer may run the callback at once,
 * which may call us. */
static GPtrArray *
take_tasks (ArcSyncs *syncs, guint64 build, guint64 comparison)
{
  GPtrArray *taken = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < syncs->tasks->len;)
    {
      const Sync *sync = get_sync (syncs, i);

      if (sync->build <= build && sync->comparison <= comparison)
        g_ptr_array_add (taken, g_ptr_array_steal_index (syncs->tasks, i));
      else
        i++;
    }

  return taken;
}

void
arc_syncs_finish (ArcSyncs *syncs, guint64 build, ArcResult result)
{
  g_autoptr (GPtrArray) tasks = take_tasks (syncs, build, G_MAXUINT64);

  for (guint i = 0; i < tasks->len; i++)
    g_task_return_int (g_ptr_array_index (tasks, i), result);
}

void
arc_syncs_fail (ArcSyncs *syncs, guint64 comparison, const GError *error)
{
  g_autoptr (GPtrArray) tasks = take_tasks (syncs, UNASSIGNED, comparison);

  for (guint i = 0; i < tasks->len; i++)
    g_task_return_error (g_ptr_array_index (tasks, i), g_error_copy (error));
}

gboolean
arc_sync_propagate (GTask *task, guint64 *build, ArcResult *build_result, GError **error)
{
  const Sync *sync = g_task_get_task_data (task);
  gssize value = g_task_propagate_int (task, error);

  if (value < 0)
    return FALSE;

  *build = sync->build;
  *build_result = value;

  return TRUE;
}
