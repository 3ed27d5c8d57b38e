/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-store.h"

#include "common/error.h"
#include "common/file-frame.h"
#include "config/read-file.h"
#include "run/process-group.h"
#include "state/build-log-dir.h"
#include "state/history-file.h"
#include "state/snapshot-file.h"
#include "state/state-dir.h"
#include "state/state-file.h"
#include "state/state-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define GROUP_NAME  "group"
#define PAUSED_NAME "paused"

/* The largest files that can be meant: lists of a few million paths, 100 builds, what is kept of
 * the problems with their numbers, and a number. */
#define LIST_MAX_SIZE     (1024 * 1024 * 1024)
#define HISTORY_MAX_SIZE  (64 * 1024 * 1024)
#define PROBLEMS_MAX_SIZE (2 * ARC_PROBLEM_LIST_MAX_SIZE)
#define GROUP_MAX_SIZE    64

struct _ArcStateStore
{
  GObject parent_instance;

  ArcStateDir *directory; /* (owned) */
  ArcStateWriter *writer; /* (owned) */

  GPtrArray *history;             /* (owned) (element-type ArcBuild): the newest last */
  ArcProblemList *problems;       /* (owned) */
  ArcProblemList *saved_problems; /* (owned) (nullable): those in the file, NULL if not known */

  char *snapshot_problem; /* (owned) (nullable) */
  char *history_problem;  /* (owned) (nullable) */
  char *logged_problem;   /* (owned) (nullable): the last one that was */

  guint64 last_build;
};

enum
{
  SIGNAL_PROBLEM_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcStateStore, arc_state_store, G_TYPE_OBJECT)

const char *
arc_state_store_get_problem (ArcStateStore *self)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), NULL);

  return self->snapshot_problem != NULL ? self->snapshot_problem : self->history_problem;
}

/* Keeps in PROBLEM what ERROR (nullable) says of WHAT. Most of what cannot be written has one
 * reason, which one message is enough for. */
static void
set_problem (ArcStateStore *self, char **problem, const GError *error, const char *what)
{
  const char *now;

  g_free (*problem);
  *problem = error != NULL ? g_strdup_printf ("%s: %s", what, error->message) : NULL;

  now = arc_state_store_get_problem (self);
  if (g_strcmp0 (now, self->logged_problem) == 0)
    return;

  if (now != NULL && self->logged_problem == NULL)
    g_warning ("%s", now);
  g_free (self->logged_problem);
  self->logged_problem = g_strdup (now);
  g_signal_emit (self, signals[SIGNAL_PROBLEM_CHANGED], 0);
}

static void
on_written (const ArcStateWrite *write, gpointer user_data)
{
  ArcStateStore *self = user_data;

  if (write->problems != NULL)
    {
      g_clear_pointer (&self->saved_problems, arc_problem_list_unref);
      if (write->error == NULL)
        self->saved_problems = arc_problem_list_ref (write->problems);
    }

  if (write->history != NULL)
    set_problem (self, &self->history_problem, write->error, "The history of builds is not kept");
  else
    set_problem (self, &self->snapshot_problem, write->error,
                 "What is built now may be built again after a restart");
}

void
arc_state_store_flush (ArcStateStore *self)
{
  g_return_if_fail (ARC_IS_STATE_STORE (self));

  arc_state_writer_flush (self->writer);
}

gboolean
arc_state_store_lock (ArcStateStore *self, GError **error)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), FALSE);

  return arc_state_dir_lock (self->directory, error);
}

void
arc_state_store_unlock (ArcStateStore *self)
{
  g_return_if_fail (ARC_IS_STATE_STORE (self));

  arc_state_store_flush (self);
  arc_state_dir_unlock (self->directory);
}

const char *
arc_state_store_get_directory (ArcStateStore *self)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), NULL);

  return arc_state_dir_get_path (self->directory);
}

char *
arc_state_store_get_log (ArcStateStore *self, guint64 id)
{
  g_autofree char *log = NULL;

  g_return_val_if_fail (ARC_IS_STATE_STORE (self), NULL);

  log = arc_build_log_dir_get_path (arc_state_store_get_directory (self), id);

  return g_file_test (log, G_FILE_TEST_EXISTS) ? g_steal_pointer (&log) : NULL;
}

guint64
arc_state_store_next_build (ArcStateStore *self)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), 0);

  self->last_build =
      MAX (self->last_build, arc_build_log_dir_get_newest (arc_state_store_get_directory (self)));

  return ++self->last_build;
}

