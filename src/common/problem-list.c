/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/problem-list.h"

#include "common/error.h"
#include "common/file-frame.h"

#include <string.h>

static void
problem_free (gpointer data)
{
  ArcProblem *problem = data;

  g_free (problem->path);
  g_free (problem->what);
  g_free (problem->other);
  g_free (problem);
}

ArcProblemList *
arc_problem_list_new (void)
{
  ArcProblemList *self = g_atomic_rc_box_new0 (ArcProblemList);

  self->kept = g_ptr_array_new_with_free_func (problem_free);

  return self;
}

static void
clear (gpointer data)
{
  ArcProblemList *self = data;

  g_ptr_array_unref (self->kept);
}

void
arc_problem_list_unref (ArcProblemList *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

void
arc_problem_list_add (
    ArcProblemList *self, const char *path, guint line, const char *what, const char *other)
{
  const gsize size = strlen (path) + strlen (what) + (other != NULL ? strlen (other) : 0);
  ArcProblem *problem;

  self->count += self->count < G_MAXUINT;
  if (self->kept->len == ARC_PROBLEM_LIST_MAX || size > ARC_PROBLEM_LIST_MAX_SIZE - self->size)
    return;

  problem = g_new (ArcProblem, 1);
  problem->path = g_strdup (path);
  problem->line = line;
  problem->what = g_strdup (what);
  problem->other = g_strdup (other != NULL ? other : "");
  g_ptr_array_add (self->kept, problem);
  self->size += size;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const ArcProblem *one = *(const ArcProblem *const *) a;
  const ArcProblem *two = *(const ArcProblem *const *) b;
  int order = strcmp (one->path, two->path);

  if (order == 0)
    order = (one->line > two->line) - (one->line < two->line);
  if (order == 0)
    order = strcmp (one->what, two->what);
  if (order == 0)
    order = strcmp (one->other, two->other);

  return order;
}

void
arc_problem_list_sort (ArcProblemList *self)
{
  g_ptr_array_sort (self->kept, compare);
}

gboolean
arc_problem_list_equal (const ArcProblemList *a, const ArcProblemList *b)
{
  if (a->count != b->count || a->kept->len != b->kept->len)
    return FALSE;

  for (guint i = 0; i < a->kept->len; i++)
    if (compare (&a->kept->pdata[i], &b->kept->pdata[i]) != 0)
      return FALSE;

  return TRUE;
}

static guint
hash_content (gconstpointer key)
{
  const ArcProblem *problem = key;

  return g_str_hash (problem->path) ^ g_str_hash (problem->what) * 31;
}

static gboolean
equal_content (gconstpointer a, gconstpointer b)
{
  const ArcProblem *one = a;
  const ArcProblem *two = b;

  return g_str_equal (one->path, two->path) && g_str_equal (one->what, two->what) &&
         g_str_equal (one->other, two->other);
}

guint
arc_problem_list_count_new (const ArcProblemList *now,
                            const ArcProblemList *before,
                            const ArcProblem **first)
{
  g_autoptr (GHashTable) known = g_hash_table_new (hash_content, equal_content);
  guint n = 0;

  *first = NULL;
  for (guint i = 0; i < before->kept->len; i++)
    g_hash_table_add (known, before->kept->pdata[i]);

  for (guint i = 0; i < now->kept->len; i++)
    {
      const ArcProblem *problem = now->kept->pdata[i];

      if (g_hash_table_contains (known, problem))
        continue;
      if (n++ == 0)
        *first = problem;
    }

  return n;
}

char *
arc_problem_to_string (const ArcProblem *problem)
{
  g_autofree char *name = g_filename_display_name (problem->path);

  if (problem->line == 0)
    return g_strdup_printf ("%s: %s", name, problem->what);

  return g_strdup_printf ("%s:%u: %s", name, problem->line, problem->what);
}

static void
append_string (GByteArray *body, const char *string)
{
  g_byte_array_append (body, (const guint8 *) string, (guint) strlen (string) + 1);
}

static void
append_number (GByteArray *body, guint number)
{
  char digits[16];

  g_snprintf (digits, sizeof digits, "%u", number);
  append_string (body, digits);
}

GBytes *
arc_problem_list_serialise (const ArcProblemList *self)
{
  GByteArray *body = arc_file_frame_begin (ARC_PROBLEM_LIST_MAGIC, ARC_PROBLEM_LIST_VERSION);

  append_number (body, self->count);
  for (guint i = 0; i < self->kept->len; i++)
    {
      const ArcProblem *problem = self->kept->pdata[i];

      append_string (body, problem->path);
      append_number (body, problem->line);
      append_string (body, problem->what);
      append_string (body, problem->other);
    }

  return arc_file_frame_end (body);
}

/* Returns: (nullable): the string at *CURSOR, with its NUL before END; moves *CURSOR behind it. */
static const char *
read_string (const char **cursor, const char *end)
{
  const char *string = *cursor;
  const char *nul = string < end ? memchr (string, '\0', (gsize) (end - string)) : NULL;

  if (nul == NULL)
    return NULL;

  *cursor = nul + 1;
  return string;
}

static gboolean
read_number (const char **cursor, const char *end, guint *number)
{
  const char *digits = read_string (cursor, end);
  guint64 value;

  if (digits == NULL || !g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT, &value, NULL))
    return FALSE;

  *number = (guint) value;
  return TRUE;
}

static gboolean
read_problem (const char **cursor, const char *end, ArcProblemList *problems)
{
  const char *path = read_string (cursor, end);
  guint line = 0;
  const gboolean has_line = read_number (cursor, end, &line);
  const char *what = read_string (cursor, end);
  const char *other = read_string (cursor, end);

  if (other == NULL || !has_line || path[0] != '/' || (other[0] != '/' && other[0] != '\0') ||
      !g_utf8_validate (what, -1, NULL))
    return FALSE;

  arc_problem_list_add (problems, path, line, what, other);
  return TRUE;
}

ArcProblemList *
arc_problem_list_parse (GBytes *bytes, GError **error)
{
  g_autoptr (GBytes) body =
      arc_file_frame_open (bytes, ARC_PROBLEM_LIST_MAGIC, ARC_PROBLEM_LIST_VERSION, error);
  g_autoptr (ArcProblemList) problems = arc_problem_list_new ();
  const char *cursor;
  const char *end;
  gboolean ok;
  gsize size;
  guint count;

  if (body == NULL)
    return NULL;

  cursor = g_bytes_get_data (body, &size);
  end = cursor + size;
  ok = read_number (&cursor, end, &count);
  while (ok && cursor < end)
    ok = read_problem (&cursor, end, problems);

  if (!ok || count < problems->count || problems->count > problems->kept->len)
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_DATA,
                           "Invalid list of problems: wrong or missing field");
      return NULL;
    }

  problems->count = count;
  arc_problem_list_sort (problems);
  return g_steal_pointer (&problems);
}
