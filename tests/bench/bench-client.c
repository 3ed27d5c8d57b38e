/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* bench-client: a client of the service, for a script to steer. Each line that it prints starts
 * with the time in microseconds of the monotonic clock. It prints each property that changes
 *
 *   TIME NAME VALUE
 *
 * and, when the bus name has an owner, of `TIME owner NAME`. From its standard input it takes
 *
 *   get NAME                 -> TIME got VALUE
 *   call METHOD ARGUMENTS    -> TIME returned VALUE, or TIME failed MESSAGE
 *   status TIMES INTERVAL    -> TIME status P50 P99 MAX: how long all properties took, in us,
 *                               each from when it was due; meanwhile no property is printed
 */

#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>

#define NAME       "org.arcology.Builder"
#define OBJECT     "/org/arcology/Builder"
#define PROPERTIES "org.freedesktop.DBus.Properties"

typedef struct
{
  GDBusConnection *bus;
  GMainLoop *loop;
  GArray *latencies; /* gint64 */
  guint n_to_ask;
  guint n_left;    /* to be answered */
  gint64 due;      /* us */
  gint64 interval; /* us */
} Client;

typedef struct
{
  Client *client;
  gint64 due;
} StatusCall;

static void
tell (const char *what, const char *value)
{
  printf ("%" G_GINT64_FORMAT " %s %s\n", g_get_monotonic_time (), what, value);
  fflush (stdout);
}

static void
tell_variant (const char *what, GVariant *value)
{
  g_autofree char *text = g_variant_print (value, FALSE);

  tell (what, text);
}

static void
on_properties (GDBusConnection *bus,
               const char *sender,
               const char *object,
               const char *interface,
               const char *signal,
               GVariant *parameters,
               gpointer user_data)
{
  Client *self = user_data;
  g_autoptr (GVariant) changed = g_variant_get_child_value (parameters, 1);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  /* Nobody reads meanwhile: a full pipe would stop us, and we would take it for the service. */
  if (self->n_left > 0)
    return;

  g_variant_iter_init (&iter, changed);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    tell_variant (name, value);
}

static void
on_owner (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  tell ("owner", owner);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const char *what = user_data;

  if (reply == NULL)
    tell ("failed", error->message);
  else if (g_str_equal (what, "got"))
    {
      g_autoptr (GVariant) value = NULL;

      g_variant_get (reply, "(v)", &value);
      tell_variant (what, value);
    }
  else
    tell_variant (what, reply);
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  const gint64 *x = a;
  const gint64 *y = b;

  return (*x > *y) - (*x < *y);
}

static void
report_status (Client *self)
{
  const gint64 *latencies = (const gint64 *) (void *) self->latencies->data;
  const guint n = self->latencies->len;
  g_autofree char *text = NULL;

  g_array_sort (self->latencies, compare_numbers);
  text = g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                          latencies[n / 2], latencies[n * 99 / 100], latencies[n - 1]);
  tell ("status", text);
  g_array_set_size (self->latencies, 0);
}

static void
on_status (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree StatusCall *call = user_data;
  Client *self = call->client;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const gint64 latency = g_get_monotonic_time () - call->due;

  if (reply == NULL)
    g_error ("%s", error->message);
  g_array_append_val (self->latencies, latency);
  if (--self->n_left == 0)
    report_status (self);
}

/* A call that is due does not wait for the answers to those before it: else a slow answer would
 * keep back the very calls that would have been slow, too. */
static gboolean
ask_status (gpointer user_data)
{
  Client *self = user_data;
  const gint64 now = g_get_monotonic_time ();

  for (; self->n_to_ask > 0 && self->due <= now; self->n_to_ask--, self->due += self->interval)
    {
      StatusCall *call = g_new0 (StatusCall, 1);

      call->client = self;
      call->due = self->due;
      g_dbus_connection_call (self->bus, NAME, OBJECT, PROPERTIES, "GetAll",
                              g_variant_new ("(s)", NAME), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                              on_status, call);
    }
  if (self->n_to_ask > 0)
    g_timeout_add ((guint) ((self->due - now + 999) / 1000), ask_status, self);

  return G_SOURCE_REMOVE;
}

static void
obey (Client *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  const guint n_words = g_strv_length (words);

  if (n_words == 2 && g_str_equal (words[0], "get"))
    g_dbus_connection_call (self->bus, NAME, OBJECT, PROPERTIES, "Get",
                            g_variant_new ("(ss)", NAME, words[1]), NULL, G_DBUS_CALL_FLAGS_NONE,
                            G_MAXINT, NULL, on_reply, (gpointer) "got");
  else if (n_words == 3 && g_str_equal (words[0], "call"))
    {
      g_autoptr (GError) error = NULL;
      GVariant *arguments = g_variant_parse (NULL, words[2], NULL, NULL, &error);

      if (arguments == NULL)
        g_error ("%s: %s", line, error->message);
      g_dbus_connection_call (self->bus, NAME, OBJECT, NAME, words[1], arguments, NULL,
                              G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_reply,
                              (gpointer) "returned");
      g_variant_unref (arguments);
    }
  else if (n_words == 3 && g_str_equal (words[0], "status"))
    {
      self->n_to_ask = self->n_left = (guint) g_ascii_strtoull (words[1], NULL, 10);
      self->interval = (gint64) g_ascii_strtoull (words[2], NULL, 10) * 1000;
      self->due = g_get_monotonic_time ();
      ask_status (self);
    }
  else
    g_error ("%s: not understood", line);
}

static gboolean
on_input (GIOChannel *channel, GIOCondition condition, gpointer user_data)
{
  Client *self = user_data;
  g_autofree char *line = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
    {
      g_main_loop_quit (self->loop);
      return G_SOURCE_REMOVE;
    }
  obey (self, g_strchomp (line));

  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  Client self = { 0 };
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  g_autoptr (GError) error = NULL;

  self.bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  if (self.bus == NULL)
    g_error ("%s", error->message);
  self.loop = g_main_loop_new (NULL, FALSE);
  self.latencies = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_dbus_connection_signal_subscribe (self.bus, NAME, PROPERTIES, "PropertiesChanged", OBJECT, NULL,
                                      G_DBUS_SIGNAL_FLAGS_NONE, on_properties, &self, NULL);
  g_bus_watch_name_on_connection (self.bus, NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, on_owner, NULL,
                                  NULL, NULL);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_input, &self);
  g_main_loop_run (self.loop);

  return 0;
}
