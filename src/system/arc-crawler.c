/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-crawler.h"

#include "core/arc-path.h"
#include "system/arc-looks.h"
#include "system/arc-scan.h"
#include "system/arc-tree.h"
#include "system/arc-watches.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* How long a file that is changed all the time is not told because it is too fresh. */
#define MAX_GRAINS 5

/* What is too fresh is looked at again on a grid of this. */
#define GRID (10 * G_TIME_SPAN_MILLISECOND)

/* How often to look for a directory that is out of sight. */
#define LOST_INTERVAL (2 * G_TIME_SPAN_SECOND)

struct _ArcCrawler
{
  ArcExtent *extent; /* (nullable): until the first one is set */

  ArcSnapshot *snapshot;
  ArcFindings *findings; /* (unowned) */
  ArcWatches *watches;
  ArcTree *tree;
  ArcLooks *looks;
  GHashTable *left_out; /* (element-type filename): directories that are in the tree already under
                           another path */

  /* The scan under way. */
  ArcScan *scan;      /* (nullable) */
  ArcNode *scan_node; /* (unowned) (nullable) */
  gboolean scan_told;
  guint32 scan_number;

  guint64 generation;      /* of reconciliations */
  gboolean active;         /* directories were queued or went since arc_crawler_rest() */
  gboolean baseline;       /* the first scan, without a snapshot: what it finds is no change */
  gboolean scan_is_owed;   /* looks took all of the last slice */
  gboolean prune_pending;  /* the snapshot may know directories that are no nodes */
  gboolean health_pending; /* something happened that the health depends on */
  ArcHealth health;        /* when it was last assessed */
  gboolean left_out_pending;
  GHashTable *lost;  /* (element-type filename): directories that are out of sight and to be looked
                        for; some may be back, or forgotten, already */
  gint64 lost_check; /* when to look for them; 0: there are none */
};

/* Paths */

static gboolean
is_lost_root (const ArcNode *node)
{
  return node->parent == NULL && node->problem != NULL;
}

static gboolean
get_info (const char *path, gboolean follow, struct stat *info)
{
  return (follow ? stat (path, info) : lstat (path, info)) == 0;
}

static gboolean
follows (ArcCrawler *self, const ArcNode *node)
{
  return node->parent == NULL || self->extent->follow_symlinks;
}

/* Whether there is still the same directory at the path of NODE. */
static gboolean
is_itself (ArcCrawler *self, const ArcNode *node)
{
  struct stat info;
  ArcFileId id;

  if (!node->identified || !get_info (node->path, follows (self, node), &info))
    return FALSE;

  id = arc_file_id_from_stat (&info);

  return arc_file_id_equal (&id, &node->id);
}

/* Whether a directory and all above it, up to the root, are still where they were. */
static gboolean
is_in_place (ArcCrawler *self, const ArcNode *node)
{
  while (node != NULL && is_itself (self, node))
    node = node->parent;

  return node == NULL;
}

static void
push (ArcCrawler *self, ArcNode *node, gboolean told)
{
  arc_tree_push (self->tree, node, told);
  self->active = TRUE;
}

static ArcLook *
look_at_again (ArcCrawler *self, const char *path, gboolean told)
{
  ArcLook *look = arc_looks_ask (self->looks, path);

  look->told = look->told || told;

  return look;
}

/* Directories */

static void
abort_scan_below (ArcCrawler *self, ArcNode *node)
{
  if (self->scan == NULL || !arc_node_is_below (self->scan_node, node))
    return;

  g_clear_pointer (&self->scan, arc_scan_free);
  push (self, self->scan_node, self->scan_told);
  self->scan_node->generation = 0;
  self->scan_node = NULL;
}

static void
disarm (ArcCrawler *self, ArcNode *node)
{
  abort_scan_below (self, node);
  arc_tree_disarm (self->tree, node);
  self->left_out_pending = TRUE;
}

