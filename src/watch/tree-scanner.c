/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/tree-scanner.h"

#include "common/path.h"
#include "watch/tree-scanner-private.h"

#include <string.h>
#include <sys/stat.h>

/* The look at a path */

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
                   const struct stat *info,
                   const char *below)
{
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

/* Takes over what a look, at TIME, at a file that matters found. (transfer full) LOOK */
static void
look_at_file (ArcTreeScanner *self,
              ArcNode *parent,
              ArcRecheck *look,
              ArcFingerprint fingerprint,
              gint64 time)
{
  g_autoptr (ArcRecheck) owned = look;
  const char *name = strrchr (look->path, '/') + 1;
  gint64 due = 0;
  ArcFreshness freshness = arc_fingerprint_get_freshness (&fingerprint, time, look->first, &due);
  gboolean changed;

  if (freshness == ARC_FRESHNESS_STEADY && !self->active)
    freshness = ARC_FRESHNESS_FRESH;

  /* During a scan a fresh file waits, so that all in the snapshot is old when a reconciliation
   * settles: a write that left no trace was before that. Else it is emitted at once, since no
   * build relies on the snapshot before the next reconciliation. */
  if (freshness == ARC_FRESHNESS_FRESH && self->active)
    {
      arc_recheck_queue_postpone (self->looks, g_steal_pointer (&owned), due);
      return;
    }

  /* So that the next look finds a difference whatever it sees. */
  if (freshness == ARC_FRESHNESS_STEADY)
    fingerprint.ctime_ns = 0;

  changed = arc_snapshot_set_file (self->snapshot, parent->path, name, &fingerprint,
                                   look->silent ? NULL : self->changes);
  if (freshness == ARC_FRESHNESS_FUTURE && !changed && look->hinted && !look->silent)
    arc_change_set_add (self->changes, look->path, ARC_CHANGE_MODIFIED);

  /* Its change is emitted; it is checked again as if for the first time. */
  if (freshness == ARC_FRESHNESS_FRESH || freshness == ARC_FRESHNESS_STEADY)
    {
      look->first = g_get_monotonic_time ();
      look->silent = FALSE;
      look->holding = FALSE;
      arc_recheck_queue_postpone (self->looks, g_steal_pointer (&owned), due);
    }
}

static void
add_link (ArcNode *node, const char *name)
{
  if (node->links == NULL)
    node->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (node->links, g_strdup (name));
}

/* Before the target of a link is read: what happens to it later gives an event. FALSE if LOOK did
 * not look at a link, or links are not followed. */
static gboolean
take_link (ArcTreeScanner *self, ArcNode *parent, const ArcRecheck *look, gboolean is_link)
{
  g_autofree char *below = get_below_root (parent, look);
  const char *name = strrchr (look->path, '/') + 1;

  if (is_link && (arc_path_filter_match_file (self->extent->filter, below, NULL) ||
                  arc_path_filter_match_directory (self->extent->filter, below, NULL)))
    {
      add_link (parent, name);
      if (self->extent->follow_symlinks)
        arc_path_monitor_follow (self->ways, look->path);
      return self->extent->follow_symlinks;
    }

  if (parent->links != NULL && g_hash_table_remove (parent->links, name))
    arc_path_monitor_forget (self->ways, look->path);

  return FALSE;
}

static void
push_look (ArcTreeScanner *self, ArcRecheck *look /* (transfer full) */, gboolean way_changed)
{
  ArcDiskJob *job = arc_disk_worker_make_job (self->worker, ARC_DISK_JOB_LOOK, look->path);

  job->look = look;
  job->way_changed = way_changed;
  job->follow_symlinks = self->extent->follow_symlinks;
  arc_disk_worker_push (self->worker, job);
}

/* LOOK (transfer full) */
static void
begin_look (ArcTreeScanner *self, ArcRecheck *look)
{
  g_autoptr (ArcRecheck) owned = look;
  g_autofree char *directory = g_path_get_dirname (look->path);
  ArcNode *node = arc_directory_tree_lookup (self->tree, look->path);

  if (node != NULL && node->parent == NULL)
    {
      /* When GIO reads that a directory was moved, it drops all its watches of that directory
       * (GLib 2.74, inotify-path.c), also that of a monitor which was made after the move. */
      if (look->moved)
        arc_tree_scanner_disarm (self, node);
      if (node->problem != NULL)
        arc_tree_scanner_begin_check (self, node);
      else
        arc_tree_scanner_push (self, node);
      return;
    }

  if (node == NULL)
    node = arc_directory_tree_lookup (self->tree, directory);
  if (node == NULL || !arc_tree_scanner_has_stuck (self, node))
    push_look (self, g_steal_pointer (&owned), FALSE);
}

static void
end_look (ArcTreeScanner *self, ArcDiskJob *job)
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
  g_autofree char *below = NULL;

  arc_disk_worker_free_job (self->worker, job);

  /* Not in the tree, or not scanned yet, which will find it; a root is scanned. */
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

  below = get_below_root (parent, look);
  if (exists && S_ISREG (info.st_mode) &&
      arc_path_filter_match_file (self->extent->filter, below, NULL))
    {
      look_at_file (self, parent, g_steal_pointer (&look), arc_fingerprint_from_stat (&info), time);
      return;
    }

  forget_file (self, directory, look);
  if (exists && S_ISDIR (info.st_mode))
    look_at_directory (self, parent, node, look, &info, below);
}

