/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-service.h"

#include "common/error.h"

#include <gio/gunixfdlist.h>
#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

static void
on_properties_changed (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *signal,
                       GVariant *parameters,
                       gpointer user_data)
{
  ArcTestClient *client = user_data;
  g_autoptr (GVariant) changed = NULL;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  client->n_notified++;
  g_variant_get (parameters, "(&s@a{sv}@as)", NULL, &changed, NULL);
  g_variant_iter_init (&iter, changed);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      if (strcmp (key, "State") == 0)
        g_ptr_array_add (client->states, g_variant_dup_string (value, NULL));
      g_variant_dict_insert_value (client->known, key, value);
      g_variant_unref (value);
    }
}

static void
on_build_signal (GDBusConnection *connection,
                 const char *sender,
                 const char *path,
                 const char *interface,
                 const char *signal,
                 GVariant *parameters,
                 gpointer user_data)
{
  ArcTestClient *client = user_data;
  g_autoptr (GVariant) id = g_variant_get_child_value (parameters, 0);
  g_autoptr (GVariant) word = g_variant_get_child_value (parameters, 1);

  g_ptr_array_add (client->signals,
                   g_strdup_printf ("%s %" G_GUINT64_FORMAT "%s%s", signal,
                                    g_variant_get_uint64 (id),
                                    g_variant_is_of_type (word, G_VARIANT_TYPE_STRING) ? " " : "",
                                    g_variant_is_of_type (word, G_VARIANT_TYPE_STRING)
                                        ? g_variant_get_string (word, NULL)
                                        : ""));
}

static void
client_clear (gpointer data)
{
  ArcTestClient *client = data;

  g_ptr_array_unref (client->states);
  g_ptr_array_unref (client->signals);
  g_variant_dict_unref (client->known);
}

static void
client_unref (gpointer client)
{
  g_rc_box_release_full (client, client_clear);
}

/* Until the bus has what CONNECTION sent before: from then on it passes the signals on that the
 * connection subscribes to. */
static void
wait_for_bus (GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) id G_GNUC_UNUSED =
      g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus", "GetId", NULL, NULL,
                                   G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
}

ArcTestClient *
arc_test_client_new (GTestDBus *bus)
{
  ArcTestClient *client = g_rc_box_new0 (ArcTestClient);

  client->connection = arc_test_connect (bus);
  client->states = g_ptr_array_new_with_free_func (g_free);
  client->signals = g_ptr_array_new_with_free_func (g_free);
  client->known = g_variant_dict_new (NULL);
  client->subscriptions[0] =
      g_dbus_connection_signal_subscribe (client->connection, NULL,
                                          "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                          ARC_SERVICE_PATH, ARC_SERVICE_NAME,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_properties_changed,
                                          g_rc_box_acquire (client), client_unref);
  client->subscriptions[1] =
      g_dbus_connection_signal_subscribe (client->connection, NULL, ARC_SERVICE_NAME, NULL,
                                          ARC_SERVICE_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                          on_build_signal, g_rc_box_acquire (client), client_unref);
  wait_for_bus (client->connection);

  return client;
}

/* A signal that is on its way when its subscription ends may still arrive: GDBus keeps the client
 * until then (g_dbus_connection_signal_unsubscribe()). */
void
arc_test_client_free (ArcTestClient *client)
{
  for (guint i = 0; i < G_N_ELEMENTS (client->subscriptions); i++)
    g_dbus_connection_signal_unsubscribe (client->connection, client->subscriptions[i]);
  g_dbus_connection_close_sync (client->connection, NULL, NULL);
  g_object_unref (client->connection);
  client_unref (client);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcTestCall *call = user_data;

  call->reply = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source),
                                                                 &call->fds, result, &call->error);
  call->done = TRUE;
}

void
arc_test_client_start_call (ArcTestClient *client,
                            const char *name,
                            const char *interface,
                            const char *method,
                            GVariant *parameters,
                            ArcTestCall *call)
{
  *call = (ArcTestCall){ 0 };
  g_dbus_connection_call_with_unix_fd_list (client->connection, name, ARC_SERVICE_PATH, interface,
                                            method, parameters, NULL,
                                            G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL,
                                            on_reply, call);
}

GVariant *
arc_test_client_try_call (ArcTestClient *client,
                          const char *method,
                          GVariant *parameters,
                          GError **error)
{
  ArcTestCall call;

  arc_test_client_start_call (client, ARC_SERVICE_NAME, ARC_SERVICE_NAME, method, parameters,
                              &call);
  arc_test_wait_until (call.done);
  g_clear_object (&call.fds);
  if (call.error != NULL)
    g_propagate_error (error, call.error);

  return call.reply;
}

int
arc_test_client_call_for_fd (ArcTestClient *client, const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  ArcTestCall call;
  int handle;
  int fd;

  arc_test_client_start_call (client, ARC_SERVICE_NAME, ARC_SERVICE_NAME, method, parameters,
                              &call);
  arc_test_wait_until (call.done);
  g_assert_no_error (call.error);
  g_variant_get (call.reply, "(h)", &handle);
  fd = g_unix_fd_list_get (call.fds, handle, &error);
  g_assert_no_error (error);
  g_object_unref (call.fds);
  g_variant_unref (call.reply);

  return fd;
}

