/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-config.h"

#include "core/arc-duration.h"
#include "core/arc-error.h"
#include "core/arc-filter.h"
#include "core/arc-quote.h"

#include <string.h>

#define WEEK    (7 * G_TIME_SPAN_DAY)
#define PERCENT (ARC_LOAD_SCALE / 100)

static const char *const default_directories[] = { "~/org", NULL };

static const char *const boolean_words[] = { [FALSE] = "false", [TRUE] = "true", NULL };
static const char *const anchor_words[] = { [FALSE] = "build", [TRUE] = "change", NULL };
static const char *const on_start_words[] = {
  [ARC_ON_START_ALWAYS] = "always",
  [ARC_ON_START_CHANGED] = "changed",
  [ARC_ON_START_NEVER] = "never",
  NULL,
};
static const char *const notify_words[] = {
  [ARC_NOTIFY_FAILURES] = "failures",
  [ARC_NOTIFY_ALWAYS] = "always",
  [ARC_NOTIFY_NEVER] = "never",
  NULL,
};
static const char *const power_saver_words[] = {
  [ARC_POWER_SAVER_HOLD] = "hold",
  [ARC_POWER_SAVER_IGNORE] = "ignore",
  NULL,
};

/* A word is stored as an int, whatever enumeration it belongs to. */
G_STATIC_ASSERT (sizeof (ArcOnStart) == sizeof (int));
G_STATIC_ASSERT (sizeof (ArcNotify) == sizeof (int));
G_STATIC_ASSERT (sizeof (ArcPowerSaver) == sizeof (int));
G_STATIC_ASSERT (sizeof (gboolean) == sizeof (int));

#define SETTING(group_, key_, type_, member_)                                                      \
  .group = group_, .key = key_, .type = ARC_SETTING_##type_,                                       \
  .offset = G_STRUCT_OFFSET (ArcConfig, member_)

static const ArcSetting settings[] = {
  { SETTING ("Tree", "Directories", PATHS, directories), .list = default_directories,
    .empty = "there is nothing to watch: name a directory" },
  { SETTING ("Tree", "Include", PATTERNS, include), .list = arc_filter_default_include,
    .empty = "no file would matter: name a pattern such as *.org" },
  { SETTING ("Tree", "Exclude", PATTERNS, exclude), .list = arc_filter_default_exclude },
  { SETTING ("Tree", "FollowSymlinks", WORD, follow_symlinks), .words = boolean_words },
  { SETTING ("Tree", "RescanInterval", DURATION, rescan_interval),
    .initial = 15 * G_TIME_SPAN_MINUTE, .minimum = G_TIME_SPAN_SECOND, .maximum = 4 * WEEK,
    .off = TRUE },

  { SETTING ("Build", "Command", COMMAND, command) },
  { SETTING ("Build", "Database", PATH, database) },
  { SETTING ("Build", "Timeout", DURATION, timeout), .initial = 30 * G_TIME_SPAN_MINUTE,
    .minimum = 100 * G_TIME_SPAN_MILLISECOND, .maximum = WEEK, .off = TRUE },
  { SETTING ("Build", "StopGrace", DURATION, stop_grace), .initial = 10 * G_TIME_SPAN_SECOND,
    .maximum = 10 * G_TIME_SPAN_MINUTE },
  { SETTING ("Build", "OnStart", WORD, on_start), .words = on_start_words,
    .initial = ARC_ON_START_CHANGED },

  { SETTING ("Timing", "Debounce", DURATION, timing.debounce), .initial = 5 * G_TIME_SPAN_SECOND,
    .maximum = G_TIME_SPAN_HOUR },
  { SETTING ("Timing", "DebounceLimit", DURATION, timing.debounce_limit),
    .initial = 60 * G_TIME_SPAN_SECOND, .maximum = G_TIME_SPAN_DAY },
  { SETTING ("Timing", "Cooldown", DURATION, timing.cooldown), .initial = 3 * G_TIME_SPAN_MINUTE,
    .maximum = WEEK },
  { SETTING ("Timing", "MaxLoad", LOAD, timing.max_load), .initial = 3 * PERCENT,
    .minimum = PERCENT / 10, .maximum = 100 * PERCENT, .off = TRUE },
  { SETTING ("Timing", "CooldownFrom", WORD, timing.cooldown_from_change), .words = anchor_words },
  { SETTING ("Timing", "RetryDelay", DURATION, timing.retry_delay), .initial = G_TIME_SPAN_MINUTE,
    .minimum = 100 * G_TIME_SPAN_MILLISECOND, .maximum = G_TIME_SPAN_DAY },
  { SETTING ("Timing", "RetryLimit", COUNT, timing.retry_limit), .initial = 3, .maximum = 100 },

  { SETTING ("Desktop", "Notify", WORD, notify), .words = notify_words },
  { SETTING ("Desktop", "PowerSaver", WORD, power_saver), .words = power_saver_words },
};

