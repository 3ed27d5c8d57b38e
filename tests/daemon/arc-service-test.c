/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-service.h"

#include "arc-test-host.h"
#include "core/arc-error.h"

#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* A client of the service: a connection of its own, and what it was told there. */
typedef struct
{
  GDBusConnection *connection;
  guint subscriptions[2];
  GPtrArray *states;   /* every value of State, in the order of arrival */
  GPtrArray *signals;  /* "BuildStarted 1", "BuildFinished 1 success" */
  GVariantDict *known; /* the newest value of every property */
} Client;

typedef struct
{
  GTestDBus *bus;
  ArcTestHost *host;
  GDBusConnection *connection; /* of the service */
  ArcService *service;
  Client *one;
  Client *two;
  gboolean acquired;
  gboolean lost;
  gboolean reload_fails;
  guint n_reloads;
} Fixture;

static void
on_properties_changed (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *signal,
                       GVariant *parameters,
                       gpointer user_data)
{
  Client *client = user_data;
  g_autoptr (GVariant) changed = NULL;
  GVariantIter iter;
  const char *key;
  GVariant *value;

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
  Client *client = user_data;
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
  Client *client = data;

  g_ptr_array_unref (client->states);
  g_ptr_array_unref (client->signals);
  g_variant_dict_unref (client->known);
}

static void
client_unref (gpointer client)
{
  g_rc_box_release_full (client, client_clear);
}

static Client *
client_new (GTestDBus *bus)
{
  Client *client = g_rc_box_new0 (Client);

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

  return client;
}

/* A signal that is on its way when its subscription ends may still arrive: GDBus holds the client
 * until it has told otherwise (g_dbus_connection_signal_unsubscribe()). */
static void
client_free (Client *client)
{
  for (guint i = 0; i < G_N_ELEMENTS (client->subscriptions); i++)
    g_dbus_connection_signal_unsubscribe (client->connection, client->subscriptions[i]);
  g_dbus_connection_close_sync (client->connection, NULL, NULL);
  g_object_unref (client->connection);
  client_unref (client);
}

typedef struct
{
  gboolean done;
  GVariant *reply;
  GError *error;
} Call;

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;

  call->reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &call->error);
  call->done = TRUE;
}

static void
start_call (Client *client,
            const char *name,
            const char *interface,
            const char *method,
            GVariant *parameters,
            Call *call)
{
  *call = (Call){ FALSE, NULL, NULL };
  g_dbus_connection_call (client->connection, name, ARC_SERVICE_PATH, interface, method, parameters,
                          NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_reply, call);
}

/* The service is in this process: so a call must let the main loop turn until its reply is there.
 */
static GVariant *
try_call (Client *client, const char *method, GVariant *parameters, GError **error)
{
  Call call;

  start_call (client, ARC_SERVICE_NAME, ARC_SERVICE_NAME, method, parameters, &call);
  arc_test_wait_until (call.done);
  if (call.error != NULL)
    g_propagate_error (error, call.error);

  return call.reply;
}

static GVariant *
call (Client *client, const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = try_call (client, method, parameters, &error);

  g_assert_no_error (error);
  return reply;
}

static void
assert_call_fails (Client *client, const char *method, GVariant *parameters, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = try_call (client, method, parameters, &error);
  g_autofree char *remote = NULL;

  g_assert_null (reply);
  g_assert_nonnull (error);
  remote = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (remote, ==, name);
}

static guint64
call_rebuild (Client *client, const char *options)
{
  g_autoptr (GVariant) reply = call (client, "Rebuild", g_variant_new_parsed (options));
  guint64 build;

  g_variant_get (reply, "(t)", &build);
  return build;
}

static GVariant *
get_all (Client *client)
{
  Call all;
  GVariant *properties;

  start_call (client, ARC_SERVICE_NAME, "org.freedesktop.DBus.Properties", "GetAll",
              g_variant_new ("(s)", ARC_SERVICE_NAME), &all);
  arc_test_wait_until (all.done);
  g_assert_no_error (all.error);
  properties = g_variant_get_child_value (all.reply, 0);
  g_variant_unref (all.reply);

  return properties;
}

