/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/history-file.h"

#include "common/error.h"
#include "common/file-frame.h"

#include <string.h>

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) arc_build_free);
}

static GPtrArray *
parse (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *builds = arc_history_parse (bytes, &error);

  g_assert_no_error (error);
  g_assert_nonnull (builds);

  return builds;
}

static void
assert_same (const ArcBuild *a, const ArcBuild *b)
{
  g_assert_cmpuint (a->id, ==, b->id);
  g_assert_cmpint (a->kind, ==, b->kind);
  g_assert_cmpint (a->cause, ==, b->cause);
  g_assert_cmpint (a->result, ==, b->result);
  g_assert_cmpint (a->exit_status, ==, b->exit_status);
  g_assert_cmpint (a->signal, ==, b->signal);
  g_assert_cmpstr (a->message, ==, b->message);
  g_assert_cmpint (a->started, ==, b->started);
  g_assert_cmpint (a->finished, ==, b->finished);
  g_assert_cmpuint (a->n_changed, ==, b->n_changed);
  g_assert_cmpuint (a->n_problems, ==, b->n_problems);
  g_assert_cmpuint (a->cpu_usec, ==, b->cpu_usec);
  g_assert_cmpuint (a->max_rss, ==, b->max_rss);
  g_assert_cmpuint (a->failed_files->len, ==, b->failed_files->len);
  for (guint i = 0; i < a->failed_files->len; i++)
    g_assert_cmpstr (a->failed_files->pdata[i], ==, b->failed_files->pdata[i]);
}

static void
assert_round_trip (const GPtrArray *builds)
{
  g_autoptr (GBytes) bytes = arc_history_serialise (builds);
  g_autoptr (GPtrArray) again = parse (bytes);
  g_autoptr (GBytes) bytes_again = arc_history_serialise (again);

  g_assert_cmpuint (again->len, ==, builds->len);
  for (guint i = 0; i < builds->len; i++)
    assert_same (again->pdata[i], builds->pdata[i]);
  g_assert_cmpuint (g_bytes_get_size (bytes_again), ==, g_bytes_get_size (bytes));
}

static guint64
random_number (void)
{
  return ((guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ()) >>
         g_test_rand_int_range (0, 63);
}

static char *
random_bytes (const char *start)
{
  GString *string = g_string_new (start);
  int length = g_test_rand_int_range (0, 20);

  for (int i = 0; i < length; i++)
    g_string_append_c (string, (char) g_test_rand_int_range (1, 256));

  return g_string_free (string, FALSE);
}

static ArcBuild *
random_build (guint64 id)
{
  ArcBuild *build =
      arc_build_new (id, (ArcBuildKind) g_test_rand_int_range (0, ARC_N_BUILD_KINDS),
                     (ArcCause) g_test_rand_int_range (0, ARC_N_CAUSES), (gint64) random_number ());
  int n_failed = g_test_rand_int_range (0, 4);

  build->result = (ArcResult) g_test_rand_int_range (0, ARC_N_RESULTS);
  build->exit_status = g_test_rand_int ();
  build->signal = g_test_rand_int ();
  build->message = g_test_rand_bit () ? random_bytes ("") : NULL;
  build->finished = (gint64) random_number ();
  build->n_changed = (guint) g_test_rand_int ();
  build->n_problems = (guint) g_test_rand_int ();
  build->cpu_usec = random_number ();
  build->max_rss = random_number ();
  for (int i = 0; i < n_failed; i++)
    {
      g_autofree char *path = random_bytes ("/");

      arc_build_add_failed_file (build, path, NULL);
    }

  return build;
}

static GPtrArray *
random_history (int n_builds)
{
  GPtrArray *builds = new_list ();
  guint64 id = 0;

  for (int i = 0; i < n_builds; i++)
    {
      id += (guint64) g_test_rand_int_range (1, 1000);
      g_ptr_array_add (builds, random_build (id));
    }

  return builds;
}

static void
test_empty (void)
{
  g_autoptr (GPtrArray) builds = new_list ();

  assert_round_trip (builds);
}

/* Each word comes back as itself. */
static void
test_words (void)
{
  g_autoptr (GPtrArray) builds = new_list ();
  guint64 id = 1;

  for (guint kind = 0; kind < ARC_N_BUILD_KINDS; kind++)
    g_ptr_array_add (builds, arc_build_new (id++, (ArcBuildKind) kind, ARC_CAUSE_START, 0));
  for (guint cause = 0; cause < ARC_N_CAUSES; cause++)
    g_ptr_array_add (builds, arc_build_new (id++, ARC_BUILD_FULL, (ArcCause) cause, 0));
  for (guint result = 0; result < ARC_N_RESULTS; result++)
    {
      ArcBuild *build = arc_build_new (id++, ARC_BUILD_CLEAN, ARC_CAUSE_RETRY, 0);

      build->result = (ArcResult) result;
      g_ptr_array_add (builds, build);
    }

  assert_round_trip (builds);
}

static void
test_random (void)
{
  for (int round = 0; round < 100; round++)
    {
      g_autoptr (GPtrArray) builds = random_history (g_test_rand_int_range (0, 10));

      assert_round_trip (builds);
    }
}

/* The text of one build, in the way of g_variant_parse(). */
#define BUILD_WITH(id, kind, message, failed)                                                      \
  "{'id': <uint64 " id ">, 'kind': <" kind ">, 'cause': <'retry'>, 'result': <'failed'>, "         \
  "'exit-status': <1>, 'signal': <0>, " message "'started': <uint64 5>, 'finished': <uint64 6>, "  \
  "'changed': <uint32 3>, 'failed-files': <" failed ">, 'cpu-usec': <uint64 7>, "                  \
  "'max-rss': <uint64 8>}"

#define BUILD(id) BUILD_WITH (id, "'full'", "'message': <b'no'>, ", "[b'/org/a']")

static GBytes *
frame (gconstpointer body, gsize size)
{
  GByteArray *array = arc_file_frame_begin (ARC_HISTORY_MAGIC, ARC_HISTORY_VERSION);

  g_byte_array_append (array, body, (guint) size);

  return arc_file_frame_end (array);
}

static GBytes *
frame_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) given =
      g_variant_parse (G_VARIANT_TYPE ("aa{sv}"), text, NULL, NULL, &error);

  g_assert_no_error (error);
