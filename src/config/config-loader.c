/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config-loader.h"

#include "common/error.h"
#include "common/path.h"
#include "config/config-check.h"
#include "config/config-file.h"
#include "config/config-value.h"
#include "config/read-file.h"

#include <string.h>

#define DIRECTORY_NAME "arcology-builder"
#define FILE_NAME      "builder.conf"
#define DATABASE_NAME  "arcology.db"

/* DIRECTORY, which GLib took from an XDG variable, or BELOW_HOME if it is relative: "If an
 * implementation encounters a relative path in any of these variables it should consider the
 * path invalid and ignore it" (XDG Base Directory Specification). GLib returns it unchanged. */
static char *
get_user_directory (const char *directory, const char *below_home)
{
  if (g_path_is_absolute (directory))
    return g_build_filename (directory, DIRECTORY_NAME, NULL);

  return g_build_filename (g_get_home_dir (), below_home, DIRECTORY_NAME, NULL);
}

ArcConfigLoaderOptions *
arc_config_loader_options_copy (const ArcConfigLoaderOptions *options)
{
  ArcConfigLoaderOptions *copy = g_memdup2 (options, sizeof *options);

  copy->config_file = g_strdup (options->config_file);
  copy->directories = (const char *const *) g_strdupv ((GStrv) options->directories);

  return copy;
}

void
arc_config_loader_options_free (ArcConfigLoaderOptions *options)
{
  g_free ((char *) options->config_file);
  g_strfreev ((GStrv) options->directories);
  g_free (options);
}

GStrv
arc_config_loader_list_files (const ArcConfigLoaderOptions *options)
{
  g_autoptr (GStrvBuilder) files = g_strv_builder_new ();
  const char *const *system = g_get_system_config_dirs ();
  g_autofree char *user = NULL;
  g_autofree char *user_file = NULL;

  if (options->config_file != NULL)
    {
      g_strv_builder_add (files, options->config_file);
      return g_strv_builder_end (files);
    }

  for (guint i = g_strv_length ((GStrv) system); i > 0; i--)
    if (g_path_is_absolute (system[i - 1]))
      {
        g_autofree char *file = g_build_filename (system[i - 1], DIRECTORY_NAME, FILE_NAME, NULL);

        g_strv_builder_add (files, file);
      }

  user = get_user_directory (g_get_user_config_dir (), ".config");
  user_file = g_build_filename (user, FILE_NAME, NULL);
  g_strv_builder_add (files, user_file);

  return g_strv_builder_end (files);
}

/* Whether ERROR says that FILE does not exist. A dangling link exists: its file is expected, so
 * its absence is an error. */
static gboolean
is_absent (const char *file, const GError *error)
{
  return (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
          g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)) &&
         !g_file_test (file, G_FILE_TEST_IS_SYMLINK);
}

/* Lays FILE over CONFIG and adds its name to SOURCES; adds all mistakes to ALL. */
static void
merge_file (
    ArcConfig *config, const char *file, gboolean must_exist, GStrvBuilder *sources, GError **all)
{
  g_autoptr (GError) read_error = NULL;
  GError *error = NULL;
  gsize length;
  g_autofree char *data =
      arc_read_file (file, ARC_READ_SETTINGS, ARC_READ_MAX_SETTINGS, &length, &read_error);

  if (data != NULL)
    {
      g_strv_builder_add (sources, file);
      if (!arc_config_merge_data (config, data, length, file, &error))
        arc_error_join (all, error);
    }
  else if (must_exist || !is_absent (file, read_error))
    {
      arc_error_join (
          all, g_error_new (ARC_ERROR, ARC_ERROR_CONFIG,
                            "The settings cannot be read: %s; correct that file, or move it away",
                            read_error->message));
    }
}

static void
merge_environment (ArcConfig *config, GError **all)
{
  for (const ArcVariable *variable = arc_config_variables; variable->name != NULL; variable++)
    {
      GError *error = NULL;

      if (!arc_config_merge_variable (config, variable, g_getenv (variable->name), &error))
        arc_error_join (all, error);
    }
}

/* A path on the command line is relative to the working directory. Only `~/`, which a shell does
 * not expand in `--directory=~/org`, is kept for arc_config_expand(). */
