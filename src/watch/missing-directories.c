/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/path.h"
#include "watch/tree-scanner-private.h"
#include "watch/tree-scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* How often to look for a directory that is missing: it is watched again within a second. */
#define LOST_INTERVAL (500 * G_TIME_SPAN_MILLISECOND)

/* How long to look, each time, for what cannot be looked at in one directory. */
#define LOST_SLICE (1 * G_TIME_SPAN_MILLISECOND)

gboolean
arc_tree_scanner_follows (const ArcTreeScanner *self, const ArcNode *node)
{
  return node->parent == NULL || self->extent->follow_symlinks;
}

gboolean
arc_tree_scanner_is_itself (const ArcTreeScanner *self, const ArcNode *node)
{
  struct stat info;
  ArcFileId id;

  if (!node->identified ||
      fstatat (AT_FDCWD, node->path, &info,
               arc_tree_scanner_follows (self, node) ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
    return FALSE;

  id = arc_file_id_from_stat (&info);

  return arc_file_id_equal (&id, &node->id);
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
arc_tree_scanner_abort_scan_below (ArcTreeScanner *self, ArcNode *node)
{
  if (self->scan_node == NULL || !arc_node_is_below (self->scan_node, node))
    return;

  arc_directory_reader_close (self->scan);
  arc_tree_scanner_push (self, self->scan_node);
  self->scan_node->generation = 0;
  self->scan_node = NULL;
}

void
arc_tree_scanner_disarm (ArcTreeScanner *self, ArcNode *node)
{
  arc_tree_scanner_abort_scan_below (self, node);
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
  arc_tree_scanner_abort_scan_below (self, node);
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

/* Whether a directory that was lost can be scanned. */
static gboolean
is_readable (ArcTreeScanner *self, ArcNode *node)
{
  g_autoptr (ArcDirectoryReader) scan = arc_directory_reader_new ();
  const ArcNode *other;
  ArcFileId id;

  if (!arc_directory_reader_open (scan, node->path, arc_tree_scanner_follows (self, node), NULL))
    return FALSE;

  id = arc_directory_reader_get_listing (scan)->id;
  other = arc_directory_tree_lookup_id (self->tree, &id);
  if ((other != NULL && other != node) ||
      arc_directory_reader_run (scan, self->extent->filter, arc_node_get_below_root (node), FALSE,
                                0, NULL) == ARC_DIRECTORY_READER_FAILED)
    return FALSE;

  return !arc_directory_reader_get_listing (scan)->is_empty ||
         !arc_tree_scanner_is_bare (self, node, &id);
}

/* Whether something in NODE that could not be looked at can. A dead server may take its time to
 * answer for each name. */
static gboolean
is_any_back (const ArcTreeScanner *self, const ArcNode *node)
{
  const gint64 deadline = g_get_monotonic_time () + LOST_SLICE;
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, node->unseen);
  while (g_hash_table_iter_next (&iter, &name, NULL) && g_get_monotonic_time () < deadline)
    {
      g_autofree char *path = arc_path_join (node->path, name);
      struct stat info;

      if (fstatat (AT_FDCWD, path, &info,
                   self->extent->follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 ||
          arc_directory_reader_is_gone (errno))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_lost (const ArcNode *node)
{
  return node->problem != NULL || node->unseen != NULL;
}

/* Whether there is more to be seen of a directory that was lost. */
static gboolean
is_back (ArcTreeScanner *self, ArcNode *node)
{
  if (node->problem == NULL)
    return is_any_back (self, node);

  return is_readable (self, node);
}

void
arc_tree_scanner_look_for_root (ArcTreeScanner *self, ArcNode *root)
{
  if (is_readable (self, root))
    arc_tree_scanner_push (self, root);
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

      if (node != NULL && is_lost (node) && !is_back (self, node))
        continue;

      g_hash_table_iter_remove (&iter);
      if (node != NULL && is_lost (node))
        arc_tree_scanner_push (self, node);
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
