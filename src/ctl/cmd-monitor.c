/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/build.h"
#include "common/progress-bar.h"
#include "ctl/commands.h"
#include "ctl/json.h"
#include "ctl/messages.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <stdio.h>

typedef struct
{
  ArcDBusBuilder *service;
  gboolean json;
  char *shown;  /* (owned) (nullable): the state of which a line was printed last */
  char *health; /* (owned) (nullable): the same of the health */
  ArcProgressBar meter;
} Monitor;

/* Of the time and the blanks after it. */
#define TIME_WIDTH 10

/* Prints a line at once, for a reader at the other end of a pipe. */
static void
print_line (const char *text)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%T");

  g_print ("%s  ", time);
  arc_table_print (TIME_WIDTH, "%s", text);
  fflush (stdout);
}

/* Prints the time, the event and VALUES (a{sv}) (nullable), of which a floating reference is sunk.
 */
static void
print_event (const char *event, GVariant *values)
{
  const gint64 now = g_get_real_time ();

  arc_json_print (values != NULL
                      ? g_variant_new_parsed ("{'time': <%x>, 'event': <%s>, 'values': <%@a{sv}>}",
                                              now, event, values)
                      : g_variant_new_parsed ("{'time': <%x>, 'event': <%s>}", now, event),
                  FALSE);
}

/* A reader that starts with it has the value of each property at any time. */
static void
print_all (Monitor *self, const char *event)
{
  g_autoptr (GVariant) properties = arc_ctl_get_properties (self->service);

  print_event (event, properties);
}

/* Replaces LAST by TEXT (transfer full); whether they differ. */
static gboolean
take_news (char **last, char *text)
{
  g_autofree char *old = g_steal_pointer (last);

  *last = text;
  return g_strcmp0 (old, text) != 0;
}

/* on_build_started() prints a line for a build that starts later. */
static void
show_state (Monitor *self)
{
  const gboolean is_first = self->shown == NULL;
  g_autofree char *sentence = NULL;

  if (!take_news (&self->shown,
                  g_strdup_printf ("%s %d", arc_dbus_builder_get_reason (self->service),
                                   arc_dbus_builder_get_fresh (self->service))))
    return;
  if (!is_first && g_strcmp0 (arc_dbus_builder_get_state (self->service), "running") == 0)
    return;

  sentence = arc_messages_tell_state (self->service, g_get_real_time ());
  print_line (sentence);
}

static void
show_health (Monitor *self)
{
  const char *health = arc_dbus_builder_get_health (self->service);
  const char *message = arc_dbus_builder_get_health_message (self->service);
  const gboolean is_ok = g_strcmp0 (health, "ok") == 0;
  const gboolean is_first = self->health == NULL;
  g_autofree char *clean = NULL;

  if (!take_news (&self->health, g_strdup_printf ("%s %s", health, message)) || (is_ok && is_first))
    return;

  clean = arc_table_sanitize (is_ok ? _ ("Every directory is watched again") : message);
  print_line (clean);
}

static void
show_progress (Monitor *self)
{
  GVariant *progress = arc_dbus_builder_get_progress (self->service);
  g_autofree char *phase = arc_messages_tell_phase (self->service);
  g_autofree char *line = NULL;
  guint done;
  guint total;

  g_variant_get (progress, "(uu&s)", &done, &total, NULL);
  if (total == 0)
    {
      self->meter = (ArcProgressBar){ 0 };
      if (phase != NULL)
        print_line (phase);
      return;
    }

  if (!arc_progress_bar_take (&self->meter, done, total, g_get_monotonic_time (),
                              ARC_PROGRESS_BAR_LINE_INTERVAL))
    return;

  line = arc_progress_bar_format (&self->meter, 0, FALSE);
  print_line (line);
}

