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
  g_autoptr (GBytes) query =
      g_resources_lookup_data ("/org/arcology/ctl/compare.sql", G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autofree char *path = quote (other);
  g_autofree char *attach = g_strdup_printf ("ATTACH %s AS other;\n", path);
  g_autofree char *of_tables = g_strdup_printf ("%s%.*s", attach, (int) g_bytes_get_size (query),
                                                (const char *) g_bytes_get_data (query, NULL));
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