/* The scan of a directory */

/* Makes sure that NODE, which JOB has opened, is in the tree as what it is, and monitored. FALSE if
 * it is not to be read now. */
static gboolean
enter (ArcTreeScanner *self, ArcNode *node, ArcDiskJob *job)
{
  const ArcFileId id = arc_directory_reader_get_listing (job->reader)->id;

  if (node->identified && !arc_file_id_equal (&node->id, &id))
    {
      arc_tree_scanner_disarm (self, node);
      node->generation = self->generation;
    }
  if (!node->identified && !arc_tree_scanner_identify (self, node, &id))
    return FALSE;

  if (node->monitor == NULL)
    {
      /* The monitor comes before the reading: what is made in the directory later gives an event,
       * and what was made before is found. */
      arc_file_monitors_arm (self->watches, node);
      if (node->monitor == NULL || self->health != ARC_HEALTH_OK)
        self->health_pending = TRUE;

      /* Is it the directory that was opened that is monitored? An audit would find out, and, for
       * all but a root, the monitor above. Checked once, so that a file system with changing
       * identities causes no loop. */
      job->verifies = (node->parent == NULL || !arc_file_monitors_is_audit_due (self->watches)) &&
                      node->retried != self->generation;
    }

  /* After the monitor, which GIO gets never if it got no inotify instance at first. A link that was
   * pointed elsewhere before its way was watched gave no event. */
  job->way_changed = node->parent == NULL && arc_path_monitor_follow (self->ways, node->path);

  return TRUE;
}

static void
begin_scan (ArcTreeScanner *self, ArcNode *node)
{
  ArcDiskJob *job;

  node->generation = self->generation;
  if (arc_tree_scanner_has_stuck (self, node))
    return;

  job = arc_tree_scanner_make_job (self, ARC_DISK_JOB_OPEN, node);
  job->expects_id = node->identified && node->monitor != NULL && node->parent != NULL;
  job->id = node->id;
  arc_disk_worker_push (self->worker, job);
}

/* What is not known of a file in NODE stays as it is known, if it is. */
static const ArcFingerprint *
keep_known (ArcTreeScanner *self, ArcNode *node, const char *name, GArray *files)
{
  const ArcFingerprint *known = arc_snapshot_lookup (self->snapshot, node->path, name);

  if (known != NULL)
    {
      ArcEntry entry = { name, *known };

      g_array_append_val (files, entry);
    }

  return known;
}

