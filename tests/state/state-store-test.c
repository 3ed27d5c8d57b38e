/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-store.h"

#include "common/error.h"
#include "state/build-log-dir.h"
#include "state/state-dir.h"
#include "test-disk.h"
#include "test-util.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char *parent;         /* (owned): a directory that is there */
  char *directory;      /* (owned): one below it that is not */
  ArcStateStore *store; /* (owned) (nullable) */
} Fixture;

/* The last warning; the handler of logs can be set once, and no test can hand it another context.
 */
static char *warning;

static void
keep_warning (const char *domain, GLogLevelFlags level, const char *message, gpointer unused)
{
  if ((level & G_LOG_LEVEL_WARNING) == 0)
    {
      g_log_default_handler (domain, level, message, NULL);
      return;
    }

  g_free (warning);
  warning = g_strdup (message);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&warning, g_free);
  fixture->parent = g_dir_make_tmp ("arc-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->directory = g_build_filename (fixture->parent, "state", "arcology-builder", NULL);
  fixture->store = arc_state_store_new (fixture->directory);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->store);
  remove_tree (fixture->parent);
  g_free (fixture->directory);
  g_free (fixture->parent);
}

static char *
get_path (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, name, NULL);
}

static char *
get_runtime_path (Fixture *fixture, const char *name)
{
  g_autoptr (ArcStateDir) directory = arc_state_dir_new (fixture->directory, NULL);

  return arc_state_dir_get_runtime_file (directory, name);
}

static void
assert_mode (const char *path, guint mode)
{
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, mode);
}

static void
assert_names (const char *path, guint n)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint found = 0;

  while (g_dir_read_name (dir) != NULL)
    found++;
  g_assert_cmpuint (found, ==, n);
}

/* Any that is there. */
#define DATABASE "/dev/null"

static const ArcStateStoreInputs inputs = { .settings = (char *) "settings",
                                            .database = (char *) "database",
                                            .tree = (char *) "tree" };

/* What arc_state_store_prepare_async() came to. */
typedef struct
{
  gboolean done;
  ArcBuildFiles files; /* (owned) */
  GError *error;       /* (owned) (nullable) */
} Prepared;

static void
prepared_clear (Prepared *prepared)
{
  arc_build_files_clear (&prepared->files);
  g_clear_error (&prepared->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Prepared, prepared_clear)

static void
on_prepared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Prepared *prepared = user_data;

  arc_state_store_prepare_finish (ARC_STATE_STORE (source), result, &prepared->files,
                                  &prepared->error);
  prepared->done = TRUE;
}

/* A snapshot of a.org and b.org. */
static ArcSnapshot *
make_snapshot (void)
{
  const ArcFingerprint print = { .inode = 1, .size = 2, .mtime_ns = 3, .ctime_ns = 4 };
  ArcSnapshot *snapshot = arc_snapshot_new ();

  arc_snapshot_set_file (snapshot, "/org", "a.org", &print, NULL);
  arc_snapshot_set_file (snapshot, "/org", "b.org", &print, NULL);

  return snapshot;
}

/* A build of CHANGES, or of everything if that is NULL, with the notes of make_snapshot(). */
static void
begin_prepare (ArcStateStore *store,
               const ArcChangeSet *changes,
               GCancellable *cancellable,
               Prepared *prepared)
{
  g_autoptr (ArcSnapshot) snapshot = make_snapshot ();
  g_autoptr (ArcBuild) build =
      arc_build_new (1, changes != NULL ? ARC_BUILD_INCREMENTAL : ARC_BUILD_FULL, ARC_CAUSE_REQUEST,
                     1);
  const ArcStateStoreRecord record = { DATABASE, &inputs, snapshot, changes };

  arc_state_store_prepare_async (store, build, changes, &record, cancellable, on_prepared,
                                 prepared);
}

static const char *
write_changes (ArcStateStore *store, const ArcChangeSet *changes, GError **error)
{
  g_auto (Prepared) prepared = { 0 };

  begin_prepare (store, changes, NULL, &prepared);
  arc_test_wait_until (prepared.done);
  if (prepared.error != NULL)
    g_propagate_error (error, g_steal_pointer (&prepared.error));

  return g_intern_string (prepared.files.changes);
}

/* One more build; why the history cannot be written, or NULL. */
static const char *
save_history (ArcStateStore *store)
{
  arc_state_store_add_build (store, arc_build_new (1, ARC_BUILD_FULL, ARC_CAUSE_REQUEST, 1));
  arc_state_store_unlock (store);

  return arc_state_store_get_problem (store);
}

/* There was one, and it says WHAT of the file PATH. */
static void
assert_warning (const char *what, const char *path)
{
  g_assert_nonnull (warning);
  g_assert_true (g_str_has_prefix (warning, what));
  g_assert_nonnull (strstr (warning, path));
  g_clear_pointer (&warning, g_free);
}

static void
open_store (ArcStateStore *store, const char *database)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  arc_state_store_unlock (store);
  arc_state_store_open_async (store, database, 0, NULL, arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);
  arc_state_store_open_finish (store, result, &error);
  g_assert_no_error (error);
}

static ArcSnapshot *
load (ArcStateStore *store, const char *database)
{
  g_auto (ArcStateStoreInputs) loaded = { 0 };
  ArcSnapshot *snapshot;

  open_store (store, database);
  snapshot = arc_state_store_load (store, database, &loaded);

  if (snapshot != NULL)
    {
      g_assert_cmpstr (loaded.settings, ==, inputs.settings);
      g_assert_cmpstr (loaded.database, ==, inputs.database);
      g_assert_cmpstr (loaded.tree, ==, inputs.tree);
    }

  return snapshot;
}

/* Why it cannot be written, or NULL. */
static const char *
commit (ArcStateStore *store,
        const ArcSnapshot *snapshot,
        const ArcChangeSet *pending,
        const char *database)
{
  const ArcStateStoreRecord record = { database, &inputs, snapshot, pending };

  arc_state_store_commit (store, &record);
  arc_state_store_unlock (store);

  return arc_state_store_get_problem (store);
}

/* Runs this program as another process on the state directory. */
static GSubprocess *
spawn_other (Fixture *fixture, const char *option)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  GSubprocess *process;

  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", g_get_user_runtime_dir (), TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, self, option, fixture->directory, NULL);
  g_assert_no_error (error);

  return process;
}

/* Until it has the lock, for which it was made to wait. */
static void
wait_until_ready (GSubprocess *other)
{
  g_autoptr (GError) error = NULL;
  char ready[8];

  g_input_stream_read (g_subprocess_get_stdout_pipe (other), ready, sizeof ready, NULL, &error);
  g_assert_no_error (error);
}

static gboolean
set_paused (ArcStateStore *store, gboolean paused, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  arc_state_store_set_paused_async (store, paused, arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);

  return arc_state_store_set_paused_finish (store, result, error);
}

/* What writes takes the lock. */
static gboolean
lock (ArcStateStore *store, GError **error)
{
  return set_paused (store, arc_state_store_get_paused (store), error);
}

