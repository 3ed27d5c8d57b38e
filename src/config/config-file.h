/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"

#include <glib.h>

/**
 * arc_config_merge_data:
 * @config: a configuration
 * @data: (array length=length): the bytes of a settings file
 * @length: the number of bytes
 * @file: the name of the file, for messages
 * @error: return location for an error
 *
 * Sets all settings of a file. On an error, %ARC_ERROR_CONFIG, the message has one line for each
 * mistake in the file (bad syntax, an unknown group or key, a key that is there twice, a value out
 * of range), with "FILE:LINE: " at its start, and the group and the key. After 50 of them a line
 * counts the rest. Settings that are right are set then, too; the others keep their values.
 *
 * Returns: %TRUE if the file has no mistake
 */
gboolean arc_config_merge_data (
    ArcConfig *config, const char *data, gsize length, const char *file, GError **error);

/**
 * arc_config_to_data:
 * @config: a configuration
 *
 * Formats all settings as a file that arc_config_merge_data() reads. (A path that is not UTF-8 is
 * written as it is, and refused when it is read.)
 *
 * Returns: (transfer full): the text of the file
 */
char *arc_config_to_data (const ArcConfig *config);
