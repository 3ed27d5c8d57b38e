/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "ctl/arcologyctl.h"

G_BEGIN_DECLS

/**
 * ArcBusWaitOptions:
 * @quiet: no progress and no report, only errors
 * @json: no progress, and the report as JSON
 * @timeout: how long to wait, milliseconds, or %ARC_CTL_DEFAULT_TIMEOUT without a limit
 */
typedef struct
{
  gboolean quiet;
  gboolean json;
  int timeout;
} ArcBusWaitOptions;

/**
 * arc_bus_wait_for_build:
 * @service: the service
 * @build: the number of a build that was requested
 * @options: the options
 *
 * Waits until the build has ended, and prints its progress and its result. The progress is a bar on
 * a terminal, else a line a second. SIGINT ends the waiting, not the build.
 *
 * Returns: the exit status of the program
 */
ArcCtlExit
arc_bus_wait_for_build (ArcDBusBuilder *service, guint64 build, const ArcBusWaitOptions *options);

/**
 * arc_bus_wait_for_sync:
 * @service: the service
 * @options: the options
 *
 * Calls `Sync` and waits for its reply in the same way.
 *
 * Returns: the exit status of the program
 */
ArcCtlExit arc_bus_wait_for_sync (ArcDBusBuilder *service, const ArcBusWaitOptions *options);

G_END_DECLS
