/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "ctl/doctor.h"
#include "ctl/json.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <sys/utsname.h>

#define KIND_WIDTH 4 /* of the longest of them */
#define GAP        2

/* A column of text that is narrower is hard to read. */
#define MIN_TEXT_WIDTH 40

static const char *
name_kind (ArcFindingKind kind)
{
  static const char *const words[] = {
    [ARC_FINDING_OK] = "ok",
    [ARC_FINDING_WARN] = "warn",
    [ARC_FINDING_FAIL] = "fail",
  };

  return words[kind];
}

static const char *
get_style (ArcFindingKind kind)
{
  static const ArcMood moods[] = {
    [ARC_FINDING_OK] = ARC_MOOD_GOOD,
    [ARC_FINDING_WARN] = ARC_MOOD_WAITING,
    [ARC_FINDING_FAIL] = ARC_MOOD_BAD,
  };

  return arc_table_start_style (moods[kind]);
}

/* (transfer full): the versions of all programs, in one line. */
static char *
make_heading (void)
{
  g_autofree char *system = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);
  struct utsname kernel = { 0 };

  uname (&kernel);

  return g_strdup_printf ("arcologyctl %s, GLib %u.%u.%u, %s %s, %s", ARC_VERSION,
                          glib_major_version, glib_minor_version, glib_micro_version,
                          kernel.sysname, kernel.release, system != NULL ? system : "?");
}

/* Lines are broken for a terminal only: a report goes as it is where it is sent. */
static void
print_findings (GPtrArray *findings)
{
  const guint width = arc_table_get_width ();
  const char *arrow = arc_table_has_utf8 () ? "→ " : "-> ";
  g_autofree char *versions = make_heading ();
  g_autofree char *heading = arc_table_wrap (versions, 0, width);
  guint title_width = 0;
  guint indent;
  gboolean is_narrow;

  for (guint i = 0; i < findings->len; i++)
    title_width = MAX (title_width, arc_table_measure (((ArcFinding *) findings->pdata[i])->title));
  indent = KIND_WIDTH + GAP + title_width + GAP;
  /* On a narrow terminal, a text begins below its title. */
  is_narrow = width < indent + MIN_TEXT_WIDTH;
  if (is_narrow)
    indent = KIND_WIDTH + GAP;

  g_print ("%s\n\n", heading);
  for (guint i = 0; i < findings->len; i++)
    {
      const ArcFinding *finding = findings->pdata[i];
      g_autofree char *title =
          arc_table_pad (finding->title, is_narrow ? 0 : title_width + GAP, FALSE);
      g_autofree char *text = arc_table_wrap (finding->text, indent, width);

      g_print ("%s%-*s%s%*s%s", get_style (finding->kind), KIND_WIDTH, name_kind (finding->kind),
               arc_table_end_style (), GAP, "", title);
      if (is_narrow)
        g_print ("\n%*s", (int) indent, "");
      g_print ("%s\n", text);
      if (finding->advice != NULL)
        {
          const guint advice_indent = indent + arc_table_measure (arrow);
          g_autofree char *advice = arc_table_wrap (finding->advice, advice_indent, width);

          g_print ("%*s%s%s\n", (int) indent, "", arrow, advice);
        }
    }
}

static GVariant *
findings_to_variant (GPtrArray *findings)
{
  GVariantBuilder objects = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; i < findings->len; i++)
    {
      const ArcFinding *finding = findings->pdata[i];

      g_variant_builder_open (&objects, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add_parsed (&objects, "{'status', <%s>}", name_kind (finding->kind));
      g_variant_builder_add_parsed (&objects, "{'topic', <%s>}", finding->topic);
      g_variant_builder_add_parsed (&objects, "{'text', <%s>}", finding->text);
      if (finding->advice != NULL)
        g_variant_builder_add_parsed (&objects, "{'advice', <%s>}", finding->advice);
      g_variant_builder_close (&objects);
    }

  return g_variant_builder_end (&objects);
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
    arc_json_print (findings_to_variant (findings));
  else
    print_findings (findings);

  for (guint i = 0; i < findings->len; i++)
    if (((ArcFinding *) findings->pdata[i])->kind == ARC_FINDING_FAIL)
      return ARC_CTL_FAILED;

  return ARC_CTL_SUCCESS;
}
