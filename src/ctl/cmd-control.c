/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"

#include <glib/gi18n.h>

/* The verbs that ask for one thing, which is done when they end. */
static ArcDBusBuilder *
prepare (int argc, char **argv, const char *summary, ArcCtlExit *exit)
{
  g_autofree char *timeout_text = NULL;
  const GOptionEntry entries[] = {
    { "timeout", 0, 0, G_OPTION_ARG_STRING, &timeout_text, N_ ("Time to wait for a reply"),
      N_ ("TIME") },
    G_OPTION_ENTRY_NULL,
  };
  int timeout;

  *exit = ARC_CTL_USAGE;
  if (!arc_ctl_parse (&argc, &argv, entries, NULL, summary, 0) ||
      !arc_ctl_parse_timeout (timeout_text, &timeout))
    return NULL;

  return arc_ctl_open (FALSE, timeout, exit);
}

/* The type of the generated functions for methods without arguments. */
typedef gboolean (*CallFunc) (ArcDBusBuilder *service, GCancellable *cancellable, GError **error);

static ArcCtlExit
call (int argc, char **argv, const char *summary, CallFunc method)
{
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcDBusBuilder) service = prepare (argc, argv, summary, &exit);

  if (service == NULL)
    return exit;

  return method (service, NULL, &error) ? ARC_CTL_SUCCESS : arc_ctl_report (error);
}

ArcCtlExit
arc_cmd_cancel (int argc, char **argv)
{
  return call (argc, argv, _ ("Stops the running build. Its changes stay pending."),
               arc_dbus_builder_call_cancel_sync);
}

ArcCtlExit
arc_cmd_pause (int argc, char **argv)
{
  return call (argc, argv,
               _ ("Suspends automatic builds until “arcologyctl resume”. Changes "
                  "are still recorded, and a running build continues."),
               arc_dbus_builder_call_pause_sync);
}

ArcCtlExit
arc_cmd_resume (int argc, char **argv)
{
  return call (argc, argv, _ ("Resumes automatic builds. A build that is due starts at once."),
               arc_dbus_builder_call_resume_sync);
}

ArcCtlExit
arc_cmd_reload (int argc, char **argv)
{
  return call (argc, argv,
               _ ("Reloads the settings of the service. If they are wrong, the "
                  "old ones stay in force."),
               arc_dbus_builder_call_reload_sync);
}

ArcCtlExit
arc_cmd_rescan (int argc, char **argv)
{
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcDBusBuilder) service =
      prepare (argc, argv,
               _ ("Rescans the whole tree, and prints how many changes the service had missed."),
               &exit);
  guint n;

  if (service == NULL)
    return exit;

  if (!arc_dbus_builder_call_rescan_sync (service, &n, NULL, &error))
    return arc_ctl_report (error);

  g_print (ngettext ("%u change was found\n", "%u changes were found\n", n), n);

  return ARC_CTL_SUCCESS;
}
