/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/database.h"

#include "ctl/program.h"
#include "ctl/table.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

/* To copy or compare a large database, or to wait for a lock of it. */
#define TIMEOUT (10 * 60 * G_USEC_PER_SEC)
#define GRACE   (5 * G_USEC_PER_SEC)

/* The column that names the note, in org-roam's tables and in those that are added to them. */
#define NOTE_COLUMN "file"

/* sqlite3(1) knows the database as MAIN, and the other one by this name. */
#define MAIN  "main"
#define OTHER "other"

typedef struct
{
  char *name;
  char *parent; /* (nullable): the table that the column refers to */
  char *key;    /* (nullable): its column there */
} Column;

static void
free_column (gpointer data)
{
  Column *column = data;

  g_free (column->name);
  g_free (column->parent);
  g_free (column->key);
  g_free (column);
}

static void
free_difference (gpointer data)
{
  ArcDifference *difference = data;

  g_free (difference->note);
  g_free (difference->table);
  g_free (difference);
}

/* (transfer full): TEXT between two of QUOTE, as SQL writes it. */
static char *
quote (const char *text, char mark)
{
  g_autoptr (GString) quoted = g_string_new (NULL);

  g_string_append_c (quoted, mark);
  for (; *text != '\0'; text++)
    {
      if (*text == mark)
        g_string_append_c (quoted, mark);
      g_string_append_c (quoted, *text);
    }
  g_string_append_c (quoted, mark);

  return g_string_free (g_steal_pointer (&quoted), FALSE);
}

/* Runs SQL on DATABASE; OUTPUT gets JSON, or nothing if there are no rows. */
static gboolean
run_sqlite (const char *database,
            gboolean read_only,
            const char *sql,
            char **output,
            gsize *length,
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
    "-json",
    "-cmd",
    ".timeout 15000",
    read_only ? "-readonly" : "-json",
    database,
    sql,
    NULL,
  };
  const ArcProgram program = {
    .argv = argv,
    .timeout = TIMEOUT,
    .grace = GRACE,
    .cancellable = cancellable,
  };

  return arc_program_run (&program, NULL, output, length, NULL, error);
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
  g_autofree char *quoted = quote (copy, '\'');
  g_autofree char *sql = g_strconcat ("VACUUM INTO ", quoted, NULL);
  g_autofree char *output = NULL;
  struct stat info;
  gboolean read_only;
  gsize length;

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

  return run_sqlite (database, read_only, sql, &output, &length, cancellable, error);
}

/* (transfer full): the statement with which both scripts begin. */
static char *
attach (const char *other)
{
  g_autofree char *path = quote (other, '\'');

  return g_strdup_printf ("ATTACH %s AS " OTHER ";\n", path);
}

/* (transfer full): the SQL that lists the tables of both databases. */
static char *
make_query (const char *other)
{
  /* The tables of virtual ones hold the same data in forms that depend on history. */
  static const char query[] =
      "SELECT l.schema AS side, l.name AS name, c.name AS col, f.\"table\" AS parent,"
      " f.\"to\" AS key FROM pragma_table_list l"
      " JOIN pragma_table_info (l.name, l.schema) c"
      " LEFT JOIN pragma_foreign_key_list (l.name, l.schema) f ON f.\"from\" = c.name"
      " WHERE l.schema IN ('" MAIN "', '" OTHER "') AND l.type IN ('table', 'virtual')"
      " AND substr (l.name, 1, 7) <> 'sqlite_' AND l.name <> 'arcology'"
      " ORDER BY l.schema, l.name, c.cid;\n";
  g_autofree char *attached = attach (other);

  return g_strconcat (attached, query, NULL);
}

static const char *
get_string (JsonObject *row, const char *member)
{
  JsonNode *node = json_object_get_member (row, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
}

/* (transfer full) (nullable): the rows that SQL selects. */
static JsonArray *
select_rows (const char *database, const char *sql, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *output = NULL;
  JsonNode *root;
  gsize length;

  if (!run_sqlite (database, FALSE, sql, &output, &length, cancellable, error) ||
      (length > 0 && !json_parser_load_from_data (parser, output, (gssize) length, error)))
    return NULL;

  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_ARRAY (root))
    return json_array_new ();

  return json_array_ref (json_node_get_array (root));
}

