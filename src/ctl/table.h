/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Whether standard output is a terminal that shows colours, and nobody asked for none with
 * NO_COLOR (no-color.org). */
gboolean arc_table_has_style (void);

/* Whether the locale can show the characters of Unicode. */
gboolean arc_table_has_utf8 (void);

/* Whether standard output is a terminal on which a line can be written over. */
gboolean arc_table_is_terminal (void);

/* How many columns the terminal on standard output has; 80 if it is none. */
guint arc_table_get_width (void);

/* (transfer full): PATH for people and programs: valid UTF-8 and one line. A backslash, a control
 * character and a byte that is not UTF-8 are written as a backslash and three octal digits, as in
 * /proc/self/mountinfo (proc(5)), so that printf(1) with %b gets the bytes back. */
char *arc_table_escape (const char *path);

/* (transfer full): the same for people alone: with `~` for the home directory. */
char *arc_table_abbreviate (const char *path);

/* (transfer full): TEXT of the service for a terminal: each control character is a space. */
char *arc_table_sanitize (const char *text);

/* (transfer full): TEXT with blanks after it, or before it with RIGHT, up to WIDTH columns of a
 * terminal. */
char *arc_table_pad (const char *text, guint width, gboolean right);

/* How many columns of a terminal TEXT takes. */
guint arc_table_measure (const char *text);

/* (transfer full): TEXT with line breaks, so that it fits into WIDTH columns if INDENT of them are
 * taken by something else, and INDENT blanks after each break. Breaks are where blanks are, and
 * between characters of Chinese and Japanese, but not before what closes or after what opens; a
 * longer word, such as a path, stays whole. */
char *arc_table_wrap (const char *text, guint indent, guint width);

/* (transfer full): a value from D-Bus as JSON: byte strings as arc_table_escape() writes paths,
 * dictionaries as objects, tuples as arrays. */
JsonNode *arc_table_to_json (GVariant *value);

/* (transfer full): OBJECT or ARRAY (transfer full) as a node. */
JsonNode *arc_table_object_to_json (JsonObject *object);
JsonNode *arc_table_array_to_json (JsonArray *array);

/* Prints and frees ROOT, indented. */
void arc_table_json (JsonNode *root /* (transfer full) */);

/* (transfer full): a time of D-Bus (microseconds since the epoch) in the local time zone. */
char *arc_table_format_time (guint64 time);

/* (transfer full): a duration in microseconds, as short as people say it: "0.8 s", "2 min 5 s". */
char *arc_table_format_duration (guint64 usec);

/* (transfer full): the same for how long something will still take, or took until now: in whole
 * seconds, rounded up. */
char *arc_table_format_wait (guint64 usec);

G_END_DECLS