static void
on_properties_changed (GDBusProxy *proxy,
                       GVariant *changed,
                       const char *const *invalidated,
                       gpointer user_data)
{
  Monitor *self = user_data;
  g_autoptr (GVariant) progress = NULL;
  g_autofree char *owner = NULL;

  /* When the owner leaves the bus, GDBusProxy reports all its properties as invalidated. */
  if (g_variant_n_children (changed) == 0)
    return;

  if (self->json)
    {
      print_event ("changed", changed);
      return;
    }

  /* The proxy reports a new owner after it has read all properties. */
  owner = g_dbus_proxy_get_name_owner (proxy);
  if (owner == NULL)
    return;

  show_state (self);
  show_health (self);
  progress = g_variant_lookup_value (changed, "Progress", G_VARIANT_TYPE ("(uus)"));
  if (progress != NULL)
    show_progress (self);
}

/* (transfer full): a sentence without a full stop; KIND is a word of D-Bus. */
static char *
tell_start (guint64 id, const char *kind)
{
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, id);

  if (g_strcmp0 (kind, arc_build_kind_to_string (ARC_BUILD_FULL)) == 0)
    return g_strdup_printf (_ ("Build %s started: all files"), number);
  if (g_strcmp0 (kind, arc_build_kind_to_string (ARC_BUILD_CLEAN)) == 0)
    return g_strdup_printf (_ ("Build %s started: all files, into an empty database"), number);

  return g_strdup_printf (_ ("Build %s started: changed files"), number);
}

static void
on_build_started (ArcDBusBuilder *service, guint64 build, GVariant *details, gpointer user_data)
{
  Monitor *self = user_data;
  GVariantDict values = G_VARIANT_DICT_INIT (details);
  const char *kind = "";
  g_autofree char *line = NULL;

  if (self->json)
    {
      g_variant_dict_insert (&values, "id", "t", build);
      print_event ("build-started", g_variant_dict_end (&values));
      return;
    }

  g_variant_dict_clear (&values);
  g_variant_lookup (details, "kind", "&s", &kind);
  line = tell_start (build, kind);
  print_line (line);
}

static void
on_build_finished (ArcDBusBuilder *service,
                   guint64 build,
                   const char *result,
                   GVariant *details,
                   gpointer user_data)
{
  Monitor *self = user_data;
  g_autofree char *line = NULL;

  if (self->json)
    {
      print_event ("build-finished", details);
      return;
    }

  line = arc_messages_tell_build (details);
  print_line (line);
}

static void
forget (Monitor *self)
{
  g_clear_pointer (&self->shown, g_free);
  g_clear_pointer (&self->health, g_free);
  self->meter = (ArcProgressBar){ 0 };
}

/* The proxy has the properties of a new owner before it reports it. */
static void
on_owner_changed (ArcDBusBuilder *service, GParamSpec *pspec, gpointer user_data)
{
  Monitor *self = user_data;
  g_autofree char *owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (service));

  if (self->json && owner != NULL)
    print_all (self, "appeared");
  else if (self->json)
    print_event ("vanished", NULL);
  if (self->json)
    return;

  print_line (owner != NULL ? _ ("The service started") : _ ("The service stopped"));
  forget (self);
  if (owner != NULL)
    {
      show_state (self);
      show_health (self);
    }
}

ArcCtlExit
arc_cmd_monitor (const ArcCall *call, GError **error)
{
  ArcDBusBuilder *service = call->service;
  Monitor self = { .service = service, .json = call->json };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_signal_connect (service, "g-properties-changed", G_CALLBACK (on_properties_changed), &self);
  g_signal_connect (service, "build-started", G_CALLBACK (on_build_started), &self);
  g_signal_connect (service, "build-finished", G_CALLBACK (on_build_finished), &self);
  g_signal_connect (service, "notify::g-name-owner", G_CALLBACK (on_owner_changed), &self);

  /* Nothing is missed between this and the first signal: both come with the main loop. */
  if (self.json)
    {
      print_all (&self, "status");
    }
  else
    {
      show_state (&self);
      show_health (&self);
    }
  arc_ctl_run (service, loop, error);

  g_signal_handlers_disconnect_by_data (service, &self);
  forget (&self);

  return ARC_CTL_SUCCESS;
}
