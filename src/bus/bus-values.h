/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * arc_bus_value_of_build:
 * @builder: the engine
 * @build: a build that has ended
 *
 * Makes the value of the property `LastBuild`.
 *
 * Returns: (transfer floating): an `a{sv}`
 */
GVariant *arc_bus_value_of_build (ArcBuilder *builder, const ArcBuild *build);

/**
 * arc_bus_value_of_history:
 * @max: how many builds at most; 0 for all
 * @user_data: (type ArcBuilder): the engine
 *
 * Makes the reply of `GetHistory`, an #ArcReplyFunc.
 *
 * Returns: (transfer floating): the reply, smaller than %ARC_REPLY_MAX_SIZE
 */
GVariant *arc_bus_value_of_history (guint64 max, gpointer user_data);

/**
 * arc_bus_value_of_pending:
 * @max: how many changes at most; 0 for all
 * @user_data: (type ArcBuilder): the engine
 *
 * Makes the reply of `GetPending`, an #ArcReplyFunc.
 *
 * Returns: (transfer floating): the reply, smaller than %ARC_REPLY_MAX_SIZE
 */
GVariant *arc_bus_value_of_pending (guint64 max, gpointer user_data);

/**
 * arc_bus_value_of_changes:
 * @since: the number of a build
 * @user_data: (type ArcBuilder): the engine
 *
 * Makes the reply of `GetChanges`, an #ArcReplyFunc. All changes that engine/change-feed.h keeps
 * fit into it.
 *
 * Returns: (transfer floating): the reply
 */
GVariant *arc_bus_value_of_changes (guint64 since, gpointer user_data);

/**
 * arc_bus_value_of_problems:
 * @max: how many problems at most; 0 for all
 * @user_data: (type ArcBuilder): the engine
 *
 * Makes the reply of `GetProblems`, an #ArcReplyFunc. All problems that common/problem-list.h keeps
 * fit into it.
 *
 * Returns: (transfer floating): the reply
 */
GVariant *arc_bus_value_of_problems (guint64 max, gpointer user_data);

G_END_DECLS