/* Everything that was sent to CLIENT before this has arrived after it: the bus keeps the order. */
static void
sync_client (Client *client)
{
  g_variant_unref (get_all (client));
}

static void
assert_states (Client *client, const char *expected)
{
  g_autofree char *states = NULL;

  sync_client (client);
  g_ptr_array_add (client->states, NULL);
  states = g_strjoinv (" ", (char **) client->states->pdata);
  g_assert_cmpstr (states, ==, expected);
  g_ptr_array_set_size (client->states, 0);
}

static void
assert_signals (Client *client, const char *expected)
{
  g_autofree char *emitted = NULL;

  sync_client (client);
  g_ptr_array_add (client->signals, NULL);
  emitted = g_strjoinv (", ", (char **) client->signals->pdata);
  g_assert_cmpstr (emitted, ==, expected);
  g_ptr_array_set_size (client->signals, 0);
}

static gboolean
on_reload (gpointer user_data, GError **error)
{
  Fixture *fixture = user_data;

  fixture->n_reloads++;
  if (fixture->reload_fails)
    g_set_error_literal (error, ARC_ERROR, ARC_ERROR_CONFIG, "builder.conf:3: no such key");

  return !fixture->reload_fails;
}

static void export(Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  arc_service_export (fixture->service, fixture->connection, FALSE, &error);
  g_assert_no_error (error);
}

static void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  fixture->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->bus);
  fixture->host = arc_test_host_new ();
  fixture->connection = arc_test_connect (fixture->bus);
  fixture->one = client_new (fixture->bus);
  fixture->two = client_new (fixture->bus);
  fixture->service = arc_service_new (fixture->host->builder, on_reload, fixture);
  g_signal_connect_swapped (fixture->service, "name-acquired", G_CALLBACK (arc_test_set_true),
                            &fixture->acquired);
  g_signal_connect_swapped (fixture->service, "name-lost", G_CALLBACK (arc_test_set_true),
                            &fixture->lost);
}

/* As the daemon does it: the object appears when the builder is ready, and every note is built. */
static void
fixture_set_up_idle (Fixture *fixture, gconstpointer data)
{
  guint64 build;

  fixture_set_up (fixture, data);
  arc_test_host_start (fixture->host);
  export(fixture);
  arc_test_wait_until (fixture->acquired);
  g_assert_true (arc_builder_rebuild (fixture->host->builder, ARC_BUILD_FULL, &build, NULL));
  arc_test_host_finish_build (fixture->host, 0);
  arc_test_host_advance (fixture->host, 180 * SECOND);
  assert_states (fixture->one, "running cooldown idle");
  assert_states (fixture->two, "running cooldown idle");
  assert_signals (fixture->one, "BuildStarted 1, BuildFinished 1 success");
}

static void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  g_signal_handlers_disconnect_by_data (fixture->service, &fixture->acquired);
  g_signal_handlers_disconnect_by_data (fixture->service, &fixture->lost);
  arc_service_close (fixture->service);
  g_clear_object (&fixture->service);
  client_free (fixture->one);
  client_free (fixture->two);
  g_dbus_connection_close_sync (fixture->connection, NULL, NULL);
  g_clear_object (&fixture->connection);
  arc_test_host_free (fixture->host);
  g_test_dbus_down (fixture->bus);
  g_object_unref (fixture->bus);
}

/* Whoever sees the name come asks at once, and gets the truth. */
static void
on_owner_changed (GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *signal,
                  GVariant *parameters,
                  gpointer user_data)
{
  gpointer *context = user_data;

  if (!*(gboolean *) context[2])
    start_call (context[0], ARC_SERVICE_NAME, "org.freedesktop.DBus.Properties", "GetAll",
                g_variant_new ("(s)", ARC_SERVICE_NAME), context[1]);
  *(gboolean *) context[2] = TRUE;
}

