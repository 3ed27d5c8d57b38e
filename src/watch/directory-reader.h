/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/path-filter.h"
#include "watch/file-id.h"
#include "watch/snapshot.h"

#include <glib.h>
#include <sys/stat.h>

/**
 * ArcDirectoryReader:
 *
 * Reads a directory, on one file descriptor.
 */
typedef struct _ArcDirectoryReader ArcDirectoryReader;

/**
 * ArcDirectoryReaderChild:
 * @name: a directory's name in the one that is read
 * @inode: its inode as readdir(3) returned it: on a mount point that of the directory underneath
 */
typedef struct
{
  const char *name;
  guint64 inode;
} ArcDirectoryReaderChild;

/**
 * ArcDirectoryListing:
 * @id: the identity of the directory
 * @files: (element-type ArcEntry): the files that match
 * @recent: (element-type filename): the names of matching files whose fingerprint is younger than
 *   its grain; these are not in @files
 * @children: (element-type ArcDirectoryReaderChild): the directories that match
 * @unseen: (nullable) (element-type filename errno): names that may match, and why their type or
 *   fingerprint could not be read
 * @links: (element-type filename): symbolic links that may lead to what matches
 * @is_empty: whether the directory has no entry at all
 *
 * What a reader has found.
 */
typedef struct
{
  ArcFileId id;
  GArray *files;
  GPtrArray *recent;
  GArray *children;
  GHashTable *unseen;
  GPtrArray *links;
  gboolean is_empty;
} ArcDirectoryListing;

/**
 * arc_directory_reader_new:
 * @n_steps: (nullable): incremented with each entry that was read, by g_atomic_int_inc()
 *
 * Makes a reader. It can read any number of directories, one after the other, and reuses its
 * memory.
 *
 * Returns: (transfer full): the reader
 */
ArcDirectoryReader *arc_directory_reader_new (int *n_steps);

/**
 * arc_directory_reader_free:
 * @scan: (transfer full): a reader
 *
 * Closes and frees a reader.
 */
void arc_directory_reader_free (ArcDirectoryReader *scan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcDirectoryReader, arc_directory_reader_free)

/**
 * arc_directory_reader_open:
 * @scan: a reader
 * @path: an absolute path
 * @follow: whether @path may be a symbolic link
 * @error: return location for an error
 *
 * Opens a directory. The error is of %G_FILE_ERROR.
 *
 * Returns: %TRUE on success
 */
gboolean arc_directory_reader_open (ArcDirectoryReader *scan,
                                    const char *path,
                                    gboolean follow,
                                    GError **error);

/**
 * arc_directory_reader_close:
 * @scan: a reader
 *
 * Clears the listing, and closes the directory if it is open.
 */
void arc_directory_reader_close (ArcDirectoryReader *scan);

/**
 * arc_directory_reader_run:
 * @scan: a reader
 * @filter: decides which paths matter
 * @below_root: the path of the directory below its root, "" for the root itself, which @filter
 *   gets
 * @follow_symlinks: whether a symbolic link counts as what it leads to
 * @max_names: how many entries to read at most
 * @error: return location for an error
 *
 * Reads the directory that is open, and closes it. The error is of %G_FILE_ERROR.
 *
 * Returns: %TRUE on success
 */
gboolean arc_directory_reader_run (ArcDirectoryReader *scan,
                                   ArcPathFilter *filter,
                                   const char *below_root,
                                   gboolean follow_symlinks,
                                   guint max_names,
                                   GError **error);

/**
 * arc_directory_reader_get_listing:
 * @scan: a reader
 *
 * Returns: (transfer none): what was found so far; the entries are valid until
 *   arc_directory_reader_close()
 */
const ArcDirectoryListing *arc_directory_reader_get_listing (const ArcDirectoryReader *scan);

/**
 * arc_directory_reader_is_gone:
 * @number: the errno(3) of open(2) or fstatat(2)
 *
 * All other numbers, such as EIO, ESTALE, ENOMEM and EACCES, do not say whether the file exists.
 *
 * Returns: %TRUE if @number says that nothing is at the path
 */
gboolean arc_directory_reader_is_gone (int number);

/**
 * arc_fingerprint_from_stat:
 * @info: what stat(2) returned
 *
 * Returns: the fingerprint
 */
ArcFingerprint arc_fingerprint_from_stat (const struct stat *info);

typedef enum
{
  ARC_FRESHNESS_OLD,    /* a later change will show in the fingerprint */
  ARC_FRESHNESS_FRESH,  /* one may not; to be looked at again at a later time */
  ARC_FRESHNESS_STEADY, /* the same, and so for a long time: the file is written all the time */
  ARC_FRESHNESS_FUTURE, /* stamped by another machine, or before the clock was put back */
} ArcFreshness;

/**
 * arc_fingerprint_get_freshness:
 * @fingerprint: a fingerprint
 * @now: when it was read, in nanoseconds since the epoch
 * @first: when the file was first found fresh, by g_get_monotonic_time()
 * @due: (out): if it is fresh or steady, when to read it again, by the same clock
 *
 * The kernel stamps files with a clock that ticks every 1 to 10 ms (CONFIG_HZ; some file systems
 * since Linux 6.13 are finer), and some file systems keep whole seconds: two writes within a tick
 * can leave the same fingerprint. A file that was changed less than such a grain ago must be
 * checked again later. git calls such an entry of its index racy.
 *
 * Returns: whether a later change will show
 */
ArcFreshness arc_fingerprint_get_freshness (const ArcFingerprint *fingerprint,
                                            gint64 now,
                                            gint64 first,
                                            gint64 *due);

/**
 * arc_path_has_changed_since:
 * @path: an absolute path
 * @time: a time, by the clock of arc_get_stamp_time()
 *
 * Finds out whether another file may be at @path, or other bytes in it, than at @time. Of symbolic
 * links, also of those that lead to a directory above it, counts when they were made. If there is
 * no file, the directory counts that would have it: to remove a file changes that.
 *
 * Returns: %TRUE if it may have changed
 */
gboolean arc_path_has_changed_since (const char *path, gint64 time);

/**
 * arc_get_stamp_time:
 *
 * Returns: the time in nanoseconds since the epoch, by the clock that the kernel stamps files
 *   with
 */
gint64 arc_get_stamp_time (void);
