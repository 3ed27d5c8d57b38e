/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"

#include "ctl/messages.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <unistd.h>

static gboolean
print_all (const char *data, gsize length)
{
  while (length > 0)
    {
      const ssize_t written = TEMP_FAILURE_RETRY (write (STDOUT_FILENO, data, length));

      if (written < 0)
        {
          arc_ctl_print_error (ARC_CTL_FAILED, _ ("cannot write the log: %s"), g_strerror (errno));
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
          arc_ctl_print_error (ARC_CTL_FAILED, _ ("cannot read the log: %s"), g_strerror (errno));
          return FALSE;
        }
      if (n == 0)
        return TRUE;
      if (!print_all (buffer, (gsize) n))
        return FALSE;
    }
}

/* (transfer full) (nullable): reports the growth of LOG. */
static GFileMonitor *
monitor_log (int log)
{
  /* The same file for everybody: what a file descriptor leads to (proc(5)). */
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", log);
  g_autofree char *path = g_file_read_link (link, NULL);
  g_autoptr (GFile) file = path != NULL ? g_file_new_for_path (path) : NULL;

  return file != NULL ? g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL) : NULL;
}

/* Copies LOG, and what it grows by until BUILD ends. */
static ArcCtlExit
follow (ArcDBusBuilder *service, guint64 build, int log, GError **error)
{
  GDBusConnection *bus = g_dbus_proxy_get_connection (G_DBUS_PROXY (service));
  g_autoptr (GFileMonitor) monitor = monitor_log (log);
  const gboolean runs = arc_dbus_builder_get_current_build (service) == build;
  g_autoptr (GVariant) record = NULL;
  const char *result = "";
  gboolean has_ended = !runs;
  gboolean is_copied = copy_log (log);

  /* Each change that it reports ends an iteration. */
  if (monitor != NULL)
    g_file_monitor_set_rate_limit (monitor, 50);

  while (is_copied && !has_ended)
    {
      g_main_context_iteration (NULL, TRUE);
      /* Without the service, a proxy has no properties; without the bus, it still has them. */
      has_ended = arc_dbus_builder_get_current_build (service) != build ||
                  g_dbus_connection_is_closed (bus);
      is_copied = copy_log (log);
    }
  if (!is_copied)
    return ARC_CTL_FAILED;

  record = arc_ctl_find_build (service, build, runs ? NULL : error);
  if (record == NULL && runs)
    return arc_ctl_print_error (ARC_CTL_NO_SERVICE,
                                g_dbus_connection_is_closed (bus)
                                    ? _ ("the connection to the session bus was closed")
                                    : _ ("the service stopped before the build ended"));

  if (record != NULL)
    g_variant_lookup (record, "result", "&s", &result);

  return arc_messages_is_success (result) ? ARC_CTL_SUCCESS : ARC_CTL_FAILED;
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
