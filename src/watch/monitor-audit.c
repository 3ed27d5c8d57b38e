/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/monitor-audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Each watch is a line of about 130 bytes. */
#define READ_SIZE (64 * 1024)

gboolean
arc_monitor_audit_has_room (int *fd)
{
  char buffer[4096];
  int watch;

  /* The instance is kept: close(2) waits until its watches are freed, and so for synchronize_srcu()
   * (fsnotify_mark_destroy_workfn() of fs/notify/mark.c, Linux 6.19), tens of milliseconds. */
  if (*fd < 0)
    *fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (*fd < 0)
    return TRUE;

  /* The main loop would wait for a directory on a file system that does not answer. */
  watch = inotify_add_watch (*fd, "/", ARC_MONITOR_AUDIT_OWN_MASK);
  if (watch < 0)
    return errno != ENOSPC;

  /* Removing a watch leaves IN_IGNORED in the queue. */
  inotify_rm_watch (*fd, watch);
  while (read (*fd, buffer, sizeof buffer) > 0)
    ;

  return TRUE;
}

/* Reads the hexadecimal number that follows KEY, and moves TEXT behind it. */
static gboolean
parse_number (const char **text, const char *key, guint64 *number)
{
  char *end;

  if (!g_str_has_prefix (*text, key))
    return FALSE;

  *text += strlen (key);
  *number = g_ascii_strtoull (*text, &end, 16);
  if (end == *text)
    return FALSE;

  *text = end;
  return TRUE;
}

typedef struct
{
  int number;
  guint32 mask;
  ArcFileId id;
} Watch;

/* proc_pid_fdinfo(5): "inotify wd:2 ino:7ef82a sdev:800001 mask:800afff ..."; the device is as the
 * kernel has it inside, 12 bits of major above 20 of minor. Not sscanf(3), which takes as long as
 * all the rest of an audit. */
static gboolean
parse_watch (const char *line, Watch *watch)
{
  guint64 number;
  guint64 inode;
  guint64 device;
  guint64 mask;

  if (!parse_number (&line, "inotify wd:", &number) || !parse_number (&line, " ino:", &inode) ||
      !parse_number (&line, " sdev:", &device) || !parse_number (&line, " mask:", &mask))
    return FALSE;

  watch->number = (int) number;
  watch->mask = (guint32) mask;
  watch->id.inode = inode;
  watch->id.device = makedev ((guint) (device >> 20), device & 0xfffff);

  return TRUE;
}

typedef void (*WatchFunc) (const Watch *watch, gpointer user_data);

/* FALSE if it cannot be known. */
static gboolean
foreach_watch (const char *fd, WatchFunc func, gpointer user_data)
{
  g_autofree char *path = g_build_filename ("/proc/self/fdinfo", fd, NULL);
  FILE *file = fopen (path, "re");
  char *line = NULL;
  size_t size = 0;

  if (file == NULL)
    return FALSE;

  /* stdio goes by st_blksize, which is 1 kB in proc(5). */
  setvbuf (file, NULL, _IOFBF, READ_SIZE);
  while (getline (&line, &size, file) >= 0)
    {
      Watch watch;

      if (parse_watch (line, &watch))
        func (&watch, user_data);
    }

  free (line);
  fclose (file);

  return TRUE;
}

/* The numbers of the inotify descriptors of this process; (nullable): NULL if they cannot be known.
 */
static GPtrArray *
list_instances (void)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  if (directory == NULL)
    return NULL;

  while ((name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      if (g_strcmp0 (target, "anon_inode:inotify") == 0)
        g_ptr_array_add (list, g_strdup (name));
    }

  return g_steal_pointer (&list);
}

/* Not one of our own: see ARC_MONITOR_AUDIT_OWN_MASK, and ArcPathMonitor. */
static void
add_to_set (const Watch *watch, gpointer user_data)
{
  GHashTable *set = user_data;

  if (watch->mask & IN_DELETE)
    g_hash_table_add (set, g_memdup2 (&watch->id, sizeof watch->id));
}

static void
add_to_map (const Watch *watch, gpointer user_data)
{
  GHashTable *map = user_data;

  g_hash_table_insert (map, GINT_TO_POINTER (watch->number),
                       g_memdup2 (&watch->id, sizeof watch->id));
}

static void
clear_target (gpointer data)
{
  ArcMonitorAuditTarget *target = data;

  g_free (target->path);
}

/* On btrfs and overlayfs, stat(2) returns another device, or inode, than the kernel has inside and
 * shows in fdinfo. A watch of our own on the same directory shows there as that of GIO does. */
static gboolean
audit_exactly (GArray *targets, GHashTable *watched)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_autofree int *watches = g_new (int, targets->len);
  g_autofree char *name = NULL;
  gboolean known;
  int fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);

  if (fd < 0)
    return FALSE;

  for (guint i = 0; i < targets->len; i++)
    {
      const ArcMonitorAuditTarget *target = &g_array_index (targets, ArcMonitorAuditTarget, i);

      watches[i] =
          target->watched ? -1 : inotify_add_watch (fd, target->path, ARC_MONITOR_AUDIT_OWN_MASK);
    }

  name = g_strdup_printf ("%d", fd);
  known = foreach_watch (name, add_to_map, ids);
  close (fd);

  for (guint i = 0; i < targets->len; i++)
    {
      const ArcFileId *id =
          watches[i] < 0 ? NULL : g_hash_table_lookup (ids, GINT_TO_POINTER (watches[i]));

      if (id != NULL && g_hash_table_contains (watched, id))
        g_array_index (targets, ArcMonitorAuditTarget, i).watched = TRUE;
    }

  return known;
}

/* FALSE if it cannot be known. */
static gboolean
audit (GArray *targets)
{
  g_autoptr (GPtrArray) instances = list_instances ();
  g_autoptr (GHashTable) watched =
      g_hash_table_new_full (arc_file_id_hash, arc_file_id_equal, g_free, NULL);
  guint n_missing = 0;

  if (instances == NULL)
    return FALSE;

  for (guint i = 0; i < instances->len; i++)
    if (!foreach_watch (instances->pdata[i], add_to_set, watched))
      return FALSE;

  for (guint i = 0; i < targets->len; i++)
    {
      ArcMonitorAuditTarget *target = &g_array_index (targets, ArcMonitorAuditTarget, i);

      target->watched = g_hash_table_contains (watched, &target->id);
      n_missing += !target->watched;
    }

  return n_missing == 0 || audit_exactly (targets, watched);
}

static void
run_audit (GTask *task,
           gpointer source G_GNUC_UNUSED,
           gpointer data,
           GCancellable *cancellable G_GNUC_UNUSED)
{
  GArray *targets = data;

  if (audit (targets))
    g_task_return_pointer (task, g_array_ref (targets), (GDestroyNotify) g_array_unref);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED,
                             "It cannot be known which directories are watched");
}

void
arc_monitor_audit_run_async (GArray *targets,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_array_set_clear_func (targets, clear_target);
  g_task_set_source_tag (task, arc_monitor_audit_run_async);
  g_task_set_task_data (task, targets, (GDestroyNotify) g_array_unref);
  g_task_run_in_thread (task, run_audit);
}

GArray *
arc_monitor_audit_run_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
