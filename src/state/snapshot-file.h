/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/snapshot.h"

/*
 * A snapshot as it is kept from one run to the next: a frame (common/file-frame.h) whose body holds
 *
 *     the size of the identity and the identity
 *     for each directory, by the order of the bytes of their paths:
 *       its path and NUL
 *       how many files it has
 *       the name of each and NUL, by the order of the bytes
 *       for each the inode, size, mtime and ctime
 *
 * In version 2, the path of a directory that is mounted is also there, once more if the directory
 * has files, with the number 0. Without such a directory it is version 1, which is all that older
 * programs read.
 *
 * Numbers are LEB128, so that a small one takes a byte. Inode and mtime are differences from the
 * file before, the ctime is one from the mtime; signed ones are folded: 0, -1, 1, -2, ...
 * One snapshot has exactly one form.
 */

/* The magic of the frame, and its version without and with mounted directories. */
#define ARC_SNAPSHOT_MAGIC          "ArcSnap\n"
#define ARC_SNAPSHOT_VERSION        1
#define ARC_SNAPSHOT_VERSION_MOUNTS 2

/**
 * arc_snapshot_frame:
 * @snapshot: a snapshot
 * @dirty: (nullable): files to mark as arc_snapshot_mark_dirty() does; @snapshot itself is not
 *   changed
 * @identity: (nullable): any bytes that say what the snapshot is of; %NULL is the same as no
 *   bytes
 *
 * Serialises a snapshot, but for its checksum. arc_file_frame_end() adds that; it takes as long
 * as all the rest and can be called in another thread, as the frame does not refer to @snapshot.
 *
 * Returns: (transfer full): the frame
 */
GByteArray *
arc_snapshot_frame (const ArcSnapshot *snapshot, const ArcChangeSet *dirty, GBytes *identity);

/**
 * arc_snapshot_serialise_list:
 * @snapshot: a snapshot
 *
 * Serialises all files as a list of additions, like arc_change_set_serialise() of
 * arc_snapshot_list(), but by the order of the directories and much quicker.
 *
 * Returns: (transfer full): the bytes of the list
 */
GBytes *arc_snapshot_serialise_list (const ArcSnapshot *snapshot);

/**
 * arc_snapshot_parse:
 * @bytes: the bytes of a file
 * @identity: (out) (transfer full) (nullable): the identity that arc_snapshot_frame() got; not
 *   set on an error
 * @error: return location for an error
 *
 * Parses what arc_file_frame_end() returns. The error is %ARC_ERROR_DATA, with what is wrong with
 * the file, for all other bytes.
 *
 * Returns: (transfer full) (nullable): the snapshot, or %NULL on an error
 */
ArcSnapshot *arc_snapshot_parse (GBytes *bytes, GBytes **identity, GError **error);
