/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/service-info.h"

#include "ctl/arcologyctl.h"
#include "ctl/program.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <string.h>

#define SYSTEMD_NAME    "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
#define SYSTEMD_UNIT    SYSTEMD_NAME ".Unit"
#define SYSTEMD_SERVICE SYSTEMD_NAME ".Service"

/* A manager that does not answer in this time counts as missing. */
#define TIMEOUT 5000

/* --- the process */

GStrv
arc_service_info_make_command (GStrv command, const char *option)
{
  g_autofree char *found = g_find_program_in_path (ARC_PROGRAM);
  const char *installed[] = { found != NULL ? found : ARC_BIN_DIR "/" ARC_PROGRAM, NULL };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, command != NULL ? (const char **) command : installed);
  g_strv_builder_add (builder, option);

  return g_strv_builder_end (builder);
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
arc_service_info_read_process (guint pid, GStrv *command, GStrv *environment)
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

guint
arc_service_info_read (ArcDBusBuilder *service, GStrv *command, GStrv *environment)
{
  GDBusProxy *proxy = service != NULL ? G_DBUS_PROXY (service) : NULL;
  g_autofree char *owner = proxy != NULL ? g_dbus_proxy_get_name_owner (proxy) : NULL;
  g_autoptr (GVariant) reply = NULL;
  guint pid = 0;

  if (owner == NULL)
    return 0;

  reply =
      g_dbus_connection_call_sync (g_dbus_proxy_get_connection (proxy), "org.freedesktop.DBus",
                                   "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                   "GetConnectionUnixProcessID", g_variant_new ("(s)", owner),
                                   G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  if (reply == NULL)
    return 0;

  g_variant_get (reply, "(u)", &pid);
  arc_service_info_read_process (pid, command, environment);

  return pid;
}

char *
arc_service_info_get_directory (GStrv environment, const char *variable)
{
  const gboolean is_own = environment == NULL;
  const char *directory = is_own ? g_getenv (variable) : g_environ_getenv (environment, variable);
  const char *home = is_own ? NULL : g_environ_getenv (environment, "HOME");
  const gboolean is_state = g_str_equal (variable, "XDG_STATE_HOME");

  /* Programs must ignore a relative path (XDG Base Directory Specification). */
  if (directory != NULL && g_path_is_absolute (directory))
    return g_build_filename (directory, ARC_PROGRAM, NULL);

  return g_build_filename (home != NULL ? home : g_get_home_dir (),
                           is_state ? ".local/state" : ".config", ARC_PROGRAM, NULL);
}

/* --- the unit of systemd */

/* (transfer full) (nullable) */
static GVariant *
call (GDBusConnection *bus,
      const char *path,
      const char *interface,
      const char *method,
      GVariant *arguments,
      const char *type)
{
  return g_dbus_connection_call_sync (bus, SYSTEMD_NAME, path, interface, method, arguments,
                                      G_VARIANT_TYPE (type), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                      TIMEOUT, NULL, NULL);
}

/* (transfer full) (nullable): the object path of the unit, which is loaded for that. */
static char *
find_unit (GDBusConnection *bus)
{
  g_autoptr (GVariant) reply = call (bus, SYSTEMD_PATH, SYSTEMD_MANAGER, "LoadUnit",
                                     g_variant_new ("(s)", ARC_SYSTEMD_UNIT), "(o)");
  char *path = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(o)", &path);

  return path;
}

/* (transfer full) (nullable): of type a{sv}; of no object without PATH */
static GVariant *
get_properties (GDBusConnection *bus, const char *path, const char *interface)
{
  g_autoptr (GVariant) reply = NULL;

  if (path != NULL)
    reply = call (bus, path, "org.freedesktop.DBus.Properties", "GetAll",
                  g_variant_new ("(s)", interface), "(a{sv})");

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/* (transfer full) (nullable): the last warning that the service wrote to the journal, in the run of
 * UNIT that failed. */
static char *
read_journal (GVariant *unit)
{
  g_autoptr (GVariant) bytes =
      g_variant_lookup_value (unit, "InvocationID", G_VARIANT_TYPE_BYTESTRING);
  g_autoptr (GString) match = g_string_new ("_SYSTEMD_INVOCATION_ID=");
  g_auto (ArcProgramResult) result = { 0 };
  const char *argv[] = { "journalctl",         "--user", "--quiet", "--output=cat", "--lines=1",
                         "--priority=warning", NULL,     NULL };
  const guchar *id = NULL;
  gsize length = 0;

  if (bytes != NULL)
    id = g_variant_get_fixed_array (bytes, &length, 1);
  if (length == 0)
    return NULL;

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (match, "%02x", id[i]);
  argv[6] = match->str;
  if (!arc_program_ask (NULL, argv, &result, NULL) || result.status != 0 || *result.output == '\0')
    return NULL;

  return arc_table_sanitize (result.output);
}

/* (nullable): what an exit status of the service means (arcology-builder(1)). */
static const char *
name_exit_status (int status)
{
  switch (status)
    {
    case 64:
      return _ ("wrong options");
    case 69:
      return _ ("no session bus");
    case 73:
      return _ ("the state directory cannot be used");
    case 75:
      return _ ("another service is running");
    case 78:
      return _ ("the settings are wrong");
    default:
      return NULL;
    }
}

/* (transfer full) */
static char *
tell_result (GVariant *service)
{
  const char *result = "";
  int status = 0;

  g_variant_lookup (service, "Result", "&s", &result);
  g_variant_lookup (service, "ExecMainStatus", "i", &status);

  if (g_str_equal (result, "exit-code") && name_exit_status (status) != NULL)
    /* Translators: a number, and what it means. */
    return g_strdup_printf (_ ("exit status %d: %s"), status, name_exit_status (status));
  if (g_str_equal (result, "exit-code"))
    return g_strdup_printf (_ ("exit status %d"), status);
  if (g_str_equal (result, "signal") || g_str_equal (result, "core-dump"))
    return g_strdup_printf (_ ("killed by signal %d"), status);

  /* A word of systemd, such as "watchdog" or "start-limit-hit". */
  return arc_table_sanitize (result);
}

char *
arc_service_info_tell_failure (GDBusConnection *bus)
{
  g_autofree char *path = find_unit (bus);
  g_autoptr (GVariant) unit = get_properties (bus, path, SYSTEMD_UNIT);
  g_autoptr (GVariant) service = get_properties (bus, path, SYSTEMD_SERVICE);
  g_autofree char *result = NULL;
  g_autofree char *message = NULL;
  const char *state = "";
  const char *sub_state = "";

  if (unit == NULL || service == NULL)
    return NULL;

  /* Between two tries, it is not "failed". */
  g_variant_lookup (unit, "ActiveState", "&s", &state);
  g_variant_lookup (unit, "SubState", "&s", &sub_state);
  if (!g_str_equal (state, "failed") && !g_str_equal (sub_state, "auto-restart"))
    return NULL;

  result = tell_result (service);
  message = read_journal (unit);
  if (message == NULL)
    return g_steal_pointer (&result);

  /* Translators: what the service logged last, and the reason that systemd has. */
  return g_strdup_printf (_ ("%s (%s)"), message, result);
}

/* Returns: (transfer full): the strings in the property NAME of PROPERTIES (nullable) */
static GStrv
get_strings (GVariant *properties, const char *name)
{
  GStrv strings = NULL;

  if (properties != NULL)
    g_variant_lookup (properties, name, "^as", &strings);

  return strings != NULL ? strings : g_new0 (char *, 1);
}

gboolean
arc_service_info_read_unit (GDBusConnection *bus, GStrv *command, GStrv *environment)
{
  g_autofree char *path = find_unit (bus);
  g_autoptr (GVariant) manager = get_properties (bus, SYSTEMD_PATH, SYSTEMD_MANAGER);
  g_autoptr (GVariant) service = get_properties (bus, path, SYSTEMD_SERVICE);
  g_autoptr (GVariant) start = NULL;
  g_auto (GStrv) variables = NULL;
  g_auto (GStrv) of_unit = NULL;

  if (service == NULL)
    return FALSE;

  /* Of each command: the program, the arguments, and seven that do not matter here. */
  start = g_variant_lookup_value (service, "ExecStart", G_VARIANT_TYPE ("a(sasbttttuii)"));
  if (start == NULL || g_variant_n_children (start) == 0)
    return FALSE;

  variables = get_strings (manager, "Environment");
  of_unit = get_strings (service, "Environment");
  for (guint i = 0; of_unit[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (of_unit[i], "=", 2);

      if (parts[0] != NULL && parts[1] != NULL)
        variables = g_environ_setenv (variables, parts[0], parts[1], TRUE);
    }

  g_variant_get_child (start, 0, "(s^asbttttuii)", NULL, command, NULL, NULL, NULL, NULL, NULL,
                       NULL, NULL, NULL);
  *environment = g_steal_pointer (&variables);

  return TRUE;
}