typedef struct
{
  ArcCrawler *crawler;
  ArcChanges *changes;
} Forget;

static void
forget_files (ArcNode *node, gpointer user_data)
{
  Forget *forget = user_data;

  arc_snapshot_set_directory (forget->crawler->snapshot, node->path, NULL, 0, forget->changes);
}

static void
drop_with_files (ArcCrawler *self, ArcNode *node, gboolean told)
{
  g_autoptr (ArcChanges) changes = arc_changes_new ();
  Forget forget = { self, changes };

  abort_scan_below (self, node);
  arc_tree_drop (self->tree, node, forget_files, &forget);
  arc_findings_add (self->findings, changes, told);

  /* The numbers in the message, if not the whole of it. */
  if (self->health != ARC_HEALTH_OK)
    self->health_pending = TRUE;
}

/* The directory is gone. Maybe it was what kept another path out of the tree. */
static void
forget_directory (ArcCrawler *self, ArcNode *node, gboolean told)
{
  drop_with_files (self, node, told);
  self->left_out_pending = TRUE;
  self->active = TRUE;
}

static void
set_problem (ArcCrawler *self, ArcNode *node, const char *problem)
{
  if (g_strcmp0 (node->problem, problem) == 0)
    return;

  g_free (node->problem);
  node->problem = g_strdup (problem);
  self->health_pending = TRUE;
}

/* NODE cannot be read; try again soon. */
static void
look_for (ArcCrawler *self, const ArcNode *node)
{
  g_hash_table_add (self->lost, g_strdup (node->path));
  self->lost_check = g_get_monotonic_time () + LOST_INTERVAL;
}

/* NODE is not there. Its files are only out of sight: the snapshot keeps them. */
static void
lose (ArcCrawler *self, ArcNode *node, const char *problem)
{
  disarm (self, node);
  while (node->first_child != NULL)
    arc_tree_drop (self->tree, node->first_child, NULL, NULL);

  set_problem (self, node, problem);
  look_for (self, node);
}

/* Whether NODE, if it is the directory ID now, and empty, is more likely the place where something
 * was mounted than one that somebody emptied. */
static gboolean
is_bare (ArcCrawler *self, const ArcNode *node, const ArcFileId *id)
{
  gboolean same;

  /* A root may be removed and made anew when it is unmounted; any other must be where another file
   * system was. */
  if (node->parent == NULL)
    same = node->scanned && node->problem == NULL && arc_file_id_equal (&node->scanned_as, id);
  else
    same = !node->scanned || node->scanned_as.device == id->device;

  return !same && arc_snapshot_has_files_below (self->snapshot, node->path);
}

/* Whether a directory that was lost can be scanned. */
static gboolean
is_back (ArcCrawler *self, ArcNode *node)
{
  g_autoptr (ArcScan) scan = arc_scan_open (node->path, follows (self, node), NULL);
  const ArcNode *other;
  ArcFileId id;

  if (scan == NULL)
    return FALSE;

  id = arc_scan_get_id (scan);
  other = arc_tree_lookup_id (self->tree, &id);
  if ((other != NULL && other != node) ||
      arc_scan_run (scan, self->extent->filter, arc_node_get_below_root (node), FALSE, 0, NULL) ==
          ARC_SCAN_FAILED)
    return FALSE;

  return !arc_scan_is_empty (scan) || !is_bare (self, node, &id);
}

void
arc_crawler_look_for_lost (ArcCrawler *self, gint64 now)
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
        push (self, node, FALSE);
    }

  self->lost_check = g_hash_table_size (self->lost) > 0 ? now + LOST_INTERVAL : 0;
}

