/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "ctl/json.h"
#include "ctl/messages.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <stdio.h>

typedef struct
{
  ArcDBusBuilder *service;
  GMainLoop *loop; /* (nullable): while it follows */
  gboolean json;
  guint64 since;
  gboolean complete;
  GError *error; /* (owned) (nullable): why it cannot be followed any more */
} Feed;

/* All lines have the same width, also those of later builds. */
static void
print_line (const char *change, const char *path)
{
  const guint width =
      MAX (arc_table_measure (_ ("added")),
           MAX (arc_table_measure (_ ("modified")), arc_table_measure (_ ("deleted"))));
  g_autofree char *word = arc_table_pad (arc_messages_name_change (change), width, FALSE);

  g_print ("%s  %s\n", word, path);
}

static void
print_changes (Feed *self, GVariant *changes)
{
  GVariantIter iter;
  const char *change;
  const char *path;

  if (!self->complete && self->json)
    arc_json_print_line (g_variant_new_parsed ("{'now': <%t>, 'change': <'all'>}", self->since));
  else if (!self->complete)
    g_printerr (_ ("The list is not complete: any note may have changed\n"));

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "(&s^&ay)", &change, &path))
    {
      g_autofree char *name = arc_table_escape (path);

      if (self->json)
        arc_json_print_line (g_variant_new_parsed ("{'now': <%t>, 'change': <%s>, 'path': <%^ay>}",
                                                   self->since, change, path));
      else
        print_line (change, name);
    }

  /* Another program may wait at the other end of a pipe. */
  fflush (stdout);
}

/* (transfer full) (nullable): the changes since the last call, of type a(say). */
static GVariant *
get_changes (Feed *self, GError **error)
{
  GVariant *changes;

  if (!arc_dbus_builder_call_get_changes_sync (self->service, self->since, &self->since,
                                               &self->complete, &changes, NULL, error))
    return NULL;

  return changes;
}

static void
show_news (Feed *self)
{
  g_autofree char *owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (self->service));
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) changes = NULL;

  if (owner == NULL)
    return;

  changes = get_changes (self, &error);
  if (changes != NULL)
    {
      print_changes (self, changes);
      return;
    }

  /* A service that has left the bus is called again when it is back. */
  g_clear_pointer (&owner, g_free);
  owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (self->service));
  if (owner == NULL || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN))
    return;

  self->error = g_steal_pointer (&error);
  g_main_loop_quit (self->loop);
}

static void
on_build_finished (ArcDBusBuilder *service G_GNUC_UNUSED,
                   guint64 build G_GNUC_UNUSED,
                   const char *result G_GNUC_UNUSED,
                   GVariant *details G_GNUC_UNUSED,
                   gpointer user_data)
{
  show_news (user_data);
}

static void
on_owner_changed (ArcDBusBuilder *service G_GNUC_UNUSED,
                  GParamSpec *pspec G_GNUC_UNUSED,
                  gpointer user_data)
{
  show_news (user_data);
}

static gboolean
on_started (gpointer user_data)
{
  show_news (user_data);
  return G_SOURCE_REMOVE;
}

static ArcCtlExit
follow (Feed *self, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  gboolean is_connected;

  self->loop = loop;
  g_signal_connect (self->service, "build-finished", G_CALLBACK (on_build_finished), self);
  g_signal_connect (self->service, "notify::g-name-owner", G_CALLBACK (on_owner_changed), self);
  /* A build can end between the first call and the connection of the signals. */
  g_idle_add (on_started, self);
  is_connected = arc_ctl_run (self->service, loop);
  g_signal_handlers_disconnect_by_data (self->service, self);

  if (self->error != NULL)
    g_propagate_error (error, self->error);

  return is_connected ? ARC_CTL_SUCCESS : ARC_CTL_NO_SERVICE;
}

ArcCtlExit
arc_cmd_changes (const ArcCall *call, GError **error)
{
  Feed self = { .service = call->service, .json = call->json, .since = call->build };
  g_autoptr (GVariant) changes = NULL;

  /* No build has this number: so there is nothing after it. */
  if (call->follow && call->since == NULL)
    self.since = G_MAXUINT64;
  changes = get_changes (&self, error);
  if (changes == NULL)
    return ARC_CTL_FAILED;

  if (call->since == NULL)
    self.complete = TRUE;
  if (g_variant_n_children (changes) == 0 && self.complete && !call->follow && !self.json)
    g_printerr (_ ("No changes\n"));
  else
    print_changes (&self, changes);

  if (call->follow)
    return follow (&self, error);

  return self.complete ? ARC_CTL_SUCCESS : ARC_CTL_STALE;
}