static void
test_true_before_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) directories = NULL;
  g_autofree const char **paths = NULL;
  Call all = { FALSE, NULL, NULL };
  gboolean asked = FALSE;
  gpointer context[] = { fixture->one, &all, &asked };
  const char *text;
  guint64 number;
  guint files;
  guint subscription;

  subscription =
      g_dbus_connection_signal_subscribe (fixture->one->connection, "org.freedesktop.DBus",
                                          "org.freedesktop.DBus", "NameOwnerChanged", NULL,
                                          ARC_SERVICE_NAME, G_DBUS_SIGNAL_FLAGS_NONE,
                                          on_owner_changed, context, NULL);
  arc_test_host_start (fixture->host);
  export(fixture);
  arc_test_wait_until (all.done);
  g_assert_no_error (all.error);
  g_dbus_connection_signal_unsubscribe (fixture->one->connection, subscription);
  properties = g_variant_get_child_value (all.reply, 0);
  g_variant_unref (all.reply);

  g_assert_true (g_variant_lookup (properties, "State", "&s", &text));
  g_assert_cmpstr (text, ==, "idle");
  g_assert_true (g_variant_lookup (properties, "Reason", "&s", &text));
  g_assert_cmpstr (text, ==, "nothing-pending");
  g_assert_true (g_variant_lookup (properties, "Health", "&s", &text));
  g_assert_cmpstr (text, ==, "ok");
  g_assert_true (g_variant_lookup (properties, "Version", "&s", &text));
  g_assert_cmpstr (text, ==, ARC_VERSION);
  g_assert_true (g_variant_lookup (properties, "WatchedFiles", "u", &files));
  g_assert_cmpuint (files, ==, 3);
  g_assert_true (g_variant_lookup (properties, "WatchedDirectories", "u", &files));
  g_assert_cmpuint (files, ==, 2);
  g_assert_true (g_variant_lookup (properties, "CooldownUSec", "t", &number));
  g_assert_cmpuint (number, ==, 180 * SECOND);
  g_assert_true (g_variant_lookup (properties, "StateSince", "t", &number));
  g_assert_cmpuint (number, ==, ARC_TEST_CLOCK_EPOCH + ARC_TEST_CLOCK_START);
  g_assert_true (g_variant_lookup (properties, "Database", "^&ay", &text));
  g_assert_cmpstr (text, ==, fixture->host->config->database);
  directories = g_variant_lookup_value (properties, "Directories", G_VARIANT_TYPE ("aay"));
  paths = g_variant_get_bytestring_array (directories, NULL);
  g_assert_cmpstr (paths[0], ==, fixture->host->tree);
  g_assert_null (paths[1]);
}

static void
test_transitions_in_order (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_end_build (host, 0);
  arc_test_host_touch (host, "two.org");
  arc_test_wait_until (host->n_finished == 2);

  /* Here cooldown, waiting and running follow each other at one time of the clock, within one call.
   */
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_advance (host, 180 * SECOND);

  assert_states (fixture->one, "waiting running cooldown waiting running cooldown idle");
  assert_states (fixture->two, "waiting running cooldown waiting running cooldown idle");
  assert_signals (fixture->two,
                  "BuildStarted 1, BuildFinished 1 success, BuildStarted 2, BuildFinished 2 "
                  "success, BuildStarted 3, BuildFinished 3 success");
}

static void
test_three_saves_are_one_build (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;

  for (guint i = 0; i < 3; i++)
    {
      arc_test_host_touch (host, "one.org");
      arc_test_host_advance (host, SECOND);
    }
  arc_test_host_advance (host, 4 * SECOND);
  arc_test_host_finish_build (host, 0);
  arc_test_host_advance (host, 180 * SECOND);
  assert_signals (fixture->one, "BuildStarted 2, BuildFinished 2 success");
  assert_states (fixture->one, "waiting running cooldown idle");
}