/* (transfer full) (nullable): the log of build ID, which is made. */
static char *
make_log (ArcStateStore *self, guint64 id, GError **error)
{
  if (!arc_state_dir_lock (self->directory, error))
    return NULL;

  return arc_build_log_dir_make (arc_state_store_get_directory (self), id, error);
}

int
arc_state_store_open_log (ArcStateStore *self, guint64 id, gboolean create, GError **error)
{
  g_autofree char *log = NULL;
  int fd;

  g_return_val_if_fail (ARC_IS_STATE_STORE (self), -1);

  log = create ? make_log (self, id, error)
               : arc_build_log_dir_get_path (arc_state_store_get_directory (self), id);
  if (log == NULL)
    return -1;

  /* The runner empties a file that is there and does not make a new one (run/build-log.c), so
   * a reader that opened it first reads what comes. */
  fd = open (log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd >= 0)
    return fd;

  if (errno == ENOENT)
    g_set_error (error, ARC_ERROR, ARC_ERROR_NO_SUCH_BUILD,
                 "There is no log of build %" G_GUINT64_FORMAT, id);
  else
    arc_state_file_set_error (error, log, "Cannot read the log");

  return -1;
}

void
arc_state_store_inputs_clear (ArcStateStoreInputs *inputs)
{
  g_clear_pointer (&inputs->settings, g_free);
  g_clear_pointer (&inputs->database, g_free);
  g_clear_pointer (&inputs->tree, g_free);
}

/* DATABASE ("": none) and what INPUTS has, each with its NUL. */
static GBytes *
make_identity (const char *database, const ArcStateStoreInputs *inputs)
{
  GByteArray *identity = g_byte_array_new ();
  const char *texts[] = { database, inputs->settings, inputs->database, inputs->tree };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *text = texts[i] != NULL ? texts[i] : "";

      g_byte_array_append (identity, (const guint8 *) text, (guint) strlen (text) + 1);
    }

  return g_byte_array_free_to_bytes (identity);
}

/* Whether IDENTITY is that of DATABASE. INPUTS is set, too, if it is that of none. */
static gboolean
read_identity (GBytes *identity, const char *database, ArcStateStoreInputs *inputs)
{
  gsize size;
  const char *data = g_bytes_get_data (identity, &size);
  g_autofree char *text = g_strndup (data, size);
  char **const members[] = { &inputs->settings, &inputs->database, &inputs->tree };
  gsize at = strlen (text) + 1;

  if (text[0] != '\0' && strcmp (text, database) != 0)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (members) && at < size; i++)
    {
      *members[i] = g_strndup (data + at, size - at);
      at += strlen (*members[i]) + 1;
    }

  return text[0] != '\0';
}

/* (transfer full) (nullable): see arc_state_store_load(). NULL and an error if a file was damaged,
 * which is then put aside. */
static ArcSnapshot *
load_snapshot (ArcStateStore *self,
               const char *database,
               ArcStateStoreInputs *inputs,
               GError **error)
{
  g_autoptr (ArcSnapshot) snapshot = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) identity = NULL;
  g_autofree char *path = arc_state_dir_get_file (self->directory, ARC_STATE_SNAPSHOT_NAME);
  g_autoptr (GError) read_error = NULL;

  bytes = arc_state_file_read (path, LIST_MAX_SIZE, &read_error);
  if (bytes != NULL)
    snapshot = arc_snapshot_parse (bytes, &identity, &read_error);

  if (read_error != NULL)
    {
      arc_state_file_put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
      return NULL;
    }

  if (snapshot != NULL && !read_identity (identity, database, inputs))
    g_clear_pointer (&snapshot, arc_snapshot_free);

  return g_steal_pointer (&snapshot);
}

static void
load_history (ArcStateStore *self, GError **error)
{
  g_autofree char *path = arc_state_dir_get_file (self->directory, ARC_STATE_HISTORY_NAME);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = arc_state_file_read (path, HISTORY_MAX_SIZE, &read_error);
  GPtrArray *builds = bytes != NULL ? arc_history_parse (bytes, &read_error) : NULL;

  if (read_error != NULL)
    {
      arc_state_file_put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
    }

  if (builds == NULL)
    return;

  g_ptr_array_unref (self->history);
  self->history = builds;
}

