/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/build-inputs.h"

#include "watch/directory-reader.h"
#include "watch/path-monitor.h"
#include "watch/ready-source.h"

#include <string.h>
#include <sys/stat.h>

/* How long to wait after an event for those that follow: a build writes many pages. */
#define GATHER (20 * G_TIME_SPAN_MILLISECOND)

/* After how many builds in turn a file that each has written is an output. */
#define OUTPUT_BUILDS 3

/* How many files a build may name: each costs a watch and a look. */
#define MAX_NAMED 1024

#define MISSING "missing"

typedef struct
{
  char *state;     /* (nullable): as of the last look */
  char *before;    /* (nullable): the same, when the build began, or named it first */
  guint n_written; /* by how many builds in turn */
  gboolean is_output;
  gboolean is_young; /* it may have changed since the last build began */
} Input;

/* The thread that looks at files and watches them: a disk may hang. It frees itself. */
typedef struct
{
  ArcBuildInputs *inputs; /* (nullable): NULL once that is freed; of the owner's thread */
  GMainContext *home;     /* (owned): of the owner */
  GMainContext *context;
  GMainLoop *loop;
  ArcPathMonitor *path_monitor; /* of the thread, as the next */
  GSource *news;                /* (owned): ready when events have come */
} Worker;

/* What the thread is to look at, and what it has found. */
typedef struct
{
  Worker *worker; /* (owned) */
  ArcBuildInputsFunc func;
  gpointer user_data;
  guint generation; /* of the settings */

  GStrv command;
  char *database;
  char *journal; /* of the database */

  GPtrArray *files;   /* (element-type filename): those of the command */
  GHashTable *inputs; /* (element-type filename Input): these and those that builds named */
  gint64 begun;       /* when the last build began, by arc_get_stamp_time() */
  char *database_state;
} Look;

struct _ArcBuildInputs
{
  ArcBuildInputsFunc func;
  gpointer user_data;

  char *tree;     /* (nullable): the digest of the settings that say which notes there are */
  char *settings; /* (nullable): their digest */
  GStrv command;  /* (nullable) */
  char *database; /* (nullable) */
  guint generation;

  GHashTable *inputs;     /* (element-type filename Input) */
  GPtrArray *files;       /* (element-type filename): those of Command, as of the last look */
  GPtrArray *named;       /* (element-type filename): those that the last build named, sorted */
  GPtrArray *found;       /* (element-type filename): those that the build that runs has named */
  gint64 begun;           /* when that build began, by arc_get_stamp_time() */
  gint64 begun_monotonic; /* the same, by g_get_monotonic_time() */
  guint n_unsettled;      /* how many builds in turn named first what had changed meanwhile */
  char *database_state;
  Worker *worker; /* (owned) */
};

static void
input_free (gpointer data)
{
  Input *input = data;

  g_free (input->state);
  g_free (input->before);
  g_free (input);
}

/* --- in the thread */

static void
worker_clear (gpointer data)
{
  Worker *worker = data;

  g_main_context_unref (worker->home);
  g_main_context_unref (worker->context);
  g_main_loop_unref (worker->loop);
}

static void
worker_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, worker_clear);
}

static void
look_free (gpointer data)
{
  Look *look = data;

  worker_unref (look->worker);
  g_strfreev (look->command);
  g_free (look->database);
  g_free (look->journal);
  g_ptr_array_unref (look->files);
  g_hash_table_unref (look->inputs);
  g_free (look->database_state);
  g_free (look);
}

/* Calls FUNC from CONTEXT, never from here: g_main_context_invoke() would, if no thread iterates
 * it now. */
static void
post (GMainContext *context, GSourceFunc func, gpointer data, GDestroyNotify destroy)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, destroy);
  g_source_attach (source, context);
}

