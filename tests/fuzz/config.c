/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "fuzz.h"

#include "common/error.h"
#include "config/config-check.h"
#include "config/config-file.h"

#include <string.h>

#define FILE_NAME "/etc/b.conf"

static void
assert_same (const ArcConfig *a, const ArcConfig *b)
{
  g_autofree char *a_data = arc_config_to_data (a);
  g_autofree char *b_data = arc_config_to_data (b);

  g_assert_cmpstr (a_data, ==, b_data);
}

/* Lines for people, each of which starts with the file and the line in it, in their order; only the
 * last may count the rest. */
static void
check_error (const GError *error, const uint8_t *data, size_t size)
{
  static const char prefix[] = FILE_NAME ":";
  g_auto (GStrv) mistakes = NULL;
  guint64 n_lines = 1;
  guint64 last = 0;

  for (size_t i = 0; i < size; i++)
    n_lines += data[i] == '\n';

  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strpbrk (error->message, "\r\t\033"));
  mistakes = g_strsplit (error->message, "\n", -1);
  g_assert_cmpuint (g_strv_length (mistakes), <=, 51);
  for (guint i = 0; mistakes[i] != NULL; i++)
    {
      guint64 line;
      char *end;

      g_assert_true (g_str_has_prefix (mistakes[i], prefix));
      if (i == 50)
        {
          g_assert_true (g_str_has_suffix (mistakes[i], " more mistakes"));
          continue;
        }
      line = g_ascii_strtoull (mistakes[i] + strlen (prefix), &end, 10);
      g_assert_cmpuint (line, >, last);
      g_assert_cmpuint (line, <=, n_lines);
      g_assert_true (g_str_has_prefix (end, ": "));
      g_assert_cmpuint (strlen (end), >, 2);
      last = line;
    }
}

static void
check_round_trip (const ArcConfig *config)
{
  g_autofree char *data = arc_config_to_data (config);
  g_autoptr (ArcConfig) again = arc_config_new ();
  g_autoptr (GError) error = NULL;

  arc_config_merge_data (again, data, strlen (data), FILE_NAME, &error);
  g_assert_no_error (error);
  assert_same (again, config);
}

/* Expanding is idempotent, and the check may find fault with a file that reads well. */
static void
check_use (ArcConfig *config)
{
  g_autoptr (ArcConfig) once = NULL;
  g_autoptr (GError) check_error = NULL;

  arc_config_expand (config, "/home/user");
  g_assert_cmpint (arc_config_check (config, &check_error), ==, check_error == NULL);
  if (check_error != NULL)
    g_assert_error (check_error, ARC_ERROR, ARC_ERROR_CONFIG);

  once = arc_config_copy (config);
  arc_config_expand (config, "/home/other");
  assert_same (config, once);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;

  if (arc_config_merge_data (config, (const char *) data, size, FILE_NAME, &error))
    g_assert_no_error (error);
  else
    check_error (error, data, size);

  /* What is right of a wrong file is as good. */
  check_round_trip (config);
  check_use (config);
  return 0;
}
