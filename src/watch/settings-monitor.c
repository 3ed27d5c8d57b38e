/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/settings-monitor.h"

#include "config/read-file.h"
#include "watch/path-monitor.h"

#include <gio/gio.h>
#include <string.h>

/* Editors write a file in several steps. Milliseconds. */
#define GATHER 50

struct _ArcSettingsMonitor
{
  GStrv files;              /* (owned) */
  ArcPathMonitor *monitors; /* (owned) */
  ArcSettingsMonitorFunc func;
  gpointer user_data;
  char *loaded;    /* (owned): the digest of the files that are in force */
  gboolean differ; /* what FUNC was called with last */
  guint check_id;  /* 0 unless something may have changed */

  GCancellable *cancellable; /* (owned) (nullable): of the thread that reads the files */
  gboolean again;            /* something may have changed meanwhile */
};

char *
arc_settings_monitor_read (const char *const *files)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; files[i] != NULL; i++)
    {
      g_autofree char *path = g_canonicalize_filename (files[i], NULL);
      g_autoptr (GError) error = NULL;
      gsize length = 0;
      g_autofree char *data =
          arc_read_file (path, ARC_READ_SETTINGS, ARC_READ_MAX_SETTINGS, &length, &error);
      const char *text = data != NULL ? data : error->message;

      /* The sizes keep apart where a file ends and the next one begins. */
      if (data == NULL)
        length = strlen (text);
      g_checksum_update (checksum, (const guchar *) (data != NULL ? "+" : "-"), 1);
      g_checksum_update (checksum, (const guchar *) &length, sizeof length);
      g_checksum_update (checksum, (const guchar *) text, (gssize) length);
    }

  return g_strdup (g_checksum_get_string (checksum));
}

static void
run_check (GTask *task,
           gpointer source G_GNUC_UNUSED,
           gpointer data,
           GCancellable *cancellable G_GNUC_UNUSED)
{
  g_task_return_pointer (task, arc_settings_monitor_read (data), g_free);
}

static void
set_differ (ArcSettingsMonitor *self, gboolean differ)
{
  if (differ == self->differ)
    return;

  self->differ = differ;
  self->func (differ, self->user_data);
}

static void check (ArcSettingsMonitor *self);

static void
on_checked (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  ArcSettingsMonitor *self = user_data;
  g_autofree char *now = g_task_propagate_pointer (G_TASK (result), NULL);

  /* The monitor is freed if the task was cancelled. */
  if (now == NULL)
    return;

  g_clear_object (&self->cancellable);
  if (self->again)
    {
      check (self);
      return;
    }

  set_differ (self, strcmp (now, self->loaded) != 0);
}

/* A change that comes after a way is followed is an event; one before is read here. */
static void
check (ArcSettingsMonitor *self)
{
  g_autoptr (GTask) task = NULL;

  /* One thread at most waits for a disk that does not answer. */
  self->again = self->cancellable != NULL;
  if (self->again)
    return;

  for (guint i = 0; self->files[i] != NULL; i++)
    arc_path_monitor_follow (self->monitors, self->files[i]);

  self->cancellable = g_cancellable_new ();
  task = g_task_new (NULL, self->cancellable, on_checked, self);
  g_task_set_source_tag (task, check);
  g_task_set_task_data (task, g_strdupv (self->files), (GDestroyNotify) g_strfreev);
  g_task_run_in_thread (task, run_check);
}

static gboolean
on_gathered (gpointer user_data)
{
  ArcSettingsMonitor *self = user_data;

  self->check_id = 0;
  check (self);

  return G_SOURCE_REMOVE;
}

static void
on_event (const char *path G_GNUC_UNUSED, ArcHint hint G_GNUC_UNUSED, gpointer user_data)
{
  ArcSettingsMonitor *self = user_data;

  if (self->check_id == 0)
    self->check_id = g_timeout_add (GATHER, on_gathered, self);
}

void
arc_settings_monitor_set_loaded (ArcSettingsMonitor *self, const char *digest)
{
  g_free (self->loaded);
  self->loaded = g_strdup (digest);
  /* As far as is known, until the check says otherwise. */
  set_differ (self, FALSE);
  check (self);
}

ArcSettingsMonitor *
arc_settings_monitor_new (const char *const *files, ArcSettingsMonitorFunc func, gpointer user_data)
{
  ArcSettingsMonitor *self = g_new0 (ArcSettingsMonitor, 1);

  self->files = g_new0 (char *, g_strv_length ((GStrv) files) + 1);
  for (guint i = 0; files[i] != NULL; i++)
    self->files[i] = g_canonicalize_filename (files[i], NULL);
  self->func = func;
  self->user_data = user_data;
  self->monitors = arc_path_monitor_new (on_event, self);
  for (guint i = 0; self->files[i] != NULL; i++)
    arc_path_monitor_follow (self->monitors, self->files[i]);
  self->loaded = arc_settings_monitor_read (files);

  return self;
}

void
arc_settings_monitor_free (ArcSettingsMonitor *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->check_id, g_source_remove);
  arc_path_monitor_free (self->monitors);
  g_strfreev (self->files);
  g_free (self->loaded);
  g_free (self);
}
