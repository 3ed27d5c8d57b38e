/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/path-filter.h"
#include "watch/file-id.h"
#include "watch/snapshot.h"

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * ArcDirectoryReader:
 *
 * Reads a directory, on one file descriptor, in as many steps as its caller likes.
 */
typedef struct _ArcDirectoryReader ArcDirectoryReader;

/**
 * ArcDirectoryReaderChild:
 * @name: a directory's name in the one that was scanned
 * @inode: its inode as readdir(3) told it: on a mount point that of the directory underneath
 */
typedef struct
{
  const char *name;
  guint64 inode;
} ArcDirectoryReaderChild;

/**
 * ArcDirectoryReaderUnseen:
 * @name: what the directory lists
 * @number: the errno(3) of the look at it, which is not about what it is
 */
typedef struct
{
  const char *name;
  int number;
} ArcDirectoryReaderUnseen;

/**
 * ArcDirectoryListing:
 * @id: the identity of the directory
 * @files: (element-type ArcEntry): the files that match
 * @recent: (element-type filename): the names of matching files for which
 *   arc_fingerprint_is_recent() is %TRUE; these are not in @files
 * @children: (element-type ArcDirectoryReaderChild): the directories that match
 * @unseen: (element-type ArcDirectoryReaderUnseen): names that may match, and whose type or
 *   fingerprint could not be read
 * @links: (element-type filename): symbolic links that may lead to what matches, if they are
 *   followed
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
  GArray *unseen;
  GPtrArray *links;
  gboolean is_empty;
} ArcDirectoryListing;

/* One serves any number of directories, one after the other: what it needs to read one is there for
 * the next. */
ArcDirectoryReader *arc_directory_reader_new (void);
void arc_directory_reader_free (ArcDirectoryReader *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcDirectoryReader, arc_directory_reader_free)

/* PATH may be a symbolic link only if FOLLOW. Fails with G_FILE_ERROR. */
gboolean arc_directory_reader_open (ArcDirectoryReader *scan,
                                    const char *path,
                                    gboolean follow,
                                    GError **error);

/* Gives the file descriptor back, and forgets what was found; nothing happens if it is not open. */
void arc_directory_reader_close (ArcDirectoryReader *scan);

typedef enum
{
  ARC_DIRECTORY_READER_MORE,
  ARC_DIRECTORY_READER_DONE,
  ARC_DIRECTORY_READER_FAILED,
} ArcDirectoryReaderResult;

/* Reads on until DEADLINE (g_get_monotonic_time()) or the end. BELOW_ROOT is the directory's path
 * below its root, "" for the root itself: what FILTER is asked with. With FOLLOW_SYMLINKS a link
 * counts as what it leads to. */
ArcDirectoryReaderResult arc_directory_reader_run (ArcDirectoryReader *scan,
                                                   ArcPathFilter *filter,
                                                   const char *below_root,
                                                   gboolean follow_symlinks,
                                                   gint64 deadline,
                                                   GError **error);

const ArcDirectoryListing *arc_directory_reader_get_listing (const ArcDirectoryReader *scan);

/* Whether NUMBER, an errno(3) of open(2) or fstatat(2), says that nothing is at the path. All other
 * numbers, such as EIO, ESTALE, ENOMEM and EACCES, say only that it could not be looked at. */
gboolean arc_directory_reader_is_gone (int number);

ArcFingerprint arc_fingerprint_from_stat (const struct stat *info);

/* How fresh a file may be, in nanoseconds, before its fingerprint tells for sure.
 *
 * The kernel stamps files with a clock that ticks every 1 to 10 ms (CONFIG_HZ; some file systems
 * since Linux 6.13 do better), and some file systems keep whole seconds only: two writes within a
 * tick can leave the same fingerprint. So a file that was changed less than a tick ago must be
 * looked at again later; what is seen then can not be changed without a trace. (git has the same
 * problem with its index and calls it racy.) */
gint64 arc_fingerprint_get_grain (const ArcFingerprint *fingerprint);

/* Whether FINGERPRINT, seen at NOW (nanoseconds since the epoch), is younger than its grain. */
gboolean arc_fingerprint_is_recent (const ArcFingerprint *fingerprint, gint64 now);

/* Now in nanoseconds since the epoch, by the clock that the kernel stamps files with. */
gint64 arc_get_stamp_time (void);

G_END_DECLS