/* A service that is killed before its next build must not leave a snapshot without its problems. */
static void
forget_database (ArcStateStore *self, const ArcStateStoreInputs *inputs)
{
  const ArcStateStoreInputs tree = { .tree = inputs->tree };
  g_autofree char *path = arc_state_dir_get_file (self->directory, ARC_STATE_SNAPSHOT_NAME);
  g_autoptr (ArcSnapshot) nothing = arc_snapshot_new ();
  g_autoptr (GBytes) identity = make_identity ("", &tree);
  g_autoptr (GBytes) bytes = arc_file_frame_end (arc_snapshot_frame (nothing, NULL, identity));

  /* Without fsync(2), which may block the main loop for seconds: a snapshot that is cut off is
   * damaged, and the next start builds everything, too. */
  g_unlink (path);
  g_file_set_contents_full (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes),
                            G_FILE_SET_CONTENTS_NONE, ARC_STATE_FILE_MODE, NULL);
}

static void
load_problems (ArcStateStore *self, const ArcStateStoreInputs *inputs, GError **error)
{
  g_autofree char *path = arc_state_dir_get_file (self->directory, ARC_STATE_PROBLEMS_NAME);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = arc_state_file_read (path, PROBLEMS_MAX_SIZE, &read_error);
  g_autoptr (ArcProblemList) problems =
      bytes != NULL ? arc_problem_list_parse (bytes, &read_error) : NULL;

  if (read_error != NULL)
    {
      forget_database (self, inputs);
      arc_state_file_put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
    }

  if (problems == NULL)
    problems = arc_problem_list_new ();
  arc_state_store_set_note_problems (self, problems);
  g_clear_pointer (&self->saved_problems, arc_problem_list_unref);
  self->saved_problems = g_steal_pointer (&problems);
}

ArcSnapshot *
arc_state_store_load (ArcStateStore *self, const char *database, ArcStateStoreInputs *inputs)
{
  g_autoptr (GError) history_error = NULL;
  g_autoptr (GError) snapshot_error = NULL;
  g_autoptr (GError) problems_error = NULL;
  g_autoptr (ArcSnapshot) snapshot = NULL;

  g_return_val_if_fail (ARC_IS_STATE_STORE (self), NULL);

  load_history (self, &history_error);
  if (history_error != NULL)
    g_warning ("The history of builds begins anew: %s", history_error->message);
  snapshot = load_snapshot (self, database, inputs, &snapshot_error);
  if (snapshot_error != NULL)
    g_warning ("Everything is built anew: %s", snapshot_error->message);
  load_problems (self, inputs, &problems_error);
  if (problems_error != NULL)
    g_warning ("Everything is built anew: %s", problems_error->message);

  /* Without its problems the snapshot is of no use, nor without its database. */
  if (problems_error != NULL || !g_file_test (database, G_FILE_TEST_EXISTS))
    return NULL;

  return g_steal_pointer (&snapshot);
}

void
arc_state_store_prepare_async (ArcStateStore *self,
                               guint64 build,
                               ArcBuildKind kind,
                               const ArcChangeSet *changes,
                               const ArcSnapshot *snapshot,
                               const ArcChangeSet *dirty,
                               const char *database,
                               const ArcStateStoreInputs *inputs,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  const gboolean is_known = kind == ARC_BUILD_INCREMENTAL;
  const ArcStateStoreInputs tree = { .tree = inputs->tree };
  g_autoptr (ArcSnapshot) nothing = arc_snapshot_new ();
  g_autoptr (GBytes) identity = make_identity (is_known ? database : "", is_known ? inputs : &tree);
  ArcStateWrite *write;

  g_return_if_fail (ARC_IS_STATE_STORE (self));

  write = g_new0 (ArcStateWrite, 1);
  write->snapshot =
      arc_snapshot_frame (is_known ? snapshot : nothing, is_known ? dirty : NULL, identity);
  write->list =
      is_known ? arc_change_set_serialise (changes) : arc_snapshot_serialise_list (snapshot);
  write->changes = arc_state_dir_get_runtime_file (self->directory, ARC_STATE_CHANGES_NAME);
  write->build = build;
  arc_state_writer_push (self->writer, write, G_OBJECT (self), cancellable, callback, user_data);
}

char *
arc_state_store_prepare_finish (ArcStateStore *self,
                                GAsyncResult *result,
                                char **log,
                                GError **error)
{
  ArcStateWrite *write;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  write = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  *log = g_steal_pointer (&write->log);

  return g_steal_pointer (&write->changes);
}

