/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The desktop is played by the templates of python-dbusmock, which keep to the interfaces of the
 * real ones. */

#include "session/desktop.h"
#include "test-host.h"

#include <glib/gstdio.h>
#include <string.h>

#define SECOND G_TIME_SPAN_SECOND

#define NOTIFICATIONS "org.freedesktop.Notifications"

/* power-profiles-daemon has had two names since 0.20. GLib asks for one of them: 2.74 for the old
 * name, 2.84 for the new one. */
static const struct
{
  const char *template;
  const char *name;
  const char *path;
} power_daemons[] = {
  { "power_profiles_daemon", "net.hadess.PowerProfiles", "/net/hadess/PowerProfiles" },
  { "upower_power_profiles_daemon", "org.freedesktop.UPower.PowerProfiles",
    "/org/freedesktop/UPower/PowerProfiles" },
};

typedef struct
{
  GTestDBus *bus;
  GDBusConnection *connection;                      /* that of the desktop */
  GSubprocess *notifications;                       /* (nullable) */
  GSubprocess *manager;                             /* (nullable): plays systemd */
  GSubprocess *power[G_N_ELEMENTS (power_daemons)]; /* each: (nullable) */
  gboolean has_power;
  ArcTestHost *host;
  ArcDesktop *desktop;
} Fixture;

static gboolean
has_owner (GDBusConnection *connection, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus", "NameHasOwner",
                                   g_variant_new ("(s)", name), G_VARIANT_TYPE ("(b)"),
                                   G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  gboolean result;

  g_assert_no_error (error);
  g_variant_get (reply, "(b)", &result);

  return result;
}

static GSubprocess *
start_mock (Fixture *fixture, const char *template, const char *name)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *mock = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, ARC_PYTHON, "-m",
                                        "dbusmock", "--template", template, NULL);

  g_assert_no_error (error);
  arc_test_wait_until (has_owner (fixture->connection, name));

  return mock;
}

/* (transfer full): the results of METHOD of what plays NAME at PATH. */
static GVariant *
call_mock (
    Fixture *fixture, const char *name, const char *path, const char *method, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_sync (fixture->connection, name, path,
                                                 "org.freedesktop.DBus.Mock", method, arguments,
                                                 NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);

  return reply;
}

#define SYSTEMD      "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"

/* The systemd of the user, as far as it starts units: tests/daemon/systemd-test has the real one.
 */
static void
start_manager (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  fixture->manager = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, ARC_PYTHON, "-m",
                                       "dbusmock", SYSTEMD, SYSTEMD_PATH, SYSTEMD ".Manager", NULL);
  g_assert_no_error (error);
  arc_test_wait_until (has_owner (fixture->connection, SYSTEMD));
  reply = call_mock (fixture, SYSTEMD, SYSTEMD_PATH, "AddMethod",
                     g_variant_new ("(sssss)", "", "StartTransientUnit", "ssa(sv)a(sa(sv))", "o",
                                    "ret = '/org/freedesktop/systemd1/job/1'"));
}

static void
stop_mock (GSubprocess **mock)
{
  if (*mock == NULL)
    return;

  g_subprocess_force_exit (*mock);
  g_subprocess_wait (*mock, NULL, NULL);
  g_clear_object (mock);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->bus);
  /* Power profiles live on the system bus. */
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (fixture->bus), TRUE);
  fixture->connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (fixture->bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);
  g_assert_no_error (error);

  fixture->host = arc_test_host_new ();
}

static void
start (Fixture *fixture)
{
  g_autoptr (GPowerProfileMonitor) power = NULL;

  /* It keeps a connection to the bus for as long as the process lives: for one test. */
  if (fixture->has_power)
    {
      g_autoptr (GDBusConnection) system_bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);

      g_assert_nonnull (system_bus);
      g_dbus_connection_set_exit_on_close (system_bus, FALSE);
      power = g_power_profile_monitor_dup_default ();
    }

  fixture->desktop = arc_desktop_new (fixture->host->builder, fixture->connection, power);
  arc_test_host_start (fixture->host);
  arc_builder_rebuild (fixture->host->builder, ARC_BUILD_FULL, &(guint64){ 0 }, NULL);
  arc_test_host_finish_build (fixture->host, 0);
  arc_test_host_advance (fixture->host, 180 * SECOND);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->desktop);
  g_clear_pointer (&fixture->host, arc_test_host_free);
  stop_mock (&fixture->notifications);
  stop_mock (&fixture->manager);
  for (guint i = 0; i < G_N_ELEMENTS (power_daemons); i++)
    stop_mock (&fixture->power[i]);
  g_clear_object (&fixture->connection);
  g_test_dbus_down (fixture->bus);
  g_object_unref (fixture->bus);
}

