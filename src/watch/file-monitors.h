/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

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
 * Used in the thread of the context that was the thread default at arc_file_monitors_new().
 */
typedef struct _ArcFileMonitors ArcFileMonitors;
typedef struct _ArcMonitor ArcMonitor;

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
 * @user_data: data for the function
 *
 * Makes an object without monitors.
 *
 * Returns: (transfer full): the object
 */
ArcFileMonitors *arc_file_monitors_new (ArcFileMonitorsFunc func, gpointer user_data);

/**
 * arc_file_monitors_free:
 * @monitors: (transfer full): the monitors, each of which was cancelled
 *
 * Frees the object.
 */
void arc_file_monitors_free (ArcFileMonitors *monitors);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcFileMonitors, arc_file_monitors_free)

/**
 * arc_file_monitors_get_n_monitors:
 * @monitors: the monitors
 *
 * Returns: the number of monitors
 */
guint arc_file_monitors_get_n_monitors (const ArcFileMonitors *monitors);

/**
 * arc_file_monitors_add:
 * @monitors: the monitors
 * @directory: an absolute path
 * @error: return location for an error
 *
 * Adds a monitor. Success does not mean that @directory is watched: GIO reports no error for a
 * directory that is missing, unreadable or beyond the limit.
 *
 * Returns: (transfer full) (nullable): the monitor, or %NULL on an error of #GFileMonitor
 */
ArcMonitor *
arc_file_monitors_add (ArcFileMonitors *monitors, const char *directory, GError **error);

/**
 * arc_monitor_cancel:
 * @monitor: (transfer full): a monitor
 *
 * Cancels and frees a monitor. No event of it is reported afterwards.
 */
void arc_monitor_cancel (ArcMonitor *monitor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMonitor, arc_monitor_cancel)

G_END_DECLS
