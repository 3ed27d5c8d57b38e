/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/path.h"
#include "watch/tree-scanner-private.h"
#include "watch/tree-scanner.h"

#include <gio/gunixmounts.h>
#include <string.h>
#include <sys/stat.h>

/* How often to look for a directory that is missing: it is watched again within a second. */
#define LOST_INTERVAL (500 * G_TIME_SPAN_MILLISECOND)

static gboolean
may_be_link (const ArcTreeScanner *self, const ArcNode *node)
{
  return node->parent == NULL || self->extent->follow_symlinks;
}

ArcDiskJob *
arc_tree_scanner_make_job (ArcTreeScanner *self, ArcDiskJobKind kind, ArcNode *node)
{
  ArcDiskJob *job = arc_disk_worker_make_job (self->worker, kind, node->path);

  job->node = node;
  job->follow = may_be_link (self, node);
  job->follow_symlinks = self->extent->follow_symlinks;
  job->filter = arc_path_filter_ref (self->extent->filter);
  job->below_root = g_strdup (arc_node_get_below_root (node));

  return job;
}

static gboolean
is_itself (const ArcTreeScanner *self, const ArcNode *node)
{
  return node->identified && arc_file_id_is_at (&node->id, node->path, may_be_link (self, node));
}

static gboolean
is_in_place (const ArcTreeScanner *self, const ArcNode *node)
{
  while (node != NULL && is_itself (self, node))
    node = node->parent;

  return node == NULL;
}

void
arc_tree_scanner_push (ArcTreeScanner *self, ArcNode *node)
{
  arc_directory_tree_push (self->tree, node);
  self->active = TRUE;
}

static gboolean
is_below (const ArcNode *node, const ArcNode *ancestor)
{
  while (node != NULL && node != ancestor)
    node = node->parent;

  return node != NULL;
}

void
arc_tree_scanner_abort_scans (ArcTreeScanner *self, ArcNode *node)
{
  for (const GList *link = arc_disk_worker_get_jobs (self->worker); link != NULL; link = link->next)
    {
      ArcDiskJob *job = link->data;
      ArcNode *scanned = job->node;

      if (scanned == NULL || (node != NULL && !is_below (scanned, node)))
        continue;

      job->node = NULL;
      if (job->stuck || job->kind == ARC_DISK_JOB_CHECK)
        continue;

      arc_tree_scanner_push (self, scanned);
      scanned->generation = 0;
    }
}

void
arc_tree_scanner_disarm (ArcTreeScanner *self, ArcNode *node)
{
  arc_tree_scanner_abort_scans (self, node);
  arc_directory_tree_disarm (self->tree, node);
  self->left_out_pending = TRUE;
}

static void
forget_files (ArcNode *node, gpointer user_data)
{
  ArcTreeScanner *self = user_data;

  arc_snapshot_set_directory (self->snapshot, node->path, NULL, 0, self->changes);
  arc_snapshot_set_mounted (self->snapshot, node->path, FALSE);
}

static void
drop (ArcTreeScanner *self, ArcNode *node)
{
  arc_tree_scanner_abort_scans (self, node);
  arc_directory_tree_drop (self->tree, node, forget_files, self);

  /* The numbers in the message, if not the whole of it. */
  if (self->health != ARC_HEALTH_OK)
    self->health_pending = TRUE;
}

void
arc_tree_scanner_forget (ArcTreeScanner *self, ArcNode *node)
{
  drop (self, node);
  self->left_out_pending = TRUE;
  self->active = TRUE;
}

static void
set_problem (ArcTreeScanner *self, ArcNode *node, const char *problem)
{
  if (g_strcmp0 (node->problem, problem) == 0)
    return;

  g_free (node->problem);
  node->problem = g_strdup (problem);
  self->health_pending = TRUE;
}

/* Checks soon whether NODE, or something in it, can be read again. */
static void
look_for (ArcTreeScanner *self, const ArcNode *node)
{
  g_hash_table_add (self->lost, g_strdup (node->path));
  self->lost_check = g_get_monotonic_time () + LOST_INTERVAL;
}

