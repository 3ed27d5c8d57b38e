/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/service-manager.h"

#include "test-util.h"

#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* The manager's end: a datagram socket that real messages arrive on. */
typedef struct
{
  GSocket *socket;          /* (owned) */
  GSource *source;          /* (owned) */
  GPtrArray *messages;      /* (owned) */
  char *notify_socket;      /* (owned): the value of NOTIFY_SOCKET */
  char *path;               /* (owned) (nullable) */
  ArcServiceManager *under; /* (owned) (nullable): under test */
} Fixture;

static gboolean
on_message (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Fixture *fixture = user_data;
  char text[1024];
  gssize length = g_socket_receive (socket, text, sizeof text, NULL, NULL);

  g_assert_cmpint (length, >, 0);
  g_ptr_array_add (fixture->messages, g_strndup (text, length));

  return G_SOURCE_CONTINUE;
}

static void
set_up (Fixture *fixture, gconstpointer abstract)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  if (abstract != NULL)
    {
      fixture->notify_socket =
          g_strdup_printf ("@arcology-test-%d-%u", (int) getpid (), g_test_rand_int ());
      address = g_unix_socket_address_new_with_type (fixture->notify_socket + 1, -1,
                                                     G_UNIX_SOCKET_ADDRESS_ABSTRACT);
    }
  else
    {
      g_autofree char *directory = g_dir_make_tmp ("arc-XXXXXX", &error);

      g_assert_no_error (error);
      fixture->path = g_build_filename (directory, "notify", NULL);
      fixture->notify_socket = g_strdup (fixture->path);
      address = g_unix_socket_address_new (fixture->path);
    }

  fixture->messages = g_ptr_array_new_with_free_func (g_free);
  fixture->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                                  G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_bind (fixture->socket, address, FALSE, &error);
  g_assert_no_error (error);

  g_setenv ("NOTIFY_SOCKET", fixture->notify_socket, TRUE);
}

