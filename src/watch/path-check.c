/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/path.h"
#include "watch/tree-scanner-private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* How long a file that is changed all the time is not emitted because it is too fresh. */
#define MAX_GRAINS 5

/* What is too fresh is looked at again on a grid of this. */
#define GRID (10 * G_TIME_SPAN_MILLISECOND)

static void
remove_link (ArcTreeScanner *self, ArcNode *node, const char *name)
{
  g_autofree char *path = NULL;

  if (node->links == NULL || !g_hash_table_remove (node->links, name))
    return;

  path = arc_path_join (node->path, name);
  arc_path_monitor_forget (self->ways, path);
}

/* (transfer full): where LOOK looks, in PARENT, as a path below the root: what filters match. */
static char *
get_below_root (ArcNode *parent, const ArcRecheck *look)
{
  const char *name = strrchr (look->path, '/') + 1;
  const char *below = arc_node_get_below_root (parent);

  return *below == '\0' ? g_strdup (name) : arc_path_join (below, name);
}

static void
look_at_directory (ArcTreeScanner *self,
                   ArcNode *parent,
                   ArcNode *node,
                   const ArcRecheck *look,
                   const struct stat *info)
{
  g_autofree char *below = get_below_root (parent, look);
  ArcFileId id = arc_file_id_from_stat (info);

  if (!arc_path_filter_match_directory (self->extent->filter, below, NULL))
    {
      if (node != NULL)
        arc_tree_scanner_forget (self, node);
      return;
    }

  if (node == NULL)
    {
      node = arc_directory_tree_add (self->tree, parent, look->path);
      arc_tree_scanner_push (self, node);
    }
  else if (look->moved || !node->identified || !arc_file_id_equal (&node->id, &id))
    {
      arc_tree_scanner_disarm (self, node);
      arc_tree_scanner_push (self, node);
    }
  else if (look->attributes || node->problem != NULL)
    {
      arc_tree_scanner_push (self, node);
    }
}

/* What LOOK looked at is no file, or none that matters. */
static void
forget_file (ArcTreeScanner *self, const char *directory, const ArcRecheck *look)
{
  const char *name = strrchr (look->path, '/') + 1;

  if (arc_snapshot_lookup (self->snapshot, directory, name) != NULL)
    arc_snapshot_set_file (self->snapshot, directory, name, NULL, self->changes);
}

typedef enum
{
  FRESHNESS_OLD,    /* a later change will show in the fingerprint */
  FRESHNESS_FRESH,  /* one may not; to be looked at again at a later time */
  FRESHNESS_STEADY, /* the same, and so for a long time: the file is written all the time */
  FRESHNESS_FUTURE, /* stamped by another machine, or before the clock was put back */
} Freshness;

static Freshness
get_freshness (const ArcRecheck *look, const ArcFingerprint *fingerprint, gint64 now, gint64 *due)
{
  gint64 grain = arc_fingerprint_get_grain (fingerprint) / 1000;
  gint64 monotonic = g_get_monotonic_time ();

  if (!arc_fingerprint_is_recent (fingerprint, now))
    return FRESHNESS_OLD;
  /* The clock for stamps lags behind by at most a tick. The look may have taken its time. */
  if (fingerprint->ctime_ns > arc_get_stamp_time () + arc_fingerprint_get_grain (fingerprint))
    return FRESHNESS_FUTURE;

  /* On a grid, so that files that were written together are emitted together. */
  *due = monotonic + grain - (now - fingerprint->ctime_ns) / 1000;
  *due = (*due / GRID + 1) * GRID;

  return monotonic - look->first > MAX_GRAINS * grain ? FRESHNESS_STEADY : FRESHNESS_FRESH;
}

/* Takes over what a look, at TIME, at a file that matters found. (transfer full) LOOK */
static void
see_file (ArcTreeScanner *self,
          ArcNode *parent,
          ArcRecheck *look,
          ArcFingerprint fingerprint,
          gint64 time)
{
  g_autoptr (ArcRecheck) owned = look;
  const char *name = strrchr (look->path, '/') + 1;
  Freshness freshness;
  gboolean changed;
  gint64 due = 0;

  freshness = get_freshness (look, &fingerprint, time, &due);
  if (freshness == FRESHNESS_STEADY && !self->active)
    freshness = FRESHNESS_FRESH;

  /* During a scan a fresh file waits, so that all in the snapshot is old when a reconciliation
   * settles: a write that left no trace was before that. Else it is emitted at once, since no
   * build relies on the snapshot before the next reconciliation. */
  if (freshness == FRESHNESS_FRESH && self->active)
    {
      arc_recheck_queue_postpone (self->looks, g_steal_pointer (&owned), due);
      return;
    }

  /* So that the next look finds a difference whatever it sees. */
  if (freshness == FRESHNESS_STEADY)
    fingerprint.ctime_ns = 0;

  changed = arc_snapshot_set_file (self->snapshot, parent->path, name, &fingerprint,
                                   look->silent ? NULL : self->changes);
  if (freshness == FRESHNESS_FUTURE && !changed && look->hinted && !look->silent)
    arc_change_set_add (self->changes, look->path, ARC_CHANGE_MODIFIED);

  /* Its change is emitted; it is checked again as if for the first time. */
  if (freshness == FRESHNESS_FRESH || freshness == FRESHNESS_STEADY)
    {
      look->first = g_get_monotonic_time ();
      look->silent = FALSE;
      look->holding = FALSE;
      arc_recheck_queue_postpone (self->looks, g_steal_pointer (&owned), due);
    }
}

