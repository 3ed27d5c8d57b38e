/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config-file.h"

#include "common/duration.h"
#include "common/error.h"
#include "common/quote.h"
#include "config/config-value.h"

#include <string.h>

/* One file can have a mistake in each line; a reader corrects as many before the next try. */
#define MAX_MISTAKES 50

#define BLANKS " \t"

/* The state of the parser. */
typedef struct
{
  ArcConfig *config;
  const char *file;  /* printable */
  guint line;        /* its number */
  const char *group; /* (nullable): the name in the table; NULL: none yet, or an unknown one */
  gboolean is_group_wrong; /* an error was set about the group, so that its keys need none */
  const ArcSetting *settings;
  guint *lines; /* where each setting was found; 0: nowhere */
  guint n_mistakes;
  GError *all;
} Reader;

/* The parts of a line; all are NULL in an empty one. */
typedef struct
{
  const char *group; /* with its brackets */
  char *key;
  const char *raw;
} Line;

static void
add_mistake (Reader *reader, GError *error)
{
  reader->n_mistakes++;
  if (reader->n_mistakes > MAX_MISTAKES)
    {
      g_error_free (error);
      return;
    }

  g_prefix_error (&error, "%s:%u: ", reader->file, reader->line);
  arc_error_join (&reader->all, error);
}

static gboolean
check_encoding (const char *text, gsize length, GError **error)
{
  const char *end;

  if (g_utf8_validate_len (text, length, &end))
    return TRUE;
  if (*end == '\0')
    return arc_error_set_config (
        error, "there is a NUL byte in this line: save the file as plain UTF-8 text");

  return arc_error_set_config (
      error,
      "byte 0x%02X is not UTF-8: save the file as UTF-8; a directory whose name is not "
      "UTF-8 can only be given with --directory or ARCOLOGY_DIRECTORY",
      (guchar) *end);
}

/* Splits TEXT, which has no blanks around it, into LINE; the rules are those of GKeyFile. */
static gboolean
parse_line (const char *text, Line *line, GError **error)
{
  const char *equals = strchr (text, '=');
  g_autofree char *quoted = NULL;

  if (*text == '\0' || *text == '#')
    return TRUE;
  if (*text == '[')
    {
      line->group = text;
      return TRUE;
    }
  if (*text != ';' && equals != NULL && equals != text)
    {
      line->key = g_strchomp (g_strndup (text, equals - text));
      line->raw = equals + 1 + strspn (equals + 1, BLANKS);
      return TRUE;
    }

  quoted = arc_quote (text);
  if (*text == ';')
    return arc_error_set_config (error, "%s: a comment begins with #", quoted);

  return arc_error_refuse (error, text, "is not a setting: write Key=Value, or # before a comment");
}

