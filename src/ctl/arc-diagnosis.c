/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/arc-diagnosis.h"

#include "core/arc-config-file.h"
#include "ctl/arc-ctl.h"
#include "ctl/arc-print.h"
#include "ctl/arc-probe.h"
#include "ctl/arc-words.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "arcology-builder"

/* The default command: it runs Emacs, and its arguments are options for that. */
#define BATCH_PROGRAM "arcology-batch"

#define MEGABYTE (G_GUINT64_CONSTANT (1000) * 1000)

/* A file dated later than this from now was written with another clock. */
#define CLOCK_TOLERANCE (60 * G_TIME_SPAN_SECOND)

typedef struct
{
  GPtrArray *findings;     /* (owned) */
  ArcConfig *config;       /* (owned) (nullable): the settings, if they are valid */
  ArcDBusBuilder *service; /* (owned) (nullable): the service, if it runs */
  const char *topic;       /* of the check that is made */
  const char *title;
} Diagnosis;

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
  g_autofree char *home = arc_print_escape (g_get_home_dir ());
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

  return arc_print_sanitize (line->str);
}

static void add (Diagnosis *self,
                 ArcFindingKind kind,
                 const char *advice /* (nullable) */,
                 const char *format,
                 ...) G_GNUC_PRINTF (4, 5);

static void
add (Diagnosis *self, ArcFindingKind kind, const char *advice, const char *format, ...)
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

static const char *
get_first_line (char *text)
{
  text[strcspn (text, "\n")] = '\0';
  return text;
}

/* --- the service */

static void
check_bus (Diagnosis *self)
{
  g_autoptr (GError) error = NULL;

  self->service = arc_ctl_try_connect (&error);
  if (self->service != NULL ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    add (self, ARC_FINDING_OK, NULL, _ ("reachable"));
  else
    add (self, ARC_FINDING_FAIL,
         _ ("Log in to a session, or point DBUS_SESSION_BUS_ADDRESS to its bus"), "%s",
         error->message);
}

static void
check_service (Diagnosis *self)
{
  const char *version;

  if (self->service == NULL)
    {
      add (self, ARC_FINDING_FAIL, "systemctl --user start " ARC_UNIT, _ ("not running"));
      return;
    }

  version = arc_dbus_builder_get_version (self->service);
  if (g_strcmp0 (version, ARC_VERSION) != 0)
    add (self, ARC_FINDING_WARN, "systemctl --user restart " ARC_UNIT,
         _ ("running, but it is version %s, and this is %s"), version != NULL ? version : "?",
         ARC_VERSION);
  else
    add (self, ARC_FINDING_OK, NULL, _ ("running, version %s"), version);
}

static void
check_unit (Diagnosis *self)
{
  static const char *const argv[] = { "systemctl", "--user", "is-enabled", ARC_UNIT, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_autofree char *messages = NULL;
  int status;

  if (!arc_probe_run (argv, &status, &output, &messages, &error))
    add (self, ARC_FINDING_WARN, NULL, _ ("not checked: %s"), error->message);
  else if (status == 0)
    add (self, ARC_FINDING_OK, NULL, "%s", get_first_line (output));
  else if (*output != '\0' && !g_str_equal (output, "not-found"))
    add (self, ARC_FINDING_WARN, "systemctl --user enable --now " ARC_UNIT, _ ("%s, not enabled"),
         get_first_line (output));
  else
    add (self, ARC_FINDING_WARN, NULL, "%s",
         get_first_line (*messages != '\0' ? messages : output));
}

static void
check_health (Diagnosis *self)
{
  const char *health;

  health = self->service != NULL ? arc_dbus_builder_get_health (self->service) : NULL;
  if (health == NULL)
    return;

  if (g_str_equal (health, "ok"))
    add (self, ARC_FINDING_OK, NULL, _ ("ok; watched directories: %u, files: %u"),
         arc_dbus_builder_get_watched_directories (self->service),
         arc_dbus_builder_get_watched_files (self->service));
  else
    add (self, g_str_equal (health, "degraded") ? ARC_FINDING_WARN : ARC_FINDING_FAIL, NULL,
         "%s: %s", health, arc_dbus_builder_get_health_message (self->service));
}

static void
check_last_build (Diagnosis *self)
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
      add (self, ARC_FINDING_OK, NULL, _ ("none yet"));
      return;
    }

  /* Translators see no macro, such as G_GUINT64_FORMAT. */
  number = g_strdup_printf ("%" G_GUINT64_FORMAT, id);
  if (arc_words_is_success (result))
    add (self, ARC_FINDING_OK, NULL, _ ("build %s: %s"), number, arc_words_name_result (result));
  else
    add (self, ARC_FINDING_WARN, _ ("“arcologyctl log” shows what it printed"), _ ("build %s: %s"),
         number, arc_words_name_result (result));
}