/* Files that are too fresh are looked at again. */
static void
postpone_recent (ArcTreeScanner *self,
                 ArcNode *node,
                 const ArcDirectoryListing *listing,
                 gboolean silent)
{
  for (guint i = 0; i < listing->recent->len; i++)
    {
      const char *name = listing->recent->pdata[i];
      g_autofree char *path = arc_path_join (node->path, name);
      ArcRecheck *look = arc_recheck_queue_ask (self->looks, path, TRUE);

      if (keep_known (self, node, name, listing->files) == NULL && silent && !look->hinted)
        look->silent = TRUE;
    }
}

/* The look at a link watches its way, and then sees what the link leads to. */
static void
look_at_links (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  g_clear_pointer (&node->links, g_hash_table_unref);
  for (guint i = 0; i < listing->links->len; i++)
    {
      const char *name = listing->links->pdata[i];
      g_autofree char *path = arc_path_join (node->path, name);

      add_link (node, name);
      if (self->extent->follow_symlinks && !arc_path_monitor_is_followed (self->ways, path))
        arc_recheck_queue_ask (self->looks, path, TRUE);
    }
}

static void
add_children (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  GArray *children = listing->children;
  const gboolean some_left_out = g_hash_table_size (self->left_out) > 0;
  GHashTableIter iter;
  gpointer name;
  ArcNode *next;

  self->scan_number++;
  for (guint i = 0; i < children->len; i++)
    {
      const ArcDirectoryReaderChild *found = &g_array_index (children, ArcDirectoryReaderChild, i);
      g_autofree char *path = arc_path_join (node->path, found->name);
      ArcNode *child = arc_directory_tree_lookup (self->tree, path);

      if (child == NULL && some_left_out && g_hash_table_contains (self->left_out, path))
        continue;

      if (child == NULL)
        child = arc_directory_tree_add (self->tree, node, path);
      child->seen = self->scan_number;

      if (child->generation < node->generation || child->problem != NULL ||
          (child->identified && child->id.inode != found->inode))
        arc_tree_scanner_push (self, child);
    }

  /* The scans of those that cannot be looked at say what became of them. */
  if (listing->unseen != NULL)
    g_hash_table_iter_init (&iter, listing->unseen);
  while (listing->unseen != NULL && g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_autofree char *path = arc_path_join (node->path, name);
      ArcNode *child = arc_directory_tree_lookup (self->tree, path);

      if (child == NULL)
        continue;

      child->seen = self->scan_number;
      arc_tree_scanner_push (self, child);
    }

  for (ArcNode *child = node->first_child; child != NULL; child = next)
    {
      next = child->next;
      if (child->seen != self->scan_number)
        arc_tree_scanner_forget (self, child);
    }
}

static void
finish_scan (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  GArray *files = listing->files;
  const gboolean known = !self->baseline || node->scanned;
  GHashTableIter iter;
  gpointer name;

  if (!arc_tree_scanner_find (self, node, listing))
    return;

  postpone_recent (self, node, listing, !known);
  if (node->unseen != NULL)
    g_hash_table_iter_init (&iter, node->unseen);
  while (node->unseen != NULL && g_hash_table_iter_next (&iter, &name, NULL))
    keep_known (self, node, name, files);
  arc_snapshot_set_directory (self->snapshot, node->path, (ArcEntry *) (gpointer) files->data,
                              files->len, known ? self->changes : NULL);
  add_children (self, node, listing);
  look_at_links (self, node, listing);
}

static void
continue_scan (ArcTreeScanner *self, ArcDiskJob *job)
{
  ArcNode *node = job->node;

  if (node == NULL || arc_tree_scanner_is_elsewhere (self, node, job))
    {
      arc_disk_worker_free_job (self->worker, job);
      return;
    }

  if (job->error == NULL && !job->is_read && enter (self, node, job))
    {
      job->kind = ARC_DISK_JOB_READ;
      job->verifies = job->verifies || job->way_changed;
      arc_disk_worker_push (self->worker, job);
      return;
    }

  if (job->error != NULL)
    arc_tree_scanner_fail (self, node, job->error);
  else if (job->is_read)
    finish_scan (self, node, arc_directory_reader_get_listing (job->reader));
  arc_disk_worker_free_job (self->worker, job);
}

