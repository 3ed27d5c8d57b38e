/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Whether the directories of the tree are at their paths: found, moved, gone, unmounted,
 * unreadable, or on a file system that does not answer. */

#include "watch/tree-scanner-private.h"
#include "watch/tree-scanner.h"

#include <gio/gunixmounts.h>
#include <string.h>

/* How often to look for a directory that is missing: it is watched again within a second. */
#define LOST_INTERVAL (500 * G_TIME_SPAN_MILLISECOND)

/* Whether NODE is a root, or on another file system than the directory above when it was scanned.
 */
static gboolean
is_separate (const ArcNode *node)
{
  return node->parent == NULL ||
         (node->scanned && node->scanned_as.device != node->parent->scanned_as.device);
}

static void
clear_place (gpointer place)
{
  g_free (((ArcDiskPlace *) place)->path);
}

void
arc_tree_scanner_add_places (ArcTreeScanner *self,
                             ArcDiskJob *job,
                             const ArcNode *node,
                             gboolean all)
{
  if (job->places == NULL)
    {
      job->places = g_array_new (FALSE, FALSE, sizeof (ArcDiskPlace));
      g_array_set_clear_func (job->places, clear_place);
    }

  for (; node != NULL; node = node->parent)
    if (all || is_separate (node))
      {
        const ArcDiskPlace place = { .path = g_strdup (node->path),
                                     .follow = node->parent == NULL || self->scope->follow_symlinks,
                                     .id = node->id };

        g_array_append_val (job->places, place);
      }
}

/* The place in JOB of what NODE is now. */
static const ArcDiskPlace *
find_place (const ArcDiskJob *job, const ArcNode *node)
{
  for (guint i = 0; node->identified && job->places != NULL && i < job->places->len; i++)
    {
      const ArcDiskPlace *place = &g_array_index (job->places, ArcDiskPlace, i);

      if (arc_file_id_equal (&place->id, &node->id) && strcmp (place->path, node->path) == 0)
        return place;
    }

  return NULL;
}

static gboolean
is_there (const ArcDiskJob *job, const ArcNode *node)
{
  const ArcDiskPlace *place = find_place (job, node);

  return place != NULL && place->is_there;
}

/* Gone, or moved */

void
arc_tree_scanner_disarm (ArcTreeScanner *self, ArcNode *node)
{
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

/* Whether PATH, which the snapshot has, is gone: no scan found it, and it is not hidden. */
static gboolean
is_unmet (ArcTreeScanner *self, const char *path)
{
  const ArcNode *nearest = arc_directory_tree_get_nearest (self->tree, path);

  return nearest == NULL || (!arc_node_hides (nearest, path) && strcmp (nearest->path, path) != 0);
}

/* Forgets directories that an earlier run, or another scope, knew and no scan met. */
static void
prune (ArcTreeScanner *self)
{
  g_autofree const char **known = arc_snapshot_get_directories (self->snapshot);
  g_autofree const char **mounted = arc_snapshot_get_mounted (self->snapshot);
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; known[i] != NULL; i++)
    if (is_unmet (self, known[i]))
      g_ptr_array_add (gone, g_strdup (known[i]));

  for (guint i = 0; mounted[i] != NULL; i++)
    if (is_unmet (self, mounted[i]))
      arc_snapshot_set_mounted (self->snapshot, mounted[i], FALSE);

  for (guint i = 0; i < gone->len; i++)
    arc_snapshot_set_directory (self->snapshot, gone->pdata[i], NULL, 0, self->changes);
}

static void
look_at_left_out (ArcTreeScanner *self)
{
  g_autofree gpointer *paths = g_hash_table_get_keys_as_array (self->left_out, NULL);

  for (guint i = 0; paths[i] != NULL; i++)
    arc_recheck_queue_ask (self->rechecks, paths[i], TRUE);
  g_hash_table_remove_all (self->left_out);
}

void
arc_tree_scanner_clean_up (ArcTreeScanner *self)
{
  if (self->prune_pending)
    prune (self);
  if (self->left_out_pending)
    look_at_left_out (self);
  self->prune_pending = self->left_out_pending = FALSE;
}

/* When a file system is unmounted, each of its directories has an event (IN_UNMOUNT, inotify(7)).
 * What is above may have been found to be another directory already, and not be read yet. */
gboolean
arc_tree_scanner_is_clear (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job)
{
  for (ArcNode *above = node; above != NULL; above = above->parent)
    if (is_separate (above) &&
        (!is_there (job, above) || !arc_file_id_equal (&above->scanned_as, &above->id)))
      {
        arc_tree_scanner_push (self, above);
        return FALSE;
      }

  return TRUE;
}

/* Unmounted, or unreadable */