const char *const arc_config_variables[] = {
  "ARCOLOGY_DIRECTORY",
  "DB_GENERATION_DEBOUNCE",
  "DB_GENERATION_COOLDOWN",
  NULL,
};

static GStrv *
get_strv (const ArcConfig *config, const ArcSetting *setting)
{
  return G_STRUCT_MEMBER_P (config, setting->offset);
}

static char **
get_string (const ArcConfig *config, const ArcSetting *setting)
{
  return G_STRUCT_MEMBER_P (config, setting->offset);
}

static gint64 *
get_duration (const ArcConfig *config, const ArcSetting *setting)
{
  return G_STRUCT_MEMBER_P (config, setting->offset);
}

static guint *
get_count (const ArcConfig *config, const ArcSetting *setting)
{
  return G_STRUCT_MEMBER_P (config, setting->offset);
}

static int *
get_word (const ArcConfig *config, const ArcSetting *setting)
{
  return G_STRUCT_MEMBER_P (config, setting->offset);
}

const ArcSetting *
arc_config_get_settings (guint *n_settings)
{
  g_return_val_if_fail (n_settings != NULL, NULL);

  *n_settings = G_N_ELEMENTS (settings);

  return settings;
}

ArcConfig *
arc_config_new (void)
{
  ArcConfig *config = g_new0 (ArcConfig, 1);

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      const ArcSetting *setting = &settings[i];

      switch (setting->type)
        {
        case ARC_SETTING_PATHS:
        case ARC_SETTING_PATTERNS:
          *get_strv (config, setting) = g_strdupv ((GStrv) setting->list);
          break;
        case ARC_SETTING_COMMAND:
        case ARC_SETTING_PATH:
          break;
        case ARC_SETTING_DURATION:
          *get_duration (config, setting) = setting->initial;
          break;
        case ARC_SETTING_COUNT:
        case ARC_SETTING_LOAD:
          *get_count (config, setting) = setting->initial;
          break;
        case ARC_SETTING_WORD:
          *get_word (config, setting) = setting->initial;
          break;
        }
    }

  return config;
}

ArcConfig *
arc_config_copy (const ArcConfig *config)
{
  ArcConfig *copy;

  g_return_val_if_fail (config != NULL, NULL);

  copy = g_memdup2 (config, sizeof *config);
  copy->directories = g_strdupv (config->directories);
  copy->include = g_strdupv (config->include);
  copy->exclude = g_strdupv (config->exclude);
  copy->command = g_strdupv (config->command);
  copy->database = g_strdup (config->database);

  return copy;
}

static void
clear_config (ArcConfig *config)
{
  g_strfreev (config->directories);
  g_strfreev (config->include);
  g_strfreev (config->exclude);
  g_strfreev (config->command);
  g_free (config->database);
}

void
arc_config_free (ArcConfig *config)
{
  if (config == NULL)
    return;

  clear_config (config);
  g_free (config);
}

