/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/suspend-monitor.h"

struct _ArcSuspendMonitor
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

G_DEFINE_FINAL_TYPE (ArcSuspendMonitor, arc_suspend_monitor, G_TYPE_OBJECT)

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

ArcSuspendMonitor *
arc_suspend_monitor_new (GDBusConnection *system_bus)
{
  ArcSuspendMonitor *self = g_object_new (ARC_TYPE_SUSPEND_MONITOR, NULL);

  self->connection = g_object_ref (system_bus);
  self->subscription =
      g_dbus_connection_signal_subscribe (system_bus, "org.freedesktop.login1",
                                          "org.freedesktop.login1.Manager", "PrepareForSleep",
                                          "/org/freedesktop/login1", NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                          on_prepare_for_sleep, self, NULL);

  return self;
}

static void
arc_suspend_monitor_dispose (GObject *object)
{
  ArcSuspendMonitor *self = ARC_SUSPEND_MONITOR (object);

  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  self->subscription = 0;
  g_clear_object (&self->connection);

  G_OBJECT_CLASS (arc_suspend_monitor_parent_class)->dispose (object);
}

static void
arc_suspend_monitor_class_init (ArcSuspendMonitorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = arc_suspend_monitor_dispose;

  signals[SIGNAL_RESUMED] = g_signal_new ("resumed", ARC_TYPE_SUSPEND_MONITOR, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
arc_suspend_monitor_init (ArcSuspendMonitor *self)
{
}
