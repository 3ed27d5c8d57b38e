/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/arcologyctl.h"
#include "ctl/doctor.h"
#include "ctl/messages.h"
#include "ctl/program.h"
#include "ctl/service-info.h"

#include <glib/gi18n.h>
#include <unistd.h>

/* Where logind(8) keeps the names of those whose services run without a session. */
#define LINGER_DIRECTORY "/var/lib/systemd/linger"

/* Without the service, on what systemd would start it with; why it failed is left in
 * `self->failure`. */
static void
look_at_unit (ArcDiagnosis *self)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  if (bus == NULL)
    return;

  self->failure = arc_service_info_tell_failure (bus);
  arc_service_info_read_unit (bus, &self->command, &self->environment);
}

void
arc_doctor_check_bus (ArcDiagnosis *self)
{
  g_autoptr (GError) error = NULL;

  self->service = arc_ctl_open (FALSE, ARC_CTL_DEFAULT_TIMEOUT, &error);
  /* The settings and the Emacs of the service depend on its command line and environment. */
  self->process = arc_service_info_read (self->service, &self->command, &self->environment);
  if (self->service == NULL)
    look_at_unit (self);
  if (self->service != NULL ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
      g_error_matches (error, ARC_CTL_ERROR, ARC_CTL_SERVICE_FAILED))
    arc_doctor_add (self, ARC_OK, NULL, _ ("reachable"));
  else
    arc_doctor_add (self, ARC_FAIL, NULL, "%s", error->message);
}

void
arc_doctor_check_service (ArcDiagnosis *self)
{
  const char *version;

  if (self->failure != NULL)
    {
      arc_doctor_add (self, ARC_FAIL,
                      _ ("Correct that, then: systemctl --user restart arcology-builder.service"),
                      _ ("failed: %s"), self->failure);
      return;
    }
  if (self->service == NULL)
    {
      arc_doctor_add (self, ARC_FAIL, "systemctl --user start " ARC_SYSTEMD_UNIT,
                      _ ("not running"));
      return;
    }

  version = arc_dbus_builder_get_version (self->service);
  if (g_strcmp0 (version, ARC_VERSION) != 0)
    arc_doctor_add (self, ARC_WARN, "systemctl --user restart " ARC_SYSTEMD_UNIT,
                    _ ("running, but it is version %s, and this is %s"),
                    version != NULL ? version : "?", ARC_VERSION);
  else
    arc_doctor_add (self, ARC_OK, NULL, _ ("running, version %s"), version);
}

void
arc_doctor_check_unit (ArcDiagnosis *self)
{
  /* systemctl(1) has a status of its own for "not found" since systemd 253 only. */
  static const char *const argv[] = { "env",        "LC_ALL=C",       "systemctl", "--user",
                                      "is-enabled", ARC_SYSTEMD_UNIT, NULL };
  g_autoptr (GError) error = NULL;
  g_auto (ArcProgramResult) answer = { 0 };

  if (!arc_program_ask (NULL, argv, &answer, &error))
    arc_doctor_add (self, ARC_WARN, NULL, _ ("not checked: %s"), error->message);
  else if (answer.status == 0)
    arc_doctor_add (self, ARC_OK, NULL, "%s", arc_doctor_cut (answer.output));
  else if (*answer.output != '\0' && !g_str_equal (answer.output, "not-found"))
    arc_doctor_add (self, ARC_WARN, "systemctl --user enable --now " ARC_SYSTEMD_UNIT,
                    _ ("%s, not enabled"), arc_doctor_cut (answer.output));
  else if (*answer.output != '\0' || strstr (answer.messages, "No such file or directory") != NULL)
    arc_doctor_add (self, ARC_WARN, _ ("Install it, then: systemctl --user daemon-reload"),
                    _ ("%s is not installed"), ARC_SYSTEMD_UNIT);
  else
    arc_doctor_add (self, ARC_WARN, NULL, "%s", arc_doctor_cut (answer.messages));
}

/* Whether the process PID is the program of the service, and its state is in STATE. */
static gboolean
is_service (guint pid, const char *state)
{
  g_auto (GStrv) command = NULL;
  g_auto (GStrv) environment = NULL;
  g_autofree char *name = NULL;
  g_autofree char *directory = NULL;

  if (!arc_service_info_read_process (pid, &command, &environment))
    return FALSE;

  name = g_path_get_basename (command[0]);
  directory = arc_service_info_get_directory (environment, "XDG_STATE_HOME");

  return g_str_equal (name, ARC_PROGRAM) && g_str_equal (directory, state);
}

