/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/file-id.h"

#include <gio/gio.h>
#include <sys/inotify.h>

G_BEGIN_DECLS

/**
 * ArcMonitorAudit:
 *
 * Finds out what GIO does not report about inotify(7): whether the kernel has room for one more
 * watch, and which directories are really watched. It has an inotify instance of its own, and never
 * touches that of GIO.
 */
typedef struct _ArcMonitorAudit ArcMonitorAudit;

/* The mask of its own watches. Those of GIO all have IN_DELETE. */
#define ARC_MONITOR_AUDIT_OWN_MASK (IN_DELETE_SELF | IN_ONLYDIR)

typedef struct
{
  char *path; /* (owned) */
  ArcFileId id;
  gboolean watched; /* the answer of arc_monitor_audit_audit() */
} ArcMonitorAuditTarget;

/**
 * arc_monitor_audit_new:
 *
 * Makes an object. Its inotify instance is made when it is needed.
 *
 * Returns: (transfer full): the object
 */
ArcMonitorAudit *arc_monitor_audit_new (void);

/**
 * arc_monitor_audit_free:
 * @inotify: (transfer full): an audit
 *
 * Frees the object.
 */
void arc_monitor_audit_free (ArcMonitorAudit *inotify);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMonitorAudit, arc_monitor_audit_free)

/**
 * arc_monitor_audit_get_limit:
 * @name: (out) (transfer none) (optional): the sysctl(8) that sets the limit
 *
 * Returns: how many watches the processes of the user may have together, or %G_MAXUINT if that is
 *   unknown
 */
guint arc_monitor_audit_get_limit (const char **name);

/**
 * arc_monitor_audit_get_instance_limit:
 * @name: (out) (transfer none) (optional): the sysctl(8) that sets the limit
 *
 * Returns: how many inotify instances the user may have, or %G_MAXUINT if that is unknown
 */
guint arc_monitor_audit_get_instance_limit (const char **name);

/**
 * arc_monitor_audit_has_room:
 * @inotify: an audit
 * @path: a directory, which is watched for a moment
 *
 * Returns: %FALSE if the kernel refuses one more watch because the limit is reached
 */
gboolean arc_monitor_audit_has_room (ArcMonitorAudit *inotify, const char *path);

/**
 * arc_monitor_audit_targets_new:
 *
 * Returns: (transfer full) (element-type ArcMonitorAuditTarget): an empty array
 */
GArray *arc_monitor_audit_targets_new (void);

/**
 * arc_monitor_audit_audit_async:
 * @inotify: an audit
 * @targets: (transfer full) (element-type ArcMonitorAuditTarget): directories
 * @cancellable: (nullable): cancels the task
 * @callback: called when it is done
 * @user_data: data for the function
 *
 * Finds out, in a thread, which directories an inotify instance of this process watches. Watches
 * with %ARC_MONITOR_AUDIT_OWN_MASK do not count, as an audit that was given up may still have
 * some. The kernel needs 4 us for each watch, all in one call.
 */
void arc_monitor_audit_audit_async (ArcMonitorAudit *inotify,
                                    GArray *targets,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * arc_monitor_audit_audit_finish:
 * @result: the result
 * @error: return location for an error
 *
 * The error is of %G_IO_ERROR: no file descriptor or inotify instance is left, or
 * %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full) (nullable): the directories, with the answers
 */
GArray *arc_monitor_audit_audit_finish (GAsyncResult *result, GError **error);

/**
 * arc_monitor_audit_get_queue_length:
 *
 * The kernel drops later events.
 *
 * Returns: how many events the kernel keeps for an inotify instance
 */
guint arc_monitor_audit_get_queue_length (void);

G_END_DECLS
