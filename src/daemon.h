/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config-loader.h"

/**
 * ArcExit:
 *
 * The exit statuses of the program. Those from 64 on are of sysexits.h; the unit file names them.
 */
typedef enum
{
  ARC_EXIT_SUCCESS = 0,
  ARC_EXIT_BUILD_FAILED = 1,
  ARC_EXIT_USAGE = 64,    /* EX_USAGE */
  ARC_EXIT_NO_BUS = 69,   /* EX_UNAVAILABLE */
  ARC_EXIT_NO_STATE = 73, /* EX_CANTCREAT: the state directory cannot be made or opened */
  ARC_EXIT_TAKEN = 75,    /* EX_TEMPFAIL: another process has the name or the lock */
  ARC_EXIT_CONFIG = 78,   /* EX_CONFIG */
} ArcExit;

/**
 * ArcDaemonOptions:
 * @settings: where the settings come from
 * @replace: take the place of a service that runs
 */
typedef struct
{
  ArcConfigLoaderOptions settings;
  gboolean replace;
} ArcDaemonOptions;

/**
 * arc_daemon_run:
 * @options: what the command line says
 *
 * Runs the service, or the build of `--once`, until it ends. Errors go to the log. To be called
 * before the process has threads.
 *
 * Returns: the exit status of the process
 */
ArcExit arc_daemon_run (const ArcDaemonOptions *options);