/* Another process of this user that is the same program as SERVICE, or 0, and has its state
 * directory STATE; 0 if there is none. */
static guint
find_duplicate (guint service, const char *state)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      guint64 pid;

      if (g_ascii_string_to_unsigned (name, 10, 1, G_MAXINT, &pid, NULL) && pid != service &&
          is_service ((guint) pid, state))
        return (guint) pid;
    }

  return 0;
}

/* A second service, started by hand, competes for the bus name and the lock. */
void
arc_doctor_check_duplicates (ArcDiagnosis *self)
{
  g_autofree char *state = arc_service_info_get_directory (self->environment, "XDG_STATE_HOME");
  const guint pid = find_duplicate (self->process, state);
  g_autofree char *advice = NULL;

  if (pid == 0)
    return;

  advice = g_strdup_printf (_ ("Stop one of the two, for example: kill %u"), pid);
  arc_doctor_add (self, ARC_WARN, advice,
                  _ ("process %u uses the same state directory, and is not the service"), pid);
}

/* A session over a network ends with the connection, and the service with it. */
void
arc_doctor_check_linger (ArcDiagnosis *self)
{
  g_autofree char *file = g_build_filename (LINGER_DIRECTORY, g_get_user_name (), NULL);

  if (access (LINGER_DIRECTORY, F_OK) != 0)
    return;

  if (access (file, F_OK) == 0)
    arc_doctor_add (self, ARC_OK, NULL, _ ("on: the service runs without a login"));
  else if (g_getenv ("SSH_CONNECTION") != NULL)
    arc_doctor_add (self, ARC_WARN, "loginctl enable-linger",
                    _ ("off: the service stops when you log out"));
  else
    arc_doctor_add (self, ARC_OK, NULL, _ ("off: the service stops when you log out"));
}

void
arc_doctor_check_health (ArcDiagnosis *self)
{
  const char *health;

  health = self->service != NULL ? arc_dbus_builder_get_health (self->service) : NULL;
  if (health == NULL)
    return;

  if (g_str_equal (health, "ok"))
    arc_doctor_add (self, ARC_OK, NULL, _ ("ok; watched directories: %u, files: %u"),
                    arc_dbus_builder_get_watched_directories (self->service),
                    arc_dbus_builder_get_watched_files (self->service));
  else
    arc_doctor_add (self, g_str_equal (health, "degraded") ? ARC_WARN : ARC_FAIL, NULL, "%s: %s",
                    health, arc_dbus_builder_get_health_message (self->service));
}

void
arc_doctor_check_last_build (ArcDiagnosis *self)
{
  g_autoptr (GVariantDict) build = NULL;
  g_autofree char *number = NULL;
  const char *result;
  guint64 id;

  if (self->service == NULL)
    return;

  build = g_variant_dict_new (arc_dbus_builder_get_last_build (self->service));
  if (!g_variant_dict_lookup (build, "id", "t", &id) ||
      !g_variant_dict_lookup (build, "result", "&s", &result))
    {
      arc_doctor_add (self, ARC_OK, NULL, _ ("none yet"));
      return;
    }

  /* Translators see no macro, such as G_GUINT64_FORMAT. */
  number = g_strdup_printf ("%" G_GUINT64_FORMAT, id);
  if (arc_messages_is_success (result))
    arc_doctor_add (self, ARC_OK, NULL, _ ("build %s: %s"), number,
                    arc_messages_name_result (result));
  else
    arc_doctor_add (self, ARC_WARN, _ ("See its output with: arcologyctl log"), _ ("build %s: %s"),
                    number, arc_messages_name_result (result));
}

/* A report names no note, so it has the number only. */
void
arc_doctor_check_problems (ArcDiagnosis *self)
{
  guint n;

  if (self->service == NULL)
    return;

  n = arc_dbus_builder_get_problem_count (self->service);
  if (n == 0)
    arc_doctor_add (self, ARC_OK, NULL, _ ("none"));
  else
    arc_doctor_add (self, ARC_WARN, _ ("See: arcologyctl problems"),
                    g_dngettext (GETTEXT_PACKAGE, "%u problem in notes", "%u problems in notes", n),
                    n);
}
