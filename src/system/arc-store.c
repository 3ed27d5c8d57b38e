/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-store.h"

#include "core/arc-error.h"
#include "core/arc-frame.h"
#include "core/arc-history.h"
#include "core/arc-snapshot-file.h"
#include "core/arc-uncommitted.h"
#include "system/arc-logs.h"
#include "system/arc-process-group.h"
#include "system/arc-read-file.h"
#include "system/arc-ready-source.h"
#include "system/arc-state-directory.h"
#include "system/arc-state-file.h"
#include "system/arc-write-queue.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define CHANGES_NAME     "changes"
#define GROUP_NAME       "group"
#define HISTORY_NAME     "history"
#define PAUSED_NAME      "paused"
#define PROBLEMS_NAME    "problems"
#define SNAPSHOT_NAME    "snapshot"
#define UNCOMMITTED_NAME "uncommitted"

/* The largest files that can be meant: lists of a few million paths, 100 builds, what is kept of
 * the problems with their numbers, and a number. */
#define LIST_MAX_SIZE     (1024 * 1024 * 1024)
#define HISTORY_MAX_SIZE  (64 * 1024 * 1024)
#define PROBLEMS_MAX_SIZE (2 * ARC_PROBLEMS_MAX_SIZE)
#define GROUP_MAX_SIZE    64

/* What a thread writes, and the signal that tells when it has. */
typedef enum
{
  WRITE_SNAPSHOT,
  WRITE_CHANGES,
  WRITE_HISTORY,
  N_WRITES,
} Write;

/* One write, from its begin to its end. */
typedef struct
{
  const char *own; /* (nullable): the state directory, if it is locked */
  GError *error;   /* (owned) (nullable): why it cannot be locked or written */

  GByteArray *snapshot;  /* (owned) (nullable) */
  ArcProblems *problems; /* (owned) (nullable): NULL if the file has them */
  GBytes *history;       /* (owned) (nullable) */
  GBytes *uncommitted;   /* (owned) (nullable) */
  GBytes *list;          /* (owned) (nullable): what the build reads */
  char *changes;         /* (owned) (nullable): where that goes */
  GError *list_error;    /* (owned) (nullable): why it cannot be written */
} Job;

struct _ArcStore
{
  GObject parent_instance;

  ArcStateDirectory *directory; /* (owned) */
  char *problem;                /* (owned) (nullable): of the last write that had one */
  char *changes;                /* (owned) (nullable): the path of the last change list */
  ArcChanges *uncommitted;      /* (owned) (nullable): NULL if everything may have changed */

  ArcProblems *problems;         /* (owned) */
  ArcProblems *written_problems; /* (owned) (nullable): NULL if that is not known */

  ArcWriteQueue *writes; /* (owned) */
  Job job;               /* of the write that is under way */

  /* What is to be written next. */
  GByteArray *next_snapshot; /* (owned) (nullable) */
  GBytes *next_history;      /* (owned) (nullable) */
  GBytes *next_list;         /* (owned) (nullable) */
  ArcChanges *next_told; /* (owned) (nullable): what is in the list; NULL if that is everything */

  /* What is to be told of writes. */
  GError *errors[N_WRITES]; /* (owned) (nullable) */
  gboolean news[N_WRITES];
  GSource *notice; /* (owned) */

  guint64 last_build;
};

static guint signals[N_WRITES];

G_DEFINE_FINAL_TYPE (ArcStore, arc_store, G_TYPE_OBJECT)

gboolean
arc_store_lock (ArcStore *self, GError **error)
{
  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  return arc_state_directory_lock (self->directory, error);
}

void
arc_store_unlock (ArcStore *self)
{
  g_return_if_fail (ARC_IS_STORE (self));

  arc_store_flush (self);
  arc_state_directory_unlock (self->directory);
}

const char *
arc_store_get_problem (ArcStore *self)
{
  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  return self->problem;
}

const char *
arc_store_get_directory (ArcStore *self)
{
  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  return arc_state_directory_get_path (self->directory);
}