/* (transfer full): the keys of GROUP or, if it is NULL, all groups, separated by commas. */
static char *
list_names (const char *group)
{
  g_autoptr (GString) names = g_string_new (NULL);
  const char *last = "";
  guint n_settings;
  const ArcSetting *settings = arc_config_get_settings (&n_settings);

  for (guint i = 0; i < n_settings; i++)
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

/* (nullable): the name in the table of TEXT, a group in its brackets. */
static const char *
find_group (const char *text, GError **error)
{
  gsize length = strlen (text);
  g_autofree char *name = NULL;
  g_autofree char *quoted = NULL;
  g_autofree char *groups = NULL;
  const ArcSetting *setting = NULL;

  if (length >= 2 && text[length - 1] == ']')
    {
      name = g_strndup (text + 1, length - 2);
      setting = arc_config_find_setting (name, NULL);
    }
  if (setting != NULL)
    return setting->group;

  quoted = arc_quote (text);
  groups = list_names (NULL);
  if (name == NULL)
    arc_error_refuse (error, text, "does not end with ]: write a group alone on its line: %s",
                      groups);
  else
    arc_error_set_config (error, "there is no group %s: the groups are %s", quoted, groups);

  return NULL;
}

/* (nullable): the setting of KEY in GROUP. */
static const ArcSetting *
find_setting (const char *group, const char *key, GError **error)
{
  const ArcSetting *setting = arc_config_find_setting (group, key);
  const ArcSetting *elsewhere = arc_config_find_setting (NULL, key);
  g_autofree char *printable = NULL;
  g_autofree char *keys = NULL;

  if (setting != NULL)
    return setting;

  printable = arc_quote_printable (key, ARC_QUOTE_LENGTH, "");
  keys = list_names (group);
  if (elsewhere != NULL)
    arc_error_set_config (error, "[%s] %s: this key belongs in [%s]", group, printable,
                          elsewhere->group);
  else
    arc_error_set_config (error, "[%s] %s: there is no such key: the keys of this group are %s",
                          group, printable, keys);

  return NULL;
}

/* Sets SETTING, in LINES already if it is in the file twice. */
static gboolean
set_once (Reader *reader, const ArcSetting *setting, const char *raw, GError **error)
{
  guint *first = &reader->lines[setting - reader->settings];

  if (*first != 0)
    return arc_error_set_config (error,
                                 "[%s] %s: this key is in line %u already: take one of the two out",
                                 setting->group, setting->key, *first);

  *first = reader->line;
  if (arc_config_set (reader->config, setting, raw, error))
    return TRUE;

  g_prefix_error (error, "[%s] %s: ", setting->group, setting->key);

  return FALSE;
}

static void
read_setting (Reader *reader, const char *text, const Line *line)
{
  /* The setting of this key in any group, for a key in the wrong group. */
  const ArcSetting *meant = arc_config_find_setting (NULL, line->key);
  const ArcSetting *setting = NULL;
  g_autofree char *place = g_strdup_printf ("%s:%u", reader->file, reader->line);
  GError *error = NULL;
  gboolean is_right;

  if (reader->group == NULL && !reader->is_group_wrong)
    {
      g_autofree char *groups = list_names (NULL);

      arc_error_refuse (&error, text,
                        "stands before the first group: write the line of a group above it: %s",
                        groups);
      reader->is_group_wrong = TRUE;
    }
  else if (reader->group != NULL)
    {
      setting = find_setting (reader->group, line->key, &error);
    }

  is_right = setting != NULL && set_once (reader, setting, line->raw, &error);
  if (meant != NULL)
    arc_config_set_place (reader->config, meant, place, is_right);
  if (error != NULL)
    add_mistake (reader, error);
}

static void
read_group (Reader *reader, const char *text)
{
  GError *error = NULL;

  reader->group = find_group (text, &error);
  reader->is_group_wrong = error != NULL;
  if (error != NULL)
    add_mistake (reader, error);
}

/* Reads TEXT, one line of LENGTH bytes. */
static void
read_line (Reader *reader, const char *text, gsize length)
{
  g_autofree char *stripped = NULL;
  GError *error = NULL;
  Line line = { 0 };

  if (!check_encoding (text, length, &error))
    {
      add_mistake (reader, error);
      return;
    }

  if (length > 0 && text[length - 1] == '\r')
    length--;
  while (length > 0 && strchr (BLANKS, text[length - 1]) != NULL)
    length--;
  stripped = g_strndup (text, length);
  text = stripped + strspn (stripped, BLANKS);

  if (!parse_line (text, &line, &error))
    add_mistake (reader, error);
  else if (line.group != NULL)
    read_group (reader, line.group);
  else if (line.key != NULL)
    read_setting (reader, text, &line);
  g_free (line.key);
}

gboolean
arc_config_merge_data (
    ArcConfig *config, const char *data, gsize length, const char *file, GError **error)
{
  g_autofree char *printable = NULL;
  g_autofree guint *lines = NULL;
  Reader reader = { .config = config, .line = 1 };
  guint n_settings;
  const char *end;

  if (length == 0)
    return TRUE;

  reader.file = printable = arc_quote_printable (file, -1, "");
  reader.settings = arc_config_get_settings (&n_settings);
  reader.lines = lines = g_new0 (guint, n_settings);
  end = data + length;

  /* The byte order mark that some editors put in front of UTF-8. */
  if (length >= 3 && memcmp (data, "\xEF\xBB\xBF", 3) == 0)
    data += 3;

  for (; data < end; reader.line++)
    {
      const char *newline = memchr (data, '\n', end - data);
      gsize line_length = (newline != NULL ? newline : end) - data;

      read_line (&reader, data, line_length);
      data += line_length + (newline != NULL);
    }

  if (reader.n_mistakes > MAX_MISTAKES)
    arc_error_join (&reader.all, g_error_new (ARC_ERROR, ARC_ERROR_CONFIG, "%s: %u more mistakes",
                                              printable, reader.n_mistakes - MAX_MISTAKES));
  if (reader.all == NULL)
    return TRUE;

  g_propagate_error (error, reader.all);

  return FALSE;
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
  guint n_settings;
  const ArcSetting *settings = arc_config_get_settings (&n_settings);

  for (guint i = 0; i < n_settings; i++)
    write_setting (file, config, &settings[i]);

  return g_key_file_to_data (file, NULL, NULL);
}
