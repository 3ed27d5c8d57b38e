/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/monitor-budget.h"

#include "watch/monitor-audit.h"

/* How many monitors to add between two questions whether there is room for more. */
#define ADDS_PER_PROBE 256

/* A monitor does not go deaf by itself, and what a deaf one misses a reconciliation finds: so not
 * each of those has to pay for an audit (7 us a directory). */
#define AUDIT_INTERVAL (1 * G_TIME_SPAN_MINUTE)

/* How many monitors may be added because of events before all are audited. */
#define ADDS_PER_AUDIT 64

struct _ArcMonitorBudget
{
  ArcFileMonitors *monitors;
  ArcMonitorAudit *inotify;
  guint limit;
  gboolean limit_reached;
  GError *error; /* (nullable): why there are no more monitors */
  guint adds_until_probe;
  guint n_adds;           /* since the last audit */
  gboolean probe_pending; /* monitors were added, and maybe the last of them found no room */
  gboolean audit_pending;
  gint64 last_audit; /* g_get_monotonic_time(); 0: never, or in vain */

  GSourceOnceFunc audited;
  gpointer user_data;
  GCancellable *cancellable; /* (nullable): of the audit under way */
  GArray *answers; /* (nullable) (element-type ArcMonitorAuditTarget): of the last audit */
  guint n_audits;  /* begun */
};

ArcMonitorBudget *
arc_monitor_budget_new (ArcFileMonitorsFunc func, GSourceOnceFunc audited, gpointer user_data)
{
  ArcMonitorBudget *self = g_new0 (ArcMonitorBudget, 1);

  self->monitors = arc_file_monitors_new (func, user_data);
  self->inotify = arc_monitor_audit_new ();
  self->limit = G_MAXUINT;
  self->audited = audited;
  self->user_data = user_data;

  return self;
}

void
arc_monitor_budget_free (ArcMonitorBudget *self)
{
  arc_monitor_budget_cancel_audit (self);
  arc_file_monitors_free (self->monitors);
  arc_monitor_audit_free (self->inotify);
  g_clear_error (&self->error);
  g_free (self);
}

void
arc_monitor_budget_begin (ArcMonitorBudget *self)
{
  self->limit = arc_monitor_audit_get_limit (NULL);
  self->limit_reached = FALSE;
  self->adds_until_probe = 0;
  if (self->last_audit == 0 || g_get_monotonic_time () - self->last_audit >= AUDIT_INTERVAL)
    self->audit_pending = TRUE;
}

void
arc_monitor_budget_arm (ArcMonitorBudget *self, ArcNode *node)
{
  if (node->monitor != NULL || arc_monitor_budget_is_full (self))
    return;

  /* GIO does not report that the limit is reached. It keeps the directory in a list instead that it
   * walks with each monitor that comes or goes, and every four seconds. */
  if (self->adds_until_probe == 0)
    {
      self->adds_until_probe = ADDS_PER_PROBE;
      if (arc_file_monitors_get_n_monitors (self->monitors) >= self->limit ||
          !arc_monitor_audit_has_room (self->inotify, node->path))
        {
          self->limit_reached = TRUE;
          self->audit_pending = TRUE;
          return;
        }
    }

  node->monitor = arc_file_monitors_add (self->monitors, node->path, &self->error);
  node->armed = self->n_audits;
  self->adds_until_probe--;
  self->n_adds++;
  self->probe_pending = TRUE;
}

gboolean
arc_monitor_budget_is_audit_due (const ArcMonitorBudget *self)
{
  return self->audit_pending || self->n_adds >= ADDS_PER_AUDIT;
}

gboolean
arc_monitor_budget_wants_audit (ArcMonitorBudget *self, const char *path)
{
  /* After one directory that came, it is enough to know that there was room. */
  if (self->probe_pending && !arc_monitor_budget_is_audit_due (self))
    self->audit_pending = !arc_monitor_audit_has_room (self->inotify, path);
  self->probe_pending = FALSE;

  return arc_monitor_budget_is_audit_due (self);
}

