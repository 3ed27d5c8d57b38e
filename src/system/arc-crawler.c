/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-crawler.h"

#include "core/arc-path.h"
#include "system/arc-inspect.h"
#include "system/arc-looks.h"
#include "system/arc-scan.h"
#include "system/arc-sight.h"
#include "system/arc-tree.h"
#include "system/arc-watches.h"

#include <string.h>

struct _ArcCrawler
{
  ArcSight *sight;
  ArcWatches *watches;
  GHashTable *left_out; /* (element-type filename): directories that are in the tree already under
                           another path */

  ArcChanges *changes; /* (owned): what the scan of a directory found; empty between two */

  guint32 scan_number;
  guint64 generation;     /* of reconciliations */
  gboolean baseline;      /* the first scan, without a snapshot: what it finds is no change */
  gboolean scan_is_owed;  /* looks took all of the last slice */
  gboolean prune_pending; /* the snapshot may know directories that are no nodes */
};

/* Scans */

/* Makes NODE, and no other, the directory ID. */
static gboolean
take_identity (ArcCrawler *self, ArcNode *node, const ArcFileId *id)
{
  ArcNode *other = arc_tree_lookup_id (self->sight->tree, id);

  if (other != NULL && arc_sight_is_in_place (self->sight, other))
    {
      g_autofree char *name = g_filename_display_name (other->path);
      g_autofree char *problem = g_strdup_printf ("it is the same directory as %s", name);

      /* A bind mount, or a link that is followed. */
      if (node->parent == NULL)
        {
          arc_sight_lose (self->sight, node, problem);
          return FALSE;
        }
      g_hash_table_add (self->left_out, g_strdup (node->path));
      arc_sight_drop (self->sight, node, TRUE);
      return FALSE;
    }

  if (other != NULL)
    {
      /* It was moved. First the monitors under the old path go, with all below: they share the
       * kernel's watch with those that are to come. */
      arc_sight_disarm (self->sight, other);
      arc_sight_push (self->sight, other, TRUE);
    }

  arc_tree_identify (self->sight->tree, node, id);

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
fail_scan (ArcCrawler *self, ArcNode *node, gboolean told, const GError *error)
{
  if (node->parent == NULL)
    {
      arc_sight_follow (self->sight, node->path);
      arc_sight_lose (self->sight, node, error->message);
      return;
    }

  if (is_gone (error))
    {
      if (arc_sight_is_clear (self->sight, node->parent))
        arc_sight_forget (self->sight, node, told);
      else
        node->generation = 0;
      return;
    }

  /* What is in it is not known: nothing that was is forgotten. No event comes when a disk answers
   * again, or when there are descriptors again. */
  arc_sight_set_problem (self->sight, node, error->message);
  arc_sight_look_for (self->sight, node);
}

/* Makes sure that NODE, which was opened, is in the tree as what it is, and monitored. FALSE if it
 * is not to be read now. */
static gboolean
enter (ArcCrawler *self, ArcNode *node, gboolean told)
{
  ArcFileId id = arc_scan_get_id (self->sight->scan);

  if (node->identified && !arc_file_id_equal (&node->id, &id))
    {
      arc_sight_disarm (self->sight, node);
      node->generation = self->generation;
    }
  if (!node->identified && !take_identity (self, node, &id))
    return FALSE;

  if (node->monitor != NULL)
    return TRUE;

  /* The monitor comes before the reading: what is made in the directory after that is told, and
   * what was made before is found. */
  arc_watches_arm (self->watches, node);
  if (node->monitor == NULL || self->sight->health != ARC_HEALTH_OK)
    self->sight->health_pending = TRUE;

  /* Is it the directory that was opened that is monitored? An audit would tell, and of all but a
   * root the monitor above. Asked once, so that a file system that cannot tell does not keep us
   * here. */
  if ((node->parent == NULL || !arc_watches_is_audit_due (self->watches)) &&
      node->retried != self->generation && !arc_sight_is_itself (self->sight, node))
    {
      arc_sight_disarm (self->sight, node);
      node->retried = self->generation;
      arc_sight_push (self->sight, node, told);
      return FALSE;
    }

  return TRUE;
}

static void
begin_scan (ArcCrawler *self, ArcNode *node)
{
  g_autoptr (GError) error = NULL;
  gboolean told = node->told;

  node->told = FALSE;
  node->generation = self->generation;
  if (!arc_scan_open (self->sight->scan, node->path, arc_sight_follows (self->sight, node), &error))
    {
      fail_scan (self, node, told, error);
      return;
    }

  if (!enter (self, node, told))
    {
      arc_scan_close (self->sight->scan);
      return;
    }

  /* After the monitor, which GIO gets never if it got no inotify instance at first. A link that was
   * pointed elsewhere before its way was watched gave no event. */
  if (node->parent == NULL && arc_sight_follow (self->sight, node->path) &&
      !arc_sight_is_itself (self->sight, node))
    {
      arc_scan_close (self->sight->scan);
      arc_sight_push (self->sight, node, told);
      return;
    }

  self->sight->scan_node = node;
  self->sight->scan_told = told;
}

/* Files that are too fresh stay as they are known, if they are, until they are looked at again. */
static void
postpone_recent (ArcCrawler *self, ArcNode *node, gboolean told)
{
  GPtrArray *recent = arc_scan_get_recent (self->sight->scan);
  GArray *files = arc_scan_get_files (self->sight->scan);

  for (guint i = 0; i < recent->len; i++)
    {
      const char *name = recent->pdata[i];
      const ArcFingerprint *known = arc_snapshot_lookup (self->sight->snapshot, node->path, name);
      g_autofree char *path = arc_path_join (node->path, name);
      ArcLook *look = arc_looks_ask (self->sight->looks, path);

      if (known != NULL)
        {
          ArcEntry entry = { name, *known };

          g_array_append_val (files, entry);
        }
      else if (self->baseline && !node->scanned && !look->told)
        {
          look->silent = TRUE;
        }

      look->told = look->told || told;
      arc_looks_hold (self->sight->looks, look);
    }
}

/* Files that cannot be looked at stay as they are known, if they are. */
static void
keep_unseen (ArcCrawler *self, ArcNode *node)
{
  GArray *unseen = arc_scan_get_unseen (self->sight->scan);
  GArray *files = arc_scan_get_files (self->sight->scan);

  for (guint i = 0; i < unseen->len; i++)
    {
      const char *name = g_array_index (unseen, ArcScanUnseen, i).name;
      const ArcFingerprint *known = arc_snapshot_lookup (self->sight->snapshot, node->path, name);
      ArcEntry entry = { .name = name };

      if (known == NULL)
        continue;

      entry.fingerprint = *known;
      g_array_append_val (files, entry);
    }
}

/* Their own scans say what became of them. */
static void
keep_unseen_children (ArcCrawler *self, ArcNode *node, gboolean told)
{
  GArray *unseen = arc_scan_get_unseen (self->sight->scan);

  for (guint i = 0; i < unseen->len; i++)
    {
      g_autofree char *path =
          arc_path_join (node->path, g_array_index (unseen, ArcScanUnseen, i).name);
      ArcNode *child = arc_tree_lookup (self->sight->tree, path);

      if (child == NULL)
        continue;

      child->seen = self->scan_number;
      arc_sight_push (self->sight, child, told);
    }
}

/* The look at a link watches its way, and then sees what the link leads to. */
static void
look_at_links (ArcCrawler *self, ArcNode *node, gboolean told)
{
  GPtrArray *links = arc_scan_get_links (self->sight->scan);

  g_clear_pointer (&node->links, g_hash_table_unref);
  for (guint i = 0; i < links->len; i++)
    {
      const char *name = links->pdata[i];
      g_autofree char *path = arc_path_join (node->path, name);
      ArcLook *look;

      arc_sight_add_link (self->sight, node, name);
      if (arc_ways_is_followed (self->sight->ways, path))
        continue;

      look = arc_looks_ask (self->sight->looks, path);
      look->told = look->told || told;
      arc_looks_hold (self->sight->looks, look);
    }
}

static void
add_children (ArcCrawler *self, ArcNode *node, gboolean told)
{
  GArray *children = arc_scan_get_children (self->sight->scan);
  const gboolean some_left_out = g_hash_table_size (self->left_out) > 0;
  ArcNode *next;

  self->scan_number++;
  for (guint i = 0; i < children->len; i++)
    {
      const ArcScanChild *found = &g_array_index (children, ArcScanChild, i);
      g_autofree char *path = arc_path_join (node->path, found->name);
      ArcNode *child = arc_tree_lookup (self->sight->tree, path);

      if (child == NULL && some_left_out && g_hash_table_contains (self->left_out, path))
        continue;

      if (child == NULL)
        child = arc_tree_add (self->sight->tree, node, path);
      child->seen = self->scan_number;

      if (child->generation < node->generation || child->problem != NULL ||
          (child->identified && child->id.inode != found->inode))
        arc_sight_push (self->sight, child, told);
    }

  keep_unseen_children (self, node, told);

  for (ArcNode *child = node->first_child; child != NULL; child = next)
    {
      next = child->next;
      if (child->seen != self->scan_number)
        arc_sight_forget (self->sight, child, told);
    }
}

static void
finish_scan (ArcCrawler *self, ArcNode *node, gboolean told)
{
  GArray *files = arc_scan_get_files (self->sight->scan);
  const gboolean known = !self->baseline || node->scanned;

  if (arc_scan_is_empty (self->sight->scan) && arc_sight_is_bare (self->sight, node, &node->id))
    {
      arc_sight_lose (
          self->sight, node,
          node->parent == NULL
              ? "it is empty, but was not before: if it is meant to be, create any file in it"
              : "it is empty, but another file system was mounted there before: mount it, or, if "
                "it is meant to be empty, create any file in it");
      return;
    }

  /* What it has now, no monitor could tell; and directories in it may have gone meanwhile. */
  if (node->problem != NULL || node->unseen != NULL)
    {
      self->sight->health_pending = TRUE;
      self->prune_pending = TRUE;
      arc_findings_set_expected (self->sight->findings, TRUE);
    }
  g_clear_pointer (&node->problem, g_free);

  postpone_recent (self, node, told);
  keep_unseen (self, node);
  arc_sight_set_unseen (self->sight, node, arc_scan_get_unseen (self->sight->scan));
  if (arc_snapshot_set_directory (self->sight->snapshot, node->path,
                                  (ArcEntry *) (gpointer) files->data, files->len,
                                  known ? self->changes : NULL) > 0 &&
      known)
    {
      arc_findings_add (self->sight->findings, self->changes, told);
      arc_changes_clear (self->changes);
    }
  node->scanned = TRUE;
  node->scanned_as = node->id;
  arc_snapshot_set_mounted (self->sight->snapshot, node->path, arc_sight_is_mounted (node));
  add_children (self, node, told);
  look_at_links (self, node, told);
}

static void
continue_scan (ArcCrawler *self, gint64 deadline)
{
  g_autoptr (GError) error = NULL;
  ArcNode *node = self->sight->scan_node;
  ArcScanResult result =
      arc_scan_run (self->sight->scan, self->sight->extent->filter, arc_node_get_below_root (node),
                    self->sight->extent->follow_symlinks, deadline, &error);

  if (result == ARC_SCAN_MORE)
    return;

  self->sight->scan_node = NULL;
  if (result == ARC_SCAN_FAILED)
    fail_scan (self, node, self->sight->scan_told, error);
  else
    finish_scan (self, node, self->sight->scan_told);
  arc_scan_close (self->sight->scan);
}

/* The end of a scan */

/* (nullable): the directory PATH, or the nearest above it that is in the tree. */
static ArcNode *
find_nearest (ArcCrawler *self, const char *path)
{
  ArcNode *node = arc_tree_lookup (self->sight->tree, path);
  g_autofree char *above = NULL;

  while (node == NULL && strcmp (path, "/") != 0)
    {
      char *parent = g_path_get_dirname (path);

      g_free (above);
      path = above = parent;
      node = arc_tree_lookup (self->sight->tree, path);
    }

  return node;
}

/* Whether no scan met PATH, which is known. Out of sight is not gone. */
static gboolean
is_unmet (ArcCrawler *self, const char *path)
{
  const ArcNode *nearest = find_nearest (self, path);

  return nearest == NULL || (!arc_node_hides (nearest, path) && strcmp (nearest->path, path) != 0);
}

/* Forgets directories that an earlier run, or another tree, knew and no scan met. */
static void
prune (ArcCrawler *self)
{
  g_autofree const char **known = arc_snapshot_get_directories (self->sight->snapshot);
  g_autofree const char **mounted = arc_snapshot_get_mounted (self->sight->snapshot);
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (ArcChanges) changes = arc_changes_new ();

  self->prune_pending = FALSE;

  for (guint i = 0; known[i] != NULL; i++)
    if (is_unmet (self, known[i]))
      g_ptr_array_add (gone, g_strdup (known[i]));

  for (guint i = 0; mounted[i] != NULL; i++)
    if (is_unmet (self, mounted[i]))
      arc_snapshot_set_mounted (self->sight->snapshot, mounted[i], FALSE);

  for (guint i = 0; i < gone->len; i++)
    arc_snapshot_set_directory (self->sight->snapshot, gone->pdata[i], NULL, 0, changes);

  arc_findings_add (self->sight->findings, changes, FALSE);
}

static void
look_at_left_out (ArcCrawler *self)
{
  g_autoptr (GPtrArray) paths = NULL;
  GHashTableIter iter;
  gpointer path;

  self->sight->left_out_pending = FALSE;
  paths = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_iter_init (&iter, self->left_out);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      g_hash_table_iter_steal (&iter);
      g_ptr_array_add (paths, path);
    }

  for (guint i = 0; i < paths->len; i++)
    {
      ArcLook *look = arc_looks_ask (self->sight->looks, paths->pdata[i]);

      look->told = TRUE;
      arc_looks_hold (self->sight->looks, look);
    }
}

