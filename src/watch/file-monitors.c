/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/file-monitors.h"

#include "common/inotify-limit.h"
#include "watch/monitor-audit.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define GROUP_SIZE 1024

/* How long a child rests after it had something to do, at first, and at most when it goes on: what
 * a checkout writes in that time is taken in one go. Each time costs three system calls, and a look
 * at each of its monitors. */
#define SHORTEST_REST (1 * G_TIME_SPAN_MILLISECOND)
#define LONGEST_REST  (32 * G_TIME_SPAN_MILLISECOND)

/* How many monitors to add between two questions whether there is room for more. */
#define ADDS_PER_PROBE 256

/* A monitor does not go deaf by itself, and what a deaf one misses a reconciliation finds: so not
 * each of those has to pay for an audit (7 us a directory). */
#define AUDIT_INTERVAL (1 * G_TIME_SPAN_MINUTE)

/* How many monitors may be added because of events before all are audited. */
#define ADDS_PER_AUDIT 64

typedef struct
{
  ArcFileMonitors *monitors; /* (unowned) */
  GMainContext *context;
  GSource *pump;
  guint n_monitors;
} Group;

struct _ArcFileMonitors
{
  ArcFileMonitorsFunc func;
  gpointer user_data;
  GMainContext *context;
  GPtrArray *groups; /* (element-type Group) */
  guint n_monitors;

  int inotify; /* an instance of its own; -1 until it is needed */
  guint limit;
  gboolean limit_reached;
  GError *error; /* (nullable): why there are no more monitors */
  guint adds_until_probe;
  guint n_adds;           /* since the last audit */
  gboolean probe_pending; /* monitors were added, and maybe the last of them found no room */
  gboolean audit_pending;
  gint64 last_audit; /* g_get_monotonic_time(); 0: never, or in vain */

  GSourceOnceFunc audited;
  GCancellable *cancellable; /* (nullable): of the audit under way */
  GArray *answers; /* (nullable) (element-type ArcMonitorAuditTarget): of the last audit */
  guint n_audits;  /* begun */
};

struct _ArcMonitor
{
  GFileMonitor *monitor;
  Group *group; /* (unowned) */
};

typedef struct
{
  GSource parent;
  GMainContext *child; /* (unowned) the group destroys this source first */
  GArray *fds;         /* (owned) (element-type GPollFD): what the child polls */
  GPtrArray *tags;     /* (owned): of those that the source polls for it, none while it rests */
  gint64 rest;         /* how long; 0: it does not rest */
} Pump;

/* Asks the child for all that it polls; it must be prepared. Returns: its timeout. */
static int
pump_query (Pump *self, int priority)
{
  int timeout;
  int n = 1;

  do
    {
      g_array_set_size (self->fds, (guint) n);
      n = g_main_context_query (self->child, priority, &timeout,
                                (GPollFD *) (void *) self->fds->data, (int) self->fds->len);
    }
  while (n > (int) self->fds->len);
  g_array_set_size (self->fds, (guint) n);

  return timeout;
}

static void
pump_set_rest (Pump *self, gint64 rest)
{
  self->rest = rest;
  for (guint i = 0; i < self->tags->len; i++)
    g_source_remove_unix_fd (&self->parent, self->tags->pdata[i]);
  g_ptr_array_set_size (self->tags, 0);

  for (guint i = 0; rest == 0 && i < self->fds->len; i++)
    {
      const GPollFD *fd = &g_array_index (self->fds, GPollFD, i);

      g_ptr_array_add (self->tags, g_source_add_unix_fd (&self->parent, fd->fd, fd->events));
    }
}

/* Runs the child, and sleeps until one of its descriptors or its next timeout. GLib's worker thread
 * hands events over in g_file_monitor_source_handle_event() (glocalfilemonitor.c) with
 * g_source_set_ready_time(), which signals the wakeup descriptor of the child (gmain.c; GLib 2.74
 * and 2.84). */
