/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-watcher.h"

#include "system/arc-inotify.h"
#include "system/arc-looks.h"
#include "system/arc-monitors.h"
#include "system/arc-scan.h"
#include "system/arc-tree.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* How long to work before others in the main context get their turn. */
#define SLICE (6 * G_TIME_SPAN_MILLISECOND)

/* How long a file that is changed all the time is not told because it is too fresh. */
#define MAX_GRAINS 5

#define GRID (10 * G_TIME_SPAN_MILLISECOND)

/* What a comparison found may be on its way from a monitor still: GIO's thread holds the half of a
 * rename back for some milliseconds. */
#define GRACE (50 * G_TIME_SPAN_MILLISECOND)

/* How often to look for a root that is not there. */
#define ROOT_INTERVAL (2 * G_TIME_SPAN_SECOND)

/* How many monitors to add between two questions whether there is room for more. */
#define ADDS_PER_PROBE 256

/* How many monitors may be added because of events before all are audited. */
#define ADDS_PER_AUDIT 64

/* While events come: how often to look how full the kernel's queue is. */
#define SAMPLE_INTERVAL (50 * G_TIME_SPAN_MILLISECOND)

/* How long no event must have come before events that may be lost are looked for. */
#define QUIET (1 * G_TIME_SPAN_SECOND)

struct _ArcWatcher
{
  GObject parent_instance;

  GPtrArray *roots; /* (element-type filename) */
  ArcFilter *filter;
  gboolean follow_symlinks;

  ArcSnapshot *snapshot;
  ArcChanges *told;       /* not emitted yet */
  GHashTable *told_paths; /* (element-type filename): what monitors told of since `settled` */
  ArcChanges *compared;   /* not emitted yet: found by a reconciliation, no monitor told */

  ArcMonitors *monitors;
  ArcInotify *inotify;
  ArcTree *tree;
  ArcLooks *looks;
  GHashTable *left_out; /* (element-type filename): directories that are in the tree already under
                           another path */

  GMainContext *context;
  GSource *work; /* (nullable): NULL unless started */

  /* The scan under way. */
  ArcScan *scan;      /* (nullable) */
  ArcNode *scan_node; /* (unowned) (nullable) */
  gboolean scan_told;
  guint32 scan_number;

  guint64 generation;      /* of reconciliations */
  gboolean settled;        /* `settled` was emitted and nothing has begun since */
  gboolean baseline;       /* the first scan, without a snapshot: what it finds is no change */
  gboolean expected;       /* what a comparison finds now, no monitor could have told */
  gboolean scan_is_owed;   /* looks took all of the last slice */
  gboolean prune_pending;  /* the snapshot may know directories that are no nodes */
  gboolean audit_pending;  /* monitors were added and not audited */
  gboolean probe_pending;  /* monitors were added, and maybe the last of them found no room */
  gboolean health_pending; /* something happened that the health depends on */
  gboolean left_out_pending;
  gint64 grace_end;  /* 0 unless waiting for it */
  gint64 root_check; /* when to look for lost roots; 0: none is lost */

  /* The limits of the kernel. */
  guint limit;
  gboolean limit_reached;
  guint adds_until_probe;
  guint n_adds;        /* since the last audit */
  char *monitor_error; /* (nullable): why GIO gives no monitors */

  /* Events that may be lost. */
  gint64 last_event;
  gint64 window_start;
  guint n_in_window;
  gint64 last_sample;
  gboolean suspicious;

  ArcHealth health;
  char *health_message;
};

enum
{
  PROP_HEALTH = 1,
  PROP_HEALTH_MESSAGE,
  PROP_N_DIRECTORIES,
  PROP_N_FILES,
  N_PROPERTIES,
};

enum
{
  SIGNAL_CHANGED,
  SIGNAL_SETTLED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcWatcher, arc_watcher, G_TYPE_OBJECT)

const char *
arc_health_to_string (ArcHealth health)
{
  switch (health)
    {
    case ARC_HEALTH_OK:
      return "ok";
    case ARC_HEALTH_DEGRADED:
      return "degraded";
    case ARC_HEALTH_UNAVAILABLE:
      return "unavailable";
    }

  g_return_val_if_reached ("unavailable");
}

/* Paths */

static char *
join (const char *directory, const char *name)
{
  return g_str_has_suffix (directory, "/") ? g_strconcat (directory, name, NULL)
                                           : g_strconcat (directory, "/", name, NULL);
}

/* (nullable): PATH below DIRECTORY, "" if it is the same. */
static const char *
get_below (const char *path, const char *directory)
{
  gsize length = strlen (directory);

  if (strncmp (path, directory, length) != 0)
    return NULL;
  if (path[length] == '\0' || g_str_has_suffix (directory, "/"))
    return path + length;

  return path[length] == '/' ? path + length + 1 : NULL;
}

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
follows (ArcWatcher *self, const ArcNode *node)
{
  return node->parent == NULL || self->follow_symlinks;
}