static void
lose (ArcTreeScanner *self, ArcNode *node, const char *problem)
{
  arc_tree_scanner_disarm (self, node);
  while (node->first_child != NULL)
    arc_directory_tree_drop (self->tree, node->first_child, NULL, NULL);
  arc_directory_tree_unqueue (self->tree, node);

  set_problem (self, node, problem);
  look_for (self, node);
}

/* Whether something is mounted at PATH, which is the directory ID. The one above is not that in the
 * tree if PATH is a symbolic link. */
static gboolean
is_mount_point (const char *path, const ArcFileId *id)
{
  g_autofree char *above = arc_path_join (path, "..");
  struct stat info;

  return stat (above, &info) == 0 && info.st_dev != id->device;
}

/* Whether an empty directory ID at the path of NODE is more likely a mount point without its file
 * system than NODE with its files removed. */
static gboolean
is_bare (const ArcTreeScanner *self, const ArcNode *node, const ArcFileId *id)
{
  gboolean same;

  /* A root may be removed and made anew when it is unmounted; any other must be where another file
   * system was, which an earlier run may have seen. */
  if (node->parent == NULL)
    same = node->scanned && node->problem == NULL && arc_file_id_equal (&node->scanned_as, id);
  else if (node->scanned)
    same = node->scanned_as.device == id->device;
  else
    same = !arc_snapshot_is_mounted (self->snapshot, node->path) || is_mount_point (node->path, id);

  return !same && arc_snapshot_has_files_below (self->snapshot, node->path);
}

static gboolean
is_lost (const ArcNode *node)
{
  return node->problem != NULL || node->unseen != NULL;
}

/* Whether NODE is a root, or on another file system than the directory above when it was scanned.
 */
static gboolean
is_separate (const ArcNode *node)
{
  return node->parent == NULL ||
         (node->scanned && node->scanned_as.device != node->parent->scanned_as.device);
}

gboolean
arc_tree_scanner_has_stuck (const ArcTreeScanner *self, const ArcNode *node)
{
  if (arc_disk_worker_get_n_stuck (self->worker) == 0)
    return FALSE;

  for (const GList *link = arc_disk_worker_get_jobs (self->worker); link != NULL; link = link->next)
    {
      const ArcDiskJob *job = link->data;

      if (job->stuck && job->node != NULL && is_below (node, job->node))
        return TRUE;
    }

  return FALSE;
}

/* Where the file system begins that NODE is on, or the root. */
static ArcNode *
get_top (ArcNode *node)
{
  while (!is_separate (node))
    {
      /* Was it never scanned? This reads mountinfo (proc(5)) and asks no file system. */
      g_autoptr (GUnixMountEntry) mount = g_unix_mount_at (node->path, NULL);

      if (mount != NULL)
        break;
      node = node->parent;
    }

  return node;
}

/* So that no other thread waits for the same file system. */
static void
cancel_jobs (ArcTreeScanner *self, const ArcNode *top)
{
  for (const GList *link = arc_disk_worker_get_jobs (self->worker); link != NULL; link = link->next)
    {
      ArcDiskJob *job = link->data;

      if (!job->stuck &&
          (job->kind == ARC_DISK_JOB_LOOK ? arc_path_get_below (job->path, top->path) != NULL
                                          : job->node == NULL))
        job->is_cancelled = TRUE;
    }
}

/* JOB is stuck: loses the file system that does not answer. */
static void
lose_stuck (ArcTreeScanner *self, ArcDiskJob *job)
{
  g_autofree char *directory = g_path_get_dirname (job->path);
  ArcNode *node = job->kind == ARC_DISK_JOB_LOOK ? arc_directory_tree_lookup (self->tree, directory)
                                                 : job->node;

  job->node = NULL;
  if (node == NULL)
    return;

  node = get_top (node);
  lose (self, node, "its file system does not answer");
  cancel_jobs (self, node);
  self->active = TRUE;
  job->node = node;
}

