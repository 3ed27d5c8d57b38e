/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-service.h"

#include "arc-dbus.h"
#include "bus/bus-properties.h"
#include "bus/bus-replies.h"
#include "bus/inhibitors.h"
#include "common/error.h"

#include <gio/gunixfdlist.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The longest word that an argument can be meant to be, in bytes. */
#define MAX_WORD 256

/* More options than there are make no sense. */
#define MAX_OPTIONS 16

/* A call that waits for the end of a comparison. */
typedef struct
{
  GDBusMethodInvocation *invocation; /* (owned) */
  guint64 comparison;
  gboolean rebuilds; /* it is `Rebuild`, not `Rescan` */
  ArcBuildKind kind; /* of that */
} Rescan;

struct _ArcBusService
{
  GObject parent;

  ArcBuilder *builder;
  ArcReloadFunc reload;
  gpointer reload_data;

  ArcDBusBuilder *skeleton;
  GDBusConnection *connection; /* (owned) (nullable): while exported */
  guint name_id;
  ArcBusProperties *properties; /* (owned) */
  ArcInhibitors *inhibitors;    /* (owned) */
  ArcBusReplies *replies;       /* (owned): calls whose replies may be large */
  GQueue rescans;               /* (element-type Rescan) (owned): the oldest first */
};

enum
{
  SIGNAL_NAME_ACQUIRED,
  SIGNAL_NAME_LOST,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcBusService, arc_bus_service, G_TYPE_OBJECT)

static void
on_changed (ArcBuilder *builder, ArcBusService *self)
{
  arc_bus_properties_update (self->properties);
}

static void
on_build_started (ArcBuilder *builder, const ArcBuild *build, ArcBusService *self)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&dict, "kind", "s", arc_build_kind_to_string (build->kind));
  g_variant_dict_insert (&dict, "cause", "s", arc_cause_to_string (build->cause));
  arc_dbus_builder_emit_build_started (self->skeleton, build->id, g_variant_dict_end (&dict));
}

static void
on_build_finished (ArcBuilder *builder, const ArcBuild *build, ArcBusService *self)
{
  arc_dbus_builder_emit_build_finished (self->skeleton, build->id,
                                        arc_result_to_string (build->result),
                                        arc_bus_properties_describe_build (builder, build));
}

static void
rebuild (ArcBusService *self, GDBusMethodInvocation *invocation, ArcBuildKind kind)
{
  g_autoptr (GError) error = NULL;
  guint64 build;

  if (arc_builder_rebuild (self->builder, kind, &build, &error))
    arc_dbus_builder_complete_rebuild (self->skeleton, invocation, build);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static void
wait_for_comparison (ArcBusService *self,
                     GDBusMethodInvocation *invocation,
                     gboolean rebuilds,
                     ArcBuildKind kind)
{
  Rescan *rescan = g_new (Rescan, 1);

  *rescan = (Rescan){ invocation, arc_builder_compare (self->builder), rebuilds, kind };
  g_queue_push_tail (&self->rescans, rescan);
}

static void
on_rescanned (ArcBuilder *builder, guint64 comparison, guint64 changes, ArcBusService *self)
{
  Rescan *rescan;

  while ((rescan = g_queue_peek_head (&self->rescans)) != NULL && rescan->comparison <= comparison)
    {
      g_queue_pop_head (&self->rescans);
      if (rescan->rebuilds)
        rebuild (self, rescan->invocation, rescan->kind);
      else
        arc_dbus_builder_complete_rescan (self->skeleton, rescan->invocation,
                                          MIN (changes, G_MAXUINT32));
      g_free (rescan);
    }
}

/* What is long is neither read further nor repeated in an error. */
static gboolean
parse_option (const char *key, GVariant *value, ArcBuildKind *kind, GError **error)
{
  const gboolean is_clean = strcmp (key, "clean") == 0;

  if (strlen (key) > MAX_WORD)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                 "The name of an option has more than %d bytes", MAX_WORD);
  else if (kind == NULL)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                 "Unknown option \"%s\"; there are none yet", key);
  else if (!is_clean && strcmp (key, "full") != 0)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                 "Unknown option \"%s\"; known are \"full\" and \"clean\"", key);
  else if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                 "Option \"%s\" must be of type \"b\", not \"%s\"", key,
                 g_variant_get_type_string (value));
  else
    {
      if (g_variant_get_boolean (value))
        *kind = MAX (*kind, is_clean ? ARC_BUILD_CLEAN : ARC_BUILD_FULL);
      return TRUE;
    }

  return FALSE;
}

