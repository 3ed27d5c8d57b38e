/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-values.h"

#include "bus/large-replies.h"

#include <string.h>

static const char *
change_to_string (ArcChange change)
{
  switch (change)
    {
    case ARC_CHANGE_ADDED:
      return "added";
    case ARC_CHANGE_MODIFIED:
      return "modified";
    case ARC_CHANGE_DELETED:
      return "deleted";
    }

  g_return_val_if_reached ("");
}

GVariant *
arc_bus_value_of_build (ArcBuilder *builder, const ArcBuild *build)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autofree char *message = NULL;
  g_autofree char *log = arc_state_store_get_log (arc_builder_get_store (builder), build->id);

  arc_build_fill_dict (build, &dict);
  /* It may name a file, or come from an old history. */
  message = g_utf8_make_valid (build->message != NULL ? build->message : "", -1);
  g_variant_dict_insert (&dict, "message", "s", message);
  g_variant_dict_insert (&dict, "log", "^ay", log != NULL ? log : "");

  return g_variant_dict_end (&dict);
}

GVariant *
arc_bus_value_of_history (guint64 max, gpointer user_data)
{
  ArcBuilder *builder = user_data;
  GVariantBuilder builds = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  const GPtrArray *history = arc_state_store_get_history (arc_builder_get_store (builder));
  const guint n = max == 0 ? history->len : (guint) MIN (max, history->len);
  gsize size = 0;

  for (guint i = 1; i <= n; i++)
    {
      g_autoptr (GVariant) build =
          g_variant_ref_sink (arc_bus_value_of_build (builder, history->pdata[history->len - i]));

      size += g_variant_get_size (build);
      if (size > ARC_REPLY_MAX_SIZE)
        break;
      g_variant_get_data (build);
      g_variant_builder_add_value (&builds, build);
    }

  return g_variant_new ("(@aa{sv})", g_variant_builder_end (&builds));
}

typedef struct
{
  GVariantBuilder builder;
  guint n_left;
  gsize size_left;
} ChangesReply;

static void
add_change (const char *path, ArcChange change, gpointer user_data)
{
  ChangesReply *reply = user_data;
  const gsize size = strlen (path) + strlen ("modified") + 32; /* D-Bus and GVariant frame them */
  g_autoptr (GVariant) entry = NULL;

  if (size > reply->size_left)
    reply->n_left = 0;
  if (reply->n_left == 0)
    return;

  reply->n_left--;
  reply->size_left -= size;
  entry = g_variant_ref_sink (g_variant_new ("(s^ay)", change_to_string (change), path));
  /* As bytes it takes half the memory. */
  g_variant_get_data (entry);
  g_variant_builder_add_value (&reply->builder, entry);
}

GVariant *
arc_bus_value_of_pending (guint64 max, gpointer user_data)
{
  ArcBuilder *builder = user_data;
  const ArcChangeSet *pending = arc_builder_get_pending (builder);
  const guint size = arc_change_set_get_size (pending);
  ChangesReply reply = {
    .builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(say)")),
    .n_left = (guint) MIN (max == 0 ? size : max, ARC_REPLY_MAX_ENTRIES),
    .size_left = ARC_REPLY_MAX_SIZE,
  };
  g_autoptr (GVariant) changes = NULL;

  arc_change_set_foreach (pending, add_change, &reply);
  changes = g_variant_ref_sink (g_variant_builder_end (&reply.builder));

  return g_variant_new ("(@a(say)b)", changes, g_variant_n_children (changes) < size);
}

GVariant *
arc_bus_value_of_changes (guint64 since, gpointer user_data)
{
  ArcBuilder *builder = user_data;
  ChangesReply reply = {
    .builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(say)")),
    .n_left = ARC_REPLY_MAX_ENTRIES,
    .size_left = ARC_REPLY_MAX_SIZE,
  };
  guint64 now;
  gboolean complete;
  g_autoptr (ArcChangeSet) changes = arc_builder_list_changes (builder, since, &now, &complete);

  arc_change_set_foreach (changes, add_change, &reply);

  return g_variant_new ("(tba(say))", now, complete, &reply.builder);
}

GVariant *
arc_bus_value_of_problems (guint64 max, gpointer user_data)
{
  ArcBuilder *builder = user_data;
  GVariantBuilder list = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ayusay)"));
  const ArcProblemList *problems =
      arc_state_store_get_note_problems (arc_builder_get_store (builder));
  const guint n_kept = arc_problem_list_get_n_kept (problems);
  const guint n = max == 0 ? n_kept : (guint) MIN (max, n_kept);

  for (guint i = 0; i < n; i++)
    {
      const ArcProblem *problem = arc_problem_list_get (problems, i);

      g_variant_builder_add (&list, "(^ayus^ay)", problem->path, problem->line, problem->what,
                             problem->other);
    }

  return g_variant_new ("(a(ayusay)b)", &list, n < arc_problem_list_get_count (problems));
}
