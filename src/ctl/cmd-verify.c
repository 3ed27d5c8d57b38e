/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/build-environment.h"
#include "config/config-file.h"
#include "ctl/commands.h"
#include "ctl/database.h"
#include "ctl/json.h"
#include "ctl/program.h"
#include "ctl/service-info.h"
#include "ctl/table.h"
#include "run/output-parser.h"

#include <errno.h>
#include <ftw.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* To list a large tree. */
#define TIMEOUT (10 * 60 * G_USEC_PER_SEC)
#define GRACE   (5 * G_USEC_PER_SEC)

/* How many descriptors nftw(3) may hold open. */
#define MAX_DESCRIPTORS 16

/* They end the program that runs, and the temporary directory is removed. */
static const int signals[] = { SIGINT, SIGHUP, SIGTERM };

typedef struct
{
  ArcDBusBuilder *service; /* (nullable): if it runs */
  GStrv command;           /* (nullable): of the service */
  GStrv environment;       /* (nullable): the same */
  char *directory;         /* (nullable): its working directory */
  ArcConfig *config;
  char *database;  /* that is verified */
  char *temporary; /* (nullable): a directory, of mode 0700 */
  GCancellable *cancellable;
  guint ids[G_N_ELEMENTS (signals)];
  gint64 started;

  GHashTable *files;   /* (element-type filename utf8): how each was when it began */
  GHashTable *pending; /* (element-type filename): what the service is still to build */
  GHashTable *failed;  /* (element-type filename utf8): why the build could not read it */
  char *reason;        /* (nullable): why the build failed */

  guint64 n_rows;
  GPtrArray *differences; /* (element-type ArcDifference) */
  GPtrArray *changed;     /* (element-type filename): the notes that changed meanwhile */
} Verify;

static gboolean
on_signal (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_CONTINUE;
}

static int
remove_one (const char *path, const struct stat *info, int type, struct FTW *where)
{
  remove (path);
  return 0;
}

static void
verify_clear (Verify *self)
{
  if (self->temporary != NULL)
    nftw (self->temporary, remove_one, MAX_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_clear_handle_id (&self->ids[i], g_source_remove);
  g_clear_pointer (&self->temporary, g_free);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->service);
  g_clear_pointer (&self->command, g_strfreev);
  g_clear_pointer (&self->environment, g_strfreev);
  g_clear_pointer (&self->directory, g_free);
  g_clear_pointer (&self->config, arc_config_free);
  g_clear_pointer (&self->database, g_free);
  g_clear_pointer (&self->files, g_hash_table_unref);
  g_clear_pointer (&self->pending, g_hash_table_unref);
  g_clear_pointer (&self->failed, g_hash_table_unref);
  g_clear_pointer (&self->reason, g_free);
  g_clear_pointer (&self->differences, g_ptr_array_unref);
  g_clear_pointer (&self->changed, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Verify, verify_clear)

/* --- what the service runs with */

static void
look_at_service (Verify *self)
{
  g_autofree char *path = NULL;
  guint pid;

  self->service = arc_ctl_open (FALSE, ARC_CTL_DEFAULT_TIMEOUT, NULL);
  pid = arc_service_info_read (self->service, &self->command, &self->environment);
  if (self->command == NULL)
    return;

  path = g_strdup_printf ("/proc/%u/cwd", pid);
  self->directory = g_file_read_link (path, NULL);
  if (self->directory != NULL && !g_file_test (self->directory, G_FILE_TEST_IS_DIR))
    g_clear_pointer (&self->directory, g_free);
}

static gboolean
read_settings (Verify *self, GError **error)
{
  g_auto (GStrv) argv = arc_service_info_make_command (self->command, "--print-config");
  g_autofree char *output = NULL;
  g_autofree char *messages = NULL;
  const char *database;
  int status;

  if (!arc_program_ask (self->environment, (const char *const *) argv, &status, &output, &messages,
                        error))
    return FALSE;

  if (status != 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, messages);
      return FALSE;
    }

  self->config = arc_config_new ();
  if (!arc_config_merge_data (self->config, output, strlen (output), argv[0], error))
    return FALSE;

  /* A file that was changed since says where the next database will be. */
  database = self->service != NULL ? arc_dbus_builder_get_database (self->service) : NULL;
  self->database =
      g_strdup (database != NULL && *database != '\0' ? database : self->config->database);

  return TRUE;
}

/* --- the tree */