static void
on_audited (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GArray *answers = arc_monitor_audit_audit_finish (result, &error);
  ArcMonitorBudget *self;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  /* What cannot be known is taken to be well. */
  self = user_data;
  self->answers = answers;
  self->last_audit = error == NULL ? g_get_monotonic_time () : 0;
  g_clear_object (&self->cancellable);
  self->audited (self->user_data);
}

void
arc_monitor_budget_begin_audit (ArcMonitorBudget *self, const ArcDirectoryTree *tree)
{
  g_autoptr (GPtrArray) nodes = arc_directory_tree_list (tree, FALSE);
  GArray *targets = arc_monitor_audit_targets_new ();

  g_return_if_fail (self->cancellable == NULL);

  self->audit_pending = FALSE;
  self->n_adds = 0;
  self->n_audits++;
  g_clear_pointer (&self->answers, g_array_unref);

  for (guint i = 0; i < nodes->len; i++)
    {
      const ArcNode *node = nodes->pdata[i];
      ArcMonitorAuditTarget target = { .id = node->id };

      if (node->monitor == NULL || node->problem != NULL)
        continue;

      target.path = g_strdup (node->path);
      g_array_append_val (targets, target);
    }

  self->cancellable = g_cancellable_new ();
  arc_monitor_audit_audit_async (self->inotify, targets, self->cancellable, on_audited, self);
}

gboolean
arc_monitor_budget_is_auditing (const ArcMonitorBudget *self)
{
  return self->cancellable != NULL;
}

void
arc_monitor_budget_cancel_audit (ArcMonitorBudget *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->answers, g_array_unref);
}

GPtrArray *
arc_monitor_budget_take_deaf (ArcMonitorBudget *self, const ArcDirectoryTree *tree)
{
  g_autoptr (GArray) answers = g_steal_pointer (&self->answers);
  g_autoptr (GPtrArray) deaf = g_ptr_array_new ();

  for (guint i = 0; answers != NULL && i < answers->len; i++)
    {
      const ArcMonitorAuditTarget *target = &g_array_index (answers, ArcMonitorAuditTarget, i);
      ArcNode *node = target->watched ? NULL : arc_directory_tree_lookup (tree, target->path);

      /* It may be another directory, or have another monitor, by now. */
      if (node == NULL || node->monitor == NULL || node->armed == self->n_audits ||
          !arc_file_id_equal (&node->id, &target->id))
        continue;

      if (!self->limit_reached)
        self->limit_reached = !arc_monitor_audit_has_room (self->inotify, node->path);

      /* GIO would try it again every four seconds, and walk the list of all such each time. */
      g_clear_pointer (&node->monitor, arc_monitor_cancel);
      g_ptr_array_add (deaf, node);
    }

  return g_steal_pointer (&deaf);
}

gboolean
arc_monitor_budget_is_full (const ArcMonitorBudget *self)
{
  return self->limit_reached || self->error != NULL;
}

/* The number that the message of a reached limit proposes: room for all, and for other programs. */
static guint
propose_limit (const ArcMonitorBudget *self, guint n)
{
  guint wanted = MAX (2 * (n + self->limit / 2), 524288);

  return MAX (wanted, self->limit);
}

static char *
describe_limit (const ArcMonitorBudget *self, guint n)
{
  const char *name;

  arc_monitor_audit_get_limit (&name);

  return g_strdup_printf ("the limit %s = %u is reached; raise it with: sudo sysctl -w %s=%u", name,
                          self->limit, name, propose_limit (self, n));
}

static char *
describe_error (const ArcMonitorBudget *self)
{
  const char *name;
  guint limit = arc_monitor_audit_get_instance_limit (&name);

  return g_strdup_printf (
      "%s; most likely the limit %s = %u is reached: raise it with: sudo sysctl -w %s=%u, and "
      "start the service again",
      self->error->message, name, limit, name, MAX (2 * limit, 512));
}

char *
arc_monitor_budget_describe (const ArcMonitorBudget *self, guint n_unwatched, guint n)
{
  g_autofree char *reason = NULL;

  if (self->limit_reached)
    reason = describe_limit (self, n);
  else if (self->error != NULL)
    reason = describe_error (self);

  return g_strdup_printf ("%u of %u directories %s%s", n_unwatched, n,
                          reason != NULL ? "are not watched: " : "cannot be watched",
                          reason != NULL ? reason : "");
}
