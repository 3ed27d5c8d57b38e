/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The bytes of a reply, and its entries, are at most about this many: GDBus takes some 0.5 us of
 * the main loop for each entry, and a few times the bytes in memory. */
#define ARC_REPLY_MAX_SIZE    (8 * 1024 * 1024)
#define ARC_REPLY_MAX_ENTRIES 10000

/**
 * ArcLargeReplies:
 *
 * The calls whose replies may be large. One reply is made and sent at a time: GDBus keeps in memory
 * what the bus has not taken yet, whatever its size.
 */
typedef struct _ArcLargeReplies ArcLargeReplies;

/**
 * ArcReplyFunc:
 * @argument: the number that arc_large_replies_add() was given
 * @user_data: the data that arc_large_replies_new() was given
 *
 * Makes the body of a reply.
 *
 * Returns: (transfer floating): a tuple
 */
typedef GVariant *(*ArcReplyFunc) (guint64 argument, gpointer user_data);

/**
 * arc_large_replies_new:
 * @user_data: (not nullable): for the functions that make replies
 *
 * Makes an object without calls.
 *
 * Returns: (transfer full): the object
 */
ArcLargeReplies *arc_large_replies_new (gpointer user_data);

/**
 * arc_large_replies_free:
 * @replies: (transfer full): the object
 *
 * Answers the calls that wait with `org.freedesktop.DBus.Error.NoReply`, and frees the object.
 */
void arc_large_replies_free (ArcLargeReplies *replies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcLargeReplies, arc_large_replies_free)

/**
 * arc_large_replies_add:
 * @replies: the object
 * @invocation: (transfer full): the call
 * @func: makes the reply, when its turn has come
 * @argument: the first argument of @func
 *
 * Answers a call in its turn; with `org.freedesktop.DBus.Error.LimitsExceeded` if too many wait
 * already, of this caller or of all.
 */
void arc_large_replies_add (ArcLargeReplies *replies,
                            GDBusMethodInvocation *invocation,
                            ArcReplyFunc func,
                            guint64 argument);

/**
 * arc_large_replies_fail:
 * @replies: the object
 * @error: the answer
 *
 * Answers the calls that wait with an error.
 */
void arc_large_replies_fail (ArcLargeReplies *replies, const GError *error);

G_END_DECLS
