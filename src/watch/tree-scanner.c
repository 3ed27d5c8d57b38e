/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/tree-scanner.h"

#include "common/path.h"
#include "watch/tree-scanner-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* How long a file that is changed all the time is not emitted because it is too fresh. */
#define MAX_GRAINS 5

/* What is too fresh is looked at again on a grid of this. */
#define GRID (10 * G_TIME_SPAN_MILLISECOND)

static void
remove_link (ArcTreeScanner *self, ArcNode *node, const char *name)
{
  g_autofree char *path = NULL;

  if (node->links == NULL || !g_hash_table_remove (node->links, name))
    return;

  path = arc_path_join (node->path, name);
  arc_path_monitor_forget (self->ways, path);
}

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

/* A way that can be watched no more, or again, changes the health. */
static void
note_problems (ArcTreeScanner *self)
{
  const guint n_problems = arc_path_monitor_get_n_problems (self->ways);

  if (n_problems == self->n_way_problems)
    return;

  self->n_way_problems = n_problems;
  self->health_pending = TRUE;
  self->active = TRUE;
}

/* Looks at one path */

/* The file system of ROOT has answered: an event was about it. */
static void
look_at_root (ArcTreeScanner *self, ArcNode *root, ArcRootProbeFlags flags)
{
  arc_path_monitor_follow (self->ways, root->path);

  if (!(flags & (ARC_ROOT_PROBE_MOVED | ARC_ROOT_PROBE_ATTRIBUTES)) &&
      arc_tree_scanner_is_itself (self, root))
    return;

  arc_tree_scanner_push (self, root);
}

static void
on_probed (const char *path, ArcRootProbeFlags flags, gboolean answered, gpointer user_data)
{
  ArcTreeScanner *self = user_data;
  ArcNode *root = arc_directory_tree_lookup (self->tree, path);

  if (root == NULL || root->parent != NULL)
    return;

  /* When GIO reads that a directory was moved, it drops all its watches of that directory
   * (GLib 2.74, inotify-path.c), also that of a monitor which was made after the move. This holds
   * whatever else the probe was for. */
  if (answered && (flags & ARC_ROOT_PROBE_MOVED))
    arc_tree_scanner_disarm (self, root);

  if (!answered)
    {
      arc_tree_scanner_lose (self, root, "its file system does not answer");
      self->active = TRUE;
    }
  else if (flags & ARC_ROOT_PROBE_SCAN)
    arc_tree_scanner_push (self, root);
  else if (root->problem != NULL)
    arc_tree_scanner_look_for_root (self, root);
  else
    look_at_root (self, root, flags);

  self->progressed (self->user_data);
}

/* (transfer full): where LOOK looks, in PARENT, as a path below the root: what filters match. */
static char *
get_below_root (ArcNode *parent, const ArcRecheck *look)
{
  const char *name = strrchr (look->path, '/') + 1;
  const char *below = arc_node_get_below_root (parent);

  return *below == '\0' ? g_strdup (name) : arc_path_join (below, name);
}

static void
look_at_directory (ArcTreeScanner *self,
                   ArcNode *parent,
                   ArcNode *node,
                   const ArcRecheck *look,
                   const struct stat *info)
{
  g_autofree char *below = get_below_root (parent, look);
  ArcFileId id = arc_file_id_from_stat (info);

  if (!arc_path_filter_match_directory (self->extent->filter, below, NULL))
    {
      if (node != NULL)
        arc_tree_scanner_forget (self, node);
      return;
    }

  if (node == NULL)
    {
      node = arc_directory_tree_add (self->tree, parent, look->path);
      arc_tree_scanner_push (self, node);
    }
  else if (look->moved || !node->identified || !arc_file_id_equal (&node->id, &id))
    {
      arc_tree_scanner_disarm (self, node);
      arc_tree_scanner_push (self, node);
    }
  else if (look->attributes || node->problem != NULL)
    {
      arc_tree_scanner_push (self, node);
    }
}

/* What LOOK looked at is no file, or none that matters. */
static void
forget_file (ArcTreeScanner *self, const char *directory, const ArcRecheck *look)
{
  const char *name = strrchr (look->path, '/') + 1;

  if (arc_snapshot_lookup (self->snapshot, directory, name) != NULL)
    arc_snapshot_set_file (self->snapshot, directory, name, NULL, self->changes);
}

typedef enum
{
  FRESHNESS_OLD,    /* a later change will show in the fingerprint */
  FRESHNESS_FRESH,  /* one may not; to be looked at again at a later time */
  FRESHNESS_STEADY, /* the same, and so for a long time: the file is written all the time */
  FRESHNESS_FUTURE, /* stamped by another machine, or before the clock was put back */
} Freshness;

