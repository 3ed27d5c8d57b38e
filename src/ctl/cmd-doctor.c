/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "ctl/diagnosis.h"
#include "ctl/table.h"

#include <glib/gi18n.h>

#define KIND_WIDTH 4 /* of the longest of them */
#define GAP        2

static const char *
get_style (ArcFindingKind kind)
{
  switch (kind)
    {
    case ARC_FINDING_OK:
      return "\033[32m"; /* green */
    case ARC_FINDING_WARN:
      return "\033[33m"; /* yellow */
    case ARC_FINDING_FAIL:
      return "\033[1;31m"; /* red, bold */
    }

  g_return_val_if_reached ("");
}

/* Lines are broken for a terminal only: a report goes as it is where it is sent. */
static void
print_findings (GPtrArray *findings)
{
  const gboolean style = arc_table_has_style ();
  const guint width = arc_table_is_terminal () ? arc_table_get_width () : G_MAXUINT;
  const char *arrow = arc_table_has_utf8 () ? "→ " : "-> ";
  g_autofree char *versions = arc_diagnosis_get_heading ();
  g_autofree char *heading = arc_table_wrap (versions, 0, width);
  guint title_width = 0;
  guint indent;

  for (guint i = 0; i < findings->len; i++)
    title_width = MAX (title_width, arc_table_measure (((ArcFinding *) findings->pdata[i])->title));
  indent = KIND_WIDTH + GAP + title_width + GAP;

  g_print ("%s\n\n", heading);
  for (guint i = 0; i < findings->len; i++)
    {
      const ArcFinding *finding = findings->pdata[i];
      g_autofree char *title = arc_table_pad (finding->title, title_width, FALSE);
      g_autofree char *text = arc_table_wrap (finding->text, indent, width);

      g_print ("%s%-*s%s%*s%s%*s%s\n", style ? get_style (finding->kind) : "", KIND_WIDTH,
               arc_finding_kind_to_string (finding->kind), style ? "\033[0m" : "", GAP, "", title,
               GAP, "", text);
      if (finding->advice != NULL)
        {
          const guint advice_indent = indent + arc_table_measure (arrow);
          g_autofree char *advice = arc_table_wrap (finding->advice, advice_indent, width);

          g_print ("%*s%s%s\n", (int) indent, "", arrow, advice);
        }
    }
}

static JsonNode *
findings_to_json (GPtrArray *findings)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < findings->len; i++)
    {
      const ArcFinding *finding = findings->pdata[i];
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "status", arc_finding_kind_to_string (finding->kind));
      json_object_set_string_member (object, "topic", finding->topic);
      json_object_set_string_member (object, "text", finding->text);
      if (finding->advice != NULL)
        json_object_set_string_member (object, "advice", finding->advice);
      json_array_add_object_element (array, object);
    }

  return arc_table_array_to_json (array);
}

ArcCtlExit
arc_cmd_doctor (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GPtrArray) findings = NULL;

  if (!arc_ctl_parse (&argc, &argv, entries, NULL,
                      _ ("Checks everything that a build depends on, and suggests remedies. The "
                         "report names no notes and can be attached to a bug report."),
                      0))
    return ARC_CTL_USAGE;

  findings = arc_diagnose ();
  if (json)
    arc_table_json (findings_to_json (findings));
  else
    print_findings (findings);

  for (guint i = 0; i < findings->len; i++)
    if (((ArcFinding *) findings->pdata[i])->kind == ARC_FINDING_FAIL)
      return ARC_CTL_FAILED;

  return ARC_CTL_SUCCESS;
}
