/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/snapshot.h"

G_BEGIN_DECLS

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

/* (transfer full): SNAPSHOT with each path in DIRTY (nullable) marked, as arc_snapshot_mark_dirty()
 * does, though SNAPSHOT itself stays as it is. IDENTITY (nullable: empty), any bytes, says what the
 * snapshot is of. What is left to do is arc_file_frame_end(), which takes as long as all the rest,
 * for the checksum, and can be called in another thread: the frame does not use SNAPSHOT any more.
 */
GByteArray *
arc_snapshot_frame (const ArcSnapshot *snapshot, const ArcChangeSet *dirty, GBytes *identity);

/* All files as a change list, as arc_change_set_serialise() would make it of arc_snapshot_list(),
 * but by the order of the directories, and much quicker. */
GBytes *arc_snapshot_serialise_list (const ArcSnapshot *snapshot);

/* The inverse of arc_snapshot_frame() and arc_file_frame_end(). IDENTITY (out) (nullable) gets what
 * was given then: if it is not what the caller would give now, the snapshot is of something else.
 * NULL and ARC_ERROR_DATA, with what is wrong with the file in the message, if BYTES are anything
 * else; IDENTITY is then not set. */
ArcSnapshot *arc_snapshot_parse (GBytes *bytes, GBytes **identity, GError **error);

G_END_DECLS