/* Takes care of the directories that the kernel does not watch although GIO said nothing. */
static void
arm_deaf (ArcCrawler *self)
{
  g_autoptr (GPtrArray) deaf = arc_watches_take_deaf (self->watches, self->sight->tree);

  for (guint i = 0; i < deaf->len && !arc_watches_is_full (self->watches); i++)
    {
      ArcNode *node = deaf->pdata[i];

      if (node->retried == self->generation)
        continue;

      /* One that is gone is not deaf: the kernel took its watch away, and the hint is on its way.
       */
      node->retried = self->generation;
      arc_sight_push (self->sight, node, !arc_sight_is_in_place (self->sight, node));
    }
}

static void
begin_audit (ArcCrawler *self)
{
  self->sight->health_pending = TRUE;
  arc_watches_begin_audit (self->watches, self->sight->tree);
}

/* The public face */

/* Makes nodes of the roots, and no others roots. */
static void
plant (ArcCrawler *self)
{
  g_autoptr (GPtrArray) nodes = arc_tree_list (self->sight->tree);
  g_autoptr (GPtrArray) unwanted = g_ptr_array_new ();
  const ArcExtent *extent = self->sight->extent;

  for (guint i = 0; i < nodes->len; i++)
    {
      ArcNode *node = nodes->pdata[i];

      if (node->parent == NULL && !arc_extent_has_root (extent, node->path))
        g_ptr_array_add (unwanted, node);
    }

  for (guint i = 0; i < unwanted->len; i++)
    arc_sight_forget (self->sight, unwanted->pdata[i], TRUE);

  for (guint i = 0; i < extent->roots->len; i++)
    {
      ArcNode *node = arc_tree_lookup (self->sight->tree, extent->roots->pdata[i]);

      /* What was a directory of a root may be a root now. */
      if (node != NULL && node->parent != NULL)
        {
          arc_sight_abort_scan_below (self->sight, node);
          arc_tree_drop (self->sight->tree, node, NULL, NULL);
          node = NULL;
        }
      if (node == NULL)
        arc_tree_add (self->sight->tree, NULL, extent->roots->pdata[i]);
    }
}

