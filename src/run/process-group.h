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
 * @assignment: `NAME=value` from the environment of a process of the group
 * @grace: microseconds between SIGTERM and SIGKILL
 * @cancellable: (nullable): ends the wait, not the processes
 * @callback: called from the main loop when nothing of the group is left. The result is a #GTask: a
 *   boolean, whether there was something to end; the error is %G_IO_ERROR_CANCELLED
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