void
arc_state_store_commit (ArcStateStore *self,
                        const ArcSnapshot *snapshot,
                        const ArcChangeSet *pending,
                        const char *database,
                        const ArcStateStoreInputs *inputs)
{
  g_autoptr (GBytes) identity = make_identity (database, inputs);
  ArcStateWrite *write;

  g_return_if_fail (ARC_IS_STATE_STORE (self));

  write = g_new0 (ArcStateWrite, 1);
  write->snapshot = arc_snapshot_frame (snapshot, pending, identity);
  if (self->saved_problems == NULL ||
      !arc_problem_list_equal (self->problems, self->saved_problems))
    write->problems = arc_problem_list_ref (self->problems);
  arc_state_writer_push (self->writer, write, G_OBJECT (self), NULL, NULL, NULL);
}

void
arc_state_store_set_note_problems (ArcStateStore *self, ArcProblemList *problems)
{
  g_return_if_fail (ARC_IS_STATE_STORE (self));

  arc_problem_list_ref (problems);
  arc_problem_list_unref (self->problems);
  self->problems = problems;
}

ArcProblemList *
arc_state_store_get_note_problems (ArcStateStore *self)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), NULL);

  return self->problems;
}

static void
save_history (ArcStateStore *self)
{
  ArcStateWrite *write = g_new0 (ArcStateWrite, 1);

  write->history = arc_history_serialise (self->history);
  arc_state_writer_push (self->writer, write, G_OBJECT (self), NULL, NULL, NULL);
}

void
arc_state_store_add_build (ArcStateStore *self, ArcBuild *build)
{
  g_return_if_fail (ARC_IS_STATE_STORE (self));

  /* The last one is asked for each of its files when what it did not do is restored. */
  if (self->history->len > 0)
    arc_build_trim (self->history->pdata[self->history->len - 1]);
  g_ptr_array_add (self->history, build);
  if (self->history->len > ARC_HISTORY_MAX)
    g_ptr_array_remove_index (self->history, 0);

  save_history (self);
}

const GPtrArray *
arc_state_store_get_history (ArcStateStore *self)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), NULL);

  return self->history;
}

const ArcBuild *
arc_state_store_get_last_build (ArcStateStore *self)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), NULL);

  return self->history->len > 0 ? g_ptr_array_index (self->history, self->history->len - 1) : NULL;
}

guint64
arc_state_store_get_built_id (ArcStateStore *self)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), 0);

  for (guint i = self->history->len; i > 0; i--)
    {
      const ArcBuild *build = g_ptr_array_index (self->history, i - 1);

      if (build->result == ARC_RESULT_SUCCESS)
        return build->id;
    }

  return 0;
}

gboolean
arc_state_store_retry (ArcStateStore *self)
{
  g_return_val_if_fail (ARC_IS_STATE_STORE (self), FALSE);

  if (arc_state_store_get_problem (self) != NULL)
    save_history (self);

  return self->snapshot_problem != NULL;
}

/* Room for a number, so that a disk that is full is found out before it is too late. */
static int
make_group_file (const char *path)
{
  static const char room[] = "               \n";
  const int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                       ARC_STATE_FILE_MODE);

  if (fd >= 0 && write (fd, room, strlen (room)) == (gssize) strlen (room))
    return fd;

  if (fd >= 0)
    close (fd);
  g_unlink (path);

  return -1;
}

int
arc_state_store_open_group (ArcStateStore *self)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STATE_STORE (self), -1);

  path = arc_state_dir_get_runtime_file (self->directory, GROUP_NAME);

  return make_group_file (path);
}

void
arc_state_store_forget_group (ArcStateStore *self)
{
  g_autofree char *path = NULL;

  g_return_if_fail (ARC_IS_STATE_STORE (self));

  path = arc_state_dir_get_runtime_file (self->directory, GROUP_NAME);
  g_unlink (path);
}

typedef struct
{
  char *files[2]; /* (owned): where the group may be */
  guint index;
  gint64 grace;
  gboolean found;
} Leftover;

static void
leftover_free (gpointer data)
{
  Leftover *leftover = data;

  g_free (leftover->files[0]);
  g_free (leftover->files[1]);
  g_free (leftover);
}

/* The process group in the file PATH; 0 if there is none. */
static guint64
read_group (const char *path)
{
  gsize length;
  g_autofree char *text = arc_read_file (path, ARC_READ_DEFAULT, GROUP_MAX_SIZE, &length, NULL);
  guint64 group = 0;

  if (text != NULL)
    g_ascii_string_to_unsigned (g_strchomp (text), 10, 2, G_MAXINT, &group, NULL);

  return group;
}

static void on_leftover_ended (GObject *source, GAsyncResult *result, gpointer user_data);

