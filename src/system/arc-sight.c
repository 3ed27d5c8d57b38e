/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-sight.h"

#include "core/arc-path.h"

#include <fcntl.h>
#include <sys/stat.h>

/* How often to look for a directory that is missing: it is watched again within a second. */
#define LOST_INTERVAL (500 * G_TIME_SPAN_MILLISECOND)

ArcSight *
arc_sight_new (ArcFindings *findings)
{
  ArcSight *self = g_new0 (ArcSight, 1);

  self->findings = findings;
  self->snapshot = arc_snapshot_new ();
  self->tree = arc_tree_new ();
  self->looks = arc_looks_new ();
  self->scan = arc_scan_new ();
  self->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
arc_sight_free (ArcSight *self)
{
  arc_scan_free (self->scan);
  arc_looks_free (self->looks);
  arc_tree_free (self->tree);
  arc_snapshot_free (self->snapshot);
  g_hash_table_unref (self->lost);
  g_clear_pointer (&self->extent, arc_extent_free);
  g_free (self);
}

gboolean
arc_sight_follows (const ArcSight *self, const ArcNode *node)
{
  return node->parent == NULL || self->extent->follow_symlinks;
}

gboolean
arc_sight_is_itself (const ArcSight *self, const ArcNode *node)
{
  struct stat info;
  ArcFileId id;

  if (!node->identified || fstatat (AT_FDCWD, node->path, &info,
                                    arc_sight_follows (self, node) ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
    return FALSE;

  id = arc_file_id_from_stat (&info);

  return arc_file_id_equal (&id, &node->id);
}

gboolean
arc_sight_is_in_place (const ArcSight *self, const ArcNode *node)
{
  while (node != NULL && arc_sight_is_itself (self, node))
    node = node->parent;

  return node == NULL;
}

void
arc_sight_push (ArcSight *self, ArcNode *node, gboolean told)
{
  arc_tree_push (self->tree, node, told);
  self->active = TRUE;
}

void
arc_sight_abort_scan_below (ArcSight *self, ArcNode *node)
{
  if (self->scan_node == NULL || !arc_node_is_below (self->scan_node, node))
    return;

  arc_scan_close (self->scan);
  arc_sight_push (self, self->scan_node, self->scan_told);
  self->scan_node->generation = 0;
  self->scan_node = NULL;
}

void
arc_sight_disarm (ArcSight *self, ArcNode *node)
{
  arc_sight_abort_scan_below (self, node);
  arc_tree_disarm (self->tree, node);
  self->left_out_pending = TRUE;
}

typedef struct
{
  ArcSight *sight;
  ArcChanges *changes;
} Forget;

static void
forget_files (ArcNode *node, gpointer user_data)
{
  Forget *forget = user_data;

  arc_snapshot_set_directory (forget->sight->snapshot, node->path, NULL, 0, forget->changes);
  arc_snapshot_set_mounted (forget->sight->snapshot, node->path, FALSE);
}

void
arc_sight_drop (ArcSight *self, ArcNode *node, gboolean told)
{
  g_autoptr (ArcChanges) changes = arc_changes_new ();
  Forget forget = { self, changes };

  arc_sight_abort_scan_below (self, node);
  arc_tree_drop (self->tree, node, forget_files, &forget);
  arc_findings_add (self->findings, changes, told);

  /* The numbers in the message, if not the whole of it. */
  if (self->health != ARC_HEALTH_OK)
    self->health_pending = TRUE;
}

void
arc_sight_forget (ArcSight *self, ArcNode *node, gboolean told)
{
  arc_sight_drop (self, node, told);
  self->left_out_pending = TRUE;
  self->active = TRUE;
}

void
arc_sight_set_problem (ArcSight *self, ArcNode *node, const char *problem)
{
  if (g_strcmp0 (node->problem, problem) == 0)
    return;

  g_free (node->problem);
  node->problem = g_strdup (problem);
  self->health_pending = TRUE;
}

void
arc_sight_look_for (ArcSight *self, const ArcNode *node)
{
  g_hash_table_add (self->lost, g_strdup (node->path));
  self->lost_check = g_get_monotonic_time () + LOST_INTERVAL;
}

void
arc_sight_lose (ArcSight *self, ArcNode *node, const char *problem)
{
  arc_sight_disarm (self, node);
  while (node->first_child != NULL)
    arc_tree_drop (self->tree, node->first_child, NULL, NULL);

  arc_sight_set_problem (self, node, problem);
  arc_sight_look_for (self, node);
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
arc_sight_is_bare (const ArcSight *self, const ArcNode *node, const ArcFileId *id)
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

/* Whether a directory that was lost can be scanned. */
static gboolean
is_back (ArcSight *self, ArcNode *node)
{
  g_autoptr (ArcScan) scan = arc_scan_new ();
  const ArcNode *other;
  ArcFileId id;

  if (!arc_scan_open (scan, node->path, arc_sight_follows (self, node), NULL))
    return FALSE;

  id = arc_scan_get_id (scan);
  other = arc_tree_lookup_id (self->tree, &id);
  if ((other != NULL && other != node) ||
      arc_scan_run (scan, self->extent->filter, arc_node_get_below_root (node), FALSE, 0, NULL) ==
          ARC_SCAN_FAILED)
    return FALSE;

  return !arc_scan_is_empty (scan) || !arc_sight_is_bare (self, node, &id);
}

void
arc_sight_look_for_lost (ArcSight *self, gint64 now)
{
  GHashTableIter iter;
  gpointer path;

  if (self->lost_check == 0 || now < self->lost_check)
    return;

  g_hash_table_iter_init (&iter, self->lost);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      ArcNode *node = arc_tree_lookup (self->tree, path);

      if (node != NULL && node->problem != NULL && !is_back (self, node))
        continue;

      g_hash_table_iter_remove (&iter);
      if (node != NULL && node->problem != NULL)
        arc_sight_push (self, node, FALSE);
    }

  self->lost_check = g_hash_table_size (self->lost) > 0 ? now + LOST_INTERVAL : 0;
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
arc_sight_is_mounted (const ArcNode *node)
{
  return node->parent != NULL && is_separate (node) &&
         is_mount_point (node->path, &node->scanned_as);
}

/* When a file system is unmounted, each of its directories tells (IN_UNMOUNT, inotify(7)). */
gboolean
arc_sight_is_clear (ArcSight *self, ArcNode *node)
{
  for (ArcNode *above = node; above != NULL; above = above->parent)
    if (is_separate (above) && !arc_sight_is_itself (self, above))
      {
        arc_sight_push (self, above, TRUE);
        return FALSE;
      }

  return TRUE;
}
