/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-service.h"

#include "common/error.h"
#include "test-disk.h"
#include "test-service.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* A client that sees the name come calls at once, and gets true values. */
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
    arc_test_client_start_call (context[0], ARC_SERVICE_NAME, "org.freedesktop.DBus.Properties",
                                "GetAll", g_variant_new ("(s)", ARC_SERVICE_NAME), context[1]);
  *(gboolean *) context[2] = TRUE;
}

static void
test_true_before_name (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) directories = NULL;
  g_autofree const char **paths = NULL;
  ArcTestCall all = { 0 };
  gboolean asked = FALSE;
  gpointer context[] = { fixture->one, &all, &asked };
  const char *text;
  guint64 number;
  double load;
  guint files;
  guint subscription;

  subscription =
      g_dbus_connection_signal_subscribe (fixture->one->connection, "org.freedesktop.DBus",
                                          "org.freedesktop.DBus", "NameOwnerChanged", NULL,
                                          ARC_SERVICE_NAME, G_DBUS_SIGNAL_FLAGS_NONE,
                                          on_owner_changed, context, NULL);
  fixture->host->config->timing.max_load = 250;
  arc_builder_set_config (fixture->host->builder, fixture->host->config);
  arc_test_host_start (fixture->host);
  arc_test_service_export (fixture);
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
  g_assert_true (g_variant_lookup (properties, "MaxLoad", "d", &load));
  g_assert_cmpfloat_with_epsilon (load, 0.025, 1e-12);
  g_assert_true (g_variant_lookup (properties, "RestUSec", "t", &number));
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
test_transitions_in_order (ArcTestService *fixture, gconstpointer data)
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

  arc_test_client_assert_states (fixture->one,
                                 "waiting running cooldown waiting running cooldown idle");
  arc_test_client_assert_states (fixture->two,
                                 "waiting running cooldown waiting running cooldown idle");
  arc_test_client_assert_signals (
      fixture->two, "BuildStarted 1, BuildFinished 1 success, BuildStarted 2, BuildFinished 2 "
                    "success, BuildStarted 3, BuildFinished 3 success");
}

static void
test_three_saves_are_one_build (ArcTestService *fixture, gconstpointer data)
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
  arc_test_client_assert_signals (fixture->one, "BuildStarted 2, BuildFinished 2 success");
  arc_test_client_assert_states (fixture->one, "waiting running cooldown idle");
}

static guint
get_known_pending (ArcTestClient *client)
{
  guint n_pending = 0;

  g_variant_dict_lookup (client->known, "PendingCount", "u", &n_pending);
  return n_pending;
}

/* Who asks gets the truth; who listens gets it ten times a second, though each file is heard of
 * alone. */
static void
test_counters_in_time (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GVariant) properties = NULL;
  const guint before = fixture->one->n_notified;
  const gint64 began = g_get_monotonic_time ();
  const guint n_files = 300;
  gint64 intervals;
  guint n_pending;

  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *name = g_strdup_printf ("%03u.org", i);
      g_autofree char *path = arc_test_host_get_path (fixture->host, name);

      g_assert_true (g_file_set_contents (path, "", 0, NULL));
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  arc_test_wait_until (arc_change_set_get_size (arc_builder_get_pending (fixture->host->builder)) ==
                       n_files);

  properties = arc_test_client_get_all (fixture->one);
  g_assert_true (g_variant_lookup (properties, "PendingCount", "u", &n_pending));
  g_assert_cmpuint (n_pending, ==, n_files);
  arc_test_client_assert_states (fixture->one, "waiting");

  arc_test_wait_until (get_known_pending (fixture->one) == n_files);
  intervals = (g_get_monotonic_time () - began) / (SECOND / 10);
  g_test_message ("%u files were announced in %u signals and %" G_GINT64_FORMAT
                  " tenths of a second",
                  n_files, fixture->one->n_notified - before, intervals);
  g_assert_cmpuint (fixture->one->n_notified - before, <=, (guint) intervals + 3);
}

static guint64
call_rebuild (ArcTestClient *client, const char *options)
{
  g_autoptr (GVariant) reply =
      arc_test_client_call (client, "Rebuild", g_variant_new_parsed (options));
  guint64 build;

  g_variant_get (reply, "(t)", &build);
  return build;
}

static void
test_rebuild_in_each_state (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;

  g_assert_cmpuint (call_rebuild (fixture->one, "(@a{sv} {},)"), ==, 2);
  arc_test_client_assert_states (fixture->one, "running");

  g_assert_cmpuint (call_rebuild (fixture->one, "({'full': <true>},)"), ==, 3);
  g_assert_cmpuint (call_rebuild (fixture->two, "({'clean': <false>},)"), ==, 3);
  arc_test_host_finish_build (host, 0);
  arc_test_host_finish_build (host, 0);
  arc_test_client_assert_states (fixture->one, "cooldown");

  g_assert_cmpuint (call_rebuild (fixture->two, "({'clean': <true>},)"), ==, 4);
  arc_test_host_finish_build (host, 0);
  arc_test_client_assert_states (fixture->one, "running cooldown");
  arc_test_host_advance (host, 180 * SECOND);

  arc_test_host_touch (host, "one.org");
  arc_test_client_assert_states (fixture->one, "idle waiting");
  g_assert_cmpuint (call_rebuild (fixture->one, "(@a{sv} {},)"), ==, 5);
  arc_test_host_finish_build (host, 0);
  arc_test_client_assert_states (fixture->one, "running cooldown");
  arc_test_host_assert_list (host, 5, "M one.org\n");
}

