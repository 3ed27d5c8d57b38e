/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config-loader.h"

G_BEGIN_DECLS

/* The exit statuses; those from 64 on are of sysexits.h, and the unit file knows them. */
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
 * @once: one full build in the foreground, without a bus, instead of the service
 * @replace: take the place of a service that runs
 */
typedef struct
{
  ArcConfigLoaderOptions settings;
  gboolean once;
  gboolean replace;
} ArcDaemonOptions;

/* Puts the parts together, runs them until it is told to stop, and takes them apart. Errors go to
 * the log. To be called before there are threads. */
ArcExit arc_daemon_run (const ArcDaemonOptions *options);

G_END_DECLS
