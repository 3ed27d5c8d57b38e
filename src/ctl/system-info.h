/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Runs ARGV in ENVIRONMENT (NULL: that of this process), with English messages and without input,
 * for at most 30 s. TRUE if it ran to its end: STATUS gets its exit status (128 and the signal if
 * one killed it), OUTPUT and MESSAGES what it printed on standard output and standard error, valid
 * UTF-8 without blanks at the ends. */
gboolean arc_system_info_run (const char *const *environment,
                              const char *const *argv,
                              int *status,
                              char **output,
                              char **messages,
                              GError **error);

/* (transfer full) (nullable): the path of the program NAME, as arc_system_info_run() would find it.
 */
char *arc_system_info_find_program (const char *const *environment, const char *name);

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
 * @command: (out): its program and arguments
 * @environment: (out): the environment that it was started with
 *
 * Returns: whether /proc shows them
 */
gboolean arc_system_info_read_process (guint pid, GStrv *command, GStrv *environment);

/**
 * arc_system_info_get_state_directory:
 * @environment: (nullable): of the service; %NULL: that of this process
 *
 * Returns: (transfer full): where the service keeps its state
 */
char *arc_system_info_get_state_directory (const char *const *environment);

/**
 * arc_system_info_find_duplicate:
 * @service: the process of the service, or 0
 * @state: its state directory
 *
 * Returns: another process of this user that is the same program and has the same state directory,
 *   0 if there is none
 */
guint arc_system_info_find_duplicate (guint service, const char *state);

/* The inotify instances and watches of all processes of this user, whose limits they share
 * (inotify(7)), as far as /proc shows them. */
void arc_system_info_count_inotify (guint *instances, guint *watches);

/* The value of the limit NAME of the kernel, as sysctl(8) writes it; G_MAXUINT if there is none.
 */
guint arc_system_info_read_limit (const char *name);

/* (transfer full): PATH itself if it is there, else the nearest directory above it that is. */
char *arc_system_info_find_existing (const char *path);

G_END_DECLS
