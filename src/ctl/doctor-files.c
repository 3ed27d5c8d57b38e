/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/inotify-limit.h"
#include "ctl/doctor.h"
#include "ctl/program.h"
#include "ctl/service-info.h"
#include "ctl/table.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define MEGABYTE (G_GUINT64_CONSTANT (1000) * 1000)

/* A file dated later than this from now was written with another clock. */
#define CLOCK_TOLERANCE (60 * G_TIME_SPAN_SECOND)

/* --- what is watched */

static void
check_directory (ArcDiagnosis *self, const char *directory)
{
  g_autofree char *name = arc_table_escape (directory);
  struct stat status;

  if (stat (directory, &status) != 0)
    arc_doctor_add (self, ARC_FAIL, _ ("Create it, mount it, or correct the setting Directories"),
                    "%s: %s", name, g_strerror (errno));
  else if (!S_ISDIR (status.st_mode))
    arc_doctor_add (self, ARC_FAIL, _ ("Correct the setting Directories"),
                    _ ("%s: not a directory"), name);
  else if (access (directory, R_OK | X_OK) != 0)
    arc_doctor_add (self, ARC_FAIL, _ ("Make it readable: chmod u+rx DIR"), "%s: %s", name,
                    g_strerror (errno));
  else
    arc_doctor_add (self, ARC_OK, NULL, _ ("%s: readable"), name);
}

void
arc_doctor_check_tree (ArcDiagnosis *self)
{
  for (guint i = 0; self->directories != NULL && self->directories[i] != NULL; i++)
    check_directory (self, self->directories[i]);
}

static guint
count_watches (const char *fdinfo)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  if (!g_file_get_contents (fdinfo, &text, NULL, NULL))
    return 0;

  /* One line a watch: "inotify wd:1 ino:..." (proc(5)). */
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    n += g_str_has_prefix (lines[i], "inotify ");

  return n;
}

/* Counts the inotify instances and watches of all processes of this user, which share the limits
 * (inotify(7)), as far as /proc shows them. A descriptor there belongs to the user of its process.
 */
static void
count_inotify (guint *instances, guint *watches)
{
  glob_t found = { 0 };

  *instances = 0;
  *watches = 0;

  glob ("/proc/[0-9]*/fd/*", GLOB_NOSORT, NULL, &found);
  for (gsize i = 0; i < found.gl_pathc; i++)
    {
      g_autofree char *target = g_file_read_link (found.gl_pathv[i], NULL);
      g_auto (GStrv) parts = g_strsplit (found.gl_pathv[i], "/fd/", 2);
      g_autofree char *fdinfo = g_strjoinv ("/fdinfo/", parts);
      struct stat status;

      if (g_strcmp0 (target, "anon_inode:inotify") != 0 ||
          lstat (found.gl_pathv[i], &status) != 0 || status.st_uid != getuid ())
        continue;

      *instances += 1;
      *watches += count_watches (fdinfo);
    }
  globfree (&found);
}

void
arc_doctor_check_inotify (ArcDiagnosis *self)
{
  const char *instances_name;
  const char *watches_name;
  const guint max_instances = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_INSTANCES, &instances_name);
  const guint max_watches = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_WATCHES, &watches_name);
  g_autofree char *text = NULL;
  g_autofree char *advice = NULL;
  guint instances;
  guint watches;

  if (max_watches == G_MAXUINT || max_instances == G_MAXUINT)
    {
      arc_doctor_add (self, ARC_WARN, NULL, _ ("not checked: the limits cannot be read"));
      return;
    }

  count_inotify (&instances, &watches);
  text = g_strdup_printf (_ ("%u of %u watches, %u of %u instances in use"), watches, max_watches,
                          instances, max_instances);

  /* Other programs of this user need some, too. */
  if (instances >= max_instances)
    advice = g_strdup_printf ("sudo sysctl -w %s=%u", instances_name, max_instances * 2);
  else if (watches >= max_watches - max_watches / 10)
    advice = g_strdup_printf ("sudo sysctl -w %s=%u", watches_name, max_watches * 2);
  arc_doctor_add (self, advice != NULL ? ARC_WARN : ARC_OK, advice, "%s", text);
}

/* --- what a build writes */

/* (transfer full) (nullable): the directory above PATH that a program copies to other machines;
 * NULL if there is none. The programs leave these files in it. */
