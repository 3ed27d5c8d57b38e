/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/change-feed.h"

#include <string.h>

/* What D-Bus and GVariant add to a path: the word for the change, lengths and padding. */
#define FRAME_SIZE 40

typedef struct
{
  guint64 build;
  ArcChange change;
  char *path; /* (owned) */
} Entry;

struct _ArcChangeFeed
{
  GQueue entries; /* (element-type Entry) (owned): those of the oldest build first */
  gsize size;     /* of them in a reply */
  guint64 now;
  guint64 complete_after; /* no change of a later build is missing */
};

ArcChangeFeed *
arc_change_feed_new (guint64 build)
{
  ArcChangeFeed *feed = g_new0 (ArcChangeFeed, 1);

  g_queue_init (&feed->entries);
  feed->now = build;
  feed->complete_after = build;

  return feed;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->path);
  g_free (entry);
}

void
arc_change_feed_free (ArcChangeFeed *feed)
{
  g_queue_clear_full (&feed->entries, entry_free);
  g_free (feed);
}

static gsize
get_size (const Entry *entry)
{
  return strlen (entry->path) + FRAME_SIZE;
}

static void
drop_oldest (ArcChangeFeed *feed)
{
  Entry *entry = g_queue_pop_head (&feed->entries);

  feed->size -= get_size (entry);
  feed->complete_after = MAX (feed->complete_after, entry->build);
  entry_free (entry);
}

static void
add_entry (const char *path, ArcChange change, gpointer user_data)
{
  ArcChangeFeed *feed = user_data;
  Entry *entry = g_new (Entry, 1);

  *entry = (Entry){ feed->now, change, g_strdup (path) };
  g_queue_push_tail (&feed->entries, entry);
  feed->size += get_size (entry);
  while (feed->entries.length > ARC_CHANGE_FEED_MAX || feed->size > ARC_CHANGE_FEED_MAX_SIZE)
    drop_oldest (feed);
}

void
arc_change_feed_add (ArcChangeFeed *feed, const ArcBuild *build, const ArcChangeSet *taken)
{
  g_autoptr (ArcChangeSet) done = NULL;

  g_return_if_fail (build->id > feed->now);

  feed->now = build->id;
  if (build->result != ARC_RESULT_SUCCESS &&
      !(arc_build_is_partial (build) && build->n_failed <= build->failed_files->len))
    return;

  if (build->kind != ARC_BUILD_INCREMENTAL)
    feed->complete_after = build->id;
  if (taken == NULL)
    return;

  done = arc_change_set_new ();
  arc_change_set_merge (done, taken);
  for (guint i = 0; i < build->failed_files->len; i++)
    arc_change_set_remove (done, build->failed_files->pdata[i]);
  arc_change_set_foreach (done, add_entry, feed);
}

ArcChangeSet *
arc_change_feed_list (const ArcChangeFeed *feed, guint64 since, guint64 *now, gboolean *complete)
{
  ArcChangeSet *changes = arc_change_set_new ();
  const GList *first = feed->entries.tail;

  *now = feed->now;
  *complete = since >= feed->complete_after && since <= feed->now;

  /* Most readers ask for the last build only. */
  while (first != NULL && ((const Entry *) first->data)->build > since)
    first = first->prev;
  first = first != NULL ? first->next : feed->entries.head;

  for (const GList *link = first; link != NULL; link = link->next)
    {
      const Entry *entry = link->data;

      arc_change_set_add (changes, entry->path, entry->change);
    }

  return changes;
}
