/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "ctl/program.h"
#include "ctl/service-info.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME "builder.conf"

/* The first one that is installed, as for "systemctl edit". */
static const char *const editors[] = { "editor", "nano", "vim", "vi" };

/* (transfer full): the settings file of the service: the one that it was started with, or that of
 * the user. PROGRAM gets (transfer full) the program of the service. */
static char *
choose_file (ArcDBusBuilder *service, char **program)
{
  g_auto (GStrv) command = NULL;
  g_auto (GStrv) environment = NULL;
  g_auto (GStrv) installed = arc_service_info_make_command (NULL, "--check-config");
  g_autofree char *directory = NULL;

  *program = g_strdup (installed[0]);
  arc_service_info_read (service, &command, &environment);
  if (command != NULL)
    {
      g_free (*program);
      *program = g_strdup (command[0]);
      for (guint i = 1; command[i] != NULL; i++)
        if (g_str_has_prefix (command[i], "--config="))
          return g_strdup (command[i] + strlen ("--config="));
        else if (g_str_equal (command[i], "--config") && command[i + 1] != NULL)
          return g_strdup (command[i + 1]);
    }

  directory = arc_service_info_get_directory (environment, "XDG_CONFIG_HOME");
  return g_build_filename (directory, NAME, NULL);
}

/* (transfer full) (nullable): a command line of sh(1) */
static char *
find_editor (void)
{
  static const char *const variables[] = { "VISUAL", "EDITOR" };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      const char *value = g_getenv (variables[i]);

      if (value != NULL && *value != '\0')
        return g_strdup (value);
    }

  for (guint i = 0; i < G_N_ELEMENTS (editors); i++)
    {
      g_autofree char *program = g_find_program_in_path (editors[i]);

      if (program != NULL)
        return g_shell_quote (program);
    }

  return NULL;
}

/* A variable may hold options, too; so does git(1) run it. */
static gboolean
run_editor (const char *editor, const char *file, GError **error)
{
  g_autofree char *script = g_strconcat (editor, " \"$@\"", NULL);
  g_autoptr (GSubprocess) process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT, error, "sh",
                                                      "-c", script, editor, file, NULL);

  return process != NULL && g_subprocess_wait_check (process, NULL, error);
}

/* Whether FILE has no mistakes, as PROGRAM, the service, sees it; else they are printed with NAME
 * in its place. */
static gboolean
check (const char *program, const char *file, const char *name)
{
  const char *argv[] = { program, "--config", file, "--check-config", NULL };
  g_autoptr (GError) error = NULL;
  g_auto (ArcProgramResult) result = { 0 };
  g_autoptr (GString) text = NULL;

  if (!arc_program_ask (NULL, argv, &result, &error))
    {
      arc_ctl_print_error (ARC_CTL_FAILED, "%s", error->message);
      return FALSE;
    }
  if (result.status == 0)
    return TRUE;

  text = g_string_new (result.messages);
  g_string_replace (text, file, name, 0);
  g_printerr ("%s\n", text->str);

  return FALSE;
}

/* Whether the user wants to edit wrong settings again. */
static gboolean
ask (void)
{
  char line[16];

  if (!isatty (STDIN_FILENO))
    return FALSE;

  /* Translators: the letters stay as they are. */
  g_printerr (_ ("The settings are wrong. (e) edit again, (q) quit without saving: "));
  while (fgets (line, sizeof line, stdin) != NULL)
    if (strchr ("Ee\nQq", *line) != NULL)
      return g_ascii_tolower (*line) != 'q';

  /* At its end, the terminal has not shown a line end. */
  g_printerr ("\n");
  return FALSE;
}

/* (transfer full) (nullable): what is edited at first: the file, or the commented example. */
static char *
read_start (const char *file, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  char *data = NULL;

  if (g_file_get_contents (file, &data, NULL, &read_error))
    return data;

  if (!g_error_matches (read_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      g_propagate_error (error, g_steal_pointer (&read_error));
      return NULL;
    }

  return g_file_get_contents (ARC_EXAMPLE_FILE, &data, NULL, NULL) ? data : g_strdup ("");
}

/* Writes what is in COPY to FILE. A link to where the file is kept, such as in a repository of
 * settings, stays one: only its target is replaced. */
static gboolean
save (const char *copy, const char *file, GError **error)
{
  g_autofree char *target = realpath (file, NULL);
  g_autofree char *data = NULL;
  gsize length;

  return g_file_get_contents (copy, &data, &length, error) &&
         g_file_set_contents_full (target != NULL ? target : file, data, (gssize) length,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0644, error);
}

/* Lets the user edit COPY until FILE, the name of which is NAME, may have its content. */
static ArcCtlExit
edit_copy (
    const char *editor, const char *program, const char *copy, const char *name, GError **error)
{
  for (;;)
    {
      if (!run_editor (editor, copy, error))
        return ARC_CTL_FAILED;
      if (check (program, copy, name))
        return ARC_CTL_SUCCESS;
      if (!ask ())
        return arc_ctl_print_error (ARC_CTL_FAILED, _ ("%s is unchanged"), name);
    }
}

static ArcCtlExit
edit_file (ArcDBusBuilder *service,
           const char *editor,
           const char *program,
           const char *file,
           const char *copy,
           GError **error)
{
  g_autofree char *name = g_filename_display_name (file);
  g_autofree char *before = read_start (file, error);
  g_autofree char *after = NULL;

  if (before == NULL || !g_file_set_contents (copy, before, -1, error) ||
      edit_copy (editor, program, copy, name, error) != ARC_CTL_SUCCESS ||
      !g_file_get_contents (copy, &after, NULL, error))
    return ARC_CTL_FAILED;

  if (g_str_equal (before, after) && g_file_test (file, G_FILE_TEST_EXISTS))
    {
      g_print (_ ("No changes\n"));
      return ARC_CTL_SUCCESS;
    }

  if (!save (copy, file, error) ||
      (service != NULL && !arc_dbus_builder_call_reload_sync (service, NULL, error)))
    return ARC_CTL_FAILED;

  g_print (service != NULL ? _ ("Saved %s; the service uses it\n") : _ ("Saved %s\n"), name);

  return ARC_CTL_SUCCESS;
}

ArcCtlExit
arc_cmd_edit (const ArcCall *call, GError **error)
{
  g_autoptr (ArcDBusBuilder) service = NULL;
  g_autofree char *editor = find_editor ();
  g_autofree char *program = NULL;
  g_autofree char *file = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *copy = NULL;
  ArcCtlExit exit;

  if (editor == NULL)
    return arc_ctl_print_error (ARC_CTL_FAILED,
                                _ ("no editor found; set the environment variable EDITOR"));

  service = arc_ctl_open (FALSE, ARC_CTL_DEFAULT_TIMEOUT, NULL);
  file = choose_file (service, &program);
  directory = g_path_get_dirname (file);
  if (g_mkdir_with_parents (directory, 0700) != 0)
    return arc_ctl_print_error (ARC_CTL_FAILED, "%s: %s", directory, g_strerror (errno));

  /* Its name ends as that of the file does, for the editor to know what is in it. */
  copy = g_strdup_printf ("%s/.edit-%d-%s", directory, (int) getpid (), NAME);
  exit = edit_file (service, editor, program, file, copy, error);
  g_unlink (copy);

  return exit;
}
