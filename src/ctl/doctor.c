/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/doctor.h"

#include "ctl/system-info.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <string.h>

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

char *
arc_diagnosis_get_state_directory (ArcDiagnosis *self)
{
  return arc_system_info_get_state_directory ((const char *const *) self->environment);
}

GPtrArray *
arc_diagnose (void)
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