char *
arc_store_get_log (ArcStore *self, guint64 id)
{
  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  return arc_logs_get_path (arc_store_get_directory (self), id);
}

guint64
arc_store_next_build (ArcStore *self)
{
  g_return_val_if_fail (ARC_IS_STORE (self), 0);

  self->last_build = MAX (self->last_build, arc_logs_get_newest (arc_store_get_directory (self)));

  return ++self->last_build;
}

char *
arc_store_prepare_log (ArcStore *self, guint64 id, GError **error)
{
  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  if (!arc_state_directory_lock (self->directory, error))
    return NULL;

  return arc_logs_make (arc_store_get_directory (self), id, error);
}

int
arc_store_open_log (ArcStore *self, guint64 id, gboolean create, GError **error)
{
  g_autofree char *log = NULL;
  int fd;

  g_return_val_if_fail (ARC_IS_STORE (self), -1);

  log = create ? arc_store_prepare_log (self, id, error) : arc_store_get_log (self, id);
  if (log == NULL)
    return -1;

  /* The runner empties a file that is there and does not make a new one (arc-log.c), so whoever
   * opens it first reads what comes. */
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

/* What is not committed. FALSE and an error if the file was damaged, which is then put aside. */
static gboolean
read_uncommitted (ArcStore *self, GError **error)
{
  g_autofree char *path = arc_state_directory_get_file (self->directory, UNCOMMITTED_NAME);
  g_autofree char *snapshot = arc_state_directory_get_file (self->directory, SNAPSHOT_NAME);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (ArcChanges) changes = NULL;
  g_autoptr (GError) read_error = NULL;

  bytes = arc_state_file_read (path, LIST_MAX_SIZE, &read_error);
  if (bytes != NULL)
    arc_uncommitted_parse (bytes, &changes, &read_error);
  else
    changes = arc_changes_new ();

  if (read_error != NULL)
    {
      /* Without it the snapshot would say too much, also to the next run. */
      if (arc_state_directory_lock (self->directory, NULL))
        g_unlink (snapshot);
      arc_state_file_put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
      return FALSE;
    }

  if (changes == NULL)
    g_clear_pointer (&self->uncommitted, arc_changes_free);
  else if (self->uncommitted != NULL)
    arc_changes_merge (self->uncommitted, changes);

  return TRUE;
}

void
arc_store_inputs_clear (ArcStoreInputs *inputs)
{
  g_clear_pointer (&inputs->settings, g_free);
  g_clear_pointer (&inputs->database, g_free);
  g_clear_pointer (&inputs->tree, g_free);
}

/* DATABASE and what INPUTS has, each with its NUL. Versions before 0.1.0 had the first alone, and
 * without one. */
static GBytes *
make_identity (const char *database, const ArcStoreInputs *inputs)
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

/* Whether IDENTITY is that of DATABASE. */
static gboolean
read_identity (GBytes *identity, const char *database, ArcStoreInputs *inputs)
{
  gsize size;
  const char *data = g_bytes_get_data (identity, &size);
  g_autofree char *text = g_strndup (data, size);
  char **const members[] = { &inputs->settings, &inputs->database, &inputs->tree };
  gsize at = strlen (text) + 1;

  if (strcmp (text, database) != 0)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (members) && at < size; i++)
    {
      *members[i] = g_strndup (data + at, size - at);
      at += strlen (*members[i]) + 1;
    }

  return TRUE;
}

