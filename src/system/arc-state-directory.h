/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcStateDirectory:
 *
 * The state directory and the spare one (arc-spare.h), with a lock on each: who may write where,
 * and why not.
 */
typedef struct _ArcStateDirectory ArcStateDirectory;

/* WRITTEN (NULL-terminated, static) are the names of the files that are written by
 * arc_state_file_write(): what processes that were killed have left of those is removed. */
ArcStateDirectory *arc_state_directory_new (const char *path, const char *const *written);

/* Lets go of the locks. */
void arc_state_directory_free (ArcStateDirectory *directory);

/* Makes the directory if need be and takes both locks, without waiting: so one who can write it
 * meets one who could not. ARC_ERROR_LOCKED if another process has one of them;
 * ARC_ERROR_STATE_DIRECTORY if neither can be had. */
gboolean arc_state_directory_lock (ArcStateDirectory *directory, GError **error);
void arc_state_directory_unlock (ArcStateDirectory *directory);

/* Takes the lock of the directory itself, where everybody looks for it, also those that have
 * another spare directory, if it is not held: nothing may be written without it. The second: and
 * the directory is there. ARC_ERROR_LOCKED or ARC_ERROR_STATE_DIRECTORY. */
gboolean arc_state_directory_take (ArcStateDirectory *directory, GError **error);
gboolean arc_state_directory_prepare (ArcStateDirectory *directory, GError **error);

/* The same for the spare one, which is returned. (nullable): as above. Valid until the next call.
 */
const char *arc_state_directory_take_spare (ArcStateDirectory *directory, GError **error);

/* The spare one, to read. (nullable): NULL and ARC_ERROR_STATE_DIRECTORY if there is no place for
 * it. Valid until the next call. */
const char *arc_state_directory_get_spare (ArcStateDirectory *directory, GError **error);

const char *arc_state_directory_get_path (const ArcStateDirectory *directory);

/* (transfer full): the file NAME in it; the second, (nullable), in the spare one. */
char *arc_state_directory_get_file (const ArcStateDirectory *directory, const char *name);
char *arc_state_directory_get_spare_file (ArcStateDirectory *directory, const char *name);

/* (nullable): why the spare one has taken its place, which one that is, and what to do about it;
 * English. Valid until it is set again. */
const char *arc_state_directory_get_problem (const ArcStateDirectory *directory);

/* WHY (nullable) says so: NULL if the directory can be written. */
void arc_state_directory_set_problem (ArcStateDirectory *directory, const GError *why);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcStateDirectory, arc_state_directory_free)

G_END_DECLS
