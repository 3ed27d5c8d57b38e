/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/suspend-monitor.h"

#include "test-util.h"

/* In the place of logind, on a bus of the test's own. */
static void
emit (GDBusConnection *logind, gboolean going_to_sleep)
{
  g_autoptr (GError) error = NULL;

  g_dbus_connection_emit_signal (logind, NULL, "/org/freedesktop/login1",
                                 "org.freedesktop.login1.Manager", "PrepareForSleep",
                                 g_variant_new ("(b)", going_to_sleep), &error);
  g_assert_no_error (error);
}

static void
on_name_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
on_resumed (gpointer user_data)
{
  guint *n_resumed = user_data;

  (*n_resumed)++;
}

static void
test_resume (void)
{
  g_autoptr (GTestDBus) bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_autoptr (GDBusConnection) logind = NULL;
  g_autoptr (GDBusConnection) stranger = NULL;
  g_autoptr (GDBusConnection) ours = NULL;
  guint sleep;
  g_autoptr (GVariant) id = NULL;
  gboolean has_name = FALSE;
  guint n_resumed = 0;
  guint name;

  g_test_dbus_up (bus);
  logind = arc_test_connect (bus);
  stranger = arc_test_connect (bus);
  ours = arc_test_connect (bus);
  name =
      g_bus_own_name_on_connection (logind, "org.freedesktop.login1", G_BUS_NAME_OWNER_FLAGS_NONE,
                                    on_name_acquired, NULL, &has_name, NULL);
  arc_test_wait_until (has_name);

  sleep = arc_suspend_monitor_start (ours, on_resumed, &n_resumed);
  /* The bus answers in order: after this it knows what we want to hear. */
  id = g_dbus_connection_call_sync (ours, "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                    "GetId", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  g_assert_nonnull (id);

  /* Only the waking up counts, and only if it is logind that says so. */
  emit (stranger, FALSE);
  g_dbus_connection_flush_sync (stranger, NULL, NULL);
  emit (logind, TRUE);
  emit (logind, FALSE);
  arc_test_wait_until (n_resumed > 0);
  g_assert_cmpuint (n_resumed, ==, 1);
  emit (logind, TRUE);
  emit (logind, FALSE);
  arc_test_wait_until (n_resumed > 1);
  g_assert_cmpuint (n_resumed, ==, 2);

  g_dbus_connection_signal_unsubscribe (ours, sleep);
  g_bus_unown_name (name);
  g_dbus_connection_close_sync (logind, NULL, NULL);
  g_dbus_connection_close_sync (stranger, NULL, NULL);
  g_dbus_connection_close_sync (ours, NULL, NULL);
  g_clear_object (&logind);
  g_clear_object (&stranger);
  g_clear_object (&ours);
  g_test_dbus_down (bus);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/sleep/resume", test_resume);

  return g_test_run ();
}
