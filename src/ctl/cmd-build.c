/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/bus-wait.h"
#include "ctl/commands.h"
#include "ctl/json.h"

#include <glib/gi18n.h>

/* The options of both verbs that wait. */
#define WAIT_ENTRIES(options, timeout_text)                                                        \
  { "json", 0, 0, G_OPTION_ARG_NONE, &(options).json, N_ ("Print JSON"), NULL },                   \
      { "quiet",                                                                                   \
        'q',                                                                                       \
        0,                                                                                         \
        G_OPTION_ARG_NONE,                                                                         \
        &(options).quiet,                                                                          \
        N_ ("Print errors only; see the exit status"),                                             \
        NULL },                                                                                    \
  {                                                                                                \
    "timeout", 0, 0, G_OPTION_ARG_STRING, &(timeout_text), N_ ("Maximum time to wait"),            \
        N_ ("TIME")                                                                                \
  }

static void
print_asked (guint64 build, const ArcBusWaitOptions *options)
{
  if (options->json)
    {
      arc_json_print (g_variant_new_parsed ("{'build': <%t>}", build));
    }
  else if (!options->quiet)
    {
      g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, build);

      g_print (_ ("Build %s queued\n"), number);
    }
}

ArcCtlExit
arc_cmd_rebuild (int argc, char **argv)
{
  ArcBusWaitOptions options = { 0 };
  gboolean full = FALSE;
  gboolean clean = FALSE;
  gboolean wait = FALSE;
  g_autofree char *timeout_text = NULL;
  const GOptionEntry entries[] = {
    { "full", 0, 0, G_OPTION_ARG_NONE, &full, N_ ("Build all files, not only changed ones"), NULL },
    { "clean", 0, 0, G_OPTION_ARG_NONE, &clean, N_ ("Build all files into an empty database"),
      NULL },
    { "wait", 'w', 0, G_OPTION_ARG_NONE, &wait, N_ ("Wait until the build ends"), NULL },
    WAIT_ENTRIES (options, timeout_text),
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (ArcDBusBuilder) service = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict what = G_VARIANT_DICT_INIT (NULL);
  ArcCtlExit exit;
  guint64 build;

  if (!arc_ctl_parse (&argc, &argv, entries, NULL,
                      _ ("Starts a build now, or after the running one. Starts the service if it "
                         "is not running."),
                      0) ||
      !arc_ctl_parse_timeout (timeout_text, &options.timeout))
    return ARC_CTL_USAGE;

  service = arc_ctl_open (TRUE, options.timeout, &exit);
  if (service == NULL)
    return exit;

  if (full)
    g_variant_dict_insert (&what, "full", "b", TRUE);
  if (clean)
    g_variant_dict_insert (&what, "clean", "b", TRUE);
  if (!arc_dbus_builder_call_rebuild_sync (service, g_variant_dict_end (&what), &build, NULL,
                                           &error))
    return arc_ctl_report (error);

  if (wait)
    return arc_bus_wait_for_build (service, build, &options);

  print_asked (build, &options);

  return ARC_CTL_SUCCESS;
}

ArcCtlExit
arc_cmd_sync (int argc, char **argv)
{
  ArcBusWaitOptions options = { 0 };
  g_autofree char *timeout_text = NULL;
  const GOptionEntry entries[] = {
    WAIT_ENTRIES (options, timeout_text),
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (ArcDBusBuilder) service = NULL;
  ArcCtlExit exit;

  if (!arc_ctl_parse (&argc, &argv, entries, NULL,
                      _ ("Rescans the tree, builds all changes, and exits when the database is up "
                         "to date. Starts the service if it is not running."),
                      0) ||
      !arc_ctl_parse_timeout (timeout_text, &options.timeout))
    return ARC_CTL_USAGE;

  service = arc_ctl_open (TRUE, options.timeout, &exit);
  if (service == NULL)
    return exit;

  return arc_bus_wait_for_sync (service, &options);
}