static char *
describe_file (const char *path)
{
  struct stat info;

  if (stat (path, &info) != 0)
    return g_strdup (MISSING);
  if (!S_ISREG (info.st_mode))
    return g_strdup ("no file");

  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT
                          ".%09ld %" G_GINT64_FORMAT ".%09ld",
                          (guint64) info.st_ino, (guint64) info.st_size,
                          (gint64) info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                          (gint64) info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

static char *
describe_database (const char *path, const char *journal)
{
  g_autofree char *file = describe_file (path);
  g_autofree char *pages = NULL;
  struct stat info;

  if (stat (journal, &info) == 0 && info.st_size > 0)
    pages = describe_file (journal);

  return g_strjoin ("; ", file, pages, NULL);
}

/* PATH (transfer full) (nullable) */
static void
add_file (Look *look, char *path)
{
  /* The database is no input, even if an option of the build names it. */
  if (path == NULL || g_strcmp0 (path, look->database) == 0)
    g_free (path);
  else
    g_ptr_array_add (look->files, path);
}

static void
add_program (Look *look, const char *word)
{
  char *program = g_find_program_in_path (word);
  g_autofree char *script = g_strconcat (program != NULL ? program : word, ".el", NULL);

  if (program == NULL && g_path_is_absolute (word))
    program = g_strdup (word);

  /* arcology-batch loads the file of its name beside it. */
  add_file (look, program);
  if (g_file_test (script, G_FILE_TEST_IS_REGULAR))
    add_file (look, g_steal_pointer (&script));
}

/* WORD is an option, or an argument of one: "-l ~/settings.el", "--load=/srv/settings.el". */
static void
add_word (Look *look, const char *word)
{
  const char *equals = g_str_has_prefix (word, "--") ? strchr (word, '=') : NULL;
  const char *text = equals != NULL ? equals + 1 : word;
  g_autofree char *path = NULL;

  if (g_str_has_prefix (text, "~/"))
    path = g_build_filename (g_get_home_dir (), text + 2, NULL);
  else if (*text != '\0')
    path = g_canonicalize_filename (text, NULL);

  /* Any word may be a name in the current directory: it counts if there is such a file. */
  if (path == NULL ||
      (text[0] != '/' && text[0] != '~' && !g_file_test (path, G_FILE_TEST_IS_REGULAR)))
    return;

  add_file (look, g_steal_pointer (&path));
}

static gboolean
is_wanted (const char *path, gpointer user_data)
{
  const Look *look = user_data;

  return g_hash_table_contains (look->inputs, path) || g_strcmp0 (path, look->database) == 0 ||
         g_strcmp0 (path, look->journal) == 0;
}

/* Watches what LOOK is about, and nothing else. */
static void
watch_inputs (Look *look)
{
  ArcPathMonitor *path_monitor = look->worker->path_monitor;
  GHashTableIter iter;
  gpointer path;

  arc_path_monitor_prune (path_monitor, is_wanted, look);
  g_hash_table_iter_init (&iter, look->inputs);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    arc_path_monitor_add (path_monitor, path);
  if (look->database != NULL)
    {
      arc_path_monitor_add (path_monitor, look->database);
      arc_path_monitor_add (path_monitor, look->journal);
    }
}

static void
add_paths (GHashTable *inputs, const GPtrArray *paths)
{
  for (guint i = 0; i < paths->len; i++)
    g_hash_table_insert (inputs, g_strdup (paths->pdata[i]), g_new0 (Input, 1));
}

static gboolean on_looked (gpointer data);

static gboolean
do_look (gpointer data)
{
  Look *look = data;
  GHashTableIter iter;
  gpointer path, value;

  for (guint i = 0; look->command != NULL && look->command[i] != NULL; i++)
    if (i == 0)
      add_program (look, look->command[i]);
    else
      add_word (look, look->command[i]);

  add_paths (look->inputs, look->files);
  /* What comes before there is a watch gives no event. */
  watch_inputs (look);
  g_hash_table_iter_init (&iter, look->inputs);
  while (g_hash_table_iter_next (&iter, &path, &value))
    {
      Input *input = value;

      input->state = describe_file (path);
      input->is_young = arc_path_has_changed_since (path, look->begun);
    }
  if (look->database != NULL)
    look->database_state = describe_database (look->database, look->journal);

  post (look->worker->home, on_looked, look, look_free);

  return G_SOURCE_REMOVE;
}

/* In the owner's thread. */
static gboolean
notify_owner (gpointer data)
{
  const Worker *worker = data;

  if (worker->inputs != NULL)
    worker->inputs->func (worker->inputs->user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
on_news (gpointer data)
{
  Worker *worker = data;

  g_source_set_ready_time (worker->news, -1);
  post (worker->home, notify_owner, g_atomic_rc_box_acquire (worker), worker_unref);

  return G_SOURCE_CONTINUE;
}

static void
on_event (const char *path G_GNUC_UNUSED, ArcHint hint G_GNUC_UNUSED, gpointer user_data)
{
  const Worker *worker = user_data;

  if (g_source_get_ready_time (worker->news) < 0)
    g_source_set_ready_time (worker->news, g_get_monotonic_time () + GATHER);
}

static gpointer
run_worker (gpointer data)
{
  Worker *worker = data;

  g_main_context_push_thread_default (worker->context);
  worker->path_monitor = arc_path_monitor_new (on_event, worker);
  worker->news = arc_ready_source_new ("ArcBuildInputs", worker->context, on_news, worker);
  g_main_loop_run (worker->loop);
  g_source_destroy (worker->news);
  g_source_unref (worker->news);
  arc_path_monitor_free (worker->path_monitor);
  g_main_context_pop_thread_default (worker->context);
  worker_unref (worker);

  return NULL;
}

static gboolean
quit (gpointer data)
{
  const Worker *worker = data;

  g_main_loop_quit (worker->loop);

  return G_SOURCE_REMOVE;
}

/* --- in the thread of the owner */

ArcBuildInputs *
arc_build_inputs_new (ArcBuildInputsFunc func, gpointer user_data)
{
  ArcBuildInputs *self = g_new0 (ArcBuildInputs, 1);
  Worker *worker = g_atomic_rc_box_new0 (Worker);

  self->func = func;
  self->user_data = user_data;
  self->inputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, input_free);
  self->files = g_ptr_array_new_with_free_func (g_free);
  self->named = g_ptr_array_new_with_free_func (g_free);
  self->found = g_ptr_array_new_with_free_func (g_free);
  self->worker = worker;

  worker->inputs = self;
  worker->home = g_main_context_ref_thread_default ();
  worker->context = g_main_context_new ();
  worker->loop = g_main_loop_new (worker->context, FALSE);
  g_thread_unref (g_thread_new ("inputs", run_worker, g_atomic_rc_box_acquire (worker)));

  return self;
}

/* The thread may hang: it is not waited for. */
void
arc_build_inputs_free (ArcBuildInputs *self)
{
  self->worker->inputs = NULL;
  post (self->worker->context, quit, g_atomic_rc_box_acquire (self->worker), worker_unref);
  worker_unref (self->worker);
  g_hash_table_unref (self->inputs);
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->named);
  g_ptr_array_unref (self->found);
  g_strfreev (self->command);
  g_free (self->tree);
  g_free (self->settings);
  g_free (self->database);
  g_free (self->database_state);
  g_free (self);
}

static void
digest_list (GChecksum *checksum, const char *const *list)
{
  for (gsize i = 0; list != NULL && list[i] != NULL; i++)
    g_checksum_update (checksum, (const guchar *) list[i], (gssize) strlen (list[i]) + 1);
  g_checksum_update (checksum, (const guchar *) "", 1);
}

/* The locale decides how Emacs decodes a note that does not name its coding system: it sets the
 * preferred ones (set-locale-environment in mule-cmds.el, Emacs 28 to 30) from these variables,
 * whether or not the system has that locale. */
static const char *
get_locale (void)
{
  static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
  const char *locale = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names) && (locale == NULL || *locale == '\0'); i++)
    locale = g_getenv (names[i]);

  return locale;
}