/* (transfer full): what a build and the service know of the file PATH without reading it. */
static char *
describe_file (const char *path)
{
  struct stat info;

  if (stat (path, &info) != 0)
    return g_strdup ("");

  return g_strdup_printf ("%ju %jd %jd.%09ld %jd.%09ld", (uintmax_t) info.st_ino,
                          (intmax_t) info.st_size, (intmax_t) info.st_mtim.tv_sec,
                          info.st_mtim.tv_nsec, (intmax_t) info.st_ctim.tv_sec,
                          info.st_ctim.tv_nsec);
}

/* (nullable) */
static GHashTable *
list_files (Verify *self, GError **error)
{
  g_auto (GStrv) argv = arc_service_info_make_command (self->command, "--list-files");
  const ArcProgram program = {
    .argv = (const char *const *) argv,
    .environment = self->environment,
    .directory = self->directory,
    .timeout = TIMEOUT,
    .grace = GRACE,
    .cancellable = self->cancellable,
  };
  g_autoptr (GHashTable) files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *output = NULL;
  gsize length;

  if (!arc_program_run (&program, NULL, &output, &length, NULL, error))
    return NULL;

  for (gsize i = 0; i < length; i += strlen (output + i) + 1)
    g_hash_table_insert (files, g_strdup (output + i), describe_file (output + i));

  return g_steal_pointer (&files);
}

static gboolean
add_pending (Verify *self, GError **error)
{
  g_autoptr (GVariant) changes = NULL;
  GVariantIter iter;
  const char *path;

  if (self->service == NULL)
    return TRUE;

  if (!arc_dbus_builder_call_get_pending_sync (self->service, 0, &changes, NULL, NULL, error))
    return FALSE;

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "(&s^&ay)", NULL, &path))
    g_hash_table_add (self->pending, g_strdup (path));

  return TRUE;
}

/* Lists the files when no build runs: what a build has taken is not pending any more, and not yet
 * in the database. A build that starts later takes what is in one of the two lists. */
static gboolean
look_at_tree (Verify *self, GError **error)
{
  for (;;)
    {
      g_clear_pointer (&self->files, g_hash_table_unref);
      self->files = list_files (self, error);
      if (self->files == NULL || !add_pending (self, error))
        return FALSE;

      /* The signals that came before the reply. */
      while (g_main_context_iteration (NULL, FALSE))
        ;
      if (self->service == NULL || arc_dbus_builder_get_current_build (self->service) == 0)
        return TRUE;

      g_printerr (_ ("Waiting for the running build\n"));
      while (arc_dbus_builder_get_current_build (self->service) != 0 &&
             !g_cancellable_is_cancelled (self->cancellable))
        g_main_context_iteration (NULL, TRUE);
    }
}

/* --- the build */

static gboolean
write_list (Verify *self, const char *path, GError **error)
{
  g_autoptr (GString) records = g_string_new (NULL);
  GHashTableIter iter;
  gpointer file;

  g_hash_table_iter_init (&iter, self->files);
  while (g_hash_table_iter_next (&iter, &file, NULL))
    {
      g_string_append_len (records, "A", 2);
      g_string_append_len (records, file, (gssize) strlen (file) + 1);
    }

  return g_file_set_contents (path, records->str, (gssize) records->len, error);
}

static void
read_log (Verify *self, const char *log, gsize length)
{
  for (const char *line = log; line < log + length;)
    {
      const char *end = memchr (line, '\n', (gsize) (log + length - line));
      const gsize size = (gsize) ((end != NULL ? end : log + length) - line);
      g_auto (ArcLine) parsed = { 0 };

      arc_line_parse (line, size, &parsed);
      if (parsed.kind == ARC_LINE_FAILED)
        g_hash_table_insert (self->failed, g_strdup (parsed.path), g_strdup (parsed.why));
      else if (parsed.kind == ARC_LINE_ERROR)
        {
          g_free (self->reason);
          self->reason = arc_table_sanitize (parsed.why);
        }
      line += size + 1;
    }
}

static gboolean
build (Verify *self, const char *database, GError **error)
{
  g_autofree char *list = g_build_filename (self->temporary, "changes", NULL);
  g_autofree char *log = NULL;
  g_auto (GStrv) environment =
      self->environment != NULL ? g_strdupv (self->environment) : g_get_environ ();
  ArcProgram program = {
    .argv = (const char *const *) self->config->command,
    .directory = self->directory,
    .timeout = self->config->timeout,
    .grace = self->config->stop_grace,
    .cancellable = self->cancellable,
  };
  gsize length;
  int status;

  g_free (self->config->database);
  self->config->database = g_strdup (database);
  environment =
      arc_build_environment_for_build (environment, self->config, ARC_BUILD_CLEAN, 0, list);
  program.environment = environment;
  if (!write_list (self, list, error) ||
      !arc_program_run (&program, &status, &log, &length, NULL, error))
    return FALSE;

  read_log (self, log, length);
  if (status == 0 || (status == ARC_BUILD_PARTIAL_STATUS && g_hash_table_size (self->failed) > 0))
    return TRUE;

  if (self->reason != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("The clean build failed: %s"),
                 self->reason);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 _ ("The clean build failed with exit status %d"), status);

  return FALSE;
}

