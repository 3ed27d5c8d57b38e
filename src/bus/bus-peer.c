/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-peer.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM      "arcology-builder"
#define SERVICE_NAME "org.arcology.Builder"
#define SERVICE_PATH "/org/arcology/Builder"

/* A service answers at once; one that hangs is not waited for. */
#define REPLY_MSEC 5000

/* Whether ARGUMENT is among the NUL-ended strings of TEXT. */
static gboolean
has_argument (const char *text, gsize length, const char *argument)
{
  for (gsize i = 0; i < length; i += strlen (text + i) + 1)
    if (strcmp (text + i, argument) == 0)
      return TRUE;

  return FALSE;
}

gboolean
arc_bus_peer_is_replacement (GVariant *credentials)
{
  g_autofree char *exe = NULL;
  g_autofree char *command_line = NULL;
  g_autofree char *target = NULL;
  g_autofree char *name = NULL;
  g_autofree char *arguments = NULL;
  gsize length;
  guint uid;
  guint pid;

  if (!g_variant_lookup (credentials, "UnixUserID", "u", &uid) || uid != geteuid () ||
      !g_variant_lookup (credentials, "ProcessID", "u", &pid))
    return FALSE;

  exe = g_strdup_printf ("/proc/%u/exe", pid);
  command_line = g_strdup_printf ("/proc/%u/cmdline", pid);
  target = g_file_read_link (exe, NULL);
  if (target == NULL || !g_file_get_contents (command_line, &arguments, &length, NULL))
    return FALSE;

  /* A program that was upgraded meanwhile has " (deleted)" at its end (proc(5)). */
  name = g_path_get_basename (target);

  return (strcmp (name, PROGRAM) == 0 || strcmp (name, PROGRAM " (deleted)") == 0) &&
         has_argument (arguments, length, "--replace");
}

char *
arc_bus_peer_get_database (void)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) value = NULL;

  if (bus == NULL)
    return NULL;

  g_dbus_connection_set_exit_on_close (bus, FALSE);
  reply = g_dbus_connection_call_sync (bus, SERVICE_NAME, SERVICE_PATH,
                                       "org.freedesktop.DBus.Properties", "Get",
                                       g_variant_new ("(ss)", SERVICE_NAME, "Database"),
                                       G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                       REPLY_MSEC, NULL, NULL);
  if (reply == NULL)
    return NULL;

  g_variant_get (reply, "(v)", &value);
  return g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING)
             ? g_variant_dup_bytestring (value, NULL)
             : NULL;
}