void
arc_build_inputs_set_config (ArcBuildInputs *self, const ArcConfig *config)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  /* Include, Exclude and FollowSymlinks say which notes there are, which a comparison finds out. */
  digest_list (checksum, (const char *const *) config->command);
  digest_list (checksum, (const char *const *) config->directories);
  digest_list (checksum, (const char *const[]){ get_locale (), NULL });
  digest_list (checksum, (const char *const[]){ g_getenv ("EMACSLOADPATH"), NULL });
  digest_list (checksum, (const char *const[]){ g_getenv ("TZ"), NULL });
  g_free (self->settings);
  self->settings = g_strdup (g_checksum_get_string (checksum));

  g_checksum_reset (checksum);
  digest_list (checksum, (const char *const *) config->directories);
  digest_list (checksum, (const char *const *) config->include);
  digest_list (checksum, (const char *const *) config->exclude);
  g_checksum_update (checksum, (const guchar *) (config->follow_symlinks ? "1" : "0"), 1);
  g_free (self->tree);
  self->tree = g_strdup (g_checksum_get_string (checksum));

  g_free (self->database);
  self->database = g_strdup (config->database);
  g_strfreev (self->command);
  self->command = g_strdupv (config->command);
  self->generation++;
}

void
arc_build_inputs_look (ArcBuildInputs *self, ArcBuildInputsFunc func, gpointer user_data)
{
  Look *look = g_new0 (Look, 1);

  look->worker = g_atomic_rc_box_acquire (self->worker);
  look->func = func;
  look->user_data = user_data;
  look->generation = self->generation;
  look->command = g_strdupv (self->command);
  look->database = g_strdup (self->database);
  look->journal = g_strconcat (self->database != NULL ? self->database : "", "-wal", NULL);
  /* The clock may have been set back. */
  look->begun = MIN (self->begun, arc_get_stamp_time () -
                                      (g_get_monotonic_time () - self->begun_monotonic) * 1000);
  look->files = g_ptr_array_new_with_free_func (g_free);
  look->inputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, input_free);
  add_paths (look->inputs, self->named);
  add_paths (look->inputs, self->found);

  post (self->worker->context, do_look, look, NULL);
}

