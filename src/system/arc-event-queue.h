/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "system/arc-inotify.h"

G_BEGIN_DECLS

/**
 * ArcEventQueue:
 *
 * The queue of events that the kernel keeps for GIO, and whether it may have been full. What comes
 * then is dropped by the kernel (inotify(7), IN_Q_OVERFLOW), and the event that says so by GIO
 * (GLib 2.74, inotify-path.c).
 *
 * What is in the queue at any time is read later, or is in it still; and the kernel counts the
 * bytes that each thread reads (/proc/PID/task/TID/io in proc(5)). So what was read between two
 * questions and what is left at the second are, together, no less than what was in the queue at any
 * time between them. As long as that is less than a full queue takes, nothing was dropped.
 */
typedef struct _ArcEventQueue ArcEventQueue;

/* INOTIFY (unowned) must outlive it. */
ArcEventQueue *arc_event_queue_new (ArcInotify *inotify);
void arc_event_queue_free (ArcEventQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcEventQueue, arc_event_queue_free)

/* Whether events may have been dropped since this was last asked. N_SIGNALS were emitted by
 * monitors without a pause: where the kernel does not count (CONFIG_TASK_IO_ACCOUNTING), these have
 * to do for a guess. */
gboolean arc_event_queue_may_have_dropped (ArcEventQueue *queue, guint n_signals);

G_END_DECLS
