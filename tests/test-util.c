/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-util.h"

#include "watch/directory-reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

void
arc_test_dispatch_ready (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
arc_test_wait_until_old (const char *path)
{
  /* The clock that stamps files lags behind by up to 10 ms, which the search for a clock that was
   * set back takes for such a step. */
  const gint64 tick = 10 * 1000 * 1000;

  arc_test_wait_until (!arc_path_has_changed_since (path, arc_get_stamp_time () - tick));
}

void
arc_test_iterate_for (guint msec)
{
  gboolean over = FALSE;

  g_timeout_add (msec, arc_test_set_true, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

void
arc_test_take_result (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer taken)
{
  *(GAsyncResult **) taken = g_object_ref (result);
}

gboolean
arc_test_set_true (gpointer flag)
{
  *(gboolean *) flag = TRUE;

  return G_SOURCE_REMOVE;
}

gboolean
arc_test_tick (gpointer unused)
{
  return G_SOURCE_CONTINUE;
}

GStrv
arc_test_make_strv (const char *first, ...)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  va_list arguments;

  va_start (arguments, first);
  for (const char *argument = first; argument != NULL; argument = va_arg (arguments, const char *))
    g_strv_builder_add (builder, argument);
  va_end (arguments);

  return g_strv_builder_end (builder);
}

void
arc_test_deafen (guint every)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fdinfo", 0, NULL);
  const char *fd;

  /* proc_pid_fdinfo(5) */
  while ((fd = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fdinfo", fd, NULL);
      g_autofree char *text = NULL;
      g_auto (GStrv) lines = NULL;
      unsigned int watch;

      if (!g_file_get_contents (path, &text, NULL, NULL))
        continue;

      lines = g_strsplit (text, "\n", -1);
      for (guint i = 0; lines[i] != NULL; i++)
        if (sscanf (lines[i], "inotify wd:%x ", &watch) == 1 && watch % every == 0)
          inotify_rm_watch (atoi (fd), (int) watch);
    }
}

void
arc_test_limit_files (guint n)
{
  struct rlimit limit;
  int free_file;

  /* GLib makes these contexts when they are first needed, and aborts without a file for them. The
   * second one, of its worker thread, is made with the type (g_task_thread_pool_init()). */
  g_main_context_default ();
  g_type_ensure (G_TYPE_TASK);
  free_file = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  limit.rlim_cur = n == G_MAXUINT ? limit.rlim_max : (rlim_t) free_file + n;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));
  if (free_file >= 0)
    close (free_file);
}

GDBusConnection *
arc_test_connect (GTestDBus *bus)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

gboolean
arc_test_get_boolean (gpointer object, const char *property)
{
  gboolean value;

  g_object_get (object, property, &value, NULL);

  return value;
}
