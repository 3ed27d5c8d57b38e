/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/tree-scanner.h"

#include "common/path.h"
#include "watch/tree-scanner-private.h"

#include <string.h>
#include <sys/stat.h>

void
arc_tree_scanner_push (ArcTreeScanner *self, ArcNode *node)
{
  arc_directory_tree_push (self->tree, node);
  self->active = TRUE;
}

ArcDiskJob *
arc_tree_scanner_make_job (ArcTreeScanner *self, ArcDiskJobKind kind, ArcNode *node)
{
  ArcDiskJob *job = arc_disk_worker_make_job (self->worker, kind, self->scope, node->path,
                                              arc_node_get_below_root (node));

  job->follow = node->parent == NULL || self->scope->follow_symlinks;
  if (node->parent == NULL)
    return job;

  job->device = node->parent->scanned_as.device;
  job->was_mounted = arc_snapshot_is_mounted (self->snapshot, node->path);

  return job;
}

/* Whether JOB was begun with another filter. */
static gboolean
is_outdated (const ArcTreeScanner *self, const ArcDiskJob *job)
{
  return job->filter != self->scope->filter || job->follow_symlinks != self->scope->follow_symlinks;
}

/* The look at a path */

static const char *
get_name (const char *path)
{
  return strrchr (path, '/') + 1;
}

static void
look_at_directory (ArcTreeScanner *self,
                   ArcNode *parent,
                   ArcNode *node,
                   const ArcDiskJob *job,
                   const ArcRecheck *look)
{
  const ArcFileId id = arc_file_id_from_stat (&job->info);

  if (!arc_path_filter_match_directory (job->filter, job->below_root, NULL))
    {
      if (node != NULL)
        arc_tree_scanner_forget (self, node);
      return;
    }

  if (node == NULL)
    node = arc_directory_tree_add (self->tree, parent, look->path);
  else if (look->moved || !node->identified || !arc_file_id_equal (&node->id, &id))
    arc_tree_scanner_disarm (self, node);
  else if (!look->attributes && node->problem == NULL)
    return;

  arc_tree_scanner_push (self, node);
}

/* LOOK (transfer full) has emitted its change, or none: it is checked again as if for the first
 * time. */
static void
look_again (ArcTreeScanner *self, ArcRecheck *look, gint64 due)
{
  look->first = g_get_monotonic_time ();
  look->silent = FALSE;
  look->holding = FALSE;
  arc_recheck_queue_postpone (self->rechecks, look, due);
}

/* Takes over what JOB found: a file that matters. LOOK (transfer full) */
static void
look_at_file (ArcTreeScanner *self, const ArcNode *parent, const ArcDiskJob *job, ArcRecheck *look)
{
  g_autoptr (ArcRecheck) owned = look;
  ArcFingerprint fingerprint = arc_fingerprint_from_stat (&job->info);
  gint64 due = 0;
  ArcFreshness freshness =
      arc_fingerprint_get_freshness (&fingerprint, job->time, look->first, &due);
  gboolean changed;

  if (freshness == ARC_FRESHNESS_STEADY && !self->active)
    freshness = ARC_FRESHNESS_FRESH;

  /* During a scan a fresh file waits, so that all in the snapshot is old when a reconciliation
   * settles: a write that left no trace was before that. Else it is emitted at once, since no
   * build relies on the snapshot before the next reconciliation. */
  if (freshness == ARC_FRESHNESS_FRESH && self->active)
    {
      arc_recheck_queue_postpone (self->rechecks, g_steal_pointer (&owned), due);
      return;
    }

  /* So that the next look finds a difference whatever it sees. */
  if (freshness == ARC_FRESHNESS_STEADY)
    fingerprint.ctime_ns = 0;

  changed = arc_snapshot_set_file (self->snapshot, parent->path, get_name (look->path),
                                   &fingerprint, look->silent ? NULL : self->changes);
  if (freshness == ARC_FRESHNESS_FUTURE && !changed && look->hinted && !look->silent)
    arc_change_set_add (self->changes, look->path, ARC_CHANGE_MODIFIED);
  if (freshness == ARC_FRESHNESS_FRESH || freshness == ARC_FRESHNESS_STEADY)
    look_again (self, g_steal_pointer (&owned), due);
}

