/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/system-info.h"

#include "ctl/arcologyctl.h"

#include <string.h>

GStrv
arc_system_info_make_command (const char *const *command, const char *option)
{
  g_autofree char *found = g_find_program_in_path (ARC_PROGRAM);
  const char *installed[] = { found != NULL ? found : ARC_BIN_DIR "/" ARC_PROGRAM, NULL };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, command != NULL ? (const char **) command : installed);
  g_strv_builder_add (builder, option);

  return g_strv_builder_end (builder);
}

guint
arc_system_info_get_process (GDBusProxy *service)
{
  g_autofree char *owner = g_dbus_proxy_get_name_owner (service);
  g_autoptr (GVariant) reply = NULL;
  guint32 pid;

  if (owner == NULL)
    return 0;

  reply =
      g_dbus_connection_call_sync (g_dbus_proxy_get_connection (service), "org.freedesktop.DBus",
                                   "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                   "GetConnectionUnixProcessID", g_variant_new ("(s)", owner),
                                   G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  if (reply == NULL)
    return 0;

  g_variant_get (reply, "(u)", &pid);

  return pid;
}

/* (transfer full) (nullable): the strings in the file NAME of the process, each of which ends with
 * NUL (proc(5)). */
static GStrv
read_strings (guint pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/%s", pid, name);
  g_autoptr (GStrvBuilder) strings = g_strv_builder_new ();
  g_autofree char *data = NULL;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, NULL))
    return NULL;

  for (gsize i = 0; i < size; i += strlen (data + i) + 1)
    g_strv_builder_add (strings, data + i);

  return g_strv_builder_end (strings);
}

gboolean
arc_system_info_read_process (guint pid, GStrv *command, GStrv *environment)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/exe", pid);
  g_autofree char *program = g_file_read_link (path, NULL);
  g_auto (GStrv) arguments = read_strings (pid, "cmdline");
  g_auto (GStrv) variables = read_strings (pid, "environ");

  if (program == NULL || arguments == NULL || arguments[0] == NULL || variables == NULL)
    return FALSE;

  /* The link of a program that was replaced since names no file. */
  if (g_file_test (program, G_FILE_TEST_IS_EXECUTABLE))
    {
      g_free (arguments[0]);
      arguments[0] = g_steal_pointer (&program);
    }
  *command = g_steal_pointer (&arguments);
  *environment = g_steal_pointer (&variables);

  return TRUE;
}

char *
arc_system_info_get_state_directory (const char *const *environment)
{
  const char *directory = environment != NULL
                              ? g_environ_getenv ((GStrv) environment, "XDG_STATE_HOME")
                              : g_get_user_state_dir ();

  /* Programs must ignore a relative path (XDG Base Directory Specification). */
  if (directory != NULL && g_path_is_absolute (directory))
    return g_build_filename (directory, ARC_PROGRAM, NULL);

  return g_build_filename (g_get_home_dir (), ".local", "state", ARC_PROGRAM, NULL);
}