static void
test_wrong_options (ArcTestService *fixture, gconstpointer data)
{
  const char *invalid = "org.freedesktop.DBus.Error.InvalidArgs";

  arc_test_client_assert_fails (fixture->one, "Rebuild",
                                g_variant_new_parsed ("({'fast': <true>},)"), invalid);
  arc_test_client_assert_fails (fixture->one, "Rebuild", g_variant_new_parsed ("({'full': <1>},)"),
                                invalid);
  arc_test_client_assert_fails (fixture->one, "Rebuild",
                                g_variant_new_parsed ("({'full': <true>, 'clean': <'yes'>},)"),
                                invalid);
  arc_test_client_assert_fails (fixture->one, "Rebuild", NULL, invalid);
  arc_test_client_assert_fails (fixture->one, "Nonsense", NULL,
                                "org.freedesktop.DBus.Error.UnknownMethod");
  arc_test_client_assert_states (fixture->one, "");
  g_assert_cmpuint (fixture->host->n_started, ==, 1);
}

static void
test_cancel (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autoptr (GVariant) reply = NULL;

  arc_test_client_assert_fails (fixture->one, "Cancel", NULL,
                                "org.arcology.Builder.Error.NotBuilding");
  call_rebuild (fixture->one, "(@a{sv} {},)");
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  reply = arc_test_client_call (fixture->two, "Cancel", NULL);
  arc_test_wait_until (host->n_finished == 2);
  arc_test_client_assert_signals (fixture->one, "BuildStarted 2, BuildFinished 2 canceled");
}

static void
test_pause (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  gboolean paused;

  for (guint i = 0; i < 2; i++)
    g_variant_unref (arc_test_client_call (fixture->one, "Pause", NULL));
  arc_test_client_sync (fixture->two);
  g_assert_true (g_variant_dict_lookup (fixture->two->known, "Paused", "b", &paused));
  g_assert_true (paused);

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 1000 * SECOND);
  arc_test_client_assert_states (fixture->two, "waiting");

  for (guint i = 0; i < 2; i++)
    g_variant_unref (arc_test_client_call (fixture->two, "Resume", NULL));
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
  arc_test_client_assert_states (fixture->one, "waiting running cooldown");
}

static void
test_get_pending (ArcTestService *fixture, gconstpointer data)
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

  all = arc_test_client_call (fixture->one, "GetPending", g_variant_new ("(u)", 0));
  g_variant_get (all, "(@a(say)b)", &changes, &truncated);
  g_assert_cmpuint (g_variant_n_children (changes), ==, 2);
  g_assert_false (truncated);
  g_variant_get_child (changes, 0, "(&s^&ay)", &change, &path);
  g_assert_cmpstr (change, ==, "added");
  g_assert_cmpstr (path, ==, odd);
  g_variant_get_child (changes, 1, "(&s^&ay)", &change, &path);
  g_assert_cmpstr (change, ==, "modified");

  first = arc_test_client_call (fixture->one, "GetPending", g_variant_new ("(u)", 1));
  g_clear_pointer (&changes, g_variant_unref);
  g_variant_get (first, "(@a(say)b)", &changes, &truncated);
  g_assert_cmpuint (g_variant_n_children (changes), ==, 1);
  g_assert_true (truncated);
}

