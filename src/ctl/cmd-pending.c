/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "ctl/json.h"
#include "ctl/messages.h"
#include "ctl/table.h"

#include <glib/gi18n.h>

/* (transfer full): RULE, of Explain (org.arcology.Builder.xml), with the setting that it belongs
 * to. The service has a pattern or one of these sentences in it. */
static char *
tell_rule (const char *rule, gboolean watched)
{
  static const struct
  {
    const char *rule;
    const char *text;
  } rules[] = {
    { "outside the watched directories",
      N_ ("it is in none of the directories of the setting Directories") },
    { "a watched directory itself", N_ ("it is a directory of the setting Directories") },
    { "no include pattern matches", N_ ("no pattern of the setting Include matches") },
    { "symbolic links are not followed", N_ ("it is behind a symbolic link, and the setting "
                                             "FollowSymlinks is false") },
  };
  g_autofree char *pattern = arc_table_sanitize (rule);

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    if (!watched && g_str_equal (rules[i].rule, rule))
      return g_strdup (_ (rules[i].text));

  /* Translators: the name of a setting, and a pattern such as "*.org". */
  return g_strdup_printf (_ ("the setting %s has the pattern “%s”"),
                          watched ? "Include" : "Exclude", pattern);
}

static guint
measure_changes (GVariant *changes)
{
  GVariantIter iter;
  const char *change;
  guint width = 0;

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "(&s^&ay)", &change, NULL))
    width = MAX (width, arc_table_measure (arc_messages_name_change (change)));

  return width;
}

static void
print_changes (GVariant *changes)
{
  const guint width = measure_changes (changes);
  GVariantIter iter;
  const char *change;
  const char *path;

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "(&s^&ay)", &change, &path))
    {
      g_autofree char *name = arc_table_escape (path);
      g_autofree char *word = arc_table_pad (arc_messages_name_change (change), width, FALSE);

      g_print ("%s  %s\n", word, name);
    }
}

/* (transfer floating): an array of dictionaries: of each of TUPLES, with NAMES for its members. */
static GVariant *
name_members (GVariant *tuples, const char *const *names)
{
  GVariantBuilder objects = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = 0; i < g_variant_n_children (tuples); i++)
    {
      g_autoptr (GVariant) tuple = g_variant_get_child_value (tuples, i);

      g_variant_builder_open (&objects, G_VARIANT_TYPE_VARDICT);
      for (gsize j = 0; names[j] != NULL; j++)
        {
          g_autoptr (GVariant) member = g_variant_get_child_value (tuple, j);

          g_variant_builder_add (&objects, "{sv}", names[j], member);
        }
      g_variant_builder_close (&objects);
    }

  return g_variant_builder_end (&objects);
}

ArcCtlExit
arc_cmd_pending (const ArcCall *call, GError **error)
{
  static const char *const members[] = { "change", "path", NULL };
  g_autoptr (GVariant) changes = NULL;
  gboolean truncated;

  if (!arc_dbus_builder_call_get_pending_sync (call->service, 0, &changes, &truncated, NULL, error))
    return ARC_CTL_FAILED;

  if (call->json)
    arc_json_print (name_members (changes, members));
  else if (g_variant_n_children (changes) == 0)
    g_printerr (_ ("No pending changes\n"));
  else
    print_changes (changes);
  if (truncated)
    g_printerr (_ ("The list is too long: these are the first %u of %u changes\n"),
                (guint) g_variant_n_children (changes),
                arc_dbus_builder_get_pending_count (call->service));

  return ARC_CTL_SUCCESS;
}

static void
print_problems (GVariant *problems)
{
  for (gsize i = 0; i < g_variant_n_children (problems); i++)
    {
      g_autoptr (GVariant) problem = g_variant_get_child_value (problems, i);
      g_autofree char *text = arc_messages_tell_problem (problem, FALSE);

      g_print ("%s\n", text);
    }
}

ArcCtlExit
arc_cmd_problems (const ArcCall *call, GError **error)
{
  static const char *const members[] = { "file", "line", "what", "other", NULL };
  g_autoptr (GVariant) problems = NULL;
  gboolean truncated;
  guint n;

  if (!arc_dbus_builder_call_get_problems_sync (call->service, 0, &problems, &truncated, NULL,
                                                error))
    return ARC_CTL_FAILED;

  if (call->json)
    arc_json_print (name_members (problems, members));
  else if (g_variant_n_children (problems) == 0)
    g_printerr (_ ("No problems\n"));
  else
    print_problems (problems);

  n = (guint) g_variant_n_children (problems);
  if (truncated)
    {
      g_autofree char *more =
          arc_messages_tell_more (arc_dbus_builder_get_problem_count (call->service) - n);

      g_printerr ("%s\n", more);
    }

  return n > 0 || truncated ? ARC_CTL_FAILED : ARC_CTL_SUCCESS;
}

ArcCtlExit
arc_cmd_explain (const ArcCall *call, GError **error)
{
  g_autofree char *path = g_canonicalize_filename (call->operands[0], NULL);
  g_autofree char *name = arc_table_escape (path);
  g_autofree char *rule = NULL;
  gboolean watched;

  if (!arc_dbus_builder_call_explain_sync (call->service, g_variant_new_bytestring (path), &watched,
                                           &rule, NULL, error))
    return ARC_CTL_FAILED;

  if (call->json)
    {
      arc_json_print (g_variant_new_parsed ("{'path': <%^ay>, 'watched': <%b>, 'rule': <%s>}", path,
                                            watched, rule));
    }
  else
    {
      g_autofree char *why = tell_rule (rule, watched);

      g_autofree char *text =
          g_strdup_printf (watched ? _ ("%s: watched: %s") : _ ("%s: not watched: %s"), name, why);
      g_autofree char *wrapped = arc_table_wrap (text, 0, arc_table_get_width ());

      g_print ("%s\n", wrapped);
    }

  return watched ? ARC_CTL_SUCCESS : ARC_CTL_FAILED;
}
