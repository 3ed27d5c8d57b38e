/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"

G_BEGIN_DECLS

/* How good or bad it is, for colours. */
typedef enum
{
  ARC_MOOD_GOOD,
  ARC_MOOD_WAITING, /* nothing is wrong, but the database is not up to date */
  ARC_MOOD_BAD,
} ArcMood;

/* (transfer full): what the service does, why nothing starts now and when something will: one
 * sentence without a full stop. NOW: microseconds since the epoch. */
char *arc_messages_tell_state (ArcDBusBuilder *service, gint64 now);

/* How that is. */
ArcMood arc_messages_get_mood (ArcDBusBuilder *service);

/* Whether RESULT, a word of D-Bus, is that of a build that succeeded. */
gboolean arc_messages_is_success (const char *result);

/* How a build ended, in a word or three. RESULT is a word of D-Bus, and returned as it is if it is
 * not known here. */
const char *arc_messages_name_result (const char *result);

/**
 * arc_messages_name_change:
 * @word: what happened to a file, a word of D-Bus
 *
 * Returns: the same in the language of the user, or @word if it is not known here
 */
const char *arc_messages_name_change (const char *word);

/* (transfer full): that BUILD, of type a{sv}, ended, and how: one sentence without a full stop. */
char *arc_messages_tell_build (GVariant *build);

/* (transfer full): that the build with the number ID started; KIND is a word of D-Bus. */
char *arc_messages_tell_start (guint64 id, const char *kind);

/* (transfer full) (element-type utf8): the files that BUILD reported as failed, for people, at most
 * MAX, and as the last one how many more there are, if there are. */
GPtrArray *arc_messages_list_failed_files (GVariant *build, guint max);

/* Returns: (transfer full): PROBLEM, of type (ayusay), as compilers write errors, in one line, with
 * the other file if the text does not name it. ABBREVIATED: for people, with `~` for the home
 * directory. */
char *arc_messages_tell_problem (GVariant *problem, gboolean abbreviated);

/* (transfer full): that N more follow those that are listed. */
char *arc_messages_tell_more (guint n);

/* How long BUILD took, in microseconds. */
guint64 arc_messages_get_duration (GVariant *build);

G_END_DECLS