/* Whether a directory and all above it, up to the root, are still where they were. */
static gboolean
is_in_place (ArcWatcher *self, const ArcNode *node)
{
  for (; node != NULL; node = node->parent)
    {
      struct stat info;
      ArcFileId id;

      if (!node->identified || !get_info (node->path, follows (self, node), &info))
        return FALSE;

      id = arc_file_id_from_stat (&info);
      if (!arc_file_id_equal (&id, &node->id))
        return FALSE;
    }

  return TRUE;
}

/* What is to be done, and when */

static gboolean
is_busy (ArcWatcher *self)
{
  return self->scan != NULL || !arc_tree_is_idle (self->tree) ||
         arc_looks_get_n_holding (self->looks) > 0;
}

static void
take_earlier (gint64 *ready, gint64 time)
{
  if (*ready < 0 || time < *ready)
    *ready = time;
}

static void
schedule (ArcWatcher *self)
{
  gint64 ready = -1;

  if (self->work == NULL)
    return;

  if (self->scan != NULL || !arc_tree_is_idle (self->tree))
    ready = 0;
  else if (!self->settled && !is_busy (self))
    ready = self->grace_end;

  if (arc_looks_get_due (self->looks) >= 0)
    take_earlier (&ready, arc_looks_get_due (self->looks));
  if (self->root_check > 0)
    take_earlier (&ready, self->root_check);
  if (self->last_event > 0)
    take_earlier (&ready, self->last_sample + SAMPLE_INTERVAL);

  g_source_set_ready_time (self->work, ready);
}

static void
push (ArcWatcher *self, ArcNode *node, gboolean told)
{
  arc_tree_push (self->tree, node, told);
  self->settled = FALSE;
  self->grace_end = 0;
}

static ArcLook *
look_at_again (ArcWatcher *self, const char *path, gboolean told)
{
  ArcLook *look = arc_looks_ask (self->looks, path);

  look->told = look->told || told;

  return look;
}

/* What was found */

static void
move_to_told (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  ArcWatcher *self = user_data;
  ArcChange earlier;

  if (!arc_changes_lookup (self->compared, path, &earlier))
    return;

  arc_changes_add (self->told, path, earlier);
  arc_changes_remove (self->compared, path);
}

static void
absorb (ArcWatcher *self, const ArcChanges *changes, gboolean told)
{
  if (arc_changes_get_size (changes) == 0)
    return;

  if (!told && !self->expected)
    {
      arc_changes_merge (self->compared, changes);
      return;
    }

  arc_changes_foreach (changes, move_to_told, self);
  arc_changes_merge (self->told, changes);
}

typedef struct
{
  ArcWatcher *watcher;
  GPtrArray *found;
} Claim;

static void
find_claimed (const char *path, ArcChange change G_GNUC_UNUSED, gpointer user_data)
{
  Claim *claim = user_data;
  g_autofree char *above = g_strdup (path);

  while (strcmp (above, "/") != 0)
    {
      char *parent;

      if (g_hash_table_contains (claim->watcher->told_paths, above))
        {
          g_ptr_array_add (claim->found, g_strdup (path));
          return;
        }

      parent = g_path_get_dirname (above);
      g_free (above);
      above = parent;
    }
}

/* What a comparison found, but a monitor told of it too, or of a directory above it, was not
 * missed. */
static void
claim_told (ArcWatcher *self)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  Claim claim = { self, found };

  if (arc_changes_get_size (self->compared) > 0)
    arc_changes_foreach (self->compared, find_claimed, &claim);
  for (guint i = 0; i < found->len; i++)
    move_to_told (found->pdata[i], ARC_CHANGE_MODIFIED, self);

  g_hash_table_remove_all (self->told_paths);
}

/* Directories */

static void
abort_scan_below (ArcWatcher *self, ArcNode *node)
{
  if (self->scan == NULL || !arc_node_is_below (self->scan_node, node))
    return;

  g_clear_pointer (&self->scan, arc_scan_free);
  push (self, self->scan_node, self->scan_told);
  self->scan_node->generation = 0;
  self->scan_node = NULL;
}

static void
disarm (ArcWatcher *self, ArcNode *node)
{
  abort_scan_below (self, node);
  arc_tree_disarm (self->tree, node);
  self->left_out_pending = TRUE;
}

typedef struct
{
  ArcWatcher *watcher;
  ArcChanges *changes;
} Forget;

static void
forget_files (ArcNode *node, gpointer user_data)
{
  Forget *forget = user_data;

  arc_snapshot_set_directory (forget->watcher->snapshot, node->path, NULL, 0, forget->changes);
}

static void
drop_with_files (ArcWatcher *self, ArcNode *node, gboolean told)
{
  g_autoptr (ArcChanges) changes = arc_changes_new ();
  Forget forget = { self, changes };

  abort_scan_below (self, node);
  arc_tree_drop (self->tree, node, forget_files, &forget);
  absorb (self, changes, told);
  self->health_pending = TRUE;
}

/* The directory is gone. Maybe it was what kept another path out of the tree. */
static void
forget_directory (ArcWatcher *self, ArcNode *node, gboolean told)
{
  drop_with_files (self, node, told);
  self->left_out_pending = TRUE;
}