/* The options of `Rebuild`; without KIND, those of `Sync`. */
static gboolean
parse_options (GVariant *options, ArcBuildKind *kind /* (nullable) */, GError **error)
{
  const gsize n_options = g_variant_n_children (options);

  if (n_options > MAX_OPTIONS)
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "There are more than %d options",
                   MAX_OPTIONS);
      return FALSE;
    }

  for (gsize i = 0; i < n_options; i++)
    {
      g_autoptr (GVariant) value = NULL;
      const char *key;

      g_variant_get_child (options, i, "{&sv}", &key, &value);
      if (!parse_option (key, value, kind, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
on_rebuild (ArcBusService *self, GDBusMethodInvocation *invocation, GVariant *options)
{
  g_autoptr (GError) error = NULL;
  ArcBuildKind kind = ARC_BUILD_INCREMENTAL;
  ArcStatus status;

  arc_builder_get_status (self->builder, &status);
  if (!parse_options (options, &kind, &error))
    g_dbus_method_invocation_return_gerror (invocation, error);
  else if (status.health == ARC_HEALTH_UNAVAILABLE)
    /* The tree may be back without an event so far. */
    wait_for_comparison (self, invocation, TRUE, kind);
  else
    rebuild (self, invocation, kind);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_synced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcBuild) build = arc_builder_sync_finish (ARC_BUILDER (source), result, &error);

  if (build != NULL)
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(ts)", build->id,
                                                          arc_result_to_string (build->result)));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static gboolean
on_sync (ArcBusService *self, GDBusMethodInvocation *invocation, GVariant *options)
{
  g_autoptr (GError) error = NULL;

  if (parse_options (options, NULL, &error))
    arc_builder_sync_async (self->builder, on_synced, invocation);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* Answers a call that returns nothing: with ERROR, unless it is NULL. */
static gboolean
answer (GDBusMethodInvocation *invocation, const GError *error)
{
  if (error == NULL)
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_cancel (ArcBusService *self, GDBusMethodInvocation *invocation)
{
  g_autoptr (GError) error = NULL;

  arc_builder_cancel (self->builder, &error);

  return answer (invocation, error);
}

static void
on_paused (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  arc_builder_set_paused_finish (ARC_BUILDER (source), result, &error);
  answer (user_data, error);
}

/* `Pause` or `Resume`. */
static gboolean
on_pause (ArcBusService *self, GDBusMethodInvocation *invocation)
{
  const char *method = g_dbus_method_invocation_get_method_name (invocation);

  arc_builder_set_paused_async (self->builder, strcmp (method, "Pause") == 0, on_paused,
                                invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_inhibitors_changed (GVariant *inhibitors, gpointer user_data)
{
  ArcBusService *self = user_data;
  const gboolean is_held = g_variant_n_children (inhibitors) > 0;

  arc_dbus_builder_set_inhibitors (self->skeleton, inhibitors);
  arc_builder_set_held (self->builder, ARC_HOLD_INHIBITED, is_held);
  arc_bus_properties_emit (self->properties);
}

/* (transfer full): answers with FD (owned). */
static GUnixFDList *
return_fd (GDBusMethodInvocation *invocation, int fd)
{
  GUnixFDList *fds = g_unix_fd_list_new_from_array (&fd, 1);

  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0),
                                                           fds);

  return fds;
}

static gboolean
on_inhibit (ArcBusService *self,
            GDBusMethodInvocation *invocation,
            GUnixFDList *in_fds,
            const char *who,
            const char *why)
{
  g_autoptr (GError) error = NULL;
  const int fd = arc_inhibitors_add (self->inhibitors, who, why, &error);

  if (fd < 0)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    g_object_unref (return_fd (invocation, fd));

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* `GetHistory`, `GetPending`, `GetChanges` or `GetProblems`. */
static gboolean
on_list (ArcBusService *self, GDBusMethodInvocation *invocation)
{
  arc_bus_replies_add (self->replies, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
run_close (GTask *task,
           gpointer source G_GNUC_UNUSED,
           gpointer data,
           GCancellable *cancellable G_GNUC_UNUSED)
{
  close (GPOINTER_TO_INT (data));
  g_task_return_boolean (task, TRUE);
}

/* The bus has its copies. */
static void
on_log_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GUnixFDList) fds = user_data;
  g_autofree int *fd = g_unix_fd_list_steal_fds (fds, NULL);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_dbus_connection_flush_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_task_set_source_tag (task, on_log_sent);
  g_task_set_task_data (task, GINT_TO_POINTER (*fd), NULL);
  g_task_run_in_thread (task, run_close);
}

/* GDBus closes what it has sent in its thread, which all connections share, or in this one
 * (gdbusprivate.c of GLib 2.74). close(2) of a file waits for its disk: it may send FLUSH (FUSE).
 * So the descriptor is taken back when it is sent, and a thread of its own closes it. */
static void
on_log_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GDBusConnection) connection =
      g_object_ref (g_dbus_method_invocation_get_connection (invocation));
  g_autoptr (GError) error = NULL;
  const int fd = arc_state_store_open_log_finish (ARC_STATE_STORE (source), result, &error);

  if (fd < 0)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    g_dbus_connection_flush (connection, NULL, on_log_sent, return_fd (invocation, fd));
}

static gboolean
on_open_log (ArcBusService *self,
             GDBusMethodInvocation *invocation,
             GUnixFDList *in_fds,
             guint64 build)
{
  ArcStateStore *store = arc_builder_get_store (self->builder);
  const ArcBuild *last = arc_state_store_get_last_build (store);
  ArcStatus status;

  arc_builder_get_status (self->builder, &status);
  if (build == 0)
    build = status.current_build != 0 ? status.current_build : last != NULL ? last->id : 0;

  if (build == 0)
    g_dbus_method_invocation_return_error_literal (invocation, ARC_ERROR, ARC_ERROR_NO_SUCH_BUILD,
                                                   "Nothing was built yet");
  else
    arc_state_store_open_log_async (store, build, build == status.current_build, on_log_opened,
                                    invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_rescan (ArcBusService *self, GDBusMethodInvocation *invocation)
{
  wait_for_comparison (self, invocation, FALSE, ARC_BUILD_INCREMENTAL);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_reloaded (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (G_TASK (result), &error);
  answer (user_data, error);
}

static gboolean
on_reload (ArcBusService *self, GDBusMethodInvocation *invocation)
{
  self->reload (self->reload_data, on_reloaded, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_explain (ArcBusService *self, GDBusMethodInvocation *invocation, GVariant *bytes)
{
  gsize length;
  const char *data = g_variant_get_fixed_array (bytes, &length, sizeof (char));
  g_autofree char *path = NULL;
  const char *rule;
  gboolean watched;

  /* An empty array has no data: g_variant_get_fixed_array() returns NULL. */
  if (length == 0 || data[0] != '/')
    {
      g_dbus_method_invocation_return_error (invocation, ARC_ERROR, ARC_ERROR_NOT_ABSOLUTE,
                                             "The path must start with a slash");
      return G_DBUS_METHOD_INVOCATION_HANDLED;
    }

  path = g_strndup (data, length);
  if (strlen (path) >= PATH_MAX)
    {
      g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                                             "The path has more than %d bytes", PATH_MAX - 1);
      return G_DBUS_METHOD_INVOCATION_HANDLED;
    }

  watched = arc_watcher_explain (arc_builder_get_watcher (self->builder), path, &rule);
  arc_dbus_builder_complete_explain (self->skeleton, invocation, watched, rule);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_name_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_NAME_ACQUIRED], 0);
}

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_NAME_LOST], 0);
}

void
arc_bus_service_set_settings_changed (ArcBusService *self, gboolean changed)
{
  arc_dbus_builder_set_settings_changed (self->skeleton, changed);
  arc_bus_properties_emit (self->properties);
}

gboolean
arc_bus_service_export (ArcBusService *self,
                        GDBusConnection *connection,
                        gboolean replace,
                        GError **error)
{
  GBusNameOwnerFlags flags =
      G_BUS_NAME_OWNER_FLAGS_ALLOW_REPLACEMENT | G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE;

  g_return_val_if_fail (self->connection == NULL, FALSE);

  arc_bus_properties_update (self->properties);

  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection,
                                         ARC_SERVICE_PATH, error))
    return FALSE;

  if (replace)
    flags |= G_BUS_NAME_OWNER_FLAGS_REPLACE;

  self->connection = g_object_ref (connection);
  self->name_id = g_bus_own_name_on_connection (connection, ARC_SERVICE_NAME, flags,
                                                on_name_acquired, on_name_lost, self, NULL);

  return TRUE;
}