/* Makes NODE, and no other, the directory ID. */
static gboolean
take_identity (ArcCrawler *self, ArcNode *node, const ArcFileId *id)
{
  ArcNode *other = arc_tree_lookup_id (self->tree, id);

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
      drop_with_files (self, node, TRUE);
      return FALSE;
    }

  if (other != NULL)
    {
      /* It was moved. First the monitors under the old path go, with all below: they share the
       * kernel's watch with those that are to come. */
      disarm (self, other);
      push (self, other, TRUE);
    }

  arc_tree_identify (self->tree, node, id);

  return TRUE;
}

/* Whether NODE is a root, or where another file system was mounted when it was scanned. */
static gboolean
is_mounted (const ArcNode *node)
{
  return node->parent == NULL ||
         (node->scanned && node->scanned_as.device != node->parent->scanned_as.device);
}

/* Whether what is missing in NODE is gone, rather than out of sight: when a file system is
 * unmounted, each of its directories tells (IN_UNMOUNT, inotify(7)). */
static gboolean
is_in_sight (ArcCrawler *self, ArcNode *node)
{
  for (ArcNode *above = node; above != NULL; above = above->parent)
    if (is_mounted (above) && !is_itself (self, above))
      {
        push (self, above, TRUE);
        return FALSE;
      }

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
      lose (self, node, error->message);
      return;
    }

  if (is_gone (error))
    {
      if (is_in_sight (self, node->parent))
        forget_directory (self, node, told);
      else
        node->generation = 0;
      return;
    }

  /* What is in it, nobody knows: nothing that is known of it is forgotten. */
  set_problem (self, node, error->message);

  /* Nothing will tell when there are descriptors again. */
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_MFILE) ||
      g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NFILE))
    look_for (self, node);
}

static void
begin_scan (ArcCrawler *self, ArcNode *node)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcScan) scan = arc_scan_open (node->path, follows (self, node), &error);
  gboolean told = node->told;
  ArcFileId id;

  node->told = FALSE;
  node->generation = self->generation;
  if (scan == NULL)
    {
      fail_scan (self, node, told, error);
      return;
    }

  id = arc_scan_get_id (scan);
  if (node->identified && !arc_file_id_equal (&node->id, &id))
    {
      disarm (self, node);
      node->generation = self->generation;
    }
  if (!node->identified && !take_identity (self, node, &id))
    return;

  if (node->monitor == NULL)
    {
      /* The monitor comes before the reading: what is made in the directory after that is told, and
       * what was made before is found. */
      arc_watches_arm (self->watches, node);
      if (node->monitor == NULL || self->health != ARC_HEALTH_OK)
        self->health_pending = TRUE;

      /* Is it the directory that was opened that is monitored? An audit would tell, and of all but
       * a root the monitor above. Asked once, so that a file system that cannot tell does not keep
       * us here. */
      if ((node->parent == NULL || !arc_watches_is_audit_due (self->watches)) &&
          node->retried != self->generation && !is_itself (self, node))
        {
          disarm (self, node);
          node->retried = self->generation;
          push (self, node, told);
          return;
        }
    }

  self->scan = g_steal_pointer (&scan);
  self->scan_node = node;
  self->scan_told = told;
}

/* Files that are too fresh stay as they are known, if they are, until they are looked at again. */
static void
postpone_recent (ArcCrawler *self, ArcNode *node, ArcScan *scan, gboolean told)
{
  GPtrArray *recent = arc_scan_get_recent (scan);
  GArray *files = arc_scan_get_files (scan);

  for (guint i = 0; i < recent->len; i++)
    {
      const char *name = recent->pdata[i];
      const ArcFingerprint *known = arc_snapshot_lookup (self->snapshot, node->path, name);
      g_autofree char *path = arc_path_join (node->path, name);
      ArcLook *look = arc_looks_ask (self->looks, path);

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
      arc_looks_hold (self->looks, look);
    }
}