/* --- the settings and what they name */

/* (nullable): the names of the files that are in the comments at the top of DATA. */
static char *
list_sources (const char *data)
{
  g_autoptr (GString) sources = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (data, "\n", -1);

  for (guint i = 0; lines[i] != NULL && g_str_has_prefix (lines[i], "# "); i++)
    g_string_append_printf (sources, "%s%s", i > 0 ? ", " : "", lines[i] + 2);

  return sources->len > 0 ? g_string_free (g_steal_pointer (&sources), FALSE) : NULL;
}

/* The program knows where they come from, and whether they are right. */
static void
check_settings (Diagnosis *self)
{
  g_autofree char *found = g_find_program_in_path (PROGRAM);
  const char *program = found != NULL ? found : ARC_BIN_DIR "/" PROGRAM;
  const char *const argv[] = { program, "--print-config", NULL };
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_autofree char *messages = NULL;
  g_autofree char *sources = NULL;
  int status;

  if (!arc_probe_run (argv, &status, &output, &messages, &error))
    {
      add (self, ARC_FINDING_FAIL, _ ("Install the service, or add where it is to PATH"), "%s",
           error->message);
      return;
    }
  if (status != 0)
    {
      add (self, ARC_FINDING_FAIL, _ ("Correct the line, then “arcologyctl reload”"), "%s",
           messages);
      return;
    }
  if (!arc_config_merge_data (config, output, strlen (output), PROGRAM, &error))
    {
      add (self, ARC_FINDING_WARN, NULL, _ ("not checked: %s"), error->message);
      return;
    }

  self->config = g_steal_pointer (&config);
  sources = list_sources (output);
  if (sources != NULL)
    add (self, ARC_FINDING_OK, NULL, _ ("valid, from %s"), sources);
  else
    add (self, ARC_FINDING_OK, NULL, _ ("no settings file: the defaults are in force"));
}

static void
check_directory (Diagnosis *self, const char *directory)
{
  g_autofree char *name = arc_print_escape (directory);
  struct stat status;

  if (stat (directory, &status) != 0)
    add (self, ARC_FINDING_FAIL, _ ("Make it, mount it, or correct the setting Directories"),
         "%s: %s", name, g_strerror (errno));
  else if (!S_ISDIR (status.st_mode))
    add (self, ARC_FINDING_FAIL, _ ("Correct the setting Directories"), _ ("%s: not a directory"),
         name);
  else if (access (directory, R_OK | X_OK) != 0)
    add (self, ARC_FINDING_FAIL, _ ("Let yourself read it: chmod u+rx"), "%s: %s", name,
         g_strerror (errno));
  else
    add (self, ARC_FINDING_OK, NULL, _ ("%s: readable"), name);
}

/* (nullable): what the service uses or, without it, what it would use. */
static const char *const *
get_directories (Diagnosis *self)
{
  if (self->service != NULL)
    return arc_dbus_builder_get_directories (self->service);

  return self->config != NULL ? (const char *const *) self->config->directories : NULL;
}

static const char *
get_database (Diagnosis *self)
{
  if (self->service != NULL)
    return arc_dbus_builder_get_database (self->service);

  return self->config != NULL ? self->config->database : NULL;
}

static void
check_tree (Diagnosis *self)
{
  const char *const *directories = get_directories (self);

  for (guint i = 0; directories != NULL && directories[i] != NULL; i++)
    check_directory (self, directories[i]);
}

/* Each user namespace has limits of its own, too, which may only be lower (user_namespaces(7)).
 * NAME gets the one that counts. */
