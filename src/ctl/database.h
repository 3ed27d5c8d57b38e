/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

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
 * arc_database_copy:
 * @database: the path of a database
 * @copy: the path of a file that does not exist
 * @cancellable: (nullable): ends the copying
 * @error: return location for an error
 *
 * Copies the state that readers see, with what is still in a write-ahead log.
 *
 * Returns: whether it was copied
 */
gboolean arc_database_copy (const char *database,
                            const char *copy,
                            GCancellable *cancellable,
                            GError **error);

/**
 * arc_database_compare:
 * @database: the path of a database
 * @other: the path of the second database
 * @cancellable: (nullable): ends the comparison
 * @n_rows: (out): how many rows of @database were compared
 * @error: return location for an error
 *
 * Compares two databases with sqlite3(1). Each row counts as often as it is there, in any order.
 * Values are equal if they have the same type and bytes. The table `arcology` and the column
 * `atime` of the table `files` are left out: they describe the build and the access.
 *
 * Returns: (transfer full) (nullable) (element-type ArcDifference): the differences, by note and
 *   table
 */
GPtrArray *arc_database_compare (const char *database,
                                 const char *other,
                                 GCancellable *cancellable,
                                 guint64 *n_rows,
                                 GError **error);