static void
test_rebuild_in_each_state (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;

  g_assert_cmpuint (call_rebuild (fixture->one, "(@a{sv} {},)"), ==, 2);
  assert_states (fixture->one, "running");

  g_assert_cmpuint (call_rebuild (fixture->one, "({'full': <true>},)"), ==, 3);
  g_assert_cmpuint (call_rebuild (fixture->two, "({'clean': <false>},)"), ==, 3);
  arc_test_host_finish_build (host, 0);
  arc_test_host_finish_build (host, 0);
  assert_states (fixture->one, "cooldown");

  g_assert_cmpuint (call_rebuild (fixture->two, "({'clean': <true>},)"), ==, 4);
  arc_test_host_finish_build (host, 0);
  assert_states (fixture->one, "running cooldown");
  arc_test_host_advance (host, 180 * SECOND);

  arc_test_host_touch (host, "one.org");
  assert_states (fixture->one, "idle waiting");
  g_assert_cmpuint (call_rebuild (fixture->one, "(@a{sv} {},)"), ==, 5);
  arc_test_host_finish_build (host, 0);
  assert_states (fixture->one, "running cooldown");
  arc_test_host_assert_told (host, 5, "M one.org\n");
}

static void
test_wrong_options (Fixture *fixture, gconstpointer data)
{
  const char *invalid = "org.freedesktop.DBus.Error.InvalidArgs";

  assert_call_fails (fixture->one, "Rebuild", g_variant_new_parsed ("({'fast': <true>},)"),
                     invalid);
  assert_call_fails (fixture->one, "Rebuild", g_variant_new_parsed ("({'full': <1>},)"), invalid);
  assert_call_fails (fixture->one, "Rebuild",
                     g_variant_new_parsed ("({'full': <true>, 'clean': <'yes'>},)"), invalid);
  assert_call_fails (fixture->one, "Rebuild", NULL, invalid);
  assert_call_fails (fixture->one, "Nonsense", NULL, "org.freedesktop.DBus.Error.UnknownMethod");
  assert_states (fixture->one, "");
  g_assert_cmpuint (fixture->host->n_started, ==, 1);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autoptr (GVariant) reply = NULL;

  assert_call_fails (fixture->one, "Cancel", NULL, "org.arcology.Builder.Error.NotBuilding");
  call_rebuild (fixture->one, "(@a{sv} {},)");
  arc_test_wait_until (arc_runner_is_running (host->runner));
  reply = call (fixture->two, "Cancel", NULL);
  arc_test_wait_until (host->n_finished == 2);
  assert_signals (fixture->one, "BuildStarted 2, BuildFinished 2 canceled");
}

static void
test_pause (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  gboolean paused;

  for (guint i = 0; i < 2; i++)
    g_variant_unref (call (fixture->one, "Pause", NULL));
  sync_client (fixture->two);
  g_assert_true (g_variant_dict_lookup (fixture->two->known, "Paused", "b", &paused));
  g_assert_true (paused);

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 1000 * SECOND);
  assert_states (fixture->two, "waiting");

  for (guint i = 0; i < 2; i++)
    g_variant_unref (call (fixture->two, "Resume", NULL));
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
  assert_states (fixture->one, "waiting running cooldown");
}

static void
test_get_pending (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *odd = arc_test_host_get_path (host, "b\xff.org");
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) first = NULL;
  g_autoptr (GVariant) changes = NULL;
  const char *change, *path;
  gboolean truncated;

  arc_test_host_touch (host, "one.org");
  arc_test_host_touch (host, "b\xff.org");

  all = call (fixture->one, "GetPending", g_variant_new ("(u)", 0));
  g_variant_get (all, "(@a(say)b)", &changes, &truncated);
  g_assert_cmpuint (g_variant_n_children (changes), ==, 2);
  g_assert_false (truncated);
  g_variant_get_child (changes, 0, "(&s^&ay)", &change, &path);
  g_assert_cmpstr (change, ==, "added");
  g_assert_cmpstr (path, ==, odd);
  g_variant_get_child (changes, 1, "(&s^&ay)", &change, &path);
  g_assert_cmpstr (change, ==, "modified");

  first = call (fixture->one, "GetPending", g_variant_new ("(u)", 1));
  g_clear_pointer (&changes, g_variant_unref);
  g_variant_get (first, "(@a(say)b)", &changes, &truncated);
  g_assert_cmpuint (g_variant_n_children (changes), ==, 1);
  g_assert_true (truncated);
}

