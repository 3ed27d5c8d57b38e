/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "system/arc-monitors.h"
#include "system/arc-tree.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcWatches:
 *
 * The monitors of a tree, within what the kernel allows, and whether they are true: GIO does not
 * tell when a directory cannot be watched.
 */
typedef struct _ArcWatches ArcWatches;

typedef void (*ArcWatchesFunc) (gpointer user_data);

/* FUNC is called for what the monitors tell, AUDITED at the end of an audit. */
ArcWatches *arc_watches_new (ArcMonitorsFunc func, ArcWatchesFunc audited, gpointer user_data);

/* Every monitor must have been cancelled. */
void arc_watches_free (ArcWatches *watches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcWatches, arc_watches_free)

/* A reconciliation begins: the limits are asked for anew, and an audit is due after it, unless
 * there was one within the last minute. */
void arc_watches_begin (ArcWatches *watches);

/* Gives NODE a monitor. If that is not possible, its monitor stays NULL. */
void arc_watches_arm (ArcWatches *watches, ArcNode *node);

/* Whether an audit will be wanted, whatever else happens before. */
gboolean arc_watches_is_audit_due (const ArcWatches *watches);

/* Whether there is reason to doubt that all monitors work. PATH is a directory to try with. */
gboolean arc_watches_wants_audit (ArcWatches *watches, const char *path);

/* Asks the kernel what it watches. None may be under way. */
void arc_watches_begin_audit (ArcWatches *watches, const ArcTree *tree);
gboolean arc_watches_is_auditing (const ArcWatches *watches);
void arc_watches_cancel_audit (ArcWatches *watches);

/* Cancels the monitors that the kernel knew nothing of in an audit that is over; returns their
 * nodes, once. (element-type ArcNode) (transfer container) */
GPtrArray *arc_watches_take_deaf (ArcWatches *watches, const ArcTree *tree);

/* Whether there is no use in trying again before something is changed. */
gboolean arc_watches_is_full (const ArcWatches *watches);

/* Why N_UNWATCHED of N directories have no monitor, and the command that helps. */
char *arc_watches_describe (const ArcWatches *watches, guint n_unwatched, guint n);

G_END_DECLS