/* (element-type utf8 GPtrArray): the columns of each table of SIDE. */
static GHashTable *
list_tables (JsonArray *rows, const char *side)
{
  GHashTable *tables =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *name = get_string (row, "name");
      const char *col = get_string (row, "col");
      GPtrArray *columns;
      Column *column;

      if (g_strcmp0 (get_string (row, "side"), side) != 0 || name == NULL || col == NULL ||
          (g_str_equal (name, "files") && g_str_equal (col, "atime")))
        continue;

      columns = g_hash_table_lookup (tables, name);
      if (columns == NULL)
        {
          columns = g_ptr_array_new_with_free_func (free_column);
          g_hash_table_insert (tables, g_strdup (name), columns);
        }
      /* A column can refer to two tables. */
      if (columns->len > 0 &&
          g_str_equal (((Column *) columns->pdata[columns->len - 1])->name, col))
        continue;

      column = g_new0 (Column, 1);
      column->name = g_strdup (col);
      column->parent = g_strdup (get_string (row, "parent"));
      column->key = g_strdup (get_string (row, "key"));
      g_ptr_array_add (columns, column);
    }

  return tables;
}

static gboolean
has_note (GHashTable *tables, const char *table)
{
  GPtrArray *columns = g_hash_table_lookup (tables, table);

  for (guint i = 0; columns != NULL && i < columns->len; i++)
    if (g_str_equal (((Column *) columns->pdata[i])->name, NOTE_COLUMN))
      return TRUE;

  return FALSE;
}

/* Appends an expression for the path of the note that a row r belongs to, in hexadecimal digits. */
static void
append_note (GString *sql, GHashTable *tables, const char *table)
{
  GPtrArray *columns = g_hash_table_lookup (tables, table);

  if (has_note (tables, table))
    {
      g_string_append (sql, "hex (r.\"" NOTE_COLUMN "\")");
      return;
    }

  for (guint i = 0; i < columns->len; i++)
    {
      const Column *column = columns->pdata[i];
      g_autofree char *name = NULL;
      g_autofree char *parent = NULL;
      g_autofree char *key = NULL;

      if (column->parent == NULL || column->key == NULL || !has_note (tables, column->parent))
        continue;

      name = quote (column->name, '"');
      parent = quote (column->parent, '"');
      key = quote (column->key, '"');
      /* The row that it refers to can be the one that is missing. */
      g_string_append_printf (sql,
                              "coalesce ("
                              "(SELECT hex (p.\"" NOTE_COLUMN "\") FROM " MAIN
                              ".%s p WHERE p.%s = r.%s),"
                              "(SELECT hex (p.\"" NOTE_COLUMN "\") FROM " OTHER
                              ".%s p WHERE p.%s = r.%s))",
                              parent, key, name, parent, key, name);
      return;
    }

  g_string_append (sql, "NULL");
}

/* Appends a query of the rows of TABLE in SIDE: k, which is all of a row as text, note and n. */
static void
append_side (GString *sql, const char *side, GHashTable *tables, const char *table)
{
  GPtrArray *columns = g_hash_table_lookup (tables, table);
  g_autofree char *quoted = quote (table, '"');

  if (columns == NULL)
    {
      g_string_append (sql, "SELECT NULL AS k, NULL AS note, 0 AS n WHERE 0");
      return;
    }

  g_string_append (sql, "SELECT k, max (note) AS note, count (*) AS n FROM (SELECT ''");
  for (guint i = 0; i < columns->len; i++)
    {
      const Column *column = columns->pdata[i];
      g_autofree char *name = quote (column->name, '"');
      g_autofree char *text = quote (column->name, '\'');

      /* hex() gives the bytes, whatever they are; quote() would stop at a NUL in text. */
      g_string_append_printf (sql,
                              "||%s||'='||typeof (r.%s)||':'||CASE WHEN typeof (r.%s) IN ('text',"
                              " 'blob') THEN hex (r.%s) ELSE quote (r.%s) END||','",
                              text, name, name, name, name);
    }
  g_string_append (sql, " AS k, ");
  append_note (sql, tables, table);
  g_string_append_printf (sql, " AS note FROM %s.%s r) GROUP BY k", side, quoted);
}

