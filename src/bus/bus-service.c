/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-service.h"

#include "arc-dbus.h"
#include "bus/inhibitors.h"
#include "bus/large-replies.h"
#include "common/error.h"

#include <gio/gunixfdlist.h>
#include <limits.h>
#include <string.h>

#define API_VERSION 1

/* The longest word that an argument can be meant to be, in bytes. */
#define MAX_WORD 256

/* More options than there are make no sense. */
#define MAX_OPTIONS 16

/* How long what changes with every file that is written, and with every file that is built, waits
 * to be told at most, in milliseconds. */
#define TELL_INTERVAL 100

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
  guint64 last_build;        /* the number of the one that `LastBuild` tells of */
  guint tell_id;             /* 0 unless something was told less than TELL_INTERVAL ago */
  gboolean holding_back;     /* what has changed since then; the skeleton is frozen */
  ArcInhibitors *inhibitors; /* (owned) */
  ArcLargeReplies *replies;  /* (owned): calls whose replies may be large */
  GQueue rescans;            /* (element-type Rescan) (owned): the oldest first */
};

enum
{
  SIGNAL_NAME_ACQUIRED,
  SIGNAL_NAME_LOST,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcBusService, arc_bus_service, G_TYPE_OBJECT)

static const char *
change_to_string (ArcChange change)
{
  switch (change)
    {
    case ARC_CHANGE_ADDED:
      return "added";
    case ARC_CHANGE_MODIFIED:
      return "modified";
    case ARC_CHANGE_DELETED:
      return "deleted";
    }

  g_return_val_if_reached ("");
}

static GVariant *
build_to_variant (ArcBusService *self, const ArcBuild *build)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autofree char *message = NULL;
  g_autofree char *log = arc_builder_get_log (self->builder, build->id);

  arc_build_fill_dict (build, &dict);
  /* It may name a file, or come from an old history. */
  message = g_utf8_make_valid (build->message != NULL ? build->message : "", -1);
  g_variant_dict_insert (&dict, "message", "s", message);
  g_variant_dict_insert (&dict, "log", "^ay", log != NULL ? log : "");

  return g_variant_dict_end (&dict);
}

/* A build that has ended does not change any more, but there may be a thousand names in it. */
static void
update_last_build (ArcBusService *self)
{
  const ArcBuild *last = arc_state_store_get_last_build (arc_builder_get_store (self->builder));

  if (last == NULL || last->id == self->last_build)
    return;

  self->last_build = last->id;
  arc_dbus_builder_set_last_build (self->skeleton, build_to_variant (self, last));
}

/* The generated setters wait for an idle moment and fold what happened until then, so that a state
 * that lasted no time would never be seen; and while the skeleton is frozen, for its end. What they
 * were given can be read at once. */
static void
tell (ArcBusService *self)
{
  if (self->holding_back)
    g_object_thaw_notify (G_OBJECT (self->skeleton));
  self->holding_back = FALSE;

  g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}

static gboolean
on_tell_interval_over (gpointer user_data)
{
  ArcBusService *self = user_data;

  if (self->holding_back)
    {
      tell (self);
      return G_SOURCE_CONTINUE;
    }

  self->tell_id = 0;
  return G_SOURCE_REMOVE;
}

/* Whether STATUS differs from what the properties say in something that is emitted at once. */
static gboolean
is_urgent (ArcBusService *self, const ArcStatus *status)
{
  ArcDBusBuilder *skeleton = self->skeleton;
  guint total;

  g_variant_get (arc_dbus_builder_get_progress (skeleton), "(uu)", NULL, &total);

  return g_strcmp0 (arc_dbus_builder_get_state (skeleton), arc_state_to_string (status->state)) !=
             0 ||
         strcmp (arc_dbus_builder_get_reason (skeleton), arc_reason_to_string (status->reason)) !=
             0 ||
         strcmp (arc_dbus_builder_get_health (skeleton), arc_health_to_string (status->health)) !=
             0 ||
         arc_dbus_builder_get_fresh (skeleton) != status->fresh ||
         arc_dbus_builder_get_stoked (skeleton) != status->stoked ||
         arc_dbus_builder_get_paused (skeleton) != status->paused ||
         arc_dbus_builder_get_current_build (skeleton) != status->current_build ||
         arc_dbus_builder_get_consecutive_failures (skeleton) != status->consecutive_failures ||
         total != status->progress_total;
}

/* What changes with each file, and is not urgent, does so a thousand times a second when
 * somebody checks out a branch, or a build tells how far it is: that is told in intervals. */
