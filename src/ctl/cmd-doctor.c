/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "ctl/doctor.h"
#include "ctl/json.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/utsname.h>

#define KIND_WIDTH 4 /* of the longest of them */
#define GAP        2

/* A column of text that is narrower is hard to read. */
#define MIN_TEXT_WIDTH 40

static void
free_finding (gpointer data)
{
  ArcFinding *finding = data;

  g_free (finding->text);
  g_free (finding->advice);
  g_free (finding);
}

/* Whether C continues the name of a file that ends before it: /home/ann is not the start of
 * /home/anna. */
static gboolean
is_in_name (char c)
{
  return g_ascii_isalnum (c) || (guchar) c >= 0x80 || (c != '\0' && strchr ("._-", c) != NULL);
}

/* TEXT for a public report: without the name of the home directory, and in one line. */
static char *
anonymise (const char *text)
{
  g_autofree char *home = arc_table_escape (g_get_home_dir ());
  const gsize length = strlen (home);
  g_autoptr (GString) line = g_string_new (NULL);
  const char *found;

  while (length > 1 && (found = strstr (text, home)) != NULL)
    {
      g_string_append_len (line, text, found - text);
      g_string_append (line, is_in_name (found[length]) ? home : "~");
      text = found + length;
    }
  g_string_append (line, text);

  return arc_table_sanitize (line->str);
}

void
arc_diagnosis_add (
    ArcDiagnosis *self, ArcFindingKind kind, const char *advice, const char *format, ...)
{
  ArcFinding *finding = g_new0 (ArcFinding, 1);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  finding->kind = kind;
  finding->topic = self->topic;
  finding->title = self->title;
  finding->text = anonymise (text);
  finding->advice = advice != NULL ? anonymise (advice) : NULL;
  g_ptr_array_add (self->findings, finding);
}

const char *
arc_diagnosis_get_first_line (char *text)
{
  text[strcspn (text, "\n")] = '\0';
  return text;
}

/* (transfer full) (element-type ArcFinding): runs all checks, with or without the service, which is
 * not started. It takes seconds, because it runs Emacs and other programs. */
static GPtrArray *
diagnose (void)
{
  const ArcCheck *const groups[] = {
    arc_doctor_service_checks, arc_doctor_settings_checks, arc_doctor_tree_checks,
    arc_doctor_command_checks, arc_doctor_output_checks,
  };
  ArcDiagnosis self = { .findings = g_ptr_array_new_with_free_func (free_finding) };

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    for (const ArcCheck *check = groups[i]; check->topic != NULL; check++)
      {
        self.topic = check->topic;
        self.title = _ (check->title);
        check->run (&self);
      }

  g_clear_object (&self.service);
  g_clear_pointer (&self.config, arc_config_free);
  g_clear_pointer (&self.failure, g_free);
  g_clear_pointer (&self.command, g_strfreev);
  g_clear_pointer (&self.environment, g_strfreev);

  return self.findings;
}

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

/* (transfer full) */
static char *
paint_kind (ArcFindingKind kind)
{
  static const ArcMood moods[] = {
    [ARC_FINDING_OK] = ARC_MOOD_GOOD,
    [ARC_FINDING_WARN] = ARC_MOOD_WAITING,
    [ARC_FINDING_FAIL] = ARC_MOOD_BAD,
  };
  g_autofree char *word = arc_table_pad (name_kind (kind), KIND_WIDTH, FALSE);

  return arc_table_paint (moods[kind], word);
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
      g_autofree char *kind = paint_kind (finding->kind);
      g_autofree char *title =
          arc_table_pad (finding->title, is_narrow ? 0 : title_width + GAP, FALSE);
      g_autofree char *text = arc_table_wrap (finding->text, indent, width);

      g_print ("%s%*s%s", kind, GAP, "", title);
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
arc_cmd_doctor (const ArcCall *call, GError **error)
{
  g_autoptr (GPtrArray) findings = diagnose ();

  if (call->json)
    arc_json_print (findings_to_variant (findings));
  else
    print_findings (findings);

  for (guint i = 0; i < findings->len; i++)
    if (((ArcFinding *) findings->pdata[i])->kind == ARC_FINDING_FAIL)
      return ARC_CTL_FAILED;

  return ARC_CTL_SUCCESS;
}
