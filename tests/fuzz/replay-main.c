/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "fuzz.h"

#include <glib.h>
#include <string.h>

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
replay (gconstpointer user_data)
{
  const char *path = user_data;
  g_autofree char *text = NULL;
  g_autofree uint8_t *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &text, &size, &error);
  g_assert_no_error (error);

  /* Without the NUL that follows TEXT: a checker of memory then sees a read beyond the end. */
  data = g_memdup2 (text, size);
  g_assert_cmpint (LLVMFuzzerTestOneInput (data, size), ==, 0);
}

/* A test for each file in the directory that is the argument: a seed, or a finding that is not to
 * come back. */
int
main (int argc, char *argv[])
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) directory = NULL;
  const char *name;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  if (argc != 2)
    g_error ("Usage: %s CORPUS", argv[0]);

  directory = g_dir_open (argv[1], 0, &error);
  if (directory == NULL)
    g_error ("%s", error->message);
  while ((name = g_dir_read_name (directory)) != NULL)
    g_ptr_array_add (paths, g_build_filename (argv[1], name, NULL));
  if (paths->len == 0)
    g_error ("Nothing in %s", argv[1]);
  g_ptr_array_sort (paths, compare_names);

  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *base = g_path_get_basename (paths->pdata[i]);
      g_autofree char *test = g_strconcat ("/corpus/", base, NULL);

      g_test_add_data_func (test, paths->pdata[i], replay);
    }

  return g_test_run ();
}
