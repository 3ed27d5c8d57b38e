/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcStateDir:
 *
 * The state directory, which outlives the machine, with the lock on it, and the runtime directory,
 * which need not.
 */
typedef struct _ArcStateDir ArcStateDir;

/* WRITTEN (NULL-terminated, static) are the names of the files that are written by
 * arc_state_file_write(): arc_state_dir_lock() removes what killed processes left of them. */
ArcStateDir *arc_state_dir_new (const char *path, const char *const *written);

/* Lets go of the lock. */
void arc_state_dir_free (ArcStateDir *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcStateDir, arc_state_dir_free)

/**
 * arc_state_dir_lock:
 * @directory: the directory
 * @error: (out): ARC_ERROR_LOCKED if another process has the lock, and names it;
 *   ARC_ERROR_STATE_DIRECTORY if the directory cannot be made or opened
 *
 * Makes the directory and takes the flock(2) on it, without waiting. Does nothing if the lock is
 * held, and takes it anew if another directory has the path by now. A directory that cannot be
 * written can be locked.
 *
 * Returns: whether the lock is held
 */
gboolean arc_state_dir_lock (ArcStateDir *directory, GError **error);
void arc_state_dir_unlock (ArcStateDir *directory);

const char *arc_state_dir_get_path (const ArcStateDir *directory);

/* Returns: (transfer full): the path of the file NAME in it */
char *arc_state_dir_get_file (const ArcStateDir *directory, const char *name);

/**
 * arc_state_dir_get_runtime_file:
 * @directory: the directory
 * @name: the name of a file that is of no use after the machine has stopped
 *
 * Makes a directory in XDG_RUNTIME_DIR, of its own for each state directory. If that cannot be
 * written, as after a logout, the state directory takes its place.
 *
 * Returns: (transfer full): the path of the file @name in it
 */
char *arc_state_dir_get_runtime_file (const ArcStateDir *directory, const char *name);

G_END_DECLS
