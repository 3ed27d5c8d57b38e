/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-connection.h"

#include "test-util.h"

#include <glib/gstdio.h>

/* A bus whose address is the same when it starts again, and the object on it. */
typedef struct
{
  char *directory;
  char *address;
  GSubprocess *daemon; /* (nullable) */
  ArcBusConnection *bus;
  guint n_disconnected;
  guint n_connected;
  guint n_given_up;
} Fixture;

static void
count (guint *number)
{
  (*number)++;
}

static void
start_daemon (Fixture *fixture)
{
  g_autofree char *address = g_strconcat ("--address=", fixture->address, NULL);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  fixture->daemon = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "dbus-daemon",
                                      "--session", "--nofork", "--print-address", address, NULL);
  g_assert_no_error (error);
  /* It prints its address when it listens. */
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (fixture->daemon));
  line = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
}

static void
kill_daemon (Fixture *fixture)
{
  g_autofree char *socket = g_build_filename (fixture->directory, "bus", NULL);

  g_subprocess_force_exit (fixture->daemon);
  g_assert_true (g_subprocess_wait (fixture->daemon, NULL, NULL));
  g_clear_object (&fixture->daemon);
  g_unlink (socket);
}

static void
set_up (Fixture *fixture, gconstpointer patience)
{
  g_autoptr (GError) error = NULL;

  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  fixture->directory = g_dir_make_tmp ("arc-bus-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->address = g_strdup_printf ("unix:path=%s/bus", fixture->directory);
  start_daemon (fixture);

  fixture->bus =
      arc_bus_connection_new (fixture->address,
                              GPOINTER_TO_INT (patience) * G_TIME_SPAN_MILLISECOND, &error);
  g_assert_no_error (error);
  g_signal_connect_swapped (fixture->bus, "disconnected", G_CALLBACK (count),
                            &fixture->n_disconnected);
  g_signal_connect_swapped (fixture->bus, "connected", G_CALLBACK (count), &fixture->n_connected);
  g_signal_connect_swapped (fixture->bus, "given-up", G_CALLBACK (count), &fixture->n_given_up);
}

static void
tear_down (Fixture *fixture, gconstpointer patience)
{
  g_clear_object (&fixture->bus);
  if (fixture->daemon != NULL)
    kill_daemon (fixture);
  g_assert_no_errno (g_rmdir (fixture->directory));
  g_free (fixture->directory);
  g_free (fixture->address);
}

static void
test_no_bus (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcBusConnection) bus =
      arc_bus_connection_new ("unix:path=/no/such/bus", G_TIME_SPAN_MINUTE, &error);

  g_assert_nonnull (error);
  g_assert_null (bus);
}

static void
test_restarted (Fixture *fixture, gconstpointer patience)
{
  for (guint i = 1; i <= 3; i++)
    {
      kill_daemon (fixture);
      arc_test_wait_until (fixture->n_disconnected == i);
      g_assert_null (arc_bus_connection_get_connection (fixture->bus));
      start_daemon (fixture);
      arc_test_wait_until (fixture->n_connected == i);
      g_assert_false (
          g_dbus_connection_is_closed (arc_bus_connection_get_connection (fixture->bus)));
      g_assert_nonnull (
          g_dbus_connection_get_unique_name (arc_bus_connection_get_connection (fixture->bus)));
    }
  g_assert_cmpuint (fixture->n_given_up, ==, 0);
}

static void
test_gone (Fixture *fixture, gconstpointer patience)
{
  const gint64 began = g_get_monotonic_time ();

  kill_daemon (fixture);
  arc_test_wait_until (fixture->n_given_up == 1);
  g_assert_cmpint (g_get_monotonic_time () - began, >=,
                   GPOINTER_TO_INT (patience) * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (fixture->n_connected, ==, 0);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  *(int *) user_data = reply != NULL ? 1 : -1;
}

/* While a caller refers to the old connection, as each call without an answer does, the bus knows
 * all the same that it has ended: its name is free. */
static void
test_undecodable (Fixture *fixture, gconstpointer patience)
{
  g_autoptr (GDBusConnection) old = g_object_ref (arc_bus_connection_get_connection (fixture->bus));
  g_autoptr (GDBusConnection) peer = NULL;
  g_autoptr (GDBusMessage) message = NULL;
  g_autoptr (GVariant) owned = NULL;
  g_autoptr (GVariant) has_owner = NULL;
  g_autofree char *name = g_strdup (g_dbus_connection_get_unique_name (old));
  g_autoptr (GError) error = NULL;
  int answer = 0;

  peer = g_dbus_connection_new_for_address_sync (fixture->address,
                                                 G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                     G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                 NULL, NULL, &error);
  g_assert_no_error (error);
  owned = g_dbus_connection_call_sync (old, "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                       "RequestName", g_variant_new ("(su)", "a.name", 4), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);

  message = g_dbus_message_new_method_call (name, "/", "a.b", "C");
  g_dbus_message_set_body (message,
                           g_variant_new_parsed ("([@a{yg} {}, {0xb7: '(ii)', 0x8c: ''}],)"));
  g_assert_true (
      g_dbus_connection_send_message (peer, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL));
  g_dbus_connection_call (peer, name, "/", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_reply, &answer);
  arc_test_wait_until (answer != 0);
  if (answer > 0)
    {
      g_test_message ("This GLib decodes the message");
      return;
    }

  arc_test_wait_until (fixture->n_connected == 1);
  has_owner = g_dbus_connection_call_sync (arc_bus_connection_get_connection (fixture->bus),
                                           "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                           "NameHasOwner", g_variant_new ("(s)", "a.name"), NULL,
                                           G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpvariant (has_owner, g_variant_new ("(b)", FALSE));
  g_dbus_connection_close_sync (peer, NULL, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define add(path, msec, test)                                                                      \
  g_test_add (path, Fixture, GINT_TO_POINTER (msec), set_up, test, tear_down)

  g_test_add_func ("/bus/none", test_no_bus);
  add ("/bus/restarted", 60 * 1000, test_restarted);
  add ("/bus/gone", 300, test_gone);
  add ("/bus/undecodable", 60 * 1000, test_undecodable);

  return g_test_run ();
}
