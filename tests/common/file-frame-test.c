/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/file-frame.h"

#include "common/error.h"

#include <string.h>

#define MAGIC "ArcTest\n"

#define HEADER_SIZE   20
#define CHECKSUM_SIZE 16

/* The body "abc" in version 258, byte by byte: files outlive programs. */
static const guint8 known[] = "ArcTest\n"
                              "\x02\x01\0\0"
                              "\3\0\0\0\0\0\0\0"
                              "abc"
                              "\x43\xc2\xcf\x7e\x9e\x11\x7d\xda\xd0\x50\x63\x75\x3b\x3a\xcc\x71";

static GBytes *
frame (const char *body, gsize size)
{
  GByteArray *array = arc_file_frame_begin (MAGIC, 258);

  g_byte_array_append (array, (const guint8 *) body, (guint) size);

  return arc_file_frame_end (array);
}

static void
assert_refused (const void *data, gsize size, const char *message)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;

  g_assert_null (arc_file_frame_open (bytes, MAGIC, 258, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
  if (message != NULL)
    g_assert_cmpstr (error->message, ==, message);
}

static void
test_known (void)
{
  g_autoptr (GBytes) bytes = frame ("abc", 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = arc_file_frame_open (bytes, MAGIC, 258, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), known,
                   sizeof known - 1);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), "abc", 3);
}

static void
test_empty_body (void)
{
  g_autoptr (GBytes) bytes = frame ("", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = arc_file_frame_open (bytes, MAGIC, 258, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (body), ==, 0);
}

static void
test_faults (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (known, sizeof known - 1);
  g_autoptr (GError) newer = NULL;
  g_autoptr (GError) older = NULL;
  guint8 longer[sizeof known + 1] = { 0 };
  guint8 damaged[sizeof known - 1];
  guint8 wrapped[HEADER_SIZE];

  assert_refused ("", 0, "The file is truncated after 0 bytes");
  assert_refused ("Arc", 3, "The file is truncated after 3 bytes");
  assert_refused ("Are you sure that this is one of mine?", 38, "This is another kind of file");
  assert_refused ("x", 1, "This is another kind of file");
  assert_refused (known, sizeof known - 2, "The file is truncated after 38 bytes");

  memcpy (longer, known, sizeof known - 1);
  assert_refused (longer, sizeof longer, "The file goes on for 2 bytes after its end");

  memcpy (damaged, known, sizeof damaged);
  damaged[HEADER_SIZE] ^= 1;
  assert_refused (damaged, sizeof damaged, "The file is damaged: wrong checksum");

  /* As large as what is left without the checksum, if that were not less than nothing. */
  memcpy (wrapped, known, sizeof wrapped);
  memcpy (wrapped + 12, "\xf0\xff\xff\xff\xff\xff\xff\xff", 8);
  assert_refused (wrapped, sizeof wrapped, "The file is truncated after 20 bytes");

  g_assert_null (arc_file_frame_open (bytes, MAGIC, 257, &newer));
  g_assert_error (newer, ARC_ERROR, ARC_ERROR_DATA);
  g_assert_cmpstr (newer->message, ==,
                   "The file has format 258 of a newer version; this version reads format 257");
  g_assert_null (arc_file_frame_open (bytes, MAGIC, 259, &older));
  g_assert_error (older, ARC_ERROR, ARC_ERROR_DATA);
  g_assert_cmpstr (older->message, ==,
                   "The file has format 258 of an older version; this version reads format 259");
}

/* Any one byte, any one end; and a size near the largest, which must not overflow. */
static void
test_random_damage (void)
{
  for (int round = 0; round < 50; round++)
    {
      char body[64] = { 0 };
      gsize size = (gsize) g_test_rand_int_range (0, sizeof body);
      g_autoptr (GBytes) bytes = NULL;
      g_autofree guint8 *copy = NULL;
      gsize total;

      for (gsize i = 0; i < size; i++)
        body[i] = (char) g_test_rand_int_range (0, 256);
      bytes = frame (body, size);
      copy = g_memdup2 (g_bytes_get_data (bytes, &total), g_bytes_get_size (bytes));
      g_assert_cmpuint (total, ==, HEADER_SIZE + size + CHECKSUM_SIZE);

      for (gsize i = 0; i < total; i++)
        {
          guint8 change = (guint8) g_test_rand_int_range (1, 256);

          copy[i] ^= change;
          assert_refused (copy, total, NULL);
          copy[i] ^= change;
          assert_refused (copy, i, NULL);
        }

      memset (copy + 12, 0xff, 8);
      assert_refused (copy, total, NULL);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/frame/known", test_known);
  g_test_add_func ("/frame/empty-body", test_empty_body);
  g_test_add_func ("/frame/faults", test_faults);
  g_test_add_func ("/frame/random-damage", test_random_damage);

  return g_test_run ();
}
