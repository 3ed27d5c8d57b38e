/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/duration.h"
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

typedef struct
{
  ArcDBusBuilder *service; /* (nullable): if it runs */
  GStrv command;           /* (nullable): of the service */
  GStrv environment;       /* (nullable): the same */
  char *directory;         /* (nullable): its working directory */
  ArcConfig *config;
  char *temporary; /* (nullable): a directory, of mode 0700 */
  GCancellable *cancellable;
  gint64 started;

  GHashTable *files;   /* (element-type filename utf8): how each was when it began */
  GHashTable *pending; /* (element-type filename): what the service is still to build */
  char *reason;        /* (nullable): why the build failed */

  guint64 n_rows;
  GPtrArray *differences; /* (element-type ArcDifference) */
  GTree *failed;          /* (element-type filename utf8): why the build could not read the note */
  GTree *changed;         /* (element-type filename): the notes that changed meanwhile */
} Verify;

static gboolean
on_signal (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_CONTINUE;
}

/* Signals end the program that runs; so the temporary directory is removed. They are caught until
 * this program ends. */
static void
catch_signals (GCancellable *cancellable)
{
  static const int signals[] = { SIGINT, SIGHUP, SIGTERM };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_unix_signal_add_full (G_PRIORITY_DEFAULT, signals[i], on_signal, g_object_ref (cancellable),
                            g_object_unref);
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
  g_clear_pointer (&self->temporary, g_free);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->service);
  g_clear_pointer (&self->command, g_strfreev);
  g_clear_pointer (&self->environment, g_strfreev);
  g_clear_pointer (&self->directory, g_free);
  g_clear_pointer (&self->config, arc_config_free);
  g_clear_pointer (&self->files, g_hash_table_unref);
  g_clear_pointer (&self->pending, g_hash_table_unref);
  g_clear_pointer (&self->reason, g_free);
  g_clear_pointer (&self->differences, g_ptr_array_unref);
  g_clear_pointer (&self->failed, g_tree_unref);
  g_clear_pointer (&self->changed, g_tree_unref);
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
  g_auto (ArcProgramResult) settings = { 0 };

  if (!arc_program_ask (self->environment, (const char *const *) argv, &settings, error))
    return FALSE;

  if (settings.status != 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, settings.messages);
      return FALSE;
    }

  self->config = arc_config_new ();

  return arc_config_merge_data (self->config, settings.output, strlen (settings.output), argv[0],
                                error);
}

/* The settings may have changed since the service loaded them, and have another database. */
static const char *
get_database (const Verify *self)
{
  const char *database =
      self->service != NULL ? arc_dbus_builder_get_database (self->service) : NULL;

  return database != NULL && *database != '\0' ? database : self->config->database;
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
    .must_succeed = TRUE,
  };
  g_autoptr (GHashTable) files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (ArcProgramResult) list = { 0 };

  if (!arc_program_run (&program, &list, error))
    return NULL;

  for (const char *file = list.output; file < list.output + list.length; file += strlen (file) + 1)
    g_hash_table_insert (files, g_strdup (file), describe_file (file));

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
  GDBusConnection *bus =
      self->service != NULL ? g_dbus_proxy_get_connection (G_DBUS_PROXY (self->service)) : NULL;

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
             !g_dbus_connection_is_closed (bus) && !g_cancellable_is_cancelled (self->cancellable))
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
        g_tree_insert (self->failed, g_strdup (parsed.path), g_strdup (parsed.why));
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
  g_auto (ArcProgramResult) result = { 0 };
  g_auto (GStrv) environment =
      self->environment != NULL ? g_strdupv (self->environment) : g_get_environ ();
  ArcProgram program = {
    .argv = (const char *const *) self->config->command,
    .directory = self->directory,
    .timeout = self->config->timeout,
    .grace = self->config->stop_grace,
    .cancellable = self->cancellable,
    .merges = TRUE,
  };

  g_free (self->config->database);
  self->config->database = g_strdup (database);
  environment =
      arc_build_environment_for_build (environment, self->config, ARC_BUILD_CLEAN, 0, 0, list);
  program.environment = environment;
  if (!write_list (self, list, error) || !arc_program_run (&program, &result, error))
    return FALSE;

  read_log (self, result.output, result.length);
  if (result.status == 0 ||
      (result.status == ARC_BUILD_PARTIAL_STATUS && g_tree_nnodes (self->failed) > 0))
    return TRUE;

  if (self->reason != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("The clean build failed: %s"),
                 self->reason);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 _ ("The clean build failed with exit status %d"), result.status);

  return FALSE;
}

