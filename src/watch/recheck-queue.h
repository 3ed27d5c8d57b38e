/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcRecheck:
 *
 * A path that somebody said to look at, once for all that was said of it.
 */
typedef struct
{
  char *path;
  gint64 first; /* when it was first said; g_get_monotonic_time() */
  gint64 due;   /* not before this; 0: at once */
  GList link;

  guint hinted : 1;     /* a monitor has an event of it */
  guint moved : 1;      /* see ARC_HINT_MOVED */
  guint attributes : 1; /* see ARC_HINT_ATTRIBUTES */
  guint silent : 1;     /* what it finds is no change but the start */
  guint holding : 1;    /* a scan left it over: without it, the scan is not done */
} ArcRecheck;

/**
 * ArcRecheckQueue:
 *
 * The paths to look at, in the order in which they are due and were told.
 */
typedef struct _ArcRecheckQueue ArcRecheckQueue;

ArcRecheckQueue *arc_recheck_queue_new (void);
void arc_recheck_queue_free (ArcRecheckQueue *looks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcRecheckQueue, arc_recheck_queue_free)

/* The look at PATH that waits already, with its flags and its time, or a new one, due at once. */
ArcRecheck *arc_recheck_queue_ask (ArcRecheckQueue *looks, const char *path);

/* Makes LOOK, which waits in LOOKS, one that holds. */
void arc_recheck_queue_hold (ArcRecheckQueue *looks, ArcRecheck *look);
guint arc_recheck_queue_get_n_holding (const ArcRecheckQueue *looks);

/* (nullable) (transfer full): the next that is due at NOW. */
ArcRecheck *arc_recheck_queue_take (ArcRecheckQueue *looks, gint64 now);

/* Puts LOOK back, due at DUE; its flags are kept. PATH must not have been asked for meanwhile. */
void arc_recheck_queue_postpone (ArcRecheckQueue *looks,
                                 ArcRecheck *look /* (transfer full) */,
                                 gint64 due);

/* When the next one is due; -1 if there is none. */
gint64 arc_recheck_queue_get_due (const ArcRecheckQueue *looks);

void arc_recheck_queue_clear (ArcRecheckQueue *looks);

void arc_recheck_free (ArcRecheck *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcRecheck, arc_recheck_free)

G_END_DECLS