GVariant *
arc_test_client_call (ArcTestClient *client, const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = arc_test_client_try_call (client, method, parameters, &error);

  g_assert_no_error (error);
  return reply;
}

void
arc_test_client_assert_fails (ArcTestClient *client,
                              const char *method,
                              GVariant *parameters,
                              const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = arc_test_client_try_call (client, method, parameters, &error);
  g_autofree char *remote = NULL;

  g_assert_null (reply);
  g_assert_nonnull (error);
  remote = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (remote, ==, name);
}

GVariant *
arc_test_client_get_all (ArcTestClient *client)
{
  ArcTestCall all;
  GVariant *properties;

  arc_test_client_start_call (client, ARC_SERVICE_NAME, "org.freedesktop.DBus.Properties", "GetAll",
                              g_variant_new ("(s)", ARC_SERVICE_NAME), &all);
  arc_test_wait_until (all.done);
  g_assert_no_error (all.error);
  properties = g_variant_get_child_value (all.reply, 0);
  g_variant_unref (all.reply);

  return properties;
}

void
arc_test_client_sync (ArcTestClient *client)
{
  g_variant_unref (arc_test_client_get_all (client));
}

void
arc_test_client_assert_states (ArcTestClient *client, const char *expected)
{
  g_autofree char *states = NULL;

  arc_test_client_sync (client);
  g_ptr_array_add (client->states, NULL);
  states = g_strjoinv (" ", (char **) client->states->pdata);
  g_assert_cmpstr (states, ==, expected);
  g_ptr_array_set_size (client->states, 0);
}

void
arc_test_client_assert_signals (ArcTestClient *client, const char *expected)
{
  g_autofree char *emitted = NULL;

  arc_test_client_sync (client);
  g_ptr_array_add (client->signals, NULL);
  emitted = g_strjoinv (", ", (char **) client->signals->pdata);
  g_assert_cmpstr (emitted, ==, expected);
  g_ptr_array_set_size (client->signals, 0);
}

void
arc_test_service_reload (gpointer user_data, GAsyncReadyCallback callback, gpointer callback_data)
{
  ArcTestService *fixture = user_data;
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, callback_data);

  fixture->n_reloads++;
  if (fixture->reload_fails)
    g_task_return_new_error (task, ARC_ERROR, ARC_ERROR_CONFIG, "builder.conf:3: no such key");
  else
    g_task_return_boolean (task, TRUE);
}

void
arc_test_service_export (ArcTestService *fixture)
{
  g_autoptr (GError) error = NULL;

  arc_bus_service_export (fixture->service, fixture->connection, FALSE, &error);
  g_assert_no_error (error);
}

void
arc_test_service_set_up (ArcTestService *fixture, gconstpointer data)
{
  fixture->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->bus);
  fixture->host = arc_test_host_new ();
  fixture->connection = arc_test_connect (fixture->bus);
  fixture->one = arc_test_client_new (fixture->bus);
  fixture->two = arc_test_client_new (fixture->bus);
  fixture->service = arc_bus_service_new (fixture->host->builder, arc_test_service_reload, fixture);
  g_signal_connect_swapped (fixture->service, "name-acquired", G_CALLBACK (arc_test_set_true),
                            &fixture->acquired);
  g_signal_connect_swapped (fixture->service, "name-lost", G_CALLBACK (arc_test_set_true),
                            &fixture->lost);
}

void
arc_test_service_set_up_idle (ArcTestService *fixture, gconstpointer data)
{
  guint64 build;

  arc_test_service_set_up (fixture, data);
  arc_test_host_start (fixture->host);
  arc_test_service_export (fixture);
  arc_test_wait_until (fixture->acquired);
  g_assert_true (arc_builder_rebuild (fixture->host->builder, ARC_BUILD_FULL, &build, NULL));
  arc_test_host_finish_build (fixture->host, 0);
  arc_test_host_advance (fixture->host, 180 * SECOND);
  arc_test_client_assert_states (fixture->one, "running cooldown idle");
  arc_test_client_assert_states (fixture->two, "running cooldown idle");
  arc_test_client_assert_signals (fixture->one, "BuildStarted 1, BuildFinished 1 success");
}

void
arc_test_service_tear_down (ArcTestService *fixture, gconstpointer data)
{
  g_signal_handlers_disconnect_by_data (fixture->service, &fixture->acquired);
  g_signal_handlers_disconnect_by_data (fixture->service, &fixture->lost);
  arc_bus_service_close (fixture->service);
  g_clear_object (&fixture->service);
  arc_test_client_free (fixture->one);
  arc_test_client_free (fixture->two);
  g_dbus_connection_close_sync (fixture->connection, NULL, NULL);
  g_clear_object (&fixture->connection);
  arc_test_host_free (fixture->host);
  g_test_dbus_down (fixture->bus);
  g_object_unref (fixture->bus);
}
