/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "run/build-log.h"

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *directory; /* (owned) */
  char *file;      /* (owned) */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("arc-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->file = g_build_filename (fixture->directory, "1.log", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->file);
  g_rmdir (fixture->directory);
  g_free (fixture->file);
  g_free (fixture->directory);
}

static GBytes *
read_file (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  char *text;
  gsize length;

  g_file_get_contents (fixture->file, &text, &length, &error);
  g_assert_no_error (error);

  return g_bytes_new_take (text, length);
}

static void
assert_file_is (Fixture *fixture, const char *text, gsize length)
{
  g_autoptr (GBytes) found = read_file (fixture);

  g_assert_cmpmem (g_bytes_get_data (found, NULL), g_bytes_get_size (found), text, length);
}

static gboolean
has_length (Fixture *fixture, gsize length)
{
  GStatBuf info;

  return g_stat (fixture->file, &info) == 0 && (gsize) info.st_size == length;
}

/* LENGTH bytes of numbered lines, the last one cut where it must be. */
static GString *
make_text (gsize length)
{
  GString *text = g_string_sized_new (length + 64);

  for (guint i = 0; text->len < length; i++)
    g_string_append_printf (text, "%u: %*s\n", i, (int) (i % 400), "");
  g_string_truncate (text, length);

  return text;
}

/* Appends TEXT in pieces of many sizes, larger than the tail, too. */
static void
append_in_pieces (ArcBuildLog *log, const char *text, gsize length)
{
  while (length > 0)
    {
      gsize part = g_test_rand_int_range (1, g_test_rand_bit () ? 3 * ARC_LOG_TAIL : 70000);

      part = MIN (part, length);
      arc_build_log_append_line (log, text, part, FALSE);
      text += part;
      length -= part;
    }
}

static gboolean
close_log (ArcBuildLog *log, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  arc_build_log_close_async (log, NULL, arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);

  return arc_build_log_close_finish (result, error);
}

static void
test_whole (Fixture *fixture, gconstpointer data)
{
  const gsize lengths[] = {
    0,
    1,
    ARC_LOG_HEAD - 1,
    ARC_LOG_HEAD,
    ARC_LOG_HEAD + 1,
    ARC_LOG_HEAD + ARC_LOG_TAIL - 1,
    ARC_LOG_HEAD + ARC_LOG_TAIL,
  };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr (GString) text = make_text (lengths[i]);
      g_autoptr (GError) error = NULL;
      ArcBuildLog *log;

      /* The file of the last turn may be as long as what is waited for. */
      g_unlink (fixture->file);
      log = arc_build_log_open (fixture->file);
      append_in_pieces (log, text->str, text->len);
      /* One can follow it. */
      arc_test_wait_until (has_length (fixture, MIN (text->len, ARC_LOG_HEAD)));
      assert_file_is (fixture, text->str, MIN (text->len, ARC_LOG_HEAD));
      g_assert_true (close_log (log, &error));
      g_assert_no_error (error);
      assert_file_is (fixture, text->str, text->len);
    }
}

static void
test_cut (Fixture *fixture, gconstpointer data)
{
  const gsize lengths[] = {
    ARC_LOG_HEAD + ARC_LOG_TAIL + 1,
    ARC_LOG_HEAD + ARC_LOG_TAIL + 1000,
    ARC_LOG_HEAD + 2 * ARC_LOG_TAIL,
    ARC_LOG_HEAD + 5 * ARC_LOG_TAIL + 77777,
  };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr (GString) text = make_text (lengths[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) found = NULL;
      g_autofree char *rest = NULL;
      ArcBuildLog *log = arc_build_log_open (fixture->file);
      gsize size;
      guint64 left_out;
      char *end;

      append_in_pieces (log, text->str, text->len);
      arc_test_wait_until (has_length (fixture, ARC_LOG_HEAD));
      assert_file_is (fixture, text->str, ARC_LOG_HEAD);
      g_assert_true (close_log (log, &error));
      g_assert_no_error (error);

      found = read_file (fixture);
      size = g_bytes_get_size (found);
      g_assert_cmpuint (size, <=, ARC_LOG_HEAD + ARC_LOG_TAIL + 100);
      g_assert_cmpuint (size, >=, ARC_LOG_HEAD + ARC_LOG_TAIL - 500);
      g_assert_cmpmem (g_bytes_get_data (found, NULL), ARC_LOG_HEAD, text->str, ARC_LOG_HEAD);

      /* The line in between starts a line of its own, and its number is true. */
      rest = g_strndup ((const char *) g_bytes_get_data (found, NULL) + ARC_LOG_HEAD,
                        size - ARC_LOG_HEAD);
      g_assert_true (g_str_has_prefix (rest, text->str[ARC_LOG_HEAD - 1] == '\n' ? "[" : "\n["));
      left_out = g_ascii_strtoull (strchr (rest, '[') + 1, &end, 10);
      g_assert_true (g_str_has_prefix (end, " bytes are left out here]\n"));
      end = strchr (end, '\n') + 1;
      g_assert_cmpuint (ARC_LOG_HEAD + left_out + strlen (end), ==, text->len);

      /* The tail is that of the text, from the start of a line on. */
      g_assert_cmpstr (end, ==, text->str + text->len - strlen (end));
      g_assert_cmpint (text->str[text->len - strlen (end) - 1], ==, '\n');
    }
}

