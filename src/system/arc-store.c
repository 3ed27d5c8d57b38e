/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-store.h"

#include "core/arc-error.h"
#include "core/arc-frame.h"
#include "core/arc-history.h"
#include "core/arc-snapshot-file.h"
#include "core/arc-uncommitted.h"
#include "system/arc-lock-file.h"
#include "system/arc-logs.h"
#include "system/arc-process-group.h"
#include "system/arc-ready-source.h"
#include "system/arc-spare.h"
#include "system/arc-state-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define CHANGES_NAME     "changes"
#define GROUP_NAME       "group"
#define HISTORY_NAME     "history"
#define LOCK_NAME        "lock"
#define PAUSED_NAME      "paused"
#define SNAPSHOT_NAME    "snapshot"
#define UNCOMMITTED_NAME "uncommitted"

struct _ArcStore
{
  GObject parent_instance;

  char *directory;         /* (owned) */
  char *spare;             /* (owned) (nullable): see get_spare() */
  char *changes;           /* (owned) (nullable): the path of the last change list */
  char *problem;           /* (owned) (nullable): why the spare directory is in use */
  ArcChanges *uncommitted; /* (owned) (nullable): NULL if everything may have changed */

  /* A commit that is under way. */
  GThread *committer;   /* (owned) (nullable): what writes */
  GByteArray *snapshot; /* (owned) (nullable): what is to be written */
  GError *commit_error; /* (owned) (nullable): of the last one; the thread's until it has ended */
  GSource *notice;      /* (owned): tells of its end */

  int lock;       /* -1 if we do not have it */
  int spare_lock; /* the same */
  guint64 last_build;
};

enum
{
  SIGNAL_COMMITTED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcStore, arc_store, G_TYPE_OBJECT)