/* The calls of METHOD so far: a(tav). What the desktop has sent before is among them, since the
 * connection is the same; and so is what it sends when it has the replies. */
static GVariant *
get_calls (Fixture *fixture, const char *method)
{
  g_autoptr (GVariant) reply = NULL;

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;

      g_clear_pointer (&reply, g_variant_unref);
      reply =
          g_dbus_connection_call_sync (fixture->connection, NOTIFICATIONS,
                                       "/org/freedesktop/Notifications",
                                       "org.freedesktop.DBus.Mock", "GetMethodCalls",
                                       g_variant_new ("(s)", method), G_VARIANT_TYPE ("(a(tav))"),
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
      g_assert_no_error (error);
      arc_test_dispatch_ready ();
    }

  return g_variant_get_child_value (reply, 0);
}

static gsize
count_calls (Fixture *fixture, const char *method)
{
  g_autoptr (GVariant) calls = get_calls (fixture, method);

  return g_variant_n_children (calls);
}

typedef struct
{
  guint32 replaces;
  char *summary;
  char *body;
  guchar urgency;
  gboolean has_action;
} Notification;

static void
notification_clear (Notification *notification)
{
  g_free (notification->summary);
  g_free (notification->body);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Notification, notification_clear)

static void
get_last_notification (Fixture *fixture, Notification *notification)
{
  g_autoptr (GVariant) calls = get_calls (fixture, "Notify");
  const char *desktop_entry;
  const gsize n = g_variant_n_children (calls);
  g_autoptr (GVariant) call = NULL;
  g_autoptr (GVariant) arguments = NULL;
  g_autoptr (GVariant) hints = NULL;
  const char *program = NULL;

  g_assert_cmpuint (n, >, 0);
  call = g_variant_get_child_value (calls, n - 1);
  arguments = g_variant_get_child_value (call, 1);
  g_variant_get_child (arguments, 0, "v", &hints);
  program = g_variant_get_string (hints, NULL);
  g_assert_cmpstr (program, ==, "Arcology Builder");
  g_clear_pointer (&hints, g_variant_unref);

  {
    g_autoptr (GVariant) replaces = NULL;
    g_autoptr (GVariant) summary = NULL;
    g_autoptr (GVariant) body = NULL;
    g_autoptr (GVariant) actions = NULL;

    g_variant_get_child (arguments, 1, "v", &replaces);
    g_variant_get_child (arguments, 3, "v", &summary);
    g_variant_get_child (arguments, 4, "v", &body);
    g_variant_get_child (arguments, 5, "v", &actions);
    g_variant_get_child (arguments, 6, "v", &hints);
    notification->replaces = g_variant_get_uint32 (replaces);
    notification->summary = g_variant_dup_string (summary, NULL);
    notification->body = g_variant_dup_string (body, NULL);
    notification->has_action = g_variant_n_children (actions) == 2;
    if (notification->has_action)
      {
        const char *key;

        g_variant_get_child (actions, 0, "&s", &key);
        g_assert_cmpstr (key, ==, "default");
      }
    else
      g_assert_cmpuint (g_variant_n_children (actions), ==, 0);
    g_assert_true (g_variant_lookup (hints, "urgency", "y", &notification->urgency));
    g_assert_true (g_variant_lookup (hints, "desktop-entry", "&s", &desktop_entry));
    g_assert_cmpstr (desktop_entry, ==, "org.arcology.Builder");
  }
}

static void
fail_build (Fixture *fixture, const char *name)
{
  arc_test_host_touch (fixture->host, name);
  arc_test_host_advance (fixture->host, 5 * SECOND);
  arc_test_host_finish_build (fixture->host, 2);
}

