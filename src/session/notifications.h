/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcNotifications:
 *
 * One notification on the desktop (org.freedesktop.Notifications): it is replaced when there is
 * something else to say, and withdrawn when there is nothing. If nobody shows notifications,
 * nothing happens.
 */
#define ARC_TYPE_NOTIFICATIONS (arc_notifications_get_type ())
G_DECLARE_FINAL_TYPE (ArcNotifications, arc_notifications, ARC, NOTIFICATIONS, GObject)

typedef enum
{
  ARC_NOTICE_PROBLEM, /* stays until it is withdrawn, or closed by the user */
  ARC_NOTICE_NEWS,    /* goes by itself */
} ArcNotice;

/* CONNECTION is to the session bus; NAME and ICON are those of the program that notifies. */
ArcNotifications *
arc_notifications_new (GDBusConnection *connection, const char *name, const char *icon);

/* Shows SUMMARY and BODY, which are plain text for people, in the place of what is shown. A problem
 * that the user has closed is not shown again, whatever is said of it, until it was withdrawn. */
void arc_notifications_show (ArcNotifications *notifier,
                             ArcNotice notice,
                             const char *summary,
                             const char *body);

void arc_notifications_withdraw (ArcNotifications *notifier);

G_END_DECLS