static gboolean
pump_dispatch (GSource *source, GSourceFunc callback G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  Pump *self = (Pump *) source;
  GPollFD *fds;
  gboolean again;
  gint64 ready = -1;
  int timeout;
  int priority;

  if (!g_main_context_acquire (self->child))
    return G_SOURCE_CONTINUE;

  g_main_context_prepare (self->child, &priority);
  timeout = pump_query (self, priority);
  fds = (GPollFD *) (gpointer) self->fds->data;

  /* A thread that woke the child may have set a ready time that is not reached yet, and
   * g_main_context_check() consumes the wakeup: only to prepare again returns that time. */
  again = g_poll (fds, self->fds->len, 0) > 0;
  if (g_main_context_check (self->child, priority, fds, (int) self->fds->len))
    {
      again = TRUE;
      g_main_context_dispatch (self->child);
    }

  g_main_context_release (self->child);

  pump_set_rest (self, again ? CLAMP (2 * self->rest, SHORTEST_REST, LONGEST_REST) : 0);
  if (again)
    ready = g_get_monotonic_time () + self->rest;
  else if (timeout >= 0)
    ready = g_get_monotonic_time () + timeout * G_TIME_SPAN_MILLISECOND;
  g_source_set_ready_time (source, ready);

  return G_SOURCE_CONTINUE;
}

static void
pump_finalize (GSource *source)
{
  Pump *self = (Pump *) source;

  g_array_unref (self->fds);
  g_ptr_array_unref (self->tags);
}

static Group *
group_new (ArcFileMonitors *self)
{
  static GSourceFuncs pump_funcs = { .dispatch = pump_dispatch, .finalize = pump_finalize };
  Group *group = g_new0 (Group, 1);
  Pump *pump;

  group->monitors = self;
  group->context = g_main_context_new ();
  group->pump = g_source_new (&pump_funcs, sizeof (Pump));
  pump = (Pump *) group->pump;
  pump->child = group->context;
  pump->fds = g_array_new (FALSE, FALSE, sizeof (GPollFD));
  pump->tags = g_ptr_array_new ();
  /* The first run finds out what to poll. */
  g_source_set_ready_time (group->pump, 0);
  g_source_set_static_name (group->pump, "ArcFileMonitors");
  g_source_attach (group->pump, self->context);

  return group;
}

static void
group_free (gpointer data)
{
  Group *group = data;

  g_source_destroy (group->pump);
  g_source_unref (group->pump);
  g_main_context_unref (group->context);
  g_free (group);
}

ArcFileMonitors *
arc_file_monitors_new (ArcFileMonitorsFunc func, GSourceOnceFunc audited, gpointer user_data)
{
  ArcFileMonitors *self = g_new0 (ArcFileMonitors, 1);

  self->func = func;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->groups = g_ptr_array_new_with_free_func (group_free);
  self->inotify = -1;
  self->limit = G_MAXUINT;
  self->audited = audited;

  return self;
}

void
arc_file_monitors_free (ArcFileMonitors *self)
{
  g_warn_if_fail (self->n_monitors == 0);

  arc_file_monitors_cancel_audit (self);
  g_clear_error (&self->error);
  if (self->inotify >= 0)
    close (self->inotify);
  g_ptr_array_unref (self->groups);
  g_main_context_unref (self->context);
  g_free (self);
}

static void
report (ArcFileMonitors *self, GFile *file /* (nullable) */, ArcHint hint)
{
  const char *path = file != NULL ? g_file_peek_path (file) : NULL;

  if (path != NULL)
    self->func (path, hint, self->user_data);
}

static void
on_changed (GFileMonitor *monitor G_GNUC_UNUSED,
            GFile *file,
            GFile *other_file,
            GFileMonitorEvent event,
            ArcFileMonitors *self)
{
  ArcHint hint = ARC_HINT_LOOK;

  switch (event)
    {
    case G_FILE_MONITOR_EVENT_CHANGED:
    case G_FILE_MONITOR_EVENT_CHANGES_DONE_HINT:
    case G_FILE_MONITOR_EVENT_CREATED:
      break;

    case G_FILE_MONITOR_EVENT_ATTRIBUTE_CHANGED:
      hint = ARC_HINT_ATTRIBUTES;
      break;

    case G_FILE_MONITOR_EVENT_DELETED:
    case G_FILE_MONITOR_EVENT_PRE_UNMOUNT:
    case G_FILE_MONITOR_EVENT_UNMOUNTED:
    case G_FILE_MONITOR_EVENT_MOVED:
    case G_FILE_MONITOR_EVENT_RENAMED:
    case G_FILE_MONITOR_EVENT_MOVED_IN:
    case G_FILE_MONITOR_EVENT_MOVED_OUT:
      hint = ARC_HINT_MOVED;
      break;
    }

  report (self, file, hint);
  report (self, other_file, hint);
}

