/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/service-manager.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct _ArcServiceManager
{
  GObject parent_instance;

  int socket; /* -1 without a manager */
  struct sockaddr_un address;
  socklen_t address_length;
  guint watchdog_id;
  char *status; /* (owned) (nullable): the last one */
  gboolean status_refused;
};

G_DEFINE_FINAL_TYPE (ArcServiceManager, arc_service_manager, G_TYPE_OBJECT)

/* FLAGS are those of sendto(2). Returns: FALSE if the queue of the manager was full
 * (net.unix.max_dgram_qlen). Any other error means that the manager is gone, which does not stop
 * the service. */
static gboolean
send_message (ArcServiceManager *self, const char *message, int flags)
{
  return self->socket < 0 ||
         TEMP_FAILURE_RETRY (sendto (self->socket, message, strlen (message), flags | MSG_NOSIGNAL,
                                     (struct sockaddr *) &self->address, self->address_length)) >=
             0 ||
         errno != EAGAIN;
}

static void
send_status (ArcServiceManager *self)
{
  g_autofree char *message = g_strconcat ("STATUS=", self->status, NULL);

  self->status_refused = !send_message (self, message, MSG_DONTWAIT);
}

static gboolean
on_watchdog (gpointer user_data)
{
  ArcServiceManager *self = user_data;

  /* A lost one is harmless: the next one follows before the manager's timeout. */
  send_message (self, "WATCHDOG=1", MSG_DONTWAIT);
  if (self->status_refused)
    send_status (self);

  return G_SOURCE_CONTINUE;
}

void
arc_service_manager_send (ArcServiceManager *self, ArcServiceMessage message)
{
  g_autofree char *reloading = NULL;

  switch (message)
    {
    case ARC_SERVICE_READY:
      send_message (self, "READY=1", 0);
      break;
    case ARC_SERVICE_RELOADING:
      /* The manager compares the time with its own, to distinguish this reload from an earlier one;
       * both clocks are CLOCK_MONOTONIC (sd_notify(3)). */
      reloading = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                                   g_get_monotonic_time ());
      send_message (self, reloading, 0);
      break;
    case ARC_SERVICE_STOPPING:
      send_message (self, "STOPPING=1", 0);
      break;
    }
}

/* (transfer full) */
static char *
describe_status (const ArcStatus *status)
{
  const guint n = status->n_pending;
  const char *files = n == 1 ? "file" : "files";

  switch (status->reason)
    {
    case ARC_REASON_NOTHING_PENDING:
      return g_strdup (status->fresh ? "idle: the database is up to date"
                                     : "idle: no build has succeeded yet");
    case ARC_REASON_DEBOUNCE:
      return g_strdup_printf ("waiting: %u %s changed, a build starts when edits settle", n, files);
    case ARC_REASON_COOLDOWN:
      if (n == 0)
        return g_strdup ("cooling down: no changes since the last build");
      return g_strdup_printf ("cooling down: %u %s changed since the last build", n, files);
    case ARC_REASON_RETRY:
      return g_strdup_printf ("waiting: the last build failed; %s",
                              status->next_build != 0 ? "it is retried later"
                                                      : "change a file or run arcologyctl rebuild");
    case ARC_REASON_BUILDING:
      return g_strdup_printf ("running: build %" G_GUINT64_FORMAT, status->current_build);
    case ARC_REASON_PAUSED:
    case ARC_REASON_INHIBITED:
    case ARC_REASON_POWER_SAVER:
    case ARC_REASON_UNAVAILABLE:
      break;
    }

  return g_strdup_printf ("%s: %s, %u %s changed", arc_state_to_string (status->state),
                          arc_reason_to_string (status->reason), n, files);
}

void
arc_service_manager_show_status (ArcServiceManager *self, const ArcStatus *status)
{
  g_autofree char *text = describe_status (status);

  if (g_strcmp0 (text, self->status) == 0)
    return;

  g_free (self->status);
  self->status = g_steal_pointer (&text);
  send_status (self);
}

/* Opens the socket to the address in NOTIFY_SOCKET, a path, or an abstract name after '@'. */
static void
open_socket (ArcServiceManager *self)
{
  const char *name = g_getenv ("NOTIFY_SOCKET");
  const gsize length = name != NULL ? strlen (name) : 0;

  if (length < 2 || length >= sizeof self->address.sun_path || (name[0] != '/' && name[0] != '@'))
    return;

  self->address.sun_family = AF_UNIX;
  memcpy (self->address.sun_path, name, length);
  if (name[0] == '@')
    self->address.sun_path[0] = '\0'; /* unix(7) */
  self->address_length = offsetof (struct sockaddr_un, sun_path) + length;
  self->socket = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* The interval of the watchdog in microseconds; 0 without one. */
static guint64
get_watchdog_usec (void)
{
  const char *usec_text = g_getenv ("WATCHDOG_USEC");
  const char *pid_text = g_getenv ("WATCHDOG_PID");
  guint64 usec;
  guint64 pid;

  if (usec_text == NULL || !g_ascii_string_to_unsigned (usec_text, 10, 1, G_MAXINT64, &usec, NULL))
    return 0;

  /* WATCHDOG_PID can be the process that started this one (sd_watchdog_enabled(3)). */
  if (pid_text != NULL && (!g_ascii_string_to_unsigned (pid_text, 10, 1, G_MAXINT, &pid, NULL) ||
                           (pid_t) pid != getpid ()))
    return 0;

  return usec;
}

static void
arc_service_manager_finalize (GObject *object)
{
  ArcServiceManager *self = ARC_SERVICE_MANAGER (object);

  g_clear_handle_id (&self->watchdog_id, g_source_remove);
  if (self->socket >= 0)
    close (self->socket);
  g_free (self->status);

  G_OBJECT_CLASS (arc_service_manager_parent_class)->finalize (object);
}

static void
arc_service_manager_init (ArcServiceManager *self)
{
  const guint64 watchdog_usec = get_watchdog_usec ();

  self->socket = -1;
  open_socket (self);

  /* setenv(3) is not thread-safe: the object must be made before the first thread. */
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");

  if (self->socket < 0 || watchdog_usec == 0)
    return;

  self->watchdog_id =
      g_timeout_add (CLAMP (watchdog_usec / 2 / 1000, 1, G_MAXUINT), on_watchdog, self);
  g_source_set_name_by_id (self->watchdog_id, "[arcology] watchdog");
}

static void
arc_service_manager_class_init (ArcServiceManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_service_manager_finalize;
}

ArcServiceManager *
arc_service_manager_new (void)
{
  return g_object_new (ARC_TYPE_SERVICE_MANAGER, NULL);
}
