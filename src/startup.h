/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "bus/bus-connection.h"
#include "config/config-loader.h"

/**
 * ArcStartup:
 * @config: the settings
 * @digest: the result of arc_settings_monitor_read() before they were loaded
 * @state_directory: the path of the state directory
 * @bus: (nullable): the session bus; only the service has one
 * @system_bus: (nullable): the system bus; the same
 *
 * What the program needs before it can begin. A thread collects it: a file system, or a bus, that
 * does not answer keeps neither signals nor the watchdog from the main loop.
 */
typedef struct
{
  ArcConfig *config;
  char *digest;
  char *state_directory;
  ArcBusConnection *bus;
  GDBusConnection *system_bus;

  /*< private >*/
  ArcConfigLoaderOptions *options;
  int step; /* atomic */
} ArcStartup;

/**
 * arc_startup_new:
 * @options: where the settings come from
 *
 * Makes an object whose members are %NULL.
 *
 * Returns: (transfer full): the object
 */
ArcStartup *arc_startup_new (const ArcConfigLoaderOptions *options);

/**
 * arc_startup_unref:
 * @startup: (transfer full): the object
 *
 * Drops the reference. A thread that waits has its own.
 */
void arc_startup_unref (ArcStartup *startup);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcStartup, arc_startup_unref)

/**
 * arc_startup_run_async:
 * @startup: the object
 * @cancellable: cancelled when nothing waits for it any more; the thread goes on
 * @callback: called when all members are set, or one cannot be
 * @user_data: data for @callback
 *
 * Loads the settings, finds the state directory, and connects to the buses.
 */
void arc_startup_run_async (ArcStartup *startup,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

/**
 * arc_startup_run_finish:
 * @result: the result
 * @error: %ARC_ERROR_CONFIG if the settings are wrong; %G_IO_ERROR_CANCELLED; any other: there is
 *   no bus
 *
 * Returns: whether the members of the object are set
 */
gboolean arc_startup_run_finish (GAsyncResult *result, GError **error);

/**
 * arc_startup_describe:
 * @startup: the object
 *
 * Returns: (transfer full): what the thread waits for, as a sentence
 */
char *arc_startup_describe (const ArcStartup *startup);
