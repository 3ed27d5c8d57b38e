/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-store.h"

#include "common/error.h"
#include "state/build-log-dir.h"
#include "state/group-file.h"
#include "state/history-file.h"
#include "state/snapshot-file.h"
#include "state/state-contents.h"
#include "state/state-dir.h"
#include "state/state-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* How long a lock may be held whose process is gone: a child of a killed service has it from
 * fork(2) to execve(2), which closes the descriptor. */
#define ORPHAN_PATIENCE (2 * G_USEC_PER_SEC)

/* How often to try to take the lock meanwhile. */
#define LOCK_INTERVAL (20 * G_TIME_SPAN_MILLISECOND)

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
  GArray *logs; /* (owned) (element-type guint64): the builds with a log, the newest first */

  gboolean is_opening;        /* a thread is taking the lock */
  ArcStateContents *contents; /* (owned) (nullable): what it has read, until that is loaded */
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
        self->saved_problems = g_atomic_rc_box_acquire (write->problems);
    }

  if (write->history != NULL)
    set_problem (self, &self->history_problem, write->error, "The history of builds is not kept");
  else
    set_problem (self, &self->snapshot_problem, write->error,
                 "What is built now may be built again after a restart");
}

void
arc_state_store_unlock (ArcStateStore *self)
{
  arc_state_writer_flush (self->writer);
  arc_state_dir_unlock (self->directory);
}

const char *
arc_state_store_get_directory (ArcStateStore *self)
{
  return self->directory->path;
}

char *
arc_state_store_get_log (ArcStateStore *self, guint64 id)
{
  for (guint i = 0; i < self->logs->len; i++)
    if (g_array_index (self->logs, guint64, i) == id)
      return arc_build_log_dir_get_path (self->directory->path, id);

  return NULL;
}

guint64
arc_state_store_next_build (ArcStateStore *self)
{
  g_autoptr (GArray) logs = self->contents != NULL ? g_array_ref (self->contents->logs)
                                                   : arc_build_log_dir_list (self->directory->path);

  if (logs->len > 0)
    self->last_build = MAX (self->last_build, g_array_index (logs, guint64, 0));

  return ++self->last_build;
}

/* A log that is opened. */
typedef struct
{
  guint64 id;
  gboolean create;
} LogRequest;

static void
run_open_log (GTask *task, gpointer source, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  const ArcStateStore *self = source;
  const LogRequest *request = data;
  GError *error = NULL;
  int fd = -1;

  if (!request->create || arc_state_dir_lock (self->directory, &error))
    fd = arc_build_log_dir_open (self->directory->path, request->id, request->create, &error);

  if (fd < 0)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, fd);
}

void
arc_state_store_open_log_async (ArcStateStore *self,
                                guint64 id,
                                gboolean create,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  LogRequest *request = g_new (LogRequest, 1);

  *request = (LogRequest){ id, create };
  g_task_set_source_tag (task, arc_state_store_open_log_async);
  g_task_set_task_data (task, request, g_free);
  g_task_run_in_thread (task, run_open_log);
}

/* An attempt to open the state directory. */
typedef struct
{
  char *database;             /* (owned) */
  gint64 patience;            /* see arc_state_store_open_async() */
  int fd;                     /* (owned): has the lock; -1 if it is not held */
  ArcStateContents *contents; /* (owned) (nullable) */
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  if (opening->fd >= 0)
    close (opening->fd);
  g_clear_pointer (&opening->contents, arc_state_contents_free);
  g_free (opening->database);
  g_free (opening);
}

/* Takes the lock for OPENING, which may take its time. */
static gboolean
take_lock (const ArcStateDir *directory,
           Opening *opening,
           GCancellable *cancellable,
           GError **error)
{
  const gint64 start = g_get_monotonic_time ();
  gboolean is_reported = FALSE;

  for (;;)
    {
      g_autoptr (GError) lock_error = NULL;
      gboolean is_orphaned = FALSE;
      gint64 patience = 0;

      opening->fd = arc_state_dir_open_lock (directory, &is_orphaned, &lock_error);
      if (opening->fd >= 0)
        return TRUE;

      if (g_error_matches (lock_error, ARC_ERROR, ARC_ERROR_LOCKED))
        patience = MAX (opening->patience, is_orphaned ? ORPHAN_PATIENCE : 0);
      if (g_get_monotonic_time () - start >= patience)
        {
          g_propagate_error (error, g_steal_pointer (&lock_error));
          return FALSE;
        }

      if (!is_orphaned && !is_reported)
        g_message ("Waiting for it to end: %s", lock_error->message);
      is_reported = is_reported || !is_orphaned;
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      g_usleep (LOCK_INTERVAL);
    }
}

