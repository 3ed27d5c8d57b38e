/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * arc_system_info_make_command:
 * @command: (nullable): the program and the arguments of the service that runs
 * @option: an option of the service that makes it print something and exit
 *
 * Returns: (transfer full): the command line that prints it; without @command that of the installed
 *   service
 */
GStrv arc_system_info_make_command (const char *const *command, const char *option);

/**
 * arc_system_info_get_process:
 * @service: the service
 *
 * Returns: the process that owns the name of @service; 0 if there is none
 */
guint arc_system_info_get_process (GDBusProxy *service);

/**
 * arc_system_info_read_process:
 * @pid: a process
 * @command: (out) (transfer full): its program and arguments
 * @environment: (out) (transfer full): the environment that it was started with
 *
 * Returns: %TRUE if /proc shows them; else nothing is set
 */
gboolean arc_system_info_read_process (guint pid, GStrv *command, GStrv *environment);

/**
 * arc_system_info_get_state_directory:
 * @environment: (nullable): the environment of the service; %NULL is that of this process
 *
 * Returns: (transfer full): the path of the state directory
 */
char *arc_system_info_get_state_directory (const char *const *environment);

G_END_DECLS