static int
lock_and_wait (const char *directory)
{
  g_autoptr (ArcStateStore) store = arc_state_store_new (directory);
  g_autoptr (GError) error = NULL;

  /* If the test fails, nobody else ends this. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  lock (store, &error);
  g_assert_no_error (error);
  g_assert_cmpint (write (STDOUT_FILENO, "ready\n", 6), ==, 6);
  while (TRUE)
    pause ();

  return 0;
}

static int
try_lock (const char *directory)
{
  g_autoptr (ArcStateStore) store = arc_state_store_new (directory);

  return lock (store, NULL) ? 0 : 1;
}

/* Whether another process can have the lock. */
static gboolean
is_lock_free (Fixture *fixture)
{
  g_autoptr (GSubprocess) other = spawn_other (fixture, "--try-lock");

  g_assert_true (g_subprocess_wait (other, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (other));

  return g_subprocess_get_exit_status (other) == 0;
}

static void
test_lock (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (arc_state_store_get_directory (fixture->store), ==, fixture->directory);
  g_assert_false (g_file_test (fixture->directory, G_FILE_TEST_EXISTS));
  g_assert_true (lock (fixture->store, &error));
  g_assert_no_error (error);

  assert_mode (fixture->directory, 0700);
  assert_names (fixture->directory, 0);
  g_assert_false (is_lock_free (fixture));

  /* Ours already. */
  g_assert_true (lock (fixture->store, &error));
  g_assert_no_error (error);
  g_assert_false (is_lock_free (fixture));

  g_clear_object (&fixture->store);
  g_assert_true (is_lock_free (fixture));
}

static void
make_file (Fixture *fixture, const char *name)
{
  g_autofree char *path = get_path (fixture, name);

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static gboolean
is_there (Fixture *fixture, const char *name)
{
  g_autofree char *path = get_path (fixture, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Each time that it is killed in the middle of a write would leave a file for ever. */
static void
test_leftovers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (fixture->directory, 0700), ==, 0);
  make_file (fixture, "snapshot.A1B2C3");
  make_file (fixture, "changes.A1B2C3");
  make_file (fixture, "history.A1B2C3");
  make_file (fixture, "problems.A1B2C3");
  make_file (fixture, "history.damaged");
  make_file (fixture, "snapshot.org");
  make_file (fixture, "mine.A1B2C3");
  lock (fixture->store, &error);
  g_assert_no_error (error);

  g_assert_false (is_there (fixture, "snapshot.A1B2C3"));
  g_assert_false (is_there (fixture, "changes.A1B2C3"));
  g_assert_false (is_there (fixture, "history.A1B2C3"));
  g_assert_false (is_there (fixture, "problems.A1B2C3"));
  g_assert_true (is_there (fixture, "history.damaged"));
  g_assert_true (is_there (fixture, "snapshot.org"));
  g_assert_true (is_there (fixture, "mine.A1B2C3"));
}

/* Passes the lock on to a child, as fork(2) does until execve(2) closes the descriptor. The child
 * ends with the input. */
static int
lock_and_fork (const char *directory)
{
  g_autoptr (ArcStateStore) store = arc_state_store_new (directory);
  g_autoptr (GError) error = NULL;
  char byte;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  lock (store, &error);
  g_assert_no_error (error);
  if (fork () == 0)
    {
      g_assert_cmpint (write (STDOUT_FILENO, "ready\n", 6), ==, 6);
      g_assert_cmpint (read (STDIN_FILENO, &byte, 1), ==, 0);
      _exit (0);
    }
  while (TRUE)
    pause ();

  return 0;
}

static gboolean
finish_open (ArcStateStore *store, GAsyncResult **result, GError **error)
{
  g_autoptr (GAsyncResult) owned = NULL;

  arc_test_wait_until (*result != NULL);
  owned = g_steal_pointer (result);

  return arc_state_store_open_finish (store, owned, error);
}

/* A service is started at once after one that was killed while it started a child. */
static void
test_orphaned_lock (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) other = spawn_other (fixture, "--lock-and-fork");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start;

  wait_until_ready (other);
  arc_state_store_open_async (fixture->store, "/db", 0, NULL, arc_test_take_result, &result);
  g_assert_false (finish_open (fixture->store, &result, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_LOCKED);
  g_clear_error (&error);

  g_subprocess_force_exit (other);
  g_assert_true (g_subprocess_wait (other, NULL, NULL));
  g_assert_false (is_lock_free (fixture));

  /* The child keeps it for longer than execve(2) takes. */
  start = g_get_monotonic_time ();
  arc_state_store_open_async (fixture->store, "/db", 0, NULL, arc_test_take_result, &result);
  g_assert_false (finish_open (fixture->store, &result, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_LOCKED);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 2 * G_USEC_PER_SEC);
  g_clear_error (&error);

  /* Or not as long. */
  arc_state_store_open_async (fixture->store, "/db", 0, NULL, arc_test_take_result, &result);
  g_output_stream_close (g_subprocess_get_stdin_pipe (other), NULL, &error);
  g_assert_no_error (error);
  g_assert_true (finish_open (fixture->store, &result, &error));
  g_assert_no_error (error);
  g_assert_false (is_lock_free (fixture));
}

/* The main loop does not wait for the lock and the files, and what is written comes after them. */
static void
test_open_on_hanging_disk (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) paused = NULL;
  g_autoptr (GError) error = NULL;

  arc_test_disk_hang (fixture->directory);
  arc_state_store_open_async (fixture->store, "/db", 0, NULL, arc_test_take_result, &result);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
  arc_state_store_set_paused_async (fixture->store, TRUE, arc_test_take_result, &paused);
  arc_test_iterate_for (20);
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
  g_assert_null (paused);

  arc_test_disk_hang (NULL);
  g_assert_true (finish_open (fixture->store, &result, &error));
  g_assert_no_error (error);
  arc_test_wait_until (paused != NULL);
  g_assert_true (arc_state_store_set_paused_finish (fixture->store, paused, &error));
  g_assert_no_error (error);
  g_assert_true (is_there (fixture, "paused"));
}

/* Another service is waited for, until the patience is over or the wait is cancelled. */
static void
test_open_waits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) other = spawn_other (fixture, "--lock-and-wait");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  wait_until_ready (other);
  arc_state_store_open_async (fixture->store, "/db", 1, NULL, arc_test_take_result, &result);
  g_assert_false (finish_open (fixture->store, &result, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_LOCKED);
  g_clear_error (&error);

  arc_state_store_open_async (fixture->store, "/db", G_MAXINT64, cancellable, arc_test_take_result,
                              &result);
  g_cancellable_cancel (cancellable);
  g_assert_false (finish_open (fixture->store, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  arc_state_store_open_async (fixture->store, "/db", G_MAXINT64, NULL, arc_test_take_result,
                              &result);
  g_subprocess_force_exit (other);
  g_assert_true (finish_open (fixture->store, &result, &error));
  g_assert_no_error (error);
}

static void
test_locked_by_other (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) other = spawn_other (fixture, "--lock-and-wait");
  g_autofree char *owner = g_strdup_printf ("process %s:", g_subprocess_get_identifier (other));
  g_autoptr (GError) error = NULL;

  wait_until_ready (other);
  g_assert_false (lock (fixture->store, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_LOCKED);
  g_assert_true (strstr (error->message, owner) != NULL);
  g_assert_nonnull (strstr (error->message, fixture->directory));
  g_clear_error (&error);

  /* After a crash the lock is free by itself, whatever is in the file. */
  g_subprocess_force_exit (other);
  g_assert_true (g_subprocess_wait (other, NULL, NULL));
  lock (fixture->store, &error);
  g_assert_no_error (error);
}

/* A lock that the build inherited would pass on to a daemon that the build starts. */
static void
test_lock_is_not_inherited (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) child = NULL;

  g_assert_true (lock (fixture->store, NULL));
  /* The flag that leaves every descriptor as it is, but for the output: who reads that would wait
   * for the child if this test failed. */
  child = g_subprocess_new (G_SUBPROCESS_FLAGS_INHERIT_FDS | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                                G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                            NULL, "sleep", "1000", NULL);
  g_assert_nonnull (child);

  g_clear_object (&fixture->store);
  /* Linux lets the parent of a vfork(2) go on before it closes what has close-on-exec
   * (begin_new_exec() in fs/exec.c, Linux 6.1), and GLib spawns so. */
  arc_test_wait_until (is_lock_free (fixture));

  g_subprocess_force_exit (child);
  g_assert_true (g_subprocess_wait (child, NULL, NULL));
}

static void
test_unlock (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  arc_state_store_unlock (fixture->store);

  g_assert_true (lock (fixture->store, &error));
  g_assert_no_error (error);
  arc_state_store_unlock (fixture->store);
  g_assert_true (is_lock_free (fixture));

  g_assert_true (lock (fixture->store, &error));
  g_assert_no_error (error);
  g_assert_false (is_lock_free (fixture));
}

static void
test_directory_made_private (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_mkdir_with_parents (fixture->directory, 0755), ==, 0);
  g_assert_cmpint (g_chmod (fixture->directory, 0755), ==, 0);
  g_assert_true (lock (fixture->store, NULL));
  assert_mode (fixture->directory, 0700);
}

static void
assert_state_directory_error (GError **error, const char *path)
{
  g_assert_error (*error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY);
  g_assert_true (g_str_has_prefix ((*error)->message, path));
  g_clear_error (error);
}

/* Something else is where the directory should be. */
static void
test_directory_unusable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *in_the_way = g_build_filename (fixture->parent, "state", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (in_the_way, "", 0, NULL));
  g_assert_false (lock (fixture->store, &error));
  assert_state_directory_error (&error, fixture->directory);
  g_assert_false (set_paused (fixture->store, TRUE, &error));
  assert_state_directory_error (&error, fixture->directory);
  g_assert_false (arc_state_store_get_paused (fixture->store));

  g_assert_no_errno (g_unlink (in_the_way));
  g_assert_true (lock (fixture->store, &error));
  g_assert_no_error (error);
  g_assert_false (is_lock_free (fixture));
}