static char *
get_path (ArcStore *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

/* (nullable): what stands in for the state directory; it is made if need be. Valid until the next
 * call. */
static const char *
get_spare (ArcStore *self, GError **error)
{
  /* Whoever logs out and in again may find that systemd-logind has emptied XDG_RUNTIME_DIR. */
  if (self->spare != NULL && g_file_test (self->spare, G_FILE_TEST_IS_DIR))
    return self->spare;

  g_free (self->spare);
  self->spare = arc_spare_make (self->directory, error);

  return self->spare;
}

/* (nullable) (transfer full) */
static char *
get_spare_path (ArcStore *self, const char *name)
{
  const char *spare = get_spare (self, NULL);

  return spare != NULL ? g_build_filename (spare, name, NULL) : NULL;
}

static gboolean
is_locked_error (const GError *error /* (nullable) */)
{
  return g_error_matches (error, ARC_ERROR, ARC_ERROR_LOCKED);
}

/* Remembers WHY the state directory cannot be written. */
static void
set_problem (ArcStore *self, const GError *why)
{
  g_autofree char *spare = NULL;

  g_free (self->problem);
  if (self->spare == NULL || is_locked_error (why))
    {
      self->problem = g_strdup (why->message);
      return;
    }

  spare = g_filename_display_name (self->spare);
  self->problem =
      g_strdup_printf ("%s. Until it can be used again, %s takes its place", why->message, spare);
}

static void
close_lock (int *lock)
{
  if (*lock >= 0)
    close (*lock);
  *lock = -1;
}

/* LOCK is then that of DIRECTORY. */
static gboolean
take_lock (ArcStore *self, const char *directory, int *lock, GError **error)
{
  static const char *const written[] = { SNAPSHOT_NAME, UNCOMMITTED_NAME, CHANGES_NAME,
                                         HISTORY_NAME,  PAUSED_NAME,      NULL };
  g_autofree char *path = g_build_filename (directory, LOCK_NAME, NULL);

  if (*lock >= 0 && arc_lock_file_is_at (*lock, path))
    return TRUE;

  /* Or somebody has removed it, with its directory. */
  close_lock (lock);
  *lock = arc_lock_file_take (path, self->directory, error);
  if (*lock < 0)
    return FALSE;

  arc_state_file_remove_leftovers (directory, written);

  return TRUE;
}

/* The lock where everybody looks for it, also those that have another spare directory. Nothing of
 * the state directory may be written without it. */
static gboolean
take_own_lock (ArcStore *self, GError **error)
{
  g_autoptr (GError) directory_error = NULL;
  g_autoptr (GError) lock_error = NULL;
  GError **reason = &lock_error;

  /* A lock that is there will do, whatever the directory is like. */
  arc_state_file_make_directory (self->directory, &directory_error);
  if (take_lock (self, self->directory, &self->lock, &lock_error))
    return TRUE;

  if (directory_error != NULL && !is_locked_error (lock_error))
    reason = &directory_error;
  g_propagate_error (error, g_steal_pointer (reason));

  return FALSE;
}

/* The same for the spare directory, which is made if need be. */
static gboolean
take_spare_lock (ArcStore *self, GError **error)
{
  const char *spare = get_spare (self, error);

  return spare != NULL && take_lock (self, spare, &self->spare_lock, error);
}

static void settle_commit (ArcStore *self);

gboolean
arc_store_lock (ArcStore *self, GError **error)
{
  g_autoptr (GError) spare_error = NULL;
  g_autoptr (GError) own_error = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  /* Always both, so that one who can write the state directory meets one who could not. */
  take_spare_lock (self, &spare_error);
  if (!is_locked_error (spare_error) && take_own_lock (self, &own_error))
    return TRUE;

  if (own_error == NULL)
    g_propagate_error (error, g_steal_pointer (&spare_error));
  else if (self->spare_lock < 0 || is_locked_error (own_error))
    g_propagate_error (error, g_steal_pointer (&own_error));
  else
    {
      set_problem (self, own_error);
      return TRUE;
    }

  arc_store_unlock (self);
  return FALSE;
}

void
arc_store_unlock (ArcStore *self)
{
  g_return_if_fail (ARC_IS_STORE (self));

  settle_commit (self);
  close_lock (&self->lock);
  close_lock (&self->spare_lock);
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

  return self->directory;
}

/* (transfer full) (nullable): the log of build ID, if it is in the spare directory. */
static char *
find_spare_log (ArcStore *self, guint64 id)
{
  const char *spare = get_spare (self, NULL);
  g_autofree char *log = spare != NULL ? arc_logs_get_path (spare, id) : NULL;

  return log != NULL && g_file_test (log, G_FILE_TEST_EXISTS) ? g_steal_pointer (&log) : NULL;
}

char *
arc_store_get_log (ArcStore *self, guint64 id)
{
  char *log;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  log = find_spare_log (self, id);

  return log != NULL ? log : arc_logs_get_path (self->directory, id);
}

guint64
arc_store_next_build (ArcStore *self)
{
  const char *spare;

  g_return_val_if_fail (ARC_IS_STORE (self), 0);

  spare = get_spare (self, NULL);
  self->last_build = MAX (self->last_build, arc_logs_get_newest (self->directory));
  if (spare != NULL)
    self->last_build = MAX (self->last_build, arc_logs_get_newest (spare));

  return ++self->last_build;
}

char *
arc_store_prepare_log (ArcStore *self, guint64 id, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  char *log;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  /* Somebody may already read it where it is. */
  log = find_spare_log (self, id);
  if (log == NULL && take_own_lock (self, &own_error))
    log = arc_logs_make (self->directory, id, &own_error);
  if (log == NULL && take_spare_lock (self, NULL))
    log = arc_logs_make (self->spare, id, NULL);
  if (log == NULL)
    g_propagate_error (error, g_steal_pointer (&own_error));

  return log;
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
  fd = open (log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0)
    return fd;

  if (errno == ENOENT)
    g_set_error (error, ARC_ERROR, ARC_ERROR_NO_SUCH_BUILD,
                 "There is no log of build %" G_GUINT64_FORMAT, id);
  else
    arc_state_file_set_error (error, log, "Cannot read the log");

  return -1;
}

/* Whether the state directory is there, and may be written. */
static gboolean
prepare_own (ArcStore *self, GError **error)
{
  return take_own_lock (self, error) && arc_state_file_make_directory (self->directory, error);
}

/* Writes the file NAME of the state directory. */
static gboolean
write_own (
    ArcStore *self, const char *name, GBytes *bytes, GFileSetContentsFlags flags, GError **error)
{
  g_autofree char *path = get_path (self, name);

  return prepare_own (self, error) && arc_state_file_write (path, bytes, flags, error);
}

static void
remove_own (ArcStore *self, const char *name)
{
  g_autofree char *path = get_path (self, name);

  if (take_own_lock (self, NULL))
    g_unlink (path);
}

static void
remove_both (ArcStore *self, const char *name)
{
  g_autofree char *spare_path = get_spare_path (self, name);

  remove_own (self, name);
  if (spare_path != NULL && take_spare_lock (self, NULL))
    g_unlink (spare_path);
}

static void
conclude_commit (ArcStore *self)
{
  if (self->commit_error != NULL)
    return;

  /* Only now: until here both say the same of what the build took. The list goes first: alone, it
   * would count as that of an older version. */
  remove_both (self, CHANGES_NAME);
  remove_both (self, UNCOMMITTED_NAME);
  g_clear_pointer (&self->uncommitted, arc_changes_free);
  self->uncommitted = arc_changes_new ();
  g_clear_pointer (&self->problem, g_free);
}

/* Waits for the thread that writes, if there is one. */
static void
settle_commit (ArcStore *self)
{
  if (self->committer == NULL)
    return;

  g_thread_join (g_steal_pointer (&self->committer));
  conclude_commit (self);
}

/* Writes the file NAME of the state directory or, if that cannot be, of the spare one; but not if
 * another process has either by now. (nullable): the directory that it is in. */
static const char *
write_either (
    ArcStore *self, const char *name, GBytes *bytes, GFileSetContentsFlags flags, GError **error)
{
  g_autofree char *spare_path = NULL;
  g_autoptr (GError) own_error = NULL;
  g_autoptr (GError) spare_error = NULL;
  GError **reason;

  if (write_own (self, name, bytes, flags, &own_error))
    return self->directory;

  if (!is_locked_error (own_error) && take_spare_lock (self, &spare_error))
    {
      spare_path = g_build_filename (self->spare, name, NULL);
      if (arc_state_file_write (spare_path, bytes, G_FILE_SET_CONTENTS_NONE, NULL))
        {
          set_problem (self, own_error);
          return self->spare;
        }
    }

  reason = is_locked_error (spare_error) ? &spare_error : &own_error;
  if (is_locked_error (*reason))
    set_problem (self, *reason);
  g_propagate_error (error, g_steal_pointer (reason));
  return NULL;
}

/* Writes what is not committed, and LIST, which the build reads. (nullable): the path of that. */
static const char *
write_list (ArcStore *self, GBytes *list, GError **error)
{
  g_autoptr (GBytes) uncommitted = arc_uncommitted_serialise (self->uncommitted);
  const char *kept_in =
      write_either (self, UNCOMMITTED_NAME, uncommitted, G_FILE_SET_CONTENTS_DURABLE, error);
  const char *list_in;

  if (kept_in == NULL)
    return NULL;

  /* The build does not outlive the machine, so this need not be durable. */
  list_in = write_either (self, CHANGES_NAME, list, G_FILE_SET_CONTENTS_NONE, error);
  if (list_in == NULL)
    return NULL;

  if (kept_in == self->directory && list_in == self->directory)
    g_clear_pointer (&self->problem, g_free);

  g_free (self->changes);
  self->changes = g_build_filename (list_in, CHANGES_NAME, NULL);

  return self->changes;
}

const char *
arc_store_write_changes (ArcStore *self, const ArcChanges *changes, GError **error)
{
  g_autoptr (GBytes) list = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);
  g_return_val_if_fail (changes != NULL, NULL);

  settle_commit (self);
  if (self->uncommitted != NULL)
    arc_changes_merge (self->uncommitted, changes);
  list = arc_changes_serialise (changes);

  return write_list (self, list, error);
}

