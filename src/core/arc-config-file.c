/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-config-file.h"

#include "core/arc-duration.h"
#include "core/arc-error.h"
#include "core/arc-quote.h"

#include <string.h>

/* What a file has said so far. */
typedef struct
{
  ArcConfig *config;
  const char *group; /* (nullable): the name in the table */
  const ArcSetting *settings;
  guint *lines; /* where each setting was found; 0: nowhere */
} Reader;

static gboolean
read_group (Reader *reader, const char *text, GError **error)
{
  gsize length = strlen (text);
  g_autofree char *name = NULL;
  g_autofree char *quoted = arc_quote (text);
  g_autofree char *groups = arc_config_list_names (NULL);
  const ArcSetting *setting;

  if (length < 2 || text[length - 1] != ']')
    return arc_error_set_config (error,
                                 "%s does not end with ]: write a group alone on its line: %s",
                                 quoted, groups);

  name = g_strndup (text + 1, length - 2);
  setting = arc_config_find_setting (name, NULL);
  if (setting == NULL)
    return arc_error_set_config (error, "there is no group %s: the groups are %s", quoted, groups);

  reader->group = setting->group;

  return TRUE;
}

static gboolean
read_setting (Reader *reader, guint line, const char *key, const char *raw, GError **error)
{
  const ArcSetting *setting = arc_config_find_setting (reader->group, key);
  const ArcSetting *elsewhere = arc_config_find_setting (NULL, key);
  g_autofree char *printable = arc_quote_printable (key, ARC_QUOTE_LENGTH);

  if (setting == NULL && elsewhere != NULL)
    return arc_error_set_config (error, "[%s] %s: this key belongs in [%s]", reader->group,
                                 printable, elsewhere->group);
  if (setting == NULL)
    {
      g_autofree char *keys = arc_config_list_names (reader->group);

      return arc_error_set_config (error,
                                   "[%s] %s: there is no such key: the keys of this group are %s",
                                   reader->group, printable, keys);
    }
  if (reader->lines[setting - reader->settings] != 0)
    return arc_error_set_config (error,
                                 "[%s] %s: this key is in line %u already: take one of the two out",
                                 reader->group, printable,
                                 reader->lines[setting - reader->settings]);

  reader->lines[setting - reader->settings] = line;
  if (!arc_config_set (reader->config, setting, raw, error))
    {
      g_prefix_error (error, "[%s] %s: ", setting->group, setting->key);
      return FALSE;
    }

  return TRUE;
}

/* TEXT is one line of LENGTH bytes; the rules are those of GKeyFile. */
static gboolean
read_line (Reader *reader, guint line, const char *text, gsize length, GError **error)
{
  g_autofree char *stripped = NULL;
  g_autofree char *quoted = NULL;
  g_autofree char *key = NULL;
  const char *equals;

  if (length > 0 && text[length - 1] == '\r')
    length--;
  while (length > 0 && strchr (" \t", text[length - 1]) != NULL)
    length--;
  stripped = g_strndup (text, length);
  text = stripped + strspn (stripped, " \t");

  if (*text == '\0' || *text == '#')
    return TRUE;
  if (*text == '[')
    return read_group (reader, text, error);

  quoted = arc_quote (text);
  if (*text == ';')
    return arc_error_set_config (error, "%s: a comment begins with #", quoted);
  equals = strchr (text, '=');
  if (equals == NULL || equals == text)
    return arc_error_set_config (error,
                                 "%s is not a setting: write Key=Value, or # before a comment",
                                 quoted);
  if (reader->group == NULL)
    {
      g_autofree char *groups = arc_config_list_names (NULL);

      return arc_error_set_config (
          error, "%s stands before the first group: write the line of a group above it: %s", quoted,
          groups);
    }

  key = g_strchomp (g_strndup (text, equals - text));

  equals++;

  return read_setting (reader, line, key, equals + strspn (equals, " \t"), error);
}

static gboolean
check_encoding (const char *data, gsize length, const char **end, GError **error)
{
  if (g_utf8_validate_len (data, length, end))
    return TRUE;
  if (**end == '\0')
    return arc_error_set_config (
        error, "there is a NUL byte in this line: save the file as plain UTF-8 text");

  return arc_error_set_config (
      error,
      "byte 0x%02X is not UTF-8: save the file as UTF-8; a directory whose name is not "
      "UTF-8 can only be given with --directory or ARCOLOGY_DIRECTORY",
      (guchar) * *end);
}

static void
prefix_line (GError **error, const char *file, guint line)
{
  g_autofree char *printable = arc_quote_printable (file, -1);

  g_prefix_error (error, "%s:%u: ", printable, line);
}