void
arc_config_replace (ArcConfig *config, ArcConfig *next)
{
  clear_config (config);
  *config = *next;
  g_free (next);
}

/* The errors of the functions that follow say what is wrong with the value and what would be right;
 * their callers put before it where the value stands. */
static gboolean
is_home_path (const char *path)
{
  return path[0] == '~' && (path[1] == '\0' || path[1] == '/');
}

static gboolean
check_path (const char *path, GError **error)
{
  g_autofree char *quoted = NULL;

  if (g_path_is_absolute (path) || is_home_path (path))
    return TRUE;

  quoted = arc_quote (path);

  return arc_error_set_config (
      error,
      "%s is not a whole path: write it from / or from ~/; variables and ~NAME are not "
      "known here",
      quoted);
}

/* RAW as it stands in the file, without the blanks around the separators: people write "a; b". A
 * name that does begin or end with a blank is written with \s. */
static char *
tighten_list (const char *raw)
{
  g_autoptr (GString) tight = g_string_new (NULL);
  gsize fixed = 0; /* up to here nothing is taken away: what follows a \ belongs to it */

  for (const char *p = raw + strspn (raw, " \t"); *p != '\0'; p++)
    {
      if (*p == '\\' && p[1] != '\0')
        {
          g_string_append_len (tight, p++, 2);
          fixed = tight->len;
        }
      else if (*p == ';')
        {
          while (tight->len > fixed && strchr (" \t", tight->str[tight->len - 1]) != NULL)
            g_string_truncate (tight, tight->len - 1);
          g_string_append_c (tight, ';');
          p += strspn (p + 1, " \t");
        }
      else
        {
          g_string_append_c (tight, *p);
        }
    }

  return g_string_free (g_steal_pointer (&tight), FALSE);
}

/* A string or, if IS_LIST, a list as GKeyFile reads it, with its escapes. A key file of one key:
 * what belongs to which line is found out here, and how a value is escaped is left to GLib. */
static GStrv
unescape (const char *raw, gboolean is_list, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) invalid = NULL;
  g_auto (GStrv) list = NULL;
  g_autofree char *quoted = NULL;

  if (is_list)
    {
      g_autofree char *tight = tighten_list (raw);

      g_key_file_set_value (file, "g", "k", tight);
      list = g_key_file_get_string_list (file, "g", "k", NULL, &invalid);
    }
  else
    {
      g_key_file_set_value (file, "g", "k", raw);
      list = g_new0 (char *, 2);
      list[0] = g_key_file_get_string (file, "g", "k", &invalid);
    }

  /* Not the result tells: for a \ that ends the line GLib 2.74 returns a string and an error. */
  if (invalid == NULL)
    return g_steal_pointer (&list);

  quoted = arc_quote (raw);
  arc_error_set_config (error,
                        "%s has a \\ where none can be: write \\\\ for one, \\s for a blank%s",
                        quoted,
                        is_list ? ", \\; for a ;" : "; a line cannot be continued on the next");

  return NULL;
}

static gboolean
check_pattern (const ArcSetting *setting, const char *pattern, GError **error)
{
  const char *reason = arc_filter_check (pattern, strcmp (setting->key, "Include") == 0);
  g_autofree char *quoted = NULL;

  if (reason == NULL)
    return TRUE;

  quoted = arc_quote (pattern);

  return arc_error_set_config (error, "the pattern %s %s", quoted, reason);
}

static gboolean
set_list (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  g_auto (GStrv) list = unescape (raw, TRUE, error);
  GStrv *member = get_strv (config, setting);

  if (list == NULL)
    return FALSE;

  if (list[0] == NULL && setting->empty != NULL)
    return arc_error_set_config (error, "the list is empty, so %s", setting->empty);

  for (guint i = 0; list[i] != NULL; i++)
    {
      if (*list[i] == '\0')
        return arc_error_set_config (error, "entry %u of the list is empty: take out the extra ;",
                                     i + 1);
      if (setting->type == ARC_SETTING_PATHS && !check_path (list[i], error))
        return FALSE;
      if (setting->type == ARC_SETTING_PATTERNS && !check_pattern (setting, list[i], error))
        return FALSE;
    }

  g_strfreev (*member);
  *member = g_steal_pointer (&list);

  return TRUE;
}

