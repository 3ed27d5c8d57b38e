/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "ctl/arcologyctl.h"

G_BEGIN_DECLS

/**
 * ArcBusWaitOptions:
 * @quiet: no progress and no report, only errors
 * @json: no progress, and the report as JSON
 * @timeout: how long to wait, milliseconds, or %ARC_CTL_DEFAULT_TIMEOUT for as long as it takes
 */
typedef struct
{
  gboolean quiet;
  gboolean json;
  int timeout;
} ArcBusWaitOptions;

/* Waits until the build with the number BUILD, which somebody asked for, has ended, and shows how
 * far it is: with a bar on a terminal, else with a line a second. Reports how it ended. SIGINT ends
 * the waiting, not the build. */
ArcCtlExit
arc_bus_wait_for_build (ArcDBusBuilder *service, guint64 build, const ArcBusWaitOptions *options);

/* Calls `Sync` and waits for its reply in the same way. */
ArcCtlExit arc_bus_wait_for_sync (ArcDBusBuilder *service, const ArcBusWaitOptions *options);

G_END_DECLS
