/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/build-environment.h"

GStrv
arc_build_environment_for_build (GStrv environment,
                                 const ArcConfig *config,
                                 ArcBuildKind kind,
                                 guint64 id,
                                 guint64 last,
                                 const char *changes_file)
{
  /* A child with NOTIFY_SOCKET could send messages to systemd as the service (sd_notify(3)). */
  static const char *const private[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };
  g_autofree char *directories = g_strjoinv (":", config->directories);
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, id);
  g_autofree char *last_number = g_strdup_printf ("%" G_GUINT64_FORMAT, last);
  const char *word = arc_build_kind_to_string (kind);

  for (guint i = 0; i < G_N_ELEMENTS (private); i++)
    environment = g_environ_unsetenv (environment, private[i]);

  environment = g_environ_setenv (environment, "ARCOLOGY_DIRECTORY", config->directories[0], TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_DIRECTORIES", directories, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_DATABASE", config->database, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_BUILD_ID", number, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_BUILD_KIND", word, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_LAST_BUILD", last_number, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_CHANGES", changes_file, TRUE);

  return environment;
}
