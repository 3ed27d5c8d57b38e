/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How many there may be at one time, and how long each of their words, in bytes. Each costs two
 * file descriptors here while it is given out and one afterwards, and the words go to everybody on
 * the bus. */
#define ARC_INHIBITORS_MAX       64
#define ARC_INHIBITOR_MAX_LENGTH 256

/**
 * ArcInhibitors:
 *
 * Those who hold builds back, each for as long as it, or a process that it gave the descriptor to,
 * keeps a file descriptor open, as with the inhibitor locks of systemd-logind. So one that crashes
 * lets go as well. What is written to the descriptor is not read.
 *
 * Signals:
 *   `changed`: one was added, or let go.
 */
#define ARC_TYPE_INHIBITORS (arc_inhibitors_get_type ())
G_DECLARE_FINAL_TYPE (ArcInhibitors, arc_inhibitors, ARC, INHIBITORS, GObject)

ArcInhibitors *arc_inhibitors_new (void);

/* Adds WHO, who gives WHY as the reason: both UTF-8, for people. Returns the descriptor (owned by
 * the caller, close-on-exec) whose last copy is to be closed to let go; -1 and
 * G_DBUS_ERROR_INVALID_ARGS if a word is empty or too long, G_DBUS_ERROR_LIMITS_EXCEEDED if there
 * are too many or no more descriptors. */
int
arc_inhibitors_add (ArcInhibitors *inhibitors, const char *who, const char *why, GError **error);

gboolean arc_inhibitors_is_empty (ArcInhibitors *inhibitors);

/* Who and why, the oldest first: a floating a(ss). */
GVariant *arc_inhibitors_to_variant (ArcInhibitors *inhibitors);

G_END_DECLS
