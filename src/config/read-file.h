/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcReadFlags:
 * @ARC_READ_DEFAULT: the file is one that the service made
 * @ARC_READ_SETTINGS: the file is one that a person made: it may be a symbolic link, as those who
 *   keep their settings in a repository have it, and may belong to root
 */
typedef enum
{
  ARC_READ_DEFAULT = 0,
  ARC_READ_SETTINGS = 1 << 0,
} ArcReadFlags;

/* No settings are as large; reading takes the main loop. */
#define ARC_READ_MAX_SETTINGS (1024 * 1024)

/**
 * arc_read_file:
 * @path: (type filename): the path
 * @flags: what kind of file it is
 * @max_size: the size of the largest file that can be meant
 * @length: (out): the number of bytes
 * @error: a `GFileError`; %G_FILE_ERROR_NOENT if there is no such file
 *
 * Reads a whole file, and never waits for anything but the disk: neither for the other end of a
 * pipe, nor for a device. A file that is not a regular one, that belongs to another user, or that
 * is larger than @max_size is an error.
 *
 * Returns: (transfer full) (nullable): the bytes, with a NUL behind them
 */
char *
arc_read_file (const char *path, ArcReadFlags flags, gsize max_size, gsize *length, GError **error);