static Freshness
get_freshness (const ArcRecheck *look, const ArcFingerprint *fingerprint, gint64 *due)
{
  gint64 now = arc_get_stamp_time ();
  gint64 grain = arc_fingerprint_get_grain (fingerprint) / 1000;
  gint64 monotonic = g_get_monotonic_time ();

  if (!arc_fingerprint_is_recent (fingerprint, now))
    return FRESHNESS_OLD;
  /* The clock for stamps lags behind by at most a tick. */
  if (fingerprint->ctime_ns > now + arc_fingerprint_get_grain (fingerprint))
    return FRESHNESS_FUTURE;

  /* On a grid, so that files that were written together are emitted together. */
  *due = monotonic + grain - (now - fingerprint->ctime_ns) / 1000;
  *due = (*due / GRID + 1) * GRID;

  return monotonic - look->first > MAX_GRAINS * grain ? FRESHNESS_STEADY : FRESHNESS_FRESH;
}

/* Takes over what a look at a file that matters found. (transfer full) LOOK */
static void
see_file (ArcTreeScanner *self, ArcNode *parent, ArcRecheck *look, ArcFingerprint fingerprint)
{
  g_autoptr (ArcRecheck) owned = look;
  const char *name = strrchr (look->path, '/') + 1;
  Freshness freshness;
  gboolean changed;
  gint64 due = 0;

  freshness = get_freshness (look, &fingerprint, &due);
  if (freshness == FRESHNESS_STEADY && !self->active)
    freshness = FRESHNESS_FRESH;

  /* During a scan a fresh file waits, so that all in the snapshot is old when a reconciliation
   * settles: a write that left no trace was before that. Else it is emitted at once, since no
   * build relies on the snapshot before the next reconciliation. */
  if (freshness == FRESHNESS_FRESH && self->active)
    {
      arc_recheck_queue_postpone (self->looks, g_steal_pointer (&owned), due);
      return;
    }

  /* So that the next look finds a difference whatever it sees. */
  if (freshness == FRESHNESS_STEADY)
    fingerprint.ctime_ns = 0;

  changed = arc_snapshot_set_file (self->snapshot, parent->path, name, &fingerprint,
                                   look->silent ? NULL : self->changes);
  if (freshness == FRESHNESS_FUTURE && !changed && look->hinted && !look->silent)
    arc_change_set_add (self->changes, look->path, ARC_CHANGE_MODIFIED);

  /* Its change is emitted; it is checked again as if for the first time. */
  if (freshness == FRESHNESS_FRESH || freshness == FRESHNESS_STEADY)
    {
      look->first = g_get_monotonic_time ();
      look->silent = FALSE;
      look->holding = FALSE;
      arc_recheck_queue_postpone (self->looks, g_steal_pointer (&owned), due);
    }
}

static void
look_at_file (ArcTreeScanner *self,
              ArcNode *parent,
              ArcRecheck *look /* (transfer full) */,
              const struct stat *info)
{
  g_autoptr (ArcRecheck) owned = look;
  g_autofree char *below = get_below_root (parent, look);

  if (arc_path_filter_match_file (self->extent->filter, below, NULL))
    see_file (self, parent, g_steal_pointer (&owned), arc_fingerprint_from_stat (info));
  else
    forget_file (self, parent->path, look);
}

