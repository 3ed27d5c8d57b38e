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

  GArray *logs; /* (owned) (element-type guint64): the builds with a log, the newest first */
  gboolean is_paused;

  ArcStateContents *contents; /* (owned) (nullable): what was read, until that is loaded */
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

  switch (write->kind)
    {
    case ARC_STATE_WRITE_PREPARE:
    case ARC_STATE_WRITE_COMMIT:
      set_problem (self, &self->snapshot_problem, write->error,
                   "What is built now may be built again after a restart");
      return;

    case ARC_STATE_WRITE_HISTORY:
      set_problem (self, &self->history_problem, write->error, "The history of builds is not kept");
      return;

    case ARC_STATE_WRITE_PAUSE:
    case ARC_STATE_WRITE_RESUME:
      if (write->error == NULL)
        self->is_paused = write->kind == ARC_STATE_WRITE_PAUSE;
      return;

    case ARC_STATE_WRITE_FORGET_GROUP:
      return;
    }
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
arc_state_store_get_next_build (ArcStateStore *self)
{
  const ArcBuild *last = arc_state_store_get_last_build (self);
  const guint64 last_log = self->logs->len > 0 ? g_array_index (self->logs, guint64, 0) : 0;

  return MAX (last_log, last != NULL ? last->id : 0) + 1;
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

int
arc_state_store_open_log_finish (ArcStateStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return (int) g_task_propagate_int (G_TASK (result), error);
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
  /* The thread of the writer would take the lock itself. */
  arc_state_writer_set_held (self->writer, TRUE);
  g_task_set_source_tag (task, arc_state_store_open_async);
  g_task_set_task_data (task, opening, opening_free);
  g_task_run_in_thread (task, run_opening);
}

gboolean
arc_state_store_open_finish (ArcStateStore *self, GAsyncResult *result, GError **error)
{
  Opening *opening;
  gboolean is_locked;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  opening = g_task_get_task_data (G_TASK (result));
  is_locked = g_task_propagate_boolean (G_TASK (result), error);
  if (is_locked)
    {
      arc_state_dir_unlock (self->directory);
      self->directory->fd = g_steal_fd (&opening->fd);
      g_clear_pointer (&self->contents, arc_state_contents_free);
      self->contents = g_steal_pointer (&opening->contents);
    }
  arc_state_writer_set_held (self->writer, FALSE);

  return is_locked;
}

ArcSnapshot *
arc_state_store_load (ArcStateStore *self, const char *database, ArcStateStoreInputs *inputs)
{
  g_autoptr (ArcStateContents) contents = g_steal_pointer (&self->contents);

  g_return_val_if_fail (contents != NULL, NULL);

  /* The settings have changed meanwhile. */
  if (strcmp (contents->database, database) != 0)
    {
      g_clear_pointer (&contents->snapshot, arc_snapshot_free);
      arc_state_store_inputs_clear (&contents->inputs);
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
  self->is_paused = contents->is_paused;
  *inputs = contents->inputs;
  contents->inputs = (ArcStateStoreInputs){ 0 };

  return g_steal_pointer (&contents->snapshot);
}

void
arc_state_store_prepare_async (ArcStateStore *self,
                               const ArcBuild *build,
                               const ArcChangeSet *changes,
                               const ArcStateStoreRecord *record,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  const gboolean is_known = build->kind == ARC_BUILD_INCREMENTAL;
  const ArcStateStoreInputs tree = { .tree = record->inputs->tree };
  g_autoptr (ArcSnapshot) nothing = arc_snapshot_new ();
  g_autoptr (GBytes) identity =
      arc_state_contents_make_identity (is_known ? record->database : "",
                                        is_known ? record->inputs : &tree);
  ArcStateWrite *write = g_new (ArcStateWrite, 1);

  *write = (ArcStateWrite){
    .kind = ARC_STATE_WRITE_PREPARE,
    .snapshot = arc_snapshot_frame (is_known ? record->snapshot : nothing,
                                    is_known ? record->dirty : NULL, identity),
    .list = is_known ? arc_change_set_serialise (changes)
                     : arc_snapshot_serialise_list (record->snapshot),
    .database_directory = g_path_get_dirname (record->database),
    .build = build->id,
  };
  arc_state_writer_push (self->writer, write, G_OBJECT (self), cancellable, callback, user_data);
}

gboolean
arc_state_store_prepare_finish (ArcStateStore *self,
                                GAsyncResult *result,
                                ArcBuildFiles *files,
                                GError **error)
{
  ArcStateWrite *write;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  write = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;

  *files = write->files;
  write->files = (ArcBuildFiles){ 0 };
  if (write->logs != NULL)
    {
      g_array_unref (self->logs);
      self->logs = g_steal_pointer (&write->logs);
    }

  return TRUE;
}

/* Queues a write whose result only on_written() receives. */
static void
push (ArcStateStore *self, ArcStateWrite write)
{
  arc_state_writer_push (self->writer, g_memdup2 (&write, sizeof write), G_OBJECT (self), NULL,
                         NULL, NULL);
}

void
arc_state_store_commit (ArcStateStore *self, const ArcStateStoreRecord *record)
{
  g_autoptr (GBytes) identity = arc_state_contents_make_identity (record->database, record->inputs);
  const gboolean is_other = self->saved_problems == NULL ||
                            !arc_problem_list_equal (self->problems, self->saved_problems);

  push (self, (ArcStateWrite){
                  .kind = ARC_STATE_WRITE_COMMIT,
                  .snapshot = arc_snapshot_frame (record->snapshot, record->dirty, identity),
                  .problems = is_other ? g_atomic_rc_box_acquire (self->problems) : NULL,
              });
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
  push (self, (ArcStateWrite){ .kind = ARC_STATE_WRITE_HISTORY,
                               .history = arc_history_serialise (self->history) });
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

const ArcBuild *
arc_state_store_get_last_stored (ArcStateStore *self)
{
  for (guint i = self->history->len; i > 0; i--)
    if (arc_build_is_stored (self->history->pdata[i - 1]))
      return self->history->pdata[i - 1];

  return NULL;
}

gboolean
arc_state_store_retry (ArcStateStore *self)
{
  if (arc_state_store_get_problem (self) != NULL)
    save_history (self);

  return self->snapshot_problem != NULL;
}

void
arc_state_store_forget_group (ArcStateStore *self)
{
  push (self, (ArcStateWrite){ .kind = ARC_STATE_WRITE_FORGET_GROUP });
}

void
arc_state_store_end_leftover_async (ArcStateStore *self,
                                    gint64 grace,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  arc_group_file_end_async (self, self->directory, grace, cancellable, callback, user_data);
}

gboolean
arc_state_store_end_leftover_finish (ArcStateStore *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) end_error = NULL;
  const gboolean found = arc_group_file_end_finish (self, result, &end_error);

  if (end_error == NULL)
    arc_state_store_forget_group (self);
  else
    g_propagate_error (error, g_steal_pointer (&end_error));

  return found;
}

gboolean
arc_state_store_get_paused (ArcStateStore *self)
{
  return self->is_paused;
}

void
arc_state_store_set_paused_async (ArcStateStore *self,
                                  gboolean paused,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  ArcStateWrite *write = g_new0 (ArcStateWrite, 1);

  write->kind = paused ? ARC_STATE_WRITE_PAUSE : ARC_STATE_WRITE_RESUME;
  arc_state_writer_push (self->writer, write, G_OBJECT (self), NULL, callback, user_data);
}

gboolean
arc_state_store_set_paused_finish (ArcStateStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
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