ArcCrawler *
arc_crawler_new (ArcFindings *findings,
                 ArcMonitorsFunc func,
                 ArcWatchesFunc audited,
                 gpointer user_data)
{
  ArcCrawler *self = g_new0 (ArcCrawler, 1);

  self->sight = arc_sight_new (findings, func, user_data);
  self->watches = arc_watches_new (func, audited, user_data);
  self->left_out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->changes = arc_changes_new ();

  return self;
}

void
arc_crawler_free (ArcCrawler *self)
{
  arc_sight_free (self->sight);
  arc_watches_free (self->watches);
  g_hash_table_unref (self->left_out);
  arc_changes_free (self->changes);
  g_free (self);
}

void
arc_crawler_set_extent (ArcCrawler *self, ArcExtent *extent)
{
  g_clear_pointer (&self->sight->extent, arc_extent_free);
  self->sight->extent = extent;
}

const ArcExtent *
arc_crawler_get_extent (const ArcCrawler *self)
{
  return self->sight->extent;
}

void
arc_crawler_start (ArcCrawler *self, ArcSnapshot *snapshot)
{
  self->baseline = snapshot == NULL;
  arc_snapshot_free (self->sight->snapshot);
  self->sight->snapshot = snapshot != NULL ? snapshot : arc_snapshot_new ();
}

