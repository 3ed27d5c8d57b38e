/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcRecheck:
 *
 * A path to check, with the flags of all events for it.
 */
typedef struct
{
  char *path;
  gint64 first; /* when it was first queued; g_get_monotonic_time() */
  gint64 due;   /* not before this; 0: at once */
  GList link;

  guint hinted : 1;     /* a monitor reported an event */
  guint moved : 1;      /* see ARC_HINT_MOVED */
  guint attributes : 1; /* see ARC_HINT_ATTRIBUTES */
  guint silent : 1;     /* what it finds is no change but the start */
  guint holding : 1;    /* a scan waits for it */
} ArcRecheck;

/**
 * ArcRecheckQueue:
 *
 * The paths to check, in the order in which they are due and were queued.
 */
typedef struct _ArcRecheckQueue ArcRecheckQueue;

/**
 * arc_recheck_queue_new:
 *
 * Returns: (transfer full): the queue
 */
ArcRecheckQueue *arc_recheck_queue_new (void);

/**
 * arc_recheck_queue_free:
 * @looks: (transfer full): a queue
 */
void arc_recheck_queue_free (ArcRecheckQueue *looks);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcRecheckQueue, arc_recheck_queue_free)

/**
 * arc_recheck_queue_ask:
 * @looks: a queue
 * @path: an absolute path
 * @holding: whether a scan waits for it
 *
 * Queues a path, due at once, unless it is queued.
 *
 * Returns: (transfer none): the recheck of @path, with the flags and the time that it has
 */
ArcRecheck *arc_recheck_queue_ask (ArcRecheckQueue *looks, const char *path, gboolean holding);

/**
 * arc_recheck_queue_get_n_holding:
 * @looks: a queue
 *
 * Returns: how many rechecks a scan waits for
 */
guint arc_recheck_queue_get_n_holding (const ArcRecheckQueue *looks);

/**
 * arc_recheck_queue_take:
 * @looks: a queue
 * @now: the time, in microseconds of g_get_monotonic_time()
 *
 * Returns: (transfer full) (nullable): the next recheck that is due at @now
 */
ArcRecheck *arc_recheck_queue_take (ArcRecheckQueue *looks, gint64 now);

/**
 * arc_recheck_queue_postpone:
 * @looks: a queue
 * @look: (transfer full): a recheck that was taken
 * @due: when it is due, in microseconds of g_get_monotonic_time()
 *
 * Queues a recheck with its flags. One that was queued for the same path meanwhile gets them.
 */
void arc_recheck_queue_postpone (ArcRecheckQueue *looks, ArcRecheck *look, gint64 due);

/**
 * arc_recheck_queue_get_due:
 * @looks: a queue
 *
 * Returns: when the next recheck is due, 0 for at once; -1 if there is none
 */
gint64 arc_recheck_queue_get_due (const ArcRecheckQueue *looks);

/**
 * arc_recheck_free:
 * @look: (transfer full): a recheck that is in no queue
 */
void arc_recheck_free (ArcRecheck *look);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcRecheck, arc_recheck_free)
