/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-store.h"

#include "core/arc-error.h"
#include "core/arc-history.h"
#include "core/arc-snapshot-file.h"
#include "system/arc-process-group.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DIRECTORY_MODE 0700
#define FILE_MODE      0600

#define CHANGES_NAME  "changes"
#define GROUP_NAME    "group"
#define HISTORY_NAME  "history"
#define SNAPSHOT_NAME "snapshot"

struct _ArcStore
{
  GObject parent_instance;

  char *directory; /* (owned) */
  char *changes;   /* (owned): the path of the change list */
  int lock;        /* -1 if we do not have it */
  guint64 last_build;
};

G_DEFINE_FINAL_TYPE (ArcStore, arc_store, G_TYPE_OBJECT)

static void
set_error (GError **error, const char *path, const char *what)
{
  int saved_errno = errno;
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY,
               "%s: %s: %s. Look at the owner, the permissions and the free space of the state "
               "directory",
               name, what, g_strerror (saved_errno));
}

/* Makes PATH if it is not there, and keeps others out of it. */
static gboolean
make_directory (const char *path, GError **error)
{
  GStatBuf info;

  if (g_mkdir_with_parents (path, DIRECTORY_MODE) < 0 || g_stat (path, &info) < 0)
    {
      set_error (error, path, "Cannot make the directory");
      return FALSE;
    }

  if ((info.st_mode & 0777) != DIRECTORY_MODE && g_chmod (path, DIRECTORY_MODE) < 0)
    {
      set_error (error, path, "Cannot make the directory private");
      return FALSE;
    }

  return TRUE;
}

static char *
get_path (ArcStore *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

/* "ID.log", as arc_store_prepare_log() names it: digits without a leading zero. */
static gboolean
parse_log_name (const char *name, guint64 *id)
{
  g_autofree char *digits = NULL;

  if (!g_str_has_suffix (name, ".log") || name[0] == '0')
    return FALSE;

  digits = g_strndup (name, strlen (name) - strlen (".log"));

  return g_ascii_string_to_unsigned (digits, 10, 1, G_MAXINT64, id, NULL);
}

static int
compare_descending (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *) a;
  guint64 y = *(const guint64 *) b;

  return (x < y) - (x > y);
}

/* (transfer full) (element-type guint64): the builds that have a log, the newest first. */
static GArray *
list_logs (ArcStore *self)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autofree char *path = get_path (self, "logs");
  g_autoptr (GDir) logs = g_dir_open (path, 0, NULL);
  const char *name;
  guint64 id;

  while (logs != NULL && (name = g_dir_read_name (logs)) != NULL)
    {
      if (parse_log_name (name, &id))
        g_array_append_val (ids, id);
    }

  g_array_sort (ids, compare_descending);

  return ids;
}

char *
arc_store_get_log (ArcStore *self, guint64 id)
{
  return g_strdup_printf ("%s/logs/%" G_GUINT64_FORMAT ".log", self->directory, id);
}

static void
set_locked_error (ArcStore *self, int fd, GError **error)
{
  g_autofree char *name = g_filename_display_name (self->directory);
  char text[32] = "";
  guint64 pid;

  /* The owner may not have got to writing it. */
  if (read (fd, text, sizeof text - 1) > 0 &&
      g_ascii_string_to_unsigned (g_strchomp (text), 10, 1, G_MAXINT, &pid, NULL))
    g_set_error (error, ARC_ERROR, ARC_ERROR_LOCKED,
                 "Process %d already works with the state directory %s: stop it first", (int) pid,
                 name);
  else
    g_set_error (error, ARC_ERROR, ARC_ERROR_LOCKED,
                 "Another process already works with the state directory %s: stop it first", name);
}

gboolean
arc_store_lock (ArcStore *self, GError **error)
{
  g_autofree char *path = NULL;
  char text[32];
  int length;
  int fd;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  if (self->lock >= 0)
    return TRUE;

  if (!make_directory (self->directory, error))
    return FALSE;

  path = get_path (self, "lock");
  /* NFS makes a lock of byte ranges of it, which wants a file that is open for writing (flock(2)).
   * Close-on-exec, because a lock is released when the last copy of the descriptor is closed. */
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
  if (fd < 0)
    {
      set_error (error, path, "Cannot open the lock");
      return FALSE;
    }

  if (flock (fd, LOCK_EX | LOCK_NB) < 0)
    {
      if (errno == EWOULDBLOCK)
        set_locked_error (self, fd, error);
      else
        set_error (error, path, "Cannot take the lock");
      close (fd);
      return FALSE;
    }

  length = g_snprintf (text, sizeof text, "%d\n", (int) getpid ());
  if (ftruncate (fd, 0) < 0 || write (fd, text, length) != length)
    {
      set_error (error, path, "Cannot write the lock");
      close (fd);
      return FALSE;
    }

  /* The file stays when the lock goes: removing it would race with whoever is opening it. */
  self->lock = fd;

  return TRUE;
}

