/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"

#include <gio/gio.h>

/**
 * ArcBusReplies:
 *
 * The calls whose replies may be large. One reply is made and sent at a time: GDBus keeps in memory
 * what the bus has not taken yet, whatever its size.
 */
typedef struct _ArcBusReplies ArcBusReplies;

/**
 * arc_bus_replies_new:
 * @builder: the engine, which must outlive the object
 *
 * Returns: (transfer full): an object without calls
 */
ArcBusReplies *arc_bus_replies_new (ArcBuilder *builder);

/**
 * arc_bus_replies_free:
 * @replies: (transfer full): the object
 *
 * Answers the calls that wait with `org.freedesktop.DBus.Error.NoReply`, and frees the object.
 */
void arc_bus_replies_free (ArcBusReplies *replies);

/**
 * arc_bus_replies_add:
 * @replies: the object
 * @invocation: (transfer full): a call of `GetHistory`, `GetPending`, `GetChanges` or `GetProblems`
 *
 * Answers a call in its turn; with `org.freedesktop.DBus.Error.LimitsExceeded` if too many wait
 * already, of this caller or of all.
 */
void arc_bus_replies_add (ArcBusReplies *replies, GDBusMethodInvocation *invocation);

/**
 * arc_bus_replies_fail:
 * @replies: the object
 * @error: the answer
 *
 * Answers the calls that wait with an error.
 */
void arc_bus_replies_fail (ArcBusReplies *replies, const GError *error);