static void
assert_explain (Client *client, GVariant *path, gboolean expected, const char *expected_rule)
{
  g_autoptr (GVariant) reply = call (client, "Explain", g_variant_new ("(@ay)", path));
  const char *rule;
  gboolean watched;

  g_variant_get (reply, "(b&s)", &watched, &rule);
  g_assert_cmpint (watched, ==, expected);
  if (expected_rule != NULL)
    g_assert_cmpstr (rule, ==, expected_rule);
  else
    g_assert_cmpstr (rule, !=, "");
}

static void
test_explain (Fixture *fixture, gconstpointer data)
{
  g_autofree char *note = arc_test_host_get_path (fixture->host, "x.org");
  g_autofree char *lock = arc_test_host_get_path (fixture->host, ".#x.org");

  assert_explain (fixture->one, g_variant_new_bytestring (note), TRUE, "*.org");
  assert_explain (fixture->one, g_variant_new_bytestring (lock), FALSE, ".*");
  assert_explain (fixture->one, g_variant_new_bytestring ("/elsewhere/x.org"), FALSE, NULL);
  /* As `busctl` sends it, without the NUL. */
  assert_explain (fixture->one,
                  g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, note, strlen (note), 1), TRUE,
                  "*.org");
  assert_call_fails (fixture->one, "Explain", g_variant_new ("(^ay)", "x.org"),
                     "org.arcology.Builder.Error.NotAbsolute");
}

static void
test_rescan (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) reply = call (fixture->one, "Rescan", NULL);
  guint changes;

  g_variant_get (reply, "(u)", &changes);
  g_assert_cmpuint (changes, ==, 0);
}

static void
test_sync (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  const char *result;
  guint64 build;
  Call sync;

  arc_test_host_write (host, "one.org", "new");
  start_call (fixture->one, ARC_SERVICE_NAME, ARC_SERVICE_NAME, "Sync",
              g_variant_new_parsed ("(@a{sv} {},)"), &sync);
  arc_test_wait_until (host->n_started == 2);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (sync.done);
  g_assert_no_error (sync.error);
  g_variant_get (sync.reply, "(t&s)", &build, &result);
  g_assert_cmpuint (build, ==, 2);
  g_assert_cmpstr (result, ==, "success");
  g_variant_unref (sync.reply);

  assert_call_fails (fixture->one, "Sync", g_variant_new_parsed ("({'full': <true>},)"),
                     "org.freedesktop.DBus.Error.InvalidArgs");
}

static void
test_reload (Fixture *fixture, gconstpointer data)
{
  g_variant_unref (call (fixture->one, "Reload", NULL));
  g_assert_cmpuint (fixture->n_reloads, ==, 1);
  fixture->reload_fails = TRUE;
  assert_call_fails (fixture->one, "Reload", NULL, "org.arcology.Builder.Error.Config");
}

