/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/system-info.h"

#include "ctl/arcologyctl.h"

#include <string.h>

#define TIMEOUT (30 * G_TIME_SPAN_SECOND)

typedef struct
{
  GBytes *output;
  GBytes *messages;
  GError *error;
  gboolean done;
} Communication;

static void
on_communicated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Communication *communication = user_data;

  g_subprocess_communicate_finish (G_SUBPROCESS (source), result, &communication->output,
                                   &communication->messages, &communication->error);
  communication->done = TRUE;
}

static gboolean
on_timeout (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

static char *
to_text (GBytes *bytes)
{
  gsize length = 0;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;
  char *text = g_utf8_make_valid (data != NULL ? data : "", (gssize) length);

  g_strstrip (text);

  return text;
}

/* In a separate context: other sources of the program wait meanwhile. */
static void
communicate (GSubprocess *subprocess, Communication *communication)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) timeout = g_timeout_source_new (TIMEOUT / G_TIME_SPAN_MILLISECOND);

  g_main_context_push_thread_default (context);
  g_source_set_callback (timeout, on_timeout, cancellable, NULL);
  g_source_attach (timeout, context);
  g_subprocess_communicate_async (subprocess, NULL, cancellable, on_communicated, communication);
  while (!communication->done)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (timeout);
  g_main_context_pop_thread_default (context);
}

gboolean
arc_system_info_run (const char *const *environment,
                     const char *const *argv,
                     int *status,
                     char **output,
                     char **messages,
                     GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE |
      (environment != NULL ? G_SUBPROCESS_FLAGS_SEARCH_PATH_FROM_ENVP : G_SUBPROCESS_FLAGS_NONE));
  g_autoptr (GSubprocess) subprocess = NULL;
  g_autoptr (GBytes) output_bytes = NULL;
  g_autoptr (GBytes) message_bytes = NULL;
  Communication communication = { 0 };

  if (environment != NULL)
    g_subprocess_launcher_set_environ (launcher, (char **) environment);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  subprocess = g_subprocess_launcher_spawnv (launcher, argv, error);
  if (subprocess == NULL)
    return FALSE;

  communicate (subprocess, &communication);
  output_bytes = communication.output;
  message_bytes = communication.messages;
  if (communication.error != NULL)
    {
      g_subprocess_force_exit (subprocess);
      g_propagate_error (error, communication.error);
      return FALSE;
    }

  *status = g_subprocess_get_if_exited (subprocess) ? g_subprocess_get_exit_status (subprocess)
                                                    : 128 + g_subprocess_get_term_sig (subprocess);
  *output = to_text (output_bytes);
  *messages = to_text (message_bytes);

  return TRUE;
}

GStrv
arc_system_info_make_command (const char *const *command, const char *option)
{
  g_autofree char *found = g_find_program_in_path (ARC_PROGRAM);
  const char *installed[] = { found != NULL ? found : ARC_BIN_DIR "/" ARC_PROGRAM, NULL };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, command != NULL ? (const char **) command : installed);
  g_strv_builder_add (builder, option);

  return g_strv_builder_end (builder);
}

guint
arc_system_info_get_process (GDBusProxy *service)
{
  g_autofree char *owner = g_dbus_proxy_get_name_owner (service);
  g_autoptr (GVariant) reply = NULL;
  guint32 pid;

  if (owner == NULL)
    return 0;

  reply =
      g_dbus_connection_call_sync (g_dbus_proxy_get_connection (service), "org.freedesktop.DBus",
                                   "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                   "GetConnectionUnixProcessID", g_variant_new ("(s)", owner),
                                   G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  if (reply == NULL)
    return 0;

  g_variant_get (reply, "(u)", &pid);

  return pid;
}

/* (transfer full) (nullable): the strings in the file NAME of the process, each of which ends with
 * NUL (proc(5)). */
static GStrv
read_strings (guint pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/%s", pid, name);
  g_autoptr (GStrvBuilder) strings = g_strv_builder_new ();
  g_autofree char *data = NULL;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, NULL))
    return NULL;

  for (gsize i = 0; i < size; i += strlen (data + i) + 1)
    g_strv_builder_add (strings, data + i);

  return g_strv_builder_end (strings);
}

gboolean
arc_system_info_read_process (guint pid, GStrv *command, GStrv *environment)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/exe", pid);
  g_autofree char *program = g_file_read_link (path, NULL);
  g_auto (GStrv) arguments = read_strings (pid, "cmdline");
  g_auto (GStrv) variables = read_strings (pid, "environ");

  if (program == NULL || arguments == NULL || arguments[0] == NULL || variables == NULL)
    return FALSE;

  /* The link of a program that was replaced since names no file. */
  if (g_file_test (program, G_FILE_TEST_IS_EXECUTABLE))
    {
      g_free (arguments[0]);
      arguments[0] = g_steal_pointer (&program);
    }
  *command = g_steal_pointer (&arguments);
  *environment = g_steal_pointer (&variables);

  return TRUE;
}

char *
arc_system_info_get_state_directory (const char *const *environment)
{
  const char *directory = environment != NULL
                              ? g_environ_getenv ((GStrv) environment, "XDG_STATE_HOME")
                              : g_get_user_state_dir ();

  /* Programs must ignore a relative path (XDG Base Directory Specification). */
  if (directory != NULL && g_path_is_absolute (directory))
    return g_build_filename (directory, ARC_PROGRAM, NULL);

  return g_build_filename (g_get_home_dir (), ".local", "state", ARC_PROGRAM, NULL);
}
