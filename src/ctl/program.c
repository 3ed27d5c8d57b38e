/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/program.h"

#include "ctl/table.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ASK_TIMEOUT (30 * G_TIME_SPAN_SECOND)

typedef struct
{
  pid_t group;      /* of the program, or 0 */
  guint timer;      /* a source, or 0: its timeout, and then its grace */
  gboolean is_due;  /* the timer is over */
  gboolean is_late; /* it reached its timeout */
  gboolean is_ending;
  gboolean has_ended;
} Run;

static gboolean
on_due (gpointer user_data)
{
  Run *self = user_data;

  self->is_due = TRUE;
  return G_SOURCE_CONTINUE;
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *self = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  self->has_ended = TRUE;
}

/* In the child: a terminal sends SIGINT to its foreground group only, and a child that outlived
 * this program would write to a removed directory. */
static void
set_up_child (gpointer user_data)
{
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* Ends the program when it has to: it has its grace to do so by itself. */
static void
end_if_due (Run *self, const ArcProgram *program)
{
  if (self->group == 0 || (!self->is_due && !g_cancellable_is_cancelled (program->cancellable)))
    return;

  if (!self->is_ending)
    {
      self->is_late = self->is_due;
      kill (-self->group, SIGTERM);
      g_clear_handle_id (&self->timer, g_source_remove);
      self->timer = g_timeout_add (program->grace / 1000, on_due, self);
    }
  else if (self->is_due)
    {
      kill (-self->group, SIGKILL);
      g_clear_handle_id (&self->timer, g_source_remove);
    }

  self->is_ending = TRUE;
  self->is_due = FALSE;
}

static void
wait_for_end (Run *self, const ArcProgram *program, GSubprocess *process)
{
  const char *pid = g_subprocess_get_identifier (process);

  self->group = pid != NULL ? (pid_t) g_ascii_strtoll (pid, NULL, 10) : 0;
  if (program->timeout > 0)
    self->timer = g_timeout_add (program->timeout / 1000, on_due, self);
  g_subprocess_wait_async (process, NULL, on_ended, self);
  while (!self->has_ended)
    {
      end_if_due (self, program);
      g_main_context_iteration (NULL, TRUE);
    }

  g_clear_handle_id (&self->timer, g_source_remove);
  /* Ends the processes that it left, as the service does. */
  if (self->group != 0)
    kill (-self->group, SIGKILL);
}

static gboolean
read_bytes (int file, char **bytes, gsize *length, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", file);

  return g_file_get_contents (path, bytes, length, error);
}

/* (transfer full): valid UTF-8 without blanks at the ends. */
static char *
make_text (const char *bytes, gsize length)
{
  return g_strstrip (g_utf8_make_valid (bytes, (gssize) length));
}

/* (transfer full): closes both files at its end. */
static GSubprocessLauncher *
make_launcher (const ArcProgram *program, int output, int messages)
{
  GSubprocessLauncher *launcher = g_subprocess_launcher_new (
      program->environment != NULL ? G_SUBPROCESS_FLAGS_SEARCH_PATH_FROM_ENVP
                                   : G_SUBPROCESS_FLAGS_NONE);

  if (program->environment != NULL)
    g_subprocess_launcher_set_environ (launcher, program->environment);
  if (program->directory != NULL)
    g_subprocess_launcher_set_cwd (launcher, program->directory);
  g_subprocess_launcher_take_stdout_fd (launcher, output);
  g_subprocess_launcher_take_stderr_fd (launcher, messages);
  g_subprocess_launcher_set_child_setup (launcher, set_up_child, NULL, NULL);

  return launcher;
}

static gboolean
set_if_cancelled (const ArcProgram *program, GError **error)
{
  if (!g_cancellable_is_cancelled (program->cancellable))
    return FALSE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("Interrupted"));
  return TRUE;
}

/* Whether PROCESS ended as PROGRAM wants it; it wrote to the files OUTPUT and MESSAGES. */
static gboolean
collect (const ArcProgram *program,
         GSubprocess *process,
         int output,
         int messages,
         ArcProgramResult *result,
         GError **error)
{
  g_autofree char *bytes = NULL;
  g_autofree char *line = NULL;
  gsize length;

  if (!read_bytes (output, &result->output, &result->length, error) ||
      !read_bytes (messages, &bytes, &length, error))
    return FALSE;

  result->messages = make_text (bytes, length);
  result->status = g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process)
                                                        : 128 + g_subprocess_get_term_sig (process);
  if (result->status == 0 || !program->must_succeed)
    return TRUE;

  line = arc_table_sanitize (result->messages);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", program->argv[0], line);

  return FALSE;
}

gboolean
arc_program_run (const ArcProgram *program, ArcProgramResult *result, GError **error)
{
  /* Files, not pipes: a pipe stays open as long as any process holds it, beyond the end of the
   * program. */
  const int output = memfd_create ("output", MFD_CLOEXEC);
  const int messages =
      program->merges ? fcntl (output, F_DUPFD_CLOEXEC, 0) : memfd_create ("messages", MFD_CLOEXEC);
  g_autoptr (GSubprocessLauncher) launcher = make_launcher (program, output, messages);
  g_autoptr (GSubprocess) process = NULL;
  Run self = { 0 };

  /* A signal between two programs. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  if (set_if_cancelled (program, error))
    return FALSE;

  process = g_subprocess_launcher_spawnv (launcher, program->argv, error);
  if (process == NULL)
    return FALSE;

  wait_for_end (&self, program, process);
  if (set_if_cancelled (program, error))
    return FALSE;
  if (!self.is_late)
    return collect (program, process, output, messages, result, error);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _ ("%s timed out"), program->argv[0]);
  return FALSE;
}

gboolean
arc_program_ask (GStrv environment,
                 const char *const *argv,
                 ArcProgramResult *result,
                 GError **error)
{
  g_auto (GStrv) variables =
      g_environ_setenv (environment != NULL ? g_strdupv (environment) : g_get_environ (), "LC_ALL",
                        "C.UTF-8", TRUE);
  const ArcProgram program = {
    .argv = argv,
    .environment = variables,
    .timeout = ASK_TIMEOUT,
  };
  g_autofree char *bytes = NULL;

  if (!arc_program_run (&program, result, error))
    return FALSE;

  bytes = g_steal_pointer (&result->output);
  result->output = make_text (bytes, result->length);

  return TRUE;
}

void
arc_program_result_clear (ArcProgramResult *result)
{
  g_free (result->output);
  g_free (result->messages);
}
