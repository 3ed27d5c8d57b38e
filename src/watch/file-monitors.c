/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/file-monitors.h"

#define GROUP_SIZE 1024

/* How long a child rests after it had something to do, at first, and at most when it goes on: what
 * a checkout writes in that time is taken in one go. Each time costs three system calls, and a look
 * at each of its monitors. */
#define SHORTEST_REST (1 * G_TIME_SPAN_MILLISECOND)
#define LONGEST_REST  (32 * G_TIME_SPAN_MILLISECOND)

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
  Group *current;    /* (unowned) (nullable): where the next monitor goes if there is room */
  guint n_monitors;
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

/* Runs the child, and sleeps until one of its descriptors or its next timeout. GIO hands events
 * over from a thread of its own with g_source_set_ready_time(), which writes to the wakeup
 * descriptor of the child (GLib 2.74, gmain.c). */
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

  /* Who woke it may have set a time that is later than now, and the check takes the wakeup: only to
   * prepare again returns that time. */
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
arc_file_monitors_new (ArcFileMonitorsFunc func, gpointer user_data)
{
  ArcFileMonitors *self = g_new0 (ArcFileMonitors, 1);

  self->func = func;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->groups = g_ptr_array_new_with_free_func (group_free);

  return self;
}

void
arc_file_monitors_free (ArcFileMonitors *self)
{
  g_warn_if_fail (self->n_monitors == 0);

  g_ptr_array_unref (self->groups);
  g_main_context_unref (self->context);
  g_free (self);
}

guint
arc_file_monitors_get_n_monitors (const ArcFileMonitors *self)
{
  return self->n_monitors;
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
      hint = ARC_HINT_LOOK;
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

static Group *
find_group (ArcFileMonitors *self)
{
  if (self->current != NULL && self->current->n_monitors < GROUP_SIZE)
    return self->current;

  for (guint i = 0; i < self->groups->len; i++)
    {
      Group *group = self->groups->pdata[i];

      if (group->n_monitors < GROUP_SIZE)
        return group;
    }

  g_ptr_array_add (self->groups, group_new (self));

  return self->groups->pdata[self->groups->len - 1];
}

ArcMonitor *
arc_file_monitors_add (ArcFileMonitors *self, const char *directory, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (directory);
  GFileMonitor *monitor;
  ArcMonitor *handle;

  /* inotify_add_watch(2) looks the path up. The disk worker has opened the directory just before,
   * so the kernel has names and attributes in its caches (FUSE: for a second with libfuse; NFS:
   * acdirmin, 30 s), and asks no server. The main loop waits only if the server stops within these
   * milliseconds and caches nothing; the watchdog ends that. No other thread can do it: GIO holds
   * one lock for all monitors meanwhile (GLib 2.74, inotify-helper.c), which GLib's worker thread
   * takes, too, and that thread hands on signals and the ends of children. */
  self->current = find_group (self);
  g_main_context_push_thread_default (self->current->context);
  monitor = g_file_monitor_directory (file, G_FILE_MONITOR_WATCH_MOVES, NULL, error);
  g_main_context_pop_thread_default (self->current->context);

  if (monitor == NULL)
    return NULL;

  g_signal_connect (monitor, "changed", G_CALLBACK (on_changed), self);

  handle = g_new0 (ArcMonitor, 1);
  handle->monitor = monitor;
  handle->group = self->current;
  handle->group->n_monitors++;
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
  if (--group->n_monitors > 0)
    return;

  if (self->current == group)
    self->current = NULL;
  g_ptr_array_remove_fast (self->groups, group);
}
