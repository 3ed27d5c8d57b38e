/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/diagnosis.h"

#include "ctl/doctor.h"
#include "ctl/system-info.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/utsname.h>

const char *
arc_finding_kind_to_string (ArcFindingKind kind)
{
  static const char *const words[] = {
    [ARC_FINDING_OK] = "ok",
    [ARC_FINDING_WARN] = "warn",
    [ARC_FINDING_FAIL] = "fail",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (words) == ARC_N_FINDING_KINDS);

  return words[kind];
}

static void
free_finding (gpointer data)
{
  ArcFinding *finding = data;

  g_free (finding->text);
  g_free (finding->advice);
  g_free (finding);
}

/* Whether C goes on with the name of a file that ends before it: /home/ann is not the start of
 * /home/anna. */
static gboolean
is_in_name (char c)
{
  return g_ascii_isalnum (c) || (guchar) c >= 0x80 || (c != '\0' && strchr ("._-", c) != NULL);
}

/* What TEXT is to others: without the name of the home directory, and in one line. */
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

const char *const *
arc_diagnosis_get_directories (ArcDiagnosis *self)
{
  if (self->service != NULL)
    return arc_dbus_builder_get_directories (self->service);

  return self->config != NULL ? (const char *const *) self->config->directories : NULL;
}

const char *
arc_diagnosis_get_database (ArcDiagnosis *self)
{
  if (self->service != NULL)
    return arc_dbus_builder_get_database (self->service);

  return self->config != NULL ? self->config->database : NULL;
}

char *
arc_diagnosis_get_state_directory (ArcDiagnosis *self)
{
  return arc_system_info_get_state_directory ((const char *const *) self->environment);
}

GPtrArray *
arc_diagnose (void)
{
  static const struct
  {
    const char *topic;
    const char *title;
    void (*check) (ArcDiagnosis *self);
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
  ArcDiagnosis self = { .findings = g_ptr_array_new_with_free_func (free_finding) };

  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      self.topic = checks[i].topic;
      self.title = _ (checks[i].title);
      checks[i].check (&self);
    }

  g_clear_object (&self.service);
  g_clear_pointer (&self.config, arc_config_free);
  g_clear_pointer (&self.failure, g_free);
  g_clear_pointer (&self.command, g_strfreev);
  g_clear_pointer (&self.environment, g_strfreev);

  return self.findings;
}

char *
arc_diagnosis_get_heading (void)
{
  g_autofree char *system = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);
  struct utsname kernel = { 0 };

  uname (&kernel);

  return g_strdup_printf ("arcologyctl %s, GLib %u.%u.%u, %s %s, %s", ARC_VERSION,
                          glib_major_version, glib_minor_version, glib_micro_version,
                          kernel.sysname, kernel.release, system != NULL ? system : "?");
}