static gboolean
set_command (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  g_auto (GStrv) text = NULL;
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) syntax = NULL;
  g_autofree char *quoted = arc_quote (raw);

  if (*raw != '\0')
    {
      text = unescape (raw, FALSE, error);
      if (text == NULL)
        return FALSE;
      if (!g_shell_parse_argv (text[0], NULL, &argv, &syntax))
        /* Not GLib's words: they are translated, and repeat the whole line as it is. */
        return arc_error_set_config (error, "%s cannot be split into words as a shell would: %s",
                                     quoted,
                                     g_error_matches (syntax, G_SHELL_ERROR,
                                                      G_SHELL_ERROR_EMPTY_STRING)
                                         ? "there is none"
                                         : "a quote is not closed, or a backslash is last");
      if (*argv[0] == '\0' || (strchr (argv[0], '/') != NULL && !g_path_is_absolute (argv[0]) &&
                               !is_home_path (argv[0])))
        return arc_error_set_config (
            error,
            "%s does not begin with a program: write its name, to be looked up in PATH, "
            "or its path from / or ~/",
            quoted);
    }

  g_strfreev (config->command);
  config->command = g_steal_pointer (&argv);

  return TRUE;
}

static gboolean
set_path (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  g_auto (GStrv) text = NULL;
  char **member = get_string (config, setting);

  if (*raw != '\0')
    {
      text = unescape (raw, FALSE, error);
      if (text == NULL || !check_path (text[0], error))
        return FALSE;
      if (g_str_has_suffix (text[0], "/") || strcmp (text[0], "~") == 0)
        {
          g_autofree char *quoted = arc_quote (text[0]);

          return arc_error_set_config (error, "%s is a directory: add the name of a file", quoted);
        }
    }

  g_free (*member);
  *member = text != NULL ? g_steal_pointer (&text[0]) : NULL;

  return TRUE;
}

static char *
describe_range (const ArcSetting *setting)
{
  g_autofree char *minimum = arc_duration_format (setting->minimum);
  g_autofree char *maximum = arc_duration_format (setting->maximum);

  return g_strdup_printf ("give %sa duration from %s to %s", setting->off ? "0 for none, or " : "",
                          minimum, maximum);
}

static gboolean
set_duration (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  g_autofree char *quoted = arc_quote (raw);
  gint64 usec;

  /* systemd.time(7)'s word for a time that never ends. */
  if (setting->off && strcmp (raw, "infinity") == 0)
    usec = 0;
  else if (!arc_duration_parse (raw, &usec))
    return arc_error_set_config (
        error,
        "%s is not a duration: give numbers with units (us, ms, s, min, h, d, w), such as "
        "5s or 1h 30min%s",
        quoted, strchr (raw, '#') != NULL ? "; a comment needs a line of its own" : "");

  if ((usec < setting->minimum && !(setting->off && usec == 0)) || usec > setting->maximum)
    {
      g_autofree char *range = describe_range (setting);

      return arc_error_set_config (error, "%s is out of range: %s", quoted, range);
    }

  *get_duration (config, setting) = usec;

  return TRUE;
}

static gboolean
set_count (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  guint64 count;

  if (!g_ascii_string_to_unsigned (raw, 10, setting->minimum, setting->maximum, &count, NULL))
    {
      g_autofree char *quoted = arc_quote (raw);

      return arc_error_set_config (error,
                                   "%s is not right: give a whole number from %" G_GINT64_FORMAT
                                   " to %" G_GINT64_FORMAT,
                                   quoted, setting->minimum, setting->maximum);
    }

  *get_count (config, setting) = count;

  return TRUE;
}