/* What the builds say from now on. */
static void
say (Fixture *fixture, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->host->out, "say", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* It is replaced, not repeated, and goes when a build succeeds. */
static void
test_failure (Fixture *fixture, gconstpointer data)
{
  g_auto (Notification) first = { 0 };
  g_auto (Notification) second = { 0 };

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start (fixture);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 0);

  fail_build (fixture, "one.org");
  get_last_notification (fixture, &first);
  g_assert_cmpuint (first.replaces, ==, 0);
  g_assert_cmpstr (first.summary, ==, "The notes database is not up to date");
  g_assert_nonnull (strstr (first.body, "The build ended with exit status 2."));
  g_assert_cmpuint (first.urgency, ==, 1);

  /* The first retry. */
  say (fixture, "\033[31memacs:\033[0m cannot open <load> file.\n");
  arc_test_host_advance (fixture->host, 600 * SECOND);
  arc_test_host_finish_build (fixture->host, 2);
  get_last_notification (fixture, &second);
  g_assert_nonnull (strstr (second.body, "The build ended with exit status 2: emacs: cannot open "
                                         "&lt;load&gt; file. "));
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);
  g_assert_cmpuint (second.replaces, ==, 1);
  g_assert_cmpuint (count_calls (fixture, "CloseNotification"), ==, 0);

  arc_test_host_advance (fixture->host, 1200 * SECOND);
  arc_test_host_finish_build (fixture->host, 0);
  g_assert_cmpuint (count_calls (fixture, "CloseNotification"), ==, 1);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);

  /* A user needs no notification of what he asked for. */
  arc_test_host_advance (fixture->host, 180 * SECOND);
  arc_test_host_touch (fixture->host, "one.org");
  arc_test_host_advance (fixture->host, 5 * SECOND);
  arc_test_wait_until (arc_process_runner_is_running (fixture->host->runner));
  g_assert_true (arc_builder_cancel (fixture->host->builder, NULL));
  arc_test_wait_until (!arc_process_runner_is_running (fixture->host->runner));
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);
}

static void
emit (Fixture *fixture, const char *signal, GVariant *id, GVariant *argument)
{
  const GVariantType *type = g_variant_get_type (argument);
  g_autofree char *signature = g_strdup_printf ("u%s", g_variant_type_peek_string (type));

  g_variant_unref (call_mock (fixture, NOTIFICATIONS, "/org/freedesktop/Notifications",
                              "EmitSignal",
                              g_variant_new_parsed ("(%s, %s, %s, [<%*>, <%*>])", NOTIFICATIONS,
                                                    signal, signature, id, argument)));
  arc_test_dispatch_ready ();
}

static void
click (Fixture *fixture, guint32 id, const char *action)
{
  emit (fixture, "ActionInvoked", g_variant_new_uint32 (id), g_variant_new_string (action));
}

/* What systemd was asked to start: a(tav). */
static GVariant *
get_started (Fixture *fixture)
{
  g_autoptr (GVariant) reply = call_mock (fixture, SYSTEMD, SYSTEMD_PATH, "GetMethodCalls",
                                          g_variant_new ("(s)", "StartTransientUnit"));

  return g_variant_get_child_value (reply, 0);
}

static gsize
count_started (Fixture *fixture)
{
  g_autoptr (GVariant) calls = get_started (fixture);

  return g_variant_n_children (calls);
}

/* FILE was opened last, and N in all. */
static void
assert_opened (Fixture *fixture, guint n, const char *file)
{
  g_autofree char *uri = g_filename_to_uri (file, NULL, NULL);
  g_autofree char *words = g_strdup_printf ("'open', '%s'", uri);
  g_autoptr (GVariant) calls = NULL;
  g_autoptr (GVariant) last = NULL;
  g_autofree char *text = NULL;

  arc_test_wait_until (count_started (fixture) >= n);
  calls = get_started (fixture);
  g_assert_cmpuint (g_variant_n_children (calls), ==, n);
  last = g_variant_get_child_value (calls, n - 1);
  text = g_variant_print (last, FALSE);
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, words));
}