static void
assert_changes (ArcTestService *fixture, guint64 since, const char *expected)
{
  g_autoptr (GVariant) reply =
      arc_test_client_call (fixture->one, "GetChanges", g_variant_new ("(t)", since));
  g_autofree char *text = g_variant_print (reply, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_get_changes (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *one = arc_test_host_get_path (host, "one.org");
  g_autofree char *odd = arc_test_host_get_path (host, "b\xff.org");
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) changes = NULL;
  const char *change, *path;
  guint64 now;
  gboolean complete;

  /* The first build was a full one. */
  assert_changes (fixture, 1, "(1, true, [])");
  assert_changes (fixture, 2, "(1, false, [])");

  arc_test_host_touch (host, "b\xff.org");
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  arc_test_host_finish_build (host, 0);

  reply = arc_test_client_call (fixture->one, "GetChanges", g_variant_new ("(t)", (guint64) 1));
  g_variant_get (reply, "(tb@a(say))", &now, &complete, &changes);
  g_assert_cmpuint (now, ==, 2);
  g_assert_true (complete);
  g_assert_cmpuint (g_variant_n_children (changes), ==, 2);
  g_variant_get_child (changes, 0, "(&s^&ay)", &change, &path);
  g_assert_cmpstr (change, ==, "added");
  g_assert_cmpstr (path, ==, odd);
  g_variant_get_child (changes, 1, "(&s^&ay)", &change, &path);
  g_assert_cmpstr (change, ==, "modified");
  g_assert_cmpstr (path, ==, one);

  assert_changes (fixture, 2, "(2, true, [])");
}

static void
assert_explain (ArcTestClient *client, GVariant *path, gboolean expected, const char *expected_rule)
{
  g_autoptr (GVariant) reply =
      arc_test_client_call (client, "Explain", g_variant_new ("(@ay)", path));
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
test_explain (ArcTestService *fixture, gconstpointer data)
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
  arc_test_client_assert_fails (fixture->one, "Explain", g_variant_new ("(^ay)", "x.org"),
                                "org.arcology.Builder.Error.NotAbsolute");
  arc_test_client_assert_fails (fixture->one, "Explain", g_variant_new ("(^ay)", ""),
                                "org.arcology.Builder.Error.NotAbsolute");
  arc_test_client_assert_fails (fixture->one, "Explain", g_variant_new_parsed ("(@ay [],)"),
                                "org.arcology.Builder.Error.NotAbsolute");
}

/* (transfer full): a path of LENGTH bytes below the tree, of as many directories as can be. */
static GVariant *
make_deep_path (ArcTestHost *host, gsize length)
{
  g_autoptr (GString) path = g_string_new (host->tree);

  while (path->len + strlen ("/x.org") < length)
    g_string_append (path, path->len + strlen ("/d/x.org") <= length ? "/d" : "d");
  g_string_append (path, "/x.org");
  g_assert_cmpuint (path->len, ==, length);

  return g_variant_new ("(^ay)", path->str);
}

/* The directories are there: the worst case for a look at each. */
static void
make_deep_directory (ArcTestHost *host, gsize length)
{
  int fd = open (host->tree, O_PATH | O_DIRECTORY | O_CLOEXEC);

  for (gsize n = strlen (host->tree); n < length; n += 2)
    {
      const int up = fd;

      g_assert_no_errno (mkdirat (up, "d", 0700));
      fd = openat (up, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
      g_assert_no_errno (fd);
      close (up);
    }
  close (fd);
}

typedef struct
{
  ArcWatcher *watcher;
  const char *path;
  gboolean matters;
  const char *rule;
} Explanation;

static gpointer
explain_without_disk (gpointer data)
{
  Explanation *explanation = data;

  arc_test_disk_forbid_paths ();
  explanation->matters =
      arc_watcher_explain (explanation->watcher, explanation->path, &explanation->rule);

  return NULL;
}

/* The disk is not read: a look at each of 2,000 directories takes 9 ms, and a dead disk for ever.
 */
static void
test_explain_longest (ArcTestService *fixture, gconstpointer data)
{
  const char *invalid = "org.freedesktop.DBus.Error.InvalidArgs";
  ArcTestHost *host = fixture->host;
  ArcWatcher *watcher = arc_builder_get_watcher (host->builder);
  g_autoptr (GVariant) longest = g_variant_ref_sink (make_deep_path (host, PATH_MAX - 1));
  g_autoptr (GVariant) huge = g_variant_ref_sink (make_deep_path (host, 400 * 1000));
  Explanation explanation = { .watcher = watcher };

  arc_watcher_stop (watcher);
  make_deep_directory (host, PATH_MAX - 100);
  g_variant_get (longest, "(^&ay)", &explanation.path);
  g_thread_join (g_thread_new ("explain", explain_without_disk, &explanation));
  g_assert_true (explanation.matters);
  g_assert_cmpstr (explanation.rule, ==, "*.org");

  arc_test_disk_hang (host->tree);
  g_variant_unref (arc_test_client_call (fixture->one, "Explain", longest));
  arc_test_client_assert_fails (fixture->one, "Explain", huge, invalid);
  arc_test_disk_hang (NULL);
}

static void
test_long_words (ArcTestService *fixture, gconstpointer data)
{
  const char *invalid = "org.freedesktop.DBus.Error.InvalidArgs";
  static const char *const methods[] = { "Rebuild", "Sync" };
  g_autofree char *too_long = g_strnfill (257, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      GVariantBuilder options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
      g_autoptr (GVariant) reply = NULL;
      g_autoptr (GError) error = NULL;

      for (guint j = 0; j < 1000; j++)
        g_variant_builder_add (&options, "{sv}", "full", g_variant_new_boolean (FALSE));
      arc_test_client_assert_fails (fixture->one, methods[i], g_variant_new ("(a{sv})", &options),
                                    invalid);

      g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&options, "{sv}", too_long, g_variant_new_boolean (FALSE));
      reply = arc_test_client_try_call (fixture->one, methods[i],
                                        g_variant_new ("(a{sv})", &options), &error);
      g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
      g_assert_null (strstr (error->message, too_long));
    }
}

static void
test_rescan (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GVariant) reply = arc_test_client_call (fixture->one, "Rescan", NULL);
  guint changes;

  g_variant_get (reply, "(u)", &changes);
  g_assert_cmpuint (changes, ==, 0);
}

static void
test_sync (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  const char *result;
  guint64 build;
  ArcTestCall sync;

  arc_test_host_write (host, "one.org", "new");
  arc_test_client_start_call (fixture->one, ARC_SERVICE_NAME, ARC_SERVICE_NAME, "Sync",
                              g_variant_new_parsed ("(@a{sv} {},)"), &sync);
  arc_test_wait_until (host->n_started == 2);
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (sync.done);
  g_assert_no_error (sync.error);
  g_variant_get (sync.reply, "(t&s)", &build, &result);
  g_assert_cmpuint (build, ==, 2);
  g_assert_cmpstr (result, ==, "success");
  g_variant_unref (sync.reply);

  arc_test_client_assert_fails (fixture->one, "Sync", g_variant_new_parsed ("({'full': <true>},)"),
                                "org.freedesktop.DBus.Error.InvalidArgs");
}

