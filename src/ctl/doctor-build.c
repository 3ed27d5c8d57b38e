/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config-file.h"
#include "ctl/arcologyctl.h"
#include "ctl/doctor.h"
#include "ctl/program.h"
#include "ctl/service-info.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <string.h>

/* The default command: it runs Emacs, and its arguments are options for that. */
#define BATCH_PROGRAM "arcology-batch"

/* (nullable): the names of the files that are in the comments at the top of DATA. */
static char *
list_sources (const char *data)
{
  g_autoptr (GString) sources = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (data, "\n", -1);

  for (guint i = 0; lines[i] != NULL && g_str_has_prefix (lines[i], "# "); i++)
    g_string_append_printf (sources, "%s%s", i > 0 ? ", " : "", lines[i] + 2);

  return sources->len > 0 ? g_string_free (g_steal_pointer (&sources), FALSE) : NULL;
}

static void
set_places (ArcDiagnosis *self, const char *database, const char *const *directories)
{
  self->database = database != NULL && *database != '\0' ? g_strdup (database) : NULL;
  self->directories = g_strdupv ((GStrv) directories);
}

/* Whether the settings are in force, and where OUTPUT says that they are from. */
static void
report_settings (ArcDiagnosis *self, const char *output)
{
  g_autofree char *sources = list_sources (output);

  if (self->service != NULL && arc_dbus_builder_get_settings_changed (self->service))
    arc_doctor_add (self, ARC_WARN, "arcologyctl reload",
                    _ ("valid, but the service has not loaded the last change"));
  else if (sources != NULL)
    arc_doctor_add (self, ARC_OK, NULL, _ ("valid, from %s"), sources);
  else
    arc_doctor_add (self, ARC_OK, NULL, _ ("no settings file; using the defaults"));
}

/* The program has the sources of the settings, and checks them. */
void
arc_doctor_check_settings (ArcDiagnosis *self)
{
  g_auto (GStrv) argv = arc_service_info_make_command (self->command, "--print-config");
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;
  g_auto (ArcProgramResult) settings = { 0 };

  if (self->service != NULL)
    set_places (self, arc_dbus_builder_get_database (self->service),
                arc_dbus_builder_get_directories (self->service));

  if (!arc_program_ask (self->environment, (const char *const *) argv, &settings, &error))
    arc_doctor_add (self, ARC_FAIL, _ ("Install the service, or add its directory to PATH"), "%s",
                    error->message);
  else if (settings.status != 0)
    arc_doctor_add (self, ARC_FAIL,
                    self->service != NULL ? _ ("Correct the line, then “arcologyctl reload”")
                                          : _ ("Correct the line"),
                    "%s", settings.messages);
  else if (!arc_config_merge_data (config, settings.output, strlen (settings.output), ARC_PROGRAM,
                                   &error))
    arc_doctor_add (self, ARC_WARN, NULL, _ ("not checked: %s"), error->message);
  else
    {
      self->config = g_steal_pointer (&config);
      if (self->service == NULL)
        set_places (self, self->config->database, (const char *const *) self->config->directories);
      report_settings (self, settings.output);
    }
}

/* Whether ARGUMENT, of a command line of Emacs, does something instead of setting something up. */
static gboolean
is_action (const char *argument)
{
  static const char *const actions[] = { "-l",       "--load", "-f",        "--funcall", "--eval",
                                         "--script", "-x",     "--execute", NULL };
  g_autofree char *name = g_strndup (argument, strcspn (argument, "="));

  return g_strv_contains (actions, name);
}

/* The first line that is not about the start files of the system, each of which Emacs names. */
static const char *
get_complaint (char *messages)
{
  while (g_str_has_prefix (messages, "Loading ") && strchr (messages, '\n') != NULL)
    messages = strchr (messages, '\n') + 1;

  return arc_doctor_cut (messages);
}

/* (transfer full) (nullable): the command of the builds up to where it would build; then, as the
 * builds do, it looks for org-roam. NULL if the builds do not run Emacs. */
static GStrv
make_emacs_command (const ArcConfig *config)
{
  /* Else Emacs 30 writes what it compiles for org-roam into ~/.emacs.d. Before all that loads
   * anything; Emacs 28 has another name for the first of them. */
  static const char no_native_code[] =
      "(setq native-comp-jit-compilation nil native-comp-deferred-compilation nil"
      " native-comp-enable-subr-trampolines nil)";
  static const char program[] =
      "(progn (princ (format \"%s\\n\" emacs-version))"
      " (or (require 'org-roam nil t) (ignore-errors (package-activate-all)))"
      " (condition-case error"
      "  (progn (require 'org-roam) (require 'lisp-mnt)"
      "   (princ (or (ignore-errors (lm-version (concat (file-name-sans-extension"
      "    (locate-library \"org-roam\")) \".el\"))) \"\")))"
      "  (error (princ (error-message-string error)) (kill-emacs 1))))";
  g_autofree char *name = g_path_get_basename (config->command[0]);
  const gboolean is_batch = g_str_equal (name, BATCH_PROGRAM);
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  if (is_batch)
    g_strv_builder_add_many (argv, "emacs", "-q", NULL);
  else if (g_str_has_prefix (name, "emacs"))
    g_strv_builder_add (argv, config->command[0]);
  else
    return NULL;

  g_strv_builder_add_many (argv, "--eval", no_native_code, NULL);
  for (guint i = 1; config->command[i] != NULL && (is_batch || !is_action (config->command[i]));
       i++)
    g_strv_builder_add (argv, config->command[i]);
  g_strv_builder_add_many (argv, "--batch", "--eval", program, NULL);

  return g_strv_builder_end (argv);
}