static guint
read_lower (const char *of_system, const char *of_namespace, const char **name)
{
  const guint system = arc_probe_read_limit (of_system);
  const guint namespace = arc_probe_read_limit (of_namespace);

  *name = namespace < system ? of_namespace : of_system;

  return MIN (system, namespace);
}

static void
check_inotify (Diagnosis *self)
{
  const char *instances_name;
  const char *watches_name;
  const guint max_instances =
      read_lower ("fs.inotify.max_user_instances", "user.max_inotify_instances", &instances_name);
  const guint max_watches =
      read_lower ("fs.inotify.max_user_watches", "user.max_inotify_watches", &watches_name);
  g_autofree char *text = NULL;
  guint instances;
  guint watches;

  if (max_watches == G_MAXUINT || max_instances == G_MAXUINT)
    {
      add (self, ARC_FINDING_WARN, NULL, _ ("not checked: the limits cannot be read"));
      return;
    }

  arc_probe_count_inotify (&instances, &watches);
  text = g_strdup_printf (_ ("%u of %u watches, %u of %u instances taken"), watches, max_watches,
                          instances, max_instances);

  /* Others of this user want some, too. */
  if (instances >= max_instances || watches >= max_watches - max_watches / 10)
    {
      const gboolean is_instances = instances >= max_instances;
      g_autofree char *advice =
          g_strdup_printf ("sudo sysctl -w %s=%u", is_instances ? instances_name : watches_name,
                           (is_instances ? max_instances : max_watches) * 2);

      add (self, ARC_FINDING_WARN, advice, "%s", text);
    }
  else
    {
      add (self, ARC_FINDING_OK, NULL, "%s", text);
    }
}

/* --- the build */

/* Whether ARGUMENT, of a command line of Emacs, does something instead of setting something up. */
static gboolean
is_action (const char *argument)
{
  static const char *const actions[] = { "-l",     "--load",   "-f", "--funcall",
                                         "--eval", "--script", "-x", "--execute" };

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      const gsize length = strlen (actions[i]);

      if (strncmp (argument, actions[i], length) == 0 &&
          (argument[length] == '\0' || argument[length] == '='))
        return TRUE;
    }

  return FALSE;
}

/* The first line that is not about the start files of the system, each of which Emacs names. */
static const char *
get_complaint (char *messages)
{
  while (g_str_has_prefix (messages, "Loading ") && strchr (messages, '\n') != NULL)
    messages = strchr (messages, '\n') + 1;

  return get_first_line (messages);
}

/* (transfer full) (nullable): the command of the builds up to where it would build; then, as the
 * builds do, it looks for org-roam. NULL if the builds do not run Emacs. */
static GStrv
make_emacs_command (const ArcConfig *config)
{
  static const char program[] =
      "(progn (princ (format \"%s\\n\" emacs-version))"
      " (or (require 'org-roam nil t) (ignore-errors (package-activate-all)))"
      " (condition-case error"
      "  (progn (require 'org-roam) (require 'lisp-mnt)"
      "   (princ (or (ignore-errors (lm-version (concat (file-name-sans-extension"
      "    (locate-library \"org-roam\")) \".el\"))) \"\")))"
      "  (error (princ (error-message-string error)) (kill-emacs 1))))";
  g_autofree char *name = g_path_get_basename (config->command[0]);
  const gboolean is_batch = g_str_equal (name, BATCH_PROGRAM);
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  if (is_batch)
    g_strv_builder_add_many (argv, "emacs", "-q", NULL);
  else if (g_str_has_prefix (name, "emacs"))
    g_strv_builder_add (argv, config->command[0]);
  else
    return NULL;

  for (guint i = 1; config->command[i] != NULL && (is_batch || !is_action (config->command[i]));
       i++)
    g_strv_builder_add (argv, config->command[i]);
  g_strv_builder_add_many (argv, "--batch", "--eval", program, NULL);

  return g_strv_builder_end (argv);
}

