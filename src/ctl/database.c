/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/database.h"

#include "ctl/program.h"
#include "ctl/table.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

/* To copy or compare a large database, or to wait for a lock of it. */
#define TIMEOUT (10 * 60 * G_USEC_PER_SEC)
#define GRACE   (5 * G_USEC_PER_SEC)

/* The statements that make the comparison, one row of SQL for each table of one of both databases,
 * `main` and `other`. The tables of virtual ones hold the same data in forms that depend on
 * history.
 */
static const char query[] =
    "CREATE TEMP TABLE cols AS SELECT l.schema AS side, l.name AS name, c.cid AS cid, c.name AS col"
    " FROM pragma_table_list l JOIN pragma_table_info (l.name, l.schema) c"
    " WHERE l.schema IN ('main', 'other') AND l.type IN ('table', 'virtual')"
    " AND substr (l.name, 1, 7) <> 'sqlite_' AND l.name <> 'arcology'"
    " AND (l.name <> 'files' OR c.name <> 'atime') ORDER BY l.schema, l.name, c.cid;\n"

    /* An expression for the path of the note that a row r belongs to, in hexadecimal digits: of its
     * own column, in org-roam's tables and in those that are added to them, or of the row that it
     * refers to, which can be the one that is missing. */
    "CREATE TEMP TABLE notes AS"
    " SELECT side, name, -1 AS cid, 'hex (r.file)' AS note FROM cols WHERE col = 'file'"
    " UNION ALL SELECT c.side, c.name, c.cid, printf ('coalesce ("
    "(SELECT hex (p.file) FROM main.\"%w\" p WHERE p.\"%w\" = r.\"%w\"),"
    "(SELECT hex (p.file) FROM other.\"%w\" p WHERE p.\"%w\" = r.\"%w\"))',"
    " f.\"table\", f.\"to\", c.col, f.\"table\", f.\"to\", c.col)"
    " FROM cols c JOIN pragma_foreign_key_list (c.name, c.side) f ON f.\"from\" = c.col"
    " JOIN cols p ON p.side = c.side AND p.name = f.\"table\" AND p.col = 'file'"
    " WHERE f.\"to\" IS NOT NULL;\n"

    /* A query of the rows of a table: k, which is all of a row as text, note and n. hex() gives the
     * bytes, whatever they are; quote() would stop at a NUL in text. */
    "CREATE TEMP TABLE sides AS SELECT side, name, printf ("
    "'SELECT k, max (note) AS note, count (*) AS n"
    " FROM (SELECT ''''%s AS k, %s AS note FROM %s.\"%w\" r) GROUP BY k',"
    " group_concat (printf ('||%Q||''=''||typeof (r.\"%w\")||'':''||CASE WHEN typeof (r.\"%w\")"
    " IN (''text'', ''blob'') THEN hex (r.\"%w\") ELSE quote (r.\"%w\") END||'',''',"
    " col, col, col, col, col), ''),"
    " coalesce ((SELECT note FROM notes n WHERE n.side = cols.side AND n.name = cols.name"
    " ORDER BY cid LIMIT 1), 'NULL'), side, name) AS rows FROM cols GROUP BY side, name;\n"

    "SELECT printf ('CREATE TEMP TABLE a AS %s;\nCREATE TEMP TABLE b AS %s;\n"
    "CREATE INDEX ak ON a (k);\nCREATE INDEX bk ON b (k);\n"
    "INSERT INTO total SELECT coalesce (sum (n), 0) FROM a;\n"
    "INSERT INTO difference SELECT %Q, note, sum (surplus), sum (missing) FROM ("
    "SELECT a.note AS note, a.n - coalesce (b.n, 0) AS surplus, 0 AS missing"
    " FROM a LEFT JOIN b ON b.k = a.k WHERE a.n > coalesce (b.n, 0) UNION ALL "
    "SELECT b.note, 0, b.n - coalesce (a.n, 0)"
    " FROM b LEFT JOIN a ON a.k = b.k WHERE b.n > coalesce (a.n, 0)) GROUP BY note;\n"
    "DROP TABLE temp.a;\nDROP TABLE temp.b;\n',"
    " coalesce ((SELECT rows FROM sides m WHERE m.side = 'main' AND m.name = s.name), none),"
    " coalesce ((SELECT rows FROM sides o WHERE o.side = 'other' AND o.name = s.name), none),"
    " s.name) AS script FROM (SELECT DISTINCT name FROM sides) s,"
    " (SELECT 'SELECT NULL AS k, NULL AS note, 0 AS n WHERE 0' AS none);\n";

static void
free_difference (gpointer data)
{
  ArcDifference *difference = data;

  g_free (difference->note);
  g_free (difference->table);
  g_free (difference);
}

/* (transfer full): TEXT as SQL writes it. */
static char *
quote (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "'", -1);
  g_autofree char *doubled = g_strjoinv ("''", parts);

  return g_strconcat ("'", doubled, "'", NULL);
}

