/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-settings.h"

#include "core/arc-config-file.h"
#include "core/arc-error.h"
#include "system/arc-read-file.h"

#include <string.h>

#define DIRECTORY_NAME "arcology-builder"
#define FILE_NAME      "builder.conf"
#define DATABASE_NAME  "arcology.db"

/* No settings are as large; reading takes the main loop. */
#define MAX_SIZE (1024 * 1024)

/* DIRECTORY, which GLib took from an XDG variable, or BELOW_HOME if it is relative: "If an
 * implementation encounters a relative path in any of these variables it should consider the path
 * invalid and ignore it" (XDG Base Directory Specification); GLib hands it out as it is. */
static char *
get_user_directory (const char *directory, const char *below_home)
{
  if (g_path_is_absolute (directory))
    return g_build_filename (directory, DIRECTORY_NAME, NULL);

  return g_build_filename (g_get_home_dir (), below_home, DIRECTORY_NAME, NULL);
}

/* The files to look for, the least important first. */
static GStrv
list_files (const ArcSettingsOptions *options)
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

/* Whether ERROR says that FILE is not there. A link that leads nowhere is there: somebody who keeps
 * the file elsewhere wants to know that it is gone. */
static gboolean
is_absent (const char *file, const GError *error)
{
  return (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
          g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)) &&
         !g_file_test (file, G_FILE_TEST_IS_SYMLINK);
}

/* Lays FILE over CONFIG and adds its name to SOURCES. */
static gboolean
merge_file (
    ArcConfig *config, const char *file, gboolean must_exist, GStrvBuilder *sources, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  gsize length;
  g_autofree char *data = arc_read_file (file, ARC_READ_SETTINGS, MAX_SIZE, &length, &read_error);

  if (data == NULL)
    {
      if (!must_exist && is_absent (file, read_error))
        return TRUE;
      g_set_error (error, ARC_ERROR, ARC_ERROR_CONFIG, "The settings cannot be read: %s",
                   read_error->message);
      return FALSE;
    }

  g_strv_builder_add (sources, file);

  return arc_config_merge_data (config, data, length, file, error);
}

static gboolean
merge_environment (ArcConfig *config, GError **error)
{
  for (guint i = 0; arc_config_variables[i] != NULL; i++)
    {
      const char *name = arc_config_variables[i];

      if (!arc_config_merge_variable (config, name, g_getenv (name), error))
        return FALSE;
    }

  return TRUE;
}

/* A path on the command line is relative to where the command was given; only `~/`, which a shell
 * leaves alone in `--directory=~/org`, is kept for arc_config_expand(). */
static gboolean
merge_command_line (ArcConfig *config, const char *const *directories, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (directories == NULL || directories[0] == NULL)
    return TRUE;

  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *whole = NULL;

      if (*directories[i] == '\0')
        {
          g_set_error (error, ARC_ERROR, ARC_ERROR_CONFIG, "--directory: the name is empty");
          return FALSE;
        }
      if (g_str_equal (directories[i], "~") || g_str_has_prefix (directories[i], "~/"))
        whole = g_strdup (directories[i]);
      else
        whole = g_canonicalize_filename (directories[i], NULL);
      g_strv_builder_add (builder, whole);
    }

  g_strfreev (config->directories);
  config->directories = g_strv_builder_end (builder);

  return TRUE;
}

static gboolean
fill_in (ArcConfig *config, GError **error)
{
  if (config->database == NULL)
    {
      g_autofree char *data = get_user_directory (g_get_user_data_dir (), ".local/share");

      config->database = g_build_filename (data, DATABASE_NAME, NULL);
    }

  if (config->command == NULL)
    {
      const char *variable = g_getenv ("ARCOLOGY_BATCH_FILE");
      const char *batch_file = variable != NULL && *variable != '\0' ? variable : ARC_BATCH_FILE;

      if (!g_path_is_absolute (batch_file))
        {
          g_autofree char *name = g_filename_display_name (batch_file);

          g_set_error (error, ARC_ERROR, ARC_ERROR_CONFIG,
                       "ARCOLOGY_BATCH_FILE: \"%s\" is not a whole path: write it from /", name);
          return FALSE;
        }

      /* Not -Q, which would hide the packages of Debian's site-lisp, org-roam among them. */
      const char *const emacs[] = { "emacs", "-q", "--batch", "-l", batch_file, NULL };
      const char *const program[] = { batch_file, NULL };

      config->command =
          g_strdupv ((GStrv) (g_str_has_suffix (batch_file, ".el") ? emacs : program));
    }

  return TRUE;
}

static gboolean
expand (ArcConfig *config, GError **error)
{
  const char *home = g_get_home_dir ();

  if (!g_path_is_absolute (home))
    {
      g_autofree char *name = g_filename_display_name (home);

      g_set_error (error, ARC_ERROR, ARC_ERROR_CONFIG,
                   "HOME: \"%s\" is not a whole path: set it to the path of your home directory",
                   name);
      return FALSE;
    }

  return arc_config_expand (config, home, error);
}

ArcConfig *
arc_settings_load (const ArcSettingsOptions *options, GStrv *sources, GError **error)
{
  static const ArcSettingsOptions no_options = { NULL, NULL };
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GStrvBuilder) read = g_strv_builder_new ();
  g_auto (GStrv) files = NULL;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (sources != NULL)
    *sources = NULL;
  if (options == NULL)
    options = &no_options;

  files = list_files (options);
  for (guint i = 0; files[i] != NULL; i++)
    if (!merge_file (config, files[i], options->config_file != NULL, read, error))
      return NULL;

  if (!merge_environment (config, error) ||
      !merge_command_line (config, options->directories, error) || !fill_in (config, error) ||
      !expand (config, error) || !arc_config_check (config, error))
    return NULL;

  if (sources != NULL)
    *sources = g_strv_builder_end (read);

  return g_steal_pointer (&config);
}

char *
arc_settings_get_state_directory (void)
{
  const char *variable = g_getenv ("STATE_DIRECTORY");

  if (variable != NULL && g_path_is_absolute (variable))
    return g_strndup (variable, strcspn (variable, ":"));

  return get_user_directory (g_get_user_state_dir (), ".local/state");
}
