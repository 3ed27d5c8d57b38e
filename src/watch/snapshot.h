/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/change-set.h"

#include <glib.h>

/**
 * ArcFingerprint:
 *
 * What shows that a file has changed since it was read. No field needs to grow: a file
 * restored from a backup has an older mtime, and is a change all the same. The ctime is in it
 * because no program can set it (inode(7)): a writer that restores the mtime and keeps the size
 * still shows.
 */
typedef struct
{
  guint64 inode;   /* alone it shows a replacement that kept size and times */
  guint64 size;    /* bytes */
  gint64 mtime_ns; /* since the epoch */
  gint64 ctime_ns; /* since the epoch */
} ArcFingerprint;

/**
 * ArcEntry:
 * @name: the file's name in its directory
 * @fingerprint: how it looked
 *
 * One file of a directory, as a scan found it.
 */
typedef struct
{
  const char *name;
  ArcFingerprint fingerprint;
} ArcEntry;

/**
 * ArcSnapshot:
 *
 * How every file that matters looked when it was last seen: directories by absolute path, and in
 * each the files by name.
 *
 * The names of a directory's files share one block; a lookup in a directory is a binary search, and
 * comparing a directory with a scan of it is one merge of two sorted lists.
 *
 * Directories are absolute, without a slash at the end (but for "/"), and always spelled the same:
 * they are compared as bytes. One without files is not kept. Wherever CHANGES is (nullable), NULL
 * means that no changes are collected.
 */
typedef struct _ArcSnapshot ArcSnapshot;

/**
 * arc_snapshot_new:
 *
 * Returns: (transfer full): the snapshot
 */
ArcSnapshot *arc_snapshot_new (void);

/**
 * arc_snapshot_free:
 * @snapshot: (transfer full): a snapshot
 */
void arc_snapshot_free (ArcSnapshot *snapshot);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcSnapshot, arc_snapshot_free)

/**
 * arc_snapshot_extract:
 * @snapshot: a snapshot
 * @changes: a set of files
 *
 * Copies the entries of the directories that the files of @changes are in: all files of these, and
 * no others.
 *
 * Returns: (transfer full): the copy
 */
ArcSnapshot *arc_snapshot_extract (const ArcSnapshot *snapshot, const ArcChangeSet *changes);

/**
 * arc_snapshot_get_n_files:
 * @snapshot: a snapshot
 *
 * Returns: the number of files
 */
guint arc_snapshot_get_n_files (const ArcSnapshot *snapshot);

/**
 * arc_snapshot_set_file:
 * @snapshot: a snapshot
 * @directory: a directory
 * @name: the name of a file in it
 * @fingerprint: (nullable): the fingerprint, or %NULL if the file is gone
 * @changes: (nullable): where the changes are added
 *
 * Sets or removes a file.
 *
 * Returns: %TRUE if that is a change: the file is new, is gone, or a field of its fingerprint
 *   differs
 */
gboolean arc_snapshot_set_file (ArcSnapshot *snapshot,
                                const char *directory,
                                const char *name,
                                const ArcFingerprint *fingerprint,
                                ArcChangeSet *changes);

/**
 * arc_snapshot_set_directory:
 * @snapshot: a snapshot
 * @directory: a directory
 * @entries: (array length=n_entries): all files of @directory, in any order; sorted in place,
 *   names are copied
 * @n_entries: their number; 0 removes the directory
 * @changes: (nullable): where the changes are added
 *
 * Replaces the files of a directory, but not those of the directories below it. If a name is there
 * twice, which readdir(3) may do while files come and go, the later entry counts.
 *
 * Returns: the number of changes
 */
guint arc_snapshot_set_directory (ArcSnapshot *snapshot,
                                  const char *directory,
                                  ArcEntry *entries,
                                  guint n_entries,
                                  ArcChangeSet *changes);

/**
 * arc_snapshot_has_files_below:
 * @snapshot: a snapshot
 * @path: a directory
 *
 * Returns: %TRUE if there is a file in @path or anywhere below it
 */
gboolean arc_snapshot_has_files_below (const ArcSnapshot *snapshot, const char *path);

/**
 * arc_snapshot_lookup:
 * @snapshot: a snapshot
 * @directory: a directory
 * @name: the name of a file in it
 *
 * Returns: (transfer none) (nullable): the fingerprint, valid until the snapshot is changed
 */
const ArcFingerprint *
arc_snapshot_lookup (const ArcSnapshot *snapshot, const char *directory, const char *name);

/**
 * arc_snapshot_get_directories:
 * @snapshot: a snapshot
 *
 * Lists the directories that hold files, in no order. The strings are valid until the snapshot is
 * changed.
 *
 * Returns: (transfer container) (array zero-terminated=1): the paths
 */
const char **arc_snapshot_get_directories (const ArcSnapshot *snapshot);

/**
 * arc_snapshot_has_directory:
 * @snapshot: a snapshot
 * @directory: a directory
 *
 * Returns: %TRUE if there is a file in @directory itself
 */
gboolean arc_snapshot_has_directory (const ArcSnapshot *snapshot, const char *directory);

/**
 * arc_snapshot_get_entries:
 * @snapshot: a snapshot
 * @directory: a directory
 * @entries: (element-type ArcEntry): the array that is filled
 *
 * Replaces the content of @entries with the files of a directory, in the order of the bytes of
 * their names. A name is valid until the snapshot is changed.
 */
void arc_snapshot_get_entries (const ArcSnapshot *snapshot, const char *directory, GArray *entries);

/**
 * arc_snapshot_mark_dirty:
 * @snapshot: a snapshot
 * @changes: a set of files
 *
 * Gives every file of @changes, whatever its change, a fingerprint of zeros, which no file has.
 * The next comparison finds the file modified if it is there, and deleted if it is not, also if it
 * was not in the snapshot. So the next build gets it again: it is not known how much of the change
 * the database has.
 */
void arc_snapshot_mark_dirty (ArcSnapshot *snapshot, const ArcChangeSet *changes);

/**
 * arc_snapshot_list:
 * @snapshot: a snapshot
 *
 * Lists every file as an addition: the changes of a full build.
 *
 * Returns: (transfer full): the changes
 */
ArcChangeSet *arc_snapshot_list (const ArcSnapshot *snapshot);

/**
 * arc_snapshot_set_mounted:
 * @snapshot: a snapshot
 * @directory: a directory
 * @mounted: whether a file system is mounted at @directory
 *
 * Marks a directory as the root of a file system. If it is not mounted later, the files below it
 * are kept.
 */
void arc_snapshot_set_mounted (ArcSnapshot *snapshot, const char *directory, gboolean mounted);

/**
 * arc_snapshot_is_mounted:
 * @snapshot: a snapshot
 * @directory: a directory
 *
 * Returns: %TRUE if @directory is marked as the root of a file system
 */
gboolean arc_snapshot_is_mounted (const ArcSnapshot *snapshot, const char *directory);

/**
 * arc_snapshot_get_mounted:
 * @snapshot: a snapshot
 *
 * Lists the directories that are marked as mounted, as arc_snapshot_get_directories() does.
 *
 * Returns: (transfer container) (array zero-terminated=1): the paths
 */
const char **arc_snapshot_get_mounted (const ArcSnapshot *snapshot);