/* The client goes away while its call is open; the service must not care. */
static void
test_client_gone_in_sync (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  ArcTestClient *mortal = arc_test_client_new (fixture->bus);
  ArcTestCall sync;

  arc_test_host_write (host, "one.org", "new");
  arc_test_client_start_call (mortal, ARC_SERVICE_NAME, ARC_SERVICE_NAME, "Sync",
                              g_variant_new_parsed ("(@a{sv} {},)"), &sync);
  arc_test_wait_until (arc_process_runner_is_running (host->runner));
  arc_test_client_free (mortal);
  arc_test_wait_until (sync.done);
  g_assert_error (sync.error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_error_free (sync.error);

  arc_test_host_finish_build (host, 0);
  arc_test_client_assert_signals (fixture->one, "BuildStarted 2, BuildFinished 2 success");
}

static int
inhibit (ArcTestClient *client, const char *who, const char *why)
{
  return arc_test_client_call_for_fd (client, "Inhibit", g_variant_new ("(ss)", who, why));
}

static gboolean
has_inhibitors (ArcTestClient *client, const char *expected)
{
  g_autoptr (GVariant) properties = arc_test_client_get_all (client);
  g_autoptr (GVariant) inhibitors = g_variant_lookup_value (properties, "Inhibitors", NULL);
  g_autofree char *text = g_variant_print (inhibitors, FALSE);

  return strcmp (text, expected) == 0;
}

/* GDBus and the bus close their copies of a descriptor some time after they have sent the message
 * that has it. */
static void
wait_for_inhibitors (ArcTestClient *client, const char *expected)
{
  arc_test_wait_until (has_inhibitors (client, expected));
}

/* As CLIENT got it from PropertiesChanged. */
static gsize
get_n_inhibitors (ArcTestClient *client)
{
  g_autoptr (GVariant) inhibitors =
      g_variant_dict_lookup_value (client->known, "Inhibitors", G_VARIANT_TYPE ("a(ss)"));

  return inhibitors != NULL ? g_variant_n_children (inhibitors) : G_MAXSIZE;
}

/* Held until the last copy of the last descriptor is closed. */
static void
test_inhibit (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  const int one = inhibit (fixture->one, "rsync", "Copying");
  const int two = inhibit (fixture->two, "rsync", "Still copying");
  const int copy = dup (one);

  wait_for_inhibitors (fixture->two, "[('rsync', 'Copying'), ('rsync', 'Still copying')]");
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 1000 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_INHIBITED);
  g_assert_cmpuint (arc_test_host_get_status (host).next_build, ==, 0);

  g_assert_cmpint (write (two, "nonsense", 8), ==, 8);
  close (one);
  close (two);
  wait_for_inhibitors (fixture->one, "[('rsync', 'Copying')]");
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_INHIBITED);

  close (copy);
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  wait_for_inhibitors (fixture->one, "[]");
  arc_test_host_finish_build (host, 0);
  arc_test_client_assert_states (fixture->two, "waiting running cooldown");
}

/* The process that holds the descriptor is killed. */
static void
test_inhibitor_killed (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) holder = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_take_fd (launcher, inhibit (fixture->one, "sleep", "To be killed"), 3);
  holder = g_subprocess_launcher_spawn (launcher, &error, "sleep", "1000", NULL);
  g_assert_no_error (error);
  g_subprocess_launcher_close (launcher);
  wait_for_inhibitors (fixture->two, "[('sleep', 'To be killed')]");

  g_subprocess_force_exit (holder);
  g_assert_true (g_subprocess_wait (holder, NULL, &error));
  arc_test_wait_until (get_n_inhibitors (fixture->two) == 0);
}

/* The client goes away before it has its answer, which is then nobody's. */
static void
test_client_gone_in_inhibit (ArcTestService *fixture, gconstpointer data)
{
  ArcTestClient *mortal = arc_test_client_new (fixture->bus);
  ArcTestCall call;

  arc_test_client_start_call (mortal, ARC_SERVICE_NAME, ARC_SERVICE_NAME, "Inhibit",
                              g_variant_new ("(ss)", "who", "why"), &call);
  g_assert_true (g_dbus_connection_flush_sync (mortal->connection, NULL, NULL));
  arc_test_client_free (mortal);
  arc_test_wait_until (call.done);
  g_assert_error (call.error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_error_free (call.error);

  /* It was added and has gone again; if that was soon, no signal was emitted. */
  wait_for_inhibitors (fixture->two, "[]");
}

static void
test_inhibit_refused (ArcTestService *fixture, gconstpointer data)
{
  const char *invalid = "org.freedesktop.DBus.Error.InvalidArgs";
  g_autofree char *longest = g_strnfill (256, 'x');
  g_autofree char *too_long = g_strnfill (257, 'x');
  int fds[64];

  arc_test_client_assert_fails (fixture->one, "Inhibit", g_variant_new ("(ss)", "", "why"),
                                invalid);
  arc_test_client_assert_fails (fixture->one, "Inhibit", g_variant_new ("(ss)", "who", ""),
                                invalid);
  arc_test_client_assert_fails (fixture->one, "Inhibit", g_variant_new ("(ss)", "who", too_long),
                                invalid);
  wait_for_inhibitors (fixture->one, "[]");

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = inhibit (i % 2 == 0 ? fixture->one : fixture->two, longest, "why");
  arc_test_client_assert_fails (fixture->one, "Inhibit", g_variant_new ("(ss)", "who", "why"),
                                "org.freedesktop.DBus.Error.LimitsExceeded");

  close (fds[0]);
  arc_test_wait_until (get_n_inhibitors (fixture->two) == G_N_ELEMENTS (fds) - 1);
  fds[0] = inhibit (fixture->one, "who", "why");
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  arc_test_wait_until (get_n_inhibitors (fixture->two) == 0);
}

static void
test_reload (ArcTestService *fixture, gconstpointer data)
{
  g_variant_unref (arc_test_client_call (fixture->one, "Reload", NULL));
  g_assert_cmpuint (fixture->n_reloads, ==, 1);
  fixture->reload_fails = TRUE;
  arc_test_client_assert_fails (fixture->one, "Reload", NULL, "org.arcology.Builder.Error.Config");
}

/* Who brings the tree back and asks at once gets a build. */
static void
test_rebuild_of_returned_tree (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *away = g_strconcat (host->tree, ".away", NULL);
  guint64 build;

  for (guint64 id = 2; id <= 6; id++)
    {
      g_autoptr (GVariant) reply = NULL;

      g_assert_no_errno (g_rename (host->tree, away));
      arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_UNAVAILABLE);
      arc_test_client_assert_fails (fixture->one, "Rebuild", g_variant_new ("(a{sv})", NULL),
                                    "org.arcology.Builder.Error.TreeUnavailable");

      g_assert_no_errno (g_rename (away, host->tree));
      reply = arc_test_client_call (fixture->one, "Rebuild", g_variant_new ("(a{sv})", NULL));
      g_variant_get (reply, "(t)", &build);
      g_assert_cmpuint (build, ==, id);
      arc_test_host_finish_build (host, 0);
    }
}