static void
test_one_line (Fixture *fixture, gconstpointer data)
{
  gsize length = ARC_LOG_HEAD + ARC_LOG_TAIL + 5;
  g_autofree char *text = g_strnfill (length, 'x');
  g_autofree char *expected = NULL;
  ArcBuildLog *log = arc_build_log_open (fixture->file);

  append_in_pieces (log, text, length);
  g_assert_true (close_log (log, NULL));

  expected = g_strdup_printf ("%.*s\n[5 bytes are left out here]\n%.*s", ARC_LOG_HEAD, text,
                              ARC_LOG_TAIL, text);
  assert_file_is (fixture, expected, strlen (expected));
}

/* Of a line in pieces, all pieces are shown or none. */
static void
test_lines (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *text;
    gboolean is_whole;
  } lines[] = {
    { "one", TRUE },
    { "arcology: progress 1 2", TRUE },
    { "arcology: problem /a.org: a long", FALSE },
    { "er reason", TRUE },
    { "arcology: phase x", TRUE },
    { "", TRUE },
    { "a long", FALSE },
    { "arcology: gone /a.org", TRUE },
    { "arcology: error: why", FALSE },
  };
  const char *expected = "one\nx\n\na longarcology: gone /a.org\nerror: why";
  ArcBuildLog *log = arc_build_log_open (fixture->file);

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    arc_build_log_append_line (log, lines[i].text, strlen (lines[i].text), lines[i].is_whole);
  g_assert_true (close_log (log, NULL));
  assert_file_is (fixture, expected, strlen (expected));
}

static void
test_mode_and_truncation (Fixture *fixture, gconstpointer data)
{
  ArcBuildLog *log;
  GStatBuf info;

  log = arc_build_log_open (fixture->file);
  arc_build_log_append_line (log, "a longer text", 13, FALSE);
  g_assert_true (close_log (log, NULL));
  g_assert_cmpint (g_stat (fixture->file, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  log = arc_build_log_open (fixture->file);
  arc_build_log_append_line (log, "short", 5, FALSE);
  g_assert_true (close_log (log, NULL));
  assert_file_is (fixture, "short", 5);
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  g_autofree char *nowhere = g_build_filename (fixture->directory, "nowhere", "1.log", NULL);
  g_autofree char *large = g_strnfill (3 * ARC_LOG_TAIL, 'x');
  g_autoptr (GError) error = NULL;
  ArcBuildLog *log;

  log = arc_build_log_open (nowhere);
  arc_build_log_append_line (log, large, 3 * ARC_LOG_TAIL, FALSE);
  g_assert_false (close_log (log, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_nonnull (strstr (error->message, nowhere));
  g_clear_error (&error);

  log = arc_build_log_open ("/dev/full");
  arc_build_log_append_line (log, large, 3 * ARC_LOG_TAIL, FALSE);
  g_assert_false (close_log (log, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/log/whole", test_whole);
  ADD ("/log/cut", test_cut);
  ADD ("/log/one-line", test_one_line);
  ADD ("/log/lines", test_lines);
  ADD ("/log/mode-and-truncation", test_mode_and_truncation);
  ADD ("/log/errors", test_errors);
#undef ADD

  return g_test_run ();
}