/* It is gone while the lock is held, and cannot be made again: builds go on. */
static void
test_directory_lost (Fixture *fixture, gconstpointer data)
{
  g_autofree char *in_the_way = g_build_filename (fixture->parent, "state", NULL);
  g_autofree char *text = NULL;
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (GError) error = NULL;
  const char *path;

  g_assert_true (lock (fixture->store, NULL));
  g_assert_null (arc_state_store_get_problem (fixture->store));
  remove_tree (in_the_way);
  g_assert_true (g_file_set_contents (in_the_way, "", 0, NULL));

  g_assert_cmpuint (arc_state_store_get_next_build (fixture->store), ==, 1);
  g_assert_null (arc_build_log_dir_make (fixture->directory, 7, &error));
  assert_state_directory_error (&error, fixture->directory);
  arc_change_set_add (changes, "/org/a.org", ARC_CHANGE_ADDED);
  path = write_changes (fixture->store, changes, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "A");
  assert_warning ("What is built now may be built again", fixture->directory);
  g_assert_nonnull (arc_state_store_get_problem (fixture->store));
  g_assert_nonnull (save_history (fixture->store));

  g_assert_no_errno (g_unlink (in_the_way));
  write_changes (fixture->store, changes, &error);
  g_assert_no_error (error);
  g_assert_true (
      g_str_has_prefix (arc_state_store_get_problem (fixture->store), "The history of builds"));
  g_assert_false (arc_state_store_retry (fixture->store));
  arc_test_wait_until (arc_state_store_get_problem (fixture->store) == NULL);
  g_assert_false (is_lock_free (fixture));
}

static void
assert_locked_error (GError **error)
{
  g_assert_error (*error, ARC_ERROR, ARC_ERROR_LOCKED);
  g_clear_error (error);
}

/* Each way to write the state directory is refused, and nothing of it is touched. */
static void
assert_no_writing (Fixture *fixture)
{
  static const char *const names[] = { "paused", "snapshot", "logs/1.log" };
  g_autofree char *logs = get_path (fixture, "logs");
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (g_mkdir (logs, 0700));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = get_path (fixture, names[i]);

      g_assert_true (g_file_set_contents (path, "of the other", -1, NULL));
    }

  g_assert_nonnull (save_history (fixture->store));
  assert_warning ("The history of builds is not kept: State directory ", fixture->directory);
  g_assert_nonnull (commit (fixture->store, snapshot, NULL, DATABASE));
  for (guint paused = 0; paused < 2; paused++)
    {
      g_assert_false (set_paused (fixture->store, paused, &error));
      assert_locked_error (&error);
    }

  g_assert_null (write_changes (fixture->store, changes, &error));
  assert_locked_error (&error);
  g_assert_true (g_str_has_suffix (arc_state_store_get_problem (fixture->store), "stop it first"));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = get_path (fixture, names[i]);
      g_autofree char *text = NULL;

      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      g_assert_cmpstr (text, ==, "of the other");
      g_assert_no_errno (g_unlink (path));
    }
  g_assert_no_errno (g_rmdir (logs));
  assert_names (fixture->directory, 0);
}

/* The state directory was removed, and the lock with it. */
static void
test_directory_removed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (GSubprocess) other = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (lock (fixture->store, NULL));
  remove_tree (fixture->directory);
  write_changes (fixture->store, changes, &error);
  g_assert_no_error (error);
  g_assert_false (is_lock_free (fixture));

  remove_tree (fixture->directory);
  other = spawn_other (fixture, "--lock-and-wait");
  wait_until_ready (other);
  assert_no_writing (fixture);
  g_subprocess_force_exit (other);
  g_assert_true (g_subprocess_wait (other, NULL, NULL));

  write_changes (fixture->store, changes, &error);
  g_assert_no_error (error);
  g_assert_null (save_history (fixture->store));
}

/* As after a logout: XDG_RUNTIME_DIR is gone, and nobody but root may make it. */
static void
test_no_runtime_directory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autofree char *runtime = get_runtime_path (fixture, "changes");
  g_autofree char *own = get_path (fixture, "changes");
  g_autofree char *directory = g_path_get_dirname (runtime);
  g_autoptr (GError) error = NULL;

  g_assert_true (lock (fixture->store, NULL));
  g_assert_cmpstr (write_changes (fixture->store, changes, &error), ==, runtime);
  remove_tree (directory);
  g_assert_cmpstr (write_changes (fixture->store, changes, &error), ==, runtime);
  assert_mode (directory, 0700);

  /* A dangling link cannot be made a directory, either. */
  remove_tree (directory);
  g_assert_no_errno (symlink ("/nowhere/at/all", directory));
  g_assert_cmpstr (write_changes (fixture->store, changes, &error), ==, own);
  g_assert_no_errno (g_unlink (directory));
  g_assert_no_error (error);
}

/* That of the next run. */
static guint64
get_next_build (Fixture *fixture)
{
  g_autoptr (ArcSnapshot) snapshot G_GNUC_UNUSED = load (fixture->store, DATABASE);

  return arc_state_store_get_next_build (fixture->store);
}

static void
test_next_build (Fixture *fixture, gconstpointer data)
{
  const char *const strange[] = {
    "0.log",        "007.log", "99",         "99.log~",
    "-99.log",      "+99.log", "99x.log",    ".log",
    "log",          "99.LOG",  " 99.log",    "99999999999999999999999.log",
    "98765.log.gz", "x99.log", "0x7fff.log", "18446744073709551615.log",
  };
  g_autofree char *logs = get_path (fixture, "logs");
  g_autofree char *log = get_path (fixture, "logs/41.log");
  g_autofree char *older = get_path (fixture, "logs/5.log");
  g_autofree char *newer = get_path (fixture, "logs/60.log");

  g_assert_cmpuint (get_next_build (fixture), ==, 1);

  g_assert_cmpint (g_mkdir_with_parents (logs, 0700), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (strange); i++)
    {
      g_autofree char *path = g_build_filename (logs, strange[i], NULL);

      g_assert_true (g_file_set_contents (path, "", 0, NULL));
    }
  g_assert_cmpuint (get_next_build (fixture), ==, 1);

  g_assert_true (g_file_set_contents (log, "", 0, NULL));
  g_assert_true (g_file_set_contents (older, "", 0, NULL));
  g_assert_cmpuint (get_next_build (fixture), ==, 42);

  /* The history has a newer build than the logs, or an older one. */
  arc_state_store_add_build (fixture->store,
                             arc_build_new (50, ARC_BUILD_FULL, ARC_CAUSE_REQUEST, 1));
  g_assert_cmpuint (get_next_build (fixture), ==, 51);
  g_assert_true (g_file_set_contents (newer, "", 0, NULL));
  g_assert_cmpuint (get_next_build (fixture), ==, 61);

  /* None of them is a log, so none is removed. */
  for (guint64 id = 100; id < 200; id++)
    {
      g_autofree char *path = arc_build_log_dir_make (fixture->directory, id, NULL);

      g_assert_true (g_file_set_contents (path, "", 0, NULL));
    }
  assert_names (logs, ARC_BUILD_LOG_DIR_MAX + G_N_ELEMENTS (strange));
}