static gboolean
knows_files_below (ArcWatcher *self, const char *path)
{
  g_autofree const char **directories = arc_snapshot_get_directories (self->snapshot);

  for (guint i = 0; directories[i] != NULL; i++)
    if (get_below (directories[i], path) != NULL)
      return TRUE;

  return FALSE;
}

static void
set_health (ArcWatcher *self, ArcHealth health, const char *message)
{
  g_object_freeze_notify (G_OBJECT (self));

  if (self->health != health)
    {
      self->health = health;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HEALTH]);
    }
  if (strcmp (self->health_message, message) != 0)
    {
      g_free (self->health_message);
      self->health_message = g_strdup (message);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HEALTH_MESSAGE]);
    }

  g_object_thaw_notify (G_OBJECT (self));
}

static void
set_problem (ArcWatcher *self, ArcNode *node, const char *problem)
{
  if (g_strcmp0 (node->problem, problem) == 0)
    return;

  g_free (node->problem);
  node->problem = g_strdup (problem);
  self->health_pending = TRUE;
}

/* A root is not there. Its files are only out of sight: the snapshot keeps them. */
static void
lose_root (ArcWatcher *self, ArcNode *root, const char *problem)
{
  disarm (self, root);
  while (root->first_child != NULL)
    arc_tree_drop (self->tree, root->first_child, NULL, NULL);

  set_problem (self, root, problem);
  self->root_check = g_get_monotonic_time () + ROOT_INTERVAL;
}

/* Whether a root that was lost can be scanned. One that is empty but was not before is more likely
 * the place where something is mounted. */
static gboolean
is_root_back (ArcWatcher *self, ArcNode *root)
{
  g_autoptr (ArcScan) scan = arc_scan_open (root->path, TRUE, NULL);
  ArcFileId id;

  if (scan == NULL)
    return FALSE;

  id = arc_scan_get_id (scan);
  if (arc_tree_lookup_id (self->tree, &id) != NULL ||
      arc_scan_run (scan, self->filter, "", FALSE, 0, NULL) == ARC_SCAN_FAILED)
    return FALSE;

  return !arc_scan_is_empty (scan) || !knows_files_below (self, root->path);
}

static void
check_roots (ArcWatcher *self, gint64 now)
{
  if (self->root_check == 0 || now < self->root_check)
    return;

  self->root_check = 0;
  for (guint i = 0; i < self->roots->len; i++)
    {
      ArcNode *root = arc_tree_lookup (self->tree, self->roots->pdata[i]);

      if (!is_lost_root (root))
        continue;

      if (is_root_back (self, root))
        {
          self->expected = TRUE;
          self->prune_pending = TRUE;
          push (self, root, FALSE);
        }
      else
        {
          self->root_check = now + ROOT_INTERVAL;
        }
    }
}

/* The monitor comes before the reading of the directory: what is made in it after that is told,
 * and what was made before is found. */
static void
arm (ArcWatcher *self, ArcNode *node)
{
  g_autoptr (GError) error = NULL;

  if (node->monitor != NULL || self->limit_reached || self->monitor_error != NULL)
    return;

  /* GIO does not tell that the limit is reached. It keeps the directory in a list instead that it
   * walks with each monitor that comes or goes, and every four seconds. */
  if (self->adds_until_probe == 0)
    {
      self->adds_until_probe = ADDS_PER_PROBE;
      if (arc_monitors_get_n_monitors (self->monitors) >= self->limit ||
          !arc_inotify_has_room (self->inotify, node->path))
        {
          self->limit_reached = TRUE;
          self->audit_pending = TRUE;
          self->health_pending = TRUE;
          return;
        }
    }

  node->monitor = arc_monitors_add (self->monitors, node->path, &error);
  self->adds_until_probe--;
  self->n_adds++;
  self->probe_pending = TRUE;
  if (node->monitor == NULL)
    {
      self->monitor_error = g_strdup (error->message);
      self->health_pending = TRUE;
    }
}

/* Makes NODE, and no other, the directory ID. */
static gboolean
take_identity (ArcWatcher *self, ArcNode *node, const ArcFileId *id)
{
  ArcNode *other = arc_tree_lookup_id (self->tree, id);

  if (other != NULL && is_in_place (self, other))
    {
      g_autofree char *name = g_filename_display_name (other->path);
      g_autofree char *problem = g_strdup_printf ("it is the same directory as %s", name);

      /* A bind mount, or a link that is followed. */
      if (node->parent == NULL)
        {
          lose_root (self, node, problem);
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

/* Whether what is missing below NODE is gone, rather than out of sight with the whole tree: when a
 * root is unmounted, each of its directories tells (IN_UNMOUNT, inotify(7)). */
static gboolean
has_root_in_place (ArcWatcher *self, ArcNode *node)
{
  ArcNode *root = arc_node_get_root (node);

  if (is_in_place (self, root))
    return TRUE;

  push (self, root, TRUE);

  return FALSE;
}

static void
fail_scan (ArcWatcher *self, ArcNode *node, gboolean told, const GError *error)
{
  if (node->parent == NULL)
    {
      lose_root (self, node, error->message);
      return;
    }

  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
      g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR) ||
      g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_LOOP))
    {
      if (has_root_in_place (self, node))
        forget_directory (self, node, told);
      else
        node->generation = 0;
      return;
    }

  /* What is in it, nobody knows: nothing that is known of it is forgotten. */
  set_problem (self, node, error->message);
}

