/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/tree-scanner.h"

#include "common/path.h"
#include "watch/tree-scanner-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* How many jobs the thread has at most, and how few before it gets more: so it reads while the main
 * loop compares. */
#define MAX_JOBS 128
#define MIN_JOBS 64

/* How often to look whether the thread goes on, and for how long it may not. Ticks are counted, not
 * the time: a process that was stopped (SIGSTOP) has done nothing meanwhile. */
#define TICK     G_TIME_SPAN_SECOND
#define PATIENCE 5

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
    arc_tree_scanner_begin_check (self, root);
  else
    look_at_root (self, root, flags);

  self->progressed (self->user_data);
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

static gboolean
on_results (gpointer user_data)
{
  ArcTreeScanner *self = user_data;

  self->has_results = TRUE;
  self->progressed (self->user_data);

  return G_SOURCE_CONTINUE;
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
          arc_tree_scanner_abort_scans (self, node);
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
  self->worker = arc_disk_worker_new (on_results, self);
  g_queue_init (&self->jobs);
  self->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->left_out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
arc_tree_scanner_free (ArcTreeScanner *self)
{
  arc_root_probe_free (self->probe);
  arc_disk_worker_free (self->worker);
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
  /* They were begun with the other filter. */
  arc_tree_scanner_abort_scans (self, NULL);
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
  arc_tree_scanner_abort_scans (self, NULL);
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

void
arc_tree_scanner_push_job (ArcTreeScanner *self, ArcDiskJob *job)
{
  if (self->tick == 0)
    {
      self->tick = g_get_monotonic_time () + TICK;
      self->n_ticks = 0;
    }

  g_queue_push_tail_link (&self->jobs, &job->all);
  arc_disk_worker_push (self->worker, job);
}

static gboolean
has_room (const ArcTreeScanner *self)
{
  return self->jobs.length - self->n_stuck <= MIN_JOBS;
}

/* Gives the thread jobs. What it reads later is newer, in whatever order it was asked for. */
static void
push_jobs (ArcTreeScanner *self, gint64 now)
{
  while (self->jobs.length - self->n_stuck < MAX_JOBS)
    {
      ArcRecheck *look = NULL;
      ArcNode *node = NULL;

      /* In turn, so that a flood of events does not keep a scan from its end. */
      if (self->scan_is_next)
        node = arc_directory_tree_pop (self->tree);
      if (node == NULL)
        look = arc_recheck_queue_take (self->looks, now);
      if (node == NULL && look == NULL)
        node = arc_directory_tree_pop (self->tree);
      if (node == NULL && look == NULL)
        return;

      self->scan_is_next = look != NULL;
      if (look != NULL)
        arc_tree_scanner_inspect (self, look);
      else
        arc_tree_scanner_begin_scan (self, node);
    }
}

static void
end_job (ArcTreeScanner *self, ArcDiskJob *job)
{
  g_queue_unlink (&self->jobs, &job->all);
  self->n_stuck -= job->stuck;
  if (self->jobs.length == self->n_stuck)
    self->tick = 0;

  if (job->stuck || job->is_cancelled)
    {
      arc_disk_worker_free_job (self->worker, job);
      return;
    }

  switch (job->kind)
    {
    case ARC_DISK_JOB_OPEN:
    case ARC_DISK_JOB_READ:
      arc_tree_scanner_continue_scan (self, job);
      return;

    case ARC_DISK_JOB_LOOK:
      arc_tree_scanner_end_inspect (self, job);
      return;

    case ARC_DISK_JOB_CHECK:
      arc_tree_scanner_end_check (self, job);
      return;
    }
}

static void
watch_thread (ArcTreeScanner *self, gint64 now)
{
  const guint n_steps = arc_disk_worker_get_n_steps (self->worker);

  if (self->tick == 0 || now < self->tick)
    return;

  self->tick = now + TICK;
  self->n_ticks = n_steps == self->n_steps ? self->n_ticks + 1 : 0;
  self->n_steps = n_steps;
  if (self->n_ticks < PATIENCE)
    return;

  self->n_ticks = 0;
  arc_tree_scanner_leave_stuck (self);
}

gboolean
arc_tree_scanner_work (ArcTreeScanner *self, gint64 deadline)
{
  gint64 now = g_get_monotonic_time ();

  arc_tree_scanner_look_for_lost (self, now);
  watch_thread (self, now);

  for (; now < deadline; now = g_get_monotonic_time ())
    {
      ArcDiskJob *job;

      if (has_room (self))
        {
          push_jobs (self, now);
          arc_disk_worker_flush (self->worker);
        }
      job = arc_disk_worker_take (self->worker);
      self->has_results = job != NULL;
      if (job == NULL)
        break;
      end_job (self, job);
    }

  arc_disk_worker_flush (self->worker);
  note_problems (self);

  return self->active;
}

/* Whether the end of a scan waits for the result of JOB. */
static gboolean
is_awaited (const ArcDiskJob *job)
{
  if (job->stuck || job->is_cancelled)
    return FALSE;

  switch (job->kind)
    {
    case ARC_DISK_JOB_OPEN:
    case ARC_DISK_JOB_READ:
      return job->node != NULL;

    case ARC_DISK_JOB_LOOK:
      return job->look->holding;

    case ARC_DISK_JOB_CHECK:
      return FALSE;
    }

  g_return_val_if_reached (FALSE);
}

static gboolean
awaits_job (const ArcTreeScanner *self)
{
  for (const GList *link = self->jobs.head; link != NULL; link = link->next)
    if (is_awaited (link->data))
      return TRUE;

  return FALSE;
}

gboolean
arc_tree_scanner_is_busy (const ArcTreeScanner *self)
{
  return !arc_directory_tree_is_idle (self->tree) ||
         arc_recheck_queue_get_n_holding (self->looks) > 0 || awaits_job (self) ||
         arc_monitor_budget_is_auditing (self->watches) || arc_root_probe_is_waiting (self->probe);
}

static gint64
get_earlier (gint64 due, gint64 other)
{
  return due < 0 ? other : MIN (due, other);
}

gint64
arc_tree_scanner_get_due (const ArcTreeScanner *self)
{
  gint64 due = -1;

  /* Without room for a job, the next result is the next thing to do. */
  if (has_room (self))
    due = arc_directory_tree_is_idle (self->tree) ? arc_recheck_queue_get_due (self->looks) : 0;
  if (self->has_results || !arc_disk_worker_is_flushed (self->worker))
    return 0;
  if (self->tick != 0)
    due = get_earlier (due, self->tick);
  if (self->lost_check != 0)
    due = get_earlier (due, self->lost_check);

  return due;
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

/* Whether a symbolic link is on the way from ROOT to BELOW, or at its end. What is behind a link
 * that is not followed is not in the tree. */
static gboolean
has_link (const ArcTreeScanner *self, const char *root, const char *below)
{
  g_autoptr (GString) path = g_string_new (root);
  const ArcNode *node = arc_directory_tree_lookup (self->tree, root);

  while (node != NULL && *below != '\0')
    {
      const gsize length = strcspn (below, "/");
      g_autofree char *name = g_strndup (below, length);

      if (node->links != NULL && g_hash_table_contains (node->links, name))
        return TRUE;

      below += length + (below[length] == '/');
      g_string_append_printf (path, "%s%s", g_str_has_suffix (path->str, "/") ? "" : "/", name);
      node = arc_directory_tree_lookup (self->tree, path->str);
    }

  return FALSE;
}

gboolean
arc_tree_scanner_explain (const ArcTreeScanner *self, const char *path, const char **rule)
{
  const GPtrArray *roots = self->extent->roots;
  g_autofree char *canonical = g_canonicalize_filename (path, "/");
  const char *below = NULL;
  const char *root = NULL;
  gboolean matters;

  for (guint i = 0; i < roots->len && below == NULL; i++)
    {
      root = roots->pdata[i];
      below = arc_path_get_below (canonical, root);
    }

  *rule = below == NULL ? "outside the watched directories" : "a watched directory itself";
  if (below == NULL || below[0] == '\0')
    return FALSE;

  matters = arc_path_filter_explain (self->extent->filter, below, rule);
  if (*rule == NULL)
    *rule = "no include pattern matches";
  if (!matters || self->extent->follow_symlinks || !has_link (self, root, below))
    return matters;

  *rule = "symbolic links are not followed";

  return FALSE;
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
