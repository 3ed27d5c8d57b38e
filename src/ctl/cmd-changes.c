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
  ArcCtlExit exit;
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

  self->exit = arc_ctl_report (error);
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
follow (Feed *self)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  gboolean is_connected;

  self->loop = loop;
  self->exit = ARC_CTL_SUCCESS;
  g_signal_connect (self->service, "build-finished", G_CALLBACK (on_build_finished), self);
  g_signal_connect (self->service, "notify::g-name-owner", G_CALLBACK (on_owner_changed), self);
  /* A build can end between the first call and the connection of the signals. */
  g_idle_add (on_started, self);
  is_connected = arc_ctl_run (self->service, loop);
  g_signal_handlers_disconnect_by_data (self->service, self);

  return is_connected ? self->exit : ARC_CTL_NO_SERVICE;
}

ArcCtlExit
arc_cmd_changes (int argc, char **argv)
{
  gboolean follows = FALSE;
  g_autofree char *since = NULL;
  Feed self = { 0 };
  const GOptionEntry entries[] = {
    { "since", 0, 0, G_OPTION_ARG_STRING, &since,
      N_ ("Only what builds after the one with this number updated"), N_ ("BUILD") },
    { "follow", 'f', 0, G_OPTION_ARG_NONE, &follows,
      N_ ("Go on with what each build updates, until interrupted"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self.json, N_ ("Print JSON, an object a line"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (ArcDBusBuilder) service = NULL;
  ArcCtlExit exit;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) changes = NULL;

  if (!arc_ctl_parse (&argc, &argv, entries, NULL,
                      _ ("Lists the notes that builds updated in the database."), 0))
    return ARC_CTL_USAGE;

  if (since != NULL && !g_ascii_string_to_unsigned (since, 10, 0, G_MAXUINT64, &self.since, NULL))
    {
      arc_ctl_print_error (
          _ ("“%s” is not the number of a build; “arcologyctl history” lists them"), since);
      return ARC_CTL_USAGE;
    }

  service = arc_ctl_connect (&exit);
  if (service == NULL)
    return exit;

  self.service = service;
  /* No build has this number: so there is nothing after it. */
  if (follows && since == NULL)
    self.since = G_MAXUINT64;
  changes = get_changes (&self, &error);
  if (changes == NULL)
    return arc_ctl_report (error);

  if (since == NULL)
    self.complete = TRUE;
  if (g_variant_n_children (changes) == 0 && self.complete && !follows && !self.json)
    g_printerr (_ ("No changes\n"));
  else
    print_changes (&self, changes);

  if (follows)
    return follow (&self);

  return self.complete ? ARC_CTL_SUCCESS : ARC_CTL_STALE;
}