static void
look_at_file (ArcTreeScanner *self,
              ArcNode *parent,
              ArcRecheck *look /* (transfer full) */,
              const struct stat *info,
              gint64 time)
{
  g_autoptr (ArcRecheck) owned = look;
  g_autofree char *below = get_below_root (parent, look);

  if (arc_path_filter_match_file (self->extent->filter, below, NULL))
    see_file (self, parent, g_steal_pointer (&owned), arc_fingerprint_from_stat (info), time);
  else
    forget_file (self, parent->path, look);
}

/* Before the target of a link is read: what happens to it later gives an event. FALSE if LOOK did
 * not look at a link, or links are not followed. */
static gboolean
take_link (ArcTreeScanner *self, ArcNode *parent, const ArcRecheck *look, gboolean is_link)
{
  g_autofree char *below = get_below_root (parent, look);
  const char *name = strrchr (look->path, '/') + 1;

  if (!is_link || (!arc_path_filter_match_file (self->extent->filter, below, NULL) &&
                   !arc_path_filter_match_directory (self->extent->filter, below, NULL)))
    {
      remove_link (self, parent, name);
      return FALSE;
    }

  arc_node_add_link (parent, name);
  if (self->extent->follow_symlinks)
    arc_path_monitor_follow (self->ways, look->path);

  return self->extent->follow_symlinks;
}

/* Whether PATH, in DIRECTORY, is on a file system for which a thread waits already. */
static gboolean
is_stuck (const ArcTreeScanner *self, const char *directory, const char *path)
{
  const ArcNode *node = arc_directory_tree_lookup (self->tree, path);

  if (self->n_stuck == 0)
    return FALSE;
  if (node == NULL)
    node = arc_directory_tree_lookup (self->tree, directory);

  return node != NULL && arc_tree_scanner_has_stuck (self, node);
}

static void
push_look (ArcTreeScanner *self, ArcRecheck *look /* (transfer full) */, gboolean way_changed)
{
  ArcDiskJob *job = arc_disk_worker_make_job (self->worker, ARC_DISK_JOB_LOOK, look->path);

  job->look = look;
  job->way_changed = way_changed;
  job->follow_symlinks = self->extent->follow_symlinks;
  arc_tree_scanner_push_job (self, job);
}

void
arc_tree_scanner_inspect (ArcTreeScanner *self, ArcRecheck *look)
{
  g_autoptr (ArcRecheck) owned = look;
  g_autofree char *directory = g_path_get_dirname (look->path);
  const ArcNode *node = arc_directory_tree_lookup (self->tree, look->path);

  if (node != NULL && node->parent == NULL)
    {
      arc_root_probe_begin (self->probe, node->path,
                            ARC_ROOT_PROBE_HINT | (look->moved ? ARC_ROOT_PROBE_MOVED : 0) |
                                (look->attributes ? ARC_ROOT_PROBE_ATTRIBUTES : 0));
      return;
    }

  if (!is_stuck (self, directory, look->path))
    push_look (self, g_steal_pointer (&owned), FALSE);
}

void
arc_tree_scanner_end_inspect (ArcTreeScanner *self, ArcDiskJob *job)
{
  g_autoptr (ArcRecheck) look = g_steal_pointer (&job->look);
  g_autofree char *directory = g_path_get_dirname (look->path);
  ArcNode *parent = arc_directory_tree_lookup (self->tree, directory);
  ArcNode *node = arc_directory_tree_lookup (self->tree, look->path);
  const gboolean exists = job->number == 0;
  const gboolean may_exist = exists || !arc_directory_reader_is_gone (job->number);
  const gboolean is_again = job->way_changed;
  const gboolean follows = self->extent->follow_symlinks;
  const gboolean is_other = job->follow_symlinks != follows;
  const gboolean is_link = job->is_link;
  const struct stat info = job->info;
  const gint64 time = job->time;

  arc_disk_worker_free_job (self->worker, job);

  /* Not in the tree, or not scanned yet, which will find it; a root has its probe. */
  if (parent == NULL || !parent->scanned || parent->problem != NULL ||
      (node != NULL && node->parent == NULL))
    return;

  if ((!is_again && take_link (self, parent, look, is_link)) || is_other)
    {
      push_look (self, g_steal_pointer (&look), !is_other);
      return;
    }

  if ((!exists && may_exist) || arc_node_hides (parent, look->path))
    {
      /* It cannot be looked at any more, or can again: the scan of the parent says so. */
      arc_tree_scanner_push (self, parent);
      return;
    }

  if (!exists && !arc_tree_scanner_is_clear (self, parent))
    return;

  if (node != NULL && !(exists && S_ISDIR (info.st_mode)))
    {
      arc_tree_scanner_forget (self, node);
      node = NULL;
    }

  if (exists && S_ISREG (info.st_mode))
    {
      look_at_file (self, parent, g_steal_pointer (&look), &info, time);
      return;
    }

  forget_file (self, directory, look);
  if (exists && S_ISDIR (info.st_mode))
    look_at_directory (self, parent, node, look, &info);
}