void
arc_crawler_plant (ArcCrawler *self)
{
  /* What it finds now is new to whoever knew the old tree. */
  arc_findings_set_expected (self->sight->findings, TRUE);
  self->prune_pending = !arc_snapshot_is_empty (self->sight->snapshot);
  plant (self);
}

void
arc_crawler_reconcile (ArcCrawler *self)
{
  const ArcExtent *extent = self->sight->extent;

  self->generation++;
  self->sight->active = TRUE;
  arc_watches_begin (self->watches);
  g_hash_table_remove_all (self->left_out);

  for (guint i = 0; i < extent->roots->len; i++)
    arc_sight_push (self->sight, arc_tree_lookup (self->sight->tree, extent->roots->pdata[i]),
                    FALSE);
}

typedef struct
{
  ArcCrawler *crawler;
  ArcChanges *found;
} Hidden;

static void
add_hidden (const char *path, ArcChange change, gpointer user_data)
{
  Hidden *hidden = user_data;
  g_autofree char *directory = g_path_get_dirname (path);
  const ArcNode *nearest = find_nearest (hidden->crawler, directory);

  if (nearest != NULL && arc_node_hides (nearest, path))
    arc_changes_add (hidden->found, path, change);
}

ArcChanges *
arc_crawler_find_hidden (ArcCrawler *self, const ArcChanges *changes)
{
  ArcChanges *found = arc_changes_new ();

  arc_changes_foreach (changes, add_hidden, &(Hidden){ self, found });

  return found;
}

