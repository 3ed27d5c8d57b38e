/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-write-queue.h"

#include "system/arc-ready-source.h"

struct _ArcWriteQueue
{
  gpointer owner;
  GQueue writes;           /* (element-type ArcWrite): those that have not begun */
  const ArcWrite *current; /* (nullable): the one that is under way */
  GThread *thread;         /* (owned) (nullable): what does its work */
  gboolean done;           /* atomic: whether it has */
  GSource *notice;         /* (owned): tells of that */
};

static gpointer
run (gpointer user_data)
{
  ArcWriteQueue *queue = user_data;

  queue->current->work (queue->owner);
  g_atomic_int_set (&queue->done, TRUE);
  g_source_set_ready_time (queue->notice, 0);

  return NULL;
}

/* Whatever the thread has said is heard. */
static void
end_current (ArcWriteQueue *queue)
{
  g_source_set_ready_time (queue->notice, -1);
  queue->done = FALSE;
  g_steal_pointer (&queue->current)->end (queue->owner);
}

/* Begins the next one, until there is one that takes time. */
static void
go_on (ArcWriteQueue *queue)
{
  while (queue->current == NULL && !g_queue_is_empty (&queue->writes))
    {
      queue->current = g_queue_pop_head (&queue->writes);
      if (queue->current->begin (queue->owner))
        {
          queue->thread = g_thread_try_new ("write", run, queue, NULL);
          if (queue->thread != NULL)
            return;

          /* There can be no more threads: better slow than not at all. */
          run (queue);
        }
      end_current (queue);
    }
}

/* Waits for the one that is under way. */
static void
conclude (ArcWriteQueue *queue)
{
  g_thread_join (g_steal_pointer (&queue->thread));
  end_current (queue);
  go_on (queue);
}

static gboolean
on_notice (gpointer user_data)
{
  ArcWriteQueue *queue = user_data;

  /* In this order, so that no news is lost. They may be old: whoever else was dispatched in the
   * same turn of the main loop may have waited for that write, and another one be under way. */
  g_source_set_ready_time (queue->notice, -1);
  if (g_atomic_int_get (&queue->done))
    conclude (queue);

  return G_SOURCE_CONTINUE;
}

ArcWriteQueue *
arc_write_queue_new (gpointer owner)
{
  ArcWriteQueue *queue = g_new0 (ArcWriteQueue, 1);

  queue->owner = owner;
  queue->notice = arc_ready_source_new ("ArcWriteQueue", g_main_context_get_thread_default (),
                                        on_notice, queue);

  return queue;
}

void
arc_write_queue_free (ArcWriteQueue *queue)
{
  arc_write_queue_wait (queue, NULL);
  g_source_destroy (queue->notice);
  g_source_unref (queue->notice);
  g_free (queue);
}

void
arc_write_queue_add (ArcWriteQueue *queue, const ArcWrite *write)
{
  g_queue_remove (&queue->writes, write);
  g_queue_push_tail (&queue->writes, (gpointer) write);
  go_on (queue);
}

gboolean
arc_write_queue_has (const ArcWriteQueue *queue, const ArcWrite *write)
{
  return queue->current == write || g_queue_find ((GQueue *) &queue->writes, write) != NULL;
}

void
arc_write_queue_wait (ArcWriteQueue *queue, const ArcWrite *write)
{
  while (queue->current != NULL && (write == NULL || arc_write_queue_has (queue, write)))
    conclude (queue);
}