/* --- the comparison */

/* Whether a difference of NOTE says nothing: the build could not read it, or it has changed, as it
 * is NOW (element-type filename utf8); then it is added to those. */
static gboolean
set_aside (Verify *self, const char *note, GHashTable *now)
{
  if (note == NULL)
    return FALSE;
  if (g_tree_lookup_node (self->failed, note) != NULL)
    return TRUE;
  if (!g_hash_table_contains (self->pending, note) &&
      g_strcmp0 (g_hash_table_lookup (self->files, note), g_hash_table_lookup (now, note)) == 0)
    return FALSE;

  g_tree_insert (self->changed, g_strdup (note), NULL);
  return TRUE;
}

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

  for (guint i = self->differences->len; i-- > 0;)
    if (set_aside (self, ((const ArcDifference *) self->differences->pdata[i])->note, now))
      g_ptr_array_remove_index (self->differences, i);

  return TRUE;
}

/* (transfer full) (nullable): where the clean build makes its database: in a directory of its own,
 * under the name that the commands of the service know. */
static char *
make_place (Verify *self, GError **error)
{
  g_autofree char *directory = g_build_filename (self->temporary, "clean", NULL);
  g_autofree char *name = g_path_get_basename (get_database (self));

  if (g_mkdir (directory, 0700) == 0)
    return g_build_filename (directory, name, NULL);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", directory, g_strerror (errno));
  return NULL;
}

static gboolean
verify (Verify *self, GError **error)
{
  g_autofree char *ours = NULL;
  g_autofree char *theirs = NULL;

  look_at_service (self);
  if (!read_settings (self, error))
    return FALSE;

  self->temporary = g_dir_make_tmp ("arcology-verify.XXXXXX", error);
  if (self->temporary == NULL)
    return FALSE;

  catch_signals (self->cancellable);
  ours = g_build_filename (self->temporary, "live.db", NULL);
  theirs = make_place (self, error);
  /* With the owners of duplicate IDs, which a clean build takes over. */
  if (theirs == NULL || !look_at_tree (self, error) ||
      !arc_database_copy (get_database (self), ours, self->cancellable, error) ||
      !arc_database_copy (ours, theirs, self->cancellable, error) || !build (self, theirs, error))
    return FALSE;

  self->differences = arc_database_compare (ours, theirs, self->cancellable, &self->n_rows, error);

  return self->differences != NULL && sort_out (self, error);
}

/* --- the report */

/* How many notes could not be compared. */
static guint
count_open (const Verify *self)
{
  return (guint) (g_tree_nnodes (self->changed) + g_tree_nnodes (self->failed));
}

static ArcCtlExit
get_exit (const Verify *self)
{
  if (self->differences->len > 0)
    return ARC_CTL_FAILED;

  return count_open (self) > 0 ? ARC_CTL_STALE : ARC_CTL_SUCCESS;
}

static const char *
get_result (const Verify *self)
{
  const ArcCtlExit status = get_exit (self);

  return status == ARC_CTL_FAILED ? "different" : (status == ARC_CTL_STALE ? "unknown" : "same");
}

