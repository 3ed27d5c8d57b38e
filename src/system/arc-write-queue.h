/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcWriteQueue:
 *
 * Writes files in a thread, one after the other, in the order in which it was asked to. fsync(2)
 * takes as long as others keep the disk busy, and no main loop should wait for that.
 *
 * Each queue has one owner, and is used from one thread: that of the main context which was the
 * thread-default one when it was made, and which must turn for the queue to go on.
 */
typedef struct _ArcWriteQueue ArcWriteQueue;

/**
 * ArcWrite:
 * @begin: its turn has come: gets ready for @work what the thread cannot find out by itself. FALSE
 * if there is nothing to be done by the thread
 * @work: is called in the thread; the owner leaves alone what it uses until @end
 * @end: it is over, also if @begin returned FALSE
 *
 * One kind of write. Each gets the owner; @begin and @end are called in the thread of the owner, at
 * any time, also in the calls below.
 */
typedef struct
{
  gboolean (*begin) (gpointer owner);
  void (*work) (gpointer owner);
  void (*end) (gpointer owner);
} ArcWrite;

ArcWriteQueue *arc_write_queue_new (gpointer owner);

/* Waits until the queue is empty. */
void arc_write_queue_free (ArcWriteQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcWriteQueue, arc_write_queue_free)

/* Puts WRITE, which must stay, at the end of the queue. It is there once: one that has not begun
 * yet is taken from its place. */
void arc_write_queue_add (ArcWriteQueue *queue, const ArcWrite *write);

/* Whether WRITE is in the queue, or under way. */
gboolean arc_write_queue_has (const ArcWriteQueue *queue, const ArcWrite *write);

/* Waits until WRITE (nullable: anything) is not in the queue any more. */
void arc_write_queue_wait (ArcWriteQueue *queue, const ArcWrite *write);

G_END_DECLS