static void
test_logs (Fixture *fixture, gconstpointer data)
{
  g_autofree char *logs = get_path (fixture, "logs");
  g_autofree char *again = NULL;

  for (guint i = 1; i <= 120; i++)
    {
      guint64 id = get_next_build (fixture);
      g_autofree char *expected = g_strdup_printf ("%s/%u.log", logs, i);
      g_autoptr (GError) error = NULL;
      g_autofree char *path = arc_build_log_dir_make (fixture->directory, id, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (path, ==, expected);
      g_assert_true (g_file_set_contents (path, "", 0, NULL));
      assert_names (logs, MIN (i, ARC_BUILD_LOG_DIR_MAX));
    }

  assert_mode (fixture->directory, 0700);
  assert_mode (logs, 0700);

  /* The newest are left, by number and not by the order of the names. */
  for (guint i = 1; i <= 120; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u.log", logs, i);

      g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, i > 120 - ARC_BUILD_LOG_DIR_MAX);
    }

  /* One that is there already counts once. */
  again = arc_build_log_dir_make (fixture->directory, 120, NULL);
  assert_names (logs, ARC_BUILD_LOG_DIR_MAX);

  g_assert_cmpuint (get_next_build (fixture), ==, 121);
}

/* The path of a log is known without a look at the disk. */
static void
test_log_is_remembered (Fixture *fixture, gconstpointer data)
{
  g_auto (Prepared) prepared = { 0 };
  g_auto (ArcStateStoreInputs) found = { 0 };
  g_autoptr (ArcSnapshot) snapshot = NULL;
  g_autofree char *before = arc_state_store_get_log (fixture->store, 1);
  g_autofree char *log = NULL;
  g_autofree char *of_next_life = NULL;
  g_autofree char *of_other = NULL;
  g_autoptr (ArcStateStore) next_life = arc_state_store_new (fixture->directory);

  g_assert_null (before);
  begin_prepare (fixture->store, NULL, NULL, &prepared);
  arc_test_wait_until (prepared.done);
  g_assert_no_error (prepared.error);
  g_assert_nonnull (prepared.files.log);

  arc_state_store_unlock (fixture->store);
  open_store (next_life, DATABASE);
  snapshot = arc_state_store_load (next_life, DATABASE, &found);
  /* A look at the disk would find nothing. */
  g_assert_no_errno (g_unlink (prepared.files.log));
  log = arc_state_store_get_log (fixture->store, 1);
  g_assert_cmpstr (log, ==, prepared.files.log);
  of_next_life = arc_state_store_get_log (next_life, 1);
  g_assert_cmpstr (of_next_life, ==, prepared.files.log);
  of_other = arc_state_store_get_log (next_life, 2);
  g_assert_null (of_other);
}

static void
test_changes (Fixture *fixture, gconstpointer data)
{
  const char expected[] = "A\0/org/a\xff.org\0D\0/org/b\nc.org";
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autofree char *path = get_runtime_path (fixture, "changes");
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *text = NULL;
  g_autofree char *nothing = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  arc_change_set_add (changes, "/org/b\nc.org", ARC_CHANGE_DELETED);
  arc_change_set_add (changes, "/org/a\xff.org", ARC_CHANGE_ADDED);
  g_assert_cmpstr (write_changes (fixture->store, changes, &error), ==, path);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_cmpmem (text, length, expected, sizeof expected);
  assert_mode (directory, 0700);
  assert_mode (path, 0600);

  /* The next list takes its place, and no temporary file stays. */
  arc_change_set_remove (changes, "/org/b\nc.org");
  arc_change_set_remove (changes, "/org/a\xff.org");
  write_changes (fixture->store, changes, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &nothing, &length, NULL));
  g_assert_cmpuint (length, ==, 0);
  /* And the record of the process group. */
  assert_names (directory, 2);
}

/* A build may still read the old list: it is replaced, not written over. */
static void
test_changes_atomic (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (GMappedFile) old = NULL;
  const char *path;

  arc_change_set_add (changes, "/org/a.org", ARC_CHANGE_ADDED);
  path = write_changes (fixture->store, changes, NULL);
  old = g_mapped_file_new (path, FALSE, NULL);

  arc_change_set_add (changes, "/org/a.org", ARC_CHANGE_DELETED);
  g_assert_nonnull (write_changes (fixture->store, changes, NULL));
  g_assert_cmpmem (g_mapped_file_get_contents (old), g_mapped_file_get_length (old),
                   "A\0/org/a.org", 13);
}

static void
test_changes_fail (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autofree char *path = get_runtime_path (fixture, "changes");
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (g_mkdir (path, 0700));
  g_assert_null (write_changes (fixture->store, changes, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY);
  g_assert_no_errno (g_rmdir (path));
}

/* It is not the state directory that has to be looked at. */
static void
test_no_files (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autofree char *path = get_runtime_path (fixture, "changes");
  g_autoptr (GError) error = NULL;

  g_assert_true (lock (fixture->store, NULL));
  arc_test_limit_files (0);
  g_assert_null (write_changes (fixture->store, changes, &error));
  arc_test_limit_files (G_MAXUINT);
  g_assert_null (strstr (error->message, "Look at the owner"));
  g_assert_nonnull (strstr (error->message, "Too many open files"));
  g_assert_nonnull (strstr (error->message, path));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY);
}

/* Whether the next run is paused. */
static gboolean
is_next_paused (Fixture *fixture)
{
  g_autoptr (ArcStateStore) next = arc_state_store_new (fixture->directory);
  g_autoptr (ArcSnapshot) snapshot G_GNUC_UNUSED = NULL;

  arc_state_store_unlock (fixture->store);
  snapshot = load (next, DATABASE);
  arc_state_store_unlock (next);

  return arc_state_store_get_paused (next);
}

static void
test_paused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "paused");

  g_assert_false (arc_state_store_get_paused (fixture->store));
  g_assert_true (set_paused (fixture->store, FALSE, NULL));

  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (set_paused (fixture->store, TRUE, NULL));
      g_assert_true (arc_state_store_get_paused (fixture->store));
      g_assert_true (is_next_paused (fixture));
      assert_mode (path, 0600);
    }

  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (set_paused (fixture->store, FALSE, NULL));
      g_assert_false (arc_state_store_get_paused (fixture->store));
      g_assert_false (is_next_paused (fixture));
    }
}

static void
test_paused_fail (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "paused");
  g_autofree char *in_the_way = get_path (fixture, "paused/in-the-way");
  g_autoptr (GError) error = NULL;

  g_assert_true (set_paused (fixture->store, TRUE, NULL));
  g_assert_no_errno (g_unlink (path));
  g_assert_cmpint (g_mkdir_with_parents (in_the_way, 0700), ==, 0);
  g_assert_false (set_paused (fixture->store, FALSE, &error));
  assert_state_directory_error (&error, path);
  g_assert_true (arc_state_store_get_paused (fixture->store));
  g_assert_null (arc_state_store_get_problem (fixture->store));
}