/* A click opens the note that is the reason, or else the log. */
static void
test_default_action (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *note = arc_test_host_get_path (host, "one $HOME %i.org");
  g_autofree char *failed = g_strdup_printf ("arcology: failed %s: locked\n", note);
  g_autofree char *problem = g_strdup_printf ("arcology: problem %s:3: no title\n", note);
  g_autofree char *log = NULL;
  g_auto (Notification) first = { 0 };
  g_auto (Notification) second = { 0 };
  g_auto (Notification) third = { 0 };

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start_manager (fixture);
  start (fixture);

  say (fixture, "emacs: cannot start\n");
  fail_build (fixture, "one.org");
  get_last_notification (fixture, &first);
  g_assert_true (first.has_action);
  click (fixture, 1, "other");
  click (fixture, 7, "default");
  g_assert_cmpuint (count_started (fixture), ==, 0);
  click (fixture, 1, "default");
  log = arc_state_store_get_log (host->store, 2);
  assert_opened (fixture, 1, log);

  say (fixture, failed);
  arc_test_host_touch (host, "one $HOME %i.org");
  arc_test_host_advance (host, 600 * SECOND);
  arc_test_host_finish_build (host, 1);
  get_last_notification (fixture, &second);
  g_assert_true (second.has_action);
  click (fixture, 1, "default");
  assert_opened (fixture, 2, note);

  say (fixture, problem);
  arc_test_host_advance (host, 1200 * SECOND);
  arc_test_host_finish_build (host, 0);
  get_last_notification (fixture, &third);
  g_assert_cmpstr (third.summary, ==, "1 new problem in the notes");
  g_assert_true (third.has_action);
  g_assert_cmpuint (third.replaces, ==, 0);
  click (fixture, 1, "default");
  click (fixture, 2, "default");
  assert_opened (fixture, 3, note);
}

/* One that was read comes again only after a success. */
static void
test_closed_by_user (Fixture *fixture, gconstpointer data)
{
  g_auto (Notification) again = { 0 };

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start (fixture);
  fail_build (fixture, "one.org");
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 1);

  emit (fixture, "NotificationClosed", g_variant_new_uint32 (1), g_variant_new_uint32 (2));
  arc_test_host_advance (fixture->host, 600 * SECOND);
  arc_test_host_finish_build (fixture->host, 2);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 1);

  arc_test_host_advance (fixture->host, 1200 * SECOND);
  arc_test_host_finish_build (fixture->host, 0);
  g_assert_cmpuint (count_calls (fixture, "CloseNotification"), ==, 0);
  arc_test_host_advance (fixture->host, 180 * SECOND);
  fail_build (fixture, "one.org");
  get_last_notification (fixture, &again);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);
  g_assert_cmpuint (again.replaces, ==, 0);
}

/* A file's name is no markup. */
static void
test_failed_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *say = g_build_filename (fixture->host->out, "say", NULL);
  g_autofree char *path = arc_test_host_get_path (fixture->host, "a<b>.org");
  g_autofree char *text = g_strdup_printf ("arcology: failed %s: no title\n", path);
  g_auto (Notification) notification = { 0 };

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start (fixture);
  g_assert_true (g_file_set_contents (say, text, -1, NULL));
  arc_test_host_touch (fixture->host, "a<b>.org");
  arc_test_host_advance (fixture->host, 5 * SECOND);
  arc_test_host_finish_build (fixture->host, 1);

  get_last_notification (fixture, &notification);
  g_assert_nonnull (
      strstr (notification.body, "1 file could not be built: a&lt;b&gt;.org: no title."));
}

static void
set_notify (Fixture *fixture, ArcNotify notify)
{
  fixture->host->config->notify = notify;
  arc_builder_set_config (fixture->host->builder, fixture->host->config);
}

static void
build (Fixture *fixture, int exit_status)
{
  arc_test_host_touch (fixture->host, "one.org");
  arc_test_host_advance (fixture->host, 180 * SECOND);
  arc_test_host_finish_build (fixture->host, exit_status);
}

/* The build's own reason, as it is. */
static void
test_reason (Fixture *fixture, gconstpointer data)
{
  g_auto (Notification) notification = { 0 };

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start (fixture);
  say (fixture, "arcology: error: org-roam <2.2 is too old\n");
  build (fixture, 69);
  get_last_notification (fixture, &notification);
  g_assert_nonnull (strstr (notification.body, "The build failed: org-roam &lt;2.2 is too old."));
}

#define ONE "arcology: problem /org/one.org:3: no <title>\n"
#define TWO "arcology: problem /org/two.org:5:/org/one.org: duplicate ID x\n"

/* One notification when there are new problems, none when they stay or go, and it goes with the
 * last of them. */