static void
on_changed (ArcBuilder *builder, ArcBusService *self)
{
  const ArcConfig *config = arc_builder_get_config (builder);
  ArcWatcher *watcher = arc_builder_get_watcher (builder);
  ArcDBusBuilder *skeleton = self->skeleton;
  ArcStatus status;
  gboolean urgent;

  arc_builder_get_status (builder, &status);

  /* First what belongs to the one before, such as how far a build came. */
  urgent = is_urgent (self, &status);
  if (urgent && self->holding_back)
    tell (self);
  if (!self->holding_back)
    g_object_freeze_notify (G_OBJECT (skeleton));
  self->holding_back = TRUE;

  arc_dbus_builder_set_state (skeleton, arc_state_to_string (status.state));
  arc_dbus_builder_set_stoked (skeleton, status.stoked);
  arc_dbus_builder_set_paused (skeleton, status.paused);
  arc_dbus_builder_set_reason (skeleton, arc_reason_to_string (status.reason));
  arc_dbus_builder_set_next_build (skeleton, status.next_build);
  arc_dbus_builder_set_state_since (skeleton, status.state_since);
  arc_dbus_builder_set_last_touch (skeleton, status.last_touch);
  arc_dbus_builder_set_last_run (skeleton, status.last_run);
  arc_dbus_builder_set_health (skeleton, arc_health_to_string (status.health));
  arc_dbus_builder_set_health_message (skeleton, status.health_message);
  arc_dbus_builder_set_fresh (skeleton, status.fresh);
  arc_dbus_builder_set_change_serial (skeleton, status.change_serial);
  arc_dbus_builder_set_built_serial (skeleton, status.built_serial);
  arc_dbus_builder_set_pending_count (skeleton, status.n_pending);
  arc_dbus_builder_set_problem_count (skeleton, status.n_problems);
  arc_dbus_builder_set_directories (skeleton, (const char *const *) config->directories);
  arc_dbus_builder_set_database (skeleton, config->database);
  arc_dbus_builder_set_watched_directories (skeleton, arc_watcher_get_n_directories (watcher));
  arc_dbus_builder_set_watched_files (skeleton, arc_watcher_get_n_files (watcher));
  arc_dbus_builder_set_rescans (skeleton, status.rescans);
  arc_dbus_builder_set_current_build (skeleton, status.current_build);
  arc_dbus_builder_set_progress (skeleton, g_variant_new ("(uu)", status.progress_done,
                                                          status.progress_total));
  update_last_build (self);
  arc_dbus_builder_set_consecutive_failures (skeleton, status.consecutive_failures);
  arc_dbus_builder_set_debounce_usec (skeleton, config->timing.debounce);
  arc_dbus_builder_set_debounce_limit_usec (skeleton, config->timing.debounce_limit);
  arc_dbus_builder_set_cooldown_usec (skeleton, config->timing.cooldown);
  arc_dbus_builder_set_max_load (skeleton, (double) config->timing.max_load / ARC_LOAD_SCALE);
  arc_dbus_builder_set_rest_usec (skeleton, status.rest);

  if (urgent || self->tell_id == 0)
    tell (self);
  if (self->tell_id == 0)
    self->tell_id = g_timeout_add (TELL_INTERVAL, on_tell_interval_over, self);
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
                                        build_to_variant (self, build));
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

/* Whether OPTIONS are few and have short names. What is long is neither read further nor repeated
 * in an error. */
static gboolean
check_options (GVariant *options, GError **error)
{
  GVariantIter iter;
  const char *key;

  if (g_variant_n_children (options) > MAX_OPTIONS)
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "There are more than %d options",
                   MAX_OPTIONS);
      return FALSE;
    }

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    if (strlen (key) > MAX_WORD)
      {
        g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                     "The name of an option has more than %d bytes", MAX_WORD);
        return FALSE;
      }

  return TRUE;
}

static gboolean
parse_rebuild_options (GVariant *options, ArcBuildKind *kind, GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;
  gboolean ok = TRUE;

  *kind = ARC_BUILD_INCREMENTAL;

  g_variant_iter_init (&iter, options);
  while (ok && g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      const gboolean is_clean = strcmp (key, "clean") == 0;

      if (!is_clean && strcmp (key, "full") != 0)
        {
          g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                       "Unknown option \"%s\"; known are \"full\" and \"clean\"", key);
          ok = FALSE;
        }
      else if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
        {
          g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                       "Option \"%s\" must be of type \"b\", not \"%s\"", key,
                       g_variant_get_type_string (value));
          ok = FALSE;
        }
      else if (g_variant_get_boolean (value))
        {
          *kind = MAX (*kind, is_clean ? ARC_BUILD_CLEAN : ARC_BUILD_FULL);
        }

      g_variant_unref (value);
    }

  return ok;
}

