/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config-loader.h"
#include "engine/builder.h"
#include "watch/settings-monitor.h"

/**
 * arc_settings_load:
 * @options: where the settings come from
 * @digest: (out) (transfer full): the result of arc_settings_monitor_read() before they were loaded
 * @error: see arc_config_loader_load()
 *
 * Loads the settings. Can be called in any thread.
 *
 * Returns: (transfer full) (nullable): the settings, or %NULL on an error
 */
ArcConfig *arc_settings_load (const ArcConfigLoaderOptions *options, char **digest, GError **error);

/**
 * ArcSettingsReload:
 *
 * Loads the settings again, in a thread, and puts them in force if they are good.
 */
typedef struct _ArcSettingsReload ArcSettingsReload;

/**
 * ArcSettingsReloadFunc:
 * @is_under_way: whether a reload has begun; %FALSE: all have ended
 * @user_data: the data of arc_settings_reload_new()
 *
 * Called when @is_under_way is another than before.
 */
typedef void (*ArcSettingsReloadFunc) (gboolean is_under_way, gpointer user_data);

/**
 * arc_settings_reload_new:
 * @builder: the builder, which gets the settings
 * @monitor: the monitor of the files, which must outlive the object
 * @options: where the settings come from
 * @func: called when reloads begin and end
 * @user_data: data for @func
 *
 * Returns: (transfer full): the object
 */
ArcSettingsReload *arc_settings_reload_new (ArcBuilder *builder,
                                            ArcSettingsMonitor *monitor,
                                            const ArcConfigLoaderOptions *options,
                                            ArcSettingsReloadFunc func,
                                            gpointer user_data);

/**
 * arc_settings_reload_free:
 * @reload: (transfer full): the object
 *
 * Frees the object. The main context must not run afterwards while a reload is under way.
 */
void arc_settings_reload_free (ArcSettingsReload *reload);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcSettingsReload, arc_settings_reload_free)

/**
 * arc_settings_reload_run_async:
 * @reload: the object
 * @callback: called when the new settings are in force, or the old ones stay
 * @user_data: data for @callback
 *
 * Loads the settings again. What was asked for during one load is done by the next.
 */
void arc_settings_reload_run_async (ArcSettingsReload *reload,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * arc_settings_reload_run_finish:
 * @result: the result
 * @error: return location for %ARC_ERROR_CONFIG
 *
 * Returns: %FALSE if the old settings stay in force
 */
gboolean arc_settings_reload_run_finish (GAsyncResult *result, GError **error);
