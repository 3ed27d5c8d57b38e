/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

typedef enum
{
  ARC_LINE_PLAIN,    /* anything else: it goes to the log */
  ARC_LINE_PROGRESS, /* "arcology: progress DONE TOTAL" */
  ARC_LINE_FAILED,   /* "arcology: failed PATH: why" */
  ARC_LINE_GONE,     /* "arcology: gone PATH" */
  ARC_LINE_INPUT,    /* "arcology: input PATH" */
  ARC_LINE_PROBLEM,  /* "arcology: problem PATH[:LINE[:OTHER]]: why" */
  ARC_LINE_ERROR,    /* "arcology: error: why" */
  ARC_LINE_PHASE,    /* "arcology: phase TEXT" */
} ArcLineKind;

/* How many bytes of WHY and of TEXT are kept. */
#define ARC_LINE_MAX_TEXT 4096

/**
 * ArcLine:
 * @kind: what the line is
 * @done: files done, for %ARC_LINE_PROGRESS; never more than @total
 * @total: files to do, for %ARC_LINE_PROGRESS
 * @number: the line of the file, for %ARC_LINE_PROBLEM; 0 if it is not known
 * @path: (nullable): the file, for %ARC_LINE_FAILED, %ARC_LINE_GONE, %ARC_LINE_INPUT and
 *   %ARC_LINE_PROBLEM; bytes, absolute, without escapes
 * @other: (nullable): the other file of a problem, if there is one; the same
 * @why: (nullable): the reason, for %ARC_LINE_FAILED, %ARC_LINE_PROBLEM and %ARC_LINE_ERROR, and
 *   the text of %ARC_LINE_PHASE; valid UTF-8, at most %ARC_LINE_MAX_TEXT bytes, empty only for
 *   %ARC_LINE_FAILED
 *
 * One line of a build's output, understood.
 */
typedef struct
{
  ArcLineKind kind;
  guint done;
  guint total;
  guint number;
  char *path;
  char *other;
  char *why;
} ArcLine;

/**
 * arc_line_parse:
 * @text: the bytes of a line, without the newline
 * @length: their number
 * @line: (out caller-allocates): the result, for arc_line_clear()
 *
 * Parses a line of the output of a build.
 *
 * What does not fit one of the forms exactly, with single spaces, is plain, for a build may print
 * what it likes: a number that is not decimal or beyond %G_MAXUINT, DONE beyond TOTAL, a path that
 * is not absolute, a problem, an error or a phase without a text, a line with NUL in it.
 *
 * The PATH of a failed file, and the whole place of a problem, ends at the first ": ", that of one
 * that is gone, or an input, with the line. A path may itself hold ": ", or a newline: so a
 * backslash and three octal digits in it are one byte, as in /proc/self/mountinfo (proc(5)); any
 * other backslash is itself. A build that writes each backslash, colon and newline of a path so
 * (\134, \072, \012) is always understood; one that writes plain paths is, but for the few with ":
 * " or an escape in them, or with what looks like a LINE. Nothing is unescaped in the text.
 */
void arc_line_parse (const char *text, gsize length, ArcLine *line);

/**
 * arc_line_get_log_text:
 * @line: a parsed line
 * @text: the bytes that it was parsed from
 *
 * Finds what of a line goes to the log that people read: all of a plain line, and of an understood
 * one the words that no other place has. Progress, problems and paths are on D-Bus.
 *
 * Returns: (nullable): the start of that in @text, which goes to the end of the line; %NULL if the
 *   line does not go to the log
 */
const char *arc_line_get_log_text (const ArcLine *line, const char *text);

/**
 * arc_line_clear:
 * @line: a line
 *
 * Frees the members of @line, not @line.
 */
void arc_line_clear (ArcLine *line);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArcLine, arc_line_clear)
