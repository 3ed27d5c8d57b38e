/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcMood:
 * @ARC_MOOD_GOOD: all is well
 * @ARC_MOOD_WAITING: nothing is wrong, but the database is not up to date
 * @ARC_MOOD_BAD: something is wrong
 *
 * The state of something, for a color.
 */
typedef enum
{
  ARC_MOOD_GOOD,
  ARC_MOOD_WAITING,
  ARC_MOOD_BAD,
} ArcMood;

/**
 * arc_table_paint:
 * @mood: the state
 * @text: a text
 *
 * Returns: (transfer full): @text in the color of @mood; without, if standard output is no terminal
 *   with colors, or NO_COLOR is set (no-color.org)
 */
char *arc_table_paint (ArcMood mood, const char *text);

/**
 * arc_table_get_width:
 *
 * Returns: the columns of the terminal on standard output; %G_MAXUINT if that is a pipe, a file or
 * a dumb terminal, for which no line is broken
 */
guint arc_table_get_width (void);

/**
 * arc_table_escape:
 * @path: a path of any bytes
 *
 * Formats a path for people and programs: valid UTF-8 and one line. A backslash, a control
 * character and a byte that is not UTF-8 are written as a backslash and three octal digits, as in
 * /proc/self/mountinfo (proc(5)), so that printf(1) with %b restores the bytes.
 *
 * Returns: (transfer full): the text
 */
char *arc_table_escape (const char *path);

/**
 * arc_table_abbreviate:
 * @path: a path of any bytes
 *
 * Formats a path for people, as arc_table_escape() does, with `~` for the home directory.
 *
 * Returns: (transfer full): the text
 */
char *arc_table_abbreviate (const char *path);

/**
 * arc_table_sanitize:
 * @text: valid UTF-8
 *
 * Returns: (transfer full): @text with a space for each control character, safe for a terminal
 */
char *arc_table_sanitize (const char *text);

/**
 * arc_table_pad:
 * @text: valid UTF-8
 * @width: columns of a terminal
 * @right: whether to align @text to the right
 *
 * Returns: (transfer full): @text with blanks up to @width columns
 */
char *arc_table_pad (const char *text, guint width, gboolean right);

/**
 * arc_table_measure:
 * @text: valid UTF-8
 *
 * Returns: how many columns of a terminal @text takes
 */
guint arc_table_measure (const char *text);

/**
 * arc_table_wrap:
 * @text: valid UTF-8
 * @indent: the columns before @text in its first line, and the blanks before each further line
 * @width: the columns of a line
 *
 * Breaks @text into lines at blanks, and between characters of Chinese and Japanese, but not before
 * closing or after opening punctuation. A longer word, such as a path, stays whole; so does a
 * command line that fits.
 *
 * Returns: (transfer full): the lines
 */
char *arc_table_wrap (const char *text, guint indent, guint width);

/**
 * arc_table_print:
 * @indent: the columns before the text in its first line, and the blanks before each further line
 * @format: the text
 * @...: its arguments
 *
 * Prints a text with a line end, broken into lines for the terminal on standard output.
 */
void arc_table_print (guint indent, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * arc_table_format_time:
 * @time: a time of D-Bus: microseconds since the epoch
 * @format: what to show of it, for g_date_time_format()
 *
 * Returns: (transfer full): the time in the local time zone
 */
char *arc_table_format_time (guint64 time, const char *format);
