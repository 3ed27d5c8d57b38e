/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/mount-monitor.h"

#include "common/path.h"

#include <gio/gio.h>
#include <gio/gunixmounts.h>
#include <stdlib.h>
#include <string.h>

struct _ArcMountMonitor
{
  GUnixMountMonitor *monitor;
  GPtrArray *directories;    /* (element-type filename) */
  GPtrArray *seen;           /* (element-type GUnixMountEntry): those that were last compared */
  GCancellable *cancellable; /* (nullable): of the comparison under way */
  gboolean again;            /* there was an event meanwhile */
  GSourceOnceFunc func;
  gpointer user_data;
};

/* Reads mountinfo (proc(5)), which asks no file system. (transfer full) (element-type
 * GUnixMountEntry) */
static GPtrArray *
list_mounts (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) g_unix_mount_free);
  g_autoptr (GList) mounts = g_unix_mounts_get (NULL);

  for (const GList *link = mounts; link != NULL; link = link->next)
    g_ptr_array_add (list, link->data);

  return list;
}

/* Two lists of mounts. */
typedef struct
{
  GPtrArray *directories; /* (element-type filename) */
  GPtrArray *before;      /* (element-type GUnixMountEntry) */
  GPtrArray *now;         /* (element-type GUnixMountEntry) */
} Comparison;

static void
comparison_free (gpointer data)
{
  Comparison *comparison = data;

  g_ptr_array_unref (comparison->directories);
  g_ptr_array_unref (comparison->before);
  g_ptr_array_unref (comparison->now);
  g_free (comparison);
}

/* The MOUNTS that DIRECTORY may be on or have below it, as a text to compare: containers and
 * sandboxes mount all the time, elsewhere. */
static char *
list_near (const GPtrArray *mounts, const char *directory)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < mounts->len; i++)
    {
      const char *path = g_unix_mount_get_mount_path (mounts->pdata[i]);

      if (arc_path_get_below (path, directory) != NULL ||
          arc_path_get_below (directory, path) != NULL)
        g_string_append_printf (list, "%s\n%s\n", path,
                                g_unix_mount_get_device_path (mounts->pdata[i]));
    }

  return g_string_free (g_steal_pointer (&list), FALSE);
}

/* realpath(3), as mountinfo has no symbolic links, blocks while a file system does not answer. */
static void
run_comparison (GTask *task,
                gpointer source G_GNUC_UNUSED,
                gpointer data,
                GCancellable *cancellable G_GNUC_UNUSED)
{
  const Comparison *comparison = data;
  gboolean differs = FALSE;

  for (guint i = 0; i < comparison->directories->len && !differs; i++)
    {
      const char *directory = comparison->directories->pdata[i];
      char *real = realpath (directory, NULL);
      g_autofree char *before = list_near (comparison->before, real != NULL ? real : directory);
      g_autofree char *now = list_near (comparison->now, real != NULL ? real : directory);

      differs = strcmp (before, now) != 0;
      free (real);
    }

  g_task_return_boolean (task, differs);
}

static void on_mounts_changed (ArcMountMonitor *self);

static void
on_compared (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  ArcMountMonitor *self = user_data;
  g_autoptr (GError) error = NULL;
  const gboolean differs = g_task_propagate_boolean (G_TASK (result), &error);

  /* The monitor may be freed. */
  if (error != NULL)
    return;

  g_clear_object (&self->cancellable);
  if (self->again)
    on_mounts_changed (self);
  if (differs)
    self->func (self->user_data);
}

static void
on_mounts_changed (ArcMountMonitor *self)
{
  g_autoptr (GTask) task = NULL;
  Comparison *comparison;

  /* One thread at most waits for a file system that does not answer. */
  self->again = self->cancellable != NULL;
  if (self->again)
    return;

  comparison = g_new (Comparison, 1);
  comparison->directories = g_ptr_array_ref (self->directories);
  comparison->before = self->seen;
  self->seen = list_mounts ();
  comparison->now = g_ptr_array_ref (self->seen);

  self->cancellable = g_cancellable_new ();
  task = g_task_new (NULL, self->cancellable, on_compared, self);
  g_task_set_source_tag (task, on_mounts_changed);
  g_task_set_task_data (task, comparison, comparison_free);
  g_task_run_in_thread (task, run_comparison);
}

ArcMountMonitor *
arc_mount_monitor_new (GPtrArray *directories, GSourceOnceFunc func, gpointer user_data)
{
  ArcMountMonitor *self = g_new0 (ArcMountMonitor, 1);

  self->func = func;
  self->user_data = user_data;
  self->monitor = g_unix_mount_monitor_get ();
  g_signal_connect_swapped (self->monitor, "mounts-changed", G_CALLBACK (on_mounts_changed), self);
  self->directories = g_ptr_array_ref (directories);
  self->seen = list_mounts ();

  return self;
}

void
arc_mount_monitor_free (ArcMountMonitor *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_object_unref (self->monitor);
  g_ptr_array_unref (self->directories);
  g_ptr_array_unref (self->seen);
  g_free (self);
}
