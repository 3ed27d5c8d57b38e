/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-launch.h"

#include "core/arc-error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* The environment of a build: ours, with what a build is promised. NOTIFY_SOCKET and its kin are
 * for this process alone. */
static GStrv
make_environment (const ArcConfig *config, const ArcBuild *build, const char *changes_file)
{
  static const char *const private[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };
  g_autofree char *directories = g_strjoinv (":", config->directories);
  g_autofree char *id = g_strdup_printf ("%" G_GUINT64_FORMAT, build->id);
  const char *kind = arc_build_kind_to_string (build->kind);
  GStrv environment = g_get_environ ();

  for (guint i = 0; i < G_N_ELEMENTS (private); i++)
    environment = g_environ_unsetenv (environment, private[i]);

  environment = g_environ_setenv (environment, "ARCOLOGY_DIRECTORY", config->directories[0], TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_DIRECTORIES", directories, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_DATABASE", config->database, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_BUILD_ID", id, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_BUILD_KIND", kind, TRUE);
  environment = g_environ_setenv (environment, "ARCOLOGY_CHANGES", changes_file, TRUE);

  return environment;
}

static gboolean
make_database_directory (const char *database, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (database);

  if (g_mkdir_with_parents (directory, 0700) == 0)
    return TRUE;

  g_set_error (error, ARC_ERROR, ARC_ERROR_COMMAND,
               "Cannot make the directory of the database, %s: %s", directory, g_strerror (errno));
  return FALSE;
}

gboolean
arc_launch (ArcRunner *runner,
            ArcStore *store,
            const ArcConfig *config,
            const ArcBuild *build,
            const ArcChanges *changes,
            const ArcSnapshot *snapshot,
            GError **error)
{
  g_auto (GStrv) environment = NULL;
  g_autofree char *log_file = NULL;
  const char *changes_file;
  gboolean started;
  int group_file;

  if (!make_database_directory (config->database, error))
    return FALSE;

  changes_file = build->kind == ARC_BUILD_INCREMENTAL
                     ? arc_store_write_changes (store, changes, error)
                     : arc_store_write_everything (store, snapshot, error);
  if (changes_file == NULL)
    return FALSE;

  log_file = arc_store_prepare_log (store, build->id, error);
  if (log_file == NULL)
    return FALSE;

  environment = make_environment (config, build, changes_file);

  /* For the next service, if this one is killed. */
  group_file = arc_store_open_group (store);
  started = arc_runner_start (runner,
                              &(ArcRun){
                                  .argv = (const char *const *) config->command,
                                  .environment = (const char *const *) environment,
                                  .log_file = log_file,
                                  .group_file = MAX (group_file, 0),
                                  .timeout = config->timeout,
                                  .stop_grace = config->stop_grace,
                              },
                              error);
  if (group_file >= 0)
    close (group_file);

  return started;
}
