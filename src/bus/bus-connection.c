/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-connection.h"

/* The time before an attempt to connect, in milliseconds: it doubles after each attempt and each
 * connection that did not last. */
#define FIRST_DELAY 50
#define LAST_DELAY  5000

/* A connection of this age has lasted. */
#define LASTING (10 * G_TIME_SPAN_SECOND)

struct _ArcBusConnection
{
  GObject parent_instance;

  char *address;               /* (owned) */
  GDBusConnection *connection; /* (owned) (nullable) */
  GCancellable *cancellable;   /* (owned) */
  gint64 patience;
  gint64 connected; /* g_get_monotonic_time(): when the connection was made */
  gint64 lost;      /* the same: when the last one ended */
  guint delay;      /* before the next attempt */
  guint attempt_id; /* 0 unless an attempt waits for its time */
};

enum
{
  SIGNAL_CONNECTED,
  SIGNAL_DISCONNECTED,
  SIGNAL_GIVEN_UP,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcBusConnection, arc_bus_connection, G_TYPE_OBJECT)

#define CONNECTION_FLAGS                                                                           \
  (G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION)

static void schedule_attempt (ArcBusConnection *self);

/* GDBus closes the socket of a connection that is closed only when nobody refers to the connection
 * any more, and each call that is not answered does. The bus would keep our name until then. */
static void
hang_up (GDBusConnection *connection)
{
  GIOStream *stream = g_dbus_connection_get_stream (connection);

  if (G_IS_SOCKET_CONNECTION (stream))
    g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)), TRUE, TRUE,
                       NULL);
}

static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           const GError *error,
           ArcBusConnection *self)
{
  /* A handler may drop it. */
  g_object_ref (self);
  g_warning ("The connection to the message bus is lost: %s",
             error != NULL ? error->message : "the bus has closed it");

  hang_up (connection);
  g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
  self->lost = g_get_monotonic_time ();
  if (self->lost - self->connected >= LASTING)
    self->delay = FIRST_DELAY;
  g_signal_emit (self, signals[SIGNAL_DISCONNECTED], 0);
  if (!g_cancellable_is_cancelled (self->cancellable))
    schedule_attempt (self);
  g_object_unref (self);
}

/* CONNECTION (transfer full) is in use from now on. */
static void
take_connection (ArcBusConnection *self, GDBusConnection *connection)
{
  self->connection = connection;
  self->connected = g_get_monotonic_time ();
  /* A running build ends before the service does. */
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), self);
}

static void
on_attempted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcBusConnection) self = user_data;
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_finish (result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    {
      g_clear_object (&connection);
      return;
    }

  if (connection != NULL)
    {
      take_connection (self, connection);
      g_message ("Connected to the message bus again");
      g_signal_emit (self, signals[SIGNAL_CONNECTED], 0);
    }
  else if (g_get_monotonic_time () - self->lost >= self->patience)
    {
      g_warning ("There is no message bus any more: %s", error->message);
      g_signal_emit (self, signals[SIGNAL_GIVEN_UP], 0);
    }
  else
    {
      schedule_attempt (self);
    }
}

static gboolean
on_attempt (gpointer user_data)
{
  ArcBusConnection *self = user_data;

  self->attempt_id = 0;
  g_dbus_connection_new_for_address (self->address, CONNECTION_FLAGS, NULL, self->cancellable,
                                     on_attempted, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static void
schedule_attempt (ArcBusConnection *self)
{
  self->attempt_id = g_timeout_add (self->delay, on_attempt, self);
  self->delay = MIN (2 * self->delay, LAST_DELAY);
}

ArcBusConnection *
arc_bus_connection_new (const char *address, gint64 patience, GError **error)
{
  g_autoptr (ArcBusConnection) self = g_object_new (ARC_TYPE_BUS_CONNECTION, NULL);
  GDBusConnection *connection;

  self->patience = patience;
  /* Not g_bus_get_sync(), which returns the closed connection for as long as it is referenced. */
  self->address = address != NULL
                      ? g_strdup (address)
                      : g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SESSION, NULL, error);
  if (self->address == NULL)
    return NULL;

  connection =
      g_dbus_connection_new_for_address_sync (self->address, CONNECTION_FLAGS, NULL, NULL, error);
  if (connection == NULL)
    return NULL;

  take_connection (self, connection);

  return g_steal_pointer (&self);
}

GDBusConnection *
arc_bus_connection_get_connection (ArcBusConnection *self)
{
  return self->connection;
}

static void
arc_bus_connection_dispose (GObject *object)
{
  ArcBusConnection *self = ARC_BUS_CONNECTION (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->attempt_id, g_source_remove);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);

  G_OBJECT_CLASS (arc_bus_connection_parent_class)->dispose (object);
}

static void
arc_bus_connection_finalize (GObject *object)
{
  ArcBusConnection *self = ARC_BUS_CONNECTION (object);

  g_free (self->address);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (arc_bus_connection_parent_class)->finalize (object);
}

static guint
add_signal (const char *name)
{
  return g_signal_new (name, ARC_TYPE_BUS_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                       G_TYPE_NONE, 0);
}

static void
arc_bus_connection_class_init (ArcBusConnectionClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = arc_bus_connection_dispose;
  G_OBJECT_CLASS (klass)->finalize = arc_bus_connection_finalize;

  signals[SIGNAL_CONNECTED] = add_signal ("connected");
  signals[SIGNAL_DISCONNECTED] = add_signal ("disconnected");
  signals[SIGNAL_GIVEN_UP] = add_signal ("given-up");
}

static void
arc_bus_connection_init (ArcBusConnection *self)
{
  self->cancellable = g_cancellable_new ();
  self->delay = FIRST_DELAY;
}
