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
 * What GIO does not tell of the inotify(7) that it works with: whether there is room for one more
 * watch, and which directories are watched in truth. It has an inotify instance of its own to ask
 * with, and never touches that of GIO.
 */
typedef struct _ArcMonitorAudit ArcMonitorAudit;

/* What it asks with: by that its watches are told from those of GIO, which all have IN_DELETE. */
#define ARC_MONITOR_AUDIT_OWN_MASK (IN_DELETE_SELF | IN_ONLYDIR)

typedef struct
{
  char *path; /* (owned) */
  ArcFileId id;
  gboolean watched; /* the answer of arc_monitor_audit_audit() */
} ArcMonitorAuditTarget;

ArcMonitorAudit *arc_monitor_audit_new (void);
void arc_monitor_audit_free (ArcMonitorAudit *inotify);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMonitorAudit, arc_monitor_audit_free)

/* How many watches the user may have, all processes together, and, if NAME is not NULL, the
 * sysctl(8) that says so. G_MAXUINT if it cannot be known. */
guint arc_monitor_audit_get_limit (const char **name);

/* The same of inotify instances. */
guint arc_monitor_audit_get_instance_limit (const char **name);

/* FALSE if the kernel refuses one more watch because the limit is reached. PATH is a directory to
 * try it on. */
gboolean arc_monitor_audit_has_room (ArcMonitorAudit *inotify, const char *path);

/* (element-type ArcMonitorAuditTarget) (transfer full) */
GArray *arc_monitor_audit_targets_new (void);

/* Finds out for each of TARGETS whether an inotify instance of this process watches it, not with
 * ARC_MONITOR_AUDIT_OWN_MASK: another audit may be under way, or given up and not at its end. That
 * takes a thread of its own: the kernel needs 4 us a watch to tell, all in one call. */
void arc_monitor_audit_audit_async (ArcMonitorAudit *inotify,
                                    GArray *targets /* (transfer full) */,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/* (transfer full): the targets, with their answers. Fails if it cannot be known, for lack of a file
 * descriptor or an inotify instance, and with G_IO_ERROR_CANCELLED. */
GArray *arc_monitor_audit_audit_finish (GAsyncResult *result, GError **error);

/* How many events the kernel keeps for an inotify instance; it drops what comes after that. */
guint arc_monitor_audit_get_queue_length (void);

G_END_DECLS
