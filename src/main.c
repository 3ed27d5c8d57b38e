/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "daemon.h"
#include "session/log-writer.h"

#include "config/config-file.h"
#include "session/journal-socket.h"
#include "watch/file-list.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* Opens the standard streams that are closed: the next opened file would get such a number, and
 * printed text would be written into it. */
static void
open_standard_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0)
      open ("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
}

/* Checks the settings. With PRINT, prints them as a settings file, with the names of the files
 * that were read in its comments. With LIST, lists the files of the tree. */
static ArcExit
tell_config (const ArcConfigLoaderOptions *options, gboolean print, gboolean list)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) sources = NULL;
  g_autoptr (ArcConfig) config = arc_config_loader_load (options, &sources, &error);

  if (config == NULL)
    {
      g_printerr (_ ("arcology-builder: error: %s\n"), error->message);
      return ARC_EXIT_CONFIG;
    }

  if (list && !arc_file_list_print (config, &error))
    {
      g_printerr (_ ("arcology-builder: error: %s\n"), error->message);
      return ARC_EXIT_BUILD_FAILED;
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

int
main (int argc, char **argv)
{
  g_autofree char *config_file = NULL;
  g_auto (GStrv) directories = NULL;
  g_autoptr (ArcJournalSocket) journal = NULL;
  ArcBuildLogOptions log = { 0 };
  gboolean replace = FALSE;
  gboolean version = FALSE;
  gboolean check = FALSE;
  gboolean print = FALSE;
  gboolean list = FALSE;
  const GOptionEntry entries[] = {
    { "once", 0, 0, G_OPTION_ARG_NONE, &log.once, N_ ("Build every file once and exit"), NULL },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &config_file,
      N_ ("Read this settings file instead of the usual ones"), N_ ("FILE") },
    { "directory", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &directories,
      N_ ("Watch this directory instead of those in the settings; can be repeated"), N_ ("DIR") },
    { "replace", 0, 0, G_OPTION_ARG_NONE, &replace, N_ ("Replace a running service"), NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &log.verbose,
      N_ ("Log more, such as the output of builds"), NULL },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &check, N_ ("Check the settings and exit"), NULL },
    { "print-config", 0, 0, G_OPTION_ARG_NONE, &print, N_ ("Print the settings in force and exit"),
      NULL },
    { "list-files", 0, 0, G_OPTION_ARG_NONE, &list,
      N_ ("Print the files of the tree, each followed by NUL, and exit"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, N_ ("Show the version and exit"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  ArcDaemonOptions options = { 0 };
  const char *locale_dir = g_getenv ("ARCOLOGY_LOCALE_DIR"); /* of a build tree */

  open_standard_streams ();
  /* The reader of the log may exit before its writer. The first GSocket does the same
   * (gsocket.c); a build gets the default back. */
  signal (SIGPIPE, SIG_IGN);
  log.journal = journal = arc_journal_socket_new (NULL);

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : ARC_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_log_set_writer_func (arc_build_log_write, &log, NULL);

  g_option_context_set_summary (
      context, _ ("Keeps an org-roam database in sync with a directory of Org files."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr (_ ("arcology-builder: error: %s\n"), error->message);
      return ARC_EXIT_USAGE;
    }

  if (argc > 1)
    {
      g_printerr (_ ("arcology-builder: error: unexpected argument “%s”; see --help\n"), argv[1]);
      return ARC_EXIT_USAGE;
    }

  if (log.once && replace)
    {
      g_printerr (_ ("arcology-builder: error: --replace and --once exclude each other\n"));
      return ARC_EXIT_USAGE;
    }

  if (version)
    {
      g_print ("arcology-builder %s\n", ARC_VERSION);
      return ARC_EXIT_SUCCESS;
    }

  options.settings.config_file = config_file;
  options.settings.directories = (const char *const *) directories;
  options.once = log.once;
  options.replace = replace;

  if (check || print || list)
    return tell_config (&options.settings, print, list);

  return arc_daemon_run (&options);
}