const char *
arc_store_write_everything (ArcStore *self, const ArcSnapshot *snapshot, GError **error)
{
  g_autoptr (GBytes) list = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);
  g_return_val_if_fail (snapshot != NULL, NULL);

  settle_commit (self);
  g_clear_pointer (&self->uncommitted, arc_changes_free);
  list = arc_snapshot_serialise_list (snapshot);

  return write_list (self, list, error);
}

/* What DIRECTORY (nullable) says is not committed joins what this store knows of. FALSE and an
 * error if a file was damaged, which is then put aside. */
static gboolean
read_uncommitted (ArcStore *self, const char *directory, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (ArcChanges) changes = NULL;
  g_autoptr (GError) read_error = NULL;

  if (directory == NULL)
    return TRUE;

  path = g_build_filename (directory, UNCOMMITTED_NAME, NULL);
  bytes = arc_state_file_read (path, &read_error);
  if (bytes != NULL)
    {
      arc_uncommitted_parse (bytes, &changes, &read_error);
    }
  else if (read_error == NULL)
    {
      /* Versions before 0.1.0 had only the list that the build reads. */
      g_free (path);
      path = g_build_filename (directory, CHANGES_NAME, NULL);
      bytes = arc_state_file_read (path, &read_error);
      changes = bytes != NULL ? arc_changes_parse (bytes, &read_error) : arc_changes_new ();
    }

  if (read_error != NULL)
    {
      /* Without it the snapshot would say too much, also to the next run. */
      remove_own (self, SNAPSHOT_NAME);
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

ArcSnapshot *
arc_store_load_snapshot (ArcStore *self, const char *database, GError **error)
{
  g_autoptr (ArcSnapshot) snapshot = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) identity = NULL;
  g_autoptr (GBytes) expected = NULL;
  g_autofree char *path = get_path (self, SNAPSHOT_NAME);
  g_autoptr (GError) read_error = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  bytes = arc_state_file_read (path, &read_error);
  if (bytes != NULL)
    snapshot = arc_snapshot_parse (bytes, &identity, &read_error);

  if (read_error != NULL)
    {
      arc_state_file_put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
      return NULL;
    }

  if (!read_uncommitted (self, self->directory, error) ||
      !read_uncommitted (self, get_spare (self, NULL), error))
    return NULL;

  expected = g_bytes_new (database, strlen (database));
  if (snapshot == NULL || !g_bytes_equal (identity, expected) || self->uncommitted == NULL)
    return NULL;

  arc_snapshot_mark_dirty (snapshot, self->uncommitted);

  return g_steal_pointer (&snapshot);
}

static gpointer
write_snapshot (gpointer user_data)
{
  ArcStore *self = user_data;
  g_autofree char *path = get_path (self, SNAPSHOT_NAME);
  g_autoptr (GBytes) bytes = arc_frame_end (g_steal_pointer (&self->snapshot));

  arc_state_file_write (path, bytes, G_FILE_SET_CONTENTS_DURABLE, &self->commit_error);
  g_source_set_ready_time (self->notice, 0);

  return NULL;
}

static gboolean
on_notice (gpointer user_data)
{
  ArcStore *self = user_data;

  g_source_set_ready_time (self->notice, -1);
  g_signal_emit (self, signals[SIGNAL_COMMITTED], 0);

  return G_SOURCE_CONTINUE;
}

void
arc_store_begin_commit (ArcStore *self,
                        const ArcSnapshot *snapshot,
                        const ArcChanges *pending,
                        const char *database)
{
  g_autoptr (GBytes) identity = g_bytes_new (database, strlen (database));

  g_return_if_fail (ARC_IS_STORE (self));

  settle_commit (self);
  g_clear_error (&self->commit_error);
  g_source_set_ready_time (self->notice, -1);

  if (!prepare_own (self, &self->commit_error))
    {
      g_source_set_ready_time (self->notice, 0);
      return;
    }

  self->snapshot = arc_snapshot_frame (snapshot, pending, identity);
  self->committer = g_thread_try_new ("commit", write_snapshot, self, NULL);
  if (self->committer == NULL)
    {
      write_snapshot (self);
      conclude_commit (self);
    }
}

gboolean
arc_store_end_commit (ArcStore *self, GError **error)
{
  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  settle_commit (self);
  if (self->commit_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&self->commit_error));
  return FALSE;
}

