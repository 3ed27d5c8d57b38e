/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"

#include <glib.h>

/**
 * arc_config_expand:
 * @config: a configuration, whose paths start with `/` or `~/`
 * @home: the absolute path of the home directory
 *
 * Replaces `~/` at the start of each path and of the program of the command with @home, and puts
 * each path in its plain form, by its names alone.
 */
void arc_config_expand (ArcConfig *config, const char *home);

/**
 * arc_config_check:
 * @config: a configuration, after arc_config_expand()
 * @error: return location for an error
 *
 * Looks for settings that contradict each other: a directory twice or inside another, DebounceLimit
 * below Debounce, a database that would itself be watched. A setting whose text was refused is
 * compared with no other. The message of the error, %ARC_ERROR_CONFIG, has one line for each
 * contradiction, with the keys and, if it is known, the place of the first.
 *
 * Returns: %TRUE if there is none
 */
gboolean arc_config_check (const ArcConfig *config, GError **error);