/* g_main_context_new() aborts the process if it gets no descriptor: g_wakeup_new() of gwakeup.c
 * calls g_error() (GLib 2.74 and 2.84). */
static gboolean
has_descriptor (GError **error)
{
  const int fd = eventfd (0, EFD_CLOEXEC);
  const int number = errno;

  if (fd >= 0)
    {
      close (fd);
      return TRUE;
    }

  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (number), g_strerror (number));

  return FALSE;
}

static Group *
find_group (ArcFileMonitors *self, GError **error)
{
  /* The last one is the one with room, as long as monitors only come. */
  for (guint i = self->groups->len; i > 0; i--)
    {
      Group *group = self->groups->pdata[i - 1];

      if (group->n_monitors < GROUP_SIZE)
        return group;
    }

  if (!has_descriptor (error))
    return NULL;

  g_ptr_array_add (self->groups, group_new (self));

  return self->groups->pdata[self->groups->len - 1];
}

/* (transfer full) (nullable): NULL on an error of #GFileMonitor. GIO reports none for a directory
 * that is missing, unreadable or beyond the limit. */
static ArcMonitor *
add_monitor (ArcFileMonitors *self, const char *directory, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (directory);
  Group *group = find_group (self, error);
  GFileMonitor *monitor;
  ArcMonitor *handle;

  if (group == NULL)
    return NULL;

  /* inotify_add_watch(2) looks the path up. The disk worker has opened the directory just before,
   * so the kernel has names and attributes in its caches (FUSE: for a second with libfuse; NFS:
   * acdirmin, 30 s), and asks no server. The main loop waits only if the server stops within these
   * milliseconds and caches nothing; the watchdog ends that. (The first monitor below the home
   * directory also calls statfs(2) for that: g_local_file_is_nfs_home(), glocalfile.c.) Another
   * thread would not help: _ih_sub_add() of GIO calls inotify_add_watch(2) with the lock
   * inotify_lock, for which _ih_sub_cancel() in the main loop would wait (inotify-helper.c), and
   * ik_source_dispatch() in GLib's worker thread for each event (inotify-kernel.c). That thread
   * also hands on signals (glib_worker_main(), gmain.c) and the end of each GSubprocess
   * (initable_init(), gsubprocess.c; all in GLib 2.74 and 2.84). */
  g_main_context_push_thread_default (group->context);
  monitor = g_file_monitor_directory (file, G_FILE_MONITOR_WATCH_MOVES, NULL, error);
  g_main_context_pop_thread_default (group->context);

  if (monitor == NULL)
    return NULL;

  g_signal_connect (monitor, "changed", G_CALLBACK (on_changed), self);

  handle = g_new0 (ArcMonitor, 1);
  handle->monitor = monitor;
  handle->group = group;
  group->n_monitors++;
  self->n_monitors++;

  return handle;
}

void
arc_monitor_cancel (ArcMonitor *handle)
{
  Group *group = handle->group;
  ArcFileMonitors *self = group->monitors;

  g_signal_handlers_disconnect_by_data (handle->monitor, self);
  g_file_monitor_cancel (handle->monitor);
  g_object_unref (handle->monitor);
  g_free (handle);

  self->n_monitors--;
  if (--group->n_monitors == 0)
    g_ptr_array_remove_fast (self->groups, group);
}

void
arc_file_monitors_begin (ArcFileMonitors *self)
{
  self->limit = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_WATCHES, NULL);
  self->limit_reached = FALSE;
  self->adds_until_probe = 0;
  if (self->last_audit == 0 || g_get_monotonic_time () - self->last_audit >= AUDIT_INTERVAL)
    self->audit_pending = TRUE;
}

/* No monitor can be added until a limit is raised. */
static gboolean
is_full (const ArcFileMonitors *self)
{
  return self->limit_reached || self->error != NULL;
}