static void
test_last_build (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) properties = get_all (fixture->one);
  g_autoptr (GVariant) last =
      g_variant_lookup_value (properties, "LastBuild", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) failed = NULL;
  const char *word;
  guint64 number;
  guint count;
  int exit_status;

  g_assert_true (g_variant_lookup (last, "id", "t", &number));
  g_assert_cmpuint (number, ==, 1);
  g_assert_true (g_variant_lookup (last, "kind", "&s", &word));
  g_assert_cmpstr (word, ==, "full");
  g_assert_true (g_variant_lookup (last, "cause", "&s", &word));
  g_assert_cmpstr (word, ==, "request");
  g_assert_true (g_variant_lookup (last, "result", "&s", &word));
  g_assert_cmpstr (word, ==, "success");
  g_assert_true (g_variant_lookup (last, "exit-status", "i", &exit_status));
  g_assert_cmpint (exit_status, ==, 0);
  g_assert_true (g_variant_lookup (last, "changed", "u", &count));
  g_assert_cmpuint (count, ==, 3);
  failed = g_variant_lookup_value (last, "failed-files", G_VARIANT_TYPE ("aay"));
  g_assert_cmpuint (g_variant_n_children (failed), ==, 0);
  g_assert_true (g_variant_lookup (last, "started", "t", &number));
  g_assert_cmpuint (number, ==, ARC_TEST_CLOCK_EPOCH + ARC_TEST_CLOCK_START);
}

/* A call that is open when the service stops gets its answer. */
static void
test_close_answers (Fixture *fixture, gconstpointer data)
{
  g_autofree char *remote = NULL;
  Call rescan;

  start_call (fixture->one, ARC_SERVICE_NAME, ARC_SERVICE_NAME, "Rescan", NULL, &rescan);
  arc_test_wait_until (!arc_watcher_is_settled (arc_builder_get_watcher (fixture->host->builder)));
  arc_service_close (fixture->service);
  arc_test_wait_until (rescan.done);
  remote = g_dbus_error_get_remote_error (rescan.error);
  g_assert_cmpstr (remote, ==, "org.arcology.Builder.Error.ShuttingDown");
  g_error_free (rescan.error);
}

static void
test_second_instance (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = arc_test_connect (fixture->bus);
  g_autoptr (ArcService) polite = arc_service_new (fixture->host->builder, on_reload, fixture);
  g_autoptr (ArcService) heir = arc_service_new (fixture->host->builder, on_reload, fixture);
  gboolean refused = FALSE;
  gboolean acquired = FALSE;

  g_signal_connect_swapped (polite, "name-lost", G_CALLBACK (arc_test_set_true), &refused);
  g_assert_true (arc_service_export (polite, connection, FALSE, NULL));
  arc_test_wait_until (refused);
  g_assert_false (fixture->lost);
  arc_service_close (polite);

  g_signal_connect_swapped (heir, "name-acquired", G_CALLBACK (arc_test_set_true), &acquired);
  g_assert_true (arc_service_export (heir, connection, TRUE, NULL));
  arc_test_wait_until (acquired && fixture->lost);
  arc_service_close (heir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define add(path, set_up, test) g_test_add (path, Fixture, NULL, set_up, test, fixture_tear_down)

  add ("/service/true-before-name", fixture_set_up, test_true_before_name);
  add ("/service/transitions", fixture_set_up_idle, test_transitions_in_order);
  add ("/service/three-saves", fixture_set_up_idle, test_three_saves_are_one_build);
  add ("/service/rebuild", fixture_set_up_idle, test_rebuild_in_each_state);
  add ("/service/wrong-options", fixture_set_up_idle, test_wrong_options);
  add ("/service/cancel", fixture_set_up_idle, test_cancel);
  add ("/service/pause", fixture_set_up_idle, test_pause);
  add ("/service/get-pending", fixture_set_up_idle, test_get_pending);
  add ("/service/explain", fixture_set_up_idle, test_explain);
  add ("/service/rescan", fixture_set_up_idle, test_rescan);
  add ("/service/sync", fixture_set_up_idle, test_sync);
  add ("/service/reload", fixture_set_up_idle, test_reload);
  add ("/service/last-build", fixture_set_up_idle, test_last_build);
  add ("/service/close", fixture_set_up_idle, test_close_answers);
  add ("/service/second-instance", fixture_set_up_idle, test_second_instance);

  return g_test_run ();
}
