/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/notifications.h"

#include <glib/gi18n.h>

#define SERVICE   "org.freedesktop.Notifications"
#define PATH      "/org/freedesktop/Notifications"
#define INTERFACE "org.freedesktop.Notifications"

#define SYSTEMD_SERVICE   "org.freedesktop.systemd1"
#define SYSTEMD_PATH      "/org/freedesktop/systemd1"
#define SYSTEMD_INTERFACE "org.freedesktop.systemd1.Manager"

/* The key of the action that a click on the notification itself is (ibid.). */
#define DEFAULT_ACTION "default"

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

  /* What the notification should show. */
  char *summary; /* (owned) (nullable): NULL for nothing */
  char *body;    /* (owned) (nullable) */
  char *file;    /* (owned) (nullable): what its default action opens */
  ArcNotice notice;

  guint32 id;        /* of what is seen; 0: nothing is */
  gboolean calling;  /* the reply to a call is on its way */
  gboolean outdated; /* it does not show that yet */
  gboolean closed;   /* by the user, who knows the problem therefore */
};

G_DEFINE_FINAL_TYPE (ArcNotifications, arc_notifications, G_TYPE_OBJECT)

static void update (ArcNotifications *self);

/* The reply of Notify has the ID. CloseNotification may fail if the notification is gone already
 * (ibid.). */
static void
on_replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcNotifications) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    g_debug ("The notification server has failed: %s", error->message);
  else if (g_variant_is_of_type (reply, G_VARIANT_TYPE ("(u)")))
    g_variant_get (reply, "(u)", &self->id);

  self->calling = FALSE;
  if (self->outdated)
    update (self);
}

static void
notify (ArcNotifications *self)
{
  const gboolean is_problem = self->notice == ARC_NOTICE_PROBLEM;
  /* The body, unlike the summary, may have markup (ibid.), which a file name must not become. */
  g_autofree char *body = g_markup_escape_text (self->body, -1);
  const char *const actions[] = { DEFAULT_ACTION, _ ("Open"), NULL };
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
                          g_variant_new ("(susss^asa{sv}i)", _ ("Arcology Builder"), self->id,
                                         "org.arcology.Builder-symbolic", self->summary, body,
                                         self->file != NULL ? actions : actions + 2, &hints,
                                         is_problem ? EXPIRES_NEVER : EXPIRES_AS_SET),
                          G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_replied,
                          g_object_ref (self));
}

static void
close_notification (ArcNotifications *self)
{
  /* D-Bus does not start a server only to close a notification. */
  g_dbus_connection_call (self->connection, SERVICE, PATH, INTERFACE, "CloseNotification",
                          g_variant_new ("(u)", self->id), G_VARIANT_TYPE_UNIT,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_replied,
                          g_object_ref (self));
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
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    g_warning ("Cannot open the file of a notification: %s", error->message);
}

/* Opens the file in a unit of its own. A child of this service would have its nice level and its
 * seccomp filter, would not have the DISPLAY of a session that began later, and would be killed
 * with the service, with what its user has not saved. */
static void
open_file (ArcNotifications *self)
{
  g_autofree char *uri = g_filename_to_uri (self->file, NULL, NULL);
  g_autofree char *program = g_find_program_in_path ("gio");
  g_autofree char *unit =
      g_strdup_printf ("app-org.arcology.Builder@%08x.service", g_random_int ());
  const char *const argv[] = { "gio", "open", uri, NULL };
  const char *const flags[] = { "no-env-expand", NULL };
  GVariant *arguments;

  if (uri == NULL || program == NULL)
    {
      g_warning ("Cannot open the file of a notification: gio(1) is not in PATH");
      return;
    }

  /* ExitType: gio(1) ends before the program that it starts. */
  arguments = g_variant_new_parsed (
      "(%s, 'fail', [('Description', <'Open a file of Arcology Builder'>), "
      "('Slice', <'app.slice'>), ('CollectMode', <'inactive-or-failed'>), "
      "('ExitType', <'cgroup'>), ('ExecStartEx', <[(%s, %^as, %^as)]>)], @a(sa(sv)) [])",
      unit, program, argv, flags);
  g_dbus_connection_call (self->connection, SYSTEMD_SERVICE, SYSTEMD_PATH, SYSTEMD_INTERFACE,
                          "StartTransientUnit", arguments, G_VARIANT_TYPE ("(o)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_opened, NULL);
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer user_data)
{
  ArcNotifications *self = user_data;
  const gboolean is_closed = g_str_equal (signal, "NotificationClosed") &&
                             g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(uu)"));
  const gboolean is_invoked = g_str_equal (signal, "ActionInvoked") &&
                              g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(us)"));
  guint32 id;

  if (!is_closed && !is_invoked)
    return;

  g_variant_get_child (parameters, 0, "u", &id);
  if (id != self->id || id == 0)
    return;

  if (is_closed)
    {
      guint32 reason;

      g_variant_get_child (parameters, 1, "u", &reason);
      self->id = 0;
      self->closed = reason == CLOSED_BY_USER;
    }
  else
    {
      const char *action;

      g_variant_get_child (parameters, 1, "&s", &action);
      if (self->file != NULL && g_str_equal (action, DEFAULT_ACTION))
        open_file (self);
    }
}

ArcNotifications *
arc_notifications_new (GDBusConnection *connection)
{
  ArcNotifications *self = g_object_new (ARC_TYPE_NOTIFICATIONS, NULL);

  self->connection = g_object_ref (connection);
  self->subscription =
      g_dbus_connection_signal_subscribe (connection, SERVICE, INTERFACE, NULL, PATH, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);

  return self;
}

static void
set_text (ArcNotifications *self, const char *summary, const char *body, const char *file)
{
  g_free (self->summary);
  g_free (self->body);
  g_free (self->file);
  self->summary = g_strdup (summary);
  self->body = g_strdup (body);
  self->file = g_strdup (file);
}

void
arc_notifications_show (ArcNotifications *self,
                        ArcNotice notice,
                        const char *summary,
                        const char *body,
                        const char *file)
{
  if (notice == ARC_NOTICE_PROBLEM && self->notice == notice && self->closed)
    return;

  self->closed = FALSE;
  self->notice = notice;
  set_text (self, summary, body, file);
  update (self);
}

void
arc_notifications_withdraw (ArcNotifications *self)
{
  self->closed = FALSE;
  if (self->summary == NULL)
    return;

  set_text (self, NULL, NULL, NULL);
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

  set_text (self, NULL, NULL, NULL);

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