static void
begin_scan (ArcWatcher *self, ArcNode *node)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcScan) scan = arc_scan_open (node->path, follows (self, node), &error);
  gboolean told = node->told;
  struct stat info;
  ArcFileId id;
  ArcFileId now;

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
      arm (self, node);

      /* Is it the directory that was opened that is monitored? Asked once, so that a file system
       * that cannot tell does not keep us here. */
      if (!get_info (node->path, follows (self, node), &info))
        info = (struct stat){ 0 };
      now = arc_file_id_from_stat (&info);
      if (!arc_file_id_equal (&now, &id) && node->retried != self->generation)
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
postpone_recent (ArcWatcher *self, ArcNode *node, ArcScan *scan, gboolean told)
{
  GPtrArray *recent = arc_scan_get_recent (scan);
  GArray *files = arc_scan_get_files (scan);

  for (guint i = 0; i < recent->len; i++)
    {
      const char *name = recent->pdata[i];
      const ArcFingerprint *known = arc_snapshot_lookup (self->snapshot, node->path, name);
      g_autofree char *path = join (node->path, name);
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
add_children (ArcWatcher *self, ArcNode *node, ArcScan *scan, gboolean told)
{
  GArray *children = arc_scan_get_children (scan);
  ArcNode *next;

  self->scan_number++;
  for (guint i = 0; i < children->len; i++)
    {
      const ArcScanChild *found = &g_array_index (children, ArcScanChild, i);
      g_autofree char *path = join (node->path, found->name);
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

/* A root that was emptied under our eyes is empty in truth: where something was unmounted, there is
 * another directory. */
static gboolean
was_emptied (const ArcNode *root)
{
  return root->scanned && !is_lost_root (root) && arc_file_id_equal (&root->id, &root->scanned_as);
}

static void
finish_scan (ArcWatcher *self, ArcScan *scan, ArcNode *node, gboolean told)
{
  g_autoptr (ArcChanges) changes = NULL;
  GArray *files = arc_scan_get_files (scan);

  if (node->parent == NULL && arc_scan_is_empty (scan) && !was_emptied (node) &&
      knows_files_below (self, node->path))
    {
      lose_root (self, node,
                 "it is empty, but was not before: if it is meant to be, create any file in it");
      return;
    }

  if (node->problem != NULL)
    self->health_pending = TRUE;
  g_clear_pointer (&node->problem, g_free);

  changes = arc_changes_new ();
  postpone_recent (self, node, scan, told);
  arc_snapshot_set_directory (self->snapshot, node->path, (ArcEntry *) (gpointer) files->data,
                              files->len, self->baseline && !node->scanned ? NULL : changes);
  absorb (self, changes, told);
  node->scanned = TRUE;
  node->scanned_as = node->id;
  add_children (self, node, scan, told);
}

static void
continue_scan (ArcWatcher *self, gint64 deadline)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcScan) scan = NULL;
  ArcNode *node = self->scan_node;
  ArcScanResult result = arc_scan_run (self->scan, self->filter, arc_node_get_below_root (node),
                                       self->follow_symlinks, deadline, &error);

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
look_at_root (ArcWatcher *self, ArcNode *root, const ArcLook *look)
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
    ArcWatcher *self, ArcNode *parent, ArcNode *node, const ArcLook *look, const struct stat *info)
{
  g_autofree char *below = join (arc_node_get_below_root (parent), strrchr (look->path, '/') + 1);
  ArcFileId id = arc_file_id_from_stat (info);

  if (!arc_filter_match_directory (self->filter, below[0] == '/' ? below + 1 : below, NULL))
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
forget_file (ArcWatcher *self, const char *directory, const ArcLook *look)
{
  g_autoptr (ArcChanges) changes = NULL;
  const char *name = strrchr (look->path, '/') + 1;

  if (arc_snapshot_lookup (self->snapshot, directory, name) == NULL)
    return;

  changes = arc_changes_new ();
  arc_snapshot_set_file (self->snapshot, directory, name, NULL, changes);
  absorb (self, changes, look->told);
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
see_file (ArcWatcher *self, ArcNode *parent, ArcLook *look, ArcFingerprint fingerprint)
{
  g_autoptr (ArcLook) owned = look;
  g_autoptr (ArcChanges) changes = arc_changes_new ();
  const char *name = strrchr (look->path, '/') + 1;
  Freshness freshness;
  gboolean changed;
  gint64 due = 0;

  freshness = get_freshness (look, &fingerprint, &due);
  if (freshness == FRESHNESS_FRESH)
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
    absorb (self, changes, look->told);

  if (freshness == FRESHNESS_STEADY)
    {
      look->first = g_get_monotonic_time ();
      look->silent = FALSE;
      look->holding = FALSE;
      arc_looks_postpone (self->looks, g_steal_pointer (&owned), due);
    }
}

static void
look_at_file (ArcWatcher *self,
              ArcNode *parent,
              ArcLook *look /* (transfer full) */,
              const struct stat *info)
{
  g_autoptr (ArcLook) owned = look;
  const char *name = strrchr (look->path, '/') + 1;
  g_autofree char *below = join (arc_node_get_below_root (parent), name);

  if (arc_filter_match_file (self->filter, below[0] == '/' ? below + 1 : below, NULL))
    see_file (self, parent, g_steal_pointer (&owned), arc_fingerprint_from_stat (info));
  else
    forget_file (self, parent->path, look);
}

static void
look_at (ArcWatcher *self, ArcLook *look /* (transfer full) */)
{
  g_autoptr (ArcLook) owned = look;
  g_autofree char *directory = g_path_get_dirname (look->path);
  ArcNode *parent = arc_tree_lookup (self->tree, directory);
  ArcNode *node = arc_tree_lookup (self->tree, look->path);
  struct stat info;
  gboolean exists;

  if (look->told && !self->settled)
    g_hash_table_add (self->told_paths, g_strdup (look->path));

  if (node != NULL && node->parent == NULL)
    {
      look_at_root (self, node, look);
      return;
    }

  /* Not in the tree, or not scanned yet, which will find it. */
  if (parent == NULL || !parent->scanned || parent->problem != NULL)
    return;

  errno = 0;
  exists = get_info (look->path, self->follow_symlinks, &info);
  if (!exists && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
    {
      /* The parent cannot be searched any more: let its scan say so. */
      push (self, parent, look->told);
      return;
    }

  if (!exists && !has_root_in_place (self, parent))
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

static void
on_hint (const char *path, ArcHint hint, gpointer user_data)
{
  ArcWatcher *self = user_data;
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

  self->last_event = g_get_monotonic_time ();
  self->n_in_window++;
  schedule (self);
}

/* The end of a scan */

/* Finds the directories that the kernel does not watch although GIO said nothing. TRUE if some are
 * to be scanned again. */
static gboolean
audit (ArcWatcher *self)
{
  g_autoptr (GPtrArray) nodes = arc_tree_list (self->tree);
  g_autofree ArcInotifyTarget *targets = g_new0 (ArcInotifyTarget, nodes->len);
  gboolean again = FALSE;
  guint n_targets = 0;

  self->audit_pending = FALSE;
  self->health_pending = TRUE;
  self->n_adds = 0;

  for (guint i = 0; i < nodes->len; i++)
    {
      ArcNode *node = nodes->pdata[i];

      if (node->monitor == NULL || node->problem != NULL)
        continue;

      targets[n_targets].path = node->path;
      targets[n_targets].id = node->id;
      nodes->pdata[n_targets++] = node;
    }

  arc_inotify_audit (self->inotify, targets, n_targets);

  for (guint i = 0; i < n_targets; i++)
    {
      ArcNode *node = nodes->pdata[i];

      if (targets[i].watched)
        continue;

      if (!self->limit_reached)
        self->limit_reached = !arc_inotify_has_room (self->inotify, node->path);

      /* GIO would try it again every four seconds, and walk the list of all such each time. */
      g_clear_pointer (&node->monitor, arc_monitor_cancel);
      if (!self->limit_reached && node->retried != self->generation)
        {
          node->retried = self->generation;
          push (self, node, FALSE);
          again = TRUE;
        }
    }

  return again;
}

static void add_plain (GString *message, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
add_plain (GString *message, const char *format, ...)
{
  va_list args;

  if (message->len > 0)
    g_string_append (message, "; ");

  va_start (args, format);
  g_string_append_vprintf (message, format, args);
  va_end (args);
}

/* The number that the message of a reached limit proposes: room for all, and for other programs. */
static guint
propose_limit (ArcWatcher *self)
{
  guint wanted = MAX (2 * (arc_tree_get_size (self->tree) + self->limit / 2), 524288);

  return MAX (wanted, self->limit);
}

static void
describe_unwatched (ArcWatcher *self, GString *message, guint n_unwatched)
{
  const char *name;
  guint n = arc_tree_get_size (self->tree);

  arc_inotify_get_limit (&name);

  if (self->limit_reached)
    add_plain (message,
               "%u of %u directories are not watched, since the limit %s = %u is reached; raise it "
               "with: sudo sysctl -w %s=%u",
               n_unwatched, n, name, self->limit, name, propose_limit (self));
  else if (self->monitor_error != NULL)
    add_plain (
        message,
        "%u of %u directories are not watched: %s; raise the number of inotify instances "
        "with: sudo sysctl -w fs.inotify.max_user_instances=512, and start the service again",
        n_unwatched, n, self->monitor_error);
  else
    add_plain (message, "%u of %u directories cannot be watched", n_unwatched, n);
}

static void
update_health (ArcWatcher *self)
{
  g_autoptr (GPtrArray) nodes = arc_tree_list (self->tree);
  g_autoptr (GString) message = g_string_new (NULL);
  const ArcNode *lost = NULL;
  const ArcNode *unreadable = NULL;
  guint n_unreadable = 0;
  guint n_unwatched = 0;

  self->health_pending = FALSE;

  for (guint i = 0; i < nodes->len; i++)
    {
      const ArcNode *node = nodes->pdata[i];

      if (is_lost_root (node))
        {
          if (lost == NULL || strcmp (node->path, lost->path) < 0)
            lost = node;
        }
      else if (node->problem != NULL)
        {
          n_unreadable++;
          if (unreadable == NULL || strcmp (node->path, unreadable->path) < 0)
            unreadable = node;
        }
      else if (node->monitor == NULL)
        {
          n_unwatched++;
        }
    }

  if (lost != NULL)
    {
      g_autofree char *name = g_filename_display_name (lost->path);

      add_plain (message, "%s: %s", name, lost->problem);
    }
  if (unreadable != NULL)
    {
      g_autofree char *name = g_filename_display_name (unreadable->path);

      add_plain (message, "%s cannot be read: %s", name, unreadable->problem);
      if (n_unreadable > 1)
        g_string_append_printf (message, " (and %u more)", n_unreadable - 1);
    }
  if (n_unwatched > 0)
    describe_unwatched (self, message, n_unwatched);

  set_health (self,
              lost != NULL       ? ARC_HEALTH_UNAVAILABLE
              : message->len > 0 ? ARC_HEALTH_DEGRADED
                                 : ARC_HEALTH_OK,
              message->str);
}

/* Forgets directories that an earlier run, or another tree, knew and no scan met. */
static void
prune (ArcWatcher *self)
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

  absorb (self, changes, FALSE);
}

static void
look_at_left_out (ArcWatcher *self)
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

static void
emit (ArcWatcher *self, ArcChanges **changes, gboolean monitored)
{
  g_autoptr (ArcChanges) emitted = NULL;

  if (arc_changes_get_size (*changes) == 0 || self->work == NULL)
    return;

  emitted = *changes;
  *changes = arc_changes_new ();
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0, emitted, monitored);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_FILES]);
}

/* Whether a scan is really at its end. */
static gboolean
conclude (ArcWatcher *self, gint64 now)
{
  if (self->prune_pending)
    prune (self);
  if (self->left_out_pending)
    look_at_left_out (self);
  if (is_busy (self))
    return FALSE;

  /* An audit costs 7 us a directory: after one that came, it is enough to know that there was room.
   */
  if (self->n_adds >= ADDS_PER_AUDIT)
    self->audit_pending = TRUE;
  if (self->probe_pending && !self->audit_pending)
    self->audit_pending = !arc_inotify_has_room (self->inotify, self->roots->pdata[0]);
  self->probe_pending = FALSE;
  if (self->audit_pending && audit (self))
    return FALSE;

  if (arc_changes_get_size (self->compared) > 0 && self->grace_end == 0)
    self->grace_end = now + GRACE;

  return self->grace_end <= now;
}

static void
settle (ArcWatcher *self, gint64 now)
{
  if (self->settled || is_busy (self) || !conclude (self, now))
    return;

  self->grace_end = 0;
  self->baseline = FALSE;
  if (self->health_pending)
    update_health (self);

  claim_told (self);
  emit (self, &self->told, TRUE);
  emit (self, &self->compared, FALSE);

  /* Whoever listened may have asked for more, or to stop. */
  if (self->work == NULL || is_busy (self) || self->settled)
    return;

  self->expected = FALSE;
  self->settled = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_DIRECTORIES]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_FILES]);
  g_signal_emit (self, signals[SIGNAL_SETTLED], 0);
}

