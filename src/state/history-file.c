/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/history-file.h"

#include "common/error.h"
#include "common/file-frame.h"

#include <string.h>

#define HISTORY_TYPE G_VARIANT_TYPE ("aa{sv}")

/* The other way round on a big-endian machine. */
static GVariant *
to_little_endian (GVariant *variant /* (transfer full) */)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  return variant;
#else
  g_autoptr (GVariant) given = variant;

  return g_variant_byteswap (given);
#endif
}

static GVariant *
build_to_variant (const ArcBuild *build)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  arc_build_fill_dict (build, &dict);
  if (build->message != NULL)
    g_variant_dict_insert (&dict, "message", "^ay", build->message);

  return g_variant_dict_end (&dict);
}

GBytes *
arc_history_serialise (const GPtrArray *builds)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (HISTORY_TYPE);
  g_autoptr (GVariant) history = NULL;
  GByteArray *body = arc_file_frame_begin (ARC_HISTORY_MAGIC, ARC_HISTORY_VERSION);
  guint first = builds->len > ARC_HISTORY_MAX ? builds->len - ARC_HISTORY_MAX : 0;

  for (guint i = first; i < builds->len; i++)
    g_variant_builder_add_value (&builder, build_to_variant (builds->pdata[i]));

  history = to_little_endian (g_variant_ref_sink (g_variant_builder_end (&builder)));
  if (g_variant_get_size (history) > 0)
    g_byte_array_append (body, g_variant_get_data (history), (guint) g_variant_get_size (history));

  return arc_file_frame_end (body);
}

typedef const char *(*WordFunc) (guint value);

static const char *
kind_word (guint value)
{
  return arc_build_kind_to_string ((ArcBuildKind) value);
}

static const char *
cause_word (guint value)
{
  return arc_cause_to_string ((ArcCause) value);
}

static const char *
result_word (guint value)
{
  return arc_result_to_string ((ArcResult) value);
}

/* The one of N_WORDS that KEY holds. FALSE if it is none. */
static gboolean
read_word (GVariant *dict, const char *key, WordFunc to_word, guint n_words, guint *value)
{
  const char *word;

  if (!g_variant_lookup (dict, key, "&s", &word))
    return FALSE;

  for (guint i = 0; i < n_words; i++)
    if (strcmp (word, to_word (i)) == 0)
      {
        *value = i;
        return TRUE;
      }

  return FALSE;
}

/* (transfer full) (nullable): BYTES as a string, or NULL if they do not end in their one NUL. */
static char *
read_bytestring (GVariant *bytes)
{
  gsize size;
  const char *string = g_variant_get_fixed_array (bytes, &size, 1);

  if (size == 0 || memchr (string, '\0', size) != string + size - 1)
    return NULL;

  return g_memdup2 (string, size);
}

/* The message may be missing: then there was none. */
static gboolean
read_message (GVariant *dict, ArcBuild *build)
{
  g_autoptr (GVariant) message = g_variant_lookup_value (dict, "message", NULL);

  if (message == NULL)
    return TRUE;
  if (!g_variant_is_of_type (message, G_VARIANT_TYPE_BYTESTRING))
    return FALSE;

  build->message = read_bytestring (message);
  return build->message != NULL;
}

static gboolean
read_failed_files (GVariant *dict, ArcBuild *build)
{
  g_autoptr (GVariant) paths =
      g_variant_lookup_value (dict, "failed-files", G_VARIANT_TYPE_BYTESTRING_ARRAY);
  gsize n_paths = paths != NULL ? g_variant_n_children (paths) : 0;

  for (gsize i = 0; i < n_paths; i++)
    {
      g_autoptr (GVariant) bytes = g_variant_get_child_value (paths, i);
      g_autofree char *path = read_bytestring (bytes);

      if (path == NULL)
        return FALSE;

      arc_build_add_failed_file (build, path, NULL);
    }

  return paths != NULL;
}

/* (nullable): the key of DICT that is missing or wrong; BUILD gets the others. */
static const char *
read_build (GVariant *dict, ArcBuild *build)
{
  guint kind;
  guint cause;
  guint result;

  if (!g_variant_lookup (dict, "id", "t", &build->id))
    return "id";
  if (!read_word (dict, "kind", kind_word, ARC_N_BUILD_KINDS, &kind))
    return "kind";
  if (!read_word (dict, "cause", cause_word, ARC_N_CAUSES, &cause))
    return "cause";
  if (!read_word (dict, "result", result_word, ARC_N_RESULTS, &result))
    return "result";
  if (!g_variant_lookup (dict, "exit-status", "i", &build->exit_status))
    return "exit-status";
  if (!g_variant_lookup (dict, "signal", "i", &build->signal))
    return "signal";
  if (!read_message (dict, build))
    return "message";
  if (!g_variant_lookup (dict, "started", "t", &build->started))
    return "started";
  if (!g_variant_lookup (dict, "finished", "t", &build->finished))
    return "finished";
  if (!g_variant_lookup (dict, "changed", "u", &build->n_changed))
    return "changed";
  if (!read_failed_files (dict, build))
    return "failed-files";
  if (!g_variant_lookup (dict, "cpu-usec", "t", &build->cpu_usec))
    return "cpu-usec";
  if (!g_variant_lookup (dict, "max-rss", "t", &build->max_rss))
    return "max-rss";

  /* Older files do not have it. */
  g_variant_lookup (dict, "problems", "u", &build->n_problems);

  build->kind = (ArcBuildKind) kind;
  build->cause = (ArcCause) cause;
  build->result = (ArcResult) result;
  return NULL;
}

GPtrArray *
arc_history_parse (GBytes *bytes, GError **error)
{
  g_autoptr (GBytes) body =
      arc_file_frame_open (bytes, ARC_HISTORY_MAGIC, ARC_HISTORY_VERSION, error);
  g_autoptr (GVariant) history = NULL;
  g_autoptr (GPtrArray) builds = NULL;
  guint64 id = 0;
  gsize n_builds;

  if (body == NULL)
    return NULL;

  history = g_variant_ref_sink (g_variant_new_from_bytes (HISTORY_TYPE, body, FALSE));
  /* Before its bytes are swapped, for that makes anything normal. */
  if (!g_variant_is_normal_form (history))
    {
      g_set_error (error, ARC_ERROR, ARC_ERROR_DATA, "Invalid history: it is no list of builds");
      return NULL;
    }
  history = to_little_endian (g_steal_pointer (&history));

  builds = g_ptr_array_new_with_free_func ((GDestroyNotify) arc_build_free);
  n_builds = g_variant_n_children (history);
  for (gsize i = 0; i < n_builds; i++)
    {
      g_autoptr (GVariant) dict = g_variant_get_child_value (history, i);
      ArcBuild *build = arc_build_new (0, ARC_BUILD_INCREMENTAL, ARC_CAUSE_START, 0);
      const char *fault;

      g_ptr_array_add (builds, build);
      fault = read_build (dict, build);
      if (fault == NULL && build->id <= id)
        fault = "id";
      if (fault != NULL)
        {
          g_set_error (error, ARC_ERROR, ARC_ERROR_DATA,
                       "Invalid history: wrong or missing \"%s\" in build %" G_GSIZE_FORMAT
                       " of %" G_GSIZE_FORMAT,
                       fault, i + 1, n_builds);
          return NULL;
        }
      id = build->id;
    }

  if (builds->len > ARC_HISTORY_MAX)
    g_ptr_array_remove_range (builds, 0, builds->len - ARC_HISTORY_MAX);

  return g_steal_pointer (&builds);
}
