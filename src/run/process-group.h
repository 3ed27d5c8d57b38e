/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>
#include <sys/types.h>

/**
 * arc_process_group_is_alive:
 * @group: the number of a process group
 *
 * Returns: %TRUE if @group has a process that is no zombie
 */
gboolean arc_process_group_is_alive (pid_t group);

/**
 * arc_process_group_end_async:
 * @group: the number of a process group
 * @assignment: (nullable): `NAME=value` from the environment of a process of the group; %NULL: the
 *   group is known to be the one that is meant
 * @grace: microseconds between SIGTERM and SIGKILL
 * @cancellable: (nullable): ends the wait, not the processes
 * @callback: called from the main loop when nothing of the group is left
 * @user_data: for @callback
 *
 * Ends what is left of a group if a process of it has @assignment in its environment: the kernel
 * may have given the number of a group that is gone to another one, which has another environment.
 * A process that hangs in the kernel and survives SIGKILL for seconds is not waited for.
 */
void arc_process_group_end_async (pid_t group,
                                  const char *assignment,
                                  gint64 grace,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);

/**
 * arc_process_group_end_finish:
 * @result: the result
 * @error: return location for %G_IO_ERROR_CANCELLED
 *
 * Returns: %TRUE if there was something to end
 */
gboolean arc_process_group_end_finish (GAsyncResult *result, GError **error);
