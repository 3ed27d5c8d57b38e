/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "state/state-dir.h"

#include <gio/gio.h>

/* The record of the process group of the running build: a file of the runtime directory, or of the
 * state directory where that is not writable. */

/**
 * arc_group_file_make:
 * @directory: the state directory; only its paths are used
 *
 * Makes the record, with room for a number. Can be called in any thread.
 *
 * Returns: (transfer full) (nullable): its path, or %NULL if it cannot be made
 */
char *arc_group_file_make (const ArcStateDir *directory);

/**
 * arc_group_file_remove:
 * @directory: the state directory; only its paths are used
 *
 * Removes the record. Can be called in any thread.
 */
void arc_group_file_remove (const ArcStateDir *directory);

/**
 * arc_group_file_end_async:
 * @source: (type GObject): the source object of the task
 * @directory: the state directory; only its paths are used, and they must last as long as @source
 * @grace: microseconds between SIGTERM and SIGKILL
 * @cancellable: (nullable): ends the wait, not the processes
 * @callback: called when nothing of the group is left
 * @user_data: for @callback
 *
 * Reads the record in a thread and ends the group.
 */
void arc_group_file_end_async (gpointer source,
                               const ArcStateDir *directory,
                               gint64 grace,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/**
 * arc_group_file_end_finish:
 * @source: (type GObject): the source object of the task
 * @result: the result
 * @error: return location for %G_IO_ERROR_CANCELLED
 *
 * Returns: whether there was something to end
 */
gboolean arc_group_file_end_finish (gpointer source, GAsyncResult *result, GError **error);