/* Runs SQL on DATABASE; OUTPUT (nullable) gets a line for each row, with `|` between the values. */
static gboolean
run_sqlite (const char *database,
            gboolean read_only,
            const char *sql,
            char **output,
            GCancellable *cancellable,
            GError **error)
{
  /* ~/.sqliterc could change what it prints. */
  const char *const argv[] = {
    "sqlite3",
    "-batch",
    "-bail",
    "-init",
    "/dev/null",
    "-list",
    "-cmd",
    ".timeout 15000",
    read_only ? "-readonly" : "-list",
    database,
    sql,
    NULL,
  };
  const ArcProgram program = {
    .argv = argv,
    .timeout = TIMEOUT,
    .grace = GRACE,
    .cancellable = cancellable,
    .must_succeed = TRUE,
  };
  g_auto (ArcProgramResult) result = { 0 };

  if (!arc_program_run (&program, &result, error))
    return FALSE;

  if (output != NULL)
    *output = g_steal_pointer (&result.output);

  return TRUE;
}

static gboolean
has_content (const char *database, const char *suffix)
{
  g_autofree char *path = g_strconcat (database, suffix, NULL);
  struct stat info;

  return stat (path, &info) == 0 && info.st_size > 0;
}

gboolean
arc_database_copy (const char *database,
                   const char *copy,
                   GCancellable *cancellable,
                   GError **error)
{
  g_autofree char *name = arc_table_escape (database);
  g_autofree char *quoted = quote (copy);
  g_autofree char *sql = g_strconcat ("VACUUM INTO ", quoted, NULL);
  struct stat info;
  gboolean read_only;

  if (stat (database, &info) != 0)
    {
      const int number = errno;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   number == ENOENT
                       ? _ ("%s: does not exist yet; create it with: arcologyctl rebuild")
                       : "%s: %s",
                   name, g_strerror (number));
      return FALSE;
    }

  /* The last program that may write, when it closes a database, applies a log and deletes it, and
   * the first one applies the journal of a build that was killed. One that may only read leaves an
   * empty log behind (SQLite 3.40). */
  read_only = has_content (database, "-wal") || has_content (database, "-journal");

  return run_sqlite (database, read_only, sql, NULL, cancellable, error);
}

/* (transfer full): the text that DIGITS stand for. */
static char *
decode_hex (const char *digits)
{
  GString *bytes = g_string_new (NULL);

  for (; g_ascii_isxdigit (digits[0]) && g_ascii_isxdigit (digits[1]); digits += 2)
    g_string_append_c (bytes, (char) (g_ascii_xdigit_value (digits[0]) << 4 |
                                      g_ascii_xdigit_value (digits[1])));

  return g_string_free (bytes, FALSE);
}

/* (transfer full): the path in VALUE: itself, or a string as Lisp prints it, as in org-roam's
 * tables. */
static char *
read_path (const char *value)
{
  const gsize length = strlen (value);
  g_autofree char *inner = NULL;

  if (length < 2 || value[0] != '"' || value[length - 1] != '"')
    return g_strdup (value);

  /* Emacs writes `\"', `\\', and control characters as `\n', `\f' or three octal digits. */
  inner = g_strndup (value + 1, length - 2);

  return g_strcompress (inner);
}

static int
compare_differences (gconstpointer a, gconstpointer b)
{
  const ArcDifference *first = *(const ArcDifference *const *) a;
  const ArcDifference *second = *(const ArcDifference *const *) b;
  const int order = g_strcmp0 (first->note, second->note);

  return order != 0 ? order : strcmp (first->table, second->table);
}

/* (transfer full) (element-type ArcDifference): of the lines that the comparison prints. */
static GPtrArray *
make_differences (const char *output, guint64 *n_rows)
{
  GPtrArray *differences = g_ptr_array_new_with_free_func (free_difference);
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);

  *n_rows = lines[0] != NULL ? g_ascii_strtoull (lines[0], NULL, 10) : 0;
  for (guint i = 1; lines[0] != NULL && lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], "|", 4);
      ArcDifference *difference = g_new0 (ArcDifference, 1);

      difference->surplus = g_ascii_strtoll (fields[0], NULL, 10);
      difference->missing = g_ascii_strtoll (fields[1], NULL, 10);
      difference->table = decode_hex (fields[2]);
      if (*fields[3] != '\0')
        {
          g_autofree char *note = decode_hex (fields[3]);

          difference->note = read_path (note);
        }
      g_ptr_array_add (differences, difference);
    }
  g_ptr_array_sort (differences, compare_differences);

  return differences;
}

GPtrArray *
arc_database_compare (const char *database,
                      const char *other,
                      GCancellable *cancellable,
                      guint64 *n_rows,
                      GError **error)
{
  g_autofree char *path = quote (other);
  g_autofree char *attach = g_strdup_printf ("ATTACH %s AS other;\n", path);
  g_autofree char *of_tables = g_strconcat (attach, query, NULL);
  g_autofree char *statements = NULL;
  g_autofree char *script = NULL;
  g_autofree char *output = NULL;

  if (!run_sqlite (database, FALSE, of_tables, &statements, cancellable, error))
    return NULL;

  script = g_strconcat (attach,
                        "CREATE TEMP TABLE difference (name, note, surplus, missing);\n"
                        "CREATE TEMP TABLE total (n);\n",
                        statements,
                        "SELECT coalesce (sum (n), 0) FROM total;\n"
                        "SELECT surplus, missing, hex (name), note FROM difference;\n",
                        NULL);
  if (!run_sqlite (database, FALSE, script, &output, cancellable, error))
    return NULL;

  return make_differences (output, n_rows);
}