static void
run_opening (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const ArcStateStore *self = source;
  Opening *opening = data;
  GError *error = NULL;

  if (!take_lock (self->directory, opening, cancellable, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  opening->contents = arc_state_contents_read (self->directory, opening->database);
  g_task_return_boolean (task, TRUE);
}

void
arc_state_store_open_async (ArcStateStore *self,
                            const char *database,
                            gint64 patience,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Opening *opening;

  opening = g_new0 (Opening, 1);
  opening->database = g_strdup (database);
  opening->patience = patience;
  opening->fd = -1;
  self->is_opening = TRUE;
  g_task_set_source_tag (task, arc_state_store_open_async);
  g_task_set_task_data (task, opening, opening_free);
  g_task_run_in_thread (task, run_opening);
}

gboolean
arc_state_store_open_finish (ArcStateStore *self, GAsyncResult *result, GError **error)
{
  Opening *opening;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  self->is_opening = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;

  opening = g_task_get_task_data (G_TASK (result));
  arc_state_dir_unlock (self->directory);
  self->directory->fd = g_steal_fd (&opening->fd);
  g_clear_pointer (&self->contents, arc_state_contents_free);
  self->contents = g_steal_pointer (&opening->contents);

  return TRUE;
}

ArcSnapshot *
arc_state_store_load (ArcStateStore *self, const char *database, ArcStateStoreInputs *inputs)
{
  g_autoptr (ArcStateContents) contents = g_steal_pointer (&self->contents);

  if (contents == NULL || strcmp (contents->database, database) != 0)
    {
      g_clear_pointer (&contents, arc_state_contents_free);
      contents = arc_state_contents_read (self->directory, database);
    }

  if (contents->history_error != NULL)
    g_warning ("The history of builds begins anew: %s", contents->history_error->message);
  if (contents->snapshot_error != NULL)
    g_warning ("Everything is built anew: %s", contents->snapshot_error->message);
  if (contents->problems_error != NULL)
    g_warning ("Everything is built anew: %s", contents->problems_error->message);

  g_ptr_array_unref (self->history);
  self->history = g_steal_pointer (&contents->history);
  arc_state_store_set_note_problems (self, contents->problems);
  g_clear_pointer (&self->saved_problems, arc_problem_list_unref);
  self->saved_problems = g_steal_pointer (&contents->problems);
  g_array_unref (self->logs);
  self->logs = g_steal_pointer (&contents->logs);
  *inputs = contents->inputs;
  contents->inputs = (ArcStateStoreInputs){ 0 };

  return g_steal_pointer (&contents->snapshot);
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
  g_autoptr (GBytes) identity =
      arc_state_contents_make_identity (is_known ? database : "", is_known ? inputs : &tree);
  ArcStateWrite *write;

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
  if (write->logs != NULL)
    {
      g_array_unref (self->logs);
      self->logs = g_steal_pointer (&write->logs);
    }

  return g_steal_pointer (&write->changes);
}

void
arc_state_store_commit (ArcStateStore *self,
                        const ArcSnapshot *snapshot,
                        const ArcChangeSet *pending,
                        const char *database,
                        const ArcStateStoreInputs *inputs)
{
  g_autoptr (GBytes) identity = arc_state_contents_make_identity (database, inputs);
  ArcStateWrite *write;

  write = g_new0 (ArcStateWrite, 1);
  write->snapshot = arc_snapshot_frame (snapshot, pending, identity);
  if (self->saved_problems == NULL ||
      !arc_problem_list_equal (self->problems, self->saved_problems))
    write->problems = g_atomic_rc_box_acquire (self->problems);
  arc_state_writer_push (self->writer, write, G_OBJECT (self), NULL, NULL, NULL);
}

void
arc_state_store_set_note_problems (ArcStateStore *self, ArcProblemList *problems)
{
  g_atomic_rc_box_acquire (problems);
  arc_problem_list_unref (self->problems);
  self->problems = problems;
}

ArcProblemList *
arc_state_store_get_note_problems (ArcStateStore *self)
{
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
  return self->history;
}

const ArcBuild *
arc_state_store_get_last_build (ArcStateStore *self)
{
  return self->history->len > 0 ? g_ptr_array_index (self->history, self->history->len - 1) : NULL;
}

gboolean
arc_state_store_retry (ArcStateStore *self)
{
  if (arc_state_store_get_problem (self) != NULL)
    save_history (self);

  return self->snapshot_problem != NULL;
}

int
arc_state_store_open_group (ArcStateStore *self)
{
  g_autofree char *path = NULL;

  path = arc_state_dir_get_runtime_file (self->directory, ARC_STATE_GROUP_NAME);

  return arc_group_file_make (path);
}

void
arc_state_store_forget_group (ArcStateStore *self)
{
  g_autofree char *path = NULL;

  path = arc_state_dir_get_runtime_file (self->directory, ARC_STATE_GROUP_NAME);
  g_unlink (path);
}

void
arc_state_store_end_leftover_async (ArcStateStore *self,
                                    gint64 grace,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_autofree char *runtime = NULL;
  g_autofree char *persistent = NULL;

  /* It is in the state directory if XDG_RUNTIME_DIR was not there, or an older version ran. */
  runtime = arc_state_dir_get_runtime_file (self->directory, ARC_STATE_GROUP_NAME);
  persistent = g_build_filename (self->directory->path, ARC_STATE_GROUP_NAME, NULL);
  arc_group_file_end_async (self, (char *[2]){ runtime, persistent }, grace, cancellable, callback,
                            user_data);
}

gboolean
arc_state_store_get_paused (ArcStateStore *self)
{
  g_autofree char *path = NULL;

  if (self->contents != NULL)
    return self->contents->is_paused;

  path = g_build_filename (self->directory->path, ARC_STATE_PAUSED_NAME, NULL);

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

  arc_state_dir_set_error (error, path, "Cannot make the file");
  return FALSE;
}

gboolean
arc_state_store_set_paused (ArcStateStore *self, gboolean paused, GError **error)
{
  g_autofree char *path = NULL;

  if (self->is_opening)
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_LOCKED,
                           "The service is starting: try again");
      return FALSE;
    }

  path = g_build_filename (self->directory->path, ARC_STATE_PAUSED_NAME, NULL);
  if (paused)
    return arc_state_dir_lock (self->directory, error) && make_flag (path, error);

  if (!arc_state_dir_lock (self->directory, error))
    return FALSE;

  if (g_unlink (path) < 0 && errno != ENOENT)
    {
      arc_state_dir_set_error (error, path, "Cannot remove the file");
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
  g_clear_pointer (&self->contents, arc_state_contents_free);
  g_ptr_array_unref (self->history);
  g_array_unref (self->logs);
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
  self->logs = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->problems = arc_problem_list_new ();
  self->saved_problems = g_atomic_rc_box_acquire (self->problems);
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