char *
arc_config_format_load (guint load)
{
  const guint rest = load % PERCENT;

  if (load == 0)
    return g_strdup ("0");
  if (rest == 0)
    return g_strdup_printf ("%u%%", load / PERCENT);

  return rest % 10 == 0 ? g_strdup_printf ("%u.%u%%", load / PERCENT, rest / 10)
                        : g_strdup_printf ("%u.%02u%%", load / PERCENT, rest);
}

/* "3%", "0.25%", "0": a percentage with at most two decimals. */
static gboolean
parse_percentage (const char *raw, gint64 *load)
{
  const gsize whole = strspn (raw, G_CSET_DIGITS);
  const gsize decimals = raw[whole] == '.' ? strspn (raw + whole + 1, G_CSET_DIGITS) : 0;
  const char *end = raw + whole + (raw[whole] == '.') + decimals;

  /* Nine digits cannot overflow, and are out of range if they are not leading zeros. */
  if (whole == 0 || whole > 9 || decimals > 2 || (raw[whole] == '.' && decimals == 0))
    return FALSE;

  *load = g_ascii_strtoll (raw, NULL, 10) * PERCENT;
  if (decimals > 0)
    *load += g_ascii_digit_value (raw[whole + 1]) * PERCENT / 10;
  if (decimals > 1)
    *load += g_ascii_digit_value (raw[whole + 2]) * PERCENT / 100;

  end += strspn (end, " \t");

  return strcmp (end, "%") == 0 || (*end == '\0' && *load == 0);
}

static gboolean
set_load (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  gint64 load;

  if (!parse_percentage (raw, &load))
    {
      g_autofree char *quoted = arc_quote (raw);

      return arc_error_set_config (error,
                                   "%s is not a load: give a percentage of one processor with at "
                                   "most two decimals, such as 3%% or 0.5%%, or 0 for no limit "
                                   "but Cooldown%s",
                                   quoted,
                                   strchr (raw, '#') != NULL ? "; a comment needs a line of its own"
                                                             : "");
    }

  if (load != 0 && (load < setting->minimum || load > setting->maximum))
    {
      g_autofree char *quoted = arc_quote (raw);
      g_autofree char *minimum = arc_config_format_load (setting->minimum);
      g_autofree char *maximum = arc_config_format_load (setting->maximum);

      return arc_error_set_config (error, "%s is out of range: give 0, or from %s to %s", quoted,
                                   minimum, maximum);
    }

  *get_count (config, setting) = load;

  return TRUE;
}

static gboolean
set_word (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  g_autofree char *quoted = NULL;
  g_autofree char *words = NULL;

  for (int i = 0; setting->words[i] != NULL; i++)
    if (strcmp (setting->words[i], raw) == 0)
      {
        *get_word (config, setting) = i;

        return TRUE;
      }

  quoted = arc_quote (raw);
  words = g_strjoinv (", ", (GStrv) setting->words);

  return arc_error_set_config (error, "%s is not one of: %s", quoted, words);
}

gboolean
arc_config_set (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  switch (setting->type)
    {
    case ARC_SETTING_PATHS:
    case ARC_SETTING_PATTERNS:
      return set_list (config, setting, raw, error);
    case ARC_SETTING_COMMAND:
      return set_command (config, setting, raw, error);
    case ARC_SETTING_PATH:
      return set_path (config, setting, raw, error);
    case ARC_SETTING_DURATION:
      return set_duration (config, setting, raw, error);
    case ARC_SETTING_COUNT:
      return set_count (config, setting, raw, error);
    case ARC_SETTING_LOAD:
      return set_load (config, setting, raw, error);
    case ARC_SETTING_WORD:
      return set_word (config, setting, raw, error);
    }

  g_return_val_if_reached (FALSE);
}