/* A file that Command names is on a disk that hangs. */
static void
test_hanging_disk (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *directory = g_build_filename (host->scratch, "disk", NULL);
  g_autofree char *option = g_strconcat ("--load=", directory, "/settings.el", NULL);
  g_autoptr (GVariant) properties = NULL;
  GStrv command = host->config->command;
  gboolean fresh;

  arc_test_disk_hang (directory);
  host->config->command =
      arc_test_make_strv (command[0], command[1], command[2], command[3], command[4], option, NULL);
  g_strfreev (command);
  arc_builder_set_config (host->builder, host->config);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);

  properties = arc_test_client_get_all (fixture->one);
  g_variant_unref (arc_test_client_call (fixture->two, "Pause", NULL));
  g_variant_unref (arc_test_client_call (fixture->two, "Resume", NULL));
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_RUNNING);

  /* Nothing is fresh before that has been looked at. */
  g_clear_pointer (&properties, g_variant_unref);
  properties = arc_test_client_get_all (fixture->one);
  g_assert_true (g_variant_lookup (properties, "Fresh", "b", &fresh));
  g_assert_false (fresh);

  arc_test_disk_hang (NULL);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 2, "A one.org\nA sub/three.org\nA two.org\n");
  g_assert_true (arc_test_host_get_status (host).fresh);
}

/* The file system of the root does not answer. */
static void
test_hanging_root (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autoptr (GVariant) properties = NULL;
  const char *message;
  gboolean matters;

  arc_test_disk_hang (host->tree);
  arc_builder_compare (host->builder);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);

  g_variant_unref (arc_test_client_get_all (fixture->one));
  g_variant_unref (arc_test_client_call (fixture->two, "Pause", NULL));
  g_variant_unref (arc_test_client_call (fixture->two, "Resume", NULL));

  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_UNAVAILABLE);
  properties = arc_test_client_get_all (fixture->one);
  g_assert_true (g_variant_lookup (properties, "HealthMessage", "&s", &message));
  g_assert_nonnull (strstr (message, "does not answer"));

  /* Neither a comparison nor a question about a file waits. */
  {
    g_autofree char *path = g_build_filename (host->tree, "one.org", NULL);
    g_autoptr (GVariant) reply =
        arc_test_client_call (fixture->one, "Explain", g_variant_new ("(^ay)", path));

    g_variant_get (reply, "(b&s)", &matters, &message);
    g_assert_true (matters);
  }
  arc_builder_compare (host->builder);
  arc_test_client_assert_fails (fixture->one, "Rebuild", g_variant_new ("(a{sv})", NULL),
                                "org.arcology.Builder.Error.TreeUnavailable");
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);

  arc_test_disk_hang (NULL);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  g_assert_cmpuint (arc_change_set_get_size (arc_builder_get_pending (host->builder)), ==, 0);
}

static void
test_last_build (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GVariant) properties = arc_test_client_get_all (fixture->one);
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

static gboolean
knows_progress (ArcTestClient *client, const char *expected)
{
  g_autoptr (GVariant) progress =
      g_variant_dict_lookup_value (client->known, "Progress", G_VARIANT_TYPE ("(uus)"));
  g_autofree char *text = progress != NULL ? g_variant_print (progress, FALSE) : NULL;

  return g_strcmp0 (text, expected) == 0;
}

/* The phase is emitted before there is a number, and goes when there is one. */
static void
test_progress (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *say = g_build_filename (host->out, "say", NULL);

  g_assert_true (g_file_set_contents (say, "arcology: phase preparing Emacs\n", -1, NULL));
  call_rebuild (fixture->one, "(@a{sv} {},)");
  arc_test_wait_until (knows_progress (fixture->one, "(0, 0, 'preparing Emacs')"));
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (knows_progress (fixture->one, "(0, 0, '')"));

  g_assert_true (g_file_set_contents (say,
                                      "arcology: phase preparing Emacs\n"
                                      "arcology: progress 1 3\n",
                                      -1, NULL));
  call_rebuild (fixture->one, "(@a{sv} {},)");
  arc_test_wait_until (knows_progress (fixture->two, "(1, 3, '')"));
  arc_test_host_finish_build (host, 0);
  arc_test_wait_until (knows_progress (fixture->two, "(0, 0, '')"));
}

/* What a build has of it, and no more: no entry of the others may have a secret. */
static void
test_environment (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GVariant) properties = arc_test_client_get_all (fixture->one);
  g_autofree const char **entries = NULL;
  const char *const names[] = { "PATH", "HOME" };

  call_rebuild (fixture->one, "(@a{sv} {},)");
  arc_test_host_finish_build (fixture->host, 0);

  g_assert_true (g_variant_lookup (properties, "Environment", "^a&s", &entries));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *value = arc_test_host_get_environment (fixture->host, 2, names[i]);
      g_autofree char *entry = g_strconcat (names[i], "=", value, NULL);

      g_assert_nonnull (value);
      g_assert_true (g_strv_contains (entries, entry));
    }
  for (guint i = 0; entries[i] != NULL; i++)
    {
      g_assert_true (
          g_str_has_prefix (entries[i], "PATH=") || g_str_has_prefix (entries[i], "HOME=") ||
          g_str_has_prefix (entries[i], "EMACSLOADPATH=") || g_str_has_prefix (entries[i], "XDG_"));
      g_assert_true (i == 0 || strcmp (entries[i - 1], entries[i]) < 0);
    }
}

static void
test_settings_changed (ArcTestService *fixture, gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      const gboolean expected = i % 2 == 1;
      gboolean known = !expected;
      g_autoptr (GVariant) properties = NULL;

      if (i > 0)
        {
          arc_bus_service_set_settings_changed (fixture->service, expected);
          arc_test_client_sync (fixture->two);
          g_assert_true (
              g_variant_dict_lookup (fixture->two->known, "SettingsChanged", "b", &known));
          g_assert_cmpint (known, ==, expected);
        }
      properties = arc_test_client_get_all (fixture->one);
      g_assert_true (g_variant_lookup (properties, "SettingsChanged", "b", &known));
      g_assert_cmpint (known, ==, expected);
    }
}

