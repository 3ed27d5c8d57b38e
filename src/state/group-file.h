/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/* The name of the record of the process group of the running build. */
#define ARC_STATE_GROUP_NAME "group"

/**
 * arc_group_file_make:
 * @path: the path of the file
 *
 * See arc_state_store_open_group().
 *
 * Returns: a close-on-exec file descriptor, which the caller owns, or -1
 */
int arc_group_file_make (const char *path);

/**
 * arc_group_file_end_async:
 * @source: (type GObject): the source object of the task
 * @files: where the record may be
 * @grace: see arc_state_store_end_leftover_async()
 * @cancellable: (nullable): the same
 * @callback: the same; the result is a #GTask that returns a boolean: whether there was something
 *   to end
 * @user_data: for @callback
 *
 * Ends the recorded process groups, and removes the records.
 */
void arc_group_file_end_async (gpointer source,
                               char *const files[2],
                               gint64 grace,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