static void
add_children (ArcCrawler *self, ArcNode *node, ArcScan *scan, gboolean told)
{
  GArray *children = arc_scan_get_children (scan);
  ArcNode *next;

  self->scan_number++;
  for (guint i = 0; i < children->len; i++)
    {
      const ArcScanChild *found = &g_array_index (children, ArcScanChild, i);
      g_autofree char *path = arc_path_join (node->path, found->name);
      ArcNode *child = arc_tree_lookup (self->tree, path);

      if (child == NULL && g_hash_table_contains (self->left_out, path))
        continue;

      if (child == NULL)
        child = arc_tree_add (self->tree, node, path);
      child->seen = self->scan_number;

      if (child->generation < node->generation ||
          (child->identified && child->id.inode != found->inode))
        push (self, child, told);
    }

  for (ArcNode *child = node->first_child; child != NULL; child = next)
    {
      next = child->next;
      if (child->seen != self->scan_number)
        forget_directory (self, child, told);
    }
}

static void
finish_scan (ArcCrawler *self, ArcScan *scan, ArcNode *node, gboolean told)
{
  g_autoptr (ArcChanges) changes = NULL;
  GArray *files = arc_scan_get_files (scan);

  if (arc_scan_is_empty (scan) && is_bare (self, node, &node->id))
    {
      lose (self, node,
            node->parent == NULL
                ? "it is empty, but was not before: if it is meant to be, create any file in it"
                : "it is empty, but another file system was mounted there before: mount it, or, if "
                  "it is meant to be empty, create any file in it");
      return;
    }

  /* What it has now, no monitor could tell; and directories in it may have gone meanwhile. */
  if (node->problem != NULL)
    {
      self->health_pending = TRUE;
      self->prune_pending = TRUE;
      arc_findings_set_expected (self->findings, TRUE);
    }
  g_clear_pointer (&node->problem, g_free);

  postpone_recent (self, node, scan, told);
  if (!self->baseline || node->scanned)
    changes = arc_changes_new ();
  if (arc_snapshot_set_directory (self->snapshot, node->path, (ArcEntry *) (gpointer) files->data,
                                  files->len, changes) > 0 &&
      changes != NULL)
    arc_findings_add (self->findings, changes, told);
  node->scanned = TRUE;
  node->scanned_as = node->id;
  add_children (self, node, scan, told);
}

static void
continue_scan (ArcCrawler *self, gint64 deadline)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcScan) scan = NULL;
  ArcNode *node = self->scan_node;
  ArcScanResult result =
      arc_scan_run (self->scan, self->extent->filter, arc_node_get_below_root (node),
                    self->extent->follow_symlinks, deadline, &error);

  if (result == ARC_SCAN_MORE)
    return;

  scan = g_steal_pointer (&self->scan);
  self->scan_node = NULL;
  if (result == ARC_SCAN_FAILED)
    fail_scan (self, node, self->scan_told, error);
  else
    finish_scan (self, scan, node, self->scan_told);
}

/* Looks */

static void
look_at_root (ArcCrawler *self, ArcNode *root, const ArcLook *look)
{
  struct stat info;
  ArcFileId id;

  if (is_lost_root (root))
    return;

  if (get_info (root->path, TRUE, &info))
    {
      id = arc_file_id_from_stat (&info);
      if (!look->moved && !look->attributes && root->identified &&
          arc_file_id_equal (&id, &root->id))
        return;
    }

  if (look->moved)
    disarm (self, root);
  push (self, root, TRUE);
}

static void
look_at_directory (
    ArcCrawler *self, ArcNode *parent, ArcNode *node, const ArcLook *look, const struct stat *info)
{
  g_autofree char *below =
      arc_path_join (arc_node_get_below_root (parent), strrchr (look->path, '/') + 1);
  ArcFileId id = arc_file_id_from_stat (info);

  if (!arc_filter_match_directory (self->extent->filter, below[0] == '/' ? below + 1 : below, NULL))
    {
      if (node != NULL)
        forget_directory (self, node, look->told);
      return;
    }

  if (node == NULL)
    {
      node = arc_tree_add (self->tree, parent, look->path);
      push (self, node, look->told);
    }
  else if (look->moved || !node->identified || !arc_file_id_equal (&node->id, &id))
    {
      disarm (self, node);
      push (self, node, look->told);
    }
  else if (look->attributes || node->problem != NULL)
    {
      push (self, node, look->told);
    }
}