static gboolean
is_checked (const ArcTreeScanner *self, const ArcNode *node)
{
  for (const GList *link = arc_disk_worker_get_jobs (self->worker); link != NULL; link = link->next)
    {
      const ArcDiskJob *job = link->data;

      if (job->kind == ARC_DISK_JOB_CHECK && job->node == node)
        return TRUE;
    }

  return FALSE;
}

void
arc_tree_scanner_begin_check (ArcTreeScanner *self, ArcNode *node)
{
  ArcDiskJob *job;

  if (is_checked (self, node) || arc_tree_scanner_has_stuck (self, node))
    return;

  job = arc_tree_scanner_make_job (self, ARC_DISK_JOB_CHECK, node);
  if (node->problem == NULL)
    job->unseen = g_hash_table_ref (node->unseen);
  arc_disk_worker_push (self->worker, job);
}

/* Whether there is more to be seen of a directory that was lost. */
static gboolean
is_back (const ArcTreeScanner *self, const ArcNode *node, const ArcDiskJob *job)
{
  const ArcNode *other;

  if (!job->is_back || job->unseen != NULL)
    return job->is_back;

  other = arc_directory_tree_lookup_id (self->tree, &job->id);

  return (other == NULL || other == node) && !(job->is_empty && is_bare (self, node, &job->id));
}

void
arc_tree_scanner_end_check (ArcTreeScanner *self, ArcDiskJob *job)
{
  if (job->node != NULL && is_lost (job->node) && is_back (self, job->node, job))
    {
      g_hash_table_remove (self->lost, job->node->path);
      arc_tree_scanner_push (self, job->node);
    }
  arc_disk_worker_free_job (self->worker, job);
}

gboolean
arc_tree_scanner_find (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  if (listing->is_empty && is_bare (self, node, &node->id))
    {
      lose (self, node,
            node->parent == NULL
                ? "it is empty, but was not before: if it is meant to be, create any file in it"
                : "it is empty, but another file system was mounted there before: mount it, or, "
                  "if it is meant to be empty, create any file in it");
      return FALSE;
    }

  /* Directories in it may have gone meanwhile. */
  if (node->problem != NULL || node->unseen != NULL)
    {
      self->health_pending = TRUE;
      self->prune_pending = TRUE;
    }
  g_clear_pointer (&node->problem, g_free);
  g_clear_pointer (&node->unseen, g_hash_table_unref);
  if (listing->unseen != NULL)
    {
      node->unseen = g_hash_table_ref (listing->unseen);
      self->health_pending = TRUE;
      look_for (self, node);
    }

  node->scanned = TRUE;
  node->scanned_as = node->id;
  arc_snapshot_set_mounted (self->snapshot, node->path,
                            node->parent != NULL && is_separate (node) &&
                                is_mount_point (node->path, &node->id));

  return TRUE;
}

void
arc_tree_scanner_look_for_lost (ArcTreeScanner *self, gint64 now)
{
  ArcDiskJob *stuck = arc_disk_worker_look_for_stuck (self->worker, now);
  GHashTableIter iter;
  gpointer path;

  if (stuck != NULL)
    lose_stuck (self, stuck);
  if (self->lost_check == 0 || now < self->lost_check)
    return;

  g_hash_table_iter_init (&iter, self->lost);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      ArcNode *node = arc_directory_tree_lookup (self->tree, path);

      if (node != NULL && is_lost (node))
        arc_tree_scanner_begin_check (self, node);
      else
        g_hash_table_iter_remove (&iter);
    }

  self->lost_check = g_hash_table_size (self->lost) > 0 ? now + LOST_INTERVAL : 0;
}

/* When a file system is unmounted, each of its directories has an event (IN_UNMOUNT, inotify(7)).
 * What is above may have been found to be another directory already, and not be read yet. */
