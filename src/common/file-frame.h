/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/*
 * The frame of the program's own binary files. It distinguishes a damaged file, a file of another
 * version and a file of another kind:
 *
 *     8 bytes    magic: which file it is
 *     4 bytes    version of the body's format, little-endian
 *     8 bytes    size of the body, little-endian
 *     ...        the body
 *     16 bytes   MD5 of everything before
 *
 * The first two never change. The checksum is against damage, not against an enemy: who can write
 * the file can write its checksum. So MD5 will do, and costs a third of SHA-256 (2 ms a megabyte).
 */

#define ARC_FILE_FRAME_MAGIC_SIZE 8

/**
 * arc_file_frame_begin:
 * @magic: %ARC_FILE_FRAME_MAGIC_SIZE bytes that say which file it is
 * @version: the version of the format of the body
 *
 * Starts a frame. The caller appends the body to it.
 *
 * Returns: (transfer full): the frame, for arc_file_frame_end()
 */
GByteArray *arc_file_frame_begin (const char *magic, guint32 version);

/**
 * arc_file_frame_end:
 * @frame: (transfer full): a frame with its body
 *
 * Completes the header and adds the checksum.
 *
 * Returns: (transfer full): the bytes of the file
 */
GBytes *arc_file_frame_end (GByteArray *frame);

/**
 * arc_file_frame_get_version:
 * @bytes: the bytes of a file
 *
 * Gets the version of a frame, for a caller that reads several. Only arc_file_frame_open() finds
 * out whether @bytes are a frame.
 *
 * Returns: the version in the header
 */
guint32 arc_file_frame_get_version (GBytes *bytes);

/**
 * arc_file_frame_open:
 * @bytes: the bytes of a file
 * @magic: the magic of the file
 * @version: the version of the body
 * @error: return location for an error
 *
 * Checks a frame and gets its body, which is not copied. The error is %ARC_ERROR_DATA if @bytes
 * are another file, of another version, truncated, followed by something else or damaged.
 *
 * Returns: (transfer full) (nullable): the body, or %NULL on an error
 */
GBytes *arc_file_frame_open (GBytes *bytes, const char *magic, guint32 version, GError **error);