/* Takes over what JOB found in PARENT. LOOK (transfer full) */
static void
take_look (ArcTreeScanner *self, ArcNode *parent, const ArcDiskJob *job, ArcRecheck *look)
{
  g_autoptr (ArcRecheck) owned = look;
  ArcNode *node = arc_directory_tree_lookup (self->tree, job->path);
  const mode_t mode = job->number == 0 ? job->info.st_mode : 0;

  if ((job->number != 0 && !arc_directory_reader_is_gone (job->number)) ||
      arc_node_hides (parent, job->path))
    {
      /* It cannot be looked at any more, or can again: the scan of the parent says so. */
      arc_tree_scanner_push (self, parent);
      return;
    }

  if (job->number != 0 && !arc_tree_scanner_is_clear (self, parent, job))
    return;

  if (node != NULL && !S_ISDIR (mode))
    {
      arc_tree_scanner_forget (self, node);
      node = NULL;
    }

  if (S_ISREG (mode) && arc_path_filter_match_file (job->filter, job->below_root, NULL))
    {
      look_at_file (self, parent, job, g_steal_pointer (&owned));
      return;
    }

  arc_snapshot_set_file (self->snapshot, parent->path, get_name (job->path), NULL, self->changes);
  if (S_ISDIR (mode))
    look_at_directory (self, parent, node, job, look);
}

/* LOOK (transfer full) */
static void
begin_look (ArcTreeScanner *self, ArcRecheck *look)
{
  g_autoptr (ArcRecheck) owned = look;
  g_autofree char *directory = g_path_get_dirname (look->path);
  g_autofree char *below = NULL;
  ArcNode *parent = arc_directory_tree_lookup (self->tree, directory);
  ArcNode *node = arc_directory_tree_lookup (self->tree, look->path);
  ArcDiskJob *job;

  if (node != NULL && node->parent == NULL)
    {
      arc_tree_scanner_look_at_root (self, node, look->moved);
      return;
    }
  if (parent == NULL || arc_disk_worker_is_stuck (self->worker, look->path))
    return;

  below = g_build_filename (arc_node_get_below_root (parent), get_name (look->path), NULL);
  job = arc_disk_worker_make_job (self->worker, ARC_DISK_JOB_LOOK, self->scope, look->path, below);
  job->look = g_steal_pointer (&owned);
  arc_tree_scanner_add_places (self, job, parent, FALSE);
  if (self->scope->follow_symlinks)
    job->chain = arc_path_monitor_begin (self->path_monitor, job->path);
  arc_disk_worker_push (self->worker, job);
}

static void
end_look (ArcTreeScanner *self, ArcDiskJob *job)
{
  g_autoptr (ArcRecheck) look = g_steal_pointer (&job->look);
  g_autofree char *directory = g_path_get_dirname (job->path);
  ArcNode *parent = arc_directory_tree_lookup (self->tree, directory);
  const ArcNode *node = arc_directory_tree_lookup (self->tree, job->path);

  /* Not in the tree, or not scanned yet, which will find it; a root is scanned. */
  if (parent == NULL || !parent->scanned || parent->problem != NULL ||
      (node != NULL && node->parent == NULL))
    return;

  if (is_outdated (self, job))
    {
      begin_look (self, g_steal_pointer (&look));
      return;
    }

  arc_node_set_link (parent, get_name (job->path), job->is_link);
  take_look (self, parent, job, g_steal_pointer (&look));
}

/* The scan of a directory */

