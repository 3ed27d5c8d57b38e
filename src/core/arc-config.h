/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-machine.h"

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

/* The compiled defaults. */
ArcConfig *arc_config_new (void);
ArcConfig *arc_config_copy (const ArcConfig *config);
void arc_config_free (ArcConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcConfig, arc_config_free)

/* Lays the settings in LENGTH bytes at DATA over CONFIG; FILE is for the messages. FALSE and
 * ARC_ERROR_CONFIG, with "FILE:LINE:" first in the message and the group and key in it, on bad
 * syntax, an unknown group or key, or a value out of range; CONFIG is then unchanged. */
gboolean arc_config_merge_data (
    ArcConfig *config, const char *data, gsize length, const char *file, GError **error);

/* Lays one environment variable of the old script over CONFIG: ARCOLOGY_DIRECTORY,
 * DB_GENERATION_DEBOUNCE and DB_GENERATION_COOLDOWN (seconds, a fraction allowed). VALUE NULL or
 * empty changes nothing. */
gboolean
arc_config_merge_variable (ArcConfig *config, const char *name, const char *value, GError **error);

/* Settings that contradict each other (no directory, one directory inside another, DebounceLimit
 * below Debounce, the database inside the tree ...): ARC_ERROR_CONFIG with both keys in the
 * message. Paths must be expanded. */
gboolean arc_config_check (const ArcConfig *config, GError **error);

/* Turns `~/` at the start of every path into HOME (absolute) and cleans the paths up; a path that
 * is still relative is an error. */
gboolean arc_config_expand (ArcConfig *config, const char *home, GError **error);

/* "5s", "3min", "1h 30min", "250ms", "0", "90" (seconds) -> microseconds. The units of
 * systemd.time(7): us ms s min h d w and their long forms. FALSE on anything else, negative or
 * beyond a hundred years. */
gboolean arc_duration_parse (const char *text, gint64 *usec);

/* The shortest form that arc_duration_parse() reads back: "1h 30min". */
char *arc_duration_format (gint64 usec);

G_END_DECLS
