/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config-check.h"

#include "common/duration.h"
#include "common/error.h"
#include "common/path-filter.h"
#include "common/path.h"
#include "common/quote.h"

#include <string.h>

static gboolean
is_known (const ArcConfig *config, const char *key)
{
  gboolean known;

  arc_config_get_place (config, arc_config_find_setting (NULL, key), &known);

  return known;
}

static void
add_contradiction (GError **all, const ArcConfig *config, const char *key, const char *message)
{
  const ArcSetting *setting = arc_config_find_setting (NULL, key);
  const char *place = arc_config_get_place (config, setting, NULL);
  g_autofree char *line = g_strdup_printf ("%s%s[%s] %s: %s", place != NULL ? place : "",
                                           place != NULL ? ": " : "", setting->group, key, message);

  arc_error_join (all, g_error_new_literal (ARC_ERROR, ARC_ERROR_CONFIG, line));
}

static void
check_debounce (const ArcConfig *config, GError **all)
{
  g_autofree char *limit = NULL;
  g_autofree char *debounce = NULL;
  g_autofree char *message = NULL;

  if (config->timing.debounce_limit >= config->timing.debounce)
    return;

  limit = arc_duration_format (config->timing.debounce_limit);
  debounce = arc_duration_format (config->timing.debounce);
  message = g_strdup_printf ("%s is shorter than [Timing] Debounce, %s: make it at least as long",
                             limit, debounce);
  add_contradiction (all, config, "DebounceLimit", message);
}

/* (transfer full) (nullable): what is wrong with having both directories; INNER comes after OUTER
 * in the list if IS_LATER. */
static char *
compare_directories (const char *outer, const char *inner, gboolean is_later)
{
  const char *below = arc_path_get_below (inner, outer);
  g_autofree char *quoted_outer = NULL;
  g_autofree char *quoted_inner = NULL;

  if (below == NULL || (*below == '\0' && !is_later))
    return NULL;

  quoted_outer = arc_quote (outer);
  quoted_inner = arc_quote (inner);
  if (*below == '\0')
    return g_strdup_printf ("%s is in the list twice: take one out", quoted_outer);

  return g_strdup_printf (
      "%s is inside %s, which is watched with all that is below it: take one out", quoted_inner,
      quoted_outer);
}

static void
check_directories (const ArcConfig *config, GError **all)
{
  GStrv directories = config->directories;

  for (guint i = 0; directories[i] != NULL; i++)
    for (guint j = 0; directories[j] != NULL; j++)
      {
        g_autofree char *message =
            i != j ? compare_directories (directories[i], directories[j], i < j) : NULL;

        if (message != NULL)
          add_contradiction (all, config, "Directories", message);
      }
}

/* The rule of FILTER, for a message, by which a build that writes the database BELOW a watched
 * directory would ask for the next; SQLite puts its journals next to the database, with these
 * endings (sqlite.org/tempfiles.html). (transfer full) (nullable) */
static char *
find_rule (const ArcPathFilter *filter, const char *below)
{
  static const char *const endings[] = { "", "-journal", "-wal", "-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *file = g_strconcat (below, endings[i], NULL);
      const char *rule = NULL;

      if (arc_path_filter_explain (filter, file, &rule))
        return arc_quote (rule);
    }

  return NULL;
}

static void
check_database (const ArcConfig *config, GError **all)
{
  g_autoptr (ArcPathFilter) filter = arc_path_filter_new ((const char *const *) config->include,
                                                          (const char *const *) config->exclude);
  g_autofree char *quoted = NULL;

  if (config->database == NULL)
    return;

  quoted = arc_quote (config->database);
  for (guint i = 0; config->directories[i] != NULL; i++)
    {
      const char *directory = config->directories[i];
      const char *below = arc_path_get_below (config->database, directory);
      g_autofree char *rule = below != NULL ? find_rule (filter, below) : NULL;
      g_autofree char *message = NULL;

      if (arc_path_get_below (directory, config->database) != NULL)
        message =
            g_strdup_printf ("%s is a directory of [Tree] Directories, or above one: choose a file",
                             quoted);
      else if (rule != NULL)
        message = g_strdup_printf (
            "%s is in a directory of [Tree] Directories, and %s of [Tree] Include matches it or "
            "its journal, so each build would ask for the next: move it or add it to [Tree] "
            "Exclude",
            quoted, rule);
      if (message != NULL)
        add_contradiction (all, config, "Database", message);
    }
}

gboolean
arc_config_check (const ArcConfig *config, GError **error)
{
  GError *all = NULL;

  if (is_known (config, "DebounceLimit") && is_known (config, "Debounce"))
    check_debounce (config, &all);
  if (is_known (config, "Directories"))
    check_directories (config, &all);
  if (is_known (config, "Directories") && is_known (config, "Database") &&
      is_known (config, "Include") && is_known (config, "Exclude"))
    check_database (config, &all);

  if (all == NULL)
    return TRUE;

  g_propagate_error (error, all);

  return FALSE;
}

static void
expand_path (char **path, const char *home)
{
  g_autofree char *whole =
      arc_path_is_in_home (*path) ? g_build_filename (home, *path + 1, NULL) : g_strdup (*path);
  g_autofree char *canonical = g_canonicalize_filename (whole, "/");

  /* GLib keeps two slashes at the start, which POSIX leaves to each system; on Linux they are one.
   */
  g_free (*path);
  *path = g_strdup (g_str_has_prefix (canonical, "//") ? canonical + 1 : canonical);
}

void
arc_config_expand (ArcConfig *config, const char *home)
{
  g_return_if_fail (g_path_is_absolute (home));

  for (char **directory = config->directories; *directory != NULL; directory++)
    expand_path (directory, home);
  if (config->database != NULL)
    expand_path (&config->database, home);
  /* The program may be a name that is looked up in PATH. The other words are passed on
   * unchanged. */
  if (config->command != NULL && arc_path_is_in_home (config->command[0]))
    expand_path (&config->command[0], home);
  if (config->after_build != NULL && arc_path_is_in_home (config->after_build[0]))
    expand_path (&config->after_build[0], home);
}