#if G_BYTE_ORDER == G_BIG_ENDIAN
  {
    g_autoptr (GVariant) swapped = g_variant_byteswap (given);

    return frame (g_variant_get_data (swapped), g_variant_get_size (swapped));
  }
#else
  return frame (g_variant_get_data (given), g_variant_get_size (given));
#endif
}

/* The oldest are left out when it is written, and when another version wrote more of them. */
static void
test_newest (void)
{
  g_autoptr (GPtrArray) builds = random_history (ARC_HISTORY_MAX + 7);
  g_autoptr (GBytes) bytes = arc_history_serialise (builds);
  g_autoptr (GPtrArray) again = parse (bytes);
  g_autoptr (GBytes) bytes_again = arc_history_serialise (again);
  g_autoptr (GString) text = g_string_new (BUILD ("1"));
  g_autoptr (GBytes) more = NULL;
  g_autoptr (GPtrArray) newest = NULL;

  g_assert_cmpuint (again->len, ==, ARC_HISTORY_MAX);
  for (guint i = 0; i < again->len; i++)
    assert_same (again->pdata[i], builds->pdata[i + 7]);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, g_bytes_get_size (bytes_again));

  for (guint i = 2; i <= ARC_HISTORY_MAX + 3; i++)
    {
      g_autofree char *id = g_strdup_printf ("'id': <uint64 %u>", i);
      g_autoptr (GString) build = g_string_new (BUILD ("1"));

      g_string_replace (build, "'id': <uint64 1>", id, 1);
      g_string_append_printf (text, ", %s", build->str);
    }
  g_string_prepend (text, "[");
  g_string_append (text, "]");
  more = frame_text (text->str);
  newest = parse (more);
  g_assert_cmpuint (newest->len, ==, ARC_HISTORY_MAX);
  g_assert_cmpuint (((ArcBuild *) newest->pdata[0])->id, ==, 4);
}