gboolean
arc_config_merge_data (
    ArcConfig *config, const char *data, gsize length, const char *file, GError **error)
{
  g_autoptr (ArcConfig) next = NULL;
  g_autofree guint *lines = NULL;
  Reader reader = { 0 };
  guint n_settings;
  guint line = 1;
  const char *end, *bad;

  g_return_val_if_fail (config != NULL, FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);
  g_return_val_if_fail (file != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (length == 0)
    return TRUE;

  if (!check_encoding (data, length, &bad, error))
    {
      for (const char *p = data; p < bad; p++)
        line += *p == '\n';
      prefix_line (error, file, line);
      return FALSE;
    }

  next = arc_config_copy (config);
  reader.config = next;
  reader.settings = arc_config_get_settings (&n_settings);
  reader.lines = lines = g_new0 (guint, n_settings);
  end = data + length;

  /* The byte order mark that some editors put in front of UTF-8. */
  if (length >= 3 && memcmp (data, "\xEF\xBB\xBF", 3) == 0)
    data += 3;

  for (; data < end; line++)
    {
      const char *newline = memchr (data, '\n', end - data);
      gsize line_length = (newline != NULL ? newline : end) - data;

      if (!read_line (&reader, line, data, line_length, error))
        {
          prefix_line (error, file, line);
          return FALSE;
        }
      data += line_length + (newline != NULL);
    }

  arc_config_replace (config, g_steal_pointer (&next));

  return TRUE;
}

/* GLib escapes the blanks at the start of a string but not those at its end, which a reader drops.
 * Of several the last is enough: an escaped blank is no blank. */
static void
write_list (GKeyFile *file, const ArcSetting *setting, const char *const *list)
{
  g_autofree char *raw = NULL;
  g_autoptr (GString) text = NULL;

  g_key_file_set_string_list (file, setting->group, setting->key, list,
                              g_strv_length ((GStrv) list));
  raw = g_key_file_get_value (file, setting->group, setting->key, NULL);
  text = g_string_new (raw);
  g_string_replace (text, " ;", "\\s;", 0);
  g_string_replace (text, "\t;", "\\t;", 0);
  if (text->len > 0)
    g_string_truncate (text, text->len - 1);
  g_key_file_set_value (file, setting->group, setting->key, text->str);
}

static void
write_string (GKeyFile *file, const ArcSetting *setting, const char *string)
{
  g_autofree char *raw = NULL;
  g_autoptr (GString) text = NULL;

  g_key_file_set_string (file, setting->group, setting->key, string != NULL ? string : "");
  raw = g_key_file_get_value (file, setting->group, setting->key, NULL);
  text = g_string_new (raw);
  if (g_str_has_suffix (raw, " ") || g_str_has_suffix (raw, "\t"))
    {
      g_string_truncate (text, text->len - 1);
      g_string_append (text, g_str_has_suffix (raw, " ") ? "\\s" : "\\t");
    }
  g_key_file_set_value (file, setting->group, setting->key, text->str);
}

static char *
join_command (const char *const *argv)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; argv != NULL && argv[i] != NULL; i++)
    {
      const char *plain = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/._-+=:,@%";
      g_autofree char *quoted = g_shell_quote (argv[i]);
      gboolean is_plain = *argv[i] != '\0' && argv[i][strspn (argv[i], plain)] == '\0';

      g_string_append_printf (line, "%s%s", i > 0 ? " " : "", is_plain ? argv[i] : quoted);
    }

  return g_string_free (g_steal_pointer (&line), FALSE);
}

static void
write_setting (GKeyFile *file, const ArcConfig *config, const ArcSetting *setting)
{
  g_autofree char *text = NULL;
  gconstpointer member = G_STRUCT_MEMBER_P (config, setting->offset);

  switch (setting->type)
    {
    case ARC_SETTING_PATHS:
    case ARC_SETTING_PATTERNS:
      write_list (file, setting, (const char *const *) *(const GStrv *) member);
      return;
    case ARC_SETTING_COMMAND:
      text = join_command ((const char *const *) *(const GStrv *) member);
      write_string (file, setting, text);
      return;
    case ARC_SETTING_PATH:
      write_string (file, setting, *(char *const *) member);
      return;
    case ARC_SETTING_DURATION:
      text = arc_duration_format (*(const gint64 *) member);
      break;
    case ARC_SETTING_COUNT:
      text = g_strdup_printf ("%u", *(const guint *) member);
      break;
    case ARC_SETTING_LOAD:
      text = arc_config_format_load (*(const guint *) member);
      break;
    case ARC_SETTING_WORD:
      text = g_strdup (setting->words[*(const int *) member]);
      break;
    }

  g_key_file_set_value (file, setting->group, setting->key, text);
}

char *
arc_config_to_data (const ArcConfig *config)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  const ArcSetting *settings;
  guint n_settings;

  g_return_val_if_fail (config != NULL, NULL);

  settings = arc_config_get_settings (&n_settings);
  for (guint i = 0; i < n_settings; i++)
    write_setting (file, config, &settings[i]);

  return g_key_file_to_data (file, NULL, NULL);
}
