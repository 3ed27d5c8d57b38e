/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "settings-reload.h"

#include "engine/config-survey.h"

struct _ArcSettingsReload
{
  ArcBuilder *builder;             /* (owned) */
  ArcSettingsMonitor *monitor;     /* (unowned) */
  ArcConfigLoaderOptions *options; /* (owned) */
  ArcSettingsReloadFunc func;
  gpointer user_data;

  GPtrArray *waiting; /* (owned) (element-type GTask): those of callers that no load is for yet */
  gboolean is_loading;
  guint n_under_way; /* callers that have no answer */
};

/* One load, for all who asked before it began: one thread at most waits for a file system that does
 * not answer. */
typedef struct
{
  ArcSettingsReload *reload;       /* (unowned): not to be used in the thread */
  ArcConfigLoaderOptions *options; /* (owned) */
  GPtrArray *tasks;                /* (owned) (element-type GTask): those of the callers */
  ArcConfig *config;               /* (owned) (nullable): until they are loaded */
  char *digest;                    /* (owned) (nullable): the same */
} Load;

static void
load_free (Load *load)
{
  g_clear_pointer (&load->config, arc_config_free);
  arc_config_loader_options_free (load->options);
  g_ptr_array_unref (load->tasks);
  g_free (load->digest);
  g_free (load);
}

ArcConfig *
arc_settings_load (const ArcConfigLoaderOptions *options, char **digest, GError **error)
{
  g_auto (GStrv) files = arc_config_loader_list_files (options);

  *digest = arc_settings_monitor_read ((const char *const *) files);

  return arc_config_loader_load (options, NULL, error);
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
  self->options = arc_config_loader_options_copy (options);
  self->func = func;
  self->user_data = user_data;
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);

  return self;
}

void
arc_settings_reload_free (ArcSettingsReload *self)
{
  g_object_unref (self->builder);
  g_ptr_array_unref (self->waiting);
  arc_config_loader_options_free (self->options);
  g_free (self);
}

static void start_load (ArcSettingsReload *self);

/* Answers the callers of LOAD: (transfer full). */
static void
end_load (Load *load, const GError *error /* (nullable) */)
{
  ArcSettingsReload *self = load->reload;

  self->is_loading = FALSE;
  if (self->waiting->len > 0)
    start_load (self);

  self->n_under_way -= load->tasks->len;
  if (self->n_under_way == 0)
    self->func (FALSE, self->user_data);

  for (guint i = 0; i < load->tasks->len; i++)
    if (error != NULL)
      g_task_return_error (load->tasks->pdata[i], g_error_copy (error));
    else
      g_task_return_boolean (load->tasks->pdata[i], TRUE);
  load_free (load);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Load *load = user_data;
  ArcSettingsReload *self = load->reload;
  g_autoptr (GError) error = NULL;

  if (arc_config_survey_check_finish (ARC_WATCHER (source), result, &error))
    {
      arc_builder_set_config (self->builder, load->config);
      arc_settings_monitor_set_loaded (self->monitor, load->digest);
      g_message ("Settings reloaded");
    }

  end_load (load, error);
}

static void
run_load (GTask *task,
          gpointer source G_GNUC_UNUSED,
          gpointer data,
          GCancellable *cancellable G_GNUC_UNUSED)
{
  Load *load = data;
  GError *error = NULL;

  load->config = arc_settings_load (load->options, &load->digest, &error);
  if (load->config != NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_loaded (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Load *load = user_data;
  ArcSettingsReload *self = load->reload;
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    arc_config_survey_check_async (arc_builder_get_watcher (self->builder), load->config,
                                   on_checked, load);
  else
    end_load (load, error);
}

static void
start_load (ArcSettingsReload *self)
{
  g_autoptr (GTask) task = NULL;
  Load *load = g_new0 (Load, 1);

  self->is_loading = TRUE;
  load->reload = self;
  load->options = arc_config_loader_options_copy (self->options);
  load->tasks = g_steal_pointer (&self->waiting);
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);

  task = g_task_new (NULL, NULL, on_loaded, load);
  g_task_set_source_tag (task, run_load);
  g_task_set_task_data (task, load, NULL);
  g_task_run_in_thread (task, run_load);
}

void
arc_settings_reload_run_async (ArcSettingsReload *self,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task = g_task_new (self->builder, NULL, callback, user_data);

  g_task_set_source_tag (task, arc_settings_reload_run_async);
  g_ptr_array_add (self->waiting, task);
  if (self->n_under_way++ == 0)
    self->func (TRUE, self->user_data);
  if (!self->is_loading)
    start_load (self);
}

gboolean
arc_settings_reload_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