/* A file of a newer version, which has more to tell, in another order. */
static void
test_known (void)
{
  g_autoptr (GBytes) bytes = frame_text (
      "[{'new': <(1, 'x')>, 'max-rss': <uint64 8>, 'cpu-usec': <uint64 7>, "
      "'failed-files': <[b'/org/a', b'/org/\\377']>, 'changed': <uint32 3>, "
      "'finished': <uint64 6>, 'started': <uint64 5>, 'message': <b'no'>, 'signal': <9>, "
      "'exit-status': <1>, 'result': <'signal'>, 'cause': <'retry'>, 'kind': <'full'>, "
      "'id': <uint64 1>}, " BUILD ("2") "]");
  g_autoptr (GPtrArray) builds = parse (bytes);
  g_autoptr (ArcBuild) expected = arc_build_new (1, ARC_BUILD_FULL, ARC_CAUSE_RETRY, 5);

  expected->result = ARC_RESULT_SIGNAL;
  expected->exit_status = 1;
  expected->signal = 9;
  expected->message = g_strdup ("no");
  expected->finished = 6;
  expected->n_changed = 3;
  expected->cpu_usec = 7;
  expected->max_rss = 8;
  arc_build_add_failed_file (expected, "/org/a", NULL);
  arc_build_add_failed_file (expected, "/org/\xff", NULL);

  g_assert_cmpuint (builds->len, ==, 2);
  assert_same (builds->pdata[0], expected);
}

static void
assert_refused (GBytes *bytes, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (arc_history_parse (bytes, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_DATA);
  if (message != NULL)
    g_assert_cmpstr (error->message, ==, message);
}

static const struct
{
  const char *text;
  const char *message; /* after "Invalid history: wrong or missing " */
} faults[] = {
  { "[{'kind': <'full'>}]", "\"id\" in build 1 of 1" },
  { "[" BUILD ("0") "]", "\"id\" in build 1 of 1" },
  { "[" BUILD ("2") ", " BUILD ("2") "]", "\"id\" in build 2 of 2" },
  { "[" BUILD ("2") ", " BUILD ("1") ", " BUILD ("3") "]", "\"id\" in build 2 of 3" },
  { "[" BUILD_WITH ("1", "'fulle'", "", "[b'/a']") "]", "\"kind\" in build 1 of 1" },
  { "[" BUILD_WITH ("1", "5", "", "[b'/a']") "]", "\"kind\" in build 1 of 1" },
  { "[" BUILD_WITH ("1", "'full'", "'message': <'text'>, ", "[b'/a']") "]",
    "\"message\" in build 1 of 1" },
  { "[" BUILD_WITH ("1", "'full'", "'message': <[byte 97]>, ", "[b'/a']") "]",
    "\"message\" in build 1 of 1" },
  { "[" BUILD_WITH ("1", "'full'", "'message': <@ay []>, ", "[b'/a']") "]",
    "\"message\" in build 1 of 1" },
  { "[" BUILD_WITH ("1", "'full'", "", "[[byte 97, 0, 97, 0]]") "]",
    "\"failed-files\" in build 1 of 1" },
  { "[" BUILD_WITH ("1", "'full'", "", "'/a'") "]", "\"failed-files\" in build 1 of 1" },
};

static void
test_faults (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autoptr (GBytes) bytes = frame_text (faults[i].text);
      g_autofree char *message =
          g_strconcat ("Invalid history: wrong or missing ", faults[i].message, NULL);

      g_test_message ("fault %" G_GSIZE_FORMAT, i);
      assert_refused (bytes, message);
    }
}

static void
test_no_list (void)
{
  g_autoptr (GBytes) good = frame_text ("[" BUILD ("1") "]");
  g_autoptr (GBytes) body =
      arc_file_frame_open (good, ARC_HISTORY_MAGIC, ARC_HISTORY_VERSION, NULL);
  g_autoptr (GBytes) shorter = frame (g_bytes_get_data (body, NULL), g_bytes_get_size (body) - 1);
  g_autoptr (GBytes) other = frame ("\xff\xff\xff", 3);

  assert_refused (shorter, "Invalid history: it is no list of builds");
  assert_refused (other, "Invalid history: it is no list of builds");
}

