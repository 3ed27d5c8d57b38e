/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/mount-monitor.h"

#include "common/path.h"

#include "watch/watch-scope.h"

#include <gio/gunixmounts.h>
#include <stdlib.h>
#include <string.h>

struct _ArcMountMonitor
{
  GUnixMountMonitor *monitor;
  GPtrArray *directories; /* (element-type filename) */
  char *seen;             /* see list_near() */
  ArcMountMonitorFunc func;
  gpointer user_data;
};

/* DIRECTORY as mounts are told: without symbolic links. (transfer full) */
static char *
resolve (const char *directory)
{
  char *path = realpath (directory, NULL);

  return path != NULL ? path : strdup (directory);
}

/* The mounts that our directories may see, as a text to compare: containers and sandboxes mount all
 * the time, and none of that is ours. */
static char *
list_near (ArcMountMonitor *self)
{
  GList *mounts = g_unix_mounts_get (NULL);
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < self->directories->len; i++)
    {
      g_autofree char *directory = resolve (self->directories->pdata[i]);

      for (const GList *link = mounts; link != NULL; link = link->next)
        {
          const char *path = g_unix_mount_get_mount_path (link->data);

          if (arc_path_get_below (path, directory) != NULL ||
              arc_path_get_below (directory, path) != NULL)
            g_string_append_printf (list, "%s\n%s\n", path,
                                    g_unix_mount_get_device_path (link->data));
        }
    }
  g_list_free_full (mounts, (GDestroyNotify) g_unix_mount_free);

  return g_string_free (g_steal_pointer (&list), FALSE);
}

static void
on_mounts_changed (ArcMountMonitor *self)
{
  g_autofree char *now = list_near (self);

  if (strcmp (now, self->seen) == 0)
    return;

  g_free (self->seen);
  self->seen = g_steal_pointer (&now);
  self->func (self->user_data);
}

ArcMountMonitor *
arc_mount_monitor_new (const GPtrArray *directories, ArcMountMonitorFunc func, gpointer user_data)
{
  ArcMountMonitor *self = g_new0 (ArcMountMonitor, 1);

  self->func = func;
  self->user_data = user_data;
  self->monitor = g_unix_mount_monitor_get ();
  self->directories = g_ptr_array_new_with_free_func (g_free);
  g_signal_connect_swapped (self->monitor, "mounts-changed", G_CALLBACK (on_mounts_changed), self);
  arc_mount_monitor_set_directories (self, directories);

  return self;
}

void
arc_mount_monitor_free (ArcMountMonitor *self)
{
  g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_object_unref (self->monitor);
  g_ptr_array_unref (self->directories);
  g_free (self->seen);
  g_free (self);
}

void
arc_mount_monitor_set_directories (ArcMountMonitor *self, const GPtrArray *directories)
{
  g_ptr_array_set_size (self->directories, 0);
  for (guint i = 0; i < directories->len; i++)
    g_ptr_array_add (self->directories, g_strdup (directories->pdata[i]));

  g_free (self->seen);
  self->seen = list_near (self);
}
