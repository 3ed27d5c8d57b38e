/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-tree.h"

#include <gio/gio.h>

/**
 * ArcFileMonitors:
 *
 * Many GFileMonitors at the cost of few.
 *
 * Each GFileMonitor is a GSource of the context that it was made in, so that every iteration of
 * that context costs as much as there are monitors: 18 to 28 ms at 100,000. Here they live in child
 * contexts of about a thousand each, which one GSource of the main context for each child runs when
 * that child has something to do. A child that goes on and on to have something to do rests in
 * between, for 32 ms at most.
 *
 * They are kept within the limits of the kernel, and audited: GIO does not report that a directory
 * cannot be watched.
 *
 * Used in the thread of the context that was the thread default at arc_file_monitors_new().
 */
typedef struct _ArcFileMonitors ArcFileMonitors;

typedef enum
{
  ARC_HINT_LOOK,       /* look at the path */
  ARC_HINT_ATTRIBUTES, /* mode or owner may be different */
  ARC_HINT_MOVED,      /* if it is a directory, monitors on it or below may be on another one now */
} ArcHint;

/**
 * ArcFileMonitorsFunc:
 * @path: the path that may have changed
 * @hint: what the event says
 * @user_data: the data
 *
 * Receives an event.
 */
typedef void (*ArcFileMonitorsFunc) (const char *path, ArcHint hint, gpointer user_data);

/**
 * arc_file_monitors_new:
 * @func: called for each event; must not add or cancel monitors
 * @audited: called at the end of each audit
 * @user_data: data for the functions
 *
 * Returns: (transfer full): the object
 */
ArcFileMonitors *
arc_file_monitors_new (ArcFileMonitorsFunc func, GSourceOnceFunc audited, gpointer user_data);

/**
 * arc_file_monitors_free:
 * @monitors: (transfer full): the monitors, each of which was cancelled
 */
void arc_file_monitors_free (ArcFileMonitors *monitors);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcFileMonitors, arc_file_monitors_free)

/**
 * arc_file_monitors_begin:
 * @monitors: the monitors
 *
 * Prepares a reconciliation: reads the limits anew. An audit follows it, unless there was one
 * within the last minute.
 */
void arc_file_monitors_begin (ArcFileMonitors *monitors);

/**
 * arc_file_monitors_arm:
 * @monitors: the monitors
 * @node: a directory of the tree
 *
 * Adds a monitor to a directory. Its monitor stays %NULL if that is not possible.
 */
void arc_file_monitors_arm (ArcFileMonitors *monitors, ArcNode *node);

/**
 * arc_file_monitors_is_audit_due:
 * @monitors: the monitors
 *
 * Returns: %TRUE if an audit will be made in any case
 */
gboolean arc_file_monitors_is_audit_due (const ArcFileMonitors *monitors);

/**
 * arc_file_monitors_audit:
 * @monitors: the monitors
 * @tree: the directories
 *
 * Begins an audit if some monitors may not work. None may be under way.
 *
 * Returns: %TRUE if one has begun
 */
gboolean arc_file_monitors_audit (ArcFileMonitors *monitors, const ArcDirectoryTree *tree);

/**
 * arc_file_monitors_is_auditing:
 * @monitors: the monitors
 *
 * Returns: %TRUE if an audit is under way
 */
gboolean arc_file_monitors_is_auditing (const ArcFileMonitors *monitors);

/**
 * arc_file_monitors_cancel_audit:
 * @monitors: the monitors
 *
 * Cancels the audit, if one is under way.
 */
void arc_file_monitors_cancel_audit (ArcFileMonitors *monitors);

/**
 * arc_file_monitors_take_deaf:
 * @monitors: the monitors
 * @tree: the directories
 *
 * Cancels the monitors that the kernel did not have in the last audit.
 *
 * Returns: (transfer container) (element-type ArcNode): those of their directories that may get
 *   another monitor, once
 */
GPtrArray *arc_file_monitors_take_deaf (ArcFileMonitors *monitors, const ArcDirectoryTree *tree);

/**
 * arc_file_monitors_describe:
 * @monitors: the monitors
 * @n_unwatched: the number of directories without a monitor
 * @n: the number of directories
 *
 * Returns: (transfer full): why, and the command that raises the limit, in English
 */
char *arc_file_monitors_describe (const ArcFileMonitors *monitors, guint n_unwatched, guint n);

/**
 * arc_monitor_cancel:
 * @monitor: (transfer full): a monitor
 *
 * Cancels and frees a monitor. No event of it is reported afterwards.
 */
void arc_monitor_cancel (ArcMonitor *monitor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMonitor, arc_monitor_cancel)
