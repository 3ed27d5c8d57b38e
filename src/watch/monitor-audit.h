/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-id.h"

#include <gio/gio.h>
#include <sys/inotify.h>

/* Finds out what GIO does not report about inotify(7): whether the kernel has room for one more
 * watch, and which directories are really watched. It never touches the inotify instance of GIO. */

/* The mask of its own watches. Those of GIO on directories all have IN_DELETE: IP_INOTIFY_DIR_MASK
 * of inotify-path.c (GLib 2.74 and 2.84). */
#define ARC_MONITOR_AUDIT_OWN_MASK (IN_DELETE_SELF | IN_ONLYDIR)

typedef struct
{
  char *path; /* (owned) */
  ArcFileId id;
  gboolean watched; /* the answer of arc_monitor_audit_run_async() */
} ArcMonitorAuditTarget;

/**
 * arc_monitor_audit_has_room:
 * @fd: (inout): an inotify instance; -1: one is made if the kernel gives any
 *
 * Returns: %FALSE if the kernel refuses one more watch because the limit is reached
 */
gboolean arc_monitor_audit_has_room (int *fd);

/**
 * arc_monitor_audit_run_async:
 * @targets: (transfer full) (element-type ArcMonitorAuditTarget): directories
 * @cancellable: (nullable): cancels the task
 * @callback: called when it is done
 * @user_data: data for the function
 *
 * Finds out, in a thread, which directories an inotify instance of this process watches. Watches
 * with %ARC_MONITOR_AUDIT_OWN_MASK do not count, as an audit that was given up may still have
 * some. The kernel needs 4 us for each watch, all in one call.
 */
void arc_monitor_audit_run_async (GArray *targets,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);

/**
 * arc_monitor_audit_run_finish:
 * @result: the result
 * @error: return location for an error
 *
 * The error is of %G_IO_ERROR: no file descriptor or inotify instance is left, or
 * %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full) (nullable): the directories, with the answers
 */
GArray *arc_monitor_audit_run_finish (GAsyncResult *result, GError **error);