/* The default build is slower without a dump of Emacs. The program has the reason. */
static void
check_dump (ArcDiagnosis *self)
{
  g_autofree char *name = g_path_get_basename (self->config->command[0]);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  g_auto (ArcProgramResult) answer = { 0 };
  char *reason;

  if (!g_str_equal (name, BATCH_PROGRAM))
    return;

  g_strv_builder_add_many (builder, self->config->command[0], "--why-no-dump", NULL);
  g_strv_builder_addv (builder, (const char **) self->config->command + 1);
  argv = g_strv_builder_end (builder);
  if (!arc_program_ask (self->environment, (const char *const *) argv, &answer, NULL) ||
      answer.status != 0)
    return;

  /* "SECONDS REASON" */
  arc_doctor_cut (answer.output);
  reason = strchr (answer.output, ' ');
  if (reason == NULL)
    return;

  reason++;
  if (g_ascii_isdigit (*answer.output))
    arc_doctor_add (self, ARC_WARN, NULL,
                    _ ("builds take about %.1f s longer: Emacs cannot be dumped: %s"),
                    g_ascii_strtod (answer.output, NULL), reason);
  else
    arc_doctor_add (self, ARC_WARN, NULL, _ ("builds take longer: Emacs cannot be dumped: %s"),
                    reason);
}

/* (transfer full) (nullable): the path of the program NAME, as arc_program_ask() would find it. */
static char *
find_program (GStrv environment, const char *name)
{
  const char *path = environment != NULL ? g_environ_getenv (environment, "PATH") : NULL;
  g_auto (GStrv) directories = NULL;

  if (path == NULL || strchr (name, '/') != NULL)
    return g_find_program_in_path (name);

  directories = g_strsplit (path, ":", -1);
  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *file = g_build_filename (directories[i], name, NULL);
      g_autofree char *program = g_path_is_absolute (file) ? g_find_program_in_path (file) : NULL;

      if (program != NULL)
        return g_steal_pointer (&program);
    }

  return NULL;
}

/* Whether the service, whose PATH is not that of a shell (environment.d(5)), finds PROGRAM. ADVICE
 * is for when it is not installed. */
static gboolean
check_program (ArcDiagnosis *self, const char *program, const char *advice)
{
  g_autofree char *found = find_program (self->environment, program);
  g_autofree char *found_here = g_find_program_in_path (program);
  g_autofree char *name = arc_table_escape (program);
  g_autofree char *here = found_here != NULL ? arc_table_escape (found_here) : NULL;

  if (found != NULL)
    return TRUE;

  if (here != NULL && strchr (program, '/') == NULL)
    arc_doctor_add (self, ARC_FAIL,
                    _ ("Set PATH in ~/.config/environment.d/path.conf, and log in again"),
                    _ ("%s: not in the PATH of the service"), here);
  else
    arc_doctor_add (self, ARC_FAIL, advice, _ ("%s: not found"), name);

  return FALSE;
}

static void
check_emacs (ArcDiagnosis *self)
{
  g_autoptr (GError) error = NULL;
  g_auto (ArcProgramResult) answer = { 0 };
  g_auto (GStrv) argv = make_emacs_command (self->config);
  g_auto (GStrv) lines = NULL;

  if (argv == NULL ||
      !check_program (self, argv[0],
                      _ ("Install Emacs: on Debian and Ubuntu the package emacs-nox")))
    return;

  if (!arc_program_ask (self->environment, (const char *const *) argv, &answer, &error))
    {
      arc_doctor_add (self, ARC_FAIL, NULL, "%s", error->message);
      return;
    }

  lines = g_strsplit (answer.output, "\n", 2);
  if (lines[0] == NULL || !g_ascii_isdigit (*lines[0]))
    {
      arc_doctor_add (self, ARC_FAIL, _ ("Correct the setting Command, or the file that it loads"),
                      _ ("does not start: %s"), get_complaint (answer.messages));
      return;
    }

  arc_doctor_add (self, ARC_OK, NULL, _ ("version %s"), lines[0]);
  check_dump (self);

  self->topic = "org-roam";
  self->title = _ ("org-roam");
  if (answer.status != 0)
    arc_doctor_add (self, ARC_FAIL,
                    _ ("Install it: on Debian and Ubuntu the package elpa-org-roam, elsewhere M-x "
                       "package-install; “emacs -Q” in the setting Command hides it"),
                    _ ("cannot be loaded: %s"), lines[1] != NULL ? lines[1] : "");
  else
    arc_doctor_add (self, ARC_OK, NULL, _ ("version %s"), lines[1] != NULL ? lines[1] : "?");
}

void
arc_doctor_check_command (ArcDiagnosis *self)
{
  g_autofree char *name = NULL;

  if (self->config == NULL || !check_program (self, self->config->command[0],
                                              _ ("Install it, or correct the setting Command")))
    return;

  name = arc_table_escape (self->config->command[0]);
  arc_doctor_add (self, ARC_OK, NULL, _ ("%s: found"), name);

  self->topic = "emacs";
  self->title = _ ("Emacs");
  check_emacs (self);
}