gboolean
arc_tree_scanner_is_clear (ArcTreeScanner *self, ArcNode *node)
{
  for (ArcNode *above = node; above != NULL; above = above->parent)
    if (is_separate (above) &&
        (!is_itself (self, above) || !arc_file_id_equal (&above->scanned_as, &above->id)))
      {
        arc_tree_scanner_push (self, above);
        return FALSE;
      }

  return TRUE;
}

/* (nullable): the directory PATH, or the nearest above it that is in the tree. */
static ArcNode *
find_nearest (ArcTreeScanner *self, const char *path)
{
  ArcNode *node = arc_directory_tree_lookup (self->tree, path);
  g_autofree char *above = NULL;

  while (node == NULL && strcmp (path, "/") != 0)
    {
      char *parent = g_path_get_dirname (path);

      g_free (above);
      path = above = parent;
      node = arc_directory_tree_lookup (self->tree, path);
    }

  return node;
}

/* Whether PATH, which the snapshot has, is gone: no scan found it, and it is not hidden. */
static gboolean
is_unmet (ArcTreeScanner *self, const char *path)
{
  const ArcNode *nearest = find_nearest (self, path);

  return nearest == NULL || (!arc_node_hides (nearest, path) && strcmp (nearest->path, path) != 0);
}

/* Forgets directories that an earlier run, or another tree, knew and no scan met. */
static void
prune (ArcTreeScanner *self)
{
  g_autofree const char **known = arc_snapshot_get_directories (self->snapshot);
  g_autofree const char **mounted = arc_snapshot_get_mounted (self->snapshot);
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);

  self->prune_pending = FALSE;

  for (guint i = 0; known[i] != NULL; i++)
    if (is_unmet (self, known[i]))
      g_ptr_array_add (gone, g_strdup (known[i]));

  for (guint i = 0; mounted[i] != NULL; i++)
    if (is_unmet (self, mounted[i]))
      arc_snapshot_set_mounted (self->snapshot, mounted[i], FALSE);

  for (guint i = 0; i < gone->len; i++)
    arc_snapshot_set_directory (self->snapshot, gone->pdata[i], NULL, 0, self->changes);
}

typedef struct
{
  ArcTreeScanner *scanner;
  ArcChangeSet *found;
} Hidden;

static void
add_hidden (const char *path, ArcChange change, gpointer user_data)
{
  Hidden *hidden = user_data;
  g_autofree char *directory = g_path_get_dirname (path);
  const ArcNode *nearest = find_nearest (hidden->scanner, directory);

  if (nearest != NULL && arc_node_hides (nearest, path))
    arc_change_set_add (hidden->found, path, change);
}

ArcChangeSet *
arc_tree_scanner_find_hidden (ArcTreeScanner *self, const ArcChangeSet *changes)
{
  ArcChangeSet *found = arc_change_set_new ();

  arc_change_set_foreach (changes, add_hidden, &(Hidden){ self, found });

  return found;
}

gboolean
arc_tree_scanner_identify (ArcTreeScanner *self, ArcNode *node, const ArcFileId *id)
{
  ArcNode *other = arc_directory_tree_lookup_id (self->tree, id);

  if (other != NULL && is_in_place (self, other))
    {
      g_autofree char *name = g_filename_display_name (other->path);
      g_autofree char *problem = g_strdup_printf ("it is the same directory as %s", name);

      /* A bind mount, or a link that is followed. */
      if (node->parent == NULL)
        {
          lose (self, node, problem);
          return FALSE;
        }
      g_hash_table_add (self->left_out, g_strdup (node->path));
      drop (self, node);
      return FALSE;
    }

  if (other != NULL)
    {
      /* It was moved. First the monitors under the old path go, with all below: they share the
       * kernel's watch with those that are to come. */
      arc_tree_scanner_disarm (self, other);
      arc_tree_scanner_push (self, other);
    }

  arc_directory_tree_identify (self->tree, node, id);

  return TRUE;
}

static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
         g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR) ||
         g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_LOOP);
}