static void
append_comparison (GString *sql, GHashTable *ours, GHashTable *theirs, const char *table)
{
  g_autofree char *text = quote (table, '\'');

  g_string_append (sql, "CREATE TEMP TABLE a AS ");
  append_side (sql, MAIN, ours, table);
  g_string_append (sql, ";\nCREATE TEMP TABLE b AS ");
  append_side (sql, OTHER, theirs, table);
  g_string_append_printf (
      sql,
      ";\nCREATE INDEX ak ON a (k);\nCREATE INDEX bk ON b (k);\n"
      "INSERT INTO total SELECT coalesce (sum (n), 0) FROM a;\n"
      "INSERT INTO difference SELECT %s, note, sum (surplus), sum (missing) FROM ("
      "SELECT a.note AS note, a.n - coalesce (b.n, 0) AS surplus, 0 AS missing"
      " FROM a LEFT JOIN b ON b.k = a.k WHERE a.n > coalesce (b.n, 0) UNION ALL "
      "SELECT b.note, 0, b.n - coalesce (a.n, 0)"
      " FROM b LEFT JOIN a ON a.k = b.k WHERE b.n > coalesce (a.n, 0)) GROUP BY note;\n"
      "DROP TABLE temp.a;\nDROP TABLE temp.b;\n",
      text);
}

/* (transfer full): the SQL of the comparison; ROWS are those of make_query(). */
static char *
make_script (const char *other, JsonArray *rows)
{
  g_autoptr (GHashTable) ours = list_tables (rows, MAIN);
  g_autoptr (GHashTable) theirs = list_tables (rows, OTHER);
  g_autofree char *attached = attach (other);
  GString *sql = g_string_new (attached);
  GHashTableIter iter;
  gpointer table;

  g_string_append (sql, "CREATE TEMP TABLE difference (name, note, surplus, missing);\n"
                        "CREATE TEMP TABLE total (n);\n");
  g_hash_table_iter_init (&iter, ours);
  while (g_hash_table_iter_next (&iter, &table, NULL))
    append_comparison (sql, ours, theirs, table);
  g_hash_table_iter_init (&iter, theirs);
  while (g_hash_table_iter_next (&iter, &table, NULL))
    if (!g_hash_table_contains (ours, table))
      append_comparison (sql, ours, theirs, table);
  g_string_append (sql, "SELECT NULL AS name, NULL AS note, coalesce (sum (n), 0) AS surplus,"
                        " 0 AS missing FROM total"
                        " UNION ALL SELECT name, note, surplus, missing FROM difference;\n");

  return g_string_free (sql, FALSE);
}

/* (transfer full): the bytes that DIGITS stand for. */
static GString *
decode_hex (const char *digits)
{
  GString *bytes = g_string_new (NULL);

  for (; g_ascii_isxdigit (digits[0]) && g_ascii_isxdigit (digits[1]); digits += 2)
    g_string_append_c (bytes, (char) (g_ascii_xdigit_value (digits[0]) << 4 |
                                      g_ascii_xdigit_value (digits[1])));

  return bytes;
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

/* (transfer full): ROWS are those of make_script(). */
static GPtrArray *
make_differences (JsonArray *rows, guint64 *n_rows)
{
  GPtrArray *differences = g_ptr_array_new_with_free_func (free_difference);

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *name = get_string (row, "name");
      const char *note = get_string (row, "note");
      ArcDifference *difference;

      if (name == NULL)
        {
          *n_rows = (guint64) json_object_get_int_member (row, "surplus");
          continue;
        }

      difference = g_new0 (ArcDifference, 1);
      difference->table = g_strdup (name);
      difference->surplus = json_object_get_int_member (row, "surplus");
      difference->missing = json_object_get_int_member (row, "missing");
      if (note != NULL)
        {
          GString *value = decode_hex (note);

          difference->note = read_path (value->str);
          g_string_free (value, TRUE);
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
  g_autofree char *query = make_query (other);
  g_autoptr (JsonArray) tables = select_rows (database, query, cancellable, error);
  g_autofree char *script = tables != NULL ? make_script (other, tables) : NULL;
  g_autoptr (JsonArray) rows =
      script != NULL ? select_rows (database, script, cancellable, error) : NULL;

  return rows != NULL ? make_differences (rows, n_rows) : NULL;
}