ArcSnapshot *
arc_store_load_snapshot (ArcStore *self,
                         const char *database,
                         ArcStoreInputs *inputs,
                         GError **error)
{
  g_autoptr (ArcSnapshot) snapshot = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) identity = NULL;
  g_autofree char *path = arc_state_directory_get_file (self->directory, SNAPSHOT_NAME);
  g_autoptr (GError) read_error = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  bytes = arc_state_file_read (path, LIST_MAX_SIZE, &read_error);
  if (bytes != NULL)
    snapshot = arc_snapshot_parse (bytes, &identity, &read_error);

  if (read_error != NULL)
    {
      arc_state_file_put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
      return NULL;
    }

  /* That is known also of a database of which not all files are. */
  if (snapshot != NULL && !read_identity (identity, database, inputs))
    g_clear_pointer (&snapshot, arc_snapshot_free);

  if (!read_uncommitted (self, error))
    return NULL;

  if (snapshot == NULL || self->uncommitted == NULL)
    return NULL;

  arc_snapshot_mark_dirty (snapshot, self->uncommitted);

  return g_steal_pointer (&snapshot);
}

/* The turn of a write has come: where it can go. */
static void
begin_job (ArcStore *self)
{
  Job *job = &self->job;

  if (arc_state_directory_lock (self->directory, &job->error))
    job->own = arc_store_get_directory (self);
}

/* ERROR (nullable) is what is to be told of it. */
static void
end_job (ArcStore *self, Write write, GError **error)
{
  g_clear_error (&self->errors[write]);
  if (error != NULL)
    self->errors[write] = g_steal_pointer (error);

  g_clear_error (&self->job.error);
  g_clear_error (&self->job.list_error);
  g_free (self->job.changes);
  g_clear_pointer (&self->job.snapshot, g_byte_array_unref);
  g_clear_pointer (&self->job.problems, arc_problems_unref);
  g_clear_pointer (&self->job.history, g_bytes_unref);
  g_clear_pointer (&self->job.uncommitted, g_bytes_unref);
  g_clear_pointer (&self->job.list, g_bytes_unref);
  self->job = (Job){ 0 };

  self->news[write] = TRUE;
  g_source_set_ready_time (self->notice, 0);
}

/* In the thread: the file NAME of the state directory. FALSE, and job->error, if that cannot be. */
static gboolean
write_own (Job *job, const char *name, GBytes *bytes)
{
  g_autofree char *path = g_build_filename (job->own, name, NULL);

  return arc_state_file_write (path, bytes, G_FILE_SET_CONTENTS_DURABLE, &job->error);
}

static void
remove_own (Job *job, const char *name)
{
  g_autofree char *path = g_build_filename (job->own, name, NULL);

  g_unlink (path);
}

/* The error of the state directory, if it had one, is the problem of the store from now on. */
static void
set_problem (ArcStore *self)
{
  g_free (self->problem);
  self->problem = self->job.error != NULL ? g_strdup (self->job.error->message) : NULL;
}

static gboolean
begin_snapshot (gpointer owner)
{
  ArcStore *self = owner;

  begin_job (self);
  self->job.snapshot = g_steal_pointer (&self->next_snapshot);
  if (self->written_problems == NULL ||
      !arc_problems_equal (self->problems, self->written_problems))
    self->job.problems = arc_problems_ref (self->problems);

  return self->job.own != NULL;
}

static void
write_snapshot (gpointer owner)
{
  Job *job = &((ArcStore *) owner)->job;
  g_autoptr (GBytes) bytes = arc_frame_end (g_steal_pointer (&job->snapshot));
  g_autoptr (GBytes) problems =
      job->problems != NULL ? arc_problems_serialise (job->problems) : NULL;

  if (problems != NULL && !write_own (job, PROBLEMS_NAME, problems))
    return;

  if (!write_own (job, SNAPSHOT_NAME, bytes))
    return;

  /* Only now: until here both say the same of what the build took. */
  remove_own (job, UNCOMMITTED_NAME);
}

static void
end_snapshot (gpointer owner)
{
  ArcStore *self = owner;

  if (self->job.problems != NULL)
    {
      g_clear_pointer (&self->written_problems, arc_problems_unref);
      if (self->job.error == NULL)
        self->written_problems = arc_problems_ref (self->job.problems);
    }

  if (self->job.error == NULL)
    {
      g_clear_pointer (&self->uncommitted, arc_changes_free);
      self->uncommitted = arc_changes_new ();
      set_problem (self);
    }

  end_job (self, WRITE_SNAPSHOT, &self->job.error);
}