static char *
find_synced_directory (const char *path)
{
  static const char *const markers[] = { ".stfolder",         ".dropbox",
                                         ".dropbox.cache",    ".nextcloudsync.log",
                                         ".owncloudsync.log", ".sync" };
  g_autofree char *directory = g_path_get_dirname (path);

  if (g_str_equal (directory, "/") || g_str_equal (directory, "."))
    return NULL;

  for (guint i = 0; i < G_N_ELEMENTS (markers); i++)
    {
      g_autofree char *marker = g_build_filename (directory, markers[i], NULL);

      if (g_file_test (marker, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&directory);
    }

  return find_synced_directory (directory);
}

/* A program that copies the file while it is written makes a damaged one of it. */
static void
check_place (ArcDiagnosis *self)
{
  g_autofree char *directory = find_synced_directory (self->database);
  g_autofree char *name = directory != NULL ? arc_table_escape (directory) : NULL;

  if (directory != NULL)
    arc_doctor_add (self, ARC_WARN,
                    _ ("Move it to a directory that is not synchronized: setting Database"),
                    _ ("it is in %s, which is synchronized with other machines"), name);
}

static gboolean
is_building (const ArcDiagnosis *self)
{
  return self->service != NULL && arc_dbus_builder_get_current_build (self->service) != 0;
}

/* The files of SQLite beside the database while a program has it open, or after a crash: a copy
 * of the database alone lacks their content. A build removes both. */
static void
check_side_files (ArcDiagnosis *self)
{
  static const char *const suffixes[] = { "-wal", "-journal" };

  if (is_building (self))
    return;

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *file = g_strconcat (self->database, suffixes[i], NULL);
      g_autofree char *name = arc_table_escape (file);
      g_autofree char *size = NULL;
      struct stat status;

      if (stat (file, &status) != 0 || status.st_size == 0)
        continue;

      size = g_format_size ((guint64) status.st_size);
      arc_doctor_add (self, ARC_WARN,
                      _ ("Close the programs that have it open, then: arcologyctl rebuild"),
                      _ ("%s: %s that are not in the database file yet"), name, size);
    }
}

/* A database on a full disk, for one, gives an I/O error, since SQLite cannot make the files that
 * it needs beside it. */
static gboolean
is_damage (const ArcProgramResult *check)
{
  return *check->output != '\0' || strstr (check->messages, "malformed") != NULL ||
         strstr (check->messages, "not a database") != NULL;
}

void
arc_doctor_check_database (ArcDiagnosis *self)
{
  const char *argv[] = {
    "sqlite3", "-readonly", "-cmd", ".timeout 5000", self->database, "PRAGMA quick_check(1)", NULL,
  };
  g_autofree char *sqlite3 = g_find_program_in_path (argv[0]);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  g_auto (ArcProgramResult) check = { 0 };

  if (self->database == NULL)
    return;

  name = arc_table_escape (self->database);
  if (!g_file_test (self->database, G_FILE_TEST_EXISTS) && is_building (self))
    arc_doctor_add (self, ARC_WARN, NULL,
                    _ ("%s: does not exist yet: the build that creates it is running"), name);
  else if (!g_file_test (self->database, G_FILE_TEST_EXISTS))
    arc_doctor_add (self, ARC_WARN, _ ("The first build creates it: arcologyctl rebuild"),
                    _ ("%s: does not exist yet"), name);
  else if (access (self->database, R_OK) != 0)
    arc_doctor_add (self, ARC_FAIL, NULL, "%s: %s", name, g_strerror (errno));
  else if (sqlite3 == NULL)
    arc_doctor_add (self, ARC_OK, NULL, _ ("%s: exists; not checked: sqlite3 is not installed"),
                    name);
  else if (!arc_program_ask (NULL, argv, &check, &error))
    arc_doctor_add (self, ARC_WARN, NULL, _ ("%s: not checked: %s"), name, error->message);
  else if (check.status == 0 && g_str_equal (check.output, "ok"))
    arc_doctor_add (self, ARC_OK, NULL, _ ("%s: OK (integrity check passed)"), name);
  else if (strstr (check.messages, "locked") != NULL)
    arc_doctor_add (self, ARC_WARN, NULL, _ ("%s: not checked: it is being written"), name);
  else if (!is_damage (&check))
    arc_doctor_add (self, ARC_WARN, NULL, _ ("%s: not checked: %s"), name,
                    arc_doctor_cut (check.messages));
  else
    arc_doctor_add (self, ARC_FAIL, _ ("Move it away, then: arcologyctl rebuild --clean"),
                    _ ("%s: damaged: %s"), name,
                    arc_doctor_cut (*check.messages != '\0' ? check.messages : check.output));

  check_side_files (self);
  check_place (self);
}