static void
check_emacs (Diagnosis *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_autofree char *messages = NULL;
  g_auto (GStrv) argv = make_emacs_command (self->config);
  g_auto (GStrv) lines = NULL;
  int status;

  if (argv == NULL)
    return;

  if (!arc_probe_run ((const char *const *) argv, &status, &output, &messages, &error))
    {
      add (self, ARC_FINDING_FAIL, NULL, "%s", error->message);
      return;
    }

  lines = g_strsplit (output, "\n", 2);
  if (lines[0] == NULL || !g_ascii_isdigit (*lines[0]))
    {
      add (self, ARC_FINDING_FAIL, NULL, _ ("it does not start: %s"), get_complaint (messages));
      return;
    }

  add (self, ARC_FINDING_OK, NULL, _ ("version %s"), lines[0]);

  self->topic = "org-roam";
  self->title = _ ("org-roam");
  if (status != 0)
    add (self, ARC_FINDING_FAIL,
         _ ("Install it: on Debian and Ubuntu the package elpa-org-roam, elsewhere M-x "
            "package-install; “emacs -Q” in the setting Command hides it"),
         _ ("it cannot be loaded: %s"), lines[1] != NULL ? lines[1] : "");
  else
    add (self, ARC_FINDING_OK, NULL, _ ("version %s"), lines[1] != NULL ? lines[1] : "?");
}

static void
check_command (Diagnosis *self)
{
  g_autofree char *program = NULL;
  g_autofree char *name = NULL;

  if (self->config == NULL)
    return;

  name = arc_print_escape (self->config->command[0]);
  program = g_find_program_in_path (self->config->command[0]);
  if (program == NULL)
    {
      add (self, ARC_FINDING_FAIL, _ ("Install it, or correct the setting Command"),
           _ ("%s: not found"), name);
      return;
    }

  add (self, ARC_FINDING_OK, NULL, _ ("%s: found"), name);

  self->topic = "emacs";
  self->title = _ ("Emacs");
  check_emacs (self);
}

/* --- what a build writes */

static void
check_database (Diagnosis *self)
{
  const char *database = get_database (self);
  const char *argv[] = {
    "sqlite3", "-readonly", "-cmd", ".timeout 5000", database, "PRAGMA quick_check(1)", NULL
  };
  g_autofree char *sqlite3 = g_find_program_in_path (argv[0]);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  g_autofree char *output = NULL;
  g_autofree char *messages = NULL;
  int status;

  if (database == NULL || *database == '\0')
    return;

  name = arc_print_escape (database);
  if (!g_file_test (database, G_FILE_TEST_EXISTS))
    add (self, ARC_FINDING_WARN, _ ("The first build makes it: arcologyctl rebuild"),
         _ ("%s: not there yet"), name);
  else if (access (database, R_OK) != 0)
    add (self, ARC_FINDING_FAIL, NULL, "%s: %s", name, g_strerror (errno));
  else if (sqlite3 == NULL)
    add (self, ARC_FINDING_OK, NULL, _ ("%s: there; not checked, since sqlite3 is not installed"),
         name);
  else if (!arc_probe_run (argv, &status, &output, &messages, &error))
    add (self, ARC_FINDING_WARN, NULL, _ ("%s: not checked: %s"), name, error->message);
  else if (status == 0 && g_str_equal (output, "ok"))
    add (self, ARC_FINDING_OK, NULL, _ ("%s: sound"), name);
  else if (strstr (messages, "locked") != NULL)
    add (self, ARC_FINDING_WARN, NULL, _ ("%s: not checked: it is being written"), name);
  else
    add (self, ARC_FINDING_FAIL, _ ("Move it away, then: arcologyctl rebuild --clean"),
         _ ("%s: damaged: %s"), name, get_first_line (*messages != '\0' ? messages : output));
}

static char *
get_state_directory (void)
{
  const char *directory = g_get_user_state_dir ();

  /* A relative one is to be ignored (XDG Base Directory Specification). */
  if (g_path_is_absolute (directory))
    return g_build_filename (directory, "arcology-builder", NULL);

  return g_build_filename (g_get_home_dir (), ".local", "state", "arcology-builder", NULL);
}

static void
check_state_directory (Diagnosis *self)
{
  g_autofree char *directory = get_state_directory ();
  g_autofree char *existing = arc_probe_find_existing (directory);
  g_autofree char *name = arc_print_escape (directory);

  if (access (existing, W_OK | X_OK) != 0)
    add (self, ARC_FINDING_FAIL, _ ("Let yourself write there: chmod u+rwx"), "%s: %s", name,
         g_strerror (errno));
  else if (g_str_equal (existing, directory))
    add (self, ARC_FINDING_OK, NULL, _ ("%s: writable"), name);
  else
    add (self, ARC_FINDING_OK, NULL, _ ("%s: not there yet"), name);
}

