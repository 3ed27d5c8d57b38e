/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"

#include <glib.h>

/**
 * ArcVariable:
 * @name: an environment variable of the script that the service replaces
 * @key: the key of the setting that it sets
 *
 * An environment variable that arc_config_merge_variable() knows.
 */
typedef struct
{
  const char *name;
  const char *key;
} ArcVariable;

/* All of them; the last has no name. */
extern const ArcVariable arc_config_variables[];

/**
 * arc_config_set:
 * @config: a configuration
 * @setting: a setting
 * @raw: the text after the `=` in a file
 * @error: return location for an error
 *
 * Parses and checks @raw, and sets @setting to it. On an error, %ARC_ERROR_CONFIG, @config is
 * unchanged; the message says what would be right, and not where the text stands.
 *
 * Returns: %TRUE on success
 */
gboolean
arc_config_set (ArcConfig *config, const ArcSetting *setting, const char *raw, GError **error);

/**
 * arc_config_format_load:
 * @load: a load in parts of %ARC_LOAD_SCALE
 *
 * Formats a load in the form that arc_config_set() parses: "3%", "0.25%", "0".
 *
 * Returns: (transfer full): the text
 */
char *arc_config_format_load (guint load);

/**
 * arc_config_merge_variable:
 * @config: a configuration
 * @variable: one of arc_config_variables
 * @value: (nullable): its value; %NULL and "" change nothing
 * @error: return location for an error
 *
 * Sets a setting to the value of an environment variable: a directory is one path of any bytes, a
 * duration a number of seconds with an optional fraction. A debounce that is longer than
 * DebounceLimit raises the limit, which the script did not have. On an error, %ARC_ERROR_CONFIG,
 * all values of @config are unchanged; the message starts with the name.
 *
 * Returns: %TRUE on success
 */
gboolean arc_config_merge_variable (ArcConfig *config,
                                    const ArcVariable *variable,
                                    const char *value,
                                    GError **error);
