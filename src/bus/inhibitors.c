/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/inhibitors.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

struct _ArcInhibitors
{
  GObject parent;

  GPtrArray *all; /* (owned) (element-type Inhibitor): the oldest first */
};

typedef struct
{
  ArcInhibitors *owner; /* (unowned) */
  char *who;
  char *why;
  int fd; /* the end of the pipe to read; it hangs up when all copies of the other are closed */
  guint source_id;
} Inhibitor;

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcInhibitors, arc_inhibitors, G_TYPE_OBJECT)

static void
inhibitor_free (gpointer data)
{
  Inhibitor *inhibitor = data;

  g_clear_handle_id (&inhibitor->source_id, g_source_remove);
  close (inhibitor->fd);
  g_free (inhibitor->who);
  g_free (inhibitor->why);
  g_free (inhibitor);
}

static gboolean
on_released (int fd, GIOCondition condition, gpointer user_data)
{
  Inhibitor *inhibitor = user_data;
  ArcInhibitors *self = inhibitor->owner;

  inhibitor->source_id = 0;
  g_ptr_array_remove (self->all, inhibitor);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);

  return G_SOURCE_REMOVE;
}

static gboolean
check_word (const char *name, const char *word, GError **error)
{
  const gsize length = strlen (word);

  if (length > 0 && length <= ARC_INHIBITOR_MAX_LENGTH)
    return TRUE;

  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
               "\"%s\" must have 1 to %d bytes, not %" G_GSIZE_FORMAT, name,
               ARC_INHIBITOR_MAX_LENGTH, length);
  return FALSE;
}

int
arc_inhibitors_add (ArcInhibitors *self, const char *who, const char *why, GError **error)
{
  g_autoptr (GError) pipe_error = NULL;
  Inhibitor *inhibitor;
  int fds[2];

  g_return_val_if_fail (ARC_IS_INHIBITORS (self), -1);

  if (!check_word ("who", who, error) || !check_word ("why", why, error))
    return -1;

  if (self->all->len >= ARC_INHIBITORS_MAX)
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                   "There are %d inhibitors already, and no more can be had", ARC_INHIBITORS_MAX);
      return -1;
    }

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, &pipe_error))
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, "%s", pipe_error->message);
      return -1;
    }

  inhibitor = g_new (Inhibitor, 1);
  *inhibitor = (Inhibitor){
    .owner = self,
    .who = g_strdup (who),
    .why = g_strdup (why),
    .fd = fds[0],
    /* Not G_IO_IN: bytes that the other end writes into the pipe would wake the main loop for ever.
     */
    .source_id = g_unix_fd_add (fds[0], G_IO_HUP, on_released, inhibitor),
  };
  g_ptr_array_add (self->all, inhibitor);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);

  return fds[1];
}

gboolean
arc_inhibitors_is_empty (ArcInhibitors *self)
{
  g_return_val_if_fail (ARC_IS_INHIBITORS (self), TRUE);

  return self->all->len == 0;
}

GVariant *
arc_inhibitors_to_variant (ArcInhibitors *self)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ss)"));

  g_return_val_if_fail (ARC_IS_INHIBITORS (self), NULL);

  for (guint i = 0; i < self->all->len; i++)
    {
      const Inhibitor *inhibitor = g_ptr_array_index (self->all, i);

      g_variant_builder_add (&builder, "(ss)", inhibitor->who, inhibitor->why);
    }

  return g_variant_builder_end (&builder);
}

ArcInhibitors *
arc_inhibitors_new (void)
{
  return g_object_new (ARC_TYPE_INHIBITORS, NULL);
}

static void
arc_inhibitors_finalize (GObject *object)
{
  ArcInhibitors *self = ARC_INHIBITORS (object);

  g_ptr_array_unref (self->all);

  G_OBJECT_CLASS (arc_inhibitors_parent_class)->finalize (object);
}

static void
arc_inhibitors_class_init (ArcInhibitorsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_inhibitors_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", ARC_TYPE_INHIBITORS, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
arc_inhibitors_init (ArcInhibitors *self)
{
  self->all = g_ptr_array_new_with_free_func (inhibitor_free);
}
