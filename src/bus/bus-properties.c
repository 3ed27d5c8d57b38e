/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-properties.h"

#include <string.h>

#define API_VERSION 1

/* The longest delay of values that are not urgent, in milliseconds. */
#define EMIT_INTERVAL 100

struct _ArcBusProperties
{
  ArcBuilder *builder;      /* (owned) */
  ArcDBusBuilder *skeleton; /* (owned) */
  guint64 last_build;       /* the number of the build in `LastBuild` */
  guint interval_id;        /* 0 unless something was emitted less than EMIT_INTERVAL ago */
  gboolean is_frozen;       /* the skeleton has values that are not emitted yet */
};

GVariant *
arc_bus_properties_describe_build (ArcBuilder *builder, const ArcBuild *build)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autofree char *message = NULL;
  g_autofree char *log = arc_state_store_get_log (arc_builder_get_store (builder), build->id);

  arc_build_fill_dict (build, &dict);
  /* It may name a file, or come from an old history. */
  message = g_utf8_make_valid (build->message != NULL ? build->message : "", -1);
  g_variant_dict_insert (&dict, "message", "s", message);
  g_variant_dict_insert (&dict, "log", "^ay", log != NULL ? log : "");
  g_variant_dict_insert (&dict, "asks-for-full", "b", arc_build_asks_for_full (build));

  return g_variant_dict_end (&dict);
}

/* A build that has ended does not change any more, and its value may have a thousand paths. */
static void
update_last_build (ArcBusProperties *self)
{
  const ArcBuild *last = arc_state_store_get_last_build (arc_builder_get_store (self->builder));

  if (last == NULL || last->id == self->last_build)
    return;

  self->last_build = last->id;
  arc_dbus_builder_set_last_build (self->skeleton,
                                   arc_bus_properties_describe_build (self->builder, last));
}

/* The generated setters wait for an idle moment and merge what happened until then, so that a state
 * that lasts no time would never be emitted; a frozen skeleton waits until it is thawed. Reading a
 * property returns the value that was set last in either case. */
void
arc_bus_properties_emit (ArcBusProperties *self)
{
  if (self->is_frozen)
    g_object_thaw_notify (G_OBJECT (self->skeleton));
  self->is_frozen = FALSE;

  g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}

static gboolean
on_interval_over (gpointer user_data)
{
  ArcBusProperties *self = user_data;

  if (self->is_frozen)
    {
      arc_bus_properties_emit (self);
      return G_SOURCE_CONTINUE;
    }

  self->interval_id = 0;
  return G_SOURCE_REMOVE;
}

/* Whether STATUS differs from what the properties say in something that is emitted at once. */
static gboolean
is_urgent (ArcBusProperties *self, const ArcStatus *status)
{
  ArcDBusBuilder *skeleton = self->skeleton;
  guint total;

  g_variant_get (arc_dbus_builder_get_progress (skeleton), "(uus)", NULL, &total, NULL);

  return g_strcmp0 (arc_dbus_builder_get_state (skeleton), arc_state_to_string (status->state)) !=
             0 ||
         strcmp (arc_dbus_builder_get_reason (skeleton), arc_reason_to_string (status->reason)) !=
             0 ||
         strcmp (arc_dbus_builder_get_health (skeleton), arc_health_to_string (status->health)) !=
             0 ||
         arc_dbus_builder_get_fresh (skeleton) != status->fresh ||
         arc_dbus_builder_get_stoked (skeleton) != status->stoked ||
         arc_dbus_builder_get_paused (skeleton) != ((status->holds & ARC_HOLD_PAUSED) != 0) ||
         arc_dbus_builder_get_current_build (skeleton) != status->current_build ||
         arc_dbus_builder_get_consecutive_failures (skeleton) != status->consecutive_failures ||
         total != status->progress_total;
}

static void
set_status (ArcDBusBuilder *skeleton, const ArcStatus *status)
{
  arc_dbus_builder_set_state (skeleton, arc_state_to_string (status->state));
  arc_dbus_builder_set_stoked (skeleton, status->stoked);
  arc_dbus_builder_set_paused (skeleton, (status->holds & ARC_HOLD_PAUSED) != 0);
  arc_dbus_builder_set_reason (skeleton, arc_reason_to_string (status->reason));
  arc_dbus_builder_set_next_build (skeleton, status->next_build);
  arc_dbus_builder_set_state_since (skeleton, status->state_since);
  arc_dbus_builder_set_last_touch (skeleton, status->last_touch);
  arc_dbus_builder_set_last_run (skeleton, status->last_run);
  arc_dbus_builder_set_health (skeleton, arc_health_to_string (status->health));
  arc_dbus_builder_set_health_message (skeleton, status->health_message);
  arc_dbus_builder_set_fresh (skeleton, status->fresh);
  arc_dbus_builder_set_change_serial (skeleton, status->change_serial);
  arc_dbus_builder_set_built_serial (skeleton, status->built_serial);
  arc_dbus_builder_set_pending_count (skeleton, status->n_pending);
  arc_dbus_builder_set_problem_count (skeleton, status->n_problems);
  arc_dbus_builder_set_rescans (skeleton, status->rescans);
  arc_dbus_builder_set_current_build (skeleton, status->current_build);
  arc_dbus_builder_set_progress (skeleton, g_variant_new ("(uus)", status->progress_done,
                                                          status->progress_total, status->phase));
  arc_dbus_builder_set_consecutive_failures (skeleton, status->consecutive_failures);
  arc_dbus_builder_set_rest_usec (skeleton, status->rest);
}

