/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/recheck-queue.h"

struct _ArcRecheckQueue
{
  GHashTable *by_path; /* (element-type filename ArcRecheck) keys lie in the values */
  GQueue now;          /* due at once, in the order of the calls */
  GQueue later;        /* by their time */
  guint n_holding;
};

void
arc_recheck_free (ArcRecheck *look)
{
  g_free (look->path);
  g_free (look);
}

ArcRecheckQueue *
arc_recheck_queue_new (void)
{
  ArcRecheckQueue *self = g_new0 (ArcRecheckQueue, 1);

  self->by_path =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) arc_recheck_free);
  g_queue_init (&self->now);
  g_queue_init (&self->later);

  return self;
}

void
arc_recheck_queue_free (ArcRecheckQueue *self)
{
  g_hash_table_unref (self->by_path);
  g_free (self);
}

static void
hold (ArcRecheckQueue *self, ArcRecheck *look)
{
  if (!look->holding)
    self->n_holding++;
  look->holding = TRUE;
}

ArcRecheck *
arc_recheck_queue_ask (ArcRecheckQueue *self, const char *path, gboolean holding)
{
  ArcRecheck *look = g_hash_table_lookup (self->by_path, path);

  if (look == NULL)
    {
      look = g_new0 (ArcRecheck, 1);
      look->path = g_strdup (path);
      look->first = g_get_monotonic_time ();
      look->link.data = look;
      g_hash_table_insert (self->by_path, look->path, look);
      g_queue_push_tail_link (&self->now, &look->link);
    }
  if (holding)
    hold (self, look);

  return look;
}

guint
arc_recheck_queue_get_n_holding (const ArcRecheckQueue *self)
{
  return self->n_holding;
}

ArcRecheck *
arc_recheck_queue_take (ArcRecheckQueue *self, gint64 now)
{
  GQueue *queue = &self->later;
  ArcRecheck *look;

  /* Those that waited come first: a flood of events must not keep a scan from its end. */
  if (queue->head == NULL || ((ArcRecheck *) queue->head->data)->due > now)
    queue = &self->now;
  if (queue->head == NULL)
    return NULL;

  look = g_queue_pop_head_link (queue)->data;
  g_hash_table_steal (self->by_path, look->path);
  if (look->holding)
    self->n_holding--;

  return look;
}

void
arc_recheck_queue_postpone (ArcRecheckQueue *self, ArcRecheck *look, gint64 due)
{
  ArcRecheck *other = g_hash_table_lookup (self->by_path, look->path);
  GList *before = self->later.tail;

  if (other != NULL)
    {
      other->first = MIN (other->first, look->first);
      other->hinted |= look->hinted;
      other->moved |= look->moved;
      other->attributes |= look->attributes;
      other->silent |= look->silent;
      if (look->holding)
        hold (self, other);
      arc_recheck_free (look);
      return;
    }

  look->due = due;
  g_hash_table_insert (self->by_path, look->path, look);
  if (look->holding)
    self->n_holding++;

  /* Nearly all are postponed by the same time, so that its place is at the end. */
  while (before != NULL && ((ArcRecheck *) before->data)->due > due)
    before = before->prev;

  g_queue_insert_after_link (&self->later, before, &look->link);
}

gint64
arc_recheck_queue_get_due (const ArcRecheckQueue *self)
{
  if (self->now.head != NULL)
    return 0;
  if (self->later.head != NULL)
    return ((ArcRecheck *) self->later.head->data)->due;

  return -1;
}
