/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-sleep.h"

struct _ArcSleep
{
  GObject parent;

  GDBusConnection *connection; /* (owned) */
  guint subscription;
};

enum
{
  SIGNAL_RESUMED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcSleep, arc_sleep, G_TYPE_OBJECT)

static void
on_prepare_for_sleep (GDBusConnection *connection,
                      const char *sender,
                      const char *path,
                      const char *interface,
                      const char *signal,
                      GVariant *parameters,
                      gpointer user_data)
{
  gboolean going_to_sleep;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;

  g_variant_get (parameters, "(b)", &going_to_sleep);
  if (!going_to_sleep)
    g_signal_emit (user_data, signals[SIGNAL_RESUMED], 0);
}

ArcSleep *
arc_sleep_new (GDBusConnection *system_bus)
{
  ArcSleep *self = g_object_new (ARC_TYPE_SLEEP, NULL);

  self->connection = g_object_ref (system_bus);
  self->subscription =
      g_dbus_connection_signal_subscribe (system_bus, "org.freedesktop.login1",
                                          "org.freedesktop.login1.Manager", "PrepareForSleep",
                                          "/org/freedesktop/login1", NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                          on_prepare_for_sleep, self, NULL);

  return self;
}

static void
arc_sleep_dispose (GObject *object)
{
  ArcSleep *self = ARC_SLEEP (object);

  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  self->subscription = 0;
  g_clear_object (&self->connection);

  G_OBJECT_CLASS (arc_sleep_parent_class)->dispose (object);
}

static void
arc_sleep_class_init (ArcSleepClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = arc_sleep_dispose;

  signals[SIGNAL_RESUMED] = g_signal_new ("resumed", ARC_TYPE_SLEEP, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
arc_sleep_init (ArcSleep *self)
{
}