static gboolean
is_lost (const ArcNode *node)
{
  return node->problem != NULL || node->unseen != NULL;
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
  node->checked = FALSE;

  set_problem (self, node, problem);
  look_for (self, node);
}

/* Whether the empty directory ID, which JOB has read at the path of NODE, is more likely a mount
 * point without its file system than NODE with its files removed. */
static gboolean
is_bare (const ArcTreeScanner *self,
         const ArcNode *node,
         const ArcDiskJob *job,
         const ArcFileId *id)
{
  gboolean same;

  /* A root may be removed and made anew when it is unmounted; any other must be where another file
   * system was, which an earlier run may have seen. */
  if (node->parent == NULL)
    same = node->scanned && node->problem == NULL && arc_file_id_equal (&node->scanned_as, id);
  else if (node->scanned)
    same = node->scanned_as.device == id->device;
  else
    same = !arc_snapshot_is_mounted (self->snapshot, node->path) || job->is_mount_point;

  return !same && arc_snapshot_has_files_below (self->snapshot, node->path);
}

gboolean
arc_tree_scanner_find (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job)
{
  const ArcDirectoryListing *listing = arc_directory_reader_get_listing (job->reader);

  if (listing->is_empty && is_bare (self, node, job, &node->id))
    {
      lose (self, node,
            node->parent == NULL
                ? "it is empty, but was not before: if it is meant to be, create any file in it"
                : "it is empty, but another file system was mounted there before: mount it, or, "
                  "if it is meant to be empty, create any file in it");
      return FALSE;
    }

  /* Directories in it may have gone meanwhile. */
  if (is_lost (node))
    self->health_pending = self->prune_pending = TRUE;
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
                            node->parent != NULL && is_separate (node) && job->is_mount_point);

  return TRUE;
}

static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
         g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR) ||
         g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_LOOP);
}

/* Another directory is at the path of NODE than the one that JOB has opened. */
static void
begin_anew (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job)
{
  if (!job->chain_changed)
    {
      arc_tree_scanner_disarm (self, node);
      node->retried = self->generation;
    }
  arc_tree_scanner_push (self, node);
}

void
arc_tree_scanner_fail (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job)
{
  if (job->is_elsewhere)
    begin_anew (self, node, job);
  else if (node->parent == NULL)
    lose (self, node, job->error->message);
  else if (!is_gone (job->error))
    {
      /* What is in it is not known: nothing that was is forgotten. No event comes when a disk
       * answers again, or when there are descriptors again. */
      set_problem (self, node, job->error->message);
      look_for (self, node);
    }
  else if (arc_tree_scanner_is_clear (self, node->parent, job))
    {
      arc_tree_scanner_forget (self, node);
    }
  else
    {
      node->generation = 0;
    }
}

/* Found, or moved */

/* (nullable): the directory of the tree that is what JOB has opened. */
static ArcNode *
find_same (const ArcTreeScanner *self, const ArcDiskJob *job)
{
  return arc_directory_tree_lookup_id (self->tree,
                                       &arc_directory_reader_get_listing (job->reader)->id);
}

/* Whether a directory of the tree is what JOB has opened, and JOB has not found out yet whether
 * that one is still at its path. */
static gboolean
must_compare (ArcTreeScanner *self, ArcDiskJob *job)
{
  const ArcNode *other = find_same (self, job);

  if (other == NULL || (job->kind == ARC_DISK_JOB_COMPARE && find_place (job, other) != NULL))
    return FALSE;

  arc_tree_scanner_add_places (self, job, other, TRUE);
  job->kind = ARC_DISK_JOB_COMPARE;

  return TRUE;
}

/* NODE is what OTHER is: a bind mount, or a link that is followed. */
static void
leave_out (ArcTreeScanner *self, ArcNode *node, const ArcNode *other)
{
  g_autofree char *name = g_filename_display_name (other->path);
  g_autofree char *problem = g_strdup_printf ("it is the same directory as %s", name);

  if (node->parent == NULL)
    {
      lose (self, node, problem);
      return;
    }

  g_hash_table_add (self->left_out, g_strdup (node->path));
  drop (self, node);
}

/* Makes NODE, and no other, the directory that JOB has opened. FALSE if that is in the tree, and
 * still at its path. */
static gboolean
identify (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job)
{
  ArcNode *other = find_same (self, job);
  const ArcNode *above = other;

  while (above != NULL && is_there (job, above))
    above = above->parent;

  if (other != NULL && above == NULL)
    {
      leave_out (self, node, other);
      return FALSE;
    }

  if (other != NULL)
    {
      /* It was moved. First the monitors under the old path go, with all below: they share the
       * kernel's watch with those that are to come. */
      arc_tree_scanner_disarm (self, other);
      arc_tree_scanner_push (self, other);
    }

  arc_directory_tree_identify (self->tree, node,
                               &arc_directory_reader_get_listing (job->reader)->id);

  return TRUE;
}

