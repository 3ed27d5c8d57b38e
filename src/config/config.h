/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/timing.h"

#include <glib.h>

typedef enum
{
  ARC_ON_START_ALWAYS,  /* a full build at each start */
  ARC_ON_START_CHANGED, /* a build only if something changed while the service was down */
  ARC_ON_START_NEVER,   /* no build before the first touch */
} ArcOnStart;

typedef enum
{
  ARC_NOTIFY_FAILURES,
  ARC_NOTIFY_ALWAYS,
  ARC_NOTIFY_NEVER,
} ArcNotify;

typedef enum
{
  ARC_POWER_SAVER_HOLD,
  ARC_POWER_SAVER_IGNORE,
} ArcPowerSaver;

/**
 * ArcConfig:
 *
 * Every setting, with the value in force. Durations are microseconds. Paths may still start with
 * `~/`: only arc_config_expand() asks where home is.
 */
typedef struct
{
  /* [Tree] */
  GStrv directories;
  GStrv include;
  GStrv exclude;
  gboolean follow_symlinks;
  gint64 rescan_interval; /* 0: never */

  /* [Build] */
  GStrv command;  /* argv; (nullable): the built-in one */
  char *database; /* (nullable): the default in the data directory */
  gint64 timeout; /* 0: none */
  gint64 stop_grace;
  GStrv after_build;          /* argv; (nullable): none */
  gint64 after_build_timeout; /* 0: none */
  ArcOnStart on_start;

  /* [Timing] */
  ArcTiming timing;

  /* [Desktop] */
  ArcNotify notify;
  ArcPowerSaver power_saver;

  /*< private >*/
  char **places;   /* of each setting: where it was set last, or NULL */
  guint64 unknown; /* a bit of each setting: its text was refused */
} ArcConfig;

/* How a setting is written, and the type of its member in ArcConfig. */
typedef enum
{
  ARC_SETTING_PATHS,    /* GStrv: a list; each starts with `/` or `~/` */
  ARC_SETTING_PATTERNS, /* GStrv: a list */
  ARC_SETTING_COMMAND,  /* GStrv: a line for g_shell_parse_argv(); nothing after `=` is NULL */
  ARC_SETTING_PATH,     /* char *: a file; nothing after `=` is NULL */
  ARC_SETTING_DURATION, /* gint64 */
  ARC_SETTING_COUNT,    /* guint */
  ARC_SETTING_LOAD,     /* guint, in parts of ARC_LOAD_SCALE: a percentage of one processor */
  ARC_SETTING_WORD,     /* an enumeration or gboolean */
} ArcSettingType;

/**
 * ArcSetting:
 * @group: its group in the file
 * @key: its key there
 * @type: how it is written
 * @offset: its member of ArcConfig
 * @list: (nullable): the default of paths and patterns
 * @empty: (nullable): why a list must not be empty, for a message
 * @words: (nullable): the values of a word, in the order of the enumeration
 * @initial: the default of durations (microseconds), counts, loads and words
 * @minimum: the least duration, count or load
 * @maximum: the greatest
 * @off: whether 0 is allowed below the minimum, and means that there is none
 *
 * All there is to know about one setting.
 */
typedef struct
{
  const char *group;
  const char *key;
  ArcSettingType type;
  gsize offset;
  const char *const *list;
  const char *empty;
  const char *const *words;
  gint64 initial;
  gint64 minimum;
  gint64 maximum;
  gboolean off;
} ArcSetting;

/**
 * ArcSettingValue:
 * @list: of paths, patterns and commands
 * @string: of a path
 * @number: of everything else
 *
 * The value of a setting before it is assigned to its member of #ArcConfig.
 */
typedef union
{
  GStrv list;
  char *string;
  gint64 number;
} ArcSettingValue;

/**
 * arc_config_get_settings:
 * @n_settings: (out): the number of settings
 *
 * Returns: (transfer none) (array length=n_settings): the settings
 */
const ArcSetting *arc_config_get_settings (guint *n_settings);

/**
 * arc_config_find_setting:
 * @group: (nullable): the group, or %NULL for any
 * @key: (nullable): the key, or %NULL for any
 *
 * Returns: (transfer none) (nullable): the first setting that matches, or %NULL if there is none
 */
const ArcSetting *arc_config_find_setting (const char *group, const char *key);

/**
 * arc_config_new:
 *
 * Returns: (transfer full): a configuration of the compiled defaults
 */
ArcConfig *arc_config_new (void);

/**
 * arc_config_copy:
 * @config: a configuration
 *
 * Returns: (transfer full): the copy
 */
ArcConfig *arc_config_copy (const ArcConfig *config);

/**
 * arc_config_free:
 * @config: (nullable) (transfer full): a configuration
 */
void arc_config_free (ArcConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcConfig, arc_config_free)

/**
 * arc_config_assign:
 * @config: a configuration
 * @setting: a setting
 * @value: a value that is right for @setting; its list or string is moved
 *
 * Sets the member of @setting to @value, without a check.
 */
void arc_config_assign (ArcConfig *config, const ArcSetting *setting, ArcSettingValue *value);

/**
 * arc_config_set_place:
 * @config: a configuration
 * @setting: a setting
 * @place: the file and line, or the variable, that sets @setting
 * @is_known: whether the text there was accepted
 *
 * Records where @setting was set. A setting whose text was refused keeps its former value;
 * arc_config_check() compares it with no other.
 */
void arc_config_set_place (ArcConfig *config,
                           const ArcSetting *setting,
                           const char *place,
                           gboolean is_known);

/**
 * arc_config_get_place:
 * @config: a configuration
 * @setting: a setting
 * @is_known: (out) (optional): %FALSE if the text there was refused
 *
 * Returns: (transfer none) (nullable): the place that arc_config_set_place() recorded last, or
 * %NULL for a default
 */
const char *
arc_config_get_place (const ArcConfig *config, const ArcSetting *setting, gboolean *is_known);
