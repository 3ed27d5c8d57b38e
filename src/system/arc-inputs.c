/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-inputs.h"

#include "system/arc-ready-source.h"
#include "system/arc-ways.h"

#include <string.h>
#include <sys/stat.h>

/* How long to wait after an event for those that follow: a build writes many pages. */
#define GATHER (20 * G_TIME_SPAN_MILLISECOND)

/* After how many builds in turn a file that each has written is an output. */
#define OUTPUT_BUILDS 3

/* How many files a build may name: each costs a watch and a look. */
#define MAX_NAMED 1024

typedef struct
{
  char *path;
  char *before;    /* (nullable): its state when the build began, or named it first */
  guint n_written; /* by how many builds in turn */
  gboolean is_output;
} Input;

struct _ArcInputs
{
  ArcInputsFunc func;
  gpointer user_data;

  char *tree;       /* (nullable): the digest of the settings that say which notes there are */
  char *settings;   /* (nullable): their digest */
  GPtrArray *files; /* (element-type Input): those of Command */
  GPtrArray *named; /* (element-type Input): those that the last build named, by path */
  GPtrArray *found; /* (element-type Input): those that the build that runs has named */
  char *database;   /* (nullable) */
  ArcWays *ways;
  gboolean watching;
  GSource *news; /* (owned): ready when events have come */
};

static void
input_free (gpointer data)
{
  Input *input = data;

  g_free (input->path);
  g_free (input->before);
  g_free (input);
}

static char *
describe_file (const char *path)
{
  struct stat info;

  if (stat (path, &info) != 0)
    return g_strdup ("missing");
  if (!S_ISREG (info.st_mode))
    return g_strdup ("no file");

  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT
                          ".%09ld %" G_GINT64_FORMAT ".%09ld",
                          (guint64) info.st_ino, (guint64) info.st_size,
                          (gint64) info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                          (gint64) info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

static char *
get_journal (const char *database)
{
  return g_strconcat (database, "-wal", NULL);
}

char *
arc_inputs_read_database (const char *path)
{
  g_autofree char *file = describe_file (path);
  g_autofree char *journal = get_journal (path);
  g_autofree char *pages = NULL;
  struct stat info;

  if (stat (journal, &info) == 0 && info.st_size > 0)
    pages = describe_file (journal);

  return g_strjoin ("; ", file, pages, NULL);
}

static void
follow (ArcInputs *self)
{
  g_autofree char *journal = NULL;

  for (guint i = 0; i < self->files->len; i++)
    arc_ways_follow (self->ways, ((const Input *) self->files->pdata[i])->path);
  for (guint i = 0; i < self->named->len; i++)
    arc_ways_follow (self->ways, ((const Input *) self->named->pdata[i])->path);
  if (self->database == NULL)
    return;

  journal = get_journal (self->database);
  arc_ways_follow (self->ways, self->database);
  arc_ways_follow (self->ways, journal);
}

static gboolean
on_news (gpointer user_data)
{
  ArcInputs *self = user_data;

  g_source_set_ready_time (self->news, -1);
  follow (self);
  self->func (self->user_data);

  return G_SOURCE_CONTINUE;
}

static void
on_event (const char *path G_GNUC_UNUSED, ArcHint hint G_GNUC_UNUSED, gpointer user_data)
{
  ArcInputs *self = user_data;

  if (g_source_get_ready_time (self->news) < 0)
    g_source_set_ready_time (self->news, g_get_monotonic_time () + GATHER);
}

ArcInputs *
arc_inputs_new (ArcInputsFunc func, gpointer user_data)
{
  ArcInputs *self = g_new0 (ArcInputs, 1);
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  self->func = func;
  self->user_data = user_data;
  self->files = g_ptr_array_new_with_free_func (input_free);
  self->named = g_ptr_array_new_with_free_func (input_free);
  self->found = g_ptr_array_new_with_free_func (input_free);
  self->ways = arc_ways_new (on_event, self);
  self->news = arc_ready_source_new ("ArcInputs", context, on_news, self);

  return self;
}

void
arc_inputs_free (ArcInputs *self)
{
  g_source_destroy (self->news);
  g_source_unref (self->news);
  arc_ways_free (self->ways);
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->named);
  g_ptr_array_unref (self->found);
  g_free (self->tree);
  g_free (self->settings);
  g_free (self->database);
  g_free (self);
}

