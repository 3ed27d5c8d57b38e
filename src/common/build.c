/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/build.h"

#include <string.h>

/* A build is shared, not copied: its record is complete before a signal has it. */
static ArcBuild *
ref_build (ArcBuild *build)
{
  return g_atomic_rc_box_acquire (build);
}

G_DEFINE_BOXED_TYPE (ArcBuild, arc_build, ref_build, arc_build_free)

const char *
arc_build_kind_to_string (ArcBuildKind kind)
{
  static const char *const words[] = {
    [ARC_BUILD_INCREMENTAL] = "incremental",
    [ARC_BUILD_FULL] = "full",
    [ARC_BUILD_CLEAN] = "clean",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (words) == ARC_N_BUILD_KINDS);

  return words[kind];
}

const char *
arc_cause_to_string (ArcCause cause)
{
  static const char *const words[] = {
    [ARC_CAUSE_START] = "start",
    [ARC_CAUSE_CHANGE] = "change",
    [ARC_CAUSE_RETRY] = "retry",
    [ARC_CAUSE_REQUEST] = "request",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (words) == ARC_N_CAUSES);

  return words[cause];
}

const char *
arc_result_to_string (ArcResult result)
{
  static const char *const words[] = {
    [ARC_RESULT_SUCCESS] = "success",         [ARC_RESULT_FAILED] = "failed",
    [ARC_RESULT_SIGNAL] = "signal",           [ARC_RESULT_TIMEOUT] = "timeout",
    [ARC_RESULT_CANCELED] = "canceled",       [ARC_RESULT_SPAWN_FAILED] = "spawn-failed",
    [ARC_RESULT_INTERRUPTED] = "interrupted",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (words) == ARC_N_RESULTS);

  return words[result];
}

ArcBuild *
arc_build_new (guint64 id, ArcBuildKind kind, ArcCause cause, gint64 started)
{
  ArcBuild *build = g_atomic_rc_box_new0 (ArcBuild);

  build->id = id;
  build->kind = kind;
  build->cause = cause;
  build->started = started;
  build->failed_files = g_ptr_array_new_with_free_func (g_free);

  return build;
}

static void
clear_build (gpointer data)
{
  ArcBuild *build = data;

  g_free (build->message);
  g_free (build->error);
  g_free (build->last_line);
  g_free (build->failed_why);
  g_free (build->new_problem);
  g_free (build->new_problem_path);
  g_ptr_array_unref (build->failed_files);
}

void
arc_build_free (ArcBuild *build)
{
  g_atomic_rc_box_release_full (build, clear_build);
}

/* How many of the failed files have names that fit into ARC_BUILD_MAX_FAILED_BYTES. */
static guint
count_fitting (const ArcBuild *build)
{
  gsize size = 0;
  guint n = 0;

  for (; n < build->failed_files->len; n++)
    {
      size += strlen (build->failed_files->pdata[n]) + 1;
      if (size > ARC_BUILD_MAX_FAILED_BYTES)
        break;
    }

  return n;
}

void
arc_build_trim (ArcBuild *build)
{
  g_ptr_array_set_size (build->failed_files, (int) count_fitting (build));
}

void
arc_build_fill_dict (const ArcBuild *build, GVariantDict *dict)
{
  GVariant *failed_files =
      g_variant_new_bytestring_array ((const char *const *) build->failed_files->pdata,
                                      count_fitting (build));

  g_variant_dict_insert (dict, "id", "t", build->id);
  g_variant_dict_insert (dict, "kind", "s", arc_build_kind_to_string (build->kind));
  g_variant_dict_insert (dict, "cause", "s", arc_cause_to_string (build->cause));
  g_variant_dict_insert (dict, "result", "s", arc_result_to_string (build->result));
  g_variant_dict_insert (dict, "exit-status", "i", build->exit_status);
  g_variant_dict_insert (dict, "signal", "i", build->signal);
  g_variant_dict_insert (dict, "started", "t", build->started);
  g_variant_dict_insert (dict, "finished", "t", build->finished);
  g_variant_dict_insert (dict, "changed", "u", build->n_changed);
  g_variant_dict_insert_value (dict, "failed-files", failed_files);
  g_variant_dict_insert (dict, "problems", "u", build->n_problems);
  g_variant_dict_insert (dict, "cpu-usec", "t", build->cpu_usec);
  g_variant_dict_insert (dict, "max-rss", "t", build->max_rss);
}

void
arc_build_add_failed_file (ArcBuild *build, const char *path, const char *why)
{
  if (build->n_failed == 0)
    build->failed_why = g_strdup (why);
  build->n_failed++;
  if (build->failed_files->len < ARC_BUILD_MAX_FAILED_FILES)
    g_ptr_array_add (build->failed_files, g_strdup (path));
}

gboolean
arc_build_is_partial (const ArcBuild *build)
{
  return build->result == ARC_RESULT_FAILED && build->exit_status == ARC_BUILD_PARTIAL_STATUS &&
         build->n_failed > 0;
}

gboolean
arc_build_is_stored (const ArcBuild *build)
{
  return build->result == ARC_RESULT_SUCCESS || arc_build_is_partial (build);
}

gboolean
arc_build_asks_for_full (const ArcBuild *build)
{
  return build->kind == ARC_BUILD_INCREMENTAL && build->result == ARC_RESULT_FAILED &&
         build->exit_status == ARC_BUILD_ASKS_FOR_FULL_STATUS;
}
