/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"

/**
 * arc_messages_tell_state:
 * @service: the service
 * @now: microseconds since the epoch
 *
 * Describes what the service does, why no build starts now, and when the next one starts.
 *
 * Returns: (transfer full): a translated sentence without a full stop
 */
char *arc_messages_tell_state (ArcDBusBuilder *service, gint64 now);

/**
 * arc_messages_tell_phase:
 * @service: the service
 *
 * Describes what the running build does before its first file.
 *
 * Returns: (transfer full) (nullable): translated words, safe for a terminal; %NULL if the build
 *   has reported none, or has begun with its files
 */
char *arc_messages_tell_phase (ArcDBusBuilder *service);

/**
 * arc_messages_is_success:
 * @result: the result of a build, a word of D-Bus
 *
 * Returns: whether the build succeeded
 */
gboolean arc_messages_is_success (const char *result);

/**
 * arc_messages_name_result:
 * @result: the result of a build, a word of D-Bus
 *
 * Returns: (transfer none): the translated word, or @result if it is unknown, as that of a newer
 *   service can be
 */
const char *arc_messages_name_result (const char *result);

/**
 * arc_messages_tell_build:
 * @build: a finished build, of type a{sv}
 *
 * Returns: (transfer full): a translated sentence with its result, without a full stop
 */
char *arc_messages_tell_build (GVariant *build);

/**
 * arc_messages_list_failed_files:
 * @build: a finished build, of type a{sv}
 * @max: how many files to list
 *
 * Returns: (transfer full) (element-type utf8): the files that @build reported as failed, for
 *   people; if there are more than @max, the last line counts the rest
 */
GPtrArray *arc_messages_list_failed_files (GVariant *build, guint max);

/**
 * arc_messages_tell_problem:
 * @problem: a problem, of type (ayusay)
 * @abbreviated: whether to write `~` for the home directory
 *
 * Formats a problem in one line, in the form that compilers use, with the other file unless the
 * text names it.
 *
 * Returns: (transfer full): the line
 */
char *arc_messages_tell_problem (GVariant *problem, gboolean abbreviated);

/**
 * arc_messages_tell_more:
 * @n: how many lines are left out of a list
 *
 * Returns: (transfer full): a translated line that says so
 */
char *arc_messages_tell_more (guint n);

/**
 * arc_messages_get_duration:
 * @build: a finished build, of type a{sv}
 *
 * Returns: how long it took, microseconds; 0 if the clock was set back meanwhile
 */
gint64 arc_messages_get_duration (GVariant *build);
