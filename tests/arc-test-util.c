/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-test-util.h"

void
arc_test_dispatch_ready (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
arc_test_iterate_for (guint msec)
{
  gboolean over = FALSE;

  g_timeout_add (msec, arc_test_set_true, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
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