/* What LOOK looked at is no file, or none that matters. */
static void
forget_file (ArcCrawler *self, const char *directory, const ArcLook *look)
{
  g_autoptr (ArcChanges) changes = NULL;
  const char *name = strrchr (look->path, '/') + 1;

  if (arc_snapshot_lookup (self->snapshot, directory, name) == NULL)
    return;

  changes = arc_changes_new ();
  arc_snapshot_set_file (self->snapshot, directory, name, NULL, changes);
  arc_findings_add (self->findings, changes, look->told);
}

typedef enum
{
  FRESHNESS_OLD,    /* a later change will show in the fingerprint */
  FRESHNESS_FRESH,  /* one may not; to be looked at again at a later time */
  FRESHNESS_STEADY, /* the same, and so for a long time: the file is written all the time */
  FRESHNESS_FUTURE, /* stamped by another machine, or before the clock was put back */
} Freshness;

static Freshness
get_freshness (const ArcLook *look, const ArcFingerprint *fingerprint, gint64 *due)
{
  gint64 now = arc_get_stamp_time ();
  gint64 grain = arc_fingerprint_get_grain (fingerprint) / 1000;
  gint64 monotonic = g_get_monotonic_time ();

  if (!arc_fingerprint_is_recent (fingerprint, now))
    return FRESHNESS_OLD;
  /* The clock for stamps lags behind by at most a tick. */
  if (fingerprint->ctime_ns > now + arc_fingerprint_get_grain (fingerprint))
    return FRESHNESS_FUTURE;

  /* On a grid, so that files that were written together are told together. */
  *due = monotonic + grain - (now - fingerprint->ctime_ns) / 1000;
  *due = (*due / GRID + 1) * GRID;

  return monotonic - look->first > MAX_GRAINS * grain ? FRESHNESS_STEADY : FRESHNESS_FRESH;
}

/* Takes over what a look at a file that matters found. (transfer full) LOOK */
static void
see_file (ArcCrawler *self, ArcNode *parent, ArcLook *look, ArcFingerprint fingerprint)
{
  g_autoptr (ArcLook) owned = look;
  g_autoptr (ArcChanges) changes = arc_changes_new ();
  const char *name = strrchr (look->path, '/') + 1;
  Freshness freshness;
  gboolean changed;
  gint64 due = 0;

  freshness = get_freshness (look, &fingerprint, &due);
  if (freshness == FRESHNESS_STEADY && !self->active)
    freshness = FRESHNESS_FRESH;

  /* During a scan a fresh file waits, so that all in the snapshot is old when a reconciliation
   * settles: a write that left no trace was before that. Else it is told at once, since nobody
   * relies on the snapshot before the next reconciliation. */
  if (freshness == FRESHNESS_FRESH && (self->active || !look->told))
    {
      arc_looks_postpone (self->looks, g_steal_pointer (&owned), due);
      return;
    }

  /* So that the next look finds a difference whatever it sees. */
  if (freshness == FRESHNESS_STEADY)
    fingerprint.ctime_ns = 0;

  changed = arc_snapshot_set_file (self->snapshot, parent->path, name, &fingerprint, changes);
  if (freshness == FRESHNESS_FUTURE && !changed && look->told)
    arc_changes_add (changes, look->path, ARC_CHANGE_MODIFIED);
  if (!look->silent)
    arc_findings_add (self->findings, changes, look->told);

  if (freshness == FRESHNESS_FRESH)
    {
      look->first = g_get_monotonic_time ();
      arc_looks_postpone (self->looks, g_steal_pointer (&owned), due);
    }
  else if (freshness == FRESHNESS_STEADY)
    {
      look->first = g_get_monotonic_time ();
      look->silent = FALSE;
      look->holding = FALSE;
      arc_looks_postpone (self->looks, g_steal_pointer (&owned), due);
    }
}

