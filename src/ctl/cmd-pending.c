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

ArcCtlExit
arc_cmd_pending (int argc, char **argv)
{
  static const char *const members[] = { "change", "path", NULL };
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (ArcDBusBuilder) service = NULL;
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) changes = NULL;
  gboolean truncated;

  if (!arc_ctl_parse (&argc, &argv, entries, NULL, _ ("Lists the changes that are not built yet."),
                      0))
    return ARC_CTL_USAGE;

  service = arc_ctl_connect (&exit);
  if (service == NULL)
    return exit;

  if (!arc_dbus_builder_call_get_pending_sync (service, 0, &changes, &truncated, NULL, &error))
    return arc_ctl_report (error);

  if (json)
    arc_json_print (arc_json_name_members (changes, members));
  else if (g_variant_n_children (changes) == 0)
    g_printerr (_ ("No pending changes\n"));
  else
    print_changes (changes);
  if (truncated)
    g_printerr (_ ("The list is too long: these are the first %u of %u changes\n"),
                (guint) g_variant_n_children (changes),
                arc_dbus_builder_get_pending_count (service));

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
arc_cmd_problems (int argc, char **argv)
{
  static const char *const members[] = { "file", "line", "what", "other", NULL };
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (ArcDBusBuilder) service = NULL;
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) problems = NULL;
  gboolean truncated;
  guint n;

  if (!arc_ctl_parse (&argc, &argv, entries, NULL,
                      _ ("Lists the problems that the last build found in notes, as FILE:LINE: "
                         "WHAT. The exit status is 1 if there are any."),
                      0))
    return ARC_CTL_USAGE;

  service = arc_ctl_connect (&exit);
  if (service == NULL)
    return exit;

  if (!arc_dbus_builder_call_get_problems_sync (service, 0, &problems, &truncated, NULL, &error))
    return arc_ctl_report (error);

  if (json)
    arc_json_print (arc_json_name_members (problems, members));
  else if (g_variant_n_children (problems) == 0)
    g_printerr (_ ("No problems\n"));
  else
    print_problems (problems);

  n = (guint) g_variant_n_children (problems);
  if (truncated)
    {
      g_autofree char *more =
          arc_messages_tell_more (arc_dbus_builder_get_problem_count (service) - n);

      g_printerr ("%s\n", more);
    }

  return n > 0 || truncated ? ARC_CTL_FAILED : ARC_CTL_SUCCESS;
}

ArcCtlExit
arc_cmd_explain (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (ArcDBusBuilder) service = NULL;
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;
  g_autofree char *rule = NULL;
  gboolean watched;

  if (!arc_ctl_parse (&argc, &argv, entries, _ ("PATH"),
                      _ ("Explains whether a change of the file PATH starts a build, and why."), 1))
    return ARC_CTL_USAGE;

  if (argc < 2 || *argv[1] == '\0')
    {
      arc_ctl_print_error (_ ("missing argument: PATH; see --help"));
      return ARC_CTL_USAGE;
    }

  service = arc_ctl_connect (&exit);
  if (service == NULL)
    return exit;

  path = g_canonicalize_filename (argv[1], NULL);
  if (!arc_dbus_builder_call_explain_sync (service, g_variant_new_bytestring (path), &watched,
                                           &rule, NULL, &error))
    return arc_ctl_report (error);

  name = arc_table_escape (path);
  if (json)
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