static GVariant *
get_problems (ArcTestService *fixture, guint max)
{
  GVariant *reply = arc_test_client_call (fixture->one, "GetProblems", g_variant_new ("(u)", max));

  g_assert_true (g_variant_is_of_type (reply, G_VARIANT_TYPE ("(a(ayusay)b)")));
  return reply;
}

static void
build_with (ArcTestService *fixture, const char *text)
{
  g_autofree char *say = g_build_filename (fixture->host->out, "say", NULL);

  g_assert_true (g_file_set_contents (say, text, -1, NULL));
  arc_test_host_touch (fixture->host, "one.org");
  arc_test_host_advance (fixture->host, 180 * SECOND);
  arc_test_host_finish_build (fixture->host, 0);
  arc_test_client_sync (fixture->one);
}

static void
test_problems (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GVariant) none = get_problems (fixture, 0);
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) one = NULL;
  g_autoptr (GVariant) last = NULL;
  g_autoptr (GVariant) expected_none =
      g_variant_ref_sink (g_variant_new_parsed ("(@a(ayusay) [], false)"));
  g_autoptr (GVariant) expected_all = g_variant_ref_sink (
      g_variant_new_parsed ("([(b'/org/a.org', @u 12, 'duplicate ID x', b'/org/\\377.org'), "
                            "(b'/org/b.org', 0, 'no title', "
                            "b'')], false)"));
  g_autoptr (GVariant) expected_one = g_variant_ref_sink (g_variant_new_parsed (
      "([(b'/org/a.org', @u 12, 'duplicate ID x', b'/org/\\377.org')], true)"));
  g_autoptr (GVariant) properties = arc_test_client_get_all (fixture->one);
  guint count = 17;

  g_assert_true (g_variant_equal (none, expected_none));
  g_assert_true (g_variant_lookup (properties, "ProblemCount", "u", &count));
  g_assert_cmpuint (count, ==, 0);

  build_with (fixture, "arcology: problem /org/b.org: no title\n"
                       "arcology: problem /org/a.org:12:/org/\xff.org: duplicate ID x\n");
  all = get_problems (fixture, 0);
  one = get_problems (fixture, 1);
  g_assert_true (g_variant_equal (all, expected_all));
  g_assert_true (g_variant_equal (one, expected_one));
  g_assert_true (g_variant_dict_lookup (fixture->one->known, "ProblemCount", "u", &count));
  g_assert_cmpuint (count, ==, 2);
  last = g_variant_dict_lookup_value (fixture->one->known, "LastBuild", G_VARIANT_TYPE_VARDICT);
  g_assert_true (g_variant_lookup (last, "problems", "u", &count));
  g_assert_cmpuint (count, ==, 2);

  g_clear_pointer (&none, g_variant_unref);
  build_with (fixture, "");
  none = get_problems (fixture, 0);
  g_assert_true (g_variant_equal (none, expected_none));
}

/* However much a build says, the reply is smaller than 8 MiB, and the count is right. */
static void
test_many_problems (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *why = g_strnfill (8000, 'x');
  g_autofree char *directory = g_strnfill (200, 'd');
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) problems = NULL;
  gboolean truncated;
  guint count;

  for (guint i = 0; i < 11000; i++)
    g_string_append_printf (text, "arcology: problem /%s/%u.org:%u:/%s/other.org: %.*s\n",
                            directory, i, i, directory, i % 10 == 0 ? 8000 : 10, why);
  build_with (fixture, text->str);

  reply = get_problems (fixture, 0);
  g_variant_get (reply, "(@a(ayusay)b)", &problems, &truncated);
  g_assert_true (truncated);
  g_assert_cmpuint (g_variant_n_children (problems), >, 1000);
  g_assert_cmpuint (g_variant_n_children (problems), <=, ARC_PROBLEM_LIST_MAX);
  g_assert_cmpuint (g_variant_get_size (reply), <, 8 * 1024 * 1024);
  g_assert_true (g_variant_dict_lookup (fixture->one->known, "ProblemCount", "u", &count));
  g_assert_cmpuint (count, ==, 11000);
}

static guint64
get_id (GVariant *history, gsize index)
{
  g_autoptr (GVariant) build = g_variant_get_child_value (history, index);
  guint64 id;

  g_assert_true (g_variant_lookup (build, "id", "t", &id));
  return id;
}

