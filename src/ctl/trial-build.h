/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcTrialBuild:
 *
 * Programs that run in front of a directory that lasts as long as they do.
 *
 * The directory has mode 0700. SIGINT, SIGTERM and SIGHUP end the program that runs, with all of
 * its process group, and the directory is removed with the object.
 */
typedef struct _ArcTrialBuild ArcTrialBuild;

/**
 * arc_trial_build_new:
 * @error: return location for an error
 *
 * Makes the directory, below `TMPDIR`.
 *
 * Returns: (transfer full) (nullable): the trial
 */
ArcTrialBuild *arc_trial_build_new (GError **error);

/**
 * arc_trial_build_free:
 * @trial: (transfer full): a trial
 *
 * Removes the directory and all that is in it.
 */
void arc_trial_build_free (ArcTrialBuild *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcTrialBuild, arc_trial_build_free)

/**
 * arc_trial_build_get_path:
 * @trial: a trial
 * @name: a file name
 *
 * Returns: (transfer full): the path of the file @name in the directory
 */
char *arc_trial_build_get_path (ArcTrialBuild *trial, const char *name);

/**
 * ArcTrialBuildRun:
 * @argv: the program and its arguments
 * @environment: (nullable): its environment; %NULL is that of this process
 * @directory: (nullable): its working directory; %NULL is that of this process
 * @output: the path of the file that gets its standard output
 * @messages: (nullable): the path of the file that gets its standard error; %NULL is @output
 * @timeout: how long it may run, microseconds, 0 for any time
 * @grace: the time between SIGTERM and SIGKILL, microseconds
 */
typedef struct
{
  const char *const *argv;
  const char *const *environment;
  const char *directory;
  const char *output;
  const char *messages;
  gint64 timeout;
  gint64 grace;
} ArcTrialBuildRun;

/**
 * arc_trial_build_run:
 * @trial: a trial
 * @run: what to run
 * @status: (out): its exit status, or 128 and the signal that ended it
 * @error: return location for an error
 *
 * Runs a program in a process group of its own and waits for its end.
 *
 * Fails with %G_IO_ERROR_CANCELLED after a signal, and with %G_IO_ERROR_TIMED_OUT.
 *
 * Returns: whether it ran to its end
 */
gboolean arc_trial_build_run (ArcTrialBuild *trial,
                              const ArcTrialBuildRun *run,
                              int *status,
                              GError **error);

/**
 * arc_trial_build_wait:
 * @trial: a trial
 *
 * Waits until something happens in the main context.
 *
 * Returns: %FALSE if a signal has come
 */
gboolean arc_trial_build_wait (ArcTrialBuild *trial);

G_END_DECLS
