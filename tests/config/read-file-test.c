/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/read-file.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SIZE 100

typedef struct
{
  char *directory;
  char *path;
  char *link;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("arc-read-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->directory, "file", NULL);
  fixture->link = g_build_filename (fixture->directory, "link", NULL);
  g_assert_no_errno (symlink ("file", fixture->link));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->link);
  g_remove (fixture->path);
  g_assert_no_errno (g_rmdir (fixture->directory));
  g_free (fixture->directory);
  g_free (fixture->path);
  g_free (fixture->link);
}

static void
assert_reads (const char *path, ArcReadFlags flags, const char *expected)
{
  g_autoptr (GError) error = NULL;
  gsize length = G_MAXSIZE;
  g_autofree char *data = arc_read_file (path, flags, MAX_SIZE, &length, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (data, length, expected, strlen (expected));
  g_assert_cmpint (data[length], ==, '\0');
}

static void
assert_refuses (const char *path, ArcReadFlags flags, GFileError code)
{
  g_autoptr (GError) error = NULL;
  gsize length;
  g_autofree char *data = arc_read_file (path, flags, MAX_SIZE, &length, &error);

  g_assert_null (data);
  g_assert_error (error, G_FILE_ERROR, (int) code);
  g_assert_true (g_str_has_prefix (error->message, path));
}

static void
test_absent (Fixture *fixture, gconstpointer data)
{
  assert_refuses (fixture->path, ARC_READ_DEFAULT, G_FILE_ERROR_NOENT);
  assert_refuses (fixture->link, ARC_READ_SETTINGS, G_FILE_ERROR_NOENT);
}

static void
test_sizes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *largest = g_strnfill (MAX_SIZE, 'x');
  g_autofree char *too_large = g_strnfill (MAX_SIZE + 1, 'x');

  g_assert_true (g_file_set_contents (fixture->path, "", 0, NULL));
  assert_reads (fixture->path, ARC_READ_DEFAULT, "");
  g_assert_true (g_file_set_contents (fixture->path, largest, -1, NULL));
  assert_reads (fixture->path, ARC_READ_DEFAULT, largest);
  g_assert_true (g_file_set_contents (fixture->path, too_large, -1, NULL));
  assert_refuses (fixture->path, ARC_READ_DEFAULT, G_FILE_ERROR_INVAL);
  assert_refuses (fixture->path, ARC_READ_SETTINGS, G_FILE_ERROR_INVAL);
}

/* Settings are linked from where they are kept. */
static void
test_link (Fixture *fixture, gconstpointer data)
{
  g_assert_true (g_file_set_contents (fixture->path, "text", -1, NULL));
  assert_reads (fixture->link, ARC_READ_SETTINGS, "text");
  assert_refuses (fixture->link, ARC_READ_DEFAULT, G_FILE_ERROR_LOOP);
}

/* Nobody writes into it, ever. */
static void
test_fifo (Fixture *fixture, gconstpointer data)
{
  g_assert_no_errno (mkfifo (fixture->path, 0600));
  assert_refuses (fixture->path, ARC_READ_DEFAULT, G_FILE_ERROR_INVAL);
  assert_refuses (fixture->path, ARC_READ_SETTINGS, G_FILE_ERROR_INVAL);
  assert_refuses (fixture->link, ARC_READ_SETTINGS, G_FILE_ERROR_INVAL);
}

static void
test_no_files (Fixture *fixture, gconstpointer data)
{
  assert_refuses ("/dev/zero", ARC_READ_SETTINGS, G_FILE_ERROR_INVAL);
  g_assert_no_errno (g_mkdir (fixture->path, 0700));
  assert_refuses (fixture->path, ARC_READ_DEFAULT, G_FILE_ERROR_INVAL);
  assert_refuses (fixture->path, ARC_READ_SETTINGS, G_FILE_ERROR_INVAL);
}

static void
test_of_other (Fixture *fixture, gconstpointer data)
{
  g_assert_true (g_file_set_contents (fixture->path, "text", -1, NULL));
  if (chown (fixture->path, 12345, (gid_t) -1) < 0)
    {
      g_test_message ("Only root can give a file away");
      return;
    }

  assert_refuses (fixture->path, ARC_READ_DEFAULT, G_FILE_ERROR_PERM);
  assert_refuses (fixture->path, ARC_READ_SETTINGS, G_FILE_ERROR_PERM);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define add(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

  add ("/read-file/absent", test_absent);
  add ("/read-file/sizes", test_sizes);
  add ("/read-file/link", test_link);
  add ("/read-file/fifo", test_fifo);
  add ("/read-file/no-files", test_no_files);
  add ("/read-file/of-other", test_of_other);

  return g_test_run ();
}