static void
make_leader (gpointer data)
{
  setsid ();
  /* If the test fails, nobody else ends this. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* A shell in a process group of its own, as a build is, that has said "ready". CHANGES is what its
 * environment says of the change list. */
static GSubprocess *
start_build (const char *script, const char *changes)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;
  GSubprocess *build;
  char ready[6];

  g_subprocess_launcher_setenv (launcher, "ARCOLOGY_CHANGES", changes, TRUE);
  g_subprocess_launcher_set_child_setup (launcher, make_leader, NULL, NULL);
  build = g_subprocess_launcher_spawn (launcher, &error, "/bin/sh", "-c", script, NULL);
  g_assert_no_error (error);
  g_assert_true (g_input_stream_read_all (g_subprocess_get_stdout_pipe (build), ready, sizeof ready,
                                          NULL, NULL, &error));
  g_assert_no_error (error);

  return build;
}

static pid_t
get_pid (GSubprocess *process)
{
  return g_ascii_strtoll (g_subprocess_get_identifier (process), NULL, 10);
}

/* As a build does at its start: it leaves what is behind its number, such as that of another one.
 */
static void
set_group (ArcStateStore *store, pid_t group)
{
  g_autoptr (ArcStateDir) directory =
      arc_state_dir_new (arc_state_store_get_directory (store), NULL);
  g_autofree char *path = arc_state_dir_get_runtime_file (directory, "group");
  g_autofree char *text = g_strdup_printf ("%d\n1234567\n", (int) group);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

typedef struct
{
  gboolean done;
  gboolean found;
} Ended;

static void
on_leftover_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Ended *ended = user_data;
  g_autoptr (GError) error = NULL;

  ended->found = arc_state_store_end_leftover_finish (ARC_STATE_STORE (source), result, &error);
  g_assert_no_error (error);
  ended->done = TRUE;
}

/* Returns: whether there was something. */
static gboolean
end_leftover (ArcStateStore *store, gint64 grace)
{
  Ended ended = { FALSE, FALSE };

  arc_state_store_end_leftover_async (store, grace, NULL, on_leftover_ended, &ended);
  arc_test_wait_until (ended.done);
  /* Until the record is removed. */
  arc_state_store_unlock (store);

  return ended.found;
}

static void
test_leftover (Fixture *fixture, gconstpointer script)
{
  g_autoptr (ArcStateStore) next = NULL;
  g_autoptr (GSubprocess) build = NULL;
  g_autofree char *changes = get_runtime_path (fixture, "changes");

  g_assert_true (lock (fixture->store, NULL));
  build = start_build (script, changes);
  set_group (fixture->store, get_pid (build));

  arc_state_store_unlock (fixture->store);
  next = arc_state_store_new (fixture->directory);
  g_assert_true (end_leftover (next, 100 * G_TIME_SPAN_MILLISECOND));
  g_assert_true (g_subprocess_wait (build, NULL, NULL));
  g_assert_true (g_subprocess_get_if_signaled (build));

  /* And that was it. */
  g_assert_false (end_leftover (next, 0));
}

/* XDG_RUNTIME_DIR was not there. */
static void
test_leftover_in_state (Fixture *fixture, gconstpointer data)
{
  g_autofree char *changes = get_path (fixture, "changes");
  g_autofree char *group = get_path (fixture, "group");
  g_autofree char *text = NULL;
  g_autoptr (GSubprocess) build = NULL;

  g_assert_true (lock (fixture->store, NULL));
  build = start_build ("echo ready; exec tail -f /dev/null", changes);
  text = g_strdup_printf ("%d\n", (int) get_pid (build));
  g_assert_true (g_file_set_contents (group, text, -1, NULL));
  g_assert_true (end_leftover (fixture->store, G_USEC_PER_SEC));
  g_assert_true (g_subprocess_wait (build, NULL, NULL));
  arc_state_store_unlock (fixture->store);
  g_assert_false (is_there (fixture, "group"));
}

/* It becomes another program all the time, and has no environment in between. */
static void
test_leftover_execs (Fixture *fixture, gconstpointer data)
{
  g_autofree char *changes = get_runtime_path (fixture, "changes");
  g_autofree char *script = get_path (fixture, "script");
  g_autofree char *text = g_strdup_printf ("exec /bin/sh %s\n", script);
  g_autofree char *first = g_strconcat ("echo ready; ", text, NULL);

  g_assert_true (lock (fixture->store, NULL));
  g_assert_true (g_file_set_contents (script, text, -1, NULL));
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GSubprocess) build = start_build (first, changes);

      set_group (fixture->store, get_pid (build));
      g_assert_true (end_leftover (fixture->store, G_USEC_PER_SEC));
      g_assert_true (g_subprocess_wait (build, NULL, NULL));
    }
}

/* The number of the group is another's by now. */
static void
test_leftover_of_other (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) other =
      start_build ("echo ready; exec tail -f /dev/null", "/elsewhere/changes");

  g_assert_true (lock (fixture->store, NULL));
  set_group (fixture->store, get_pid (other));
  g_assert_false (end_leftover (fixture->store, 0));
  g_assert_cmpint (kill (get_pid (other), 0), ==, 0);
  g_subprocess_force_exit (other);
  g_assert_true (g_subprocess_wait (other, NULL, NULL));
}

static void
test_no_leftover (Fixture *fixture, gconstpointer data)
{
  static const char *const contents[] = { "", "0\n", "\n123", "1\n", "-1\n", "99999999999\n", "x" };
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autofree char *path = get_runtime_path (fixture, "group");

  g_assert_true (lock (fixture->store, NULL));
  g_assert_false (end_leftover (fixture->store, 0));

  for (guint i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_assert_true (g_file_set_contents (path, contents[i], -1, NULL));
      g_assert_false (end_leftover (fixture->store, 0));
    }

  /* One that was about to start. */
  g_assert_nonnull (write_changes (fixture->store, changes, NULL));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (end_leftover (fixture->store, 0));

  set_group (fixture->store, getpid ());
  arc_state_store_forget_group (fixture->store);
  arc_state_store_unlock (fixture->store);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_snapshot (Fixture *fixture, gconstpointer data)
{
  const ArcFingerprint print = { .inode = 1, .size = 2, .mtime_ns = 3, .ctime_ns = 4 };
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) pending = arc_change_set_new ();
  g_autoptr (ArcSnapshot) loaded = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (load (fixture->store, DATABASE));

  arc_snapshot_set_file (snapshot, "/org", "a.org", &print, NULL);
  arc_snapshot_set_file (snapshot, "/org", "b.org", &print, NULL);
  arc_change_set_add (pending, "/org/b.org", ARC_CHANGE_MODIFIED);
  g_assert_nonnull (write_changes (fixture->store, pending, &error));
  g_assert_null (commit (fixture->store, snapshot, pending, DATABASE));
  g_assert_no_error (error);

  /* What is pending is not in the database: it must not look as if nothing had happened to it. */
  loaded = load (fixture->store, DATABASE);
  g_assert_no_error (error);
  g_assert_cmpuint (arc_snapshot_lookup (loaded, "/org", "a.org")->size, ==, 2);
  g_assert_cmpuint (arc_snapshot_lookup (loaded, "/org", "b.org")->ctime_ns, ==, 0);
  g_clear_pointer (&loaded, arc_snapshot_free);

  /* Nor the list of a build that did not succeed. */
  arc_change_set_add (pending, "/org/a.org", ARC_CHANGE_MODIFIED);
  g_assert_nonnull (write_changes (fixture->store, pending, &error));
  loaded = load (fixture->store, DATABASE);
  g_assert_cmpuint (arc_snapshot_lookup (loaded, "/org", "a.org")->ctime_ns, ==, 0);

  g_assert_null (commit (fixture->store, snapshot, pending, DATABASE));
  g_clear_pointer (&loaded, arc_snapshot_free);
  arc_change_set_remove (pending, "/org/a.org");
  g_assert_null (commit (fixture->store, snapshot, pending, DATABASE));
  loaded = load (fixture->store, DATABASE);
  g_assert_cmpuint (arc_snapshot_lookup (loaded, "/org", "a.org")->ctime_ns, !=, 0);

  /* Of another database it says nothing. */
  g_assert_null (load (fixture->store, "/other"));
  g_assert_no_error (error);
}

