/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-timing.h"

#include <glib.h>

G_BEGIN_DECLS

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
  ArcOnStart on_start;

  /* [Timing] */
  ArcTiming timing;

  /* [Desktop] */
  ArcNotify notify;
  ArcPowerSaver power_saver;
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

/* Every setting, group by group; N_SETTINGS gets how many. */
const ArcSetting *arc_config_get_settings (guint *n_settings);

/* The environment variables that arc_config_merge_variable() knows; NULL-terminated. */
extern const char *const arc_config_variables[];

/* The compiled defaults. */
ArcConfig *arc_config_new (void);
ArcConfig *arc_config_copy (const ArcConfig *config);
void arc_config_free (ArcConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcConfig, arc_config_free)

/* (nullable): the first setting in GROUP and of the name KEY; NULL for either: any. */
const ArcSetting *arc_config_find_setting (const char *group, const char *key);

/* (transfer full): the keys of GROUP or, if that is NULL, the groups, for a message. */
char *arc_config_list_names (const char *group);

/* Sets SETTING to what RAW, the text after the `=` in a file, says. FALSE and ARC_ERROR_CONFIG, and
 * CONFIG unchanged, if that is wrong; the message says what would be right, and not where it
 * stands. */
gboolean
arc_config_set (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error);

/* (transfer full): LOAD, in parts of ARC_LOAD_SCALE, as arc_config_set() reads it: "3%", "0.25%",
 * "0". */
char *arc_config_format_load (guint load);

/* Gives CONFIG all that NEXT holds. */
void arc_config_replace (ArcConfig *config, ArcConfig *next /* (transfer full) */);

/* Lays one environment variable of the old script over CONFIG: ARCOLOGY_DIRECTORY (one directory,
 * any bytes), DB_GENERATION_DEBOUNCE and DB_GENERATION_COOLDOWN (seconds, a fraction allowed).
 * VALUE NULL or empty changes nothing. The script knew no DebounceLimit: a longer debounce raises
 * it. FALSE and ARC_ERROR_CONFIG, with "NAME: " first in the message, if VALUE is wrong; CONFIG is
 * then unchanged. */
gboolean
arc_config_merge_variable (ArcConfig *config, const char *name, const char *value, GError **error);

/* Settings that contradict each other: a directory twice or inside another, DebounceLimit below
 * Debounce, a database that would itself be watched: ARC_ERROR_CONFIG with the keys in the message.
 * Paths must be expanded. */
gboolean arc_config_check (const ArcConfig *config, GError **error);

/* Turns `~/` at the start of every path and of the program of the command into HOME (absolute), and
 * cleans the paths up, by their names alone; ARC_ERROR_CONFIG, and CONFIG unchanged, if a path is
 * still relative. */
gboolean arc_config_expand (ArcConfig *config, const char *home, GError **error);

G_END_DECLS