/* Room for a number, so that a disk that is full is found out before it is too late. */
static int
make_group_file (const char *path)
{
  static const char room[16] = "               \n";
  const int fd =
      open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, ARC_STATE_FILE_MODE);

  if (fd >= 0 && write (fd, room, sizeof room) == sizeof room)
    return fd;

  if (fd >= 0)
    close (fd);
  g_unlink (path);

  return -1;
}

int
arc_store_open_group (ArcStore *self)
{
  g_autofree char *path = get_path (self, GROUP_NAME);
  g_autofree char *spare_path = get_spare_path (self, GROUP_NAME);
  int fd;

  g_return_val_if_fail (ARC_IS_STORE (self), -1);

  /* It is of use only as long as the machine runs, so it need not be durable. */
  fd = take_own_lock (self, NULL) ? make_group_file (path) : -1;
  if (fd < 0 && spare_path != NULL && take_spare_lock (self, NULL))
    fd = make_group_file (spare_path);

  return fd;
}

void
arc_store_forget_group (ArcStore *self)
{
  g_return_if_fail (ARC_IS_STORE (self));

  remove_both (self, GROUP_NAME);
}

/* DIRECTORY is where the number of the group is, and ASSIGNMENT what its processes have in their
 * environment. */
static gboolean
end_leftover (const char *directory, const char *assignment, gint64 grace)
{
  g_autofree char *path = g_build_filename (directory, GROUP_NAME, NULL);
  g_autofree char *text = NULL;
  guint64 group;

  return g_file_get_contents (path, &text, NULL, NULL) &&
         g_ascii_string_to_unsigned (g_strchomp (text), 10, 2, G_MAXINT, &group, NULL) &&
         arc_process_group_end (group, assignment, grace);
}

