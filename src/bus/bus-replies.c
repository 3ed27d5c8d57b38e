/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-replies.h"

#include "bus/bus-properties.h"

#include <string.h>

/* How many calls may wait: of one caller, and of all. */
#define MAX_OF_CALLER 8
#define MAX_OF_ALL    128

/* A reply of this size is worth to wait for. */
#define LARGE (64 * 1024)

/* The bytes of a reply, and its entries, are at most about this many: GDBus takes some 0.5 us of
 * the main loop for each entry, and a few times the bytes in memory. */
#define MAX_SIZE    (8 * 1024 * 1024)
#define MAX_ENTRIES 10000

struct _ArcBusReplies
{
  GQueue waiting; /* (element-type GDBusMethodInvocation) (owned) */
  gboolean sending;
  ArcBuilder *builder; /* (nullable): NULL when arc_bus_replies_free() was called */
};

static void send_next (ArcBusReplies *self);

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
make_history (ArcBuilder *builder, guint64 max)
{
  GVariantBuilder builds = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  const GPtrArray *history = arc_state_store_get_history (arc_builder_get_store (builder));
  const guint n = max == 0 ? history->len : (guint) MIN (max, history->len);
  gsize size = 0;

  for (guint i = 1; i <= n; i++)
    {
      g_autoptr (GVariant) build = g_variant_ref_sink (
          arc_bus_properties_describe_build (builder, history->pdata[history->len - i]));

      size += g_variant_get_size (build);
      if (size > MAX_SIZE)
        break;
      g_variant_get_data (build);
      g_variant_builder_add_value (&builds, build);
    }

  return g_variant_new ("(@aa{sv})", g_variant_builder_end (&builds));
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
make_pending (ArcBuilder *builder, guint64 max)
{
  const ArcChangeSet *pending = arc_builder_get_pending (builder);
  const guint size = arc_change_set_get_size (pending);
  ChangesReply reply = {
    .builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(say)")),
    .n_left = (guint) MIN (max == 0 ? size : max, MAX_ENTRIES),
    .size_left = MAX_SIZE,
  };
  g_autoptr (GVariant) changes = NULL;

  arc_change_set_foreach (pending, add_change, &reply);
  changes = g_variant_ref_sink (g_variant_builder_end (&reply.builder));

  return g_variant_new ("(@a(say)b)", changes, g_variant_n_children (changes) < size);
}

/* All changes that engine/change-feed.h keeps fit into it. */
static GVariant *
make_changes (ArcBuilder *builder, guint64 since)
{
  ChangesReply reply = {
    .builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(say)")),
    .n_left = MAX_ENTRIES,
    .size_left = MAX_SIZE,
  };
  guint64 now;
  gboolean complete;
  g_autoptr (ArcChangeSet) changes = arc_builder_list_changes (builder, since, &now, &complete);

  arc_change_set_foreach (changes, add_change, &reply);

  return g_variant_new ("(tba(say))", now, complete, &reply.builder);
}

/* All problems that common/problem-list.h keeps fit into it. */
static GVariant *
make_problems (ArcBuilder *builder, guint64 max)
{
  GVariantBuilder list = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ayusay)"));
  const ArcProblemList *problems =
      arc_state_store_get_note_problems (arc_builder_get_store (builder));
  const guint n_kept = problems->kept->len;
  const guint n = max == 0 ? n_kept : (guint) MIN (max, n_kept);

  for (guint i = 0; i < n; i++)
    {
      const ArcProblem *problem = problems->kept->pdata[i];

      g_variant_builder_add (&list, "(^ayus^ay)", problem->path, problem->line, problem->what,
                             problem->other);
    }

  return g_variant_new ("(a(ayusay)b)", &list, n < problems->count);
}

/* The argument of a call: "u" or "t". */
static guint64
get_argument (GDBusMethodInvocation *invocation)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GVariant) argument = g_variant_get_child_value (parameters, 0);

  return g_variant_is_of_type (argument, G_VARIANT_TYPE_UINT32) ? g_variant_get_uint32 (argument)
                                                                : g_variant_get_uint64 (argument);
}

/* (transfer floating): a tuple. */
static GVariant *
make (ArcBuilder *builder, GDBusMethodInvocation *invocation)
{
  static const struct
  {
    const char *method;
    GVariant *(*make) (ArcBuilder *builder, guint64 argument);
  } methods[] = {
    { "GetHistory", make_history },
    { "GetPending", make_pending },
    { "GetChanges", make_changes },
    { "GetProblems", make_problems },
  };
  const char *name = g_dbus_method_invocation_get_method_name (invocation);

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].method, name) == 0)
      return methods[i].make (builder, get_argument (invocation));

  g_return_val_if_reached (NULL);
}

ArcBusReplies *
arc_bus_replies_new (ArcBuilder *builder)
{
  ArcBusReplies *self = g_rc_box_new0 (ArcBusReplies);

  g_queue_init (&self->waiting);
  self->builder = builder;

  return self;
}

void
arc_bus_replies_free (ArcBusReplies *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, "The service is stopping");

  arc_bus_replies_fail (self, error);
  self->builder = NULL;
  g_rc_box_release (self);
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcBusReplies *self = user_data;

  g_dbus_connection_flush_finish (G_DBUS_CONNECTION (source), result, NULL);
  self->sending = FALSE;
  if (self->builder != NULL)
    send_next (self);
  g_rc_box_release (self);
}

static void
answer (ArcBusReplies *self, GDBusMethodInvocation *invocation)
{
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (invocation);
  g_autoptr (GVariant) body = g_variant_ref_sink (make (self->builder, invocation));
  const gsize size = g_variant_get_size (body);

  /* GDBus keeps the body beside the message that it makes of it: as bytes, instead of a tree of
   * values, it is a third as large. */
  g_variant_get_data (body);
  if (size >= LARGE)
    self->sending = TRUE;
  g_object_ref (connection);
  g_dbus_method_invocation_return_value (invocation, body);
  if (size >= LARGE)
    g_dbus_connection_flush (connection, NULL, on_flushed, g_rc_box_acquire (self));
  g_object_unref (connection);
}

static void
send_next (ArcBusReplies *self)
{
  while (!self->sending && !g_queue_is_empty (&self->waiting))
    answer (self, g_queue_pop_head (&self->waiting));
}

static guint
count_of_caller (ArcBusReplies *self, const char *sender)
{
  guint n = 0;

  for (const GList *link = self->waiting.head; link != NULL; link = link->next)
    n += g_strcmp0 (g_dbus_method_invocation_get_sender (link->data), sender) == 0;

  return n;
}

void
arc_bus_replies_add (ArcBusReplies *self, GDBusMethodInvocation *invocation)
{
  if (self->waiting.length >= MAX_OF_ALL ||
      count_of_caller (self, g_dbus_method_invocation_get_sender (invocation)) >= MAX_OF_CALLER)
    {
      g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                                             "Too many calls wait for a reply: read them first");
      return;
    }

  g_queue_push_tail (&self->waiting, invocation);
  send_next (self);
}

void
arc_bus_replies_fail (ArcBusReplies *self, const GError *error)
{
  GDBusMethodInvocation *invocation;

  while ((invocation = g_queue_pop_head (&self->waiting)) != NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
}