/* The kernel drops events when its queue is full, and GIO drops the one that says so. */
static void
watch_the_queue (ArcWatcher *self, gint64 now)
{
  guint size;

  if (self->last_event == 0 || now < self->last_sample + SAMPLE_INTERVAL)
    return;

  self->last_sample = now;
  size = arc_inotify_get_queue_size ();
  if (now - self->window_start > G_TIME_SPAN_SECOND)
    {
      self->window_start = now;
      self->n_in_window = 0;
    }

  if (self->n_in_window > size / sizeof (struct inotify_event) / 4 ||
      arc_inotify_get_backlog (self->inotify) > size / 4 * 3)
    self->suspicious = TRUE;

  if (now - self->last_event < QUIET)
    return;

  self->last_event = 0;
  if (self->suspicious)
    arc_watcher_reconcile (self);
  self->suspicious = FALSE;
}

static void
work (ArcWatcher *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 deadline = now + SLICE;
  gboolean looks_are_due = FALSE;

  watch_the_queue (self, now);
  check_roots (self, now);

  /* No look while a directory is being read: what the scan saw first would overwrite it. */
  for (; now < deadline; now = g_get_monotonic_time ())
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

  looks_are_due = arc_looks_get_due (self->looks) >= 0 && arc_looks_get_due (self->looks) <= now;
  self->scan_is_owed = looks_are_due && !arc_tree_is_idle (self->tree);

  emit (self, &self->told, TRUE);
  if (self->work != NULL)
    settle (self, now);
}

