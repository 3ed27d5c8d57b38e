/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What the program's own binary files have in common, so that a file that is not what it should be
 * is told from one that is, and in which way:
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

#define ARC_FRAME_MAGIC_SIZE 8

/* A new frame of MAGIC, which has ARC_FRAME_MAGIC_SIZE bytes: append the body to it, and end it. */
GByteArray *arc_frame_begin (const char *magic, guint32 version);

/* FRAME (transfer full) as it is written to the file. */
GBytes *arc_frame_end (GByteArray *frame);

/* The version that BYTES say they are of, for a caller that reads several: if they are a frame at
 * all, as arc_frame_open() finds out. */
guint32 arc_frame_get_version (GBytes *bytes);

/* The body in BYTES, of which it keeps a reference instead of a copy. NULL and ARC_ERROR_DATA if
 * BYTES are another file, of another version, truncated, followed by something else or damaged. */
GBytes *arc_frame_open (GBytes *bytes, const char *magic, guint32 version, GError **error);

G_END_DECLS