static void
listen (Fixture *fixture)
{
  fixture->source = g_socket_create_source (fixture->socket, G_IO_IN, NULL);
  g_source_set_callback (fixture->source, G_SOURCE_FUNC (on_message), fixture, NULL);
  g_source_attach (fixture->source, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer abstract)
{
  g_clear_object (&fixture->under);
  if (fixture->source != NULL)
    {
      g_source_destroy (fixture->source);
      g_source_unref (fixture->source);
    }
  g_object_unref (fixture->socket);
  g_ptr_array_unref (fixture->messages);
  if (fixture->path != NULL)
    {
      g_autofree char *directory = g_path_get_dirname (fixture->path);

      g_unlink (fixture->path);
      g_rmdir (directory);
    }
  g_free (fixture->path);
  g_free (fixture->notify_socket);
}

static void
show_pending (Fixture *fixture, guint n)
{
  const ArcStatus status = { .reason = ARC_REASON_COOLDOWN, .n_pending = n };

  arc_service_manager_show_status (fixture->under, &status);
}

/* (transfer full) */
static char *
get_message (guint n)
{
  return g_strdup_printf ("STATUS=cooling down: %u files changed since the last build", n);
}

static void
assert_messages (Fixture *fixture, const char *const *expected)
{
  guint n = g_strv_length ((GStrv) expected);

  arc_test_wait_until (fixture->messages->len >= n);
  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->messages->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpstr (fixture->messages->pdata[i], ==, expected[i]);
}

static void
test_messages (Fixture *fixture, gconstpointer abstract)
{
  listen (fixture);
  fixture->under = arc_service_manager_new ();
  arc_service_manager_send (fixture->under, ARC_SERVICE_READY);
  show_pending (fixture, 2);
  show_pending (fixture, 2);
  show_pending (fixture, 0);
  show_pending (fixture, 2);
  arc_service_manager_send (fixture->under, ARC_SERVICE_STOPPING);

  assert_messages (fixture,
                   (const char *[]){ "READY=1",
                                     "STATUS=cooling down: 2 files changed since the last build",
                                     "STATUS=cooling down: no changes since the last build",
                                     "STATUS=cooling down: 2 files changed since the last build",
                                     "STOPPING=1", NULL });
}

static void
test_reloading (Fixture *fixture, gconstpointer abstract)
{
  const char *prefix = "RELOADING=1\nMONOTONIC_USEC=";
  gint64 before = g_get_monotonic_time ();
  guint64 time;

  listen (fixture);
  fixture->under = arc_service_manager_new ();
  arc_service_manager_send (fixture->under, ARC_SERVICE_RELOADING);
  arc_test_wait_until (fixture->messages->len == 1);

  g_assert_true (g_str_has_prefix (fixture->messages->pdata[0], prefix));
  g_assert_true (g_ascii_string_to_unsigned ((char *) fixture->messages->pdata[0] + strlen (prefix),
                                             10, before, g_get_monotonic_time (), &time, NULL));
}

static void
test_environment (Fixture *fixture, gconstpointer abstract)
{
  g_setenv ("WATCHDOG_USEC", "1000000", TRUE);
  g_setenv ("WATCHDOG_PID", "1", TRUE);
  fixture->under = arc_service_manager_new ();
  g_assert_null (g_getenv ("NOTIFY_SOCKET"));
  g_assert_null (g_getenv ("WATCHDOG_USEC"));
  g_assert_null (g_getenv ("WATCHDOG_PID"));
}

static void
test_watchdog (Fixture *fixture, gconstpointer abstract)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
  gint64 start = g_get_monotonic_time ();

  g_setenv ("WATCHDOG_USEC", "40000", TRUE);
  g_setenv ("WATCHDOG_PID", pid, TRUE);
  listen (fixture);
  fixture->under = arc_service_manager_new ();

  arc_test_wait_until (fixture->messages->len == 5);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpstr (fixture->messages->pdata[i], ==, "WATCHDOG=1");
  /* Half of the time apart; a slow machine only makes it longer. */
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 5 * 20000 - 5000);

  /* It ends with the supervisor. What that has sent before may be unread. */
  g_clear_object (&fixture->under);
  arc_test_dispatch_ready ();
  g_ptr_array_set_size (fixture->messages, 0);
  arc_test_iterate_for (100);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
}

static void
test_watchdog_off (Fixture *fixture, gconstpointer abstract)
{
  /* Another process's, malformed, none. */
  const char *const cases[][2] = {
    { "20000", "1" }, { "20000", "x" }, { "0", NULL }, { "x", NULL }, { "-20000", NULL },
  };

  listen (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_setenv ("NOTIFY_SOCKET", fixture->notify_socket, TRUE);
      g_setenv ("WATCHDOG_USEC", cases[i][0], TRUE);
      if (cases[i][1] != NULL)
        g_setenv ("WATCHDOG_PID", cases[i][1], TRUE);
      fixture->under = arc_service_manager_new ();
      arc_test_iterate_for (40);
      g_assert_cmpuint (fixture->messages->len, ==, 0);
      g_clear_object (&fixture->under);
    }

  /* The same wait does see one that is for us. */
  g_setenv ("NOTIFY_SOCKET", fixture->notify_socket, TRUE);
  g_setenv ("WATCHDOG_USEC", "20000", TRUE);
  fixture->under = arc_service_manager_new ();
  arc_test_wait_until (fixture->messages->len > 0);
}

/* Reads until STOPPING=1. */
static gpointer
read_all (gpointer user_data)
{
  Fixture *fixture = user_data;
  guint n;

  do
    {
      on_message (fixture->socket, G_IO_IN, fixture);
      n = fixture->messages->len;
    }
  while (!g_str_equal (fixture->messages->pdata[n - 1], "STOPPING=1"));

  return NULL;
}