gboolean
arc_store_end_leftover (ArcStore *self, gint64 grace)
{
  const char *directories[] = { self->directory, get_spare (self, NULL) };
  gboolean found = FALSE;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  /* Either file may be where the other is not. */
  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    for (guint j = 0; j < G_N_ELEMENTS (directories); j++)
      if (directories[i] != NULL && directories[j] != NULL)
        {
          g_autofree char *assignment =
              g_strconcat ("ARCOLOGY_CHANGES=", directories[j], "/" CHANGES_NAME, NULL);

          found |= end_leftover (directories[i], assignment, grace);
        }

  arc_store_forget_group (self);

  return found;
}

GPtrArray *
arc_store_load_history (ArcStore *self, GError **error)
{
  g_autofree char *path = get_path (self, HISTORY_NAME);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = arc_state_file_read (path, &read_error);
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

gboolean
arc_store_save_history (ArcStore *self, const GPtrArray *builds, GError **error)
{
  g_autoptr (GBytes) bytes = arc_history_serialise (builds);

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  if (!write_own (self, HISTORY_NAME, bytes, G_FILE_SET_CONTENTS_DURABLE, error))
    return FALSE;

  g_clear_pointer (&self->problem, g_free);
  return TRUE;
}

gboolean
arc_store_get_paused (ArcStore *self)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  path = get_path (self, PAUSED_NAME);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

gboolean
arc_store_set_paused (ArcStore *self, gboolean paused, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GBytes) nothing = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  path = get_path (self, PAUSED_NAME);
  nothing = g_bytes_new (NULL, 0);
  if (paused)
    return write_own (self, PAUSED_NAME, nothing, G_FILE_SET_CONTENTS_DURABLE, error);

  if (!take_own_lock (self, error))
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
  g_source_destroy (self->notice);
  g_source_unref (self->notice);
  g_clear_error (&self->commit_error);
  g_free (self->changes);
  g_free (self->directory);
  g_free (self->problem);
  g_free (self->spare);
  g_clear_pointer (&self->uncommitted, arc_changes_free);

  G_OBJECT_CLASS (arc_store_parent_class)->finalize (object);
}

static void
arc_store_init (ArcStore *self)
{
  self->notice =
      arc_ready_source_new ("ArcStore", g_main_context_get_thread_default (), on_notice, self);
  self->lock = -1;
  self->spare_lock = -1;
  self->uncommitted = arc_changes_new ();
}

static void
arc_store_class_init (ArcStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_store_finalize;

  signals[SIGNAL_COMMITTED] = g_signal_new ("committed", ARC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL,
                                            NULL, NULL, G_TYPE_NONE, 0);
}

ArcStore *
arc_store_new (const char *directory)
{
  ArcStore *self = g_object_new (ARC_TYPE_STORE, NULL);

  self->directory = g_strdup (directory);

  return self;
}