static gboolean
on_rebuild (ArcDBusBuilder *skeleton,
            GDBusMethodInvocation *invocation,
            GVariant *options,
            ArcBusService *self)
{
  g_autoptr (GError) error = NULL;
  ArcBuildKind kind;
  ArcStatus status;

  arc_builder_get_status (self->builder, &status);
  if (!check_options (options, &error) || !parse_rebuild_options (options, &kind, &error))
    g_dbus_method_invocation_return_gerror (invocation, error);
  else if (status.health == ARC_HEALTH_UNAVAILABLE)
    /* The tree may be back without an event so far. */
    wait_for_comparison (self, invocation, TRUE, kind);
  else
    rebuild (self, invocation, kind);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* A call that waits for something. */
typedef struct
{
  ArcBusService *self;               /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) */
} WaitingCall;

static WaitingCall *
waiting_call_new (ArcBusService *self, GDBusMethodInvocation *invocation)
{
  WaitingCall *call = g_new (WaitingCall, 1);

  call->self = g_object_ref (self);
  call->invocation = invocation;

  return call;
}

static void
on_synced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree WaitingCall *call = user_data;
  g_autoptr (ArcBusService) self = call->self;
  g_autoptr (GError) error = NULL;
  guint64 build;
  ArcResult build_result;

  if (arc_builder_sync_finish (ARC_BUILDER (source), result, &build, &build_result, &error))
    arc_dbus_builder_complete_sync (self->skeleton, call->invocation, build,
                                    arc_result_to_string (build_result));
  else
    g_dbus_method_invocation_return_gerror (call->invocation, error);
}