/* While the manager does not read, statuses return at once, also when its queue is full. The calls
 * that matter wait for it, and arrive. */
static void
test_busy_manager (Fixture *fixture, gconstpointer abstract)
{
  GThread *reader;
  guint n;

  fixture->under = arc_service_manager_new ();
  for (guint i = 0; i < 5000; i++)
    show_pending (fixture, i + 2);

  reader = g_thread_new ("manager", read_all, fixture);
  arc_service_manager_send (fixture->under, ARC_SERVICE_READY);
  arc_service_manager_send (fixture->under, ARC_SERVICE_STOPPING);
  g_thread_join (reader);

  n = fixture->messages->len;
  g_assert_cmpuint (n, >, 2);
  g_assert_cmpuint (n, <, 5000);
  for (guint i = 0; i < n - 2; i++)
    {
      g_autofree char *expected = get_message (i + 2);

      g_assert_cmpstr (fixture->messages->pdata[i], ==, expected);
    }
  g_assert_cmpstr (fixture->messages->pdata[n - 2], ==, "READY=1");
  g_assert_cmpstr (fixture->messages->pdata[n - 1], ==, "STOPPING=1");
}

/* A status that the manager did not take is sent again, if it is still the last one. */
static void
test_status_again (Fixture *fixture, gconstpointer abstract)
{
  g_autofree char *last = get_message (5001);

  g_setenv ("WATCHDOG_USEC", "20000", TRUE);
  fixture->under = arc_service_manager_new ();
  for (guint i = 0; i < 5000; i++)
    show_pending (fixture, i + 2);

  listen (fixture);
  arc_test_wait_until (fixture->messages->len > 0 &&
                       g_str_equal (fixture->messages->pdata[fixture->messages->len - 1], last));

  /* Once. */
  g_ptr_array_set_size (fixture->messages, 0);
  arc_test_wait_until (fixture->messages->len == 3);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpstr (fixture->messages->pdata[i], ==, "WATCHDOG=1");
}

static void
call_everything (void)
{
  g_autoptr (ArcServiceManager) supervisor = arc_service_manager_new ();

  arc_service_manager_send (supervisor, ARC_SERVICE_READY);
  arc_service_manager_send (supervisor, ARC_SERVICE_RELOADING);
  arc_service_manager_show_status (supervisor, &(ArcStatus){ .reason = ARC_REASON_COOLDOWN });
  arc_service_manager_send (supervisor, ARC_SERVICE_STOPPING);
}

/* Without a manager, or with one that is gone, nothing happens and nothing is said. */
static void
test_nobody (void)
{
  g_autofree char *too_long = g_strnfill (500, '/');
  const char *const addresses[] = {
    NULL,        "",       "/", "@", "relative", "/nonexistent/notify", "@arcology-test-nobody",
    "vsock:2:1", too_long,
  };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      if (addresses[i] != NULL)
        g_setenv ("NOTIFY_SOCKET", addresses[i], TRUE);
      else
        g_unsetenv ("NOTIFY_SOCKET");
      g_setenv ("WATCHDOG_USEC", "1000", TRUE);
      call_everything ();
      g_assert_null (g_getenv ("NOTIFY_SOCKET"));
      g_assert_null (g_getenv ("WATCHDOG_USEC"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(name, function)                                                                        \
  g_test_add ("/supervisor/path/" name, Fixture, NULL, set_up, function, tear_down);               \
  g_test_add ("/supervisor/abstract/" name, Fixture, "", set_up, function, tear_down)
  ADD ("messages", test_messages);
  ADD ("reloading", test_reloading);
  ADD ("environment", test_environment);
  ADD ("watchdog", test_watchdog);
  ADD ("watchdog-off", test_watchdog_off);
  ADD ("busy-manager", test_busy_manager);
  ADD ("status-again", test_status_again);
#undef ADD
  g_test_add_func ("/supervisor/nobody", test_nobody);

  return g_test_run ();
}