const ArcSetting *
arc_config_find_setting (const char *group, const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    if ((group == NULL || strcmp (settings[i].group, group) == 0) &&
        (key == NULL || strcmp (settings[i].key, key) == 0))
      return &settings[i];

  return NULL;
}

char *
arc_config_list_names (const char *group)
{
  g_autoptr (GString) names = g_string_new (NULL);
  const char *last = "";

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      const char *comma = names->len > 0 ? ", " : "";

      if (group == NULL && strcmp (settings[i].group, last) != 0)
        g_string_append_printf (names, "%s[%s]", comma, settings[i].group);
      if (group != NULL && strcmp (settings[i].group, group) == 0)
        g_string_append_printf (names, "%s%s", comma, settings[i].key);
      last = settings[i].group;
    }

  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* The variable is one path and any bytes: it is taken as it is, with no list and no escapes. */
static gboolean
merge_directory (ArcConfig *config, const char *value, GError **error)
{
  if (!check_path (value, error))
    return FALSE;

  g_strfreev (config->directories);
  config->directories = g_new0 (char *, 2);
  config->directories[0] = g_strdup (value);

  return TRUE;
}

static gboolean
merge_seconds (ArcConfig *config, const char *key, const char *value, GError **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (value));

  if (stripped[strspn (stripped, G_CSET_DIGITS ".")] != '\0')
    {
      g_autofree char *quoted = arc_quote (value);

      return arc_error_set_config (
          error, "%s is not a number of seconds: give one such as 5 or 2.5, without a unit",
          quoted);
    }

  return set_duration (config, arc_config_find_setting ("Timing", key), stripped, error);
}

