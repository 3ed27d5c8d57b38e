/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "daemon.h"
#include "session/log-writer.h"

#include "config/config-file.h"
#include "watch/file-list.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <stdio.h>

/* Checks the settings. With PRINT, prints them as a settings file, with the names of the files
 * that were read in its comments. With LIST, lists the files of the tree. */
static ArcExit
tell_config (const ArcConfigLoaderOptions *options, gboolean print, gboolean list)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) sources = NULL;
  g_autoptr (ArcConfig) config = arc_config_loader_load (options, &sources, &error);

  if (config == NULL || (list && !arc_file_list_print (config, &error)))
    {
      g_printerr (_ ("arcology-builder: error: %s\n"), error->message);
      return config == NULL ? ARC_EXIT_CONFIG : ARC_EXIT_BUILD_FAILED;
    }
  if (list)
    return ARC_EXIT_SUCCESS;

  if (sources[0] == NULL && !print)
    g_print (_ ("No settings file; using the defaults\n"));
  for (guint i = 0; sources[i] != NULL; i++)
    g_print (print ? "# %s\n" : _ ("%s: OK\n"), sources[i]);

  if (print)
    {
      g_autofree char *data = arc_config_to_data (config);

      fputs (data, stdout);
    }

  return ARC_EXIT_SUCCESS;
}

/* What the command line says. */
typedef struct
{
  ArcDaemonOptions daemon;
  gboolean verbose;
  gboolean check;
  gboolean print;
  gboolean list;
  gboolean version;
} CommandLine;

static void
clear_command_line (CommandLine *line)
{
  g_free ((char *) line->daemon.settings.config_file);
  g_strfreev ((GStrv) line->daemon.settings.directories);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CommandLine, clear_command_line)

static gboolean
parse_command_line (CommandLine *line, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "once", 0, 0, G_OPTION_ARG_NONE, &line->daemon.settings.once,
      N_ ("Build every file once and exit"), NULL },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &line->daemon.settings.config_file,
      N_ ("Read this settings file instead of the usual ones"), N_ ("FILE") },
    { "directory", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &line->daemon.settings.directories,
      N_ ("Watch this directory instead of those in the settings; can be repeated"), N_ ("DIR") },
    { "replace", 0, 0, G_OPTION_ARG_NONE, &line->daemon.replace, N_ ("Replace a running service"),
      NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &line->verbose,
      N_ ("Log more, such as the output of builds"), NULL },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &line->check, N_ ("Check the settings and exit"),
      NULL },
    { "print-config", 0, 0, G_OPTION_ARG_NONE, &line->print,
      N_ ("Print the settings in force and exit"), NULL },
    { "list-files", 0, 0, G_OPTION_ARG_NONE, &line->list,
      N_ ("Print the files of the tree, each followed by NUL, and exit"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &line->version, N_ ("Show the version and exit"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (
      context, _ ("Keeps an org-roam database in sync with a directory of Org files."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;

  if (*argc > 1)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                   _ ("unexpected argument “%s”; see --help"), (*argv)[1]);
      return FALSE;
    }

  if (line->daemon.settings.once && line->daemon.replace)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                           _ ("--replace and --once exclude each other"));
      return FALSE;
    }

  return TRUE;
}

int
main (int argc, char **argv)
{
  ArcLogOptions *log = arc_log_writer_start ();
  g_auto (CommandLine) line = { 0 };
  g_autoptr (GError) error = NULL;
  const char *locale_dir = g_getenv ("ARCOLOGY_LOCALE_DIR"); /* of a build tree */

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : ARC_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (!parse_command_line (&line, &argc, &argv, &error))
    {
      g_printerr (_ ("arcology-builder: error: %s\n"), error->message);
      return ARC_EXIT_USAGE;
    }

  log->once = line.daemon.settings.once;
  log->verbose = line.verbose;
  if (line.version)
    {
      g_print ("arcology-builder %s\n", ARC_VERSION);
      return ARC_EXIT_SUCCESS;
    }

  if (line.check || line.print || line.list)
    return tell_config (&line.daemon.settings, line.print, line.list);

  return arc_daemon_run (&line.daemon);
}