static gboolean
work_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static gboolean
on_work (gpointer user_data)
{
  g_autoptr (ArcWatcher) self = g_object_ref (user_data);

  work (self);
  schedule (self);

  return G_SOURCE_CONTINUE;
}

/* The public face */

static gboolean
is_root (ArcWatcher *self, const char *path)
{
  for (guint i = 0; i < self->roots->len; i++)
    if (strcmp (self->roots->pdata[i], path) == 0)
      return TRUE;

  return FALSE;
}

static void
set_roots (ArcWatcher *self, const char *const *roots)
{
  g_ptr_array_set_size (self->roots, 0);
  for (guint i = 0; roots[i] != NULL; i++)
    {
      g_autofree char *path = g_canonicalize_filename (roots[i], "/");

      if (!is_root (self, path))
        g_ptr_array_add (self->roots, g_steal_pointer (&path));
    }
}

/* Makes nodes of the roots, and no others roots. */
static void
plant (ArcWatcher *self)
{
  g_autoptr (GPtrArray) nodes = arc_tree_list (self->tree);
  g_autoptr (GPtrArray) unwanted = g_ptr_array_new ();

  for (guint i = 0; i < nodes->len; i++)
    {
      ArcNode *node = nodes->pdata[i];

      if (node->parent == NULL && !is_root (self, node->path))
        g_ptr_array_add (unwanted, node);
    }

  for (guint i = 0; i < unwanted->len; i++)
    forget_directory (self, unwanted->pdata[i], TRUE);

  for (guint i = 0; i < self->roots->len; i++)
    {
      ArcNode *node = arc_tree_lookup (self->tree, self->roots->pdata[i]);

      /* What was a directory of a root may be a root now. */
      if (node != NULL && node->parent != NULL)
        {
          abort_scan_below (self, node);
          arc_tree_drop (self->tree, node, NULL, NULL);
          node = NULL;
        }
      if (node == NULL)
        arc_tree_add (self->tree, NULL, self->roots->pdata[i]);
    }
}