static Input *
get_input (ArcBuildInputs *self, const char *path)
{
  Input *input = g_hash_table_lookup (self->inputs, path);

  if (input == NULL)
    {
      input = g_new0 (Input, 1);
      g_hash_table_insert (self->inputs, g_strdup (path), input);
    }

  return input;
}

static gboolean
on_looked (gpointer data)
{
  Look *look = data;
  ArcBuildInputs *self = look->worker->inputs;
  GHashTableIter iter;
  gpointer path, value;

  if (self == NULL)
    return G_SOURCE_REMOVE;

  /* The settings are other ones now. */
  if (look->generation != self->generation)
    {
      arc_build_inputs_look (self, look->func, look->user_data);
      return G_SOURCE_REMOVE;
    }

  g_ptr_array_unref (self->files);
  self->files = g_ptr_array_ref (look->files);
  g_free (self->database_state);
  self->database_state = g_steal_pointer (&look->database_state);

  g_hash_table_iter_init (&iter, look->inputs);
  while (g_hash_table_iter_next (&iter, &path, &value))
    {
      Input *input = get_input (self, path);
      Input *found = value;

      g_free (input->state);
      input->state = g_steal_pointer (&found->state);
      input->is_young = found->is_young;
    }

  look->func (look->user_data);

  return G_SOURCE_REMOVE;
}

const char *
arc_build_inputs_get_database (const ArcBuildInputs *self)
{
  return self->database_state;
}

gboolean
arc_build_inputs_has_database (const ArcBuildInputs *self)
{
  return self->database_state != NULL && !g_str_has_prefix (self->database_state, MISSING);
}

static const char *
get_state (const Input *input, gboolean begun)
{
  const char *state = begun && input->before != NULL ? input->before : input->state;

  return state != NULL ? state : "unknown";
}

char *
arc_build_inputs_read (ArcBuildInputs *self, gboolean begun)
{
  GString *text = g_string_new (self->settings);

  for (guint i = 0; i < self->files->len; i++)
    {
      const Input *input = get_input (self, self->files->pdata[i]);

      if (!input->is_output)
        g_string_append_printf (text, "; %s", get_state (input, begun));
    }

  for (guint i = 0; i < self->named->len; i++)
    {
      const Input *input = get_input (self, self->named->pdata[i]);
      g_autofree char *path = g_strescape (self->named->pdata[i], NULL);

      if (!input->is_output)
        g_string_append_printf (text, "; %s\n%s\n", get_state (input, begun), path);
    }

  return g_string_free (text, FALSE);
}

