/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

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

/**
 * arc_state_file_remove_leftovers:
 * @directory: an absolute path
 * @names: (array zero-terminated=1): names of files in @directory
 *
 * Removes the temporary files that a process which was killed in arc_state_file_write() left. No
 * other process may write to @directory.
 */
void arc_state_file_remove_leftovers (const char *directory, const char *const *names);

/**
 * arc_state_file_read:
 * @path: an absolute path
 * @max_size: the largest size that is read, in bytes
 * @error: return location for an error
 *
 * Reads a file. The error is of %G_FILE_ERROR if it cannot be read, or is not a regular file of
 * this user of at most @max_size bytes.
 *
 * Returns: (transfer full) (nullable): the content; %NULL if there is no such file, without an
 *   error, or on an error
 */
GBytes *arc_state_file_read (const char *path, gsize max_size, GError **error);

/**
 * arc_state_file_put_aside:
 * @path: a file that is damaged
 * @error: (inout): what is wrong with the file; gets the new path
 *
 * Renames a file so that its name ends in ".damaged". The next run does not read it, and the user
 * can.
 */
void arc_state_file_put_aside (const char *path, GError **error);

G_END_DECLS