void
arc_crawler_mark_dirty (ArcCrawler *self, const ArcChanges *files)
{
  arc_snapshot_mark_dirty (self->sight->snapshot, files);
}

void
arc_crawler_expect (ArcCrawler *self)
{
  arc_findings_set_expected (self->sight->findings, TRUE);
}

void
arc_crawler_stop (ArcCrawler *self)
{
  arc_scan_close (self->sight->scan);
  self->sight->scan_node = NULL;
  arc_watches_cancel_audit (self->watches);
  arc_looks_clear (self->sight->looks);
  arc_ways_clear (self->sight->ways);
  arc_tree_free (self->sight->tree);
  self->sight->tree = arc_tree_new ();
}

void
arc_crawler_hint (ArcCrawler *self, const char *path, ArcHint hint)
{
  ArcLook *look = arc_looks_ask (self->sight->looks, path);

  look->told = TRUE;
  switch (hint)
    {
    case ARC_HINT_LOOK:
      break;
    case ARC_HINT_ATTRIBUTES:
      look->attributes = TRUE;
      break;
    case ARC_HINT_MOVED:
      look->moved = TRUE;
      break;
    }
}

void
arc_crawler_work (ArcCrawler *self, gint64 deadline)
{
  gint64 now;
  gint64 due;

  /* No look while a directory is being read: what the scan saw first would overwrite it. */
  for (now = g_get_monotonic_time (); now < deadline; now = g_get_monotonic_time ())
    {
      ArcLook *look = NULL;
      ArcNode *node = NULL;

      if (self->sight->scan_node == NULL && !self->scan_is_owed)
        look = arc_looks_take (self->sight->looks, now);
      if (self->sight->scan_node == NULL && look == NULL)
        node = arc_tree_pop (self->sight->tree);

      if (look != NULL)
        {
          arc_inspect (self->sight, look);
          continue;
        }

      self->scan_is_owed = FALSE;
      if (node != NULL)
        begin_scan (self, node);
      if (self->sight->scan_node != NULL)
        continue_scan (self, deadline);
      else if (node == NULL)
        break;
    }

  due = arc_looks_get_due (self->sight->looks);
  self->scan_is_owed = due >= 0 && due <= now && !arc_tree_is_idle (self->sight->tree);
}

