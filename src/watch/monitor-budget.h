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
 * The monitors of a tree, within what the kernel allows, and whether they are true: GIO does not
 * tell when a directory cannot be watched.
 */
typedef struct _ArcMonitorBudget ArcMonitorBudget;

typedef void (*ArcMonitorBudgetFunc) (gpointer user_data);

/* FUNC is called for what the monitors tell, AUDITED at the end of an audit. */
ArcMonitorBudget *
arc_monitor_budget_new (ArcFileMonitorsFunc func, ArcMonitorBudgetFunc audited, gpointer user_data);

/* Every monitor must have been cancelled. */
void arc_monitor_budget_free (ArcMonitorBudget *watches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMonitorBudget, arc_monitor_budget_free)

/* A reconciliation begins: the limits are asked for anew, and an audit is due after it, unless
 * there was one within the last minute. */
void arc_monitor_budget_begin (ArcMonitorBudget *watches);

/* Gives NODE a monitor. If that is not possible, its monitor stays NULL. */
void arc_monitor_budget_arm (ArcMonitorBudget *watches, ArcNode *node);

/* Whether an audit will be wanted, whatever else happens before. */
gboolean arc_monitor_budget_is_audit_due (const ArcMonitorBudget *watches);

/* Whether there is reason to doubt that all monitors work. PATH is a directory to try with. */
gboolean arc_monitor_budget_wants_audit (ArcMonitorBudget *watches, const char *path);

/* Asks the kernel what it watches. None may be under way. */
void arc_monitor_budget_begin_audit (ArcMonitorBudget *watches, const ArcDirectoryTree *tree);
gboolean arc_monitor_budget_is_auditing (const ArcMonitorBudget *watches);
void arc_monitor_budget_cancel_audit (ArcMonitorBudget *watches);

/* Cancels the monitors that the kernel knew nothing of in an audit that is over; returns their
 * nodes, once. (element-type ArcNode) (transfer container) */
GPtrArray *arc_monitor_budget_take_deaf (ArcMonitorBudget *watches, const ArcDirectoryTree *tree);

/* Whether there is no use in trying again before something is changed. */
gboolean arc_monitor_budget_is_full (const ArcMonitorBudget *watches);

/* Why N_UNWATCHED of N directories have no monitor, and the command that helps. */
char *arc_monitor_budget_describe (const ArcMonitorBudget *watches, guint n_unwatched, guint n);

G_END_DECLS
