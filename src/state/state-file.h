/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/* Other users cannot read the files. */
#define ARC_STATE_FILE_MODE 0600

/**
 * arc_state_file_set_error:
 * @error: return location for an error
 * @path: an absolute path
 * @what: what failed, such as "Cannot open the directory"
 *
 * Sets %ARC_ERROR_STATE_DIRECTORY, with @what, @path and the text of errno.
 */
void arc_state_file_set_error (GError **error, const char *path, const char *what);

/**
 * arc_state_file_make_directory:
 * @path: an absolute path
 * @error: return location for an error
 *
 * Makes a directory of mode 0700, or sets that mode. The error is %ARC_ERROR_STATE_DIRECTORY.
 *
 * Returns: %TRUE if there is such a directory
 */
gboolean arc_state_file_make_directory (const char *path, GError **error);

/**
 * arc_state_file_write:
 * @path: an absolute path
 * @bytes: the new content
 * @flags: %G_FILE_SET_CONTENTS_DURABLE if the file must survive a crash of the machine, or
 *   %G_FILE_SET_CONTENTS_NONE
 * @error: return location for an error
 *
 * Replaces a file: it has either the old or the new content. The error is
 * %ARC_ERROR_STATE_DIRECTORY.
 *
 * Returns: %TRUE on success
 */
gboolean
arc_state_file_write (const char *path, GBytes *bytes, GFileSetContentsFlags flags, GError **error);