static gboolean
on_sync (ArcDBusBuilder *skeleton,
         GDBusMethodInvocation *invocation,
         GVariant *options,
         ArcBusService *self)
{
  g_autoptr (GError) error = NULL;
  GVariantIter iter;
  const char *key;

  if (!check_options (options, &error))
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return G_DBUS_METHOD_INVOCATION_HANDLED;
    }

  g_variant_iter_init (&iter, options);
  if (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    {
      g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                                             "Unknown option \"%s\"; there are none yet", key);
      return G_DBUS_METHOD_INVOCATION_HANDLED;
    }

  arc_builder_sync_async (self->builder, on_synced, waiting_call_new (self, invocation));

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_cancel (ArcDBusBuilder *skeleton, GDBusMethodInvocation *invocation, ArcBusService *self)
{
  g_autoptr (GError) error = NULL;

  if (arc_builder_cancel (self->builder, &error))
    arc_dbus_builder_complete_cancel (skeleton, invocation);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_pause (ArcDBusBuilder *skeleton, GDBusMethodInvocation *invocation, ArcBusService *self)
{
  g_autoptr (GError) error = NULL;

  if (arc_builder_set_paused (self->builder, TRUE, &error))
    arc_dbus_builder_complete_pause (skeleton, invocation);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_resume (ArcDBusBuilder *skeleton, GDBusMethodInvocation *invocation, ArcBusService *self)
{
  g_autoptr (GError) error = NULL;

  if (arc_builder_set_paused (self->builder, FALSE, &error))
    arc_dbus_builder_complete_resume (skeleton, invocation);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_inhibitors_changed (ArcInhibitors *inhibitors, ArcBusService *self)
{
  arc_dbus_builder_set_inhibitors (self->skeleton, arc_inhibitors_to_variant (inhibitors));
  arc_builder_set_held (self->builder, ARC_HOLD_INHIBITED, !arc_inhibitors_is_empty (inhibitors));
  tell (self);
}

/* Answers with FD (owned), or with ERROR if it is -1. */
static gboolean
return_fd (GDBusMethodInvocation *invocation, int fd, const GError *error)
{
  g_autoptr (GUnixFDList) fds = NULL;

  if (fd < 0)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return G_DBUS_METHOD_INVOCATION_HANDLED;
    }

  fds = g_unix_fd_list_new_from_array (&fd, 1);
  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0),
                                                           fds);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_inhibit (ArcDBusBuilder *skeleton,
            GDBusMethodInvocation *invocation,
            GUnixFDList *in_fds,
            const char *who,
            const char *why,
            ArcBusService *self)
{
  g_autoptr (GError) error = NULL;
  const int fd = arc_inhibitors_add (self->inhibitors, who, why, &error);

  return return_fd (invocation, fd, error);
}

static GVariant *
make_history (guint64 max, gpointer user_data)
{
  ArcBusService *self = user_data;
  GVariantBuilder builds = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  const GPtrArray *history = arc_state_store_get_history (arc_builder_get_store (self->builder));
  const guint n = max == 0 ? history->len : (guint) MIN (max, history->len);
  gsize size = 0;

  for (guint i = 1; i <= n; i++)
    {
      g_autoptr (GVariant) build =
          g_variant_ref_sink (build_to_variant (self, history->pdata[history->len - i]));

      size += g_variant_get_size (build);
      if (size > ARC_REPLY_MAX_SIZE)
        break;
      g_variant_get_data (build);
      g_variant_builder_add_value (&builds, build);
    }

  return g_variant_new ("(@aa{sv})", g_variant_builder_end (&builds));
}

static gboolean
on_get_history (ArcDBusBuilder *skeleton,
                GDBusMethodInvocation *invocation,
                guint max,
                ArcBusService *self)
{
  arc_large_replies_add (self->replies, invocation, make_history, max);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_open_log (ArcDBusBuilder *skeleton,
             GDBusMethodInvocation *invocation,
             GUnixFDList *in_fds,
             guint64 build,
             ArcBusService *self)
{
  g_autoptr (GError) error = NULL;
  const int fd = arc_builder_open_log (self->builder, build, &error);

  return return_fd (invocation, fd, error);
}

static gboolean
on_rescan (ArcDBusBuilder *skeleton, GDBusMethodInvocation *invocation, ArcBusService *self)
{
  wait_for_comparison (self, invocation, FALSE, ARC_BUILD_INCREMENTAL);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_reloaded (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autofree WaitingCall *call = user_data;
  g_autoptr (ArcBusService) self = call->self;
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    arc_dbus_builder_complete_reload (self->skeleton, call->invocation);
  else
    g_dbus_method_invocation_return_gerror (call->invocation, error);
}

static gboolean
on_reload (ArcDBusBuilder *skeleton, GDBusMethodInvocation *invocation, ArcBusService *self)
{
  self->reload (self->reload_data, on_reloaded, waiting_call_new (self, invocation));

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

typedef struct
{
  GVariantBuilder builder;
  guint n_left;
  gsize size_left;
} ChangesReply;

static void
add_change (const char *path, ArcChange change, gpointer user_data)
{
  ChangesReply *reply = user_data;
  const gsize size = strlen (path) + strlen ("modified") + 32; /* D-Bus and GVariant frame them */
  g_autoptr (GVariant) entry = NULL;

  if (size > reply->size_left)
    reply->n_left = 0;
  if (reply->n_left == 0)
    return;

  reply->n_left--;
  reply->size_left -= size;
  entry = g_variant_ref_sink (g_variant_new ("(s^ay)", change_to_string (change), path));
  /* As bytes it takes half the memory. */
  g_variant_get_data (entry);
  g_variant_builder_add_value (&reply->builder, entry);
}

static GVariant *
make_pending (guint64 max, gpointer user_data)
{
  ArcBusService *self = user_data;
  const ArcChangeSet *pending = arc_builder_get_pending (self->builder);
  const guint size = arc_change_set_get_size (pending);
  ChangesReply reply = {
    .builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(say)")),
    .n_left = (guint) MIN (max == 0 ? size : max, ARC_REPLY_MAX_ENTRIES),
    .size_left = ARC_REPLY_MAX_SIZE,
  };
  g_autoptr (GVariant) changes = NULL;

  arc_change_set_foreach (pending, add_change, &reply);
  changes = g_variant_ref_sink (g_variant_builder_end (&reply.builder));

  return g_variant_new ("(@a(say)b)", changes, g_variant_n_children (changes) < size);
}

static gboolean
on_get_pending (ArcDBusBuilder *skeleton,
                GDBusMethodInvocation *invocation,
                guint max,
                ArcBusService *self)
{
  arc_large_replies_add (self->replies, invocation, make_pending, max);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* All that are kept fit into one reply (engine/change-feed.h). */
static GVariant *
make_changes (guint64 since, gpointer user_data)
{
  ArcBusService *self = user_data;
  ChangesReply reply = {
    .builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(say)")),
    .n_left = ARC_REPLY_MAX_ENTRIES,
    .size_left = ARC_REPLY_MAX_SIZE,
  };
  guint64 now;
  gboolean complete;
  g_autoptr (ArcChangeSet) changes =
      arc_builder_list_changes (self->builder, since, &now, &complete);

  arc_change_set_foreach (changes, add_change, &reply);

  return g_variant_new ("(tba(say))", now, complete, &reply.builder);
}

static gboolean
on_get_changes (ArcDBusBuilder *skeleton,
                GDBusMethodInvocation *invocation,
                guint64 since,
                ArcBusService *self)
{
  arc_large_replies_add (self->replies, invocation, make_changes, since);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* All that are kept fit into one reply (common/problem-list.h). */
static GVariant *
make_problems (guint64 max, gpointer user_data)
{
  ArcBusService *self = user_data;
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ayusay)"));
  const ArcProblemList *problems =
      arc_state_store_get_note_problems (arc_builder_get_store (self->builder));
  const guint n_kept = arc_problem_list_get_n_kept (problems);
  const guint n = max == 0 ? n_kept : (guint) MIN (max, n_kept);

  for (guint i = 0; i < n; i++)
    {
      const ArcProblem *problem = arc_problem_list_get (problems, i);

      g_variant_builder_add (&builder, "(^ayus^ay)", problem->path, problem->line, problem->what,
                             problem->other);
    }

  return g_variant_new ("(a(ayusay)b)", &builder, n < arc_problem_list_get_count (problems));
}

static gboolean
on_get_problems (ArcDBusBuilder *skeleton,
                 GDBusMethodInvocation *invocation,
                 guint max,
                 ArcBusService *self)
{
  arc_large_replies_add (self->replies, invocation, make_problems, max);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_explain (ArcDBusBuilder *skeleton,
            GDBusMethodInvocation *invocation,
            GVariant *bytes,
            ArcBusService *self)
{
  gsize length;
  const char *data = g_variant_get_fixed_array (bytes, &length, sizeof (char));
  g_autofree char *path = NULL;
  const char *rule = NULL;
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
  arc_dbus_builder_complete_explain (skeleton, invocation, watched, rule != NULL ? rule : "");

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

gboolean
arc_bus_service_export (ArcBusService *self,
                        GDBusConnection *connection,
                        gboolean replace,
                        GError **error)
{
  GBusNameOwnerFlags flags =
      G_BUS_NAME_OWNER_FLAGS_ALLOW_REPLACEMENT | G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE;

  g_return_val_if_fail (ARC_IS_BUS_SERVICE (self), FALSE);
  g_return_val_if_fail (self->connection == NULL, FALSE);

  on_changed (self->builder, self);

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

  g_return_if_fail (ARC_IS_BUS_SERVICE (self));

  error = g_error_new_literal (ARC_ERROR, ARC_ERROR_SHUTTING_DOWN, "The service is stopping");
  while ((rescan = g_queue_pop_head (&self->rescans)) != NULL)
    {
      g_dbus_method_invocation_return_gerror (rescan->invocation, error);
      g_free (rescan);
    }
  arc_large_replies_fail (self->replies, error);

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

  g_clear_handle_id (&self->tell_id, g_source_remove);
  if (self->holding_back)
    g_object_thaw_notify (G_OBJECT (self->skeleton));
  self->holding_back = FALSE;
  if (self->replies != NULL)
    arc_bus_service_close (self);
  g_clear_pointer (&self->replies, arc_large_replies_free);
  g_clear_object (&self->inhibitors);
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
    { "handle-resume", G_CALLBACK (on_resume) },
    { "handle-inhibit", G_CALLBACK (on_inhibit) },
    { "handle-get-history", G_CALLBACK (on_get_history) },
    { "handle-open-log", G_CALLBACK (on_open_log) },
    { "handle-rescan", G_CALLBACK (on_rescan) },
    { "handle-reload", G_CALLBACK (on_reload) },
    { "handle-get-pending", G_CALLBACK (on_get_pending) },
    { "handle-get-changes", G_CALLBACK (on_get_changes) },
    { "handle-get-problems", G_CALLBACK (on_get_problems) },
    { "handle-explain", G_CALLBACK (on_explain) },
  };

  self->skeleton = arc_dbus_builder_skeleton_new ();
  arc_dbus_builder_set_version (self->skeleton, ARC_VERSION);
  arc_dbus_builder_set_api_version (self->skeleton, API_VERSION);

  self->replies = arc_large_replies_new (self);
  self->inhibitors = arc_inhibitors_new ();
  g_signal_connect_object (self->inhibitors, "changed", G_CALLBACK (on_inhibitors_changed), self,
                           0);
  arc_dbus_builder_set_inhibitors (self->skeleton, arc_inhibitors_to_variant (self->inhibitors));
  arc_dbus_builder_set_last_build (self->skeleton, g_variant_new ("a{sv}", NULL));
  arc_dbus_builder_set_progress (self->skeleton, g_variant_new ("(uu)", 0, 0));

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    g_signal_connect_object (self->skeleton, methods[i].name, methods[i].handler, self, 0);
}
