/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/* The logs of the builds in DIRECTORY: logs/ID.log for build ID, from 1. */

/* How many are kept. */
#define ARC_BUILD_LOG_DIR_MAX 50

/**
 * arc_build_log_dir_get_path:
 * @directory: the state directory
 * @id: the number of a build
 *
 * Returns: (transfer full): the path of the log of a build, whether it exists or not
 */
char *arc_build_log_dir_get_path (const char *directory, guint64 id);

/**
 * arc_build_log_dir_list:
 * @directory: the state directory
 *
 * Returns: (transfer full) (element-type guint64): the builds that have a log, the newest first
 */
GArray *arc_build_log_dir_list (const char *directory);

/**
 * arc_build_log_dir_make:
 * @directory: the state directory
 * @id: the number of a build
 * @error: return location for an error
 *
 * Makes @directory private and makes the log of a build in it, empty or as it is. Older logs than
 * %ARC_BUILD_LOG_DIR_MAX allows are removed. The error is %ARC_ERROR_STATE_DIRECTORY.
 *
 * Returns: (transfer full) (nullable): the path of the log, or %NULL on an error
 */
char *arc_build_log_dir_make (const char *directory, guint64 id, GError **error);

/**
 * arc_build_log_dir_open:
 * @directory: the state directory
 * @id: the number of a build
 * @create: whether a missing log is made
 * @error: return location for %ARC_ERROR_NO_SUCH_BUILD or %ARC_ERROR_STATE_DIRECTORY
 *
 * Opens the log of a build for reading.
 *
 * Returns: a close-on-exec file descriptor, which the caller owns, or -1 on an error
 */
int arc_build_log_dir_open (const char *directory, guint64 id, gboolean create, GError **error);