void
arc_store_unlock (ArcStore *self)
{
  g_return_if_fail (ARC_IS_STORE (self));

  if (self->lock >= 0)
    close (self->lock);
  self->lock = -1;
}

const char *
arc_store_get_directory (ArcStore *self)
{
  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  return self->directory;
}

guint64
arc_store_next_build (ArcStore *self)
{
  g_autoptr (GArray) logs = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), 0);

  logs = list_logs (self);
  if (logs->len > 0)
    self->last_build = MAX (self->last_build, g_array_index (logs, guint64, 0));

  return ++self->last_build;
}

char *
arc_store_prepare_log (ArcStore *self, guint64 id, GError **error)
{
  g_autofree char *directory = NULL;
  g_autoptr (GArray) logs = NULL;
  guint kept = 1;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  directory = get_path (self, "logs");
  if (!make_directory (self->directory, error) || !make_directory (directory, error))
    return NULL;

  /* A log that cannot be removed does no harm. */
  logs = list_logs (self);
  for (guint i = 0; i < logs->len; i++)
    {
      guint64 other = g_array_index (logs, guint64, i);

      if (other != id && ++kept > ARC_STORE_LOGS)
        {
          g_autofree char *log = arc_store_get_log (self, other);

          g_unlink (log);
        }
    }

  return arc_store_get_log (self, id);
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
  fd = open (log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
  if (fd >= 0)
    return fd;

  if (errno == ENOENT)
    g_set_error (error, ARC_ERROR, ARC_ERROR_NO_SUCH_BUILD,
                 "There is no log of build %" G_GUINT64_FORMAT, id);
  else
    set_error (error, log, "Cannot read the log");

  return -1;
}

/* The file at PATH is the old one or the new one, also after a crash of the machine. */
static gboolean
write_file (ArcStore *self, const char *path, const char *data, gsize length, GError **error)
{
  if (!make_directory (self->directory, error))
    return FALSE;

  return g_file_set_contents_full (path, data, length,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   FILE_MODE, error);
}

const char *
arc_store_write_changes (ArcStore *self, const ArcChanges *changes, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  const char *data;
  gsize length;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);
  g_return_val_if_fail (changes != NULL, NULL);

  bytes = arc_changes_serialise (changes);
  data = g_bytes_get_data (bytes, &length);
  /* No bytes may be no pointer. */
  if (!write_file (self, self->changes, data != NULL ? data : "", length, error))
    return NULL;

  return self->changes;
}

static gboolean
write_bytes (ArcStore *self, const char *name, GBytes *bytes, GError **error)
{
  g_autofree char *path = get_path (self, name);
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  return write_file (self, path, data, length, error);
}