void
arc_bus_service_close (ArcBusService *self)
{
  g_autoptr (GError) error = NULL;
  Rescan *rescan;

  error = g_error_new_literal (ARC_ERROR, ARC_ERROR_SHUTTING_DOWN, "The service is stopping");
  while ((rescan = g_queue_pop_head (&self->rescans)) != NULL)
    {
      g_dbus_method_invocation_return_gerror (rescan->invocation, error);
      g_free (rescan);
    }
  arc_bus_replies_fail (self->replies, error);

  if (self->connection == NULL)
    return;

  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  g_clear_handle_id (&self->name_id, g_bus_unown_name);
  if (!g_dbus_connection_is_closed (self->connection))
    g_dbus_connection_flush_sync (self->connection, NULL, NULL);
  g_clear_object (&self->connection);
}

ArcBusService *
arc_bus_service_new (ArcBuilder *builder, ArcReloadFunc reload, gpointer user_data)
{
  ArcBusService *self = g_object_new (ARC_TYPE_BUS_SERVICE, NULL);

  self->builder = g_object_ref (builder);
  self->reload = reload;
  self->reload_data = user_data;
  self->properties = arc_bus_properties_new (builder, self->skeleton);
  self->replies = arc_bus_replies_new (builder);

  g_signal_connect_object (builder, "changed", G_CALLBACK (on_changed), self, 0);
  g_signal_connect_object (builder, "build-started", G_CALLBACK (on_build_started), self, 0);
  g_signal_connect_object (builder, "build-finished", G_CALLBACK (on_build_finished), self, 0);
  g_signal_connect_object (builder, "rescanned", G_CALLBACK (on_rescanned), self, 0);

  return self;
}