static void
test_problems (Fixture *fixture, gconstpointer data)
{
  g_auto (Notification) first = { 0 };
  g_auto (Notification) second = { 0 };
  g_auto (Notification) third = { 0 };

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start (fixture);

  say (fixture, ONE);
  for (guint i = 0; i < 3; i++)
    build (fixture, 0);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 1);
  get_last_notification (fixture, &first);
  g_assert_cmpstr (first.summary, ==, "1 new problem in the notes");
  g_assert_cmpstr (first.body, ==,
                   "/org/one.org:3: no &lt;title&gt;\n“arcologyctl problems” lists all problems.");

  say (fixture, TWO ONE "arcology: problem /org/two.org: why\n");
  build (fixture, 0);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);
  get_last_notification (fixture, &second);
  g_assert_cmpstr (second.summary, ==, "2 new problems in the notes");
  g_assert_nonnull (strstr (second.body, "/org/two.org"));
  g_assert_cmpuint (count_calls (fixture, "CloseNotification"), ==, 1);

  /* It moves to another line, and others go. */
  say (fixture, "arcology: problem /org/one.org:33: no <title>\n");
  build (fixture, 0);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);
  g_assert_cmpuint (count_calls (fixture, "CloseNotification"), ==, 1);
  say (fixture, "");
  build (fixture, 0);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);
  g_assert_cmpuint (count_calls (fixture, "CloseNotification"), ==, 2);

  set_notify (fixture, ARC_NOTIFY_NEVER);
  say (fixture, ONE);
  build (fixture, 0);
  set_notify (fixture, ARC_NOTIFY_FAILURES);
  build (fixture, 0);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);

  /* A failure comes first, then what it has found. */
  {
    g_autofree char *path = arc_test_host_get_path (fixture->host, "one.org");
    g_autofree char *text = g_strdup_printf (ONE TWO "arcology: failed %s: locked\n", path);

    say (fixture, text);
  }
  build (fixture, 1);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 3);
  say (fixture, ONE TWO);
  arc_test_host_advance (fixture->host, 600 * SECOND);
  arc_test_host_finish_build (fixture->host, 0);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 4);
  get_last_notification (fixture, &third);
  g_assert_cmpstr (third.summary, ==, "1 new problem in the notes");
  g_assert_nonnull (strstr (third.body, "duplicate ID x"));
}

/* Those that the service remembers are not new. */
static void
test_problems_after_restart (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start (fixture);
  say (fixture, ONE);
  build (fixture, 0);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 1);

  g_clear_object (&fixture->desktop);
  arc_test_host_restart (host);
  fixture->desktop = arc_desktop_new (host->builder, fixture->connection, NULL);
  arc_test_host_start (host);
  build (fixture, 0);
  g_assert_cmpuint (arc_test_host_get_status (host).n_problems, ==, 1);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 1);
}

static void
test_unavailable (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *away = g_strconcat (host->tree, ".away", NULL);
  g_auto (Notification) notification = { 0 };

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start (fixture);
  g_assert_no_errno (g_rename (host->tree, away));
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_UNAVAILABLE);
  get_last_notification (fixture, &notification);
  g_assert_cmpstr (notification.summary, ==, "The notes directory is unavailable");
  g_assert_false (notification.has_action);
  arc_builder_compare (host->builder);
  arc_test_wait_until (arc_test_host_get_status (host).reason == ARC_REASON_UNAVAILABLE);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 1);

  g_assert_no_errno (g_rename (away, host->tree));
  arc_builder_compare (host->builder);
  arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
  g_assert_cmpuint (count_calls (fixture, "CloseNotification"), ==, 1);
}

static void
test_settings (Fixture *fixture, gconstpointer data)
{
  g_auto (Notification) notification = { 0 };

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  start (fixture);

  set_notify (fixture, ARC_NOTIFY_NEVER);
  fail_build (fixture, "one.org");
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 0);

  set_notify (fixture, ARC_NOTIFY_ALWAYS);
  arc_test_host_advance (fixture->host, 600 * SECOND);
  arc_test_host_finish_build (fixture->host, 0);
  get_last_notification (fixture, &notification);
  g_assert_cmpstr (notification.summary, ==, "The notes database is up to date");
  g_assert_cmpuint (notification.urgency, ==, 0);

  /* What is shown is closed when there is nothing to show any more. */
  arc_test_host_advance (fixture->host, 180 * SECOND);
  fail_build (fixture, "one.org");
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 2);
  set_notify (fixture, ARC_NOTIFY_NEVER);
  g_assert_cmpuint (count_calls (fixture, "CloseNotification"), ==, 1);
}