void
arc_crawler_look_for_lost (ArcCrawler *self, gint64 now)
{
  arc_sight_look_for_lost (self->sight, now);
}

gboolean
arc_crawler_is_busy (const ArcCrawler *self)
{
  return self->sight->scan_node != NULL || !arc_tree_is_idle (self->sight->tree) ||
         arc_looks_get_n_holding (self->sight->looks) > 0 ||
         arc_watches_is_auditing (self->watches);
}

gboolean
arc_crawler_is_active (const ArcCrawler *self)
{
  return self->sight->active;
}

gint64
arc_crawler_get_due (const ArcCrawler *self)
{
  gint64 due = arc_looks_get_due (self->sight->looks);

  if (self->sight->scan_node != NULL || !arc_tree_is_idle (self->sight->tree))
    return 0;
  if (self->sight->lost_check == 0)
    return due;

  return due < 0 ? self->sight->lost_check : MIN (due, self->sight->lost_check);
}

gboolean
arc_crawler_conclude (ArcCrawler *self)
{
  const ArcExtent *extent = self->sight->extent;

  if (self->prune_pending)
    prune (self);
  if (self->sight->left_out_pending)
    look_at_left_out (self);
  if (!arc_crawler_is_busy (self))
    arc_sight_prune_ways (self->sight);
  if (!arc_crawler_is_busy (self))
    arm_deaf (self);
  if (!arc_crawler_is_busy (self) &&
      arc_watches_wants_audit (self->watches,
                               extent->roots->len > 0 ? extent->roots->pdata[0] : "/"))
    begin_audit (self);

  return !arc_crawler_is_busy (self);
}

void
arc_crawler_rest (ArcCrawler *self)
{
  self->sight->active = FALSE;
  self->baseline = FALSE;
  arc_findings_set_expected (self->sight->findings, FALSE);
}

gboolean
arc_crawler_has_new_health (const ArcCrawler *self)
{
  return self->sight->health_pending;
}

ArcHealth
arc_crawler_assess (ArcCrawler *self, char **message)
{
  self->sight->health_pending = FALSE;
  self->sight->health =
      arc_health_assess (self->sight->tree, self->watches, self->sight->ways, message);

  return self->sight->health;
}

guint
arc_crawler_get_n_directories (const ArcCrawler *self)
{
  return arc_tree_get_size (self->sight->tree);
}

const ArcSnapshot *
arc_crawler_get_snapshot (const ArcCrawler *self)
{
  return self->sight->snapshot;
}