/* Only the message may be missing. */
static void
test_missing_keys (void)
{
  g_autoptr (GVariant) all =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, BUILD ("1"), NULL, NULL, NULL);
  gsize n_keys = g_variant_n_children (all);

  g_assert_cmpuint (n_keys, ==, 13);
  for (gsize i = 0; i < n_keys; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (all, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      const char *name = g_variant_get_string (key, NULL);
      g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (all);
      g_autoptr (GVariant) without = NULL;
      g_autofree char *text = NULL;
      g_autofree char *list = NULL;
      g_autoptr (GBytes) bytes = NULL;

      g_variant_dict_remove (&dict, name);
      without = g_variant_ref_sink (g_variant_dict_end (&dict));
      text = g_variant_print (without, TRUE);
      list = g_strconcat ("[", text, "]", NULL);
      bytes = frame_text (list);

      if (strcmp (name, "message") == 0)
        {
          g_autoptr (GPtrArray) builds = parse (bytes);

          g_assert_null (((ArcBuild *) builds->pdata[0])->message);
        }
      else
        {
          g_autofree char *message =
              g_strdup_printf ("Invalid history: wrong or missing \"%s\" in build 1 of 1", name);

          assert_refused (bytes, message);
        }
    }
}

/* Any one byte of the file, any one end of it: refused. Any one byte of the body in a sound frame:
 * refused, or another history. */
static void
test_random_damage (void)
{
  g_autoptr (GPtrArray) builds = random_history (3);
  g_autoptr (GBytes) bytes = arc_history_serialise (builds);
  g_autoptr (GBytes) body =
      arc_file_frame_open (bytes, ARC_HISTORY_MAGIC, ARC_HISTORY_VERSION, NULL);
  gsize size = g_bytes_get_size (bytes);
  gsize body_size = g_bytes_get_size (body);
  g_autofree char *copy = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
  g_autofree char *body_copy = g_memdup2 (g_bytes_get_data (body, NULL), body_size);
  guint n_refused = 0;

  for (gsize i = 0; i < size; i++)
    {
      g_autoptr (GBytes) damaged = NULL;
      g_autoptr (GBytes) truncated = g_bytes_new_static (copy, i);
      char change = (char) g_test_rand_int_range (1, 256);

      copy[i] ^= change;
      damaged = g_bytes_new (copy, size);
      copy[i] ^= change;
      assert_refused (damaged, NULL);
      assert_refused (truncated, NULL);
    }

  for (gsize i = 0; i < body_size; i++)
    {
      g_autoptr (GBytes) damaged = NULL;
      g_autoptr (GPtrArray) other = NULL;
      char change = (char) g_test_rand_int_range (1, 256);

      body_copy[i] ^= change;
      damaged = frame (body_copy, body_size);
      body_copy[i] ^= change;
      other = arc_history_parse (damaged, NULL);
      if (other != NULL)
        assert_round_trip (other);
      else
        n_refused++;
    }
  g_assert_cmpuint (n_refused, >, body_size / 4);
}

/* The names of failed files are most of what a history may hold. */
static void
test_many_failed_bytes (void)
{
  g_autoptr (GPtrArray) builds = g_ptr_array_new_with_free_func ((GDestroyNotify) arc_build_free);
  g_autoptr (GPtrArray) read = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *long_name = g_strnfill (195, 'x');
  ArcBuild *build = arc_build_new (1, ARC_BUILD_FULL, ARC_CAUSE_CHANGE, 1);
  const guint n_fitting = ARC_BUILD_MAX_FAILED_BYTES / 200;

  g_ptr_array_add (builds, build);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *path = g_strdup_printf ("/%03u%s", i, long_name);

      arc_build_add_failed_file (build, path, NULL);
    }
  g_assert_cmpuint (build->failed_files->len, ==, 1000);
  bytes = arc_history_serialise (builds);
  g_assert_cmpuint (g_bytes_get_size (bytes), <, ARC_BUILD_MAX_FAILED_BYTES + 4096);
  read = arc_history_parse (bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (((ArcBuild *) read->pdata[0])->failed_files->len, ==, n_fitting);

  arc_build_trim (build);
  g_assert_cmpuint (build->failed_files->len, ==, n_fitting);
  g_assert_cmpuint (build->n_failed, ==, 1000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/history/empty", test_empty);
  g_test_add_func ("/history/words", test_words);
  g_test_add_func ("/history/random", test_random);
  g_test_add_func ("/history/newest", test_newest);
  g_test_add_func ("/history/known", test_known);
  g_test_add_func ("/history/faults", test_faults);
  g_test_add_func ("/history/no-list", test_no_list);
  g_test_add_func ("/history/missing-keys", test_missing_keys);
  g_test_add_func ("/history/random-damage", test_random_damage);

  g_test_add_func ("/history/many-failed-bytes", test_many_failed_bytes);

  return g_test_run ();
}
