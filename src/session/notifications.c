/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/notifications.h"

#define SERVICE   "org.freedesktop.Notifications"
#define PATH      "/org/freedesktop/Notifications"
#define INTERFACE "org.freedesktop.Notifications"

/* The urgencies and the time-outs of the Desktop Notifications Specification 1.2. */
#define URGENCY_LOW    0
#define URGENCY_NORMAL 1
#define EXPIRES_NEVER  0
#define EXPIRES_AS_SET (-1)

/* The reason that NotificationClosed gives when the user did it (ibid.). */
#define CLOSED_BY_USER 2

struct _ArcNotifications
{
  GObject parent;

  GDBusConnection *connection; /* (owned) */
  guint subscription;
  char *name; /* (owned) */
  char *icon; /* (owned) */

  /* What the notification should show. */
  char *summary; /* (owned) (nullable): NULL for nothing */
  char *body;    /* (owned) (nullable) */
  ArcNotice notice;

  guint32 id;        /* of what is seen; 0: nothing is */
  gboolean calling;  /* the reply to a call is on its way */
  gboolean outdated; /* it does not show that yet */
  gboolean closed;   /* by the user, who knows the problem therefore */
};

G_DEFINE_FINAL_TYPE (ArcNotifications, arc_notifications, G_TYPE_OBJECT)

static void update (ArcNotifications *self);

static void
finish_call (ArcNotifications *self)
{
  self->calling = FALSE;
  if (self->outdated)
    update (self);
}

static void
on_notified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcNotifications) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply != NULL)
    g_variant_get (reply, "(u)", &self->id);
  else
    g_debug ("Nobody shows notifications: %s", error->message);

  finish_call (self);
}

static void
on_withdrawn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcNotifications) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  /* The specification lets this fail if the notification is gone already. */
  if (reply == NULL)
    g_debug ("Nothing to withdraw: %s", error->message);

  finish_call (self);
}

static void
notify (ArcNotifications *self)
{
  const gboolean is_problem = self->notice == ARC_NOTICE_PROBLEM;
  /* The body, unlike the summary, may have markup (ibid.), which a file name must not become. */
  g_autofree char *body = g_markup_escape_text (self->body, -1);
  GVariantBuilder hints;

  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&hints, "{sv}", "urgency",
                         g_variant_new_byte (is_problem ? URGENCY_NORMAL : URGENCY_LOW));
  /* By the name of that file, desktops let users mute the program (ibid.). */
  g_variant_builder_add (&hints, "{sv}", "desktop-entry",
                         g_variant_new_string ("org.arcology.Builder"));
  if (!is_problem)
    g_variant_builder_add (&hints, "{sv}", "transient", g_variant_new_boolean (TRUE));

  g_dbus_connection_call (self->connection, SERVICE, PATH, INTERFACE, "Notify",
                          g_variant_new ("(susssasa{sv}i)", self->name, self->id, self->icon,
                                         self->summary, body, NULL, &hints,
                                         is_problem ? EXPIRES_NEVER : EXPIRES_AS_SET),
                          G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_notified,
                          g_object_ref (self));
}

static void
close_notification (ArcNotifications *self)
{
  /* Who shows nothing is not started to show nothing. */
  g_dbus_connection_call (self->connection, SERVICE, PATH, INTERFACE, "CloseNotification",
                          g_variant_new ("(u)", self->id), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          -1, NULL, on_withdrawn, g_object_ref (self));
  self->id = 0;
}

/* One call at a time: the ID to replace is in the reply to the last one. */
static void
update (ArcNotifications *self)
{
  self->outdated = self->calling;
  if (self->calling)
    return;

  if (self->summary != NULL)
    notify (self);
  else if (self->id != 0)
    close_notification (self);
  else
    return;

  self->calling = TRUE;
}

static void
on_closed (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer user_data)
{
  ArcNotifications *self = user_data;
  guint32 id;
  guint32 reason;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(uu)")))
    return;

  g_variant_get (parameters, "(uu)", &id, &reason);
  if (id != self->id || id == 0)
    return;

  self->id = 0;
  self->closed = reason == CLOSED_BY_USER;
}

ArcNotifications *
arc_notifications_new (GDBusConnection *connection, const char *name, const char *icon)
{
  ArcNotifications *self = g_object_new (ARC_TYPE_NOTIFICATIONS, NULL);

  self->connection = g_object_ref (connection);
  self->name = g_strdup (name);
  self->icon = g_strdup (icon);
  self->subscription =
      g_dbus_connection_signal_subscribe (connection, SERVICE, INTERFACE, "NotificationClosed",
                                          PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_closed, self,
                                          NULL);

  return self;
}

static void
set_text (ArcNotifications *self, const char *summary, const char *body)
{
  g_free (self->summary);
  g_free (self->body);
  self->summary = g_strdup (summary);
  self->body = g_strdup (body);
}

void
arc_notifications_show (ArcNotifications *self,
                        ArcNotice notice,
                        const char *summary,
                        const char *body)
{
  g_return_if_fail (ARC_IS_NOTIFICATIONS (self));

  if (notice == ARC_NOTICE_PROBLEM && self->notice == notice && self->closed)
    return;

  self->closed = FALSE;
  self->notice = notice;
  set_text (self, summary, body);
  update (self);
}

void
arc_notifications_withdraw (ArcNotifications *self)
{
  g_return_if_fail (ARC_IS_NOTIFICATIONS (self));

  self->closed = FALSE;
  if (self->summary == NULL)
    return;

  set_text (self, NULL, NULL);
  update (self);
}

static void
arc_notifications_dispose (GObject *object)
{
  ArcNotifications *self = ARC_NOTIFICATIONS (object);

  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  self->subscription = 0;
  g_clear_object (&self->connection);

  G_OBJECT_CLASS (arc_notifications_parent_class)->dispose (object);
}

static void
arc_notifications_finalize (GObject *object)
{
  ArcNotifications *self = ARC_NOTIFICATIONS (object);

  set_text (self, NULL, NULL);
  g_free (self->name);
  g_free (self->icon);

  G_OBJECT_CLASS (arc_notifications_parent_class)->finalize (object);
}

static void
arc_notifications_class_init (ArcNotificationsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = arc_notifications_dispose;
  G_OBJECT_CLASS (klass)->finalize = arc_notifications_finalize;
}

static void
arc_notifications_init (ArcNotifications *self)
{
}
