/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/arc-ctl.h"

#include <glib/gi18n.h>
#include <stdlib.h>

gboolean
arc_ctl_parse (int *argc,
               char ***argv,
               const GOptionEntry *entries,
               const char *arguments,
               const char *summary,
               int max_arguments)
{
  g_autoptr (GOptionContext) context = g_option_context_new (arguments);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup_printf ("arcologyctl %s", (*argv)[0]);

  /* The help starts with it. */
  g_set_prgname (name);
  g_option_context_set_summary (context, summary);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);

  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return FALSE;
    }

  if (*argc - 1 > max_arguments)
    {
      g_printerr (_ ("Unknown argument “%s”; see --help\n"), (*argv)[max_arguments + 1]);
      return FALSE;
    }

  return TRUE;
}

ArcDBusBuilder *
arc_ctl_try_connect (GError **error)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, error);
  g_autoptr (ArcDBusBuilder) service = NULL;
  g_autofree char *owner = NULL;

  if (bus == NULL)
    return NULL;

  service = arc_dbus_builder_proxy_new_sync (bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                             ARC_BUS_NAME, ARC_OBJECT_PATH, NULL, error);
  if (service == NULL)
    return NULL;

  owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (service));
  if (owner == NULL)
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER,
                   _ ("The service does not run; start it with: systemctl --user start %s"),
                   ARC_UNIT);
      return NULL;
    }

  return g_steal_pointer (&service);
}

ArcDBusBuilder *
arc_ctl_connect (void)
{
  g_autoptr (GError) error = NULL;
  ArcDBusBuilder *service = arc_ctl_try_connect (&error);

  if (service == NULL)
    g_printerr ("%s\n", error->message);

  return service;
}

ArcCtlExit
arc_ctl_report (GError *error)
{
  const gboolean is_gone = g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
                           g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
                           g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
                           g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);

  g_dbus_error_strip_remote_error (error);
  g_printerr ("%s\n", error->message);

  return is_gone ? ARC_CTL_NO_SERVICE : ARC_CTL_FAILED;
}