ArcWatcher *
arc_watcher_new (const char *const *roots, ArcFilter *filter, gboolean follow_symlinks)
{
  ArcWatcher *self = g_object_new (ARC_TYPE_WATCHER, NULL);

  set_roots (self, roots);
  self->filter = arc_filter_ref (filter);
  self->follow_symlinks = follow_symlinks;

  return self;
}

void
arc_watcher_start (ArcWatcher *self, ArcSnapshot *snapshot)
{
  static GSourceFuncs work_funcs = { .dispatch = work_dispatch };

  g_return_if_fail (self->work == NULL);

  self->baseline = snapshot == NULL;
  self->expected = TRUE;
  self->prune_pending = TRUE;
  g_clear_pointer (&self->snapshot, arc_snapshot_free);
  self->snapshot = snapshot != NULL ? snapshot : arc_snapshot_new ();

  self->work = g_source_new (&work_funcs, sizeof (GSource));
  g_source_set_static_name (self->work, "ArcWatcher");
  g_source_set_callback (self->work, on_work, self, NULL);
  g_source_attach (self->work, self->context);

  plant (self);
  arc_watcher_reconcile (self);
}

void
arc_watcher_set_tree (ArcWatcher *self,
                      const char *const *roots,
                      ArcFilter *filter,
                      gboolean follow_symlinks)
{
  ArcFilter *old = self->filter;

  set_roots (self, roots);
  self->filter = arc_filter_ref (filter);
  arc_filter_unref (old);
  self->follow_symlinks = follow_symlinks;

  if (self->work == NULL)
    return;

  /* Then what it finds is new to the one who knew the old tree. */
  self->expected = TRUE;
  self->prune_pending = TRUE;
  plant (self);
  arc_watcher_reconcile (self);
}

void
arc_watcher_reconcile (ArcWatcher *self)
{
  if (self->work == NULL)
    return;

  self->generation++;
  self->limit = arc_inotify_get_limit (NULL);
  self->limit_reached = FALSE;
  self->adds_until_probe = 0;
  self->audit_pending = TRUE;
  g_hash_table_remove_all (self->left_out);

  for (guint i = 0; i < self->roots->len; i++)
    push (self, arc_tree_lookup (self->tree, self->roots->pdata[i]), FALSE);

  self->settled = FALSE;
  self->grace_end = 0;
  schedule (self);
}

gboolean
arc_watcher_is_settled (ArcWatcher *self)
{
  return self->settled && !is_busy (self);
}

void
arc_watcher_stop (ArcWatcher *self)
{
  if (self->work == NULL)
    return;

  g_source_destroy (self->work);
  g_clear_pointer (&self->work, g_source_unref);
  g_clear_pointer (&self->scan, arc_scan_free);
  self->scan_node = NULL;
  arc_looks_clear (self->looks);
  arc_tree_free (self->tree);
  self->tree = arc_tree_new ();
}

