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
  gint64 grace;
  pid_t group;       /* of the program, or 0 */
  guint kill;        /* a source, or 0 */
  guint timeout;     /* a source, or 0 */
  gboolean too_late; /* it reached its timeout */
  gboolean ended;
} Run;

static gboolean
on_grace_over (gpointer user_data)
{
  Run *self = user_data;

  self->kill = 0;
  kill (-self->group, SIGKILL);

  return G_SOURCE_REMOVE;
}

static void
end_program (GCancellable *cancellable G_GNUC_UNUSED, Run *self)
{
  if (self->group == 0 || self->kill != 0)
    return;

  kill (-self->group, SIGTERM);
  self->kill = g_timeout_add (self->grace / 1000, on_grace_over, self);
}

static gboolean
on_timeout (gpointer user_data)
{
  Run *self = user_data;

  self->timeout = 0;
  self->too_late = TRUE;
  end_program (NULL, self);

  return G_SOURCE_REMOVE;
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *self = user_data;

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

static void
wait_for_end (const ArcProgram *program, GSubprocess *process, Run *self)
{
  const char *pid = g_subprocess_get_identifier (process);
  gulong cancelled_id = 0;

  self->group = pid != NULL ? (pid_t) g_ascii_strtoll (pid, NULL, 10) : 0;
  if (program->timeout > 0)
    self->timeout = g_timeout_add (program->timeout / 1000, on_timeout, self);
  if (program->cancellable != NULL)
    cancelled_id =
        g_cancellable_connect (program->cancellable, G_CALLBACK (end_program), self, NULL);
  g_subprocess_wait_async (process, NULL, on_ended, self);
  while (!self->ended)
    g_main_context_iteration (NULL, TRUE);

  g_cancellable_disconnect (program->cancellable, cancelled_id);
  g_clear_handle_id (&self->timeout, g_source_remove);
  g_clear_handle_id (&self->kill, g_source_remove);
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
  Run self = { .grace = program->grace };

  /* A signal between two programs. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  if (set_if_cancelled (program, error))
    return FALSE;

  process = g_subprocess_launcher_spawnv (launcher, program->argv, error);
  if (process == NULL)
    return FALSE;

  wait_for_end (program, process, &self);
  if (set_if_cancelled (program, error))
    return FALSE;
  if (!self.too_late)
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