/* The newest first, and each like LastBuild. */
static void
test_history (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *log_1 = arc_state_store_get_log (host->store, 1);
  g_autoptr (GVariant) all_reply = NULL;
  g_autoptr (GVariant) two_reply = NULL;
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) two = NULL;
  g_autoptr (GVariant) newest = NULL;
  g_autoptr (GVariant) oldest = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) last = NULL;
  const char *log;

  for (guint64 id = 2; id <= 3; id++)
    {
      call_rebuild (fixture->one, "(@a{sv} {},)");
      arc_test_host_finish_build (host, id == 2 ? 0 : 7);
    }
  /* It is seen when the next build begins. */
  g_assert_no_errno (g_unlink (log_1));
  call_rebuild (fixture->one, "(@a{sv} {},)");
  arc_test_wait_until (arc_process_runner_is_running (host->runner));

  all_reply = arc_test_client_call (fixture->one, "GetHistory", g_variant_new ("(u)", 0));
  all = g_variant_get_child_value (all_reply, 0);
  g_assert_cmpuint (g_variant_n_children (all), ==, 3);
  for (gsize i = 0; i < 3; i++)
    g_assert_cmpuint (get_id (all, i), ==, 3 - i);

  two_reply = arc_test_client_call (fixture->two, "GetHistory", g_variant_new ("(u)", 2));
  two = g_variant_get_child_value (two_reply, 0);
  g_assert_cmpuint (g_variant_n_children (two), ==, 2);
  g_assert_cmpuint (get_id (two, 1), ==, 2);

  newest = g_variant_get_child_value (all, 0);
  properties = arc_test_client_get_all (fixture->one);
  last = g_variant_lookup_value (properties, "LastBuild", G_VARIANT_TYPE_VARDICT);
  g_assert_cmpvariant (newest, last);
  g_assert_true (g_variant_lookup (newest, "log", "^&ay", &log));
  g_assert_true (g_file_test (log, G_FILE_TEST_IS_REGULAR));

  oldest = g_variant_get_child_value (all, 2);
  g_assert_true (g_variant_lookup (oldest, "log", "^&ay", &log));
  g_assert_cmpstr (log, ==, "");

  arc_test_client_assert_fails (fixture->one, "OpenLog", g_variant_new ("(t)", (guint64) 1),
                                "org.arcology.Builder.Error.NoSuchBuild");
  arc_test_host_finish_build (host, 0);
}

/* GetHistory(0) of as many builds as are kept, each with a thousand failed files:
 * without the limit of a build, their paths alone are 11 MiB. */
static void
test_long_history (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *say = g_build_filename (host->out, "say", NULL);
  g_autofree char *directory = g_strnfill (100, 'd');
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) builds = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (text, "arcology: failed /%s/%u.org: no\n", directory, i);
  g_assert_true (g_file_set_contents (say, text->str, -1, NULL));
  for (guint i = 0; i < 100; i++)
    {
      call_rebuild (fixture->one, "(@a{sv} {},)");
      arc_test_host_finish_build (host, 1);
    }

  reply = arc_test_client_call (fixture->two, "GetHistory", g_variant_new ("(u)", 0));
  g_assert_cmpuint (g_variant_get_size (reply), <, 8 * 1024 * 1024);
  builds = g_variant_get_child_value (reply, 0);
  g_assert_cmpuint (g_variant_n_children (builds), ==, 100);
  for (gsize i = 0; i < 100; i++)
    {
      g_autoptr (GVariant) build = g_variant_get_child_value (builds, i);
      g_autoptr (GVariant) files =
          g_variant_lookup_value (build, "failed-files", G_VARIANT_TYPE ("aay"));

      g_assert_cmpuint (get_id (builds, i), ==, 101 - i);
      /* As many as 64 KiB has. */
      g_assert_cmpuint (g_variant_n_children (files), >, 500);
      g_assert_cmpuint (g_variant_n_children (files), <, 700);
    }
}

static gboolean
read_more (int fd, GString *text)
{
  char buffer[4096];
  const gssize length = read (fd, buffer, sizeof buffer);

  g_assert_no_errno (length);
  g_string_append_len (text, buffer, length);

  return length > 0;
}

