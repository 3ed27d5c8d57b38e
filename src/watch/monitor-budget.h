/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-tree.h"
#include "watch/file-monitors.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcMonitorBudget:
 *
 * The monitors of a tree, within the limits of the kernel, and whether they work: GIO does not
 * report that a directory cannot be watched.
 */
typedef struct _ArcMonitorBudget ArcMonitorBudget;

/**
 * arc_monitor_budget_new:
 * @func: called for each event of a monitor
 * @audited: called at the end of each audit
 * @user_data: data for the function
 *
 * Makes an object without monitors.
 *
 * Returns: (transfer full): the object
 */
ArcMonitorBudget *
arc_monitor_budget_new (ArcFileMonitorsFunc func, GSourceOnceFunc audited, gpointer user_data);

/**
 * arc_monitor_budget_free:
 * @watches: (transfer full): a budget whose monitors were all cancelled
 *
 * Frees the object.
 */
void arc_monitor_budget_free (ArcMonitorBudget *watches);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMonitorBudget, arc_monitor_budget_free)

/**
 * arc_monitor_budget_begin:
 * @watches: a budget
 *
 * Prepares a reconciliation: reads the limits anew. An audit follows it, unless there was one
 * within the last minute.
 */
void arc_monitor_budget_begin (ArcMonitorBudget *watches);

/**
 * arc_monitor_budget_arm:
 * @watches: a budget
 * @node: a directory of the tree
 *
 * Adds a monitor to a directory. Its monitor stays %NULL if that is not possible.
 */
void arc_monitor_budget_arm (ArcMonitorBudget *watches, ArcNode *node);

/**
 * arc_monitor_budget_is_audit_due:
 * @watches: a budget
 *
 * Returns: %TRUE if an audit will be made in any case
 */
gboolean arc_monitor_budget_is_audit_due (const ArcMonitorBudget *watches);

/**
 * arc_monitor_budget_wants_audit:
 * @watches: a budget
 * @path: a directory, which is watched for a moment
 *
 * Returns: %TRUE if some monitors may not work
 */
gboolean arc_monitor_budget_wants_audit (ArcMonitorBudget *watches, const char *path);

/**
 * arc_monitor_budget_begin_audit:
 * @watches: a budget
 * @tree: the directories
 *
 * Begins an audit. None may be under way.
 */
void arc_monitor_budget_begin_audit (ArcMonitorBudget *watches, const ArcDirectoryTree *tree);

/**
 * arc_monitor_budget_is_auditing:
 * @watches: a budget
 *
 * Returns: %TRUE if an audit is under way
 */
gboolean arc_monitor_budget_is_auditing (const ArcMonitorBudget *watches);

/**
 * arc_monitor_budget_cancel_audit:
 * @watches: a budget
 *
 * Cancels the audit, if one is under way.
 */
void arc_monitor_budget_cancel_audit (ArcMonitorBudget *watches);

/**
 * arc_monitor_budget_take_deaf:
 * @watches: a budget
 * @tree: the directories
 *
 * Cancels the monitors that the kernel did not have in the last audit.
 *
 * Returns: (transfer container) (element-type ArcNode): their directories, returned once
 */
GPtrArray *arc_monitor_budget_take_deaf (ArcMonitorBudget *watches, const ArcDirectoryTree *tree);

/**
 * arc_monitor_budget_is_full:
 * @watches: a budget
 *
 * Returns: %TRUE if no monitor can be added until a limit is raised
 */
gboolean arc_monitor_budget_is_full (const ArcMonitorBudget *watches);

/**
 * arc_monitor_budget_describe:
 * @watches: a budget
 * @n_unwatched: the number of directories without a monitor
 * @n: the number of directories
 *
 * Returns: (transfer full): why, and the command that raises the limit, in English
 */
char *arc_monitor_budget_describe (const ArcMonitorBudget *watches, guint n_unwatched, guint n);

G_END_DECLS
