/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/directory-tree.h"
#include "watch/monitor-budget.h"
#include "watch/path-monitor.h"

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum
{
  ARC_HEALTH_OK,          /* every directory is watched */
  ARC_HEALTH_DEGRADED,    /* changes arrive, but some only with the periodic reconcile */
  ARC_HEALTH_UNAVAILABLE, /* a root is not there: nothing is to be built */
} ArcHealth;

#define ARC_TYPE_HEALTH (arc_health_get_type ())
GType arc_health_get_type (void);

const char *arc_health_to_string (ArcHealth health);

/* How well TREE, and what its links lead to, is watched. MESSAGE (transfer full) says in English
 * what is wrong and what to do,
 * "" if all is well. */
ArcHealth arc_health_assess (const ArcDirectoryTree *tree,
                             const ArcMonitorBudget *watches,
                             const ArcPathMonitor *ways,
                             char **message);

G_END_DECLS