/* From before its first line to after its last. */
static void
test_follow_log (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *say = g_build_filename (host->out, "say", NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  int fd;

  g_assert_true (g_file_set_contents (say, "one\ntwo\n", -1, NULL));
  arc_builder_set_held (host->builder, ARC_HOLD_NAME, TRUE);
  call_rebuild (fixture->one, "(@a{sv} {},)");
  fd = arc_test_client_call_for_fd (fixture->two, "OpenLog", g_variant_new ("(t)", (guint64) 0));
  g_assert_false (arc_process_runner_is_running (host->runner));
  arc_builder_set_held (host->builder, ARC_HOLD_NAME, FALSE);
  g_assert_cmpint (write (fd, "x", 1), ==, -1);

  arc_test_wait_until (read_more (fd, text) && strcmp (text->str, "one\ntwo\n") == 0);
  arc_test_host_finish_build (host, 0);
  g_assert_false (read_more (fd, text));
  close (fd);

  fd = arc_test_client_call_for_fd (fixture->two, "OpenLog", g_variant_new ("(t)", (guint64) 2));
  g_string_truncate (text, 0);
  g_assert_true (read_more (fd, text));
  g_assert_cmpstr (text->str, ==, "one\ntwo\n");
  close (fd);
}

/* The disk of the logs hangs: only who asks for one waits. */
static void
test_log_on_hanging_disk (ArcTestService *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  const char *directory = arc_state_store_get_directory (arc_builder_get_store (host->builder));
  g_autofree char *logs = g_build_filename (directory, "logs", NULL);
  g_autoptr (GVariant) properties = NULL;
  ArcTestCall call;
  int fd;

  arc_builder_set_held (host->builder, ARC_HOLD_NAME, TRUE);
  call_rebuild (fixture->one, "(@a{sv} {},)");
  arc_test_wait_until (arc_test_get_boolean (arc_builder_get_watcher (host->builder), "settled"));
  fd = arc_test_client_call_for_fd (fixture->one, "OpenLog", g_variant_new ("(t)", (guint64) 0));
  close (fd);

  arc_test_disk_hang (logs);
  arc_test_client_start_call (fixture->one, ARC_SERVICE_NAME, ARC_SERVICE_NAME, "OpenLog",
                              g_variant_new ("(t)", (guint64) 0), &call);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
  properties = arc_test_client_get_all (fixture->two);
  g_assert_false (call.done);

  arc_test_disk_hang (NULL);
  arc_test_wait_until (call.done);
  g_assert_no_error (call.error);
  g_variant_unref (call.reply);
  g_object_unref (call.fds);

  arc_builder_set_held (host->builder, ARC_HOLD_NAME, FALSE);
  arc_test_host_finish_build (host, 0);
}

/* The error names what was asked for. */
static void
test_no_such_log (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  arc_test_host_start (fixture->host);
  arc_test_service_export (fixture);
  arc_test_wait_until (fixture->acquired);
  arc_test_client_assert_fails (fixture->one, "OpenLog", g_variant_new ("(t)", (guint64) 0),
                                "org.arcology.Builder.Error.NoSuchBuild");
  reply = arc_test_client_try_call (fixture->one, "OpenLog", g_variant_new ("(t)", (guint64) 4711),
                                    &error);
  g_assert_null (reply);
  g_assert_nonnull (strstr (error->message, "4711"));
}

/* A call that is open when the service stops gets its answer. */
static void
test_close_answers (ArcTestService *fixture, gconstpointer data)
{
  g_autofree char *remote = NULL;
  ArcTestCall rescan;

  arc_test_client_start_call (fixture->one, ARC_SERVICE_NAME, ARC_SERVICE_NAME, "Rescan", NULL,
                              &rescan);
  arc_test_wait_until (
      !arc_test_get_boolean (arc_builder_get_watcher (fixture->host->builder), "settled"));
  arc_bus_service_close (fixture->service);
  arc_test_wait_until (rescan.done);
  remote = g_dbus_error_get_remote_error (rescan.error);
  g_assert_cmpstr (remote, ==, "org.arcology.Builder.Error.ShuttingDown");
  g_error_free (rescan.error);
}

static void
test_second_instance (ArcTestService *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = arc_test_connect (fixture->bus);
  g_autoptr (ArcBusService) polite =
      arc_bus_service_new (fixture->host->builder, arc_test_service_reload, fixture);
  g_autoptr (ArcBusService) heir =
      arc_bus_service_new (fixture->host->builder, arc_test_service_reload, fixture);
  gboolean refused = FALSE;
  gboolean acquired = FALSE;

  g_signal_connect_swapped (polite, "name-lost", G_CALLBACK (arc_test_set_true), &refused);
  g_assert_true (arc_bus_service_export (polite, connection, FALSE, NULL));
  arc_test_wait_until (refused);
  g_assert_false (fixture->lost);
  arc_bus_service_close (polite);

  g_signal_connect_swapped (heir, "name-acquired", G_CALLBACK (arc_test_set_true), &acquired);
  g_assert_true (arc_bus_service_export (heir, connection, TRUE, NULL));
  arc_test_wait_until (acquired && fixture->lost);
  arc_bus_service_close (heir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define add(path, set_up, test)                                                                    \
  g_test_add (path, ArcTestService, NULL, set_up, test, arc_test_service_tear_down)

  add ("/service/true-before-name", arc_test_service_set_up, test_true_before_name);
  add ("/service/transitions", arc_test_service_set_up_idle, test_transitions_in_order);
  add ("/service/three-saves", arc_test_service_set_up_idle, test_three_saves_are_one_build);
  add ("/service/counters-in-time", arc_test_service_set_up_idle, test_counters_in_time);
  add ("/service/rebuild", arc_test_service_set_up_idle, test_rebuild_in_each_state);
  add ("/service/wrong-options", arc_test_service_set_up_idle, test_wrong_options);
  add ("/service/cancel", arc_test_service_set_up_idle, test_cancel);
  add ("/service/pause", arc_test_service_set_up_idle, test_pause);
  add ("/service/get-pending", arc_test_service_set_up_idle, test_get_pending);
  add ("/service/get-changes", arc_test_service_set_up_idle, test_get_changes);
  add ("/service/problems", arc_test_service_set_up_idle, test_problems);
  add ("/service/problems/many", arc_test_service_set_up_idle, test_many_problems);
  add ("/service/explain", arc_test_service_set_up_idle, test_explain);
  add ("/service/explain/longest", arc_test_service_set_up_idle, test_explain_longest);
  add ("/service/long-words", arc_test_service_set_up_idle, test_long_words);
  add ("/service/rescan", arc_test_service_set_up_idle, test_rescan);
  add ("/service/sync", arc_test_service_set_up_idle, test_sync);
  add ("/service/client-gone-in-sync", arc_test_service_set_up_idle, test_client_gone_in_sync);
  add ("/service/inhibit", arc_test_service_set_up_idle, test_inhibit);
  add ("/service/inhibitor-killed", arc_test_service_set_up_idle, test_inhibitor_killed);
  add ("/service/client-gone-in-inhibit", arc_test_service_set_up_idle,
       test_client_gone_in_inhibit);
  add ("/service/inhibit-refused", arc_test_service_set_up_idle, test_inhibit_refused);
  add ("/service/history", arc_test_service_set_up_idle, test_history);
  add ("/service/history/long", arc_test_service_set_up_idle, test_long_history);
  add ("/service/follow-log", arc_test_service_set_up_idle, test_follow_log);
  add ("/service/no-such-log", arc_test_service_set_up, test_no_such_log);
  add ("/service/reload", arc_test_service_set_up_idle, test_reload);
  add ("/service/returned-tree", arc_test_service_set_up_idle, test_rebuild_of_returned_tree);
  add ("/service/hanging-disk", arc_test_service_set_up_idle, test_hanging_disk);
  add ("/service/hanging-log", arc_test_service_set_up_idle, test_log_on_hanging_disk);
  add ("/service/hanging-root", arc_test_service_set_up_idle, test_hanging_root);
  add ("/service/progress", arc_test_service_set_up_idle, test_progress);
  add ("/service/environment", arc_test_service_set_up_idle, test_environment);
  add ("/service/settings-changed", arc_test_service_set_up_idle, test_settings_changed);
  add ("/service/last-build", arc_test_service_set_up_idle, test_last_build);
  add ("/service/close", arc_test_service_set_up_idle, test_close_answers);
  add ("/service/second-instance", arc_test_service_set_up_idle, test_second_instance);

  return g_test_run ();
}
