/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-fuzz.h"

#include "core/arc-config-file.h"
#include "core/arc-error.h"

#include <string.h>

#define FILE_NAME "/etc/b.conf"

static void
assert_same (const ArcConfig *a, const ArcConfig *b)
{
  g_autofree char *a_data = arc_config_to_data (a);
  g_autofree char *b_data = arc_config_to_data (b);

  g_assert_cmpstr (a_data, ==, b_data);
}

/* One line for people, which starts with the file and the line in it. */
static void
check_error (const GError *error, const uint8_t *data, size_t size)
{
  static const char prefix[] = FILE_NAME ":";
  guint64 n_lines = 1;
  guint64 line;
  char *end;

  for (size_t i = 0; i < size; i++)
    n_lines += data[i] == '\n';

  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strpbrk (error->message, "\n\r\t\033"));
  g_assert_true (g_str_has_prefix (error->message, prefix));
  line = g_ascii_strtoull (error->message + strlen (prefix), &end, 10);
  g_assert_cmpuint (line, >=, 1);
  g_assert_cmpuint (line, <=, n_lines);
  g_assert_true (g_str_has_prefix (end, ": "));
  g_assert_cmpuint (strlen (end), >, 2);
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

/* Expanding is idempotent, and either it or the check may find fault with a file that reads well.
 */
static void
check_use (ArcConfig *config)
{
  g_autoptr (ArcConfig) once = NULL;
  g_autoptr (GError) expand_error = NULL;
  g_autoptr (GError) check_error = NULL;
  g_autoptr (GError) again_error = NULL;

  once = arc_config_copy (config);
  if (!arc_config_expand (config, "/home/somebody", &expand_error))
    {
      g_assert_error (expand_error, ARC_ERROR, ARC_ERROR_CONFIG);
      assert_same (config, once);
      return;
    }
  g_assert_no_error (expand_error);

  g_assert_cmpint (arc_config_check (config, &check_error), ==, check_error == NULL);
  if (check_error != NULL)
    g_assert_error (check_error, ARC_ERROR, ARC_ERROR_CONFIG);

  g_clear_pointer (&once, arc_config_free);
  once = arc_config_copy (config);
  g_assert_true (arc_config_expand (config, "/home/other", &again_error));
  g_assert_no_error (again_error);
  assert_same (config, once);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (ArcConfig) before = arc_config_copy (config);
  g_autoptr (GError) error = NULL;

  if (!arc_config_merge_data (config, (const char *) data, size, FILE_NAME, &error))
    {
      check_error (error, data, size);
      assert_same (config, before);
      return 0;
    }

  g_assert_no_error (error);
  check_round_trip (config);
  check_use (config);
  return 0;
}
