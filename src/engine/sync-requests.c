/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/sync-requests.h"

/* The serial of a call whose comparison is not done. */
#define UNKNOWN G_MAXUINT64

struct _ArcSyncRequests
{
  GPtrArray *tasks; /* (owned) (element-type GTask): task data: Sync */
};

typedef struct
{
  guint64 comparison;
  guint64 serial; /* UNKNOWN until that comparison is done */
  guint64 build;  /* once it is answered */
} Sync;

ArcSyncRequests *
arc_sync_requests_new (void)
{
  ArcSyncRequests *syncs = g_new0 (ArcSyncRequests, 1);

  syncs->tasks = g_ptr_array_new_with_free_func (g_object_unref);

  return syncs;
}

void
arc_sync_requests_free (ArcSyncRequests *syncs)
{
  g_ptr_array_unref (syncs->tasks);
  g_free (syncs);
}

static Sync *
get_sync (const ArcSyncRequests *syncs, guint index)
{
  return g_task_get_task_data (g_ptr_array_index (syncs->tasks, index));
}

void
arc_sync_requests_add (ArcSyncRequests *syncs, GTask *task, guint64 comparison)
{
  Sync *sync = g_new0 (Sync, 1);

  sync->comparison = comparison;
  sync->serial = UNKNOWN;
  g_task_set_task_data (task, sync, g_free);
  g_ptr_array_add (syncs->tasks, task);
}

gboolean
arc_sync_requests_set_serial (ArcSyncRequests *syncs, guint64 comparison, guint64 serial)
{
  gboolean any = FALSE;

  for (guint i = 0; i < syncs->tasks->len; i++)
    {
      Sync *sync = get_sync (syncs, i);

      if (sync->serial == UNKNOWN && sync->comparison <= comparison)
        {
          sync->serial = serial;
          any = TRUE;
        }
    }

  return any;
}

gboolean
arc_sync_requests_postpone (ArcSyncRequests *syncs, guint64 comparison, guint64 serial)
{
  gboolean any = FALSE;

  for (guint i = 0; i < syncs->tasks->len; i++)
    {
      Sync *sync = get_sync (syncs, i);

      if (sync->serial != UNKNOWN && sync->comparison > comparison)
        {
          sync->serial = serial;
          any = TRUE;
        }
    }

  return any;
}

/* (transfer full) (element-type GTask): those of COMPARISON or an earlier one, and of SERIAL or an
 * earlier one, which are no longer open. An answer may run the callback at once, which may call us.
 */
static GPtrArray *
take_tasks (ArcSyncRequests *syncs, guint64 comparison, guint64 serial)
{
  GPtrArray *taken = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < syncs->tasks->len;)
    {
      const Sync *sync = get_sync (syncs, i);

      if (sync->comparison <= comparison && sync->serial <= serial)
        g_ptr_array_add (taken, g_ptr_array_steal_index (syncs->tasks, i));
      else
        i++;
    }

  return taken;
}

void
arc_sync_requests_answer (ArcSyncRequests *syncs, guint64 serial, guint64 build, ArcResult result)
{
  g_autoptr (GPtrArray) tasks = take_tasks (syncs, G_MAXUINT64, serial);

  for (guint i = 0; i < tasks->len; i++)
    {
      GTask *task = g_ptr_array_index (tasks, i);
      Sync *sync = g_task_get_task_data (task);

      sync->build = build;
      g_task_return_int (task, result);
    }
}

void
arc_sync_requests_fail (ArcSyncRequests *syncs, guint64 comparison, const GError *error)
{
  g_autoptr (GPtrArray) tasks = take_tasks (syncs, comparison, UNKNOWN);

  for (guint i = 0; i < tasks->len; i++)
    g_task_return_error (g_ptr_array_index (tasks, i), g_error_copy (error));
}

gboolean
arc_sync_request_propagate (GTask *task, guint64 *build, ArcResult *build_result, GError **error)
{
  const Sync *sync = g_task_get_task_data (task);
  gssize value = g_task_propagate_int (task, error);

  if (value < 0)
    return FALSE;

  *build = sync->build;
  *build_result = value;

  return TRUE;
}
