/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/build-launch.h"

#include "common/error.h"
#include "config/build-environment.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct _ArcBuildLaunch
{
  ArcStateStore *store; /* (owned) */
  ArcConfig *config;    /* (owned) */
  ArcBuildLaunchFunc func;
  gpointer user_data;
  GCancellable *cancellable; /* (owned) */
  char *changes_file;        /* (owned) (nullable): NULL until it is there */
  GStrv environment;         /* (owned) (nullable): of the process; NULL until it has started */
  GError *error;             /* (owned) (nullable): why it cannot be */
};

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
on_prepared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcBuildLaunch *launch = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *changes_file =
      arc_state_store_prepare_finish (ARC_STATE_STORE (source), result, &error);

  /* The launch is gone. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  launch->changes_file = g_steal_pointer (&changes_file);
  launch->error = g_steal_pointer (&error);
  launch->func (launch->user_data);
}

ArcBuildLaunch *
arc_build_launch_new (ArcStateStore *store,
                      const ArcConfig *config,
                      const ArcBuild *build,
                      const ArcChangeSet *changes,
                      const ArcSnapshot *snapshot,
                      const ArcChangeSet *dirty,
                      const ArcStateStoreInputs *inputs,
                      ArcBuildLaunchFunc func,
                      gpointer user_data)
{
  ArcBuildLaunch *launch = g_new0 (ArcBuildLaunch, 1);

  launch->store = g_object_ref (store);
  launch->config = arc_config_copy (config);
  launch->func = func;
  launch->user_data = user_data;
  launch->cancellable = g_cancellable_new ();
  arc_state_store_prepare_async (store, build->kind, changes, snapshot, dirty, config->database,
                                 inputs, launch->cancellable, on_prepared, launch);

  return launch;
}

void
arc_build_launch_free (ArcBuildLaunch *launch)
{
  g_cancellable_cancel (launch->cancellable);
  g_object_unref (launch->cancellable);
  g_free (launch->changes_file);
  g_strfreev (launch->environment);
  g_clear_error (&launch->error);
  g_object_unref (launch->store);
  arc_config_free (launch->config);
  g_free (launch);
}

/* Starts ARGV on RUNNER. */
static gboolean
spawn (ArcBuildLaunch *launch,
       ArcProcessRunner *runner,
       const char *const *argv,
       const char *setting /* (nullable) */,
       const char *log_file /* (nullable) */,
       gint64 timeout,
       GError **error)
{
  /* For the next service, if this one is killed. */
  const int group_file = arc_state_store_open_group (launch->store);
  const gboolean started =
      arc_process_runner_start (runner,
                                &(ArcRun){
                                    .argv = argv,
                                    .setting = setting,
                                    .environment = (const char *const *) launch->environment,
                                    .log_file = log_file,
                                    .group_file = MAX (group_file, 0),
                                    .timeout = timeout,
                                    .stop_grace = launch->config->stop_grace,
                                },
                                error);

  if (group_file >= 0)
    close (group_file);

  return started;
}

gboolean
arc_build_launch_spawn (ArcBuildLaunch *launch,
                        ArcProcessRunner *runner,
                        const ArcBuild *build,
                        GError **error)
{
  const ArcConfig *config = launch->config;
  g_autofree char *log_file = NULL;

  if (launch->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&launch->error));
      return FALSE;
    }

  if (!make_database_directory (config->database, error))
    return FALSE;

  /* Without a log, the output goes to the log of the service alone. */
  log_file = arc_state_store_prepare_log (launch->store, build->id, NULL);

  g_strfreev (launch->environment);
  launch->environment = arc_build_environment_for_build (g_get_environ (), config, build->kind,
                                                         build->id, launch->changes_file);

  return spawn (launch, runner, (const char *const *) config->command, NULL, log_file,
                config->timeout, error);
}

gboolean
arc_build_launch_has_after_build (const ArcBuildLaunch *launch)
{
  return launch->config->after_build != NULL;
}

gboolean
arc_build_launch_spawn_after (ArcBuildLaunch *launch, ArcProcessRunner *runner, GError **error)
{
  return spawn (launch, runner, (const char *const *) launch->config->after_build, "AfterBuild",
                NULL, launch->config->after_build_timeout, error);
}
