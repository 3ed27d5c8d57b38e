/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/suspend-monitor.h"

typedef struct
{
  GSourceOnceFunc resumed;
  gpointer user_data;
} Subscription;

static void
on_prepare_for_sleep (GDBusConnection *connection,
                      const char *sender,
                      const char *path,
                      const char *interface,
                      const char *signal,
                      GVariant *parameters,
                      gpointer user_data)
{
  const Subscription *subscription = user_data;
  gboolean going_to_sleep;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;

  g_variant_get (parameters, "(b)", &going_to_sleep);
  if (!going_to_sleep)
    subscription->resumed (subscription->user_data);
}

guint
arc_suspend_monitor_start (GDBusConnection *system_bus, GSourceOnceFunc resumed, gpointer user_data)
{
  Subscription *subscription = g_new (Subscription, 1);

  *subscription = (Subscription){ resumed, user_data };

  return g_dbus_connection_signal_subscribe (system_bus, "org.freedesktop.login1",
                                             "org.freedesktop.login1.Manager", "PrepareForSleep",
                                             "/org/freedesktop/login1", NULL,
                                             G_DBUS_SIGNAL_FLAGS_NONE, on_prepare_for_sleep,
                                             subscription, g_free);
}
