/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "ctl/table.h"

#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <unistd.h>

/* Of a word for the service; it takes 256 bytes. */
#define MAX_CHARACTERS 60

/* The signals that are for the command. */
static const int signals[] = { SIGINT, SIGHUP, SIGTERM };

/* (transfer full): the command line as one line of valid UTF-8 that the service takes. */
static char *
describe_command (char **command)
{
  g_autofree char *joined = g_strjoinv (" ", command);
  g_autofree char *valid = g_utf8_make_valid (joined, -1);
  g_autofree char *clean = arc_table_sanitize (valid);

  if (g_utf8_strlen (clean, -1) <= MAX_CHARACTERS)
    return g_steal_pointer (&clean);

  *g_utf8_offset_to_pointer (clean, MAX_CHARACTERS - 1) = '\0';

  return g_strconcat (clean, "…", NULL);
}

/* A terminal sends the signal to the command as well, and this program exits after the command.
 * A command would inherit ignored signals (execve(2)). */
static gboolean
on_terminal_signal (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
on_stop_signal (gpointer user_data)
{
  GSubprocess **process = user_data;

  g_subprocess_send_signal (*process, SIGTERM);
  return G_SOURCE_CONTINUE;
}

static void
on_command_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  g_main_loop_quit (user_data);
}

/* In the child, before it becomes the command. Signals that nohup(1) or a shell had ignored stay
 * ignored; GLib has reset them by then (glib/gspawn.c). */
static void
ignore_signals (gpointer user_data)
{
  const gboolean *is_ignored = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    if (is_ignored[i])
      signal (signals[i], SIG_IGN);
}

/* Returns its exit status, whatever that means there. */
static ArcCtlExit
run_command (char **command)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;
  gboolean is_ignored[G_N_ELEMENTS (signals)];

  /* Handled by the main loop, and so not before there is a process; until this program ends. */
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      struct sigaction action = { 0 };

      sigaction (signals[i], NULL, &action);
      is_ignored[i] = action.sa_handler == SIG_IGN;
      g_unix_signal_add (signals[i], signals[i] == SIGTERM ? on_stop_signal : on_terminal_signal,
                         &process);
    }

  g_subprocess_launcher_set_child_setup (launcher, ignore_signals, is_ignored, NULL);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) command, &error);
  if (g_error_matches (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
    return arc_ctl_print_error (ARC_CTL_NO_COMMAND, _ ("command not found: %s"), command[0]);
  if (process == NULL)
    return arc_ctl_print_error (ARC_CTL_NO_COMMAND, "%s", error->message);

  g_subprocess_wait_async (process, NULL, on_command_ended, loop);
  g_main_loop_run (loop);

  return (ArcCtlExit) (g_subprocess_get_if_exited (process)
                           ? g_subprocess_get_exit_status (process)
                           : 128 + g_subprocess_get_term_sig (process));
}

/* The lock, or -1 with ERROR set. */
static int
inhibit (ArcDBusBuilder *service, const char *who, const char *why, GError **error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) handle = NULL;

  if (!arc_dbus_builder_call_inhibit_sync (service, who, why, NULL, &handle, &fds, NULL, error))
    return -1;

  /* Close-on-exec, as GIO makes all descriptors: the command must not hold the lock beyond us. */
  return g_unix_fd_list_get (fds, g_variant_get_handle (handle), error);
}

ArcCtlExit
arc_cmd_inhibit (const ArcCall *call, GError **error)
{
  g_autofree char *command = describe_command (call->operands);
  const int lock = inhibit (call->service, call->who != NULL ? call->who : "arcologyctl",
                            call->why != NULL ? call->why : command, error);
  ArcCtlExit exit;

  if (lock < 0)
    return ARC_CTL_FAILED;

  exit = run_command (call->operands);
  close (lock);

  return exit;
}
