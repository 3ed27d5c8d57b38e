/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"
#include "engine/database-state.h"
#include "watch/watcher.h"

#include <gio/gio.h>

/* Whether settings leave files of the tree: settings never empty a database. */

/**
 * arc_config_survey_first_async:
 * @watcher: the watcher of the tree, which was compared once
 * @config: the settings
 * @database: the state of the database
 * @callback: called when it is known, or a time limit has passed
 * @user_data: for @callback
 *
 * Finds out whether the settings of a start leave files of a tree that has some. With the settings
 * of the last run, it is the user who removed the files.
 */
void arc_config_survey_first_async (ArcWatcher *watcher,
                                    const ArcConfig *config,
                                    ArcDatabaseState *database,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * arc_config_survey_first_finish:
 * @watcher: the watcher
 * @result: the result
 *
 * Returns: %FALSE if there are files and the settings leave none
 */
gboolean arc_config_survey_first_finish (ArcWatcher *watcher, GAsyncResult *result);

/**
 * arc_config_survey_check_async:
 * @watcher: the watcher of the tree
 * @config: settings
 * @callback: called when it is known, or a time limit has passed
 * @user_data: for @callback
 *
 * Finds out whether settings may be put in force: they must not leave no file while there are some.
 * No file was found when the limit has passed.
 */
void arc_config_survey_check_async (ArcWatcher *watcher,
                                    const ArcConfig *config,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * arc_config_survey_check_finish:
 * @watcher: the watcher
 * @result: the result
 * @error: return location for %ARC_ERROR_CONFIG
 *
 * Returns: %TRUE if the settings may be put in force
 */
gboolean arc_config_survey_check_finish (ArcWatcher *watcher, GAsyncResult *result, GError **error);