/* --- the comparison */

/* Takes the notes that cannot be judged out of the differences. */
static gboolean
sort_out (Verify *self, GError **error)
{
  g_autoptr (GHashTable) now = NULL;

  if (self->differences->len == 0)
    return TRUE;

  now = list_files (self, error);
  if (now == NULL || !add_pending (self, error))
    return FALSE;

  for (guint i = 0; i < self->differences->len;)
    {
      const ArcDifference *difference = self->differences->pdata[i];
      const char *note = difference->note;

      if (note != NULL && g_hash_table_contains (self->failed, note))
        g_ptr_array_remove_index (self->differences, i);
      else if (note != NULL && (g_hash_table_contains (self->pending, note) ||
                                g_strcmp0 (g_hash_table_lookup (self->files, note),
                                           g_hash_table_lookup (now, note)) != 0))
        {
          /* They are sorted by note. */
          if (self->changed->len == 0 ||
              !g_str_equal (self->changed->pdata[self->changed->len - 1], note))
            g_ptr_array_add (self->changed, g_strdup (note));
          g_ptr_array_remove_index (self->differences, i);
        }
      else
        i++;
    }

  return TRUE;
}

static gboolean
verify (Verify *self, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *ours = NULL;
  g_autofree char *theirs = NULL;
  g_autofree char *place = NULL;

  look_at_service (self);
  if (!read_settings (self, error))
    return FALSE;

  self->temporary = g_dir_make_tmp ("arcology-verify.XXXXXX", error);
  if (self->temporary == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    self->ids[i] = g_unix_signal_add (signals[i], on_signal, self->cancellable);

  /* With the owners of duplicate IDs, which a clean build takes over. */
  ours = g_build_filename (self->temporary, "live.db", NULL);
  place = g_build_filename (self->temporary, "clean", NULL);
  name = g_path_get_basename (self->database);
  theirs = g_build_filename (place, name, NULL);
  if (g_mkdir (place, 0700) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", place, g_strerror (errno));
      return FALSE;
    }

  if (!look_at_tree (self, error) ||
      !arc_database_copy (self->database, ours, self->cancellable, error) ||
      !arc_database_copy (ours, theirs, self->cancellable, error) || !build (self, theirs, error))
    return FALSE;

  self->differences = arc_database_compare (ours, theirs, self->cancellable, &self->n_rows, error);

  return self->differences != NULL && sort_out (self, error);
}

/* --- the report */

static ArcCtlExit
get_exit (Verify *self)
{
  if (self->differences->len > 0)
    return ARC_CTL_FAILED;

  return self->changed->len > 0 || g_hash_table_size (self->failed) > 0 ? ARC_CTL_STALE
                                                                        : ARC_CTL_SUCCESS;
}

static const char *
get_result (Verify *self)
{
  const ArcCtlExit status = get_exit (self);

  return status == ARC_CTL_FAILED ? "different" : (status == ARC_CTL_STALE ? "unknown" : "same");
}

static GVariant *
to_variant (Verify *self)
{
  g_autoptr (GList) failed =
      g_list_sort (g_hash_table_get_keys (self->failed), (GCompareFunc) strcmp);
  GVariantBuilder differences = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  GVariantBuilder changed = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_BYTESTRING_ARRAY);
  GVariantBuilder unread = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; i < self->differences->len; i++)
    {
      const ArcDifference *difference = self->differences->pdata[i];

      g_variant_builder_add_parsed (
          &differences, "{'note': <%^ay>, 'table': <%s>, 'missing': <%x>, 'surplus': <%x>}",
          difference->note != NULL ? difference->note : "", difference->table, difference->missing,
          difference->surplus);
    }
  for (guint i = 0; i < self->changed->len; i++)
    g_variant_builder_add (&changed, "^ay", self->changed->pdata[i]);
  for (GList *l = failed; l != NULL; l = l->next)
    g_variant_builder_add_parsed (&unread, "{'note': <%^ay>, 'why': <%s>}", l->data,
                                  g_hash_table_lookup (self->failed, l->data));

  return g_variant_new_parsed ("{'result': <%s>, 'rows': <%t>, 'notes': <%u>, 'duration': <%x>,"
                               " 'differences': <%aa{sv}>, 'changed': <%aay>, 'failed': <%aa{sv}>}",
                               get_result (self), self->n_rows, g_hash_table_size (self->files),
                               g_get_monotonic_time () - self->started, &differences, &changed,
                               &unread);
}

