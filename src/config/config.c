/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config.h"

#include "common/path-filter.h"

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
  { SETTING ("Tree", "Include", PATTERNS, include), .list = arc_path_filter_default_include,
    .empty = "no file would matter: name a pattern such as *.org" },
  { SETTING ("Tree", "Exclude", PATTERNS, exclude), .list = arc_path_filter_default_exclude },
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
  { SETTING ("Build", "AfterBuild", COMMAND, after_build) },
  { SETTING ("Build", "AfterBuildTimeout", DURATION, after_build_timeout),
    .initial = 10 * G_TIME_SPAN_MINUTE, .minimum = 100 * G_TIME_SPAN_MILLISECOND, .maximum = WEEK,
    .off = TRUE },
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

/* The type of a setting's member of ArcConfig. */
typedef enum
{
  STORED_LIST,     /* GStrv */
  STORED_STRING,   /* char * */
  STORED_DURATION, /* gint64 */
  STORED_COUNT,    /* guint */
  STORED_WORD,     /* int */
} Storage;

static const Storage storages[] = {
  [ARC_SETTING_PATHS] = STORED_LIST,        [ARC_SETTING_PATTERNS] = STORED_LIST,
  [ARC_SETTING_COMMAND] = STORED_LIST,      [ARC_SETTING_PATH] = STORED_STRING,
  [ARC_SETTING_DURATION] = STORED_DURATION, [ARC_SETTING_COUNT] = STORED_COUNT,
  [ARC_SETTING_LOAD] = STORED_COUNT,        [ARC_SETTING_WORD] = STORED_WORD,
};

/* One bit of ArcConfig.unknown for each. */
G_STATIC_ASSERT (G_N_ELEMENTS (settings) <= 64);

const ArcSetting *
arc_config_get_settings (guint *n_settings)
{
  *n_settings = G_N_ELEMENTS (settings);

  return settings;
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

void
arc_config_assign (ArcConfig *config, const ArcSetting *setting, ArcSettingValue *value)
{
  gpointer member = G_STRUCT_MEMBER_P (config, setting->offset);

  switch (storages[setting->type])
    {
    case STORED_LIST:
      g_strfreev (*(GStrv *) member);
      *(GStrv *) member = g_steal_pointer (&value->list);
      break;
    case STORED_STRING:
      g_free (*(char **) member);
      *(char **) member = g_steal_pointer (&value->string);
      break;
    case STORED_DURATION:
      *(gint64 *) member = value->number;
      break;
    case STORED_COUNT:
      *(guint *) member = value->number;
      break;
    case STORED_WORD:
      *(int *) member = value->number;
      break;
    }
}

ArcConfig *
arc_config_new (void)
{
  ArcConfig *config = g_new0 (ArcConfig, 1);

  config->places = g_new0 (char *, G_N_ELEMENTS (settings));
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      ArcSettingValue value = { 0 };

      if (storages[settings[i].type] == STORED_LIST)
        value.list = g_strdupv ((GStrv) settings[i].list);
      else if (storages[settings[i].type] != STORED_STRING)
        value.number = settings[i].initial;
      arc_config_assign (config, &settings[i], &value);
    }

  return config;
}

ArcConfig *
arc_config_copy (const ArcConfig *config)
{
  ArcConfig *copy;

  copy = g_memdup2 (config, sizeof *config);
  copy->places = g_new0 (char *, G_N_ELEMENTS (settings));
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      gpointer member = G_STRUCT_MEMBER_P (copy, settings[i].offset);

      copy->places[i] = g_strdup (config->places[i]);
      if (storages[settings[i].type] == STORED_LIST)
        *(GStrv *) member = g_strdupv (*(GStrv *) member);
      else if (storages[settings[i].type] == STORED_STRING)
        *(char **) member = g_strdup (*(char **) member);
    }

  return copy;
}

void
arc_config_free (ArcConfig *config)
{
  if (config == NULL)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      ArcSettingValue nothing = { 0 };

      arc_config_assign (config, &settings[i], &nothing);
      g_free (config->places[i]);
    }
  g_free (config->places);
  g_free (config);
}

void
arc_config_set_place (ArcConfig *config,
                      const ArcSetting *setting,
                      const char *place,
                      gboolean is_known)
{
  const guint i = setting - settings;

  g_free (config->places[i]);
  config->places[i] = g_strdup (place);
  if (is_known)
    config->unknown &= ~(G_GUINT64_CONSTANT (1) << i);
  else
    config->unknown |= G_GUINT64_CONSTANT (1) << i;
}

const char *
arc_config_get_place (const ArcConfig *config, const ArcSetting *setting, gboolean *is_known)
{
  const guint i = setting - settings;

  if (is_known != NULL)
    *is_known = (config->unknown >> i & 1) == 0;

  return config->places[i];
}