void
arc_build_inputs_restore (ArcBuildInputs *self, const char *text)
{
  /* See arc_build_inputs_read(): a path is between two newlines, and itself has none. */
  g_auto (GStrv) parts = g_strsplit (text != NULL ? text : "", "\n", -1);

  g_ptr_array_set_size (self->named, 0);
  for (guint i = 1; i < g_strv_length (parts); i += 2)
    g_ptr_array_add (self->named, g_strcompress (parts[i]));
}

const char *
arc_build_inputs_get_tree (const ArcBuildInputs *self)
{
  return self->tree;
}

void
arc_build_inputs_begin_build (ArcBuildInputs *self)
{
  GHashTableIter iter;
  gpointer value;

  self->begun = arc_get_stamp_time ();
  self->begun_monotonic = g_get_monotonic_time ();
  g_ptr_array_set_size (self->found, 0);
  g_hash_table_iter_init (&iter, self->inputs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Input *input = value;

      g_free (input->before);
      input->before = g_strdup (input->state);
    }
}

void
arc_build_inputs_add_named (ArcBuildInputs *self, const char *path)
{
  if (self->found->len >= MAX_NAMED || g_strcmp0 (path, self->database) == 0 ||
      g_ptr_array_find_with_equal_func (self->found, path, g_str_equal, NULL))
    return;

  g_ptr_array_add (self->found, g_strdup (path));
}

/* Counts for each file whether the build has written it. */
static void
find_outputs (ArcBuildInputs *self)
{
  GHashTableIter iter;
  gpointer path, value;

  g_hash_table_iter_init (&iter, self->inputs);
  while (g_hash_table_iter_next (&iter, &path, &value))
    {
      Input *input = value;

      if (input->before == NULL || input->is_output)
        continue;

      input->n_written = g_strcmp0 (input->before, input->state) != 0 ? input->n_written + 1 : 0;
      input->is_output = input->n_written >= OUTPUT_BUILDS;
      if (input->is_output)
        g_message ("%s is written by the builds themselves: its changes do not count",
                   (const char *) path);
    }
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  const char *const *first = a;
  const char *const *second = b;

  return strcmp (*first, *second);
}

/* The state of a file that the build named first is not known from its start. Builds that each name
 * another temporary file do not cause the next one for ever. */
static void
find_changed (ArcBuildInputs *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->found->len; i++)
    {
      Input *input = get_input (self, self->found->pdata[i]);

      if (input->before != NULL || !input->is_young)
        continue;

      any = TRUE;
      if (self->n_unsettled < OUTPUT_BUILDS)
        input->before = g_strdup ("changed during the build");
      else
        g_message ("%s changed during the build that named it first: after %d such builds in turn, "
                   "that does not count",
                   (const char *) self->found->pdata[i], OUTPUT_BUILDS);
    }
  self->n_unsettled = any ? self->n_unsettled + 1 : 0;
}

static void
adopt (ArcBuildInputs *self)
{
  g_ptr_array_unref (self->named);
  self->named = g_steal_pointer (&self->found);
  self->found = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_sort (self->named, compare_paths);
}

static gboolean
is_forgotten (gpointer path, gpointer value G_GNUC_UNUSED, gpointer user_data)
{
  const ArcBuildInputs *self = user_data;

  return !g_ptr_array_find_with_equal_func (self->files, path, g_str_equal, NULL) &&
         !g_ptr_array_find_with_equal_func (self->named, path, g_str_equal, NULL);
}

void
arc_build_inputs_end_build (ArcBuildInputs *self, gboolean done)
{
  find_outputs (self);
  if (done)
    {
      find_changed (self);
      adopt (self);
    }
  else
    g_ptr_array_set_size (self->found, 0);
  g_hash_table_foreach_remove (self->inputs, is_forgotten, self);
}
