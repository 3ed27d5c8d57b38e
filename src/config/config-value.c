/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config-value.h"

#include "common/duration.h"
#include "common/error.h"
#include "common/path-filter.h"
#include "common/path.h"
#include "common/quote.h"

#include <string.h>

#define PERCENT (ARC_LOAD_SCALE / 100)

const ArcVariable arc_config_variables[] = {
  { "ARCOLOGY_DIRECTORY", "Directories" },
  { "DB_GENERATION_DEBOUNCE", "Debounce" },
  { "DB_GENERATION_COOLDOWN", "Cooldown" },
  { NULL, NULL },
};

/* Turns RAW, the text of SETTING, into VALUE, which is empty before. */
typedef gboolean (*ParseFunc) (const ArcSetting *setting,
                               const char *raw,
                               ArcSettingValue *value,
                               GError **error);

/* Checks that SETTING may have VALUE; RAW is its text, for the message. */
typedef gboolean (*CheckFunc) (const ArcSetting *setting,
                               const char *raw,
                               const ArcSettingValue *value,
                               GError **error);

/* The errors of these functions say what is wrong with the value and what would be right. Their
 * callers add the place of the value. */
static gboolean
check_path (const char *path, GError **error)
{
  if (g_path_is_absolute (path) || arc_path_is_in_home (path))
    return TRUE;

  return arc_error_refuse (
      error, path,
      "is not a whole path: write it from / or from ~/; variables and ~NAME are not "
      "known here");
}

/* RAW without the blanks around the separators: people write "a; b". A name that begins or ends
 * with a blank is written with \s. */
static char *
tighten_list (const char *raw)
{
  g_autoptr (GString) tight = g_string_new (NULL);
  gsize fixed = 0; /* the part before this stays: the character after a \ belongs to it */

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

  /* The error decides, not the result: for a \ that ends the line GLib 2.74 returns a string and
   * an error. */
  if (invalid == NULL)
    return g_steal_pointer (&list);

  arc_error_refuse (error, raw, "has a \\ where none can be: write \\\\ for one, \\s for a blank%s",
                    is_list ? ", \\; for a ;" : "; a line cannot be continued on the next");

  return NULL;
}

static gboolean
check_pattern (const ArcSetting *setting, const char *pattern, GError **error)
{
  const char *reason = arc_path_filter_check (pattern, strcmp (setting->key, "Include") == 0);
  g_autofree char *quoted = NULL;

  if (reason == NULL)
    return TRUE;

  quoted = arc_quote (pattern);

  return arc_error_set_config (error, "the pattern %s %s", quoted, reason);
}

static gboolean
parse_list (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  value->list = unescape (raw, TRUE, error);

  return value->list != NULL;
}

static gboolean
check_list (const ArcSetting *setting,
            const char *raw,
            const ArcSettingValue *value,
            GError **error)
{
  if (value->list[0] == NULL && setting->empty != NULL)
    return arc_error_set_config (error, "the list is empty, so %s", setting->empty);

  for (guint i = 0; value->list[i] != NULL; i++)
    {
      const char *entry = value->list[i];

      if (*entry == '\0')
        return arc_error_set_config (error, "entry %u of the list is empty: take out the extra ;",
                                     i + 1);
      if (setting->type == ARC_SETTING_PATHS ? !check_path (entry, error)
                                             : !check_pattern (setting, entry, error))
        return FALSE;
    }

  return TRUE;
}

/* Nothing after the = is NULL. */
static gboolean
parse_command (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  g_auto (GStrv) text = NULL;
  g_autoptr (GError) syntax = NULL;

  if (*raw == '\0')
    return TRUE;

  text = unescape (raw, FALSE, error);
  if (text == NULL)
    return FALSE;
  if (g_shell_parse_argv (text[0], NULL, &value->list, &syntax))
    return TRUE;

  /* GLib's message is translated, and repeats the whole line. */
  return arc_error_refuse (error, raw, "cannot be split into words as a shell would: %s",
                           g_error_matches (syntax, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)
                               ? "there is none"
                               : "a quote is not closed, or a backslash is last");
}

static gboolean
check_command (const ArcSetting *setting,
               const char *raw,
               const ArcSettingValue *value,
               GError **error)
{
  const char *program = value->list != NULL ? value->list[0] : NULL;

  if (program == NULL || (*program != '\0' && strchr (program, '/') == NULL) ||
      g_path_is_absolute (program) || arc_path_is_in_home (program))
    return TRUE;

  return arc_error_refuse (
      error, raw,
      "does not begin with a program: write its name, to be looked up in PATH, "
      "or its path from / or ~/");
}

/* Nothing after the = is NULL. */
static gboolean
parse_path (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  g_auto (GStrv) text = NULL;

  if (*raw == '\0')
    return TRUE;

  text = unescape (raw, FALSE, error);
  if (text == NULL)
    return FALSE;
  value->string = g_steal_pointer (&text[0]);

  return TRUE;
}

static gboolean
check_file (const ArcSetting *setting,
            const char *raw,
            const ArcSettingValue *value,
            GError **error)
{
  if (value->string == NULL)
    return TRUE;
  if (!check_path (value->string, error))
    return FALSE;
  if (!g_str_has_suffix (value->string, "/") && strcmp (value->string, "~") != 0)
    return TRUE;

  return arc_error_refuse (error, value->string, "is a directory: add the name of a file");
}

static const char *
get_comment_hint (const char *raw)
{
  return strchr (raw, '#') != NULL ? "; a comment needs a line of its own" : "";
}

