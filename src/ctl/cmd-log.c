/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"

#include "ctl/messages.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <unistd.h>

/* Following a build until it ends. */
typedef struct
{
  ArcDBusBuilder *service;
  GMainLoop *loop;
  guint64 build;
  int log;
  char *result;   /* (owned) (nullable): once it has ended */
  gboolean fault; /* it cannot be followed any more */
} Follower;

static gboolean
print_all (const char *data, gsize length)
{
  while (length > 0)
    {
      const ssize_t written = TEMP_FAILURE_RETRY (write (STDOUT_FILENO, data, length));

      if (written < 0)
        {
          arc_ctl_print_error (_ ("cannot write the log: %s"), g_strerror (errno));
          return FALSE;
        }
      data += written;
      length -= (gsize) written;
    }

  return TRUE;
}

/* Copies what is in LOG from the place where it was read last to standard output. */
static gboolean
copy_log (int log)
{
  char buffer[65536];

  for (;;)
    {
      const ssize_t n = TEMP_FAILURE_RETRY (read (log, buffer, sizeof buffer));

      if (n < 0)
        {
          arc_ctl_print_error (_ ("cannot read the log: %s"), g_strerror (errno));
          return FALSE;
        }
      if (n == 0)
        return TRUE;
      if (!print_all (buffer, (gsize) n))
        return FALSE;
    }
}

static void
on_log_changed (
    GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer user_data)
{
  Follower *self = user_data;

  if (!copy_log (self->log))
    {
      self->fault = TRUE;
      g_main_loop_quit (self->loop);
    }
}

static void
on_build_finished (ArcDBusBuilder *service,
                   guint64 build,
                   const char *result,
                   GVariant *details,
                   gpointer user_data)
{
  Follower *self = user_data;

  if (build != self->build)
    return;

  g_free (self->result);
  self->result = g_strdup (result);
  g_main_loop_quit (self->loop);
}

/* Sets RESULT (transfer full) (nullable) to how BUILD ended, or NULL if that is not known: it runs,
 * or there is nothing left of it but its log. */
static gboolean
look_up_result (ArcDBusBuilder *service, guint64 build, char **result, GError **error)
{
  g_autoptr (GVariant) builds = NULL;

  *result = NULL;
  if (!arc_dbus_builder_call_get_history_sync (service, 0, &builds, NULL, error))
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (builds) && *result == NULL; i++)
    {
      g_autoptr (GVariant) each = g_variant_get_child_value (builds, i);
      guint64 id;

      if (g_variant_lookup (each, "id", "t", &id) && id == build)
        g_variant_lookup (each, "result", "s", result);
    }

  return TRUE;
}

/* (transfer full) (nullable): reports the growth of LOG. */
static GFileMonitor *
monitor_log (int log)
{
  /* The same file for everybody: what a file descriptor leads to (proc(5)). */
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", log);
  g_autofree char *path = g_file_read_link (link, NULL);
  g_autoptr (GFile) file = path != NULL ? g_file_new_for_path (path) : NULL;
  GFileMonitor *monitor =
      file != NULL ? g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL) : NULL;

  if (monitor != NULL)
    g_file_monitor_set_rate_limit (monitor, 50);

  return monitor;
}

static ArcCtlExit
follow (ArcDBusBuilder *service, guint64 build, int log, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GFileMonitor) monitor = monitor_log (log);
  Follower self = { .service = service, .loop = loop, .build = build, .log = log };
  /* As it was before the history is asked: so of what is in neither there will be no end. */
  const gboolean runs = arc_dbus_builder_get_current_build (service) == build;
  g_autofree char *result = NULL;
  gulong owner_id;
  gboolean ok;

  if (monitor != NULL)
    g_signal_connect (monitor, "changed", G_CALLBACK (on_log_changed), &self);
  g_signal_connect (service, "build-finished", G_CALLBACK (on_build_finished), &self);
  owner_id = g_signal_connect_swapped (service, "notify::g-name-owner",
                                       G_CALLBACK (g_main_loop_quit), loop);

  /* The history is read after the signals are connected: a build that ends later emits one. */
  if (!look_up_result (service, build, &self.result, error))
    return ARC_CTL_FAILED;

  ok = copy_log (log);
  if (ok && runs)
    {
      if (self.result == NULL)
        g_main_loop_run (loop);
      ok = !self.fault && copy_log (log);
    }

  g_signal_handlers_disconnect_by_data (service, &self);
  g_signal_handler_disconnect (service, owner_id);
  result = self.result;
  if (ok && runs && result == NULL)
    {
      arc_ctl_print_error (_ ("the service stopped before the build ended"));
      return ARC_CTL_NO_SERVICE;
    }

  return ok && result != NULL && arc_messages_is_success (result) ? ARC_CTL_SUCCESS
                                                                  : ARC_CTL_FAILED;
}

/* BUILD, or the one that runs, or the last one; 0 if there is none. */
static guint64
choose_build (ArcDBusBuilder *service, guint64 build)
{
  guint64 id = build;

  if (id == 0)
    id = arc_dbus_builder_get_current_build (service);
  if (id == 0)
    g_variant_lookup (arc_dbus_builder_get_last_build (service), "id", "t", &id);

  return id;
}

static int
open_log (ArcDBusBuilder *service, guint64 build, GError **error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) handle = NULL;

  if (!arc_dbus_builder_call_open_log_sync (service, build, NULL, &handle, &fds, NULL, error))
    return -1;

  return g_unix_fd_list_get (fds, g_variant_get_handle (handle), error);
}

ArcCtlExit
arc_cmd_log (const ArcCall *call, GError **error)
{
  const guint64 build = choose_build (call->service, call->build);
  const int log = open_log (call->service, build, error);
  ArcCtlExit status;

  if (log < 0)
    return ARC_CTL_FAILED;

  if (call->follow)
    status = follow (call->service, build, log, error);
  else
    status = copy_log (log) ? ARC_CTL_SUCCESS : ARC_CTL_FAILED;

  close (log);

  return status;
}