void
arc_tree_scanner_fail (ArcTreeScanner *self, ArcNode *node, const GError *error)
{
  if (node->parent == NULL)
    {
      arc_path_monitor_follow (self->ways, node->path);
      lose (self, node, error->message);
      return;
    }

  if (is_gone (error))
    {
      if (arc_tree_scanner_is_clear (self, node->parent))
        arc_tree_scanner_forget (self, node);
      else
        node->generation = 0;
      return;
    }

  /* What is in it is not known: nothing that was is forgotten. No event comes when a disk answers
   * again, or when there are descriptors again. */
  set_problem (self, node, error->message);
  look_for (self, node);
}

gboolean
arc_tree_scanner_is_elsewhere (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job)
{
  if (!job->is_elsewhere)
    return FALSE;

  if (!job->way_changed)
    {
      arc_tree_scanner_disarm (self, node);
      node->retried = self->generation;
    }
  arc_tree_scanner_push (self, node);

  return TRUE;
}

void
arc_tree_scanner_plant (ArcTreeScanner *self)
{
  g_autoptr (GPtrArray) known = arc_directory_tree_list (self->tree, TRUE);
  const GPtrArray *roots = self->extent->roots;

  self->plant_pending = FALSE;
  self->prune_pending = TRUE;

  for (guint i = 0; i < known->len; i++)
    if (!arc_watch_scope_has_root (self->extent, ((ArcNode *) known->pdata[i])->path))
      arc_tree_scanner_forget (self, known->pdata[i]);

  for (guint i = 0; i < roots->len; i++)
    {
      ArcNode *node = arc_directory_tree_lookup (self->tree, roots->pdata[i]);

      /* What was a directory of a root may be a root now. */
      if (node != NULL && node->parent != NULL)
        {
          arc_tree_scanner_abort_scans (self, node);
          arc_directory_tree_drop (self->tree, node, NULL, NULL);
          node = NULL;
        }
      if (node == NULL)
        arc_directory_tree_add (self->tree, NULL, roots->pdata[i]);
    }
}

/* The end of a scan */

static gboolean
is_followed (const char *path, gpointer user_data)
{
  const ArcTreeScanner *self = user_data;
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  const ArcNode *node = arc_directory_tree_lookup (self->tree, directory);

  return arc_watch_scope_has_root (self->extent, path) ||
         (node != NULL && node->links != NULL && g_hash_table_contains (node->links, name));
}

static void
look_at_left_out (ArcTreeScanner *self)
{
  g_autofree gpointer *paths = g_hash_table_get_keys_as_array (self->left_out, NULL);

  self->left_out_pending = FALSE;
  for (guint i = 0; paths[i] != NULL; i++)
    arc_recheck_queue_ask (self->looks, paths[i], TRUE);
  g_hash_table_remove_all (self->left_out);
}

/* Takes care of the directories that the kernel does not watch although GIO said nothing. */
static void
arm_deaf (ArcTreeScanner *self)
{
  g_autoptr (GPtrArray) deaf = arc_file_monitors_take_deaf (self->watches, self->tree);

  for (guint i = 0; i < deaf->len; i++)
    {
      ArcNode *node = deaf->pdata[i];

      if (node->retried == self->generation)
        continue;

      /* One that is gone is not deaf: the kernel took its watch away, and the hint is on its way.
       */
      node->retried = self->generation;
      arc_tree_scanner_push (self, node);
    }
}

gboolean
arc_tree_scanner_conclude (ArcTreeScanner *self)
{
  const ArcWatchScope *extent = self->extent;

  if (self->prune_pending)
    prune (self);
  if (self->left_out_pending)
    look_at_left_out (self);
  if (!arc_tree_scanner_is_busy (self))
    arc_path_monitor_prune (self->ways, is_followed, self);
  if (!arc_tree_scanner_is_busy (self))
    arm_deaf (self);
  if (!arc_tree_scanner_is_busy (self) &&
      arc_file_monitors_audit (self->watches, self->tree,
                               extent->roots->len > 0 ? extent->roots->pdata[0] : "/"))
    self->health_pending = TRUE;

  return !arc_tree_scanner_is_busy (self);
}