/* (transfer full): PATH if it exists, else the nearest existing directory above it. */
static char *
find_existing (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_EXISTS) || g_str_equal (directory, path))
    return g_strdup (path);

  return find_existing (directory);
}

void
arc_doctor_check_state_directory (ArcDiagnosis *self)
{
  g_autofree char *directory = arc_service_info_get_directory (self->environment, "XDG_STATE_HOME");
  g_autofree char *existing = find_existing (directory);
  g_autofree char *name = arc_table_escape (directory);

  if (access (existing, W_OK | X_OK) != 0)
    arc_doctor_add (self, ARC_FAIL, _ ("Make it writable: chmod u+rwx DIR"), "%s: %s", name,
                    g_strerror (errno));
  else if (g_str_equal (existing, directory))
    arc_doctor_add (self, ARC_OK, NULL, _ ("%s: writable"), name);
  else
    arc_doctor_add (self, ARC_OK, NULL, _ ("%s: does not exist yet"), name);
}

static void
check_space_at (ArcDiagnosis *self, const char *directory)
{
  g_autofree char *name = arc_table_escape (directory);
  g_autofree char *free_space = NULL;
  struct statvfs status;
  guint64 n_bytes;

  if (statvfs (directory, &status) != 0)
    {
      arc_doctor_add (self, ARC_WARN, NULL, "%s: %s", name, g_strerror (errno));
      return;
    }

  n_bytes = (guint64) status.f_bavail * status.f_frsize;
  free_space = g_format_size (n_bytes);
  arc_doctor_add (self,
                  n_bytes < 20 * MEGABYTE    ? ARC_FAIL
                  : n_bytes < 200 * MEGABYTE ? ARC_WARN
                                             : ARC_OK,
                  n_bytes < 200 * MEGABYTE
                      ? _ ("Free disk space: a build may need as much as the database again")
                      : NULL,
                  _ ("%s: %s free"), name, free_space);
}

void
arc_doctor_check_space (ArcDiagnosis *self)
{
  g_autofree char *state = arc_service_info_get_directory (self->environment, "XDG_STATE_HOME");
  g_autofree char *state_place = find_existing (state);
  g_autofree char *database_place = NULL;
  struct stat a;
  struct stat b;

  check_space_at (self, state_place);
  if (self->database == NULL)
    return;

  database_place = find_existing (self->database);
  if (stat (state_place, &a) == 0 && stat (database_place, &b) == 0 && a.st_dev != b.st_dev)
    check_space_at (self, database_place);
}

/* --- the clock */

static gboolean
is_in_future (const char *path, gint64 now)
{
  struct stat status;

  return stat (path, &status) == 0 &&
         (gint64) status.st_mtim.tv_sec * G_USEC_PER_SEC > now + CLOCK_TOLERANCE;
}

void
arc_doctor_check_clock (ArcDiagnosis *self)
{
  const gint64 now = g_get_real_time ();
  g_autofree char *name = NULL;
  struct timespec time;
  const char *late = NULL;

  if (clock_gettime (CLOCK_BOOTTIME, &time) != 0)
    {
      arc_doctor_add (self, ARC_FAIL, NULL, "CLOCK_BOOTTIME: %s", g_strerror (errno));
      return;
    }

  if (self->database != NULL && is_in_future (self->database, now))
    late = self->database;
  for (guint i = 0; self->directories != NULL && self->directories[i] != NULL; i++)
    if (is_in_future (self->directories[i], now))
      late = self->directories[i];

  name = late != NULL ? arc_table_escape (late) : NULL;
  if (late != NULL)
    arc_doctor_add (self, ARC_WARN, _ ("Set the clock: timedatectl set-ntp true"),
                    _ ("%s is dated in the future"), name);
  else
    arc_doctor_add (self, ARC_OK, NULL, _ ("OK"));
}
