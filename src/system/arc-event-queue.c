/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-event-queue.h"

#include <string.h>

/* The thread of GLib that reads what the kernel has for GIO (GLib 2.74, gmain.c and
 * inotify-kernel.c). */
#define READER "gmain\n"

struct _ArcEventQueue
{
  ArcInotify *inotify; /* (unowned) */
  guint size;          /* in bytes, of the smallest events there are */
  char *counters;      /* (owned) (nullable): the path of those of READER, when it is known */
  guint64 n_read;      /* what they said before the queue was last looked at */
};

/* (nullable) (transfer full) */
static char *
find_counters (void)
{
  static const char tasks[] = "/proc/self/task";
  g_autoptr (GDir) directory = g_dir_open (tasks, 0, NULL);
  const char *task;

  while (directory != NULL && (task = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (tasks, task, "comm", NULL);
      g_autofree char *name = NULL;

      if (g_file_get_contents (path, &name, NULL, NULL) && strcmp (name, READER) == 0)
        return g_build_filename (tasks, task, "io", NULL);
    }

  return NULL;
}

/* How many bytes READER has read. FALSE if it cannot be known. */
static gboolean
count_read (ArcEventQueue *self, guint64 *n_read)
{
  static const char key[] = "rchar: ";
  g_autofree char *text = NULL;

  if (self->counters == NULL)
    self->counters = find_counters ();
  if (self->counters == NULL || !g_file_get_contents (self->counters, &text, NULL, NULL) ||
      !g_str_has_prefix (text, key))
    return FALSE;

  *n_read = g_ascii_strtoull (text + strlen (key), NULL, 10);

  return TRUE;
}

ArcEventQueue *
arc_event_queue_new (ArcInotify *inotify)
{
  ArcEventQueue *self = g_new0 (ArcEventQueue, 1);

  self->inotify = inotify;
  /* A queue keeps the size that it was made with. */
  self->size = arc_inotify_get_queue_size ();
  count_read (self, &self->n_read);

  return self;
}

void
arc_event_queue_free (ArcEventQueue *self)
{
  g_free (self->counters);
  g_free (self);
}

gboolean
arc_event_queue_may_have_dropped (ArcEventQueue *self, guint n_signals)
{
  /* What is read while we look at the queue must not fall between two questions. */
  guint64 before = 0;
  const gboolean counted = count_read (self, &before);
  const guint backlog = arc_inotify_get_backlog (self->inotify);
  guint64 after = 0;
  guint64 most;

  if (!counted || !count_read (self, &after))
    return n_signals > self->size / sizeof (struct inotify_event) / 4 ||
           backlog > self->size / 4 * 3;

  /* What a read(2) takes is counted when it is over, so the two halves of a full queue may fall to
   * two questions. Either is enough: the events of files take 32 bytes at least, with the name. */
  most = after - self->n_read + backlog;
  self->n_read = before;

  return most >= self->size;
}