/* Ends the group in the next file, which has the change list beside it. TASK: (transfer full). */
static void
end_leftover (GTask *task)
{
  g_autoptr (GTask) owned = task;
  const Leftover *leftover = g_task_get_task_data (task);
  g_autofree char *directory = NULL;
  g_autofree char *assignment = NULL;

  if (leftover->index == G_N_ELEMENTS (leftover->files))
    {
      g_task_return_boolean (task, leftover->found);
      return;
    }

  directory = g_path_get_dirname (leftover->files[leftover->index]);
  assignment = g_strconcat ("ARCOLOGY_CHANGES=", directory, "/" ARC_STATE_CHANGES_NAME, NULL);
  arc_process_group_end_async (read_group (leftover->files[leftover->index]), assignment,
                               leftover->grace, g_task_get_cancellable (task), on_leftover_ended,
                               g_steal_pointer (&owned));
}

static void
on_leftover_ended (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Leftover *leftover = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (arc_process_group_end_finish (result, &error))
    leftover->found = TRUE;
  if (error != NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_unlink (leftover->files[leftover->index++]);
  end_leftover (g_steal_pointer (&task));
}

void
arc_state_store_end_leftover_async (ArcStateStore *self,
                                    gint64 grace,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Leftover *leftover = g_new0 (Leftover, 1);

  g_task_set_source_tag (task, arc_state_store_end_leftover_async);
  /* It is in the state directory if XDG_RUNTIME_DIR was not there, or an older version ran. */
  leftover->files[0] = arc_state_dir_get_runtime_file (self->directory, GROUP_NAME);
  leftover->files[1] = arc_state_dir_get_file (self->directory, GROUP_NAME);
  leftover->grace = grace;
  g_task_set_task_data (task, leftover, leftover_free);
  end_leftover (task);
}

gboolean
arc_state_store_end_leftover_finish (ArcStateStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
arc_state_store_get_paused (ArcStateStore *self)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STATE_STORE (self), FALSE);

  path = arc_state_dir_get_file (self->directory, PAUSED_NAME);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Makes the file PATH, with nothing in it. */
static gboolean
make_flag (const char *path, GError **error)
{
  const int fd =
      open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, ARC_STATE_FILE_MODE);

  if (fd >= 0)
    {
      close (fd);
      return TRUE;
    }

  arc_state_file_set_error (error, path, "Cannot make the file");
  return FALSE;
}

gboolean
arc_state_store_set_paused (ArcStateStore *self, gboolean paused, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STATE_STORE (self), FALSE);

  path = arc_state_dir_get_file (self->directory, PAUSED_NAME);
  if (paused)
    return arc_state_dir_lock (self->directory, error) && make_flag (path, error);

  if (!arc_state_dir_lock (self->directory, error))
    return FALSE;

  if (g_unlink (path) < 0 && errno != ENOENT)
    {
      arc_state_file_set_error (error, path, "Cannot remove the file");
      return FALSE;
    }

  return TRUE;
}

static void
arc_state_store_finalize (GObject *object)
{
  ArcStateStore *self = ARC_STATE_STORE (object);

  /* A task keeps the store, so nothing is being written. */
  arc_state_store_unlock (self);
  arc_state_writer_free (self->writer);
  arc_state_dir_free (self->directory);
  g_ptr_array_unref (self->history);
  arc_problem_list_unref (self->problems);
  g_clear_pointer (&self->saved_problems, arc_problem_list_unref);
  g_free (self->snapshot_problem);
  g_free (self->history_problem);
  g_free (self->logged_problem);

  G_OBJECT_CLASS (arc_state_store_parent_class)->finalize (object);
}

static void
arc_state_store_init (ArcStateStore *self)
{
  self->history = g_ptr_array_new_with_free_func ((GDestroyNotify) arc_build_free);
  self->problems = arc_problem_list_new ();
  self->saved_problems = arc_problem_list_ref (self->problems);
}

static void
arc_state_store_class_init (ArcStateStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_state_store_finalize;

  signals[SIGNAL_PROBLEM_CHANGED] =
      g_signal_new ("problem-changed", ARC_TYPE_STATE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 0);
}

ArcStateStore *
arc_state_store_new (const char *directory)
{
  static const char *const written[] = { ARC_STATE_SNAPSHOT_NAME, ARC_STATE_HISTORY_NAME,
                                         ARC_STATE_PROBLEMS_NAME, ARC_STATE_CHANGES_NAME, NULL };
  ArcStateStore *self = g_object_new (ARC_TYPE_STATE_STORE, NULL);

  self->directory = arc_state_dir_new (directory, written);
  self->writer = arc_state_writer_new (self->directory, on_written, self);

  return self;
}
