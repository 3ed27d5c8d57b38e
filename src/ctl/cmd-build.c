/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The verbs that ask for a build or a comparison, and wait for it: with a bar on a terminal, else
 * with a line a second. SIGINT and SIGTERM end the waiting, not the build. */

#include "common/progress-bar.h"
#include "ctl/commands.h"
#include "ctl/json.h"
#include "ctl/messages.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#define MAX_FAILED_FILES 5

typedef struct
{
  const ArcCall *call;
  GMainLoop *loop;
  guint64 build;       /* 0 while it is not known */
  guint64 last_build;  /* the last one that had ended before */
  char *result;        /* (owned) (nullable): once it is known */
  GVariant *details;   /* (owned) (nullable): of that build, if it ended meanwhile */
  ArcCtlExit exit;     /* if there is no result, and no error */
  const char *message; /* the same */
  GError *error;       /* (owned) (nullable) */

  gboolean is_terminal;
  ArcProgressBar meter;
  gboolean has_bar; /* the cursor is at the end of one */
} Wait;

static void
clear_bar (Wait *self)
{
  if (!self->has_bar)
    return;

  fputs ("\r\033[K", stdout);
  fflush (stdout);
  self->has_bar = FALSE;
}

/* In the place of the last LINE. */
static void
show_line (Wait *self, const char *line)
{
  if (self->is_terminal)
    printf ("\r%s\033[K", line);
  else
    puts (line);
  fflush (stdout);
  self->has_bar = self->is_terminal;
}

static void
show_progress (Wait *self)
{
  /* The last column stays free: terminals differ in the place of the cursor after it. */
  const guint width = self->is_terminal ? arc_table_get_width () - 1 : 0;
  g_autofree char *line = arc_progress_bar_format (&self->meter, width, g_get_charset (NULL));

  show_line (self, line);
}

static void
show_phase (Wait *self)
{
  g_autofree char *phase = arc_messages_tell_phase (self->call->service);

  if (phase == NULL)
    return;

  while (self->is_terminal && arc_table_measure (phase) >= arc_table_get_width ())
    *g_utf8_prev_char (phase + strlen (phase)) = '\0';
  show_line (self, phase);
}

static void
on_progress (ArcDBusBuilder *service, GParamSpec *pspec, gpointer user_data)
{
  Wait *self = user_data;
  GVariant *progress = arc_dbus_builder_get_progress (service);
  const gint64 interval =
      self->is_terminal ? ARC_PROGRESS_BAR_BAR_INTERVAL : ARC_PROGRESS_BAR_LINE_INTERVAL;
  guint done;
  guint total;

  if (progress == NULL || self->call->quiet || self->call->json)
    return;

  g_variant_get (progress, "(uu&s)", &done, &total, NULL);
  if (total == 0)
    {
      self->meter = (ArcProgressBar){ 0 };
      show_phase (self);
    }
  else if (arc_progress_bar_take (&self->meter, done, total, g_get_monotonic_time (), interval))
    show_progress (self);
}

/* Whether a build with DETAILS has asked for a full one, which runs by now. */
static gboolean
is_continued (ArcDBusBuilder *service, GVariant *details)
{
  gboolean asks_for_full = FALSE;

  g_variant_lookup (details, "asks-for-full", "b", &asks_for_full);

  return asks_for_full && arc_dbus_builder_get_current_build (service) != 0;
}

static void
on_build_finished (ArcDBusBuilder *service,
                   guint64 build,
                   const char *result,
                   GVariant *details,
                   gpointer user_data)
{
  Wait *self = user_data;

  /* `Sync` has a reply. */
  if (self->build == 0 || build < self->build || is_continued (service, details) ||
      !g_main_loop_is_running (self->loop))
    return;

  self->result = g_strdup (result);
  self->details = g_variant_ref (details);
  g_main_loop_quit (self->loop);
}

static void
on_synced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Wait *self = user_data;

  if (!g_main_loop_is_running (self->loop))
    return;

  if (arc_dbus_builder_call_sync_finish (self->call->service, &self->build, &self->result, result,
                                         &self->error) &&
      self->build > self->last_build)
    self->details = arc_ctl_find_build (self->call->service, self->build, NULL);
  g_main_loop_quit (self->loop);
}

/* The first reason to quit counts. */
static void
give_up (Wait *self, ArcCtlExit exit, const char *message)
{
  if (!g_main_loop_is_running (self->loop))
    return;

  self->exit = exit;
  self->message = message;
  g_main_loop_quit (self->loop);
}

static gboolean
on_timeout (gpointer user_data)
{
  give_up (user_data, ARC_CTL_TIMEOUT, _ ("timed out; the build continues in the background"));
  return G_SOURCE_CONTINUE;
}

static void
on_owner_changed (ArcDBusBuilder *service, GParamSpec *pspec, gpointer user_data)
{
  give_up (user_data, ARC_CTL_NO_SERVICE, _ ("the service stopped before the build ended"));
}