/* The public face */

ArcTreeScanner *
arc_tree_scanner_new (ArcFileMonitorsFunc func, GSourceOnceFunc progressed, gpointer user_data)
{
  ArcTreeScanner *self = g_new0 (ArcTreeScanner, 1);

  self->snapshot = arc_snapshot_new ();
  self->changes = arc_change_set_new ();
  self->tree = arc_directory_tree_new ((GDestroyNotify) arc_monitor_cancel);
  self->looks = arc_recheck_queue_new ();
  self->ways = arc_path_monitor_new (func, user_data);
  self->watches = arc_file_monitors_new (func, progressed, user_data);
  self->worker = arc_disk_worker_new (progressed, user_data);
  self->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->left_out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
arc_tree_scanner_free (ArcTreeScanner *self)
{
  arc_disk_worker_free (self->worker);
  arc_recheck_queue_free (self->looks);
  arc_path_monitor_free (self->ways);
  arc_directory_tree_free (self->tree);
  arc_file_monitors_free (self->watches);
  arc_snapshot_free (self->snapshot);
  arc_change_set_free (self->changes);
  g_hash_table_unref (self->lost);
  g_hash_table_unref (self->left_out);
  g_clear_pointer (&self->extent, arc_watch_scope_free);
  g_free (self);
}

void
arc_tree_scanner_set_extent (ArcTreeScanner *self, ArcWatchScope *extent)
{
  /* They were begun with the other filter. */
  arc_tree_scanner_abort_scans (self, NULL);
  g_clear_pointer (&self->extent, arc_watch_scope_free);
  self->extent = extent;
  self->plant_pending = TRUE;
}

const ArcWatchScope *
arc_tree_scanner_get_extent (const ArcTreeScanner *self)
{
  return self->extent;
}

void
arc_tree_scanner_start (ArcTreeScanner *self, ArcSnapshot *snapshot)
{
  self->baseline = snapshot == NULL;
  self->plant_pending = TRUE;
  arc_snapshot_free (self->snapshot);
  self->snapshot = snapshot != NULL ? snapshot : arc_snapshot_new ();
}

void
arc_tree_scanner_reconcile (ArcTreeScanner *self)
{
  const ArcWatchScope *extent = self->extent;

  if (self->plant_pending)
    arc_tree_scanner_plant (self);

  self->generation++;
  self->active = TRUE;
  arc_file_monitors_begin (self->watches);
  g_hash_table_remove_all (self->left_out);

  for (guint i = 0; i < extent->roots->len; i++)
    arc_tree_scanner_push (self, arc_directory_tree_lookup (self->tree, extent->roots->pdata[i]));
}

const ArcChangeSet *
arc_tree_scanner_get_changes (const ArcTreeScanner *self)
{
  return self->changes;
}

ArcChangeSet *
arc_tree_scanner_take_changes (ArcTreeScanner *self)
{
  ArcChangeSet *changes = self->changes;

  if (arc_change_set_get_size (changes) == 0)
    return NULL;

  self->changes = arc_change_set_new ();

  return changes;
}

void
arc_tree_scanner_stop (ArcTreeScanner *self)
{
  arc_tree_scanner_abort_scans (self, NULL);
  arc_file_monitors_cancel_audit (self->watches);
  arc_recheck_queue_free (self->looks);
  self->looks = arc_recheck_queue_new ();
  arc_path_monitor_clear (self->ways);
  arc_directory_tree_free (self->tree);
  self->tree = arc_directory_tree_new ((GDestroyNotify) arc_monitor_cancel);
}

void
arc_tree_scanner_hint (ArcTreeScanner *self, const char *path, ArcHint hint)
{
  ArcRecheck *look = arc_recheck_queue_ask (self->looks, path, FALSE);

  look->hinted = TRUE;
  look->attributes |= hint == ARC_HINT_ATTRIBUTES;
  look->moved |= hint == ARC_HINT_MOVED;
}

/* Gives the thread jobs. What it reads later is newer, in whatever order it was asked for. */
static void
push_jobs (ArcTreeScanner *self, gint64 now)
{
  for (guint room = arc_disk_worker_get_room (self->worker); room > 0; room--)
    {
      ArcRecheck *look = NULL;
      ArcNode *node = NULL;

      /* In turn, so that a flood of events does not keep a scan from its end. */
      if (self->scan_is_next)
        node = arc_directory_tree_pop (self->tree);
      if (node == NULL)
        look = arc_recheck_queue_take (self->looks, now);
      if (node == NULL && look == NULL)
        node = arc_directory_tree_pop (self->tree);
      if (node == NULL && look == NULL)
        return;

      self->scan_is_next = look != NULL;
      if (look != NULL)
        begin_look (self, look);
      else
        begin_scan (self, node);
    }
}

static void
end_job (ArcTreeScanner *self, ArcDiskJob *job)
{
  switch (job->kind)
    {
    case ARC_DISK_JOB_OPEN:
    case ARC_DISK_JOB_READ:
      continue_scan (self, job);
      return;

    case ARC_DISK_JOB_LOOK:
      end_look (self, job);
      return;

    case ARC_DISK_JOB_CHECK:
      arc_tree_scanner_end_check (self, job);
      return;
    }
}

gboolean
arc_tree_scanner_work (ArcTreeScanner *self, gint64 deadline)
{
  gint64 now = g_get_monotonic_time ();

  arc_tree_scanner_look_for_lost (self, now);

  for (; now < deadline; now = g_get_monotonic_time ())
    {
      ArcDiskJob *job;

      push_jobs (self, now);
      job = arc_disk_worker_take (self->worker);
      if (job == NULL)
        break;
      end_job (self, job);
    }

  /* A way that can be watched no more, or again, changes the health. */
  return self->active || arc_path_monitor_get_n_problems (self->ways) != self->n_way_problems;
}

gboolean
arc_tree_scanner_is_busy (const ArcTreeScanner *self)
{
  return !arc_directory_tree_is_idle (self->tree) ||
         arc_recheck_queue_get_n_holding (self->looks) > 0 ||
         arc_disk_worker_is_awaited (self->worker) || arc_file_monitors_is_auditing (self->watches);
}

static gint64
get_earlier (gint64 due, gint64 other)
{
  return due < 0 || other < 0 ? MAX (due, other) : MIN (due, other);
}

gint64
arc_tree_scanner_get_due (const ArcTreeScanner *self)
{
  gint64 due = arc_disk_worker_get_due (self->worker);

  /* Without room for a job, the next result is the next thing to do. */
  if (arc_disk_worker_get_room (self->worker) > 0)
    due = get_earlier (due, arc_directory_tree_is_idle (self->tree)
                                ? arc_recheck_queue_get_due (self->looks)
                                : 0);

  return get_earlier (due, self->lost_check != 0 ? self->lost_check : -1);
}

void
arc_tree_scanner_rest (ArcTreeScanner *self)
{
  self->active = FALSE;
  self->baseline = FALSE;
}

gboolean
arc_tree_scanner_update_health (ArcTreeScanner *self, ArcHealth *health, char **message)
{
  const guint n_way_problems = arc_path_monitor_get_n_problems (self->ways);

  if (!self->health_pending && n_way_problems == self->n_way_problems)
    return FALSE;

  self->health_pending = FALSE;
  self->n_way_problems = n_way_problems;
  self->health = arc_health_assess (self->tree, self->watches, self->ways, message);
  *health = self->health;

  return TRUE;
}

gboolean
arc_tree_scanner_explain (const ArcTreeScanner *self, const char *path, const char **rule)
{
  return arc_watch_scope_explain (self->extent, self->tree, path, rule);
}

guint
arc_tree_scanner_get_n_directories (const ArcTreeScanner *self)
{
  return arc_directory_tree_get_size (self->tree);
}

ArcSnapshot *
arc_tree_scanner_get_snapshot (const ArcTreeScanner *self)
{
  return self->snapshot;
}