static void
look_at_file (ArcCrawler *self,
              ArcNode *parent,
              ArcLook *look /* (transfer full) */,
              const struct stat *info)
{
  g_autoptr (ArcLook) owned = look;
  const char *name = strrchr (look->path, '/') + 1;
  g_autofree char *below = arc_path_join (arc_node_get_below_root (parent), name);

  if (arc_filter_match_file (self->extent->filter, below[0] == '/' ? below + 1 : below, NULL))
    see_file (self, parent, g_steal_pointer (&owned), arc_fingerprint_from_stat (info));
  else
    forget_file (self, parent->path, look);
}

static void
look_at (ArcCrawler *self, ArcLook *look /* (transfer full) */)
{
  g_autoptr (ArcLook) owned = look;
  g_autofree char *directory = g_path_get_dirname (look->path);
  ArcNode *parent = arc_tree_lookup (self->tree, directory);
  ArcNode *node = arc_tree_lookup (self->tree, look->path);
  struct stat info;
  gboolean exists;

  if (look->told && self->active)
    arc_findings_tell (self->findings, look->path);

  if (node != NULL && node->parent == NULL)
    {
      look_at_root (self, node, look);
      return;
    }

  /* Not in the tree, or not scanned yet, which will find it. */
  if (parent == NULL || !parent->scanned || parent->problem != NULL)
    return;

  errno = 0;
  exists = get_info (look->path, self->extent->follow_symlinks, &info);
  if (!exists && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
    {
      /* The parent cannot be searched any more: let its scan say so. */
      push (self, parent, look->told);
      return;
    }

  if (!exists && !is_in_sight (self, parent))
    return;

  if (node != NULL && !(exists && S_ISDIR (info.st_mode)))
    {
      forget_directory (self, node, look->told);
      node = NULL;
    }

  if (exists && S_ISREG (info.st_mode))
    {
      look_at_file (self, parent, g_steal_pointer (&owned), &info);
      return;
    }

  forget_file (self, directory, look);
  if (exists && S_ISDIR (info.st_mode))
    look_at_directory (self, parent, node, look, &info);
}

/* The end of a scan */

/* Forgets directories that an earlier run, or another tree, knew and no scan met. */
static void
prune (ArcCrawler *self)
{
  g_autofree const char **known = arc_snapshot_get_directories (self->snapshot);
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (ArcChanges) changes = arc_changes_new ();

  self->prune_pending = FALSE;

  for (guint i = 0; known[i] != NULL; i++)
    {
      ArcNode *node = arc_tree_lookup (self->tree, known[i]);
      g_autofree char *above = g_strdup (known[i]);

      if (node != NULL)
        continue;

      while (node == NULL && strcmp (above, "/") != 0)
        {
          char *parent = g_path_get_dirname (above);

          g_free (above);
          above = parent;
          node = arc_tree_lookup (self->tree, above);
        }

      /* Out of sight is not gone. */
      if (node == NULL || node->problem == NULL)
        g_ptr_array_add (gone, g_strdup (known[i]));
    }

  for (guint i = 0; i < gone->len; i++)
    arc_snapshot_set_directory (self->snapshot, gone->pdata[i], NULL, 0, changes);

  arc_findings_add (self->findings, changes, FALSE);
}

static void
look_at_left_out (ArcCrawler *self)
{
  g_autoptr (GPtrArray) paths = NULL;
  GHashTableIter iter;
  gpointer path;

  self->left_out_pending = FALSE;
  paths = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_iter_init (&iter, self->left_out);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      g_hash_table_iter_steal (&iter);
      g_ptr_array_add (paths, path);
    }

  for (guint i = 0; i < paths->len; i++)
    {
      ArcLook *look = look_at_again (self, paths->pdata[i], TRUE);

      arc_looks_hold (self->looks, look);
    }
}