static void
set_tree (ArcDBusBuilder *skeleton, const ArcConfig *config, ArcWatcher *watcher)
{
  arc_dbus_builder_set_directories (skeleton, (const char *const *) config->directories);
  arc_dbus_builder_set_database (skeleton, config->database);
  arc_dbus_builder_set_watched_directories (skeleton, arc_watcher_get_n_directories (watcher));
  arc_dbus_builder_set_watched_files (skeleton, arc_watcher_get_n_files (watcher));
}

static void
set_timing (ArcDBusBuilder *skeleton, const ArcTiming *timing)
{
  arc_dbus_builder_set_debounce_usec (skeleton, timing->debounce);
  arc_dbus_builder_set_debounce_limit_usec (skeleton, timing->debounce_limit);
  arc_dbus_builder_set_cooldown_usec (skeleton, timing->cooldown);
  arc_dbus_builder_set_max_load (skeleton, (double) timing->max_load / ARC_LOAD_SCALE);
}

/* A checkout of a branch, and a build that prints its progress, change some values a thousand times
 * a second. */
void
arc_bus_properties_update (ArcBusProperties *self)
{
  const ArcConfig *config = arc_builder_get_config (self->builder);
  ArcStatus status;
  gboolean urgent;

  arc_builder_get_status (self->builder, &status);

  /* First the values of the state before, such as the progress of its build. */
  urgent = is_urgent (self, &status);
  if (urgent && self->is_frozen)
    arc_bus_properties_emit (self);
  if (!self->is_frozen)
    g_object_freeze_notify (G_OBJECT (self->skeleton));
  self->is_frozen = TRUE;

  set_status (self->skeleton, &status);
  set_tree (self->skeleton, config, arc_builder_get_watcher (self->builder));
  set_timing (self->skeleton, &config->timing);
  update_last_build (self);

  if (urgent || self->interval_id == 0)
    arc_bus_properties_emit (self);
  if (self->interval_id == 0)
    self->interval_id = g_timeout_add (EMIT_INTERVAL, on_interval_over, self);
}

/* The variables that a user looks for when a program, or a package of Emacs, is not found. */
static gboolean
is_published (const char *entry)
{
  static const char *const prefixes[] = { "PATH=", "HOME=", "EMACSLOADPATH=", "XDG_" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (entry, prefixes[i]))
      return TRUE;

  return FALSE;
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* A build gets the environment of the service (config/build-environment.h). */
static void
set_environment (ArcDBusBuilder *skeleton)
{
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; environment[i] != NULL; i++)
    if (is_published (environment[i]))
      g_ptr_array_add (entries, g_utf8_make_valid (environment[i], -1));
  g_ptr_array_sort (entries, compare_entries);
  g_ptr_array_add (entries, NULL);
  arc_dbus_builder_set_environment (skeleton, (const char *const *) entries->pdata);
}

ArcBusProperties *
arc_bus_properties_new (ArcBuilder *builder, ArcDBusBuilder *skeleton)
{
  ArcBusProperties *self = g_new0 (ArcBusProperties, 1);

  self->builder = g_object_ref (builder);
  self->skeleton = g_object_ref (skeleton);
  arc_dbus_builder_set_version (skeleton, ARC_VERSION);
  arc_dbus_builder_set_api_version (skeleton, API_VERSION);
  arc_dbus_builder_set_last_build (skeleton, g_variant_new ("a{sv}", NULL));
  arc_dbus_builder_set_progress (skeleton, g_variant_new ("(uus)", 0, 0, ""));
  set_environment (skeleton);

  return self;
}

void
arc_bus_properties_free (ArcBusProperties *self)
{
  g_clear_handle_id (&self->interval_id, g_source_remove);
  if (self->is_frozen)
    g_object_thaw_notify (G_OBJECT (self->skeleton));
  g_object_unref (self->skeleton);
  g_object_unref (self->builder);
  g_free (self);
}
