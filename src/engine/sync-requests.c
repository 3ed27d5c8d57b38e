/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/sync-requests.h"

/* The serial of a call whose comparison is not done. */
#define UNKNOWN G_MAXUINT64

struct _ArcSyncRequests
{
  const ArcBuildRun *run; /* (unowned) */
  GPtrArray *tasks;       /* (owned) (element-type GTask): task data: Sync */
};

typedef struct
{
  guint64 comparison;
  guint64 serial; /* UNKNOWN until that comparison is done */
} Sync;

ArcSyncRequests *
arc_sync_requests_new (const ArcBuildRun *run)
{
  ArcSyncRequests *syncs = g_new0 (ArcSyncRequests, 1);

  syncs->run = run;
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
arc_sync_requests_add (ArcSyncRequests *syncs, GTask *task)
{
  Sync *sync = g_new0 (Sync, 1);

  sync->comparison = arc_comparisons_ask (syncs->run->comparisons);
  sync->serial = UNKNOWN;
  g_task_set_task_data (task, sync, g_free);
  g_ptr_array_add (syncs->tasks, task);
}

/* Gives SERIAL to the calls that wait for COMPARISON or an earlier one. FALSE if there are none. */
static gboolean
set_serial (ArcSyncRequests *syncs, guint64 comparison, guint64 serial)
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
arc_sync_requests_postpone (ArcSyncRequests *syncs)
{
  const guint64 comparison = syncs->run->comparison;
  const guint64 serial = syncs->run->database->pending->change_serial;
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

/* Answers the calls of SERIAL or an earlier one with BUILD. */
static void
answer (ArcSyncRequests *syncs, guint64 serial, const ArcBuild *build)
{
  g_autoptr (GPtrArray) tasks = take_tasks (syncs, G_MAXUINT64, serial);

  for (guint i = 0; i < tasks->len; i++)
    g_task_return_pointer (g_ptr_array_index (tasks, i), g_boxed_copy (ARC_TYPE_BUILD, build),
                           (GDestroyNotify) arc_build_free);
}

void
arc_sync_requests_fail (ArcSyncRequests *syncs, guint64 comparison, const GError *error)
{
  g_autoptr (GPtrArray) tasks = take_tasks (syncs, comparison, UNKNOWN);

  for (guint i = 0; i < tasks->len; i++)
    g_task_return_error (g_ptr_array_index (tasks, i), g_error_copy (error));
}

/* Answers the calls of SERIAL or an earlier one with the last build that the database holds, or
 * with the number 0. */
static void
answer_with_stored (ArcSyncRequests *syncs, guint64 serial)
{
  const ArcBuild *stored = arc_state_store_get_last_stored (syncs->run->store);
  g_autoptr (ArcBuild) build = stored != NULL
                                   ? g_boxed_copy (ARC_TYPE_BUILD, stored)
                                   : arc_build_new (0, ARC_BUILD_INCREMENTAL, ARC_CAUSE_START, 0);

  answer (syncs, serial, build);
}

/* Whether there is a build that will not have built all its changes: it is being stopped, has
 * failed, or writes to a database that was removed. */
static gboolean
is_failing (const ArcBuildRun *run)
{
  if (arc_phase_has_spawned (run->phase) && arc_database_state_was_removed (run->database))
    return TRUE;

  return run->phase == ARC_PHASE_STOPPING ||
         (run->phase == ARC_PHASE_ENDED && run->outcome.result != ARC_RESULT_SUCCESS);
}

gboolean
arc_sync_requests_advance (ArcSyncRequests *syncs, const GError *unavailable)
{
  ArcPendingChanges *pending = syncs->run->database->pending;
  const guint64 compared = arc_comparisons_get_ended (syncs->run->comparisons);
  /* Such a build may have taken all that there is. */
  const gboolean failing = is_failing (syncs->run);
  const guint64 serial = pending->change_serial + failing;

  if (!set_serial (syncs, compared, serial))
    return FALSE;

  if (unavailable != NULL)
    {
      arc_sync_requests_fail (syncs, compared, unavailable);
      return FALSE;
    }

  if (arc_pending_changes_is_true (pending) &&
      arc_build_inputs_has_database (syncs->run->database->inputs))
    {
      answer_with_stored (syncs, serial);
      return FALSE;
    }

  if (arc_phase_is_preparing (syncs->run->phase) ||
      (syncs->run->build != NULL && pending->taken_serial >= serial))
    return FALSE;

  if (failing)
    arc_pending_changes_add (pending, NULL);

  return TRUE;
}

void
arc_sync_requests_answer (ArcSyncRequests *syncs, const ArcBuild *build)
{
  answer (syncs, syncs->run->database->pending->taken_serial, build);
}