static gboolean
begin_changes (gpointer owner)
{
  ArcStore *self = owner;

  if (self->next_told == NULL)
    g_clear_pointer (&self->uncommitted, arc_changes_free);
  else if (self->uncommitted != NULL)
    arc_changes_merge (self->uncommitted, self->next_told);
  g_clear_pointer (&self->next_told, arc_changes_free);

  begin_job (self);
  self->job.uncommitted = arc_uncommitted_serialise (self->uncommitted);
  self->job.list = g_steal_pointer (&self->next_list);
  self->job.changes = arc_state_directory_get_runtime_file (self->directory, CHANGES_NAME);

  /* Another process may be building. */
  return !arc_error_is_locked (self->job.error);
}

static void
write_changes (gpointer owner)
{
  Job *job = &((ArcStore *) owner)->job;

  /* Without it the snapshot would say too much. If that cannot be removed, either, the next run
   * finds that the database is another one (arc_inputs_read_database()). */
  if (job->own != NULL && !write_own (job, UNCOMMITTED_NAME, job->uncommitted))
    remove_own (job, SNAPSHOT_NAME);

  /* The build does not outlive the machine, so its list need not be durable. */
  arc_state_file_write (job->changes, job->list, G_FILE_SET_CONTENTS_NONE, &job->list_error);
}

static void
end_changes (gpointer owner)
{
  ArcStore *self = owner;
  Job *job = &self->job;
  GError **reason = arc_error_is_locked (job->error) ? &job->error : &job->list_error;

  g_free (self->changes);
  self->changes = g_steal_pointer (&job->changes);
  set_problem (self);
  end_job (self, WRITE_CHANGES, reason);
}

static gboolean
begin_history (gpointer owner)
{
  ArcStore *self = owner;

  begin_job (self);
  self->job.history = g_steal_pointer (&self->next_history);

  return self->job.own != NULL;
}

static void
write_history (gpointer owner)
{
  Job *job = &((ArcStore *) owner)->job;

  write_own (job, HISTORY_NAME, job->history);
}

static void
end_history (gpointer owner)
{
  ArcStore *self = owner;

  if (self->job.error == NULL)
    set_problem (self);

  end_job (self, WRITE_HISTORY, &self->job.error);
}

static const ArcWrite writes[N_WRITES] = {
  [WRITE_SNAPSHOT] = { begin_snapshot, write_snapshot, end_snapshot },
  [WRITE_CHANGES] = { begin_changes, write_changes, end_changes },
  [WRITE_HISTORY] = { begin_history, write_history, end_history },
};

static gboolean
on_notice (gpointer user_data)
{
  g_autoptr (ArcStore) self = g_object_ref (user_data);

  g_source_set_ready_time (self->notice, -1);
  for (Write i = 0; i < N_WRITES; i++)
    {
      /* The next one of its kind will tell. */
      if (!self->news[i] || arc_write_queue_has (self->writes, &writes[i]))
        continue;

      self->news[i] = FALSE;
      g_signal_emit (self, signals[i], 0);
    }

  return G_SOURCE_CONTINUE;
}

static void
begin (ArcStore *self, Write write)
{
  g_clear_error (&self->errors[write]);
  self->news[write] = FALSE;
  arc_write_queue_add (self->writes, &writes[write]);
}

static gboolean
end (ArcStore *self, Write write, GError **error)
{
  arc_write_queue_wait (self->writes, &writes[write]);
  self->news[write] = FALSE;
  if (self->errors[write] == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&self->errors[write]));
  return FALSE;
}

void
arc_store_flush (ArcStore *self)
{
  g_return_if_fail (ARC_IS_STORE (self));

  arc_write_queue_wait (self->writes, NULL);
}

