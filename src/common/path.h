/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * arc_path_get_below:
 * @path: an absolute path in its plain form
 * @directory: another
 *
 * Gets the part of @path that is below @directory.
 *
 * Returns: (transfer none) (nullable): a part of @path, "" if both are the same, %NULL if @path is
 *   not below @directory
 */
const char *arc_path_get_below (const char *path, const char *directory);

/**
 * arc_path_join:
 * @directory: an absolute path, which ends with a slash only if it is the root directory
 * @name: a name in it
 *
 * Returns: (transfer full): the path
 */
char *arc_path_join (const char *directory, const char *name);

/**
 * arc_path_is_in_home:
 * @path: a path of the settings
 *
 * Returns: %TRUE if @path is `~` or starts with `~/`
 */
gboolean arc_path_is_in_home (const char *path);