/* Takes care of the directories that the kernel does not watch although GIO said nothing. */
static void
arm_deaf (ArcCrawler *self)
{
  g_autoptr (GPtrArray) deaf = arc_watches_take_deaf (self->watches, self->tree);

  for (guint i = 0; i < deaf->len && !arc_watches_is_full (self->watches); i++)
    {
      ArcNode *node = deaf->pdata[i];

      if (node->retried == self->generation)
        continue;

      /* One that is gone is not deaf: the kernel took its watch away, and the hint is on its way.
       */
      node->retried = self->generation;
      push (self, node, !is_in_place (self, node));
    }
}

static void
begin_audit (ArcCrawler *self)
{
  self->health_pending = TRUE;
  arc_watches_begin_audit (self->watches, self->tree);
}

/* The public face */

/* Makes nodes of the roots, and no others roots. */
static void
plant (ArcCrawler *self)
{
  g_autoptr (GPtrArray) nodes = arc_tree_list (self->tree);
  g_autoptr (GPtrArray) unwanted = g_ptr_array_new ();

  for (guint i = 0; i < nodes->len; i++)
    {
      ArcNode *node = nodes->pdata[i];

      if (node->parent == NULL && !arc_extent_has_root (self->extent, node->path))
        g_ptr_array_add (unwanted, node);
    }

  for (guint i = 0; i < unwanted->len; i++)
    forget_directory (self, unwanted->pdata[i], TRUE);

  for (guint i = 0; i < self->extent->roots->len; i++)
    {
      ArcNode *node = arc_tree_lookup (self->tree, self->extent->roots->pdata[i]);

      /* What was a directory of a root may be a root now. */
      if (node != NULL && node->parent != NULL)
        {
          abort_scan_below (self, node);
          arc_tree_drop (self->tree, node, NULL, NULL);
          node = NULL;
        }
      if (node == NULL)
        arc_tree_add (self->tree, NULL, self->extent->roots->pdata[i]);
    }
}