static void
arc_bus_service_dispose (GObject *object)
{
  ArcBusService *self = ARC_BUS_SERVICE (object);

  if (self->replies != NULL)
    arc_bus_service_close (self);
  g_clear_pointer (&self->replies, arc_bus_replies_free);
  g_clear_pointer (&self->properties, arc_bus_properties_free);
  g_clear_pointer (&self->inhibitors, arc_inhibitors_free);
  g_clear_object (&self->skeleton);
  g_clear_object (&self->builder);

  G_OBJECT_CLASS (arc_bus_service_parent_class)->dispose (object);
}

static void
register_errors (void)
{
  for (guint i = 0; i < ARC_N_ERRORS; i++)
    g_dbus_error_register_error (ARC_ERROR, i, arc_error_get_dbus_name (i));
}

static guint
add_signal (const char *name)
{
  return g_signal_new (name, ARC_TYPE_BUS_SERVICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                       G_TYPE_NONE, 0);
}

static void
arc_bus_service_class_init (ArcBusServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = arc_bus_service_dispose;

  register_errors ();
  signals[SIGNAL_NAME_ACQUIRED] = add_signal ("name-acquired");
  signals[SIGNAL_NAME_LOST] = add_signal ("name-lost");
}

static void
arc_bus_service_init (ArcBusService *self)
{
  static const struct
  {
    const char *name;
    GCallback handler;
  } methods[] = {
    { "handle-rebuild", G_CALLBACK (on_rebuild) },
    { "handle-sync", G_CALLBACK (on_sync) },
    { "handle-cancel", G_CALLBACK (on_cancel) },
    { "handle-pause", G_CALLBACK (on_pause) },
    { "handle-resume", G_CALLBACK (on_pause) },
    { "handle-inhibit", G_CALLBACK (on_inhibit) },
    { "handle-get-history", G_CALLBACK (on_list) },
    { "handle-open-log", G_CALLBACK (on_open_log) },
    { "handle-rescan", G_CALLBACK (on_rescan) },
    { "handle-reload", G_CALLBACK (on_reload) },
    { "handle-get-pending", G_CALLBACK (on_list) },
    { "handle-get-changes", G_CALLBACK (on_list) },
    { "handle-get-problems", G_CALLBACK (on_list) },
    { "handle-explain", G_CALLBACK (on_explain) },
  };

  self->skeleton = arc_dbus_builder_skeleton_new ();
  self->inhibitors = arc_inhibitors_new (on_inhibitors_changed, self);
  arc_dbus_builder_set_inhibitors (self->skeleton, g_variant_new ("a(ss)", NULL));

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    g_signal_connect_object (self->skeleton, methods[i].name, methods[i].handler, self,
                             G_CONNECT_SWAPPED);
}