/* The database has a.org and b.org. */
static void
begin_commit_of_notes (Fixture *fixture)
{
  g_autoptr (ArcSnapshot) snapshot = make_snapshot ();

  const ArcStateStoreRecord record = { DATABASE, &inputs, snapshot, NULL };

  arc_state_store_commit (fixture->store, &record);
}

static void
commit_notes (Fixture *fixture)
{
  begin_commit_of_notes (fixture);
  arc_state_store_unlock (fixture->store);
  g_assert_null (arc_state_store_get_problem (fixture->store));
}

/* The settings name another database since the files were read: that takes no look at the disk. */
static void
test_load_on_hanging_disk (Fixture *fixture, gconstpointer data)
{
  g_auto (ArcStateStoreInputs) loaded = { 0 };

  commit_notes (fixture);
  open_store (fixture->store, DATABASE);
  arc_test_disk_hang (fixture->directory);
  g_assert_null (arc_state_store_load (fixture->store, "/other", &loaded));
  g_assert_cmpuint (arc_state_store_get_next_build (fixture->store), ==, 1);
  g_assert_false (arc_state_store_get_paused (fixture->store));
  arc_test_disk_hang (NULL);
  g_assert_null (loaded.settings);
  g_assert_null (loaded.database);
}

/* A build lists NAME, or makes everything anew if that is NULL. */
static void
tell (Fixture *fixture, const char *name)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autofree char *path = g_strconcat ("/org/", name, NULL);
  g_autoptr (GError) error = NULL;

  arc_change_set_add (changes, path, ARC_CHANGE_MODIFIED);
  write_changes (fixture->store, name != NULL ? changes : NULL, &error);
  g_assert_no_error (error);
}

/* What the next run reads; (transfer full) (nullable). */
static ArcSnapshot *
load_next (Fixture *fixture)
{
  arc_state_store_unlock (fixture->store);
  g_clear_object (&fixture->store);
  fixture->store = arc_state_store_new (fixture->directory);

  return load (fixture->store, DATABASE);
}

/* The notes a.org, b.org, c.org whose letter is in LETTERS, and no others, are marked dirty. */
static void
assert_marked (const ArcSnapshot *snapshot, const char *letters)
{
  g_assert_nonnull (snapshot);
  g_assert_null (warning);
  for (char letter = 'a'; letter <= 'c'; letter++)
    {
      const char name[] = { letter, '.', 'o', 'r', 'g', '\0' };
      const ArcFingerprint *print = arc_snapshot_lookup (snapshot, "/org", name);

      g_assert_cmpint (print != NULL && print->ctime_ns == 0, ==, strchr (letters, letter) != NULL);
    }
}

/* In what the next run reads; and in what one would that came now. */
static void
assert_dirty (Fixture *fixture, const char *letters)
{
  g_autoptr (ArcSnapshot) snapshot = load_next (fixture);

  assert_marked (snapshot, letters);
}

static void
assert_dirty_now (Fixture *fixture, const char *letters)
{
  g_autoptr (ArcStateDir) directory = arc_state_dir_new (fixture->directory, NULL);
  g_autoptr (ArcStateContents) contents = arc_state_contents_read (directory, DATABASE);

  assert_marked (contents->snapshot, letters);
}

static void
count (ArcStateStore *store, guint *n_calls)
{
  *n_calls += 1;
}

/* What was begun last counts. */
static void
test_commit_under_way (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      tell (fixture, "a.org");
      begin_commit_of_notes (fixture);
      tell (fixture, "b.org");
      assert_dirty (fixture, "b");

      tell (fixture, NULL);
      begin_commit_of_notes (fixture);
      begin_commit_of_notes (fixture);
      assert_dirty (fixture, "");
    }
}

static void
test_problem_is_shown (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "snapshot");
  guint n_calls = 0;

  g_signal_connect (fixture->store, "problem-changed", G_CALLBACK (count), &n_calls);
  commit_notes (fixture);
  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (g_mkdir (path, 0700));
  begin_commit_of_notes (fixture);
  arc_test_wait_until (n_calls == 1);
  assert_warning ("What is built now may be built again after a restart: ", path);
  g_assert_nonnull (strstr (arc_state_store_get_problem (fixture->store), path));
  g_assert_true (arc_state_store_retry (fixture->store));

  /* Once. */
  begin_commit_of_notes (fixture);
  arc_state_store_unlock (fixture->store);
  arc_test_dispatch_ready ();
  g_assert_null (warning);

  g_assert_no_errno (g_rmdir (path));
  begin_commit_of_notes (fixture);
  arc_test_wait_until (arc_state_store_get_problem (fixture->store) == NULL);
  g_assert_cmpuint (n_calls, >=, 2);
  g_assert_false (arc_state_store_retry (fixture->store));
}

static gboolean
count_turn (gpointer n_turns)
{
  *(guint *) n_turns += 1;

  return G_SOURCE_CONTINUE;
}

static void
begin_history (Fixture *fixture)
{
  arc_state_store_add_build (fixture->store,
                             arc_build_new (1, ARC_BUILD_FULL, ARC_CAUSE_REQUEST, 1));
}

static guint
get_history_length (Fixture *fixture)
{
  g_autoptr (ArcStateStore) store = arc_state_store_new (fixture->directory);
  g_autoptr (ArcSnapshot) snapshot G_GNUC_UNUSED = NULL;

  arc_state_store_unlock (fixture->store);
  snapshot = load (store, DATABASE);
  /* A thread of GLib may have the last reference for a moment. */
  arc_state_store_unlock (store);

  return arc_state_store_get_history (store)->len;
}

/* With the main loop, until N writes have come since the disk was stopped. */
static void
wait_for_writes (guint n)
{
  arc_test_wait_until (arc_test_disk_get_n_writes () == n);
  arc_test_dispatch_ready ();
}

/* The main loop turns while the disk does not, and each thing is written when that before is. */
static void
test_busy_disk (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_auto (Prepared) prepared = { 0 };
  guint n_turns = 0;
  guint tick;

  arc_test_disk_forbid (fixture->directory);
  arc_test_disk_stop ();
  begin_history (fixture);
  begin_commit_of_notes (fixture);
  arc_change_set_add (changes, "/org/b.org", ARC_CHANGE_MODIFIED);
  begin_prepare (fixture->store, changes, NULL, &prepared);
  arc_change_set_remove (changes, "/org/b.org");

  tick = g_timeout_add (0, count_turn, &n_turns);
  arc_test_wait_until (n_turns > 10);
  g_source_remove (tick);
  wait_for_writes (1);
  g_assert_false (is_there (fixture, "history"));

  arc_test_disk_let (1);
  wait_for_writes (2);
  g_assert_true (is_there (fixture, "history"));
  g_assert_false (is_there (fixture, "snapshot"));

  arc_test_disk_let (1);
  wait_for_writes (3);
  g_assert_true (is_there (fixture, "snapshot"));
  assert_dirty_now (fixture, "");

  arc_test_disk_let (1);
  wait_for_writes (4);
  assert_dirty_now (fixture, "b");
  g_assert_false (prepared.done);

  arc_test_disk_go_on ();
  arc_test_wait_until (prepared.done);
  g_assert_no_error (prepared.error);
  assert_dirty (fixture, "b");
  arc_test_disk_forbid (NULL);
}