void
arc_file_monitors_arm (ArcFileMonitors *self, ArcNode *node)
{
  g_autoptr (GError) error = NULL;

  if (node->monitor != NULL || is_full (self))
    return;

  /* GIO does not report that the limit is reached. It keeps the directory in a list instead, which
   * _im_add() walks for each further one, _im_rm() for each monitor that is cancelled, and
   * im_scan_missing() every four seconds (inotify-missing.c, GLib 2.74 and 2.84). */
  if (self->adds_until_probe == 0)
    {
      self->adds_until_probe = ADDS_PER_PROBE;
      if (self->n_monitors >= self->limit || !arc_monitor_audit_has_room (&self->inotify))
        {
          self->limit_reached = TRUE;
          self->audit_pending = TRUE;
          return;
        }
    }

  node->monitor = add_monitor (self, node->path, &error);
  /* The next comparison tries again. After any other error GIO does not:
   * _g_io_module_get_default_type() remembers that there is no type of monitors (giomodule.c, GLib
   * 2.74 and 2.84). */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
    return;

  self->error = g_steal_pointer (&error);
  node->armed = self->n_audits;
  self->adds_until_probe--;
  self->n_adds++;
  self->probe_pending = TRUE;
}

gboolean
arc_file_monitors_is_audit_due (const ArcFileMonitors *self)
{
  return self->audit_pending || self->n_adds >= ADDS_PER_AUDIT;
}

static void
on_audited (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GArray *answers = arc_monitor_audit_run_finish (result, &error);
  ArcFileMonitors *self;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  /* What cannot be known is taken to be well. */
  self = user_data;
  self->answers = answers;
  self->last_audit = error == NULL ? g_get_monotonic_time () : 0;
  g_clear_object (&self->cancellable);
  self->audited (self->user_data);
}

gboolean
arc_file_monitors_audit (ArcFileMonitors *self, const ArcDirectoryTree *tree)
{
  g_autoptr (GPtrArray) nodes = NULL;
  GArray *targets;

  g_return_val_if_fail (self->cancellable == NULL, FALSE);

  /* After one directory that came, it is enough to know that there was room. */
  if (self->probe_pending && !arc_file_monitors_is_audit_due (self))
    self->audit_pending = !arc_monitor_audit_has_room (&self->inotify);
  self->probe_pending = FALSE;
  if (!arc_file_monitors_is_audit_due (self))
    return FALSE;

  nodes = arc_directory_tree_list (tree, FALSE);
  targets = g_array_new (FALSE, FALSE, sizeof (ArcMonitorAuditTarget));
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
  arc_monitor_audit_run_async (targets, self->cancellable, on_audited, self);

  return TRUE;
}

gboolean
arc_file_monitors_is_auditing (const ArcFileMonitors *self)
{
  return self->cancellable != NULL;
}

void
arc_file_monitors_cancel_audit (ArcFileMonitors *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->answers, g_array_unref);
}

GPtrArray *
arc_file_monitors_take_deaf (ArcFileMonitors *self, const ArcDirectoryTree *tree)
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
        self->limit_reached = !arc_monitor_audit_has_room (&self->inotify);

      /* See arc_file_monitors_arm(): GIO would try it again every four seconds. */
      g_clear_pointer (&node->monitor, arc_monitor_cancel);
      g_ptr_array_add (deaf, node);
    }

  if (is_full (self))
    g_ptr_array_set_size (deaf, 0);

  return g_steal_pointer (&deaf);
}

/* The number that the message of a reached limit proposes: room for all, and for other programs. */
static guint
propose_limit (const ArcFileMonitors *self, guint n)
{
  guint wanted = MAX (2 * (n + self->limit / 2), 524288);

  return MAX (wanted, self->limit);
}

static char *
describe_limit (const ArcFileMonitors *self, guint n)
{
  const char *name;

  arc_inotify_limit_read (ARC_INOTIFY_LIMIT_WATCHES, &name);

  return g_strdup_printf ("the limit %s = %u is reached; raise it with: sudo sysctl -w %s=%u", name,
                          self->limit, name, propose_limit (self, n));
}

static char *
describe_error (const ArcFileMonitors *self)
{
  const char *name;
  guint limit = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_INSTANCES, &name);

  return g_strdup_printf (
      "%s; most likely the limit %s = %u is reached: raise it with: sudo sysctl -w %s=%u, and "
      "start the service again",
      self->error->message, name, limit, name, MAX (2 * limit, 512));
}

char *
arc_file_monitors_describe (const ArcFileMonitors *self, guint n_unwatched, guint n)
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