static void
print_report (const Wait *self)
{
  g_autoptr (GPtrArray) failed = NULL;
  g_autofree char *sentence = NULL;
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, self->build);

  if (self->details == NULL)
    {
      g_print ("%s\n", arc_messages_is_success (self->result)
                           ? _ ("The database is already up to date")
                           : arc_messages_name_result (self->result));
      return;
    }

  sentence = arc_messages_tell_build (self->details);
  failed = arc_messages_list_failed_files (self->details, MAX_FAILED_FILES);
  arc_table_print (0, "%s", sentence);
  for (guint i = 0; i < failed->len; i++)
    g_print ("  %s\n", (const char *) failed->pdata[i]);
  if (!arc_messages_is_success (self->result))
    arc_table_print (0, _ ("See its output with: arcologyctl log %s\n"), number);
}

static ArcCtlExit
report (const Wait *self)
{
  if (self->result == NULL)
    return arc_ctl_print_error (self->exit, "%s", self->message);

  if (self->call->json)
    arc_json_print (g_variant_new_parsed ("{'build': <%t>, 'result': <%s>}", self->build,
                                          self->result),
                    TRUE);
  else if (!self->call->quiet)
    print_report (self);

  return arc_messages_is_success (self->result) ? ARC_CTL_SUCCESS : ARC_CTL_FAILED;
}

/* Runs the main loop until there is something to report. */
static void
run_loop (Wait *self)
{
  ArcDBusBuilder *service = self->call->service;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  guint timeout_id = 0;

  if (self->call->timeout != ARC_CTL_DEFAULT_TIMEOUT)
    timeout_id = g_timeout_add ((guint) self->call->timeout, on_timeout, self);
  self->loop = loop;
  self->exit = ARC_CTL_INTERRUPTED;
  self->message = _ ("interrupted; the build continues in the background");
  self->is_terminal = arc_table_get_width () != G_MAXUINT;
  g_signal_connect (service, "notify::progress", G_CALLBACK (on_progress), self);
  g_signal_connect (service, "build-finished", G_CALLBACK (on_build_finished), self);
  g_signal_connect (service, "notify::g-name-owner", G_CALLBACK (on_owner_changed), self);
  /* What it reported before. */
  on_progress (service, NULL, self);
  arc_ctl_run (service, loop, &error);
  g_signal_handlers_disconnect_by_data (service, self);
  g_clear_handle_id (&timeout_id, g_source_remove);

  if (self->error == NULL && self->result == NULL)
    self->error = g_steal_pointer (&error);
}

static ArcCtlExit
wait_for_end (Wait *self, GError **error)
{
  ArcCtlExit exit = ARC_CTL_FAILED;

  run_loop (self);
  clear_bar (self);
  if (self->error != NULL)
    g_propagate_error (error, self->error);
  else
    exit = report (self);
  g_free (self->result);
  g_clear_pointer (&self->details, g_variant_unref);

  return exit;
}

ArcCtlExit
arc_cmd_rebuild (const ArcCall *call, GError **error)
{
  GVariantDict what = G_VARIANT_DICT_INIT (NULL);
  Wait self = { .call = call };

  if (call->full)
    g_variant_dict_insert (&what, "full", "b", TRUE);
  if (call->clean)
    g_variant_dict_insert (&what, "clean", "b", TRUE);
  if (!arc_dbus_builder_call_rebuild_sync (call->service, g_variant_dict_end (&what), &self.build,
                                           NULL, error))
    return ARC_CTL_FAILED;

  if (call->wait)
    return wait_for_end (&self, error);

  if (call->json)
    {
      arc_json_print (g_variant_new_parsed ("{'build': <%t>}", self.build), TRUE);
    }
  else if (!call->quiet)
    {
      g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, self.build);

      g_print (_ ("Build %s queued\n"), number);
    }

  return ARC_CTL_SUCCESS;
}

ArcCtlExit
arc_cmd_sync (const ArcCall *call, GError **error)
{
  GVariantDict none = G_VARIANT_DICT_INIT (NULL);
  Wait self = { .call = call };

  g_variant_lookup (arc_dbus_builder_get_last_build (call->service), "id", "t", &self.last_build);

  /* The call lasts as long as the build. on_synced() ignores a reply that arrives after the main
   * loop. */
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (call->service), G_MAXINT);
  arc_dbus_builder_call_sync (call->service, g_variant_dict_end (&none), NULL, on_synced, &self);

  return wait_for_end (&self, error);
}

ArcCtlExit
arc_cmd_rescan (const ArcCall *call, GError **error)
{
  guint n;

  if (!arc_dbus_builder_call_rescan_sync (call->service, &n, NULL, error))
    return ARC_CTL_FAILED;

  g_print (ngettext ("%u change was found\n", "%u changes were found\n", n), n);

  return ARC_CTL_SUCCESS;
}
