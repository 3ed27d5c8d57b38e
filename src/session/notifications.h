/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/**
 * ArcNotifications:
 *
 * One notification on the desktop (org.freedesktop.Notifications). A new text replaces the shown
 * one. Without a notification server, nothing happens.
 */
#define ARC_TYPE_NOTIFICATIONS (arc_notifications_get_type ())
G_DECLARE_FINAL_TYPE (ArcNotifications, arc_notifications, ARC, NOTIFICATIONS, GObject)

/**
 * ArcNotice:
 * @ARC_NOTICE_PROBLEM: stays until it is withdrawn, or closed by the user
 * @ARC_NOTICE_NEWS: the server closes it after a time
 */
typedef enum
{
  ARC_NOTICE_PROBLEM,
  ARC_NOTICE_NEWS,
} ArcNotice;

/**
 * arc_notifications_new:
 * @connection: a connection to the session bus
 *
 * Returns: (transfer full): an object that shows nothing yet
 */
ArcNotifications *arc_notifications_new (GDBusConnection *connection);

/**
 * arc_notifications_show:
 * @notifier: the notification
 * @notice: how long it stays
 * @summary: its title, plain text
 * @body: its text, plain text
 * @file: (nullable): what a click on it opens, in the program that the desktop has for it
 *
 * Shows the notification in the place of the shown one. A problem that the user has closed is not
 * shown again, also with other texts, before arc_notifications_withdraw().
 */
void arc_notifications_show (ArcNotifications *notifier,
                             ArcNotice notice,
                             const char *summary,
                             const char *body,
                             const char *file);

/**
 * arc_notifications_withdraw:
 * @notifier: the notification
 *
 * Closes the notification, if one is shown.
 */
void arc_notifications_withdraw (ArcNotifications *notifier);
