/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/path.h"
#include "watch/tree-scanner-private.h"
#include "watch/tree-scanner.h"

#include <fcntl.h>
#include <gio/gunixmounts.h>
#include <string.h>
#include <sys/stat.h>

/* How often to look for a directory that is missing: it is watched again within a second. */
#define LOST_INTERVAL (500 * G_TIME_SPAN_MILLISECOND)

gboolean
arc_tree_scanner_follows (const ArcTreeScanner *self, const ArcNode *node)
{
  return node->parent == NULL || self->extent->follow_symlinks;
}

gboolean
arc_tree_scanner_is_itself (const ArcTreeScanner *self, const ArcNode *node)
{
  return node->identified &&
         arc_file_id_is_at (&node->id, node->path, arc_tree_scanner_follows (self, node));
}

gboolean
arc_tree_scanner_is_in_place (const ArcTreeScanner *self, const ArcNode *node)
{
  while (node != NULL && arc_tree_scanner_is_itself (self, node))
    node = node->parent;

  return node == NULL;
}

void
arc_tree_scanner_push (ArcTreeScanner *self, ArcNode *node)
{
  arc_directory_tree_push (self->tree, node);
  self->active = TRUE;
}

void
arc_tree_scanner_abort_scans (ArcTreeScanner *self, ArcNode *node)
{
  for (GList *link = self->jobs.head; link != NULL; link = link->next)
    {
      ArcDiskJob *job = link->data;
      ArcNode *scanned = job->node;

      if (scanned == NULL || (node != NULL && !arc_node_is_below (scanned, node)))
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

void
arc_tree_scanner_drop (ArcTreeScanner *self, ArcNode *node)
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
  arc_tree_scanner_drop (self, node);
  self->left_out_pending = TRUE;
  self->active = TRUE;
}

void
arc_tree_scanner_set_problem (ArcTreeScanner *self, ArcNode *node, const char *problem)
{
  if (g_strcmp0 (node->problem, problem) == 0)
    return;

  g_free (node->problem);
  node->problem = g_strdup (problem);
  self->health_pending = TRUE;
}

void
arc_tree_scanner_set_unseen (ArcTreeScanner *self, ArcNode *node, const GArray *unseen)
{
  if (node->unseen == NULL && unseen->len == 0)
    return;

  g_clear_pointer (&node->unseen, g_hash_table_unref);
  self->health_pending = TRUE;
  if (unseen->len == 0)
    return;

  node->unseen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < unseen->len; i++)
    {
      const ArcDirectoryReaderUnseen *entry = &g_array_index (unseen, ArcDirectoryReaderUnseen, i);

      g_hash_table_insert (node->unseen, g_strdup (entry->name), GINT_TO_POINTER (entry->number));
    }

  arc_tree_scanner_look_for (self, node);
}

void
arc_tree_scanner_look_for (ArcTreeScanner *self, const ArcNode *node)
{
  g_hash_table_add (self->lost, g_strdup (node->path));
  self->lost_check = g_get_monotonic_time () + LOST_INTERVAL;
}

void
arc_tree_scanner_lose (ArcTreeScanner *self, ArcNode *node, const char *problem)
{
  arc_tree_scanner_disarm (self, node);
  while (node->first_child != NULL)
    arc_directory_tree_drop (self->tree, node->first_child, NULL, NULL);
  arc_directory_tree_unqueue (self->tree, node);

  arc_tree_scanner_set_problem (self, node, problem);
  arc_tree_scanner_look_for (self, node);
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

gboolean
arc_tree_scanner_is_bare (const ArcTreeScanner *self, const ArcNode *node, const ArcFileId *id)
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

/* (transfer full) */
static GStrv
list_unseen (const ArcNode *node)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, node->unseen);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_strv_builder_add (names, name);

  return g_strv_builder_end (names);
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
  for (const GList *link = self->jobs.head; self->n_stuck > 0 && link != NULL; link = link->next)
    {
      const ArcDiskJob *job = link->data;

      if (job->stuck && job->node != NULL && arc_node_is_below (node, job->node))
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
  for (GList *link = self->jobs.head; link != NULL; link = link->next)
    {
      ArcDiskJob *job = link->data;

      if (!job->stuck &&
          (job->kind == ARC_DISK_JOB_LOOK ? arc_path_get_below (job->path, top->path) != NULL
                                          : job->node == NULL))
        job->is_cancelled = TRUE;
    }
}