/* Calls that overlap take effect in their order, after what was written before them. */
static void
test_paused_in_order (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) third = NULL;

  arc_test_disk_stop ();
  begin_history (fixture);
  arc_state_store_set_paused_async (fixture->store, TRUE, arc_test_take_result, &first);
  arc_state_store_set_paused_async (fixture->store, FALSE, arc_test_take_result, &second);
  arc_state_store_set_paused_async (fixture->store, TRUE, arc_test_take_result, &third);
  wait_for_writes (1);
  g_assert_null (first);
  g_assert_false (is_there (fixture, "paused"));

  arc_test_disk_go_on ();
  arc_test_wait_until (first != NULL);
  g_assert_true (arc_state_store_set_paused_finish (fixture->store, first, NULL));
  arc_test_wait_until (second != NULL);
  g_assert_true (arc_state_store_set_paused_finish (fixture->store, second, NULL));
  arc_test_wait_until (third != NULL);
  g_assert_true (arc_state_store_set_paused_finish (fixture->store, third, NULL));
  g_assert_true (arc_state_store_get_paused (fixture->store));
  g_assert_true (is_next_paused (fixture));
}

static void
set_problems (ArcStateStore *store, guint n)
{
  g_autoptr (ArcProblemList) problems = arc_problem_list_new ();

  for (guint i = 1; i <= n; i++)
    arc_problem_list_add (problems, "/org/a.org", i, "no title", NULL);
  arc_state_store_set_note_problems (store, problems);
}

/* How many problems the next run finds. */
static guint
count_problems (Fixture *fixture)
{
  g_autoptr (ArcStateStore) store = arc_state_store_new (fixture->directory);
  g_autoptr (ArcSnapshot) snapshot G_GNUC_UNUSED = NULL;

  arc_state_store_unlock (fixture->store);
  snapshot = load (store, DATABASE);
  /* A thread of GLib may have the last reference for a moment. */
  arc_state_store_unlock (store);

  return arc_state_store_get_note_problems (store)->count;
}

/* They are written with a commit, and only if they are others. */
static void
test_problems (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcStateStore) next = NULL;
  g_autoptr (ArcSnapshot) loaded = NULL;
  g_autofree char *path = get_path (fixture, "problems");
  g_autofree char *aside = get_path (fixture, "problems.damaged");

  commit_notes (fixture);
  g_assert_false (is_there (fixture, "problems"));
  set_problems (fixture->store, 3);
  g_assert_false (is_there (fixture, "problems"));
  commit_notes (fixture);
  g_assert_cmpuint (count_problems (fixture), ==, 3);

  g_assert_no_errno (g_unlink (path));
  set_problems (fixture->store, 3);
  commit_notes (fixture);
  g_assert_false (is_there (fixture, "problems"));
  set_problems (fixture->store, 2);
  commit_notes (fixture);
  g_assert_cmpuint (count_problems (fixture), ==, 2);

  /* The next run, too, writes none of those that it has read. */
  arc_state_store_unlock (fixture->store);
  next = arc_state_store_new (fixture->directory);
  loaded = load (next, DATABASE);
  set_problems (next, 2);
  g_assert_no_errno (g_unlink (path));
  g_assert_true (lock (next, NULL));
  {
    g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();

    g_assert_null (commit (next, snapshot, NULL, DATABASE));
  }
  g_assert_false (is_there (fixture, "problems"));
  arc_state_store_unlock (next);

  g_assert_true (g_file_set_contents (path, "nonsense", -1, NULL));
  g_assert_cmpuint (count_problems (fixture), ==, 0);
  assert_warning ("Everything is built anew: ", path);
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
}

/* The service that found them damaged was killed before it built: the next one does not know them,
 * either, and must not take the database for current. */
static void
test_problems_damaged_twice (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "problems");

  set_problems (fixture->store, 3);
  commit_notes (fixture);
  arc_state_store_unlock (fixture->store);
  g_assert_true (g_file_set_contents (path, "nonsense", -1, NULL));

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (ArcStateStore) store = arc_state_store_new (fixture->directory);
      g_auto (ArcStateStoreInputs) loaded = { 0 };

      open_store (store, DATABASE);
      g_assert_null (arc_state_store_load (store, DATABASE, &loaded));
      arc_state_store_unlock (store);
      g_assert_cmpstr (loaded.tree, ==, "tree");
    }
}

/* First the problems, then the snapshot: a service that dies between the two builds again. */
static void
test_problems_first (Fixture *fixture, gconstpointer data)
{
  set_problems (fixture->store, 3);
  arc_test_disk_stop ();
  begin_commit_of_notes (fixture);
  wait_for_writes (1);
  g_assert_false (is_there (fixture, "problems"));
  arc_test_disk_let (1);
  wait_for_writes (2);
  g_assert_true (is_there (fixture, "problems"));
  g_assert_false (is_there (fixture, "snapshot"));
  arc_test_disk_go_on ();
  arc_state_store_unlock (fixture->store);
  g_assert_true (is_there (fixture, "snapshot"));
}

/* Of a commit that failed it is not known what it wrote. */
static void
test_problems_of_failed_commit (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "problems");

  set_problems (fixture->store, 2);
  commit_notes (fixture);
  arc_test_disk_fail_rename ("snapshot");
  set_problems (fixture->store, 3);
  begin_commit_of_notes (fixture);
  arc_state_store_unlock (fixture->store);
  assert_warning ("What is built now", fixture->directory);
  g_assert_cmpuint (count_problems (fixture), ==, 3);

  arc_test_disk_fail_rename (NULL);
  set_problems (fixture->store, 2);
  commit_notes (fixture);
  g_assert_cmpuint (count_problems (fixture), ==, 2);

  /* Nor that it wrote them. */
  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (g_mkdir (path, 0700));
  set_problems (fixture->store, 1);
  begin_commit_of_notes (fixture);
  arc_state_store_unlock (fixture->store);
  assert_warning ("What is built now", fixture->directory);
  g_assert_no_errno (g_rmdir (path));
  commit_notes (fixture);
  g_assert_cmpuint (count_problems (fixture), ==, 1);
}

/* A build that was canceled before its list was written leaves no trace. */
static void
test_never_listed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Prepared) canceled = { 0 };

  commit_notes (fixture);
  arc_test_disk_stop ();
  begin_history (fixture);
  begin_prepare (fixture->store, NULL, cancellable, &canceled);
  g_cancellable_cancel (cancellable);
  arc_test_disk_go_on ();
  arc_test_wait_until (canceled.done);
  g_assert_error (canceled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_dirty (fixture, "");
}

/* It is the lock that keeps others from what is being written. */
static void
test_unlock_waits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcStateStore) other = arc_state_store_new (fixture->directory);

  g_assert_true (lock (fixture->store, NULL));
  begin_commit_of_notes (fixture);
  begin_history (fixture);
  arc_state_store_unlock (fixture->store);
  g_assert_true (is_there (fixture, "snapshot"));
  g_assert_cmpuint (get_history_length (fixture), ==, 1);
  g_assert_true (lock (other, NULL));
}

static void
test_history_fails (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "history");

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
  g_assert_nonnull (save_history (fixture->store));
  assert_warning ("The history of builds is not kept: ", path);
  g_assert_no_errno (g_rmdir (path));
  g_assert_false (arc_state_store_retry (fixture->store));
  arc_state_store_unlock (fixture->store);
  g_assert_null (arc_state_store_get_problem (fixture->store));
  g_assert_cmpuint (get_history_length (fixture), ==, 1);
}

static void
test_dirty (Fixture *fixture, gconstpointer data)
{
  commit_notes (fixture);
  assert_dirty (fixture, "");

  tell (fixture, "c.org");
  assert_dirty (fixture, "c");
  assert_dirty (fixture, "c");

  commit_notes (fixture);
  assert_dirty (fixture, "");
  tell (fixture, "a.org");
  assert_dirty (fixture, "a");
}

