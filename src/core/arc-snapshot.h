/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-changes.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcFingerprint:
 *
 * What tells that a file is no longer the one that was seen. No field needs to grow: a file
 * restored from a backup has an older mtime, and is a change all the same. The ctime is in it
 * because no program can set it (inode(7)): a writer that restores the mtime and keeps the size
 * still shows.
 */
typedef struct
{
  guint64 inode;   /* alone it tells of a replacement that kept size and times */
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
 * means that nobody wants to know.
 */
typedef struct _ArcSnapshot ArcSnapshot;

ArcSnapshot *arc_snapshot_new (void);
void arc_snapshot_free (ArcSnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcSnapshot, arc_snapshot_free)

/* What SNAPSHOT knows of the directories that the files of CHANGES are in: all files of these, and
 * no others. */
ArcSnapshot *arc_snapshot_extract (const ArcSnapshot *snapshot, const ArcChanges *changes);

guint arc_snapshot_get_n_files (const ArcSnapshot *snapshot);

/* Sets (or, with FINGERPRINT NULL, forgets) one file and adds what that means, if anything, to
 * CHANGES (nullable). TRUE if it was a change: the file was not known, is no longer, or any field
 * of its fingerprint differs. */
gboolean arc_snapshot_set_file (ArcSnapshot *snapshot,
                                const char *directory,
                                const char *name,
                                const ArcFingerprint *fingerprint,
                                ArcChanges *changes);

/* Replaces what is known of DIRECTORY (not of those below it) by ENTRIES and adds the differences
 * to CHANGES (nullable). N_ENTRIES 0 forgets it. Returns the number of differences.
 *
 * ENTRIES come in any order, as from readdir(3), and are sorted here in place; their names are
 * copied. If a name is there twice, which readdir(3) may do while files come and go, the later one
 * counts. */
guint arc_snapshot_set_directory (ArcSnapshot *snapshot,
                                  const char *directory,
                                  ArcEntry *entries,
                                  guint n_entries,
                                  ArcChanges *changes);

/* Whether a file is known in the directory PATH or anywhere below it. */
gboolean arc_snapshot_has_files_below (const ArcSnapshot *snapshot, const char *path);

/* (nullable): what is known of one file; valid until the snapshot is changed. */
const ArcFingerprint *
arc_snapshot_lookup (const ArcSnapshot *snapshot, const char *directory, const char *name);

/* (transfer container): the directories that hold files, in no order, NULL-terminated; free the
 * array with g_free(). A string is valid until the snapshot is changed. */
const char **arc_snapshot_get_directories (const ArcSnapshot *snapshot);

/* Whether it holds no file, and no directory as mounted. */
gboolean arc_snapshot_is_empty (const ArcSnapshot *snapshot);

/* Whether it holds a file of DIRECTORY itself. */
gboolean arc_snapshot_has_directory (const ArcSnapshot *snapshot, const char *directory);

/* Makes ENTRIES (element-type ArcEntry) what is known of the files of DIRECTORY, by the order of
 * the bytes of their names. A name is valid until the snapshot is changed. */
void arc_snapshot_get_entries (const ArcSnapshot *snapshot, const char *directory, GArray *entries);

/* Gives every file in CHANGES, whatever its change, a fingerprint that is nothing but zeros, which
 * no file has: the next look finds it modified if it is there, and deleted if it is not, even if
 * the snapshot did not know it. So the database hears of it again, though nobody knows how much of
 * the change it has seen. */
void arc_snapshot_mark_dirty (ArcSnapshot *snapshot, const ArcChanges *changes);

/* Every file of SNAPSHOT as an addition: the list of a full build. */
ArcChanges *arc_snapshot_list (const ArcSnapshot *snapshot);

/* What leads from BEFORE to AFTER, compared as arc_snapshot_set_file() does. */
ArcChanges *arc_snapshot_diff (const ArcSnapshot *before, const ArcSnapshot *after);

/* Whether a file system of its own was mounted at DIRECTORY when it was last seen. If it is not
 * mounted later, what is known of the files below is still true of it. */
void arc_snapshot_set_mounted (ArcSnapshot *snapshot, const char *directory, gboolean mounted);
gboolean arc_snapshot_is_mounted (const ArcSnapshot *snapshot, const char *directory);

/* The same as of arc_snapshot_get_directories(), of those. */
const char **arc_snapshot_get_mounted (const ArcSnapshot *snapshot);

G_END_DECLS