void
arc_store_begin_changes (ArcStore *self, const ArcChanges *changes)
{
  g_return_if_fail (ARC_IS_STORE (self));
  g_return_if_fail (changes != NULL);

  g_clear_pointer (&self->next_told, arc_changes_free);
  self->next_told = arc_changes_new ();
  arc_changes_merge (self->next_told, changes);
  g_clear_pointer (&self->next_list, g_bytes_unref);
  self->next_list = arc_changes_serialise (changes);
  begin (self, WRITE_CHANGES);
}

void
arc_store_begin_everything (ArcStore *self, const ArcSnapshot *snapshot)
{
  g_return_if_fail (ARC_IS_STORE (self));
  g_return_if_fail (snapshot != NULL);

  g_clear_pointer (&self->next_told, arc_changes_free);
  g_clear_pointer (&self->next_list, g_bytes_unref);
  self->next_list = arc_snapshot_serialise_list (snapshot);
  begin (self, WRITE_CHANGES);
}

const char *
arc_store_end_changes (ArcStore *self, GError **error)
{
  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  return end (self, WRITE_CHANGES, error) ? self->changes : NULL;
}

void
arc_store_begin_commit (ArcStore *self,
                        const ArcSnapshot *snapshot,
                        const ArcChanges *pending,
                        const char *database,
                        const ArcStoreInputs *inputs)
{
  g_autoptr (GBytes) identity = make_identity (database, inputs);

  g_return_if_fail (ARC_IS_STORE (self));

  g_clear_pointer (&self->next_snapshot, g_byte_array_unref);
  self->next_snapshot = arc_snapshot_frame (snapshot, pending, identity);
  begin (self, WRITE_SNAPSHOT);
}

gboolean
arc_store_end_commit (ArcStore *self, GError **error)
{
  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  return end (self, WRITE_SNAPSHOT, error);
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
arc_store_open_group (ArcStore *self)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), -1);

  path = arc_state_directory_get_runtime_file (self->directory, GROUP_NAME);

  return make_group_file (path);
}

void
arc_store_forget_group (ArcStore *self)
{
  g_autofree char *path = NULL;

  g_return_if_fail (ARC_IS_STORE (self));

  path = arc_state_directory_get_runtime_file (self->directory, GROUP_NAME);
  g_unlink (path);
}

/* The same for what the file PATH says, with the change list beside it. */
static gboolean
end_leftover (const char *path, gint64 grace)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *assignment =
      g_strconcat ("ARCOLOGY_CHANGES=", directory, "/" CHANGES_NAME, NULL);
  gsize length;
  g_autofree char *text = arc_read_file (path, ARC_READ_DEFAULT, GROUP_MAX_SIZE, &length, NULL);
  guint64 group;
  const gboolean found =
      text != NULL &&
      g_ascii_string_to_unsigned (g_strchomp (text), 10, 2, G_MAXINT, &group, NULL) &&
      arc_process_group_end (group, assignment, grace);

  g_unlink (path);

  return found;
}

gboolean
arc_store_end_leftover (ArcStore *self, gint64 grace)
{
  g_autofree char *runtime = NULL;
  g_autofree char *own = NULL;
  gboolean found;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  /* It is in the state directory if XDG_RUNTIME_DIR was not there, or an older version ran. */
  runtime = arc_state_directory_get_runtime_file (self->directory, GROUP_NAME);
  own = arc_state_directory_get_file (self->directory, GROUP_NAME);
  found = end_leftover (runtime, grace);

  return end_leftover (own, grace) || found;
}

GPtrArray *
arc_store_load_history (ArcStore *self, GError **error)
{
  g_autofree char *path = arc_state_directory_get_file (self->directory, HISTORY_NAME);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = arc_state_file_read (path, HISTORY_MAX_SIZE, &read_error);
  GPtrArray *builds = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  if (bytes != NULL)
    builds = arc_history_parse (bytes, &read_error);

  if (read_error != NULL)
    {
      arc_state_file_put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
    }

  return builds != NULL ? builds : g_ptr_array_new_with_free_func ((GDestroyNotify) arc_build_free);
}