static void
merge_command_line (ArcConfig *config, const char *const *directories, GError **all)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const ArcSetting *setting = arc_config_find_setting (NULL, "Directories");
  ArcSettingValue value = { 0 };
  gboolean has_empty = FALSE;

  if (directories == NULL || directories[0] == NULL)
    return;

  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *whole = arc_path_is_in_home (directories[i])
                                   ? g_strdup (directories[i])
                                   : g_canonicalize_filename (directories[i], NULL);

      has_empty = has_empty || *directories[i] == '\0';
      g_strv_builder_add (builder, whole);
    }

  if (has_empty)
    arc_error_join (all,
                    g_error_new (ARC_ERROR, ARC_ERROR_CONFIG, "--directory: the name is empty"));
  value.list = g_strv_builder_end (builder);
  arc_config_assign (config, setting, &value);
  arc_config_set_place (config, setting, "--directory", !has_empty);
}

static void
fill_in_database (ArcConfig *config)
{
  g_autofree char *data = NULL;

  if (config->database != NULL)
    return;

  data = get_user_directory (g_get_user_data_dir (), ".local/share");
  config->database = g_build_filename (data, DATABASE_NAME, NULL);
}

static void
add_relative_path (GError **all, const char *variable, const char *path, const char *remedy)
{
  g_autofree char *name = g_filename_display_name (path);

  arc_error_join (all, g_error_new (ARC_ERROR, ARC_ERROR_CONFIG,
                                    "%s: \"%s\" is not a whole path: %s", variable, name, remedy));
}

static void
fill_in_command (ArcConfig *config, GError **all)
{
  const char *variable = g_getenv ("ARCOLOGY_BATCH_FILE");
  const char *batch_file = variable != NULL && *variable != '\0' ? variable : ARC_BATCH_FILE;
  /* Not -Q, which would hide the packages of Debian's site-lisp, org-roam among them. */
  const char *const emacs[] = { "emacs", "-q", "--batch", "-l", batch_file, NULL };
  const char *const program[] = { batch_file, NULL };

  if (config->command != NULL)
    return;

  if (!g_path_is_absolute (batch_file))
    add_relative_path (all, "ARCOLOGY_BATCH_FILE", batch_file, "write it from /");

  config->command = g_strdupv ((GStrv) (g_str_has_suffix (batch_file, ".el") ? emacs : program));
}

/* Contradictions show in expanded paths only. */
static void
expand_and_check (ArcConfig *config, GError **all)
{
  const char *home = g_get_home_dir ();
  GError *error = NULL;

  if (!g_path_is_absolute (home))
    {
      add_relative_path (all, "HOME", home, "set it to the path of your home directory");
      return;
    }

  arc_config_expand (config, home);
  if (!arc_config_check (config, &error))
    arc_error_join (all, error);
}

ArcConfig *
arc_config_loader_load (const ArcConfigLoaderOptions *options, GStrv *sources, GError **error)
{
  static const ArcConfigLoaderOptions no_options = { NULL, NULL, FALSE };
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GStrvBuilder) read = g_strv_builder_new ();
  g_auto (GStrv) files = NULL;
  GError *all = NULL;

  if (sources != NULL)
    *sources = NULL;
  if (options == NULL)
    options = &no_options;

  files = arc_config_loader_list_files (options);
  for (guint i = 0; files[i] != NULL; i++)
    merge_file (config, files[i], options->config_file != NULL, read, &all);
  merge_environment (config, &all);
  merge_command_line (config, options->directories, &all);
  fill_in_database (config);
  fill_in_command (config, &all);
  expand_and_check (config, &all);
  if (options->once)
    config->on_start = ARC_ON_START_ALWAYS;

  if (all != NULL)
    {
      g_propagate_error (error, all);
      return NULL;
    }

  if (sources != NULL)
    *sources = g_strv_builder_end (read);

  return g_steal_pointer (&config);
}

char *
arc_config_loader_get_state_directory (void)
{
  const char *variable = g_getenv ("STATE_DIRECTORY");

  if (variable != NULL && g_path_is_absolute (variable))
    return g_strndup (variable, strcspn (variable, ":"));

  return get_user_directory (g_get_user_state_dir (), ".local/state");
}
