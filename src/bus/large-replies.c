/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/large-replies.h"

/* How many calls may wait: of one caller, and of all. */
#define MAX_OF_CALLER 8
#define MAX_OF_ALL    128

/* A reply of this size is worth to wait for. */
#define LARGE (64 * 1024)

struct _ArcLargeReplies
{
  GQueue waiting; /* (element-type Call) (owned) */
  gboolean sending;
  gpointer user_data; /* NULL when arc_large_replies_free() was called */
};

typedef struct
{
  GDBusMethodInvocation *invocation; /* (owned) */
  ArcReplyFunc func;
  guint64 argument;
} Call;

static void send_next (ArcLargeReplies *replies);

ArcLargeReplies *
arc_large_replies_new (gpointer user_data)
{
  ArcLargeReplies *replies = g_rc_box_new0 (ArcLargeReplies);

  g_queue_init (&replies->waiting);
  replies->user_data = user_data;

  return replies;
}

void
arc_large_replies_free (ArcLargeReplies *replies)
{
  g_autoptr (GError) error =
      g_error_new_literal (G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, "The service is stopping");

  arc_large_replies_fail (replies, error);
  replies->user_data = NULL;
  g_rc_box_release (replies);
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcLargeReplies *replies = user_data;

  g_dbus_connection_flush_finish (G_DBUS_CONNECTION (source), result, NULL);
  replies->sending = FALSE;
  if (replies->user_data != NULL)
    send_next (replies);
  g_rc_box_release (replies);
}

static void
answer (ArcLargeReplies *replies, Call *call)
{
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (call->invocation);
  g_autoptr (GVariant) body = g_variant_ref_sink (call->func (call->argument, replies->user_data));
  const gsize size = g_variant_get_size (body);

  /* GDBus keeps the body beside the message that it makes of it: as bytes, instead of a tree of
   * values, it is a third as large. */
  g_variant_get_data (body);
  if (size >= LARGE)
    replies->sending = TRUE;
  g_object_ref (connection);
  g_dbus_method_invocation_return_value (call->invocation, body);
  if (size >= LARGE)
    g_dbus_connection_flush (connection, NULL, on_flushed, g_rc_box_acquire (replies));
  g_object_unref (connection);
}

static void
send_next (ArcLargeReplies *replies)
{
  while (!replies->sending && !g_queue_is_empty (&replies->waiting))
    {
      g_autofree Call *call = g_queue_pop_head (&replies->waiting);

      answer (replies, call);
    }
}

static guint
count_of_caller (ArcLargeReplies *replies, const char *sender)
{
  guint n = 0;

  for (const GList *link = replies->waiting.head; link != NULL; link = link->next)
    {
      const Call *call = link->data;

      n += g_strcmp0 (g_dbus_method_invocation_get_sender (call->invocation), sender) == 0;
    }

  return n;
}

void
arc_large_replies_add (ArcLargeReplies *replies,
                       GDBusMethodInvocation *invocation,
                       ArcReplyFunc func,
                       guint64 argument)
{
  Call *call;

  if (replies->waiting.length >= MAX_OF_ALL ||
      count_of_caller (replies, g_dbus_method_invocation_get_sender (invocation)) >= MAX_OF_CALLER)
    {
      g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                                             "Too many calls wait for a reply: read them first");
      return;
    }

  call = g_new (Call, 1);
  *call = (Call){ invocation, func, argument };
  g_queue_push_tail (&replies->waiting, call);
  send_next (replies);
}

void
arc_large_replies_fail (ArcLargeReplies *replies, const GError *error)
{
  Call *call;

  while ((call = g_queue_pop_head (&replies->waiting)) != NULL)
    {
      g_dbus_method_invocation_return_gerror (call->invocation, error);
      g_free (call);
    }
}