ArcProblems *
arc_store_load_problems (ArcStore *self, GError **error)
{
  g_autofree char *path = arc_state_directory_get_file (self->directory, PROBLEMS_NAME);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = arc_state_file_read (path, PROBLEMS_MAX_SIZE, &read_error);
  ArcProblems *problems = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  if (bytes != NULL)
    problems = arc_problems_parse (bytes, &read_error);

  if (read_error != NULL)
    {
      arc_state_file_put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
    }

  if (problems == NULL)
    problems = arc_problems_new ();
  g_clear_pointer (&self->written_problems, arc_problems_unref);
  self->written_problems = arc_problems_ref (problems);

  return problems;
}

void
arc_store_set_problems (ArcStore *self, ArcProblems *problems)
{
  g_return_if_fail (ARC_IS_STORE (self));

  arc_problems_ref (problems);
  arc_problems_unref (self->problems);
  self->problems = problems;
}

void
arc_store_begin_history (ArcStore *self, const GPtrArray *builds)
{
  g_return_if_fail (ARC_IS_STORE (self));

  g_clear_pointer (&self->next_history, g_bytes_unref);
  self->next_history = arc_history_serialise (builds);
  begin (self, WRITE_HISTORY);
}

gboolean
arc_store_end_history (ArcStore *self, GError **error)
{
  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  return end (self, WRITE_HISTORY, error);
}

gboolean
arc_store_get_paused (ArcStore *self)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  path = arc_state_directory_get_file (self->directory, PAUSED_NAME);

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
arc_store_set_paused (ArcStore *self, gboolean paused, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  path = arc_state_directory_get_file (self->directory, PAUSED_NAME);
  if (paused)
    return arc_state_directory_lock (self->directory, error) && make_flag (path, error);

  if (!arc_state_directory_lock (self->directory, error))
    return FALSE;

  if (g_unlink (path) < 0 && errno != ENOENT)
    {
      arc_state_file_set_error (error, path, "Cannot remove the file");
      return FALSE;
    }

  return TRUE;
}

static void
arc_store_finalize (GObject *object)
{
  ArcStore *self = ARC_STORE (object);

  arc_store_unlock (self);
  arc_write_queue_free (self->writes);
  g_source_destroy (self->notice);
  g_source_unref (self->notice);
  for (Write i = 0; i < N_WRITES; i++)
    g_clear_error (&self->errors[i]);
  g_free (self->changes);
  g_free (self->problem);
  arc_state_directory_free (self->directory);
  g_clear_pointer (&self->uncommitted, arc_changes_free);
  g_clear_pointer (&self->problems, arc_problems_unref);
  g_clear_pointer (&self->written_problems, arc_problems_unref);

  G_OBJECT_CLASS (arc_store_parent_class)->finalize (object);
}

static void
arc_store_init (ArcStore *self)
{
  self->writes = arc_write_queue_new (self);
  self->notice =
      arc_ready_source_new ("ArcStore", g_main_context_get_thread_default (), on_notice, self);
  self->uncommitted = arc_changes_new ();
  self->problems = arc_problems_new ();
  self->written_problems = arc_problems_ref (self->problems);
}

static guint
add_signal (const char *name)
{
  return g_signal_new (name, ARC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       0);
}

static void
arc_store_class_init (ArcStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_store_finalize;

  signals[WRITE_SNAPSHOT] = add_signal ("committed");
  signals[WRITE_CHANGES] = add_signal ("changes-written");
  signals[WRITE_HISTORY] = add_signal ("history-written");
}

ArcStore *
arc_store_new (const char *directory)
{
  static const char *const written[] = { SNAPSHOT_NAME, UNCOMMITTED_NAME, HISTORY_NAME,
                                         PROBLEMS_NAME, CHANGES_NAME,     NULL };
  ArcStore *self = g_object_new (ARC_TYPE_STORE, NULL);

  self->directory = arc_state_directory_new (directory, written);

  return self;
}