ArcHealth
arc_watcher_get_health (ArcWatcher *self)
{
  return self->health;
}

const char *
arc_watcher_get_health_message (ArcWatcher *self)
{
  return self->health_message;
}

guint
arc_watcher_get_n_directories (ArcWatcher *self)
{
  return arc_tree_get_size (self->tree);
}

guint
arc_watcher_get_n_files (ArcWatcher *self)
{
  return arc_snapshot_get_n_files (self->snapshot);
}

const ArcSnapshot *
arc_watcher_get_snapshot (ArcWatcher *self)
{
  return self->snapshot;
}

/* Whether a link leads away on the way from ROOT to the file BELOW it. */
static gboolean
has_link (const char *root, const char *below)
{
  g_auto (GStrv) names = g_strsplit (below, "/", -1);
  g_autoptr (GString) path = g_string_new (root);

  for (guint i = 0; names[i] != NULL; i++)
    {
      struct stat info;

      g_string_append_printf (path, "/%s", names[i]);
      if (lstat (path->str, &info) == 0 && S_ISLNK (info.st_mode))
        return TRUE;
    }

  return FALSE;
}

gboolean
arc_watcher_explain (ArcWatcher *self, const char *path, const char **rule)
{
  g_autofree char *canonical = g_canonicalize_filename (path, "/");
  const char *below = NULL;
  const char *root = NULL;
  const char *pattern = NULL;
  const char *reason;
  gboolean matters = FALSE;

  for (guint i = 0; i < self->roots->len && below == NULL; i++)
    {
      root = self->roots->pdata[i];
      below = get_below (canonical, root);
    }

  if (below == NULL)
    reason = "outside the watched directories";
  else if (below[0] == '\0')
    reason = "a watched directory itself";
  else
    {
      matters = arc_filter_explain (self->filter, below, &pattern);
      reason = pattern != NULL ? pattern : "no include pattern matches";
      if (matters && !self->follow_symlinks && has_link (root, below))
        {
          matters = FALSE;
          reason = "symbolic links are not followed";
        }
    }

  if (rule != NULL)
    *rule = reason;

  return matters;
}

static void
arc_watcher_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  ArcWatcher *self = ARC_WATCHER (object);

  switch (id)
    {
    case PROP_HEALTH:
      g_value_set_int (value, (int) self->health);
      break;
    case PROP_HEALTH_MESSAGE:
      g_value_set_string (value, self->health_message);
      break;
    case PROP_N_DIRECTORIES:
      g_value_set_uint (value, arc_watcher_get_n_directories (self));
      break;
    case PROP_N_FILES:
      g_value_set_uint (value, arc_watcher_get_n_files (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
arc_watcher_finalize (GObject *object)
{
  ArcWatcher *self = ARC_WATCHER (object);

  arc_watcher_stop (self);

  arc_looks_free (self->looks);
  arc_tree_free (self->tree);
  arc_monitors_free (self->monitors);
  arc_inotify_free (self->inotify);
  g_hash_table_unref (self->left_out);
  g_hash_table_unref (self->told_paths);
  arc_changes_free (self->told);
  arc_changes_free (self->compared);
  arc_snapshot_free (self->snapshot);
  arc_filter_unref (self->filter);
  g_ptr_array_unref (self->roots);
  g_main_context_unref (self->context);
  g_free (self->monitor_error);
  g_free (self->health_message);

  G_OBJECT_CLASS (arc_watcher_parent_class)->finalize (object);
}

static void
arc_watcher_class_init (ArcWatcherClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = arc_watcher_get_property;
  object_class->finalize = arc_watcher_finalize;

  properties[PROP_HEALTH] = g_param_spec_int ("health", NULL, NULL, ARC_HEALTH_OK,
                                              ARC_HEALTH_UNAVAILABLE, ARC_HEALTH_OK, flags);
  properties[PROP_HEALTH_MESSAGE] = g_param_spec_string ("health-message", NULL, NULL, "", flags);
  properties[PROP_N_DIRECTORIES] =
      g_param_spec_uint ("n-directories", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_N_FILES] = g_param_spec_uint ("n-files", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  signals[SIGNAL_CHANGED] =
      g_signal_new ("changed", ARC_TYPE_WATCHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_POINTER, G_TYPE_BOOLEAN);
  signals[SIGNAL_SETTLED] = g_signal_new ("settled", ARC_TYPE_WATCHER, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
arc_watcher_init (ArcWatcher *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->roots = g_ptr_array_new_with_free_func (g_free);
  self->snapshot = arc_snapshot_new ();
  self->told = arc_changes_new ();
  self->compared = arc_changes_new ();
  self->monitors = arc_monitors_new (on_hint, self);
  self->inotify = arc_inotify_new ();
  self->tree = arc_tree_new ();
  self->looks = arc_looks_new ();
  self->told_paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->left_out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->limit = G_MAXUINT;
  self->health_message = g_strdup ("");
}
