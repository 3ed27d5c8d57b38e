/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-supervisor.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager that is busy has its queue full (net.unix.max_dgram_qlen); how soon to try again. */
#define RETRY_MS 50

struct _ArcSupervisor
{
  GObject parent_instance;

  GMainContext *context;   /* (owned) */
  GSocket *socket;         /* (owned) (nullable): none without a manager */
  GSocketAddress *address; /* (owned) (nullable) */
  GSource *watchdog;       /* (owned) (nullable) */
  GSource *retry;          /* (owned) (nullable) */
  GQueue queue;            /* (owned) (element-type utf8): what could not be sent yet */
  char *status;            /* (owned) (nullable): the last one */
};

G_DEFINE_FINAL_TYPE (ArcSupervisor, arc_supervisor, G_TYPE_OBJECT)

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    {
      g_source_destroy (*source);
      g_clear_pointer (source, g_source_unref);
    }
}

static GSource *
add_timeout (ArcSupervisor *self, guint msec, GSourceFunc func, const char *name)
{
  GSource *source = g_timeout_source_new (msec);

  g_source_set_static_name (source, name);
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->context);

  return source;
}

/* Sends what is queued, in order. FALSE if the manager does not take it now. */
static gboolean
flush_queue (ArcSupervisor *self)
{
  const char *message;

  while ((message = g_queue_peek_head (&self->queue)) != NULL)
    {
      g_autoptr (GError) error = NULL;

      /* GSocket sends with MSG_NOSIGNAL. */
      g_socket_send_to (self->socket, self->address, message, strlen (message), NULL, &error);
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return FALSE;

      /* Any other error means that nobody listens, which is no reason to stop working. */
      g_free (g_queue_pop_head (&self->queue));
    }

  return TRUE;
}

static gboolean
on_retry (gpointer user_data)
{
  ArcSupervisor *self = ARC_SUPERVISOR (user_data);

  if (!flush_queue (self))
    return G_SOURCE_CONTINUE;

  clear_source (&self->retry);

  return G_SOURCE_REMOVE;
}

/* Whether two messages assign to the same variable. */
static int
compare_variables (gconstpointer a, gconstpointer b)
{
  const char *text = a;
  gsize length = strcspn (text, "=") + 1;

  return strncmp (text, b, length);
}

/* Sends MESSAGE now, or when the manager takes it. It replaces one of its kind that still waits, so
 * that no more wait than there are kinds. */
static void
send_message (ArcSupervisor *self, char *message /* (transfer full) */)
{
  GList *older = g_queue_find_custom (&self->queue, message, compare_variables);

  if (older != NULL)
    {
      g_free (older->data);
      g_queue_delete_link (&self->queue, older);
    }
  g_queue_push_tail (&self->queue, message);

  if (!flush_queue (self) && self->retry == NULL)
    self->retry = add_timeout (self, RETRY_MS, on_retry, "[arcology] notify retry");
}

static gboolean
on_watchdog (gpointer user_data)
{
  send_message (ARC_SUPERVISOR (user_data), g_strdup ("WATCHDOG=1"));

  return G_SOURCE_CONTINUE;
}

void
arc_supervisor_ready (ArcSupervisor *self)
{
  g_return_if_fail (ARC_IS_SUPERVISOR (self));

  if (self->socket != NULL)
    send_message (self, g_strdup ("READY=1"));
}

void
arc_supervisor_reloading (ArcSupervisor *self)
{
  g_return_if_fail (ARC_IS_SUPERVISOR (self));

  /* The manager compares the time with its own, to tell this reload from an earlier one; both
   * clocks are CLOCK_MONOTONIC (sd_notify(3)). */
  if (self->socket != NULL)
    send_message (self, g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                                         g_get_monotonic_time ()));
}

void
arc_supervisor_stopping (ArcSupervisor *self)
{
  g_return_if_fail (ARC_IS_SUPERVISOR (self));

  if (self->socket != NULL)
    send_message (self, g_strdup ("STOPPING=1"));
}

void
arc_supervisor_set_status (ArcSupervisor *self, const char *text)
{
  g_autofree char *line = NULL;

  g_return_if_fail (ARC_IS_SUPERVISOR (self));
  g_return_if_fail (text != NULL);

  if (self->socket == NULL || g_strcmp0 (text, self->status) == 0)
    return;

  g_free (self->status);
  self->status = g_strdup (text);

  /* Each line of a message is an assignment, and a status that is not UTF-8 is refused. */
  line = g_utf8_make_valid (text, -1);
  g_strdelimit (line, "\r\n", ' ');
  send_message (self, g_strconcat ("STATUS=", line, NULL));
}

/* (nullable): the address in NOTIFY_SOCKET; a path, or an abstract name after '@'. */
static GSocketAddress *
get_address (void)
{
  const char *name = g_getenv ("NOTIFY_SOCKET");
  const struct sockaddr_un *unused; /* for the size that it has room for */

  if (name == NULL || strlen (name) < 2 || strlen (name) >= sizeof unused->sun_path)
    return NULL;

  if (name[0] == '/')
    return g_unix_socket_address_new (name);
  if (name[0] == '@')
    return g_unix_socket_address_new_with_type (name + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);

  return NULL;
}

/* The time that the manager waits for a sign of life, in microseconds; 0 if it does not. */
static guint64
get_watchdog_usec (void)
{
  const char *usec_text = g_getenv ("WATCHDOG_USEC");
  const char *pid_text = g_getenv ("WATCHDOG_PID");
  guint64 usec;
  guint64 pid;

  if (usec_text == NULL || !g_ascii_string_to_unsigned (usec_text, 10, 1, G_MAXINT64, &usec, NULL))
    return 0;

  /* It may be meant for the process that started us (sd_watchdog_enabled(3)). */
  if (pid_text != NULL && (!g_ascii_string_to_unsigned (pid_text, 10, 1, G_MAXINT, &pid, NULL) ||
                           (pid_t) pid != getpid ()))
    return 0;

  return usec;
}

static void
arc_supervisor_finalize (GObject *object)
{
  ArcSupervisor *self = ARC_SUPERVISOR (object);

  clear_source (&self->watchdog);
  clear_source (&self->retry);
  g_queue_clear_full (&self->queue, g_free);
  g_clear_object (&self->socket);
  g_clear_object (&self->address);
  g_free (self->status);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (arc_supervisor_parent_class)->finalize (object);
}

static void
arc_supervisor_init (ArcSupervisor *self)
{
  guint64 watchdog_usec = get_watchdog_usec ();

  self->context = g_main_context_ref_thread_default ();
  g_queue_init (&self->queue);

  self->address = get_address ();
  if (self->address != NULL)
    self->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                                 G_SOCKET_PROTOCOL_DEFAULT, NULL);

  /* setenv(3) is not thread-safe, hence the rule that this is made before there are threads. */
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");

  if (self->socket == NULL)
    return;

  g_socket_set_blocking (self->socket, FALSE);
  if (watchdog_usec > 0)
    self->watchdog = add_timeout (self, CLAMP (watchdog_usec / 2 / 1000, 1, G_MAXUINT), on_watchdog,
                                  "[arcology] watchdog");
}

static void
arc_supervisor_class_init (ArcSupervisorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_supervisor_finalize;
}

ArcSupervisor *
arc_supervisor_new (void)
{
  return g_object_new (ARC_TYPE_SUPERVISOR, NULL);
}