static void
arm (ArcTreeScanner *self, ArcNode *node, ArcDiskJob *job)
{
  if (node->monitor != NULL)
    return;

  arc_file_monitors_arm (self->monitors, node);
  if (node->monitor == NULL || self->health != ARC_HEALTH_OK)
    self->health_pending = TRUE;

  /* Is it the directory that was opened that is monitored? An audit would find out, and, for all
   * but a root, the monitor above. Checked once, so that a file system with changing identities
   * causes no loop. */
  job->verifies = (node->parent == NULL || !arc_file_monitors_is_audit_due (self->monitors)) &&
                  node->retried != self->generation;
}

gboolean
arc_tree_scanner_enter (ArcTreeScanner *self, ArcNode *node, ArcDiskJob *job)
{
  if (node->identified &&
      !arc_file_id_equal (&node->id, &arc_directory_reader_get_listing (job->reader)->id))
    {
      arc_tree_scanner_disarm (self, node);
      node->generation = self->generation;
      node->serial = job->serial = ++self->serial;
    }
  if (!node->identified && must_compare (self, job))
    return TRUE;
  if (!node->identified && !identify (self, node, job))
    return FALSE;

  /* The monitor comes before the reading: what is made in the directory later gives an event, and
   * what was made before is found. The path is watched after the monitor, which GIO gets never if
   * it got no inotify instance at first. */
  arm (self, node, job);
  if (node->parent == NULL)
    job->chain = arc_path_monitor_begin (self->path_monitor, node->path);
  job->kind = ARC_DISK_JOB_READ;

  return TRUE;
}

/* Whether it is back */

static void
begin_check (ArcTreeScanner *self, ArcNode *node)
{
  ArcDiskJob *job;

  if (node->checked || arc_disk_worker_is_stuck (self->worker, node->path))
    return;

  job = arc_tree_scanner_make_job (self, ARC_DISK_JOB_CHECK, node);
  if (node->problem == NULL)
    job->unseen = g_hash_table_ref (node->unseen);
  if (node->parent == NULL)
    job->chain = arc_path_monitor_begin (self->path_monitor, node->path);
  node->checked = TRUE;
  arc_disk_worker_push (self->worker, job);
}

void
arc_tree_scanner_look_at_root (ArcTreeScanner *self, ArcNode *node, gboolean moved)
{
  /* When GIO reads that a directory was moved, it drops all its watches of that directory (GLib
   * 2.74, inotify-path.c), also that of a monitor which was made after the move. */
  if (moved)
    arc_tree_scanner_disarm (self, node);

  if (node->problem != NULL)
    begin_check (self, node);
  else
    arc_tree_scanner_push (self, node);
}

/* Whether there is more to be seen of a directory that was lost. */
static gboolean
is_back (const ArcTreeScanner *self, const ArcNode *node, const ArcDiskJob *job)
{
  const ArcNode *other;

  if (!job->is_back || job->unseen != NULL)
    return job->is_back;

  other = arc_directory_tree_lookup_id (self->tree, &job->id);

  return (other == NULL || other == node) &&
         !(job->is_empty && is_bare (self, node, job, &job->id));
}

void
arc_tree_scanner_end_check (ArcTreeScanner *self, const ArcDiskJob *job)
{
  ArcNode *node = arc_directory_tree_lookup (self->tree, job->path);

  if (node == NULL)
    return;

  node->checked = FALSE;
  if (!is_lost (node) || !is_back (self, node, job))
    return;

  g_hash_table_remove (self->lost, job->path);
  arc_tree_scanner_push (self, node);
}

/* On a file system that does not answer */

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

/* JOB is stuck: loses the file system that does not answer. */
static void
lose_stuck (ArcTreeScanner *self, ArcDiskJob *job)
{
  g_autofree char *directory = g_path_get_dirname (job->path);
  ArcNode *node = arc_directory_tree_lookup (self->tree, job->path);

  if (node == NULL && job->kind == ARC_DISK_JOB_LOOK)
    node = arc_directory_tree_lookup (self->tree, directory);
  if (node == NULL)
    return;

  node = get_top (node);
  lose (self, node, "its file system does not answer");
  arc_disk_worker_give_up (self->worker, job, node->path);
  self->active = TRUE;
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
        begin_check (self, node);
      else
        g_hash_table_iter_remove (&iter);
    }

  self->lost_check = g_hash_table_size (self->lost) > 0 ? now + LOST_INTERVAL : 0;
}
