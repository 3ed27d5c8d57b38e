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

static const struct
{
  const char *word;
  ArcMood mood;
} kinds[] = {
  [ARC_OK] = { "ok", ARC_MOOD_GOOD },
  [ARC_WARN] = { "warn", ARC_MOOD_WAITING },
  [ARC_FAIL] = { "fail", ARC_MOOD_BAD },
};

/* In their order: the check of the bus sets the members that the others use, and the settings name
 * the tree, the command and the database. */
static const struct
{
  const char *topic;
  const char *title;
  ArcCheck *run;
} checks[] = {
  { "bus", N_ ("Session bus"), arc_doctor_check_bus },
  { "service", N_ ("Service"), arc_doctor_check_service },
  { "unit", N_ ("Unit"), arc_doctor_check_unit },
  { "duplicate", N_ ("Second service"), arc_doctor_check_duplicates },
  { "linger", N_ ("Linger"), arc_doctor_check_linger },
  { "health", N_ ("Health"), arc_doctor_check_health },
  { "last-build", N_ ("Last build"), arc_doctor_check_last_build },
  { "problems", N_ ("Problems"), arc_doctor_check_problems },
  { "settings", N_ ("Settings"), arc_doctor_check_settings },
  { "tree", N_ ("Tree"), arc_doctor_check_tree },
  { "inotify", N_ ("inotify"), arc_doctor_check_inotify },
  { "command", N_ ("Command"), arc_doctor_check_command },
  { "database", N_ ("Database"), arc_doctor_check_database },
  { "state-directory", N_ ("State directory"), arc_doctor_check_state_directory },
  { "disk", N_ ("Disk"), arc_doctor_check_space },
  { "clock", N_ ("Clock"), arc_doctor_check_clock },
};

/* What a check found: a line of the report. */
typedef struct
{
  ArcFindingKind kind;
  const char *topic; /* a word for programs, never translated */
  const char *title; /* the same for people, translated */
  char *text;        /* (owned): one line */
  char *advice;      /* (owned) (nullable): what to do about it */
} Finding;

static void
free_finding (gpointer data)
{
  Finding *finding = data;

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
arc_doctor_add (
    ArcDiagnosis *self, ArcFindingKind kind, const char *advice, const char *format, ...)
{
  Finding *finding = g_new0 (Finding, 1);
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
arc_doctor_cut (char *text)
{
  text[strcspn (text, "\n")] = '\0';
  return text;
}

/* (transfer full) (element-type Finding): runs all checks, with or without the service, which is
 * not started. It takes seconds, because it runs Emacs and other programs. */
static GPtrArray *
diagnose (void)
{
  ArcDiagnosis self = { .findings = g_ptr_array_new_with_free_func (free_finding) };

  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      self.topic = checks[i].topic;
      self.title = _ (checks[i].title);
      checks[i].run (&self);
    }

  g_clear_object (&self.service);
  g_clear_pointer (&self.config, arc_config_free);
  g_clear_pointer (&self.database, g_free);
  g_clear_pointer (&self.directories, g_strfreev);
  g_clear_pointer (&self.failure, g_free);
  g_clear_pointer (&self.command, g_strfreev);
  g_clear_pointer (&self.environment, g_strfreev);

  return self.findings;
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
  const char *arrow = g_get_charset (NULL) ? "→ " : "-> ";
  g_autofree char *versions = make_heading ();
  guint title_width = 0;
  guint indent;
  gboolean is_narrow;

  for (guint i = 0; i < findings->len; i++)
    title_width = MAX (title_width, arc_table_measure (((Finding *) findings->pdata[i])->title));
  indent = KIND_WIDTH + GAP + title_width + GAP;
  /* On a narrow terminal, a text begins below its title. */
  is_narrow = width < indent + MIN_TEXT_WIDTH;
  if (is_narrow)
    indent = KIND_WIDTH + GAP;

  arc_table_print (0, "%s", versions);
  g_print ("\n");
  for (guint i = 0; i < findings->len; i++)
    {
      const Finding *finding = findings->pdata[i];
      g_autofree char *word = arc_table_pad (kinds[finding->kind].word, KIND_WIDTH, FALSE);
      g_autofree char *kind = arc_table_paint (kinds[finding->kind].mood, word);
      g_autofree char *title =
          arc_table_pad (finding->title, is_narrow ? 0 : title_width + GAP, FALSE);

      g_print ("%s%*s%s", kind, GAP, "", title);
      if (is_narrow)
        g_print ("\n%*s", (int) indent, "");
      arc_table_print (indent, "%s", finding->text);
      if (finding->advice != NULL)
        {
          g_print ("%*s%s", (int) indent, "", arrow);
          arc_table_print (indent + arc_table_measure (arrow), "%s", finding->advice);
        }
    }
}

static GVariant *
findings_to_variant (GPtrArray *findings)
{
  GVariantBuilder objects = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; i < findings->len; i++)
    {
      const Finding *finding = findings->pdata[i];

      g_variant_builder_open (&objects, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add_parsed (&objects, "{'status', <%s>}", kinds[finding->kind].word);
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
    arc_json_print (findings_to_variant (findings), TRUE);
  else
    print_findings (findings);

  for (guint i = 0; i < findings->len; i++)
    if (((Finding *) findings->pdata[i])->kind == ARC_FAIL)
      return ARC_CTL_FAILED;

  return ARC_CTL_SUCCESS;
}
