/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "settings-reload.h"

#include "engine/config-survey.h"

struct _ArcSettingsReload
{
  ArcBuilder *builder;                   /* (owned) */
  ArcSettingsMonitor *monitor;           /* (unowned) */
  const ArcConfigLoaderOptions *options; /* (unowned) */
  ArcSettingsReloadFunc func;
  gpointer user_data;

  guint64 last;    /* the number of the last one that began */
  guint64 applied; /* the same, of those whose settings are in force */
  guint n_under_way;
};

/* A reload that was asked for. */
typedef struct
{
  ArcSettingsReload *reload; /* (unowned) */
  GTask *task;               /* (owned): of the caller */
  ArcConfig *config;         /* (owned) (nullable): until they are loaded */
  char *digest;              /* (owned) (nullable): the same, of the files that it comes from */
  guint64 number;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_clear_pointer (&request->config, arc_config_free);
  g_clear_object (&request->task);
  g_free (request->digest);
  g_free (request);
}

ArcSettingsReload *
arc_settings_reload_new (ArcBuilder *builder,
                         ArcSettingsMonitor *monitor,
                         const ArcConfigLoaderOptions *options,
                         ArcSettingsReloadFunc func,
                         gpointer user_data)
{
  ArcSettingsReload *self = g_new0 (ArcSettingsReload, 1);

  self->builder = g_object_ref (builder);
  self->monitor = monitor;
  self->options = options;
  self->func = func;
  self->user_data = user_data;

  return self;
}

void
arc_settings_reload_free (ArcSettingsReload *self)
{
  g_object_unref (self->builder);
  g_free (self);
}

/* Answers REQUEST: (transfer full); ERROR: (transfer full) (nullable). */
static void
end (Request *request, GError *error)
{
  ArcSettingsReload *self = request->reload;

  if (--self->n_under_way == 0)
    self->func (FALSE, self->user_data);

  if (error != NULL)
    g_task_return_error (request->task, error);
  else
    g_task_return_boolean (request->task, TRUE);
  request_free (request);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Request *request = user_data;
  ArcSettingsReload *self = request->reload;
  GError *error = NULL;

  /* Another one, which has read the files later, may have taken less time. */
  if (g_task_propagate_boolean (G_TASK (result), &error) && request->number > self->applied)
    {
      self->applied = request->number;
      arc_builder_set_config (self->builder, request->config);
      arc_settings_monitor_set_loaded (self->monitor, request->digest);
      g_message ("Settings reloaded");
    }

  end (request, error);
}

static void
run_load (GTask *task,
          gpointer source G_GNUC_UNUSED,
          gpointer data,
          GCancellable *cancellable G_GNUC_UNUSED)
{
  Request *request = data;
  g_auto (GStrv) files = arc_config_loader_list_files (request->reload->options);
  GError *error = NULL;

  request->digest = arc_settings_monitor_read ((const char *const *) files);
  request->config = arc_config_loader_load (request->reload->options, NULL, &error);
  if (request->config != NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_loaded (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Request *request = user_data;
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    arc_config_survey_check_async (arc_builder_get_watcher (request->reload->builder),
                                   request->config, on_checked, request);
  else
    end (request, error);
}

void
arc_settings_reload_begin (ArcSettingsReload *self,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) load = NULL;
  Request *request = g_new0 (Request, 1);

  request->reload = self;
  request->task = g_task_new (self->builder, NULL, callback, user_data);
  request->number = ++self->last;
  g_task_set_source_tag (request->task, arc_settings_reload_begin);
  if (self->n_under_way++ == 0)
    self->func (TRUE, self->user_data);

  load = g_task_new (NULL, NULL, on_loaded, request);
  g_task_set_source_tag (load, run_load);
  g_task_set_task_data (load, request, NULL);
  g_task_run_in_thread (load, run_load);
}
