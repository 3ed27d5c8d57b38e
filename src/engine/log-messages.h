/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/problem-list.h"
#include "run/output-parser.h"
#include "watch/watch-health.h"

G_BEGIN_DECLS

/**
 * arc_log_message_add_sentence:
 * @message: a text
 * @sentence: (nullable): a sentence without a full stop; %NULL or "" for none
 *
 * Adds a sentence to a text.
 */
void arc_log_message_add_sentence (GString *message, const char *sentence);

/**
 * arc_log_message_end:
 * @build: a build that has ended
 * @message: (nullable): the message of the runner
 *
 * Describes why a build failed, in English: its own message or its exit status, and @message.
 *
 * Returns: (transfer full) (nullable): the text; %NULL if there is nothing to say
 */
char *arc_log_message_end (const ArcBuild *build, const char *message);

/**
 * arc_log_message_log_start:
 * @build: a build
 *
 * Logs that a build has started, with the fields of the journal that arcology-builder(1) lists.
 */
void arc_log_message_log_start (const ArcBuild *build);

/**
 * arc_log_message_log_end:
 * @build: a build
 *
 * Logs that a build has ended, with the fields of the journal that arcology-builder(1) lists.
 */
void arc_log_message_log_end (const ArcBuild *build);

/**
 * arc_log_message_log_problems:
 * @build: a build
 * @problems: all problems of notes
 * @first: (nullable): the first problem that is new
 *
 * Logs that the problems of notes are others than before a build.
 */
void arc_log_message_log_problems (const ArcBuild *build,
                                   const ArcProblemList *problems,
                                   const ArcProblem *first);

/**
 * arc_log_message_log_line:
 * @build: a build
 * @line: the parsed line
 * @text: the line
 * @length: the number of its bytes
 *
 * Logs a line of output that is not about progress, problems or errors: those have messages of
 * their own.
 */
void arc_log_message_log_line (const ArcBuild *build,
                               const ArcLine *line,
                               const char *text,
                               gsize length);

/**
 * arc_log_message_log_health:
 * @health: the health
 * @message: its message
 *
 * Logs that the health or its message has changed.
 */
void arc_log_message_log_health (ArcHealth health, const char *message);

G_END_DECLS
