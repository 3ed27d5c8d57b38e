/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/settings-monitor.h"

#include "config/read-file.h"
#include "watch/path-monitor.h"
#include "watch/ready-source.h"

#include <gio/gio.h>
#include <string.h>

/* Editors write a file in several steps. */
#define GATHER (50 * G_TIME_SPAN_MILLISECOND)

/* A thread that watches what the paths of the files lead through, and reads them. It may have to be
 * left behind. */
typedef struct
{
  int closed; /* atomic */
  GMainContext *context;
  GStrv files;              /* (owned) */
  GSource *changed;         /* (owned): of the monitor */
  ArcPathMonitor *monitors; /* (owned): of the thread only; so the next */
  int is_gathering;         /* CHANGED will be ready; atomic */
} Reader;

struct _ArcSettingsMonitor
{
  Reader *reader; /* (owned) */
  ArcSettingsMonitorFunc func;
  gpointer user_data;
  char *loaded;    /* (owned): the digest of the files that are in force */
  gboolean differ; /* what FUNC was called with last */

  GCancellable *cancellable; /* (owned) (nullable): of the check under way */
  gboolean again;            /* something may have changed meanwhile */
};

static void
reader_clear (gpointer data)
{
  Reader *self = data;

  g_main_context_unref (self->context);
  g_source_unref (self->changed);
  g_strfreev (self->files);
}

static void
reader_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, reader_clear);
}

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

/* In the thread. A change that comes after a path is watched is an event; one before is read here.
 */
static gboolean
run_check (gpointer user_data)
{
  GTask *task = user_data;
  Reader *reader = g_task_get_task_data (task);

  for (guint i = 0; reader->files[i] != NULL; i++)
    arc_path_monitor_add (reader->monitors, reader->files[i]);
  g_task_return_pointer (task, arc_settings_monitor_read ((const char *const *) reader->files),
                         g_free);

  return G_SOURCE_REMOVE;
}

/* In the thread. */
static void
on_event (const char *path G_GNUC_UNUSED, ArcHint hint G_GNUC_UNUSED, gpointer user_data)
{
  Reader *self = user_data;

  if (g_atomic_int_compare_and_exchange (&self->is_gathering, FALSE, TRUE))
    g_source_set_ready_time (self->changed, g_get_monotonic_time () + GATHER);
}

static gpointer
run_thread (gpointer data)
{
  Reader *self = data;

  g_main_context_push_thread_default (self->context);
  self->monitors = arc_path_monitor_new (on_event, self);
  while (!g_atomic_int_get (&self->closed))
    g_main_context_iteration (self->context, TRUE);
  arc_path_monitor_free (self->monitors);
  g_main_context_pop_thread_default (self->context);
  reader_unref (self);

  return NULL;
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

static void
check (ArcSettingsMonitor *self)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GSource) source = NULL;

  /* The thread may wait for a disk that does not answer. */
  self->again = self->cancellable != NULL;
  if (self->again)
    return;

  self->cancellable = g_cancellable_new ();
  task = g_task_new (NULL, self->cancellable, on_checked, self);
  g_task_set_source_tag (task, check);
  g_task_set_task_data (task, g_atomic_rc_box_acquire (self->reader), reader_unref);
  source = g_idle_source_new ();
  g_source_set_callback (source, run_check, g_steal_pointer (&task), g_object_unref);
  g_source_attach (source, self->reader->context);
}

static gboolean
on_changed (gpointer user_data)
{
  ArcSettingsMonitor *self = user_data;

  /* In this order: an event is seen by the check, or makes the source ready again. */
  g_source_set_ready_time (self->reader->changed, -1);
  g_atomic_int_set (&self->reader->is_gathering, FALSE);
  check (self);

  return G_SOURCE_CONTINUE;
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
arc_settings_monitor_new (const char *const *files,
                          const char *digest,
                          ArcSettingsMonitorFunc func,
                          gpointer user_data)
{
  ArcSettingsMonitor *self = g_new0 (ArcSettingsMonitor, 1);
  Reader *reader = g_atomic_rc_box_new0 (Reader);

  reader->context = g_main_context_new ();
  reader->files = g_new0 (char *, g_strv_length ((GStrv) files) + 1);
  for (guint i = 0; files[i] != NULL; i++)
    reader->files[i] = g_canonicalize_filename (files[i], NULL);
  reader->changed = arc_ready_source_new ("ArcSettingsMonitor",
                                          g_main_context_get_thread_default (), on_changed, self);
  g_thread_unref (g_thread_new ("settings", run_thread, g_atomic_rc_box_acquire (reader)));

  self->reader = reader;
  self->func = func;
  self->user_data = user_data;
  arc_settings_monitor_set_loaded (self, digest);

  return self;
}

void
arc_settings_monitor_free (ArcSettingsMonitor *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_source_destroy (self->reader->changed);
  g_atomic_int_set (&self->reader->closed, TRUE);
  g_main_context_wakeup (self->reader->context);
  reader_unref (self->reader);
  g_free (self->loaded);
  g_free (self);
}