/* A build that makes everything anew leaves nothing that is known, until one succeeds. */
static void
test_dirty_everything (Fixture *fixture, gconstpointer data)
{
  commit_notes (fixture);
  tell (fixture, NULL);
  g_assert_null (load_next (fixture));
  g_assert_null (warning);

  commit_notes (fixture);
  assert_dirty (fixture, "");
}

/* Nor is what the next run of another database finds, but for the settings of the tree. */
static void
test_tree_of_everything (Fixture *fixture, gconstpointer data)
{
  g_auto (ArcStateStoreInputs) loaded = { 0 };

  tell (fixture, NULL);
  open_store (fixture->store, DATABASE);
  g_assert_null (arc_state_store_load (fixture->store, DATABASE, &loaded));
  g_assert_cmpstr (loaded.tree, ==, inputs.tree);
  g_assert_cmpstr (loaded.settings, ==, "");
  g_assert_cmpstr (loaded.database, ==, "");
}

/* The snapshot of before would say too much. */
static void
test_prepare_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();
  g_autoptr (GError) error = NULL;

  commit_notes (fixture);
  arc_test_disk_fail_rename ("snapshot");
  g_assert_nonnull (write_changes (fixture->store, changes, &error));
  g_assert_no_error (error);
  arc_test_disk_fail_rename (NULL);
  assert_warning ("What is built now may be built again after a restart: ", "snapshot");
  g_assert_null (load_next (fixture));
}

/* It lists PATH, once, and nothing is known any more; PATH is kept. */
static void
assert_put_aside (Fixture *fixture, const char *path)
{
  g_autofree char *aside = g_strconcat (path, ".damaged", NULL);
  g_autofree char *text = NULL;
  g_autofree char *kept = NULL;
  gsize length;
  gsize kept_length;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_null (load_next (fixture));
  assert_warning ("Everything is built anew: ", path);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (aside, &kept, &kept_length, NULL));
  g_assert_cmpmem (kept, kept_length, text, length);

  /* Not even by a run after one that built nothing. */
  g_assert_null (load_next (fixture));
  g_assert_null (warning);
}

static void
tell_two (Fixture *fixture)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  commit_notes (fixture);
  arc_change_set_add (changes, "/org/a.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (changes, "/org/b.org", ARC_CHANGE_DELETED);
  g_assert_nonnull (write_changes (fixture->store, changes, NULL));
}

/* PATH is put aside when it is cut before any of its bytes, as at the end of a record, and when a
 * bit of any of them is flipped. */
static void
assert_bytes_matter (Fixture *fixture, const char *path)
{
  g_autofree char *data = NULL;
  gsize length;

  tell_two (fixture);
  g_assert_true (g_file_get_contents (path, &data, &length, NULL));

  for (gsize i = 0; i < length; i++)
    {
      tell_two (fixture);
      g_assert_true (g_file_set_contents (path, data, (gssize) i, NULL));
      assert_put_aside (fixture, path);

      tell_two (fixture);
      data[i] ^= (char) (1 << i % 8);
      g_assert_true (g_file_set_contents (path, data, (gssize) length, NULL));
      assert_put_aside (fixture, path);
      data[i] ^= (char) (1 << i % 8);
    }
}

static void
test_snapshot_damaged (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "snapshot");

  assert_bytes_matter (fixture, path);

  tell_two (fixture);
  g_assert_true (g_file_set_contents (path, "nonsense", -1, NULL));
  assert_put_aside (fixture, path);
}

/* What is no file is put aside as what is damaged, and read no further. */
static void
test_no_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "snapshot");
  g_autofree char *aside = get_path (fixture, "snapshot.damaged");
  g_autofree char *history = get_path (fixture, "history");
  g_autofree char *history_aside = get_path (fixture, "history.damaged");
  g_autofree char *group = get_runtime_path (fixture, "group");

  tell_two (fixture);
  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (mkfifo (path, 0600));
  g_assert_null (load_next (fixture));
  assert_warning ("Everything is built anew: ", path);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_no_errno (g_unlink (aside));

  g_assert_no_errno (mkfifo (history, 0600));
  g_assert_cmpuint (get_history_length (fixture), ==, 0);
  assert_warning ("The history of builds begins anew: ", history);
  g_assert_no_errno (g_unlink (history_aside));

  g_assert_no_errno (g_unlink (group));
  g_assert_no_errno (mkfifo (group, 0600));
  g_assert_false (end_leftover (fixture->store, 0));
  g_assert_false (g_file_test (group, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  /* What the tests run as another process. */
  if (argc > 2 && g_str_equal (argv[1], "--lock-and-wait"))
    return lock_and_wait (argv[2]);
  if (argc > 2 && g_str_equal (argv[1], "--lock-and-fork"))
    return lock_and_fork (argv[2]);
  if (argc > 2 && g_str_equal (argv[1], "--try-lock"))
    return try_lock (argv[2]);

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_log_set_default_handler (keep_warning, NULL);

#define ADD_WITH(path, function, data)                                                             \
  g_test_add ("/store/" path, Fixture, data, set_up, function, tear_down)
#define ADD(path, function) ADD_WITH (path, function, NULL)
  ADD ("lock", test_lock);
  ADD ("leftovers", test_leftovers);
  ADD ("commit-under-way", test_commit_under_way);
  ADD ("problem-is-shown", test_problem_is_shown);
  ADD ("busy-disk", test_busy_disk);
  ADD ("never-listed", test_never_listed);
  ADD ("unlock-waits", test_unlock_waits);
  ADD ("history-fails", test_history_fails);
  ADD ("locked-by-other", test_locked_by_other);
  ADD ("orphaned-lock", test_orphaned_lock);
  ADD ("open/hanging-disk", test_open_on_hanging_disk);
  ADD ("load/hanging-disk", test_load_on_hanging_disk);
  ADD ("open/waits", test_open_waits);
  ADD ("lock-is-not-inherited", test_lock_is_not_inherited);
  ADD ("unlock", test_unlock);
  ADD ("directory-made-private", test_directory_made_private);
  ADD ("directory-unusable", test_directory_unusable);
  ADD ("directory-lost", test_directory_lost);
  ADD ("directory-removed", test_directory_removed);
  ADD ("no-runtime-directory", test_no_runtime_directory);
  ADD ("next-build", test_next_build);
  ADD ("log-is-remembered", test_log_is_remembered);
  ADD ("logs", test_logs);
  ADD ("changes", test_changes);
  ADD ("changes-atomic", test_changes_atomic);
  ADD ("changes-fail", test_changes_fail);
  ADD ("no-files", test_no_files);
  ADD ("paused", test_paused);
  ADD ("paused/in-order", test_paused_in_order);
  ADD ("paused-fail", test_paused_fail);
  ADD_WITH ("leftover", test_leftover, "echo ready; exec tail -f /dev/null");
  ADD_WITH ("leftover/child", test_leftover,
            "(trap '' HUP; echo ready; exec tail -f /dev/null) & wait");
  ADD_WITH ("leftover/stubborn", test_leftover, "trap '' TERM; echo ready; exec tail -f /dev/null");
  ADD ("leftover/in-state", test_leftover_in_state);
  ADD ("leftover/execs", test_leftover_execs);
  ADD ("leftover/other", test_leftover_of_other);
  ADD ("leftover/none", test_no_leftover);
  ADD ("snapshot", test_snapshot);
  ADD ("dirty", test_dirty);
  ADD ("dirty/everything", test_dirty_everything);
  ADD ("dirty/tree", test_tree_of_everything);
  ADD ("prepare-fails", test_prepare_fails);
  ADD ("problems", test_problems);
  ADD ("problems/damaged-twice", test_problems_damaged_twice);
  ADD ("problems/first", test_problems_first);
  ADD ("problems/failed-commit", test_problems_of_failed_commit);
  ADD ("snapshot/damaged", test_snapshot_damaged);
  ADD ("no-file", test_no_file);
#undef ADD
#undef ADD_WITH
  return g_test_run ();
}