gboolean
arc_config_merge_variable (ArcConfig *config, const char *name, const char *value, GError **error)
{
  gboolean merged;

  g_return_val_if_fail (config != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (g_strv_contains (arc_config_variables, name), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (value == NULL || *value == '\0')
    return TRUE;

  if (strcmp (name, "ARCOLOGY_DIRECTORY") == 0)
    merged = merge_directory (config, value, error);
  else if (strcmp (name, "DB_GENERATION_DEBOUNCE") == 0)
    merged = merge_seconds (config, "Debounce", value, error);
  else
    merged = merge_seconds (config, "Cooldown", value, error);

  if (!merged)
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }

  if (strcmp (name, "DB_GENERATION_DEBOUNCE") == 0)
    config->timing.debounce_limit = MAX (config->timing.debounce_limit, config->timing.debounce);

  return TRUE;
}

/* PATH below DIRECTORY, without the slash between them; NULL if it is not below it. */
static const char *
get_path_below (const char *directory, const char *path)
{
  gsize length = strlen (directory);

  if (strncmp (directory, path, length) != 0)
    return NULL;
  if (length > 0 && directory[length - 1] == '/')
    return path[length] != '\0' ? path + length : NULL;

  return path[length] == '/' ? path + length + 1 : NULL;
}

static gboolean
check_directories (const ArcConfig *config, GError **error)
{
  GStrv directories = config->directories;

  for (guint i = 0; directories[i] != NULL; i++)
    for (guint j = 0; directories[j] != NULL; j++)
      {
        g_autofree char *outer = arc_quote (directories[i]);
        g_autofree char *inner = arc_quote (directories[j]);

        if (i < j && strcmp (directories[i], directories[j]) == 0)
          return arc_error_set_config (error,
                                       "[Tree] Directories: %s is in the list twice: take one out",
                                       outer);
        if (get_path_below (directories[i], directories[j]) != NULL)
          return arc_error_set_config (
              error,
              "[Tree] Directories: %s is inside %s, which is watched with all that is "
              "below it: take one out",
              inner, outer);
      }

  return TRUE;
}

/* A build that writes what it watches would never rest. SQLite puts its journals next to the
 * database, with these endings (sqlite.org/tempfiles.html). */
static gboolean
check_database (const ArcConfig *config, GError **error)
{
  static const char *const endings[] = { "", "-journal", "-wal", "-shm" };
  g_autoptr (ArcFilter) filter =
      arc_filter_new ((const char *const *) config->include, (const char *const *) config->exclude);
  g_autofree char *quoted = NULL;

  if (config->database == NULL)
    return TRUE;

  quoted = arc_quote (config->database);
  for (guint i = 0; config->directories[i] != NULL; i++)
    {
      const char *directory = config->directories[i];
      const char *below = get_path_below (directory, config->database);

      if (strcmp (directory, config->database) == 0 ||
          get_path_below (config->database, directory) != NULL)
        return arc_error_set_config (
            error,
            "[Build] Database: %s is a directory of [Tree] Directories, or above one: "
            "choose a file",
            quoted);

      for (guint j = 0; below != NULL && j < G_N_ELEMENTS (endings); j++)
        {
          g_autofree char *file = g_strconcat (below, endings[j], NULL);
          const char *rule = NULL;

          if (arc_filter_explain (filter, file, &rule))
            {
              g_autofree char *pattern = arc_quote (rule);

              return arc_error_set_config (
                  error,
                  "[Build] Database: %s is in a directory of [Tree] Directories, and %s "
                  "of [Tree] Include matches it or its journal, so each build would ask "
                  "for the next: move it or add it to [Tree] Exclude",
                  quoted, pattern);
            }
        }
    }

  return TRUE;
}

gboolean
arc_config_check (const ArcConfig *config, GError **error)
{
  g_return_val_if_fail (config != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (config->timing.debounce_limit < config->timing.debounce)
    {
      g_autofree char *limit = arc_duration_format (config->timing.debounce_limit);
      g_autofree char *debounce = arc_duration_format (config->timing.debounce);

      return arc_error_set_config (
          error,
          "[Timing] DebounceLimit: %s is shorter than [Timing] Debounce, %s: make it at "
          "least as long",
          limit, debounce);
    }

  return check_directories (config, error) && check_database (config, error);
}

/* (owned); NULL and an error if PATH is relative. */
static char *
expand_path (const char *path, const char *home, GError **error)
{
  g_autofree char *whole = NULL;
  g_autofree char *canonical = NULL;

  if (!check_path (path, error))
    return NULL;

  whole = is_home_path (path) ? g_build_filename (home, path + 1, NULL) : g_strdup (path);
  canonical = g_canonicalize_filename (whole, "/");

  /* GLib keeps two slashes at the start, which POSIX leaves to each system; on Linux they are one.
   */
  return g_strdup (g_str_has_prefix (canonical, "//") ? canonical + 1 : canonical);
}

static gboolean
expand_member (char **member, const ArcSetting *setting, const char *home, GError **error)
{
  char *expanded = expand_path (*member, home, error);

  if (expanded == NULL)
    {
      g_prefix_error (error, "[%s] %s: ", setting->group, setting->key);
      return FALSE;
    }

  g_free (*member);
  *member = expanded;

  return TRUE;
}

gboolean
arc_config_expand (ArcConfig *config, const char *home, GError **error)
{
  g_autoptr (ArcConfig) next = NULL;

  g_return_val_if_fail (config != NULL, FALSE);
  g_return_val_if_fail (home != NULL && g_path_is_absolute (home), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  next = arc_config_copy (config);

  for (guint i = 0; next->directories != NULL && next->directories[i] != NULL; i++)
    if (!expand_member (&next->directories[i], arc_config_find_setting ("Tree", "Directories"),
                        home, error))
      return FALSE;
  if (next->database != NULL &&
      !expand_member (&next->database, arc_config_find_setting ("Build", "Database"), home, error))
    return FALSE;
  /* The other words of the command are the program's own business. */
  if (next->command != NULL && is_home_path (next->command[0]) &&
      !expand_member (&next->command[0], arc_config_find_setting ("Build", "Command"), home, error))
    return FALSE;

  arc_config_replace (config, g_steal_pointer (&next));

  return TRUE;
}
