/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/* The names of the files; those of the list of changes and of the process group are in the runtime
 * directory. */
#define ARC_STATE_CHANGES_NAME  "changes"
#define ARC_STATE_GROUP_NAME    "group"
#define ARC_STATE_HISTORY_NAME  "history"
#define ARC_STATE_PAUSED_NAME   "paused"
#define ARC_STATE_PROBLEMS_NAME "problems"
#define ARC_STATE_SNAPSHOT_NAME "snapshot"

/**
 * ArcStateDir:
 * @path: (owned): the path of the directory
 * @runtime: (owned): the path of the runtime directory
 * @written: see arc_state_dir_new()
 * @fd: has the lock; -1 if it is not held
 * @mutex: guards @fd
 *
 * The state directory, which outlives the machine, with the lock on it, and the runtime directory,
 * which need not.
 */
typedef struct
{
  char *path;
  char *runtime;
  const char *const *written;
  int fd;
  GMutex mutex;
} ArcStateDir;

/**
 * arc_state_dir_new:
 * @path: the absolute path of the directory, which need not exist
 * @written: (array zero-terminated=1): names of the files that arc_state_dir_write() writes,
 *   valid as long as the object; arc_state_dir_lock() removes what killed processes left of them
 *
 * Makes the object. Nothing is done on the disk.
 *
 * Returns: (transfer full): the object
 */
ArcStateDir *arc_state_dir_new (const char *path, const char *const *written);

/**
 * arc_state_dir_free:
 * @directory: (transfer full): a state directory
 *
 * Releases the lock and frees the object.
 */
void arc_state_dir_free (ArcStateDir *directory);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcStateDir, arc_state_dir_free)

/**
 * arc_state_dir_lock:
 * @directory: a state directory
 * @error: return location for an error
 *
 * Makes the directory and takes the flock(2) on it, without waiting. Does nothing if the lock is
 * held, and takes it anew if another directory is at the path. A directory that is not writable
 * can be locked. Can be called in any thread.
 *
 * The error is %ARC_ERROR_LOCKED, with the number of the process, if another process has the
 * lock; %ARC_ERROR_STATE_DIRECTORY if the directory cannot be made or opened.
 *
 * Returns: %TRUE if the lock is held
 */
gboolean arc_state_dir_lock (ArcStateDir *directory, GError **error);

/**
 * arc_state_dir_open_lock:
 * @directory: a state directory; only its path is used
 * @is_orphaned: (out) (optional): whether the process that has the lock is gone, or not known
 * @error: return location for the errors of arc_state_dir_lock()
 *
 * Takes the lock, for @fd of a state directory. Can be called in any thread.
 *
 * Returns: a file descriptor that has the lock, which the caller owns, or -1 on an error
 */
int arc_state_dir_open_lock (const ArcStateDir *directory, gboolean *is_orphaned, GError **error);

/**
 * arc_state_dir_unlock:
 * @directory: a state directory
 */
void arc_state_dir_unlock (ArcStateDir *directory);

/**
 * arc_state_dir_get_runtime_file:
 * @directory: a state directory
 * @name: the name of a file that is of no use after the machine has stopped
 *
 * Makes a directory in XDG_RUNTIME_DIR, of its own for each state directory. If that is not
 * writable, as after a logout, the state directory is used.
 *
 * Returns: (transfer full): the path of the file @name in it
 */
char *arc_state_dir_get_runtime_file (const ArcStateDir *directory, const char *name);

/* Other users cannot read the files. */
#define ARC_STATE_FILE_MODE 0600

/**
 * arc_state_dir_set_error:
 * @error: return location for an error
 * @path: an absolute path
 * @what: what failed, such as "Cannot open the directory"
 *
 * Sets %ARC_ERROR_STATE_DIRECTORY, with @what, @path and the text of errno.
 */
void arc_state_dir_set_error (GError **error, const char *path, const char *what);

/**
 * arc_state_dir_make:
 * @path: an absolute path
 * @error: return location for an error
 *
 * Makes a directory of mode 0700, or sets that mode. The error is %ARC_ERROR_STATE_DIRECTORY.
 *
 * Returns: %TRUE if there is such a directory
 */
gboolean arc_state_dir_make (const char *path, GError **error);

/**
 * arc_state_dir_write:
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
arc_state_dir_write (const char *path, GBytes *bytes, GFileSetContentsFlags flags, GError **error);