static void
check_space_at (Diagnosis *self, const char *path)
{
  g_autofree char *existing = arc_probe_find_existing (path);
  g_autofree char *name = arc_print_escape (existing);
  g_autofree char *free_space = NULL;
  struct statvfs status;
  guint64 n_bytes;

  if (statvfs (existing, &status) != 0)
    {
      add (self, ARC_FINDING_WARN, NULL, "%s: %s", name, g_strerror (errno));
      return;
    }

  n_bytes = (guint64) status.f_bavail * status.f_frsize;
  free_space = g_format_size (n_bytes);
  add (self,
       n_bytes < 20 * MEGABYTE    ? ARC_FINDING_FAIL
       : n_bytes < 200 * MEGABYTE ? ARC_FINDING_WARN
                                  : ARC_FINDING_OK,
       n_bytes < 200 * MEGABYTE ? _ ("Make room: a build may need as much as the database again")
                                : NULL,
       _ ("%s: %s free"), name, free_space);
}

static void
check_space (Diagnosis *self)
{
  g_autofree char *state = get_state_directory ();
  g_autofree char *state_place = arc_probe_find_existing (state);
  const char *database = get_database (self);
  g_autofree char *database_place = NULL;
  struct stat a;
  struct stat b;

  check_space_at (self, state);
  if (database == NULL || *database == '\0')
    return;

  database_place = arc_probe_find_existing (database);
  if (stat (state_place, &a) == 0 && stat (database_place, &b) == 0 && a.st_dev != b.st_dev)
    check_space_at (self, database);
}

/* --- the clock */

static gboolean
is_in_future (const char *path, gint64 now)
{
  struct stat status;

  return stat (path, &status) == 0 &&
         (gint64) status.st_mtim.tv_sec * G_USEC_PER_SEC > now + CLOCK_TOLERANCE;
}

static void
check_clock (Diagnosis *self)
{
  const char *const *directories = get_directories (self);
  const char *database = get_database (self);
  const gint64 now = g_get_real_time ();
  struct timespec time;
  const char *late = NULL;

  if (clock_gettime (CLOCK_BOOTTIME, &time) != 0)
    {
      add (self, ARC_FINDING_FAIL, NULL, "CLOCK_BOOTTIME: %s", g_strerror (errno));
      return;
    }

  if (database != NULL && is_in_future (database, now))
    late = database;
  for (guint i = 0; directories != NULL && directories[i] != NULL; i++)
    if (is_in_future (directories[i], now))
      late = directories[i];

  if (late != NULL)
    {
      g_autofree char *name = arc_print_escape (late);

      add (self, ARC_FINDING_WARN, _ ("Set the clock: timedatectl set-ntp true"),
           _ ("%s is dated in the future"), name);
    }
  else
    {
      add (self, ARC_FINDING_OK, NULL, _ ("nothing is dated in the future"));
    }
}

GPtrArray *
arc_diagnose (void)
{
  static const struct
  {
    const char *topic;
    const char *title;
    void (*check) (Diagnosis *self);
  } checks[] = {
    { "bus", N_ ("Session bus"), check_bus },
    { "service", N_ ("Service"), check_service },
    { "unit", N_ ("Unit"), check_unit },
    { "health", N_ ("Health"), check_health },
    { "last-build", N_ ("Last build"), check_last_build },
    { "settings", N_ ("Settings"), check_settings },
    { "tree", N_ ("Tree"), check_tree },
    { "inotify", N_ ("inotify"), check_inotify },
    { "command", N_ ("Command"), check_command },
    { "database", N_ ("Database"), check_database },
    { "state-directory", N_ ("State directory"), check_state_directory },
    { "disk", N_ ("Disk"), check_space },
    { "clock", N_ ("Clock"), check_clock },
  };
  Diagnosis self = { .findings = g_ptr_array_new_with_free_func (free_finding) };

  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      self.topic = checks[i].topic;
      self.title = _ (checks[i].title);
      checks[i].check (&self);
    }

  g_clear_object (&self.service);
  g_clear_pointer (&self.config, arc_config_free);

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
