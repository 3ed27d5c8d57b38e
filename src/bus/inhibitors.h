/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/* How many inhibitors there are at most, and the length of each of their strings, in bytes. Each
 * needs two file descriptors while it is handed out, and one afterwards; the strings are emitted to
 * all programs on the bus. */
#define ARC_INHIBITORS_MAX       64
#define ARC_INHIBITOR_MAX_LENGTH 256

/**
 * ArcInhibitors:
 *
 * The callers of `Inhibit`. Each inhibits builds until the last copy of its file descriptor is
 * closed, as with the inhibitor locks of systemd-logind; the kernel closes the copies of a process
 * that crashes. What is written to the descriptor is not read.
 */
typedef struct _ArcInhibitors ArcInhibitors;

/**
 * ArcInhibitorsFunc:
 * @inhibitors: (transfer floating): names and reasons, the oldest first, of type `a(ss)`
 * @user_data: the data that arc_inhibitors_new() was given
 *
 * Called when an inhibitor was added or has ended.
 */
typedef void (*ArcInhibitorsFunc) (GVariant *inhibitors, gpointer user_data);

/**
 * arc_inhibitors_new:
 * @changed: called at each change
 * @user_data: its data
 *
 * Returns: (transfer full): an object without inhibitors
 */
ArcInhibitors *arc_inhibitors_new (ArcInhibitorsFunc changed, gpointer user_data);

/**
 * arc_inhibitors_free:
 * @inhibitors: (transfer full): the object
 *
 * Ends all inhibitors without a call.
 */
void arc_inhibitors_free (ArcInhibitors *inhibitors);

/**
 * arc_inhibitors_add:
 * @inhibitors: the object
 * @who: the user-visible name of the program
 * @why: the user-visible reason
 * @error: %G_DBUS_ERROR_INVALID_ARGS if a string is empty or too long,
 *   %G_DBUS_ERROR_LIMITS_EXCEEDED if there are too many inhibitors or no file descriptors
 *
 * Returns: the file descriptor, owned by the caller and close-on-exec, whose last copy ends the
 *   inhibitor when it is closed; -1 on an error
 */
int
arc_inhibitors_add (ArcInhibitors *inhibitors, const char *who, const char *why, GError **error);