static GVariant *
to_variant (const Verify *self)
{
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
  for (GTreeNode *n = g_tree_node_first (self->changed); n != NULL; n = g_tree_node_next (n))
    g_variant_builder_add (&changed, "^ay", g_tree_node_key (n));
  for (GTreeNode *n = g_tree_node_first (self->failed); n != NULL; n = g_tree_node_next (n))
    g_variant_builder_add_parsed (&unread, "{'note': <%^ay>, 'why': <%s>}", g_tree_node_key (n),
                                  g_tree_node_value (n));

  return g_variant_new_parsed ("{'result': <%s>, 'rows': <%t>, 'notes': <%u>, 'duration': <%x>,"
                               " 'differences': <%aa{sv}>, 'changed': <%aay>, 'failed': <%aa{sv}>}",
                               get_result (self), self->n_rows, g_hash_table_size (self->files),
                               g_get_monotonic_time () - self->started, &differences, &changed,
                               &unread);
}

/* Adds the text of DIFFERENCE that follows the name of the note. */
static void
add_difference (GPtrArray *parts, const ArcDifference *difference)
{
  const guint missing = (guint) difference->missing;
  const guint surplus = (guint) difference->surplus;
  g_autofree char *table = arc_table_sanitize (difference->table);

  if (missing > 0)
    g_ptr_array_add (parts, g_strdup_printf (ngettext ("%s: %'u row missing",
                                                       "%s: %'u rows missing", missing),
                                             table, missing));
  if (surplus > 0)
    g_ptr_array_add (parts, g_strdup_printf (ngettext ("%s: %'u row too many",
                                                       "%s: %'u rows too many", surplus),
                                             table, surplus));
}

/* Prints a line for each note; returns how many there are. */
static guint
print_differences (const Verify *self)
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
print_open (const Verify *self)
{
  for (GTreeNode *n = g_tree_node_first (self->changed); n != NULL; n = g_tree_node_next (n))
    {
      g_autofree char *name = arc_table_escape (g_tree_node_key (n));

      g_print (_ ("%s: changed meanwhile\n"), name);
    }
  for (GTreeNode *n = g_tree_node_first (self->failed); n != NULL; n = g_tree_node_next (n))
    {
      g_autofree char *name = arc_table_escape (g_tree_node_key (n));
      g_autofree char *why = arc_table_sanitize (g_tree_node_value (n));

      g_print (_ ("%s: cannot be read now: %s\n"), name, why);
    }
}

/* (transfer full) */
static char *
tell_result (guint n_different, guint n_open)
{
  if (n_different > 0)
    return g_strdup_printf (ngettext ("%u note differs", "%u notes differ", n_different),
                            n_different);
  if (n_open > 0)
    return g_strdup_printf (ngettext ("%u note could not be compared",
                                      "%u notes could not be compared", n_open),
                            n_open);

  return g_strdup (_ ("no difference"));
}

static void
print_report (const Verify *self)
{
  const guint n_rows = (guint) self->n_rows;
  const guint n_notes = g_hash_table_size (self->files);
  g_autofree char *rows = g_strdup_printf (ngettext ("%'u row", "%'u rows", n_rows), n_rows);
  g_autofree char *notes = g_strdup_printf (ngettext ("%'u note", "%'u notes", n_notes), n_notes);
  g_autofree char *result = tell_result (print_differences (self), count_open (self));
  g_autofree char *duration = arc_duration_tell (g_get_monotonic_time () - self->started);

  print_open (self);
  /* Translators: "verified 2,585 rows of 529 notes: no difference, 2.1 s" */
  arc_table_print (0, _ ("verified %s of %s: %s, %s\n"), rows, notes, result, duration);
}

static ArcCtlExit
report_error (const GError *error)
{
  ArcCtlExit exit = ARC_CTL_TROUBLE;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    exit = ARC_CTL_INTERRUPTED;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    exit = ARC_CTL_TIMEOUT;

  return arc_ctl_print_error (exit, "%s", error->message);
}

static int
compare_paths (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return strcmp (a, b);
}

ArcCtlExit
arc_cmd_verify (const ArcCall *call, GError **error)
{
  g_auto (Verify) self = {
    .started = g_get_monotonic_time (),
    .cancellable = g_cancellable_new (),
    .pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .failed = g_tree_new_full (compare_paths, NULL, g_free, g_free),
    .changed = g_tree_new_full (compare_paths, NULL, g_free, NULL),
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