/* No server is there to show anything: that is no harm, and later one is. */
static void
test_nobody (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  fail_build (fixture, "one.org");
  arc_test_host_advance (fixture->host, 600 * SECOND);
  arc_test_host_finish_build (fixture->host, 2);

  fixture->notifications = start_mock (fixture, "notification_daemon", NOTIFICATIONS);
  arc_test_host_advance (fixture->host, 1200 * SECOND);
  arc_test_host_finish_build (fixture->host, 2);
  g_assert_cmpuint (count_calls (fixture, "Notify"), ==, 1);
}

/* python-dbusmock 0.28, of Debian 12, does not know the new name. */
static gboolean
has_template (const char *template)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *module = g_strconcat ("import dbusmock.templates.", template, NULL);
  g_autoptr (GSubprocess) python =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, ARC_PYTHON, "-c", module, NULL);

  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait (python, NULL, &error));
  g_assert_no_error (error);

  return g_subprocess_get_successful (python);
}

static void
start_power_daemon (Fixture *fixture)
{
  for (guint i = 0; i < G_N_ELEMENTS (power_daemons); i++)
    if (has_template (power_daemons[i].template))
      {
        fixture->power[i] = start_mock (fixture, power_daemons[i].template, power_daemons[i].name);
        fixture->has_power = TRUE;
      }
  g_assert_true (fixture->has_power);
}

static void
set_power_profile (Fixture *fixture, const char *profile)
{
  for (guint i = 0; i < G_N_ELEMENTS (power_daemons); i++)
    if (fixture->power[i] != NULL)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (GVariant) reply =
            g_dbus_connection_call_sync (fixture->connection, power_daemons[i].name,
                                         power_daemons[i].path, "org.freedesktop.DBus.Properties",
                                         "Set",
                                         g_variant_new ("(ssv)", power_daemons[i].name,
                                                        "ActiveProfile",
                                                        g_variant_new_string (profile)),
                                         NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

        g_assert_no_error (error);
        g_assert_nonnull (reply);
      }
}

static void
test_power_saver (Fixture *fixture, gconstpointer data)
{
  ArcTestHost *host = fixture->host;
  guint64 build;

  start_power_daemon (fixture);
  start (fixture);
  set_power_profile (fixture, "power-saver");
  arc_test_host_touch (host, "one.org");
  arc_test_wait_until (arc_test_host_get_status (host).reason == ARC_REASON_POWER_SAVER);
  arc_test_host_advance (host, 3600 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_WAITING);

  /* One that is asked for never waits. */
  g_assert_true (arc_builder_rebuild (host->builder, ARC_BUILD_INCREMENTAL, &build, NULL));
  arc_test_host_finish_build (host, 0);
  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 3600 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_POWER_SAVER);

  set_power_profile (fixture, "balanced");
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);

  /* The settings say not to care. */
  set_power_profile (fixture, "power-saver");
  arc_test_host_touch (host, "one.org");
  arc_test_wait_until (arc_test_host_get_status (host).reason == ARC_REASON_POWER_SAVER);
  host->config->power_saver = ARC_POWER_SAVER_IGNORE;
  arc_builder_set_config (host->builder, host->config);
  g_assert_cmpint (arc_test_host_get_status (host).reason, ==, ARC_REASON_COOLDOWN);
  arc_test_host_advance (host, 180 * SECOND);
  arc_test_host_wait_for_state (host, ARC_STATE_RUNNING);
  arc_test_host_finish_build (host, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/desktop/failure", test_failure);
  ADD ("/desktop/default-action", test_default_action);
  ADD ("/desktop/closed-by-user", test_closed_by_user);
  ADD ("/desktop/failed-file", test_failed_file);
  ADD ("/desktop/reason", test_reason);
  ADD ("/desktop/problems", test_problems);
  ADD ("/desktop/problems/restart", test_problems_after_restart);
  ADD ("/desktop/unavailable", test_unavailable);
  ADD ("/desktop/settings", test_settings);
  ADD ("/desktop/nobody", test_nobody);
  ADD ("/desktop/power-saver", test_power_saver);
#undef ADD

  return g_test_run ();
}