/* Before the target of a link is read: what happens to it later gives an event. */
static void
follow_link (ArcTreeScanner *self, ArcNode *parent, const ArcRecheck *look)
{
  g_autofree char *below = get_below_root (parent, look);
  const char *name = strrchr (look->path, '/') + 1;
  struct stat info;

  if (fstatat (AT_FDCWD, look->path, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK (info.st_mode) &&
      (arc_path_filter_match_file (self->extent->filter, below, NULL) ||
       arc_path_filter_match_directory (self->extent->filter, below, NULL)))
    {
      arc_node_add_link (parent, name);
      arc_path_monitor_follow (self->ways, look->path);
    }
  else
    {
      remove_link (self, parent, name);
    }
}

static void
inspect (ArcTreeScanner *self, ArcRecheck *look)
{
  g_autoptr (ArcRecheck) owned = look;
  g_autofree char *directory = g_path_get_dirname (look->path);
  ArcNode *parent = arc_directory_tree_lookup (self->tree, directory);
  ArcNode *node = arc_directory_tree_lookup (self->tree, look->path);
  struct stat info;
  gboolean exists;

  if (node != NULL && node->parent == NULL)
    {
      arc_root_probe_begin (self->probe, node->path,
                            ARC_ROOT_PROBE_HINT | (look->moved ? ARC_ROOT_PROBE_MOVED : 0) |
                                (look->attributes ? ARC_ROOT_PROBE_ATTRIBUTES : 0));
      return;
    }

  /* Not in the tree, or not scanned yet, which will find it. */
  if (parent == NULL || !parent->scanned || parent->problem != NULL)
    return;

  if (self->extent->follow_symlinks)
    follow_link (self, parent, look);

  errno = 0;
  exists = fstatat (AT_FDCWD, look->path, &info,
                    self->extent->follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
  if ((!exists && !arc_directory_reader_is_gone (errno)) || arc_node_hides (parent, look->path))
    {
      /* It cannot be looked at any more, or can again: the scan of the parent says so. */
      arc_tree_scanner_push (self, parent);
      return;
    }

  if (!exists && !arc_tree_scanner_is_clear (self, parent))
    return;

  if (node != NULL && !(exists && S_ISDIR (info.st_mode)))
    {
      arc_tree_scanner_forget (self, node);
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

static void
look_at_left_out (ArcTreeScanner *self)
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
      arc_recheck_queue_hold (self->looks, arc_recheck_queue_ask (self->looks, paths->pdata[i]));
    }
}

/* Takes care of the directories that the kernel does not watch although GIO said nothing. */
static void
arm_deaf (ArcTreeScanner *self)
{
  g_autoptr (GPtrArray) deaf = arc_monitor_budget_take_deaf (self->watches, self->tree);

  for (guint i = 0; i < deaf->len && !arc_monitor_budget_is_full (self->watches); i++)
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

static void
begin_audit (ArcTreeScanner *self)
{
  self->health_pending = TRUE;
  arc_monitor_budget_begin_audit (self->watches, self->tree);
}

/* The public face */

/* Makes nodes of the roots, and no others roots. */
static void
plant (ArcTreeScanner *self)
{
  g_autoptr (GPtrArray) nodes = arc_directory_tree_list (self->tree);
  g_autoptr (GPtrArray) unwanted = g_ptr_array_new ();
  const ArcWatchScope *extent = self->extent;

  self->plant_pending = FALSE;
  self->prune_pending = !arc_snapshot_is_empty (self->snapshot);

  for (guint i = 0; i < nodes->len; i++)
    {
      ArcNode *node = nodes->pdata[i];

      if (node->parent == NULL && !arc_watch_scope_has_root (extent, node->path))
        g_ptr_array_add (unwanted, node);
    }

  for (guint i = 0; i < unwanted->len; i++)
    arc_tree_scanner_forget (self, unwanted->pdata[i]);

  for (guint i = 0; i < extent->roots->len; i++)
    {
      ArcNode *node = arc_directory_tree_lookup (self->tree, extent->roots->pdata[i]);

      /* What was a directory of a root may be a root now. */
      if (node != NULL && node->parent != NULL)
        {
          arc_tree_scanner_abort_scan_below (self, node);
          arc_directory_tree_drop (self->tree, node, NULL, NULL);
          node = NULL;
        }
      if (node == NULL)
        arc_directory_tree_add (self->tree, NULL, extent->roots->pdata[i]);
    }
}

ArcTreeScanner *
arc_tree_scanner_new (ArcFileMonitorsFunc func, ArcMonitorBudgetFunc progressed, gpointer user_data)
{
  ArcTreeScanner *self = g_new0 (ArcTreeScanner, 1);

  self->progressed = progressed;
  self->user_data = user_data;
  self->probe = arc_root_probe_new (on_probed, self);
  self->snapshot = arc_snapshot_new ();
  self->changes = arc_change_set_new ();
  self->tree = arc_directory_tree_new ();
  self->looks = arc_recheck_queue_new ();
  self->ways = arc_path_monitor_new (func, user_data);
  self->watches = arc_monitor_budget_new (func, progressed, user_data);
  self->scan = arc_directory_reader_new ();
  self->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->left_out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
arc_tree_scanner_free (ArcTreeScanner *self)
{
  arc_root_probe_free (self->probe);
  arc_directory_reader_free (self->scan);
  arc_recheck_queue_free (self->looks);
  arc_path_monitor_free (self->ways);
  arc_directory_tree_free (self->tree);
  arc_monitor_budget_free (self->watches);
  arc_snapshot_free (self->snapshot);
  arc_change_set_free (self->changes);
  g_hash_table_unref (self->lost);
  g_hash_table_unref (self->left_out);
  g_clear_pointer (&self->extent, arc_watch_scope_free);
  g_free (self);
}

void
arc_tree_scanner_set_extent (ArcTreeScanner *self, ArcWatchScope *extent)
{
  g_clear_pointer (&self->extent, arc_watch_scope_free);
  self->extent = extent;
  self->plant_pending = TRUE;
}

const ArcWatchScope *
arc_tree_scanner_get_extent (const ArcTreeScanner *self)
{
  return self->extent;
}

void
arc_tree_scanner_start (ArcTreeScanner *self, ArcSnapshot *snapshot)
{
  self->baseline = snapshot == NULL;
  self->plant_pending = TRUE;
  arc_snapshot_free (self->snapshot);
  self->snapshot = snapshot != NULL ? snapshot : arc_snapshot_new ();
}

void
arc_tree_scanner_reconcile (ArcTreeScanner *self)
{
  const ArcWatchScope *extent = self->extent;

  if (self->plant_pending)
    plant (self);

  self->generation++;
  self->active = TRUE;
  arc_monitor_budget_begin (self->watches);
  g_hash_table_remove_all (self->left_out);

  for (guint i = 0; i < extent->roots->len; i++)
    arc_root_probe_begin (self->probe, extent->roots->pdata[i], ARC_ROOT_PROBE_SCAN);
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
  arc_directory_reader_close (self->scan);
  self->scan_node = NULL;
  arc_root_probe_cancel (self->probe);
  arc_monitor_budget_cancel_audit (self->watches);
  arc_recheck_queue_clear (self->looks);
  arc_path_monitor_clear (self->ways);
  arc_directory_tree_free (self->tree);
  self->tree = arc_directory_tree_new ();
}

void
arc_tree_scanner_hint (ArcTreeScanner *self, const char *path, ArcHint hint)
{
  ArcRecheck *look = arc_recheck_queue_ask (self->looks, path);

  look->hinted = TRUE;
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

gboolean
arc_tree_scanner_work (ArcTreeScanner *self, gint64 deadline)
{
  gint64 now = g_get_monotonic_time ();
  gint64 due;

  arc_tree_scanner_look_for_lost (self, now);

  /* No look while a directory is being read: what the scan saw first would overwrite it. */
  for (; now < deadline; now = g_get_monotonic_time ())
    {
      ArcRecheck *look = NULL;
      ArcNode *node = NULL;

      if (self->scan_node == NULL && !self->scan_is_owed)
        look = arc_recheck_queue_take (self->looks, now);
      if (self->scan_node == NULL && look == NULL)
        node = arc_directory_tree_pop (self->tree);

      if (look != NULL)
        {
          inspect (self, look);
          continue;
        }

      self->scan_is_owed = FALSE;
      if (node != NULL)
        arc_tree_scanner_begin_scan (self, node);
      if (self->scan_node != NULL)
        arc_tree_scanner_continue_scan (self, deadline);
      else if (node == NULL)
        break;
    }

  note_problems (self);
  due = arc_recheck_queue_get_due (self->looks);
  self->scan_is_owed = due >= 0 && due <= now && !arc_directory_tree_is_idle (self->tree);

  return self->active;
}

gboolean
arc_tree_scanner_is_busy (const ArcTreeScanner *self)
{
  return self->scan_node != NULL || !arc_directory_tree_is_idle (self->tree) ||
         arc_recheck_queue_get_n_holding (self->looks) > 0 ||
         arc_monitor_budget_is_auditing (self->watches) || arc_root_probe_is_waiting (self->probe);
}

gint64
arc_tree_scanner_get_due (const ArcTreeScanner *self)
{
  gint64 due = arc_recheck_queue_get_due (self->looks);

  if (self->scan_node != NULL || !arc_directory_tree_is_idle (self->tree))
    return 0;
  if (self->lost_check == 0)
    return due;

  return due < 0 ? self->lost_check : MIN (due, self->lost_check);
}

gboolean
arc_tree_scanner_conclude (ArcTreeScanner *self)
{
  const ArcWatchScope *extent = self->extent;

  if (self->prune_pending)
    arc_tree_scanner_prune (self);
  if (self->left_out_pending)
    look_at_left_out (self);
  if (!arc_tree_scanner_is_busy (self))
    arc_path_monitor_prune (self->ways, is_followed, self);
  note_problems (self);
  if (!arc_tree_scanner_is_busy (self))
    arm_deaf (self);
  if (!arc_tree_scanner_is_busy (self) &&
      arc_monitor_budget_wants_audit (self->watches,
                                      extent->roots->len > 0 ? extent->roots->pdata[0] : "/"))
    begin_audit (self);

  return !arc_tree_scanner_is_busy (self);
}

void
arc_tree_scanner_rest (ArcTreeScanner *self)
{
  self->active = FALSE;
  self->baseline = FALSE;
}

gboolean
arc_tree_scanner_update_health (ArcTreeScanner *self, ArcHealth *health, char **message)
{
  if (!self->health_pending)
    return FALSE;

  self->health_pending = FALSE;
  self->health = arc_health_assess (self->tree, self->watches, self->ways, message);
  *health = self->health;

  return TRUE;
}

guint
arc_tree_scanner_get_n_directories (const ArcTreeScanner *self)
{
  return arc_directory_tree_get_size (self->tree);
}

ArcSnapshot *
arc_tree_scanner_get_snapshot (const ArcTreeScanner *self)
{
  return self->snapshot;
}