static void
begin_scan (ArcTreeScanner *self, ArcNode *node)
{
  ArcDiskJob *job;

  node->generation = self->generation;
  if (arc_disk_worker_is_stuck (self->worker, node->path))
    return;

  if (node->serial == 0)
    node->serial = ++self->serial;
  job = arc_tree_scanner_make_job (self, ARC_DISK_JOB_OPEN, node);
  job->serial = node->serial;
  job->expects_id = node->identified && node->monitor != NULL && node->parent != NULL;
  job->id = node->id;
  arc_tree_scanner_add_places (self, job, node->parent, FALSE);
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
      ArcRecheck *look = arc_recheck_queue_ask (self->rechecks, path, TRUE);

      if (keep_known (self, node, name, listing->files) == NULL && silent && !look->hinted)
        look->silent = TRUE;
    }
}

/* The look at a link watches its path, and then sees what the link leads to. */
static void
look_at_links (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  g_clear_pointer (&node->links, g_hash_table_unref);
  for (guint i = 0; i < listing->links->len; i++)
    {
      const char *name = listing->links->pdata[i];
      g_autofree char *path = arc_path_join (node->path, name);

      arc_node_set_link (node, name, TRUE);
      if (self->scope->follow_symlinks && !arc_path_monitor_is_watched (self->path_monitor, path))
        arc_recheck_queue_ask (self->rechecks, path, TRUE);
    }
}

static void
add_child (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryReaderChild *found)
{
  g_autofree char *path = arc_path_join (node->path, found->name);
  ArcNode *child = arc_directory_tree_lookup (self->tree, path);

  if (child == NULL && g_hash_table_contains (self->left_out, path))
    return;

  if (child == NULL)
    child = arc_directory_tree_add (self->tree, node, path);
  child->seen = self->scan_number;

  if (child->generation < node->generation || child->problem != NULL ||
      (child->identified && child->id.inode != found->inode))
    arc_tree_scanner_push (self, child);
}

/* NAME in NODE cannot be looked at. If it is a directory, the scan of that says what became of it.
 */
static void
keep_unseen (ArcTreeScanner *self, ArcNode *node, const char *name, GArray *files)
{
  g_autofree char *path = arc_path_join (node->path, name);
  ArcNode *child = arc_directory_tree_lookup (self->tree, path);

  keep_known (self, node, name, files);
  if (child == NULL)
    return;

  child->seen = self->scan_number;
  arc_tree_scanner_push (self, child);
}

static void
add_children (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  ArcNode *next;

  for (guint i = 0; i < listing->children->len; i++)
    add_child (self, node, &g_array_index (listing->children, ArcDirectoryReaderChild, i));

  for (ArcNode *child = node->first_child; child != NULL; child = next)
    {
      next = child->next;
      if (child->seen != self->scan_number)
        arc_tree_scanner_forget (self, child);
    }
}

static void
finish_scan (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job)
{
  const ArcDirectoryListing *listing = arc_directory_reader_get_listing (job->reader);
  GArray *files = listing->files;
  const gboolean known = !self->baseline || node->scanned;
  GHashTableIter iter;
  gpointer name;

  if (!arc_tree_scanner_find (self, node, job))
    return;

  self->scan_number++;
  postpone_recent (self, node, listing, !known);
  if (node->unseen != NULL)
    g_hash_table_iter_init (&iter, node->unseen);
  while (node->unseen != NULL && g_hash_table_iter_next (&iter, &name, NULL))
    keep_unseen (self, node, name, files);
  arc_snapshot_set_directory (self->snapshot, node->path, (ArcEntry *) (gpointer) files->data,
                              files->len, known ? self->changes : NULL);
  add_children (self, node, listing);
  look_at_links (self, node, listing);
}

/* A directory that could not be read could not be watched either (inotify_add_watch(2)): it may be
 * moved, or have been, without an event. */
static void
follow_again (ArcTreeScanner *self, const char *path)
{
  const ArcNode *node = arc_directory_tree_lookup (self->tree, path);

  if ((node == NULL || node->problem == NULL) && arc_directory_tree_is_link (self->tree, path) &&
      !arc_path_monitor_is_watched (self->path_monitor, path))
    arc_recheck_queue_ask (self->rechecks, path, TRUE);
}

