/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/path.h"
#include "watch/tree-scanner-private.h"

/* Makes NODE, and no other, the directory ID. */
static gboolean
take_identity (ArcTreeScanner *self, ArcNode *node, const ArcFileId *id)
{
  ArcNode *other = arc_directory_tree_lookup_id (self->tree, id);

  if (other != NULL && arc_tree_scanner_is_in_place (self, other))
    {
      g_autofree char *name = g_filename_display_name (other->path);
      g_autofree char *problem = g_strdup_printf ("it is the same directory as %s", name);

      /* A bind mount, or a link that is followed. */
      if (node->parent == NULL)
        {
          arc_tree_scanner_lose (self, node, problem);
          return FALSE;
        }
      g_hash_table_add (self->left_out, g_strdup (node->path));
      arc_tree_scanner_drop (self, node);
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

static void
fail_scan (ArcTreeScanner *self, ArcNode *node, const GError *error)
{
  if (node->parent == NULL)
    {
      arc_path_monitor_follow (self->ways, node->path);
      arc_tree_scanner_lose (self, node, error->message);
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
  arc_tree_scanner_set_problem (self, node, error->message);
  arc_tree_scanner_look_for (self, node);
}

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
  if (!node->identified && !take_identity (self, node, &id))
    return FALSE;

  if (node->monitor == NULL)
    {
      /* The monitor comes before the reading: what is made in the directory later gives an event,
       * and what was made before is found. */
      arc_monitor_budget_arm (self->watches, node);
      if (node->monitor == NULL || self->health != ARC_HEALTH_OK)
        self->health_pending = TRUE;

      /* Is it the directory that was opened that is monitored? An audit would find out, and, for
       * all but a root, the monitor above. Checked once, so that a file system with changing
       * identities causes no loop. */
      job->verifies = (node->parent == NULL || !arc_monitor_budget_is_audit_due (self->watches)) &&
                      node->retried != self->generation;
    }

  /* After the monitor, which GIO gets never if it got no inotify instance at first. A link that was
   * pointed elsewhere before its way was watched gave no event. */
  job->way_changed = node->parent == NULL && arc_path_monitor_follow (self->ways, node->path);

  return TRUE;
}

void
arc_tree_scanner_begin_scan (ArcTreeScanner *self, ArcNode *node)
{
  ArcDiskJob *job;

  node->generation = self->generation;
  if (arc_tree_scanner_has_stuck (self, node))
    return;

  job = arc_disk_worker_make_job (self->worker, ARC_DISK_JOB_OPEN, node->path);
  job->node = node;
  job->follow = arc_tree_scanner_follows (self, node);
  job->follow_symlinks = self->extent->follow_symlinks;
  job->filter = arc_path_filter_ref (self->extent->filter);
  job->below_root = g_strdup (arc_node_get_below_root (node));
  job->expects_id = node->identified && node->monitor != NULL && node->parent != NULL;
  job->id = node->id;
  arc_tree_scanner_push_job (self, job);
}

/* Files that are too fresh stay as they are known, if they are, until they are looked at again. */
static void
postpone_recent (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  GPtrArray *recent = listing->recent;
  GArray *files = listing->files;

  for (guint i = 0; i < recent->len; i++)
    {
      const char *name = recent->pdata[i];
      const ArcFingerprint *known = arc_snapshot_lookup (self->snapshot, node->path, name);
      g_autofree char *path = arc_path_join (node->path, name);
      ArcRecheck *look = arc_recheck_queue_ask (self->looks, path);

      if (known != NULL)
        {
          ArcEntry entry = { name, *known };

          g_array_append_val (files, entry);
        }
      else if (self->baseline && !node->scanned && !look->hinted)
        {
          look->silent = TRUE;
        }

      arc_recheck_queue_hold (self->looks, look);
    }
}

/* Files that cannot be looked at stay as they are known, if they are. */
static void
keep_unseen (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  GArray *unseen = listing->unseen;
  GArray *files = listing->files;

  for (guint i = 0; i < unseen->len; i++)
    {
      const char *name = g_array_index (unseen, ArcDirectoryReaderUnseen, i).name;
      const ArcFingerprint *known = arc_snapshot_lookup (self->snapshot, node->path, name);
      ArcEntry entry = { .name = name };

      if (known == NULL)
        continue;

      entry.fingerprint = *known;
      g_array_append_val (files, entry);
    }
}

/* Their own scans say what became of them. */
static void
keep_unseen_children (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  GArray *unseen = listing->unseen;

  for (guint i = 0; i < unseen->len; i++)
    {
      g_autofree char *path =
          arc_path_join (node->path, g_array_index (unseen, ArcDirectoryReaderUnseen, i).name);
      ArcNode *child = arc_directory_tree_lookup (self->tree, path);

      if (child == NULL)
        continue;

      child->seen = self->scan_number;
      arc_tree_scanner_push (self, child);
    }
}

/* The look at a link watches its way, and then sees what the link leads to. */
static void
look_at_links (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  GPtrArray *links = listing->links;

  g_clear_pointer (&node->links, g_hash_table_unref);
  for (guint i = 0; i < links->len; i++)
    {
      const char *name = links->pdata[i];
      g_autofree char *path = arc_path_join (node->path, name);
      ArcRecheck *look;

      arc_node_add_link (node, name);
      if (!self->extent->follow_symlinks || arc_path_monitor_is_followed (self->ways, path))
        continue;

      look = arc_recheck_queue_ask (self->looks, path);
      arc_recheck_queue_hold (self->looks, look);
    }
}

static void
add_children (ArcTreeScanner *self, ArcNode *node, const ArcDirectoryListing *listing)
{
  GArray *children = listing->children;
  const gboolean some_left_out = g_hash_table_size (self->left_out) > 0;
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

  keep_unseen_children (self, node, listing);

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

  if (listing->is_empty && arc_tree_scanner_is_bare (self, node, &node->id))
    {
      arc_tree_scanner_lose (
          self, node,
          node->parent == NULL
              ? "it is empty, but was not before: if it is meant to be, create any file in it"
              : "it is empty, but another file system was mounted there before: mount it, or, if "
                "it is meant to be empty, create any file in it");
      return;
    }

  /* Directories in it may have gone meanwhile. */
  if (node->problem != NULL || node->unseen != NULL)
    {
      self->health_pending = TRUE;
      self->prune_pending = TRUE;
    }
  g_clear_pointer (&node->problem, g_free);

  postpone_recent (self, node, listing);
  keep_unseen (self, node, listing);
  arc_tree_scanner_set_unseen (self, node, listing->unseen);
  arc_snapshot_set_directory (self->snapshot, node->path, (ArcEntry *) (gpointer) files->data,
                              files->len, known ? self->changes : NULL);
  node->scanned = TRUE;
  node->scanned_as = node->id;
  arc_snapshot_set_mounted (self->snapshot, node->path, arc_tree_scanner_is_mounted (node));
  add_children (self, node, listing);
  look_at_links (self, node, listing);
}

/* Whether JOB, which was to read NODE, found another directory at its path. */
static gboolean
is_elsewhere (ArcTreeScanner *self, ArcNode *node, const ArcDiskJob *job)
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
arc_tree_scanner_continue_scan (ArcTreeScanner *self, ArcDiskJob *job)
{
  ArcNode *node = job->node;

  if (node == NULL || is_elsewhere (self, node, job))
    {
      arc_disk_worker_free_job (self->worker, job);
      return;
    }

  if (job->error == NULL && !job->is_read && enter (self, node, job))
    {
      job->kind = ARC_DISK_JOB_READ;
      job->verifies = job->verifies || job->way_changed;
      arc_tree_scanner_push_job (self, job);
      return;
    }

  if (job->error != NULL)
    fail_scan (self, node, job->error);
  else if (job->is_read)
    finish_scan (self, node, arc_directory_reader_get_listing (job->reader));
  arc_disk_worker_free_job (self->worker, job);
}