static Input *
input_new (const char *path)
{
  Input *input = g_new0 (Input, 1);

  input->path = g_strdup (path);

  return input;
}

static void
add_file (ArcInputs *self, const char *path /* (nullable) */)
{
  /* The build is told where the database is, and may be so by its options. */
  if (path != NULL && g_strcmp0 (path, self->database) != 0)
    g_ptr_array_add (self->files, input_new (path));
}

static void
add_program (ArcInputs *self, const char *word)
{
  g_autofree char *program = g_find_program_in_path (word);
  g_autofree char *script = g_strconcat (program != NULL ? program : word, ".el", NULL);

  if (program == NULL && g_path_is_absolute (word))
    program = g_strdup (word);

  /* arcology-batch loads the file of its name beside it. */
  add_file (self, program);
  if (g_file_test (script, G_FILE_TEST_IS_REGULAR))
    add_file (self, script);
}

/* WORD is an option, or an argument of one: "-l ~/settings.el", "--load=/srv/settings.el". */
static void
add_word (ArcInputs *self, const char *word)
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

  add_file (self, path);
}

static void
digest_list (GChecksum *checksum, const char *const *list)
{
  for (gsize i = 0; list != NULL && list[i] != NULL; i++)
    g_checksum_update (checksum, (const guchar *) list[i], (gssize) strlen (list[i]) + 1);
  g_checksum_update (checksum, (const guchar *) "", 1);
}

void
arc_inputs_set_config (ArcInputs *self, const ArcConfig *config)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  /* Include, Exclude and FollowSymlinks say which notes there are, which a comparison finds out. */
  digest_list (checksum, (const char *const *) config->command);
  digest_list (checksum, (const char *const *) config->directories);
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

  g_ptr_array_set_size (self->files, 0);
  for (guint i = 0; config->command != NULL && config->command[i] != NULL; i++)
    if (i == 0)
      add_program (self, config->command[i]);
    else
      add_word (self, config->command[i]);

  arc_ways_clear (self->ways);
  if (self->watching)
    follow (self);
}

void
arc_inputs_watch (ArcInputs *self)
{
  self->watching = TRUE;
  follow (self);
}

/* The text of arc_inputs_read(), with the states when the build began if BEGUN. */
static char *
describe (ArcInputs *self, gboolean begun)
{
  GString *text = g_string_new (self->settings);

  for (guint i = 0; i < self->files->len + self->named->len; i++)
    {
      const gboolean is_named = i >= self->files->len;
      const Input *input =
          is_named ? self->named->pdata[i - self->files->len] : self->files->pdata[i];
      g_autofree char *state = NULL;
      g_autofree char *path = NULL;

      if (input->is_output)
        continue;

      state =
          begun && input->before != NULL ? g_strdup (input->before) : describe_file (input->path);
      g_string_append_printf (text, "; %s", state);
      if (!is_named)
        continue;

      path = g_strescape (input->path, NULL);
      g_string_append_printf (text, "\n%s\n", path);
    }

  return g_string_free (text, FALSE);
}

char *
arc_inputs_read (ArcInputs *self)
{
  return describe (self, FALSE);
}

char *
arc_inputs_read_begun (ArcInputs *self)
{
  return describe (self, TRUE);
}

