/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/problem-list.h"
#include "run/output-parser.h"

/**
 * arc_log_message_add_sentence:
 * @message: a text
 * @sentence: (nullable): a sentence without a full stop; %NULL or "" for none
 */
void arc_log_message_add_sentence (GString *message, const char *sentence);

/**
 * arc_log_message_end:
 * @build: a build that has ended
 * @message: (nullable): the message of the runner
 *
 * Describes why a build failed, in English: its own message, or its exit status and the last line
 * of its output, and @message.
 *
 * Returns: (transfer full) (nullable): the text; %NULL if there is nothing to say
 */
char *arc_log_message_end (const ArcBuild *build, const char *message);

/**
 * arc_log_message_take_line:
 * @last_line: (inout) (nullable): the last line of output that says anything
 * @text: the next line of output
 * @length: the number of its bytes
 *
 * Makes @text the last line of output, fit for a message: printable text of one line and a bounded
 * length, without the escape sequences of terminals and without a full stop at its end. A line
 * that is blank, or is indented like those of a backtrace, leaves the line before it in place.
 */
void arc_log_message_take_line (char **last_line, const char *text, gsize length);

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
 * Logs a line of output, as far as arc_line_get_log_text() lets it into the log.
 */
void arc_log_message_log_line (const ArcBuild *build,
                               const ArcLine *line,
                               const char *text,
                               gsize length);