static gboolean
parse_duration (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  /* systemd.time(7)'s word for a time that never ends; the value is 0 already. */
  if (setting->off && strcmp (raw, "infinity") == 0)
    return TRUE;
  if (arc_duration_parse (raw, &value->number))
    return TRUE;

  return arc_error_refuse (
      error, raw,
      "is not a duration: give numbers with units (us, ms, s, min, h, d, w), such as "
      "5s or 1h 30min%s",
      get_comment_hint (raw));
}

/* The range is checked here, too: GLib's parser refuses what does not fit. */
static gboolean
parse_count (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  guint64 count;

  if (g_ascii_string_to_unsigned (raw, 10, setting->minimum, setting->maximum, &count, NULL))
    {
      value->number = count;
      return TRUE;
    }

  return arc_error_refuse (error, raw,
                           "is not right: give a whole number from %" G_GINT64_FORMAT
                           " to %" G_GINT64_FORMAT,
                           setting->minimum, setting->maximum);
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
parse_load (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  if (parse_percentage (raw, &value->number))
    return TRUE;

  return arc_error_refuse (error, raw,
                           "is not a load: give a percentage of one processor with at most "
                           "two decimals, such as 3%% or 0.5%%, or 0 for no limit but "
                           "Cooldown%s",
                           get_comment_hint (raw));
}

/* Of a duration or a load. */
static gboolean
check_range (const ArcSetting *setting,
             const char *raw,
             const ArcSettingValue *value,
             GError **error)
{
  const gboolean is_load = setting->type == ARC_SETTING_LOAD;
  g_autofree char *minimum = NULL;
  g_autofree char *maximum = NULL;

  if ((setting->off && value->number == 0) ||
      (value->number >= setting->minimum && value->number <= setting->maximum))
    return TRUE;

  minimum =
      is_load ? arc_config_format_load (setting->minimum) : arc_duration_format (setting->minimum);
  maximum =
      is_load ? arc_config_format_load (setting->maximum) : arc_duration_format (setting->maximum);

  return arc_error_refuse (error, raw, "is out of range: give %s from %s to %s",
                           is_load        ? "0, or"
                           : setting->off ? "0 for none, or a duration"
                                          : "a duration",
                           minimum, maximum);
}

static gboolean
parse_word (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  g_autofree char *words = NULL;

  for (value->number = 0; setting->words[value->number] != NULL; value->number++)
    if (strcmp (setting->words[value->number], raw) == 0)
      return TRUE;

  words = g_strjoinv (", ", (GStrv) setting->words);

  return arc_error_refuse (error, raw, "is not one of: %s", words);
}

static const struct
{
  ParseFunc parse;
  CheckFunc check; /* (nullable): NULL: each parsed value is right */
  gboolean is_list;
} types[] = {
  [ARC_SETTING_PATHS] = { parse_list, check_list, TRUE },
  [ARC_SETTING_PATTERNS] = { parse_list, check_list, TRUE },
  [ARC_SETTING_COMMAND] = { parse_command, check_command, TRUE },
  [ARC_SETTING_PATH] = { parse_path, check_file, FALSE },
  [ARC_SETTING_DURATION] = { parse_duration, check_range, FALSE },
  [ARC_SETTING_COUNT] = { parse_count, NULL, FALSE },
  [ARC_SETTING_LOAD] = { parse_load, check_range, FALSE },
  [ARC_SETTING_WORD] = { parse_word, NULL, FALSE },
};

static gboolean
set_value (
    ArcConfig *config, const ArcSetting *setting, ParseFunc parse, const char *raw, GError **error)
{
  CheckFunc check = types[setting->type].check;
  ArcSettingValue value = { 0 };
  gboolean is_right =
      parse (setting, raw, &value, error) && (check == NULL || check (setting, raw, &value, error));

  if (is_right)
    arc_config_assign (config, setting, &value);
  else if (setting->type == ARC_SETTING_PATH)
    g_free (value.string);
  else if (types[setting->type].is_list)
    g_strfreev (value.list);

  return is_right;
}

gboolean
arc_config_set (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error)
{
  return set_value (config, setting, types[setting->type].parse, raw, error);
}

/* One path of any bytes, with no list and no escapes. */
static gboolean
parse_bytes (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  const char *const list[] = { raw, NULL };

  value->list = g_strdupv ((GStrv) list);

  return TRUE;
}

static gboolean
parse_seconds (const ArcSetting *setting, const char *raw, ArcSettingValue *value, GError **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (raw));

  if (stripped[strspn (stripped, G_CSET_DIGITS ".")] == '\0')
    return parse_duration (setting, stripped, value, error);

  return arc_error_refuse (error, raw,
                           "is not a number of seconds: give one such as 5 or 2.5, without a unit");
}

gboolean
arc_config_merge_variable (ArcConfig *config,
                           const ArcVariable *variable,
                           const char *value,
                           GError **error)
{
  const ArcSetting *setting = arc_config_find_setting (NULL, variable->key);
  gboolean is_right;

  if (value == NULL || *value == '\0')
    return TRUE;

  is_right =
      set_value (config, setting, setting->type == ARC_SETTING_PATHS ? parse_bytes : parse_seconds,
                 value, error);
  if (!is_right)
    g_prefix_error (error, "%s: ", variable->name);
  arc_config_set_place (config, setting, variable->name, is_right);

  /* The script that had this variable had no limit. */
  if (is_right && strcmp (variable->key, "Debounce") == 0)
    config->timing.debounce_limit = MAX (config->timing.debounce_limit, config->timing.debounce);

  return is_right;
}
