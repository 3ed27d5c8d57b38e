/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Whether a process of GROUP is there that is not a zombie. */
gboolean arc_process_group_is_alive (pid_t group);

/* Ends what is left of GROUP, if a process of it has ASSIGNMENT ("NAME=value") in its environment:
 * the number of a group that is gone may be another's by now, but not its environment. SIGTERM,
 * after GRACE (microseconds) SIGKILL; waits until nothing is left, but not for a process that hangs
 * in the kernel. Blocks for that time. TRUE if there was something to end. */
gboolean arc_process_group_end (pid_t group, const char *assignment, gint64 grace);

G_END_DECLS
