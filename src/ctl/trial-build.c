/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/trial-build.h"

#include <ftw.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* How many descriptors nftw(3) may hold open. */
#define MAX_DESCRIPTORS 16

static const int signals[] = { SIGINT, SIGHUP, SIGTERM };

struct _ArcTrialBuild
{
  char *directory;
  guint ids[G_N_ELEMENTS (signals)];
  pid_t group;       /* of the program that runs, or 0 */
  gint64 grace;      /* of that program */
  guint timeout;     /* a source, or 0 */
  guint kill;        /* a source, or 0 */
  gboolean stopped;  /* by a signal */
  gboolean too_late; /* the program that runs reached its timeout */
  gboolean ended;
};

static gboolean
on_grace_over (gpointer user_data)
{
  ArcTrialBuild *self = user_data;

  self->kill = 0;
  kill (-self->group, SIGKILL);

  return G_SOURCE_REMOVE;
}

static void
end_program (ArcTrialBuild *self)
{
  if (self->group == 0 || self->kill != 0)
    return;

  kill (-self->group, SIGTERM);
  self->kill = g_timeout_add (self->grace / 1000, on_grace_over, self);
}

static gboolean
on_signal (gpointer user_data)
{
  ArcTrialBuild *self = user_data;

  self->stopped = TRUE;
  end_program (self);

  return G_SOURCE_CONTINUE;
}

static gboolean
on_timeout (gpointer user_data)
{
  ArcTrialBuild *self = user_data;

  self->timeout = 0;
  self->too_late = TRUE;
  end_program (self);

  return G_SOURCE_REMOVE;
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcTrialBuild *self = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  self->ended = TRUE;
}

/* In the child: a terminal sends SIGINT to its foreground group only, and a child that outlived
 * this program would write to a removed directory. */
static void
set_up_child (gpointer user_data)
{
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

ArcTrialBuild *
arc_trial_build_new (GError **error)
{
  g_autofree char *directory = g_dir_make_tmp ("arcology-verify.XXXXXX", error);
  ArcTrialBuild *self;

  if (directory == NULL)
    return NULL;

  self = g_new0 (ArcTrialBuild, 1);
  self->directory = g_steal_pointer (&directory);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    self->ids[i] = g_unix_signal_add (signals[i], on_signal, self);

  return self;
}

static int
remove_one (const char *path, const struct stat *info, int type, struct FTW *where)
{
  remove (path);
  return 0;
}

void
arc_trial_build_free (ArcTrialBuild *self)
{
  nftw (self->directory, remove_one, MAX_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (self->ids[i]);
  g_free (self->directory);
  g_free (self);
}

char *
arc_trial_build_get_path (ArcTrialBuild *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

gboolean
arc_trial_build_wait (ArcTrialBuild *self)
{
  if (!self->stopped)
    g_main_context_iteration (NULL, TRUE);

  return !self->stopped;
}

static GSubprocess *
start (const ArcTrialBuildRun *run, GError **error)
{
  /* A file, not a pipe: a pipe stays open as long as any process holds it, beyond the end of the
   * program. */
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      (run->messages == NULL ? G_SUBPROCESS_FLAGS_STDERR_MERGE : G_SUBPROCESS_FLAGS_NONE) |
      (run->environment != NULL ? G_SUBPROCESS_FLAGS_SEARCH_PATH_FROM_ENVP
                                : G_SUBPROCESS_FLAGS_NONE));

  if (run->environment != NULL)
    g_subprocess_launcher_set_environ (launcher, (char **) run->environment);
  if (run->directory != NULL)
    g_subprocess_launcher_set_cwd (launcher, run->directory);
  /* GLib 2.74 opens them without O_TRUNC, whatever its manual says (gsubprocess.c). */
  g_unlink (run->output);
  g_subprocess_launcher_set_stdout_file_path (launcher, run->output);
  if (run->messages != NULL)
    {
      g_unlink (run->messages);
      g_subprocess_launcher_set_stderr_file_path (launcher, run->messages);
    }
  g_subprocess_launcher_set_child_setup (launcher, set_up_child, NULL, NULL);

  return g_subprocess_launcher_spawnv (launcher, run->argv, error);
}

gboolean
arc_trial_build_run (ArcTrialBuild *self, const ArcTrialBuildRun *run, int *status, GError **error)
{
  g_autoptr (GSubprocess) process = NULL;
  const char *pid;

  /* A signal between two programs. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  if (!self->stopped)
    {
      process = start (run, error);
      if (process == NULL)
        return FALSE;

      pid = g_subprocess_get_identifier (process);
      self->group = pid != NULL ? (pid_t) g_ascii_strtoll (pid, NULL, 10) : 0;
      self->grace = run->grace;
      self->ended = FALSE;
      self->too_late = FALSE;
      if (run->timeout > 0)
        self->timeout = g_timeout_add (run->timeout / 1000, on_timeout, self);
      g_subprocess_wait_async (process, NULL, on_ended, self);
      while (!self->ended)
        g_main_context_iteration (NULL, TRUE);

      g_clear_handle_id (&self->timeout, g_source_remove);
      g_clear_handle_id (&self->kill, g_source_remove);
      /* Ends the processes that it left, as the service does. */
      if (self->group != 0)
        kill (-self->group, SIGKILL);
      self->group = 0;
    }

  if (self->stopped)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("Interrupted"));
      return FALSE;
    }
  if (self->too_late)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _ ("%s timed out"), run->argv[0]);
      return FALSE;
    }

  *status = g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process)
                                                 : 128 + g_subprocess_get_term_sig (process);

  return TRUE;
}
