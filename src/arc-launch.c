/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-launch.h"

#include "core/arc-error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct _ArcLaunch
{
  ArcStore *store;   /* (owned) */
  ArcConfig *config; /* (owned) */
  ArcLaunchFunc func;
  gpointer user_data;
};

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

static void
on_changes_written (ArcLaunch *launch)
{
  launch->func (launch->user_data);
}

ArcLaunch *
arc_launch_new (ArcStore *store,
                const ArcConfig *config,
                const ArcBuild *build,
                const ArcChanges *changes,
                const ArcSnapshot *snapshot,
                ArcLaunchFunc func,
                gpointer user_data)
{
  ArcLaunch *launch = g_new0 (ArcLaunch, 1);

  launch->store = g_object_ref (store);
  launch->config = arc_config_copy (config);
  launch->func = func;
  launch->user_data = user_data;
  g_signal_connect_swapped (store, "changes-written", G_CALLBACK (on_changes_written), launch);

  if (build->kind == ARC_BUILD_INCREMENTAL)
    arc_store_begin_changes (store, changes);
  else
    arc_store_begin_everything (store, snapshot);

  return launch;
}

void
arc_launch_free (ArcLaunch *launch)
{
  g_signal_handlers_disconnect_by_data (launch->store, launch);
  g_object_unref (launch->store);
  arc_config_free (launch->config);
  g_free (launch);
}

gboolean
arc_launch_spawn (ArcLaunch *launch, ArcRunner *runner, const ArcBuild *build, GError **error)
{
  const ArcConfig *config = launch->config;
  const char *changes_file = arc_store_end_changes (launch->store, error);
  g_auto (GStrv) environment = NULL;
  g_autofree char *log_file = NULL;
  gboolean started;
  int group_file;

  if (changes_file == NULL || !make_database_directory (config->database, error))
    return FALSE;

  log_file = arc_store_prepare_log (launch->store, build->id, error);
  if (log_file == NULL)
    return FALSE;

  environment = make_environment (config, build, changes_file);

  /* For the next service, if this one is killed. */
  group_file = arc_store_open_group (launch->store);
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