/* TRUE if JOB has to be pushed again. */
static gboolean
continue_scan (ArcTreeScanner *self, ArcDiskJob *job)
{
  ArcNode *node = arc_directory_tree_lookup (self->tree, job->path);

  if (node == NULL)
    return FALSE;

  /* It was disarmed meanwhile, or the filter is another one: its scan is still due. */
  if (node->serial != job->serial || is_outdated (self, job))
    {
      arc_tree_scanner_push (self, node);
      return FALSE;
    }

  if (job->error != NULL || job->is_elsewhere)
    arc_tree_scanner_fail (self, node, job);
  else if (job->is_read)
    finish_scan (self, node, job);
  else
    return arc_tree_scanner_enter (self, node, job);

  if (self->scope->follow_symlinks)
    follow_again (self, job->path);

  return FALSE;
}

/* The public face */

ArcTreeScanner *
arc_tree_scanner_new (ArcFileMonitorsFunc func, GSourceOnceFunc progressed, gpointer user_data)
{
  ArcTreeScanner *self = g_new0 (ArcTreeScanner, 1);

  self->snapshot = arc_snapshot_new ();
  self->changes = arc_change_set_new ();
  self->tree = arc_directory_tree_new ((GDestroyNotify) arc_monitor_cancel);
  self->rechecks = arc_recheck_queue_new ();
  self->path_monitor = arc_path_monitor_new (func, user_data);
  self->monitors = arc_file_monitors_new (func, progressed, user_data);
  self->worker = arc_disk_worker_new (progressed, user_data);
  self->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->left_out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
arc_tree_scanner_free (ArcTreeScanner *self)
{
  arc_disk_worker_free (self->worker);
  arc_recheck_queue_free (self->rechecks);
  arc_path_monitor_free (self->path_monitor);
  arc_directory_tree_free (self->tree);
  arc_file_monitors_free (self->monitors);
  arc_snapshot_free (self->snapshot);
  arc_change_set_free (self->changes);
  g_hash_table_unref (self->lost);
  g_hash_table_unref (self->left_out);
  g_clear_pointer (&self->scope, arc_watch_scope_free);
  g_free (self);
}

void
arc_tree_scanner_set_scope (ArcTreeScanner *self, ArcWatchScope *scope)
{
  g_clear_pointer (&self->scope, arc_watch_scope_free);
  self->scope = scope;
  self->roots_pending = TRUE;
}

void
arc_tree_scanner_start (ArcTreeScanner *self, ArcSnapshot *snapshot)
{
  self->baseline = snapshot == NULL;
  self->roots_pending = TRUE;
  arc_snapshot_free (self->snapshot);
  self->snapshot = snapshot != NULL ? snapshot : arc_snapshot_new ();
}

void
arc_tree_scanner_reconcile (ArcTreeScanner *self)
{
  const GPtrArray *roots = self->scope->roots;

  if (self->roots_pending)
    {
      arc_directory_tree_set_roots (self->tree, roots);
      /* Of the files of another scope, or of an earlier run. */
      self->prune_pending = self->health_pending = TRUE;
    }
  self->roots_pending = FALSE;

  self->generation++;
  self->active = TRUE;
  arc_file_monitors_begin (self->monitors);
  g_hash_table_remove_all (self->left_out);

  for (guint i = 0; i < roots->len; i++)
    arc_tree_scanner_push (self, arc_directory_tree_lookup (self->tree, roots->pdata[i]));
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
  arc_file_monitors_cancel_audit (self->monitors);
  arc_recheck_queue_free (self->rechecks);
  self->rechecks = arc_recheck_queue_new ();
  arc_path_monitor_clear (self->path_monitor);
  arc_directory_tree_free (self->tree);
  self->tree = arc_directory_tree_new ((GDestroyNotify) arc_monitor_cancel);
}

void
arc_tree_scanner_hint (ArcTreeScanner *self, const char *path, ArcHint hint)
{
  ArcRecheck *look = arc_recheck_queue_ask (self->rechecks, path, FALSE);

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
        look = arc_recheck_queue_take (self->rechecks, now);
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
  if (job->chain != NULL)
    arc_path_monitor_end (self->path_monitor, g_steal_pointer (&job->chain));

  switch (job->kind)
    {
    case ARC_DISK_JOB_OPEN:
    case ARC_DISK_JOB_COMPARE:
    case ARC_DISK_JOB_READ:
      if (continue_scan (self, job))
        {
          arc_disk_worker_push (self->worker, job);
          return;
        }
      break;

    case ARC_DISK_JOB_LOOK:
      end_look (self, job);
      break;

    case ARC_DISK_JOB_CHECK:
      arc_tree_scanner_end_check (self, job);
      break;
    }

  arc_disk_worker_free_job (self->worker, job);
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

  /* A path that can be watched no more, or again, changes the health. */
  return self->active ||
         arc_path_monitor_get_n_problems (self->path_monitor) != self->n_path_problems;
}

gboolean
arc_tree_scanner_is_busy (const ArcTreeScanner *self)
{
  return !arc_directory_tree_is_idle (self->tree) ||
         arc_recheck_queue_get_n_holding (self->rechecks) > 0 ||
         arc_disk_worker_is_awaited (self->worker) ||
         arc_file_monitors_is_auditing (self->monitors);
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
                                ? arc_recheck_queue_get_due (self->rechecks)
                                : 0);

  return get_earlier (due, self->lost_check != 0 ? self->lost_check : -1);
}