/* (nullable): NULL without an error if there is no such file. */
static GBytes *
read_bytes (ArcStore *self, const char *name, GError **error)
{
  g_autofree char *path = get_path (self, name);
  g_autoptr (GError) read_error = NULL;
  char *data;
  gsize length;

  if (g_file_get_contents (path, &data, &length, &read_error))
    return g_bytes_new_take (data, length);

  if (!g_error_matches (read_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_propagate_error (error, g_steal_pointer (&read_error));

  return NULL;
}

/* Puts the file NAME, which ERROR is about, aside: somebody may want to know what became of it, and
 * the next run must not trip over it again. */
static void
put_aside (ArcStore *self, const char *name, GError **error)
{
  g_autofree char *path = get_path (self, name);
  g_autofree char *aside = g_strconcat (path, ".damaged", NULL);
  g_autofree char *shown = g_filename_display_name (path);

  g_rename (path, aside);
  g_prefix_error (error, "%s, now put aside with .damaged at its end: ", shown);
}

static gboolean
mark_uncommitted (ArcStore *self, ArcSnapshot *snapshot, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = read_bytes (self, CHANGES_NAME, &read_error);
  g_autoptr (ArcChanges) changes = NULL;

  if (bytes != NULL)
    changes = arc_changes_parse (bytes, &read_error);

  if (read_error != NULL)
    {
      put_aside (self, CHANGES_NAME, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
      return FALSE;
    }

  if (changes != NULL)
    arc_snapshot_mark_dirty (snapshot, changes);

  return TRUE;
}

ArcSnapshot *
arc_store_load_snapshot (ArcStore *self, const char *database, GError **error)
{
  g_autoptr (ArcSnapshot) snapshot = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) identity = NULL;
  g_autoptr (GBytes) expected = NULL;
  g_autoptr (GError) read_error = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  bytes = read_bytes (self, SNAPSHOT_NAME, &read_error);
  if (bytes != NULL)
    snapshot = arc_snapshot_parse (bytes, &identity, &read_error);

  if (read_error != NULL)
    {
      put_aside (self, SNAPSHOT_NAME, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
      return NULL;
    }

  expected = g_bytes_new (database, strlen (database));
  if (snapshot == NULL || !g_bytes_equal (identity, expected) ||
      !mark_uncommitted (self, snapshot, error))
    return NULL;

  return g_steal_pointer (&snapshot);
}

gboolean
arc_store_commit (ArcStore *self,
                  const ArcSnapshot *snapshot,
                  const ArcChanges *pending,
                  const char *database,
                  GError **error)
{
  g_autoptr (GBytes) identity = g_bytes_new (database, strlen (database));
  g_autoptr (GBytes) bytes = arc_snapshot_serialise (snapshot, pending, identity);

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  if (!write_bytes (self, SNAPSHOT_NAME, bytes, error))
    return FALSE;

  /* Only now: until here both say the same of what the build took. */
  g_unlink (self->changes);

  return TRUE;
}

void
arc_store_set_group (ArcStore *self, pid_t group)
{
  g_autofree char *path = get_path (self, GROUP_NAME);
  g_autofree char *text = g_strdup_printf ("%d\n", (int) group);

  g_return_if_fail (ARC_IS_STORE (self));

  /* It is of use only as long as the machine runs, so it need not be durable; and without it the
   * kernel still ends the leader with us. */
  if (group == 0)
    g_unlink (path);
  else
    g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, FILE_MODE, NULL);
}

gboolean
arc_store_end_leftover (ArcStore *self, gint64 grace)
{
  g_autofree char *path = get_path (self, GROUP_NAME);
  g_autofree char *assignment = g_strconcat ("ARCOLOGY_CHANGES=", self->changes, NULL);
  g_autofree char *text = NULL;
  gboolean found;
  guint64 group;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  if (!g_file_get_contents (path, &text, NULL, NULL) ||
      !g_ascii_string_to_unsigned (g_strchomp (text), 10, 2, G_MAXINT, &group, NULL))
    return FALSE;

  found = arc_process_group_end (group, assignment, grace);
  g_unlink (path);

  return found;
}

GPtrArray *
arc_store_load_history (ArcStore *self, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = read_bytes (self, HISTORY_NAME, &read_error);
  GPtrArray *builds = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), NULL);

  if (bytes != NULL)
    builds = arc_history_parse (bytes, &read_error);

  if (read_error != NULL)
    {
      put_aside (self, HISTORY_NAME, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
    }

  return builds != NULL ? builds : g_ptr_array_new_with_free_func ((GDestroyNotify) arc_build_free);
}

gboolean
arc_store_save_history (ArcStore *self, const GPtrArray *builds, GError **error)
{
  g_autoptr (GBytes) bytes = arc_history_serialise (builds);

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  return write_bytes (self, HISTORY_NAME, bytes, error);
}

gboolean
arc_store_get_paused (ArcStore *self)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  path = get_path (self, "paused");

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

gboolean
arc_store_set_paused (ArcStore *self, gboolean paused, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (ARC_IS_STORE (self), FALSE);

  path = get_path (self, "paused");
  if (paused)
    return write_file (self, path, "", 0, error);

  if (g_unlink (path) < 0 && errno != ENOENT)
    {
      set_error (error, path, "Cannot remove the file");
      return FALSE;
    }

  return TRUE;
}

static void
arc_store_finalize (GObject *object)
{
  ArcStore *self = ARC_STORE (object);

  arc_store_unlock (self);
  g_free (self->changes);
  g_free (self->directory);

  G_OBJECT_CLASS (arc_store_parent_class)->finalize (object);
}

static void
arc_store_init (ArcStore *self)
{
  self->lock = -1;
}

static void
arc_store_class_init (ArcStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_store_finalize;
}

ArcStore *
arc_store_new (const char *directory)
{
  ArcStore *self = g_object_new (ARC_TYPE_STORE, NULL);

  self->directory = g_strdup (directory);
  self->changes = g_build_filename (directory, CHANGES_NAME, NULL);

  return self;
}
