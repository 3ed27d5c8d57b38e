/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"

/**
 * arc_file_list_print:
 * @config: the settings
 * @error: return location for an error
 *
 * Prints the files that a full build gets, in no order, each followed by NUL. The watcher of the
 * service finds them, so that both lists are the same.
 *
 * Fails if a directory is unavailable, or if not all could be written.
 *
 * Returns: whether that succeeded
 */
gboolean arc_file_list_print (const ArcConfig *config, GError **error);
