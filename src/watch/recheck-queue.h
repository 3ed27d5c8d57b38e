/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/snapshot.h"

#include <glib.h>

G_BEGIN_DECLS

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
 * Makes an empty queue.
 *
 * Returns: (transfer full): the queue
 */
ArcRecheckQueue *arc_recheck_queue_new (void);

/**
 * arc_recheck_queue_free:
 * @looks: (transfer full): a queue
 *
 * Frees a queue with all that is in it.
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
 * arc_recheck_queue_clear:
 * @looks: a queue
 *
 * Removes all rechecks.
 */
void arc_recheck_queue_clear (ArcRecheckQueue *looks);

/**
 * arc_recheck_free:
 * @look: (transfer full): a recheck that is in no queue
 *
 * Frees a recheck.
 */
void arc_recheck_free (ArcRecheck *look);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcRecheck, arc_recheck_free)

typedef enum
{
  ARC_FRESHNESS_OLD,    /* a later change will show in the fingerprint */
  ARC_FRESHNESS_FRESH,  /* one may not; to be looked at again at a later time */
  ARC_FRESHNESS_STEADY, /* the same, and so for a long time: the file is written all the time */
  ARC_FRESHNESS_FUTURE, /* stamped by another machine, or before the clock was put back */
} ArcFreshness;

/**
 * arc_recheck_get_freshness:
 * @look: a recheck
 * @fingerprint: what it has found
 * @now: when, in nanoseconds since the epoch
 * @due: (out): if it is fresh or steady, when to check again
 *
 * Returns: whether a later change will show
 */
ArcFreshness arc_recheck_get_freshness (const ArcRecheck *look,
                                        const ArcFingerprint *fingerprint,
                                        gint64 now,
                                        gint64 *due);

G_END_DECLS
