/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-tree.h"
#include "watch/file-monitors.h"
#include "watch/path-monitor.h"

#include <glib-object.h>

typedef enum
{
  ARC_HEALTH_OK,          /* every directory is watched */
  ARC_HEALTH_DEGRADED,    /* changes arrive, but some only with the periodic reconcile */
  ARC_HEALTH_UNAVAILABLE, /* a root is not there: nothing is built */
} ArcHealth;

#define ARC_TYPE_HEALTH (arc_health_get_type ())
GType arc_health_get_type (void);

/**
 * arc_health_to_string:
 * @health: a health
 *
 * Returns: (transfer none): its name on D-Bus
 */
const char *arc_health_to_string (ArcHealth health);

/**
 * arc_health_assess:
 * @tree: the directories
 * @watches: the monitors of the directories
 * @path_monitor: the monitor of the roots and symbolic links
 * @message: (out) (transfer full): text in English
 *
 * Finds out how well the directories, and what their symbolic links lead to, are watched.
 * @message says what is wrong and what to do, and is empty if nothing is.
 *
 * Returns: the health
 */
ArcHealth arc_health_assess (const ArcDirectoryTree *tree,
                             const ArcFileMonitors *watches,
                             const ArcPathMonitor *path_monitor,
                             char **message);
