/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcDifference:
 * @note: (nullable): the path of the note, %NULL for rows that belong to none
 * @table: the table
 * @missing: how many rows the database lacks
 * @surplus: how many rows the database has too many
 *
 * How the rows of a note in a table differ.
 */
typedef struct
{
  char *note;
  char *table;
  gint64 missing;
  gint64 surplus;
} ArcDifference;

/**
 * arc_database_compare_make_query:
 * @other: the path of the second database
 *
 * Returns: (transfer full): the SQL with which sqlite3(1) lists the tables of a database and of
 *   @other
 */
char *arc_database_compare_make_query (const char *other);

/**
 * arc_database_compare_make_script:
 * @other: the path of the second database
 * @tables: what sqlite3(1) printed as JSON for arc_database_compare_make_query()
 * @length: the bytes of @tables
 * @error: return location for an error
 *
 * Writes the comparison of two databases, each row of which counts as often as it is there, in any
 * order. Values are equal if they have the same type and bytes. The table `arcology` and the column
 * `atime` of the table `files` are left out: they describe the build and the access.
 *
 * Returns: (transfer full) (nullable): the SQL
 */
char *arc_database_compare_make_script (const char *other,
                                        const char *tables,
                                        gsize length,
                                        GError **error);

/**
 * arc_database_compare_parse:
 * @data: what sqlite3(1) printed as JSON for arc_database_compare_make_script()
 * @length: the bytes of @data
 * @n_rows: (out): how many rows of the first database were compared
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable) (element-type ArcDifference): the differences, by note and
 *   table
 */
GPtrArray *
arc_database_compare_parse (const char *data, gsize length, guint64 *n_rows, GError **error);

G_END_DECLS
