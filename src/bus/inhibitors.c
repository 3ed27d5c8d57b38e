/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/inhibitors.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

struct _ArcInhibitors
{
  GPtrArray *all; /* (owned) (element-type Inhibitor): the oldest first */
  ArcInhibitorsFunc changed;
  gpointer user_data;
};

typedef struct
{
  ArcInhibitors *owner; /* (unowned) */
  char *who;
  char *why;
  int fd; /* the end of the pipe to read; it hangs up when all copies of the other are closed */
  guint source_id;
} Inhibitor;

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

static void
report (ArcInhibitors *self)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ss)"));

  for (guint i = 0; i < self->all->len; i++)
    {
      const Inhibitor *inhibitor = g_ptr_array_index (self->all, i);

      g_variant_builder_add (&builder, "(ss)", inhibitor->who, inhibitor->why);
    }

  self->changed (g_variant_builder_end (&builder), self->user_data);
}

static gboolean
on_released (int fd, GIOCondition condition, gpointer user_data)
{
  Inhibitor *inhibitor = user_data;
  ArcInhibitors *self = inhibitor->owner;

  inhibitor->source_id = 0;
  g_ptr_array_remove (self->all, inhibitor);
  report (self);

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
  report (self);

  return fds[1];
}

ArcInhibitors *
arc_inhibitors_new (ArcInhibitorsFunc changed, gpointer user_data)
{
  ArcInhibitors *self = g_new (ArcInhibitors, 1);

  self->all = g_ptr_array_new_with_free_func (inhibitor_free);
  self->changed = changed;
  self->user_data = user_data;

  return self;
}

void
arc_inhibitors_free (ArcInhibitors *self)
{
  g_ptr_array_unref (self->all);
  g_free (self);
}