void
arc_tree_scanner_leave_stuck (ArcTreeScanner *self)
{
  ArcDiskJob *job = arc_disk_worker_abandon_thread (self->worker);
  g_autofree char *directory = NULL;
  ArcNode *node;

  if (job == NULL)
    return;

  job->stuck = TRUE;
  self->n_stuck++;
  directory = g_path_get_dirname (job->path);
  node = job->kind == ARC_DISK_JOB_LOOK ? arc_directory_tree_lookup (self->tree, directory)
                                        : job->node;
  job->node = NULL;
  if (node == NULL)
    return;

  node = get_top (node);
  arc_tree_scanner_lose (self, node, "its file system does not answer");
  cancel_jobs (self, node);
  self->active = TRUE;
  job->node = node;
}

static gboolean
is_checked (const ArcTreeScanner *self, const ArcNode *node)
{
  for (const GList *link = self->jobs.head; link != NULL; link = link->next)
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

  job = arc_disk_worker_make_job (self->worker, ARC_DISK_JOB_CHECK, node->path);
  job->node = node;
  job->follow = arc_tree_scanner_follows (self, node);
  job->follow_symlinks = self->extent->follow_symlinks;
  job->filter = arc_path_filter_ref (self->extent->filter);
  job->below_root = g_strdup (arc_node_get_below_root (node));
  if (node->problem == NULL)
    job->names = list_unseen (node);
  arc_tree_scanner_push_job (self, job);
}

/* Whether there is more to be seen of a directory that was lost. */
static gboolean
is_back (const ArcTreeScanner *self, const ArcNode *node, const ArcDiskJob *job)
{
  const ArcNode *other;

  if (!job->is_back || job->names != NULL)
    return job->is_back;

  other = arc_directory_tree_lookup_id (self->tree, &job->id);

  return (other == NULL || other == node) &&
         !(job->is_empty && arc_tree_scanner_is_bare (self, node, &job->id));
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

void
arc_tree_scanner_look_for_lost (ArcTreeScanner *self, gint64 now)
{
  GHashTableIter iter;
  gpointer path;

  if (self->lost_check == 0 || now < self->lost_check)
    return;

  g_hash_table_iter_init (&iter, self->lost);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      ArcNode *node = arc_directory_tree_lookup (self->tree, path);

      if (node != NULL && node->parent == NULL && node->problem != NULL)
        {
          arc_root_probe_begin (self->probe, node->path, ARC_ROOT_PROBE_LOST);
          continue;
        }

      if (node != NULL && is_lost (node))
        arc_tree_scanner_begin_check (self, node);
      else
        g_hash_table_iter_remove (&iter);
    }

  self->lost_check = g_hash_table_size (self->lost) > 0 ? now + LOST_INTERVAL : 0;
}

gboolean
arc_tree_scanner_is_mounted (const ArcNode *node)
{
  return node->parent != NULL && is_separate (node) &&
         is_mount_point (node->path, &node->scanned_as);
}

/* When a file system is unmounted, each of its directories has an event (IN_UNMOUNT, inotify(7)).
 */
gboolean
arc_tree_scanner_is_clear (ArcTreeScanner *self, ArcNode *node)
{
  for (ArcNode *above = node; above != NULL; above = above->parent)
    if (is_separate (above) && !arc_tree_scanner_is_itself (self, above))
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
void
arc_tree_scanner_prune (ArcTreeScanner *self)
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