/* (transfer full): N as people write it, with one thousand set off from the next. */
static char *
format_number (guint64 n)
{
  return g_strdup_printf ("%'" G_GUINT64_FORMAT, n);
}

/* Adds the text of DIFFERENCE that follows the name of the note. */
static void
add_difference (GPtrArray *parts, const ArcDifference *difference)
{
  g_autofree char *table = arc_table_sanitize (difference->table);
  g_autofree char *missing = format_number ((guint64) difference->missing);
  g_autofree char *surplus = format_number ((guint64) difference->surplus);

  if (difference->missing > 0)
    g_ptr_array_add (parts, g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s: %s row missing",
                                                          "%s: %s rows missing",
                                                          (gulong) difference->missing),
                                             table, missing));
  if (difference->surplus > 0)
    g_ptr_array_add (parts, g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s: %s row too many",
                                                          "%s: %s rows too many",
                                                          (gulong) difference->surplus),
                                             table, surplus));
}

/* Prints a line for each note; returns how many there are. */
static guint
print_differences (Verify *self)
{
  guint n_notes = 0;

  for (guint i = 0; i < self->differences->len; n_notes++)
    {
      const char *note = ((const ArcDifference *) self->differences->pdata[i])->note;
      g_autofree char *name = note != NULL ? arc_table_escape (note) : NULL;
      g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *line = NULL;

      for (; i < self->differences->len &&
             g_strcmp0 (((const ArcDifference *) self->differences->pdata[i])->note, note) == 0;
           i++)
        add_difference (parts, self->differences->pdata[i]);

      g_ptr_array_add (parts, NULL);
      line = g_strjoinv (", ", (GStrv) parts->pdata);
      g_print ("%s: %s\n", name != NULL ? name : _ ("Rows of no note"), line);
    }

  return n_notes;
}

static void
print_report (Verify *self)
{
  g_autoptr (GList) failed =
      g_list_sort (g_hash_table_get_keys (self->failed), (GCompareFunc) strcmp);
  const guint n_files = g_hash_table_size (self->files);
  const guint n_open = self->changed->len + g_hash_table_size (self->failed);
  const guint n_notes = print_differences (self);
  g_autofree char *row_number = format_number (self->n_rows);
  g_autofree char *file_number = format_number (n_files);
  g_autofree char *rows =
      g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s row", "%s rows", (gulong) self->n_rows),
                       row_number);
  g_autofree char *notes =
      g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s note", "%s notes", n_files), file_number);
  g_autofree char *result = NULL;
  g_autofree char *duration =
      arc_table_format_duration ((guint64) (g_get_monotonic_time () - self->started));

  for (guint i = 0; i < self->changed->len; i++)
    {
      g_autofree char *name = arc_table_escape (self->changed->pdata[i]);

      g_print (_ ("%s: changed meanwhile\n"), name);
    }
  for (GList *l = failed; l != NULL; l = l->next)
    {
      g_autofree char *name = arc_table_escape (l->data);
      g_autofree char *why = arc_table_sanitize (g_hash_table_lookup (self->failed, l->data));

      g_print (_ ("%s: cannot be read now: %s\n"), name, why);
    }

  if (n_notes > 0)
    result = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u note differs", "%u notes differ",
                                           n_notes),
                              n_notes);
  else if (n_open > 0)
    result = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u note could not be compared",
                                           "%u notes could not be compared", n_open),
                              n_open);
  else
    result = g_strdup (_ ("no difference"));

  /* Translators: "verified 2,585 rows of 529 notes: no difference, 2.1 s" */
  g_print (_ ("verified %s of %s: %s, %s\n"), rows, notes, result, duration);
}

static ArcCtlExit
report_error (const GError *error)
{
  arc_ctl_print_error ("%s", error->message);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return ARC_CTL_INTERRUPTED;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return ARC_CTL_TIMEOUT;

  return ARC_CTL_TROUBLE;
}

ArcCtlExit
arc_cmd_verify (const ArcCall *call, GError **error)
{
  g_auto (Verify) self = {
    .started = g_get_monotonic_time (),
    .cancellable = g_cancellable_new (),
    .pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .failed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free),
    .changed = g_ptr_array_new_with_free_func (g_free),
  };
  g_autoptr (GError) local_error = NULL;

  if (!verify (&self, &local_error))
    return report_error (local_error);

  if (call->json)
    arc_json_print (to_variant (&self), TRUE);
  else
    print_report (&self);

  return get_exit (&self);
}
