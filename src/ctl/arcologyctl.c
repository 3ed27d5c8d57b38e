/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/arcologyctl.h"

#include "ctl/service-info.h"

#include <glib-unix.h>
#include <glib/gi18n.h>

G_DEFINE_QUARK (arc - ctl - error - quark, arc_ctl_error)

ArcCtlExit
arc_ctl_print_error (ArcCtlExit exit, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  /* Translators: what stands before the text of an error, after the name of the program. */
  g_printerr ("arcologyctl: %s: %s\n", _ ("error"), text);

  return exit;
}

static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);
}

/* Why there is no service on BUS. */
static void
set_absent (GDBusConnection *bus, GError **error)
{
  g_autofree char *failure = arc_service_info_tell_failure (bus);

  if (failure != NULL)
    {
      g_set_error (error, ARC_CTL_ERROR, ARC_CTL_SERVICE_FAILED,
                   _ ("the service failed: %s\nSee: journalctl --user -u %s"), failure,
                   ARC_SYSTEMD_UNIT);
      return;
    }

  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER,
               _ ("the service is not running; start it with: systemctl --user enable --now %s"),
               ARC_SYSTEMD_UNIT);
}

/* (transfer full) (nullable) */
static GDBusConnection *
connect_bus (GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GDBusConnection *bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &local_error);

  if (bus == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
                 _ ("cannot connect to the session bus: %s; log in to a session, or set "
                    "DBUS_SESSION_BUS_ADDRESS"),
                 local_error->message);
  else
    /* The default of GDBus ends the process without a message when the bus closes the connection.
     */
    g_dbus_connection_set_exit_on_close (bus, FALSE);

  return bus;
}

/* Whether the service answers. The proxy makes the same call, but it starts no service, and its
 * timeout is always 25 s. */
static gboolean
reach_service (GDBusConnection *bus, gboolean starts, int timeout, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *failure = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_sync (bus, ARC_BUS_NAME, ARC_OBJECT_PATH,
                                   "org.freedesktop.DBus.Properties", "GetAll",
                                   g_variant_new ("(s)", ARC_BUS_NAME), G_VARIANT_TYPE ("(a{sv})"),
                                   starts ? G_DBUS_CALL_FLAGS_NONE
                                          : G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                   timeout, NULL, &local_error);

  if (reply != NULL)
    return TRUE;

  /* Other errors of the bus have no reason: they say that the service did not take its name. */
  if (starts && !is_absent (local_error))
    failure = arc_service_info_tell_failure (bus);
  if (failure != NULL || is_absent (local_error))
    set_absent (bus, error);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

ArcDBusBuilder *
arc_ctl_open (gboolean starts, int timeout, GError **error)
{
  g_autoptr (GDBusConnection) bus = connect_bus (error);
  g_autoptr (ArcDBusBuilder) service = NULL;
  g_autofree char *owner = NULL;

  if (bus == NULL || !reach_service (bus, starts, timeout, error))
    return NULL;

  service = arc_dbus_builder_proxy_new_sync (bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                             ARC_BUS_NAME, ARC_OBJECT_PATH, NULL, error);
  if (service == NULL)
    return NULL;

  /* A proxy with an owner has the values of all properties. The owner may have left the bus
   * meanwhile. */
  owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (service));
  if (owner == NULL)
    {
      set_absent (bus, error);
      return NULL;
    }

  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (service), timeout);

  return g_steal_pointer (&service);
}

static gboolean
on_interrupt (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

gboolean
arc_ctl_run (ArcDBusBuilder *service, GMainLoop *loop, GError **error)
{
  GDBusConnection *bus = g_dbus_proxy_get_connection (G_DBUS_PROXY (service));
  const gulong closed_id =
      g_signal_connect_swapped (bus, "closed", G_CALLBACK (g_main_loop_quit), loop);
  const guint interrupt_id = g_unix_signal_add (SIGINT, on_interrupt, loop);
  const guint terminate_id = g_unix_signal_add (SIGTERM, on_interrupt, loop);

  g_main_loop_run (loop);

  g_source_remove (terminate_id);
  g_source_remove (interrupt_id);
  g_signal_handler_disconnect (bus, closed_id);
  if (!g_dbus_connection_is_closed (bus))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                       _ ("the connection to the session bus was closed"));
  return FALSE;
}

GVariant *
arc_ctl_find_build (ArcDBusBuilder *service, guint64 build, GError **error)
{
  g_autoptr (GVariant) builds = NULL;

  if (!arc_dbus_builder_call_get_history_sync (service, 0, &builds, NULL, error))
    return NULL;

  for (gsize i = 0; i < g_variant_n_children (builds); i++)
    {
      g_autoptr (GVariant) each = g_variant_get_child_value (builds, i);
      guint64 id;

      if (g_variant_lookup (each, "id", "t", &id) && id == build)
        return g_steal_pointer (&each);
    }

  return NULL;
}

GVariant *
arc_ctl_get_properties (ArcDBusBuilder *service)
{
  g_auto (GStrv) names = g_dbus_proxy_get_cached_property_names (G_DBUS_PROXY (service));
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autoptr (GVariant) value =
          g_dbus_proxy_get_cached_property (G_DBUS_PROXY (service), names[i]);

      g_variant_builder_add (&builder, "{sv}", names[i], value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