void
arc_inputs_restore (ArcInputs *self, const char *text)
{
  /* See describe(): a path is between two newlines, and itself has none. */
  g_auto (GStrv) parts = g_strsplit (text != NULL ? text : "", "\n", -1);

  g_ptr_array_set_size (self->named, 0);
  for (guint i = 1; i < g_strv_length (parts); i += 2)
    {
      g_autofree char *path = g_strcompress (parts[i]);

      g_ptr_array_add (self->named, input_new (path));
    }
}

const char *
arc_inputs_get_tree (const ArcInputs *self)
{
  return self->tree;
}

static Input *
find (const GPtrArray *inputs, const char *path)
{
  for (guint i = 0; i < inputs->len; i++)
    {
      Input *input = inputs->pdata[i];

      if (strcmp (input->path, path) == 0)
        return input;
    }

  return NULL;
}

static void
begin_file (gpointer data, gpointer user_data G_GNUC_UNUSED)
{
  Input *input = data;

  g_free (input->before);
  input->before = describe_file (input->path);
}

void
arc_inputs_begin_build (ArcInputs *self)
{
  g_ptr_array_set_size (self->found, 0);
  g_ptr_array_foreach (self->files, begin_file, NULL);
  g_ptr_array_foreach (self->named, begin_file, NULL);
}

void
arc_inputs_add_named (ArcInputs *self, const char *path)
{
  const Input *known = find (self->named, path);
  Input *input;

  if (self->found->len >= MAX_NAMED || find (self->found, path) != NULL ||
      g_strcmp0 (path, self->database) == 0)
    return;

  input = input_new (path);
  if (known != NULL)
    {
      input->before = g_strdup (known->before);
      input->n_written = known->n_written;
      input->is_output = known->is_output;
    }
  if (input->before == NULL)
    input->before = describe_file (path);
  g_ptr_array_add (self->found, input);
}

/* Counts for each of INPUTS whether the build has written it. Returns: whether one of them is known
 * for an output now. */
static gboolean
find_outputs (const GPtrArray *inputs)
{
  gboolean found = FALSE;

  for (guint i = 0; i < inputs->len; i++)
    {
      Input *input = inputs->pdata[i];
      g_autofree char *now = describe_file (input->path);

      if (input->before == NULL || input->is_output)
        continue;

      input->n_written = strcmp (input->before, now) != 0 ? input->n_written + 1 : 0;
      if (input->n_written < OUTPUT_BUILDS)
        continue;

      input->is_output = TRUE;
      found = TRUE;
      g_message ("%s is written by the builds themselves: its changes do not count", input->path);
    }

  return found;
}

static int
compare_inputs (gconstpointer a, gconstpointer b)
{
  const Input *const *first = a;
  const Input *const *second = b;

  return strcmp ((*first)->path, (*second)->path);
}

/* Takes over the files that the build has named. Returns: whether they are others than before. */
static gboolean
adopt (ArcInputs *self)
{
  g_autoptr (GPtrArray) before = g_steal_pointer (&self->named);
  gboolean changed;

  self->named = g_steal_pointer (&self->found);
  self->found = g_ptr_array_new_with_free_func (input_free);
  g_ptr_array_sort (self->named, compare_inputs);

  changed = before->len != self->named->len;
  for (guint i = 0; !changed && i < before->len; i++)
    changed = compare_inputs (&before->pdata[i], &self->named->pdata[i]) != 0;
  if (!changed)
    return FALSE;

  for (guint i = 0; i < before->len; i++)
    {
      const Input *input = before->pdata[i];

      if (find (self->named, input->path) == NULL && find (self->files, input->path) == NULL)
        arc_ways_forget (self->ways, input->path);
    }
  /* One may have changed between the name and the watch. */
  if (self->watching)
    g_source_set_ready_time (self->news, g_get_monotonic_time () + GATHER);

  return TRUE;
}

gboolean
arc_inputs_end_build (ArcInputs *self, gboolean done)
{
  gboolean changed = find_outputs (self->files);

  if (done)
    changed |= adopt (self);

  return find_outputs (self->named) || changed;
}