ArcCrawler *
arc_crawler_new (ArcFindings *findings,
                 ArcMonitorsFunc func,
                 ArcWatchesFunc audited,
                 gpointer user_data)
{
  ArcCrawler *self = g_new0 (ArcCrawler, 1);

  self->findings = findings;
  self->snapshot = arc_snapshot_new ();
  self->watches = arc_watches_new (func, audited, user_data);
  self->tree = arc_tree_new ();
  self->looks = arc_looks_new ();
  self->left_out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
arc_crawler_free (ArcCrawler *self)
{
  g_clear_pointer (&self->scan, arc_scan_free);
  arc_looks_free (self->looks);
  arc_tree_free (self->tree);
  arc_watches_free (self->watches);
  arc_snapshot_free (self->snapshot);
  g_hash_table_unref (self->left_out);
  g_hash_table_unref (self->lost);
  g_clear_pointer (&self->extent, arc_extent_free);
  g_free (self);
}

void
arc_crawler_set_extent (ArcCrawler *self, ArcExtent *extent)
{
  g_clear_pointer (&self->extent, arc_extent_free);
  self->extent = extent;
}

const ArcExtent *
arc_crawler_get_extent (const ArcCrawler *self)
{
  return self->extent;
}

void
arc_crawler_start (ArcCrawler *self, ArcSnapshot *snapshot)
{
  self->baseline = snapshot == NULL;
  arc_snapshot_free (self->snapshot);
  self->snapshot = snapshot != NULL ? snapshot : arc_snapshot_new ();
}

void
arc_crawler_plant (ArcCrawler *self)
{
  /* What it finds now is new to whoever knew the old tree. */
  arc_findings_set_expected (self->findings, TRUE);
  self->prune_pending = TRUE;
  plant (self);
}

void
arc_crawler_reconcile (ArcCrawler *self)
{
  self->generation++;
  self->active = TRUE;
  arc_watches_begin (self->watches);
  g_hash_table_remove_all (self->left_out);

  for (guint i = 0; i < self->extent->roots->len; i++)
    push (self, arc_tree_lookup (self->tree, self->extent->roots->pdata[i]), FALSE);
}

void
arc_crawler_expect (ArcCrawler *self)
{
  arc_findings_set_expected (self->findings, TRUE);
}

void
arc_crawler_stop (ArcCrawler *self)
{
  g_clear_pointer (&self->scan, arc_scan_free);
  self->scan_node = NULL;
  arc_watches_cancel_audit (self->watches);
  arc_looks_clear (self->looks);
  arc_tree_free (self->tree);
  self->tree = arc_tree_new ();
}

void
arc_crawler_hint (ArcCrawler *self, const char *path, ArcHint hint)
{
  ArcLook *look = look_at_again (self, path, TRUE);

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

      if (self->scan == NULL && !self->scan_is_owed)
        look = arc_looks_take (self->looks, now);
      if (self->scan == NULL && look == NULL)
        node = arc_tree_pop (self->tree);

      if (look != NULL)
        {
          look_at (self, look);
          continue;
        }

      self->scan_is_owed = FALSE;
      if (node != NULL)
        begin_scan (self, node);
      if (self->scan != NULL)
        continue_scan (self, deadline);
      else if (node == NULL)
        break;
    }

  due = arc_looks_get_due (self->looks);
  self->scan_is_owed = due >= 0 && due <= now && !arc_tree_is_idle (self->tree);
}

gboolean
arc_crawler_is_busy (const ArcCrawler *self)
{
  return self->scan != NULL || !arc_tree_is_idle (self->tree) ||
         arc_looks_get_n_holding (self->looks) > 0 || arc_watches_is_auditing (self->watches);
}

gboolean
arc_crawler_is_active (const ArcCrawler *self)
{
  return self->active;
}

gint64
arc_crawler_get_due (const ArcCrawler *self)
{
  gint64 due = arc_looks_get_due (self->looks);

  if (self->scan != NULL || !arc_tree_is_idle (self->tree))
    return 0;
  if (self->lost_check == 0)
    return due;

  return due < 0 ? self->lost_check : MIN (due, self->lost_check);
}

gboolean
arc_crawler_conclude (ArcCrawler *self)
{
  if (self->prune_pending)
    prune (self);
  if (self->left_out_pending)
    look_at_left_out (self);
  if (!arc_crawler_is_busy (self))
    arm_deaf (self);
  if (!arc_crawler_is_busy (self) &&
      arc_watches_wants_audit (self->watches,
                               self->extent->roots->len > 0 ? self->extent->roots->pdata[0] : "/"))
    begin_audit (self);

  return !arc_crawler_is_busy (self);
}

void
arc_crawler_rest (ArcCrawler *self)
{
  self->active = FALSE;
  self->baseline = FALSE;
  arc_findings_set_expected (self->findings, FALSE);
}

gboolean
arc_crawler_has_new_health (const ArcCrawler *self)
{
  return self->health_pending;
}

ArcHealth
arc_crawler_assess (ArcCrawler *self, char **message)
{
  self->health_pending = FALSE;
  self->health = arc_health_assess (self->tree, self->watches, message);

  return self->health;
}

guint
arc_crawler_get_n_directories (const ArcCrawler *self)
{
  return arc_tree_get_size (self->tree);
}

const ArcSnapshot *
arc_crawler_get_snapshot (const ArcCrawler *self)
{
  return self->snapshot;
}

gboolean
arc_crawler_is_overrun (ArcCrawler *self, guint n_events)
{
  return arc_watches_is_overrun (self->watches, n_events);
}
