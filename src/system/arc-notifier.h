/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcNotifier:
 *
 * One notification on the desktop (org.freedesktop.Notifications): it is replaced when there is
 * something else to say, and withdrawn when there is nothing. If nobody shows notifications,
 * nothing happens.
 */
#define ARC_TYPE_NOTIFIER (arc_notifier_get_type ())
G_DECLARE_FINAL_TYPE (ArcNotifier, arc_notifier, ARC, NOTIFIER, GObject)

typedef enum
{
  ARC_NOTICE_PROBLEM, /* stays until it is withdrawn, or closed by the user */
  ARC_NOTICE_NEWS,    /* goes by itself */
} ArcNotice;

/* CONNECTION is to the session bus; NAME and ICON are those of the program that notifies. */
ArcNotifier *arc_notifier_new (GDBusConnection *connection, const char *name, const char *icon);

/* Shows SUMMARY and BODY, which are plain text for people, in the place of what is shown. A problem
 * that the user has closed is not shown again, whatever is said of it, until it was withdrawn. */
void
arc_notifier_show (ArcNotifier *notifier, ArcNotice notice, const char *summary, const char *body);

void arc_notifier_withdraw (ArcNotifier *notifier);

G_END_DECLS
