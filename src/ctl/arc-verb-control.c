/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/arc-verbs.h"

#include <glib/gi18n.h>

/* The verbs that ask for one thing, which is done when they end. */
static ArcDBusBuilder *
prepare (int argc, char **argv, const char *summary, ArcCtlExit *exit)
{
  g_autofree char *timeout_text = NULL;
  const GOptionEntry entries[] = {
    { "timeout", 0, 0, G_OPTION_ARG_STRING, &timeout_text, N_ ("How long to wait for an answer"),
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

ArcCtlExit
arc_verb_cancel (int argc, char **argv)
{
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcDBusBuilder) service =
      prepare (argc, argv, _ ("Ends the running build. What it was to build stays pending."),
               &exit);

  if (service == NULL)
    return exit;

  return arc_dbus_builder_call_cancel_sync (service, NULL, &error) ? ARC_CTL_SUCCESS
                                                                   : arc_ctl_report (error);
}

ArcCtlExit
arc_verb_pause (int argc, char **argv)
{
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcDBusBuilder) service = prepare (
      argc, argv,
      _ ("Lets no build start by itself, until “arcologyctl resume”. Nothing is forgotten, "
         "and a running build goes on."),
      &exit);

  if (service == NULL)
    return exit;

  return arc_dbus_builder_call_pause_sync (service, NULL, &error) ? ARC_CTL_SUCCESS
                                                                  : arc_ctl_report (error);
}

ArcCtlExit
arc_verb_resume (int argc, char **argv)
{
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcDBusBuilder) service =
      prepare (argc, argv, _ ("Ends a pause. What was due meanwhile starts at once."), &exit);

  if (service == NULL)
    return exit;

  return arc_dbus_builder_call_resume_sync (service, NULL, &error) ? ARC_CTL_SUCCESS
                                                                   : arc_ctl_report (error);
}

ArcCtlExit
arc_verb_reload (int argc, char **argv)
{
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcDBusBuilder) service =
      prepare (argc, argv,
               _ ("Lets the service read its settings again. If they are wrong, the old ones stay "
                  "in force."),
               &exit);

  if (service == NULL)
    return exit;

  return arc_dbus_builder_call_reload_sync (service, NULL, &error) ? ARC_CTL_SUCCESS
                                                                   : arc_ctl_report (error);
}

ArcCtlExit
arc_verb_rescan (int argc, char **argv)
{
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcDBusBuilder) service =
      prepare (argc, argv,
               _ ("Compares the whole tree with what the service knows of it, and tells how many "
                  "files it did not know to have changed."),
               &exit);
  guint n;

  if (service == NULL)
    return exit;

  if (!arc_dbus_builder_call_rescan_sync (service, &n, NULL, &error))
    return arc_ctl_report (error);

  g_print (ngettext ("%u change was found\n", "%u changes were found\n", n), n);

  return ARC_CTL_SUCCESS;
}