/* Whether what PATH leads to is watched. */
static gboolean
is_wanted_path (const char *path, gpointer user_data)
{
  const ArcTreeScanner *self = user_data;

  return arc_watch_scope_has_root (self->scope, path) ||
         arc_directory_tree_is_link (self->tree, path);
}

/* Takes care of the directories that the kernel does not watch although GIO said nothing. One that
 * is gone is not deaf: the kernel took its watch away, and the hint is on its way. */
static void
arm_deaf (ArcTreeScanner *self)
{
  g_autoptr (GPtrArray) deaf = arc_file_monitors_take_deaf (self->monitors, self->tree);

  for (guint i = 0; i < deaf->len; i++)
    {
      ArcNode *node = deaf->pdata[i];

      if (node->retried != self->generation)
        arc_tree_scanner_push (self, node);
      node->retried = self->generation;
    }
}

gboolean
arc_tree_scanner_conclude (ArcTreeScanner *self)
{
  arc_tree_scanner_clean_up (self);
  if (!arc_tree_scanner_is_busy (self))
    arc_path_monitor_prune (self->path_monitor, is_wanted_path, self);
  if (!arc_tree_scanner_is_busy (self))
    arm_deaf (self);
  if (!arc_tree_scanner_is_busy (self) && arc_file_monitors_audit (self->monitors, self->tree))
    self->health_pending = TRUE;
  if (arc_tree_scanner_is_busy (self))
    return FALSE;

  self->active = FALSE;
  self->baseline = FALSE;

  return TRUE;
}

gboolean
arc_tree_scanner_update_health (ArcTreeScanner *self, ArcHealth *health, char **message)
{
  const guint n_path_problems = arc_path_monitor_get_n_problems (self->path_monitor);

  if (!self->health_pending && n_path_problems == self->n_path_problems)
    return FALSE;

  self->health_pending = FALSE;
  self->n_path_problems = n_path_problems;
  self->health = arc_health_assess (self->tree, self->monitors, self->path_monitor, message);
  *health = self->health;

  return TRUE;
}

const ArcDirectoryTree *
arc_tree_scanner_get_tree (const ArcTreeScanner *self)
{
  return self->tree;
}

ArcSnapshot *
arc_tree_scanner_get_snapshot (const ArcTreeScanner *self)
{
  return self->snapshot;
}
