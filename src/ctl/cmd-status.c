/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/duration.h"
#include "ctl/commands.h"
#include "ctl/json.h"
#include "ctl/messages.h"
#include "ctl/table.h"
#include "machine/state-machine.h"

#include <glib/gi18n.h>

/* More names than these do not help on one screen. */
#define MAX_FAILED_FILES 5
#define MAX_DIRECTORIES  3
#define MAX_INHIBITORS   3

/* Adds to ROWS (element-type GStrv), which are what there is to know below the sentence, TEXT
 * (transfer full) with a translated word in front. */
static void
add_row (GPtrArray *rows, const char *label, char *text)
{
  GStrv row = g_new0 (char *, 3);

  row[0] = g_strdup (label);
  row[1] = text;
  g_ptr_array_add (rows, row);
}

static void
add_last_build (GPtrArray *rows, ArcDBusBuilder *service, gint64 now)
{
  GVariant *build = arc_dbus_builder_get_last_build (service);
  g_autoptr (GPtrArray) failed = NULL;
  g_autofree char *ended = NULL;
  g_autofree char *ago = NULL;
  guint64 finished = 0;

  if (build == NULL || !g_variant_lookup (build, "finished", "t", &finished))
    {
      add_row (rows, _ ("Last build"), g_strdup (_ ("none yet")));
      return;
    }

  ended = arc_table_format_time (finished, "%F %T");
  ago = arc_duration_tell_wait (now - (gint64) finished);
  add_row (rows, _ ("Last build"), arc_messages_tell_build (build));
  /* Translators: a date with a time, and a duration such as "4 s". */
  add_row (rows, _ ("Ended"), g_strdup_printf (_ ("%s, %s ago"), ended, ago));

  failed = arc_messages_list_failed_files (build, MAX_FAILED_FILES);
  for (guint i = 0; i < failed->len; i++)
    add_row (rows, i == 0 ? _ ("Failed") : "", g_strdup (failed->pdata[i]));
}

static void
add_tree (GPtrArray *rows, ArcDBusBuilder *service)
{
  const guint n_files = arc_dbus_builder_get_watched_files (service);
  const guint n_directories = arc_dbus_builder_get_watched_directories (service);
  const char *const *roots = arc_dbus_builder_get_directories (service);
  const guint n_roots = roots != NULL ? g_strv_length ((char **) roots) : 0;
  g_autofree char *files = g_strdup_printf (ngettext ("%u file", "%u files", n_files), n_files);

  /* Translators: the first one is "1 file" or "3 files". */
  add_row (rows, _ ("Tree"),
           g_strdup_printf (ngettext ("%s in %u directory", "%s in %u directories", n_directories),
                            files, n_directories));

  for (guint i = 0; i < MIN (n_roots, MAX_DIRECTORIES); i++)
    add_row (rows, "", arc_table_abbreviate (roots[i]));
  if (n_roots > MAX_DIRECTORIES)
    add_row (rows, "", arc_messages_tell_more (n_roots - MAX_DIRECTORIES));
}

static void
add_database (GPtrArray *rows, ArcDBusBuilder *service)
{
  const char *path = arc_dbus_builder_get_database (service);

  add_row (rows, _ ("Database"),
           g_strdup (arc_dbus_builder_get_fresh (service) ? _ ("up to date")
                                                          : _ ("not up to date")));
  add_row (rows, "", arc_table_abbreviate (path != NULL ? path : "?"));
}

/* (transfer full) (nullable): the only problem; NULL if it is not to be had any more. */
static char *
tell_only_problem (ArcDBusBuilder *service)
{
  g_autoptr (GVariant) problems = NULL;
  g_autoptr (GVariant) problem = NULL;

  if (!arc_dbus_builder_call_get_problems_sync (service, 1, &problems, NULL, NULL, NULL) ||
      g_variant_n_children (problems) == 0)
    return NULL;

  problem = g_variant_get_child_value (problems, 0);
  return arc_messages_tell_problem (problem, TRUE);
}

static void
add_problems (GPtrArray *rows, ArcDBusBuilder *service)
{
  const guint n = arc_dbus_builder_get_problem_count (service);
  g_autofree char *only = n == 1 ? tell_only_problem (service) : NULL;

  if (n == 0)
    return;

  if (only != NULL)
    /* Translators: a file and a line in it, and what is wrong there. */
    add_row (rows, _ ("Problems"), g_strdup_printf (_ ("1 note has a problem: %s"), only));
  else
    add_row (rows, _ ("Problems"),
             g_strdup_printf (ngettext ("%u problem in notes: “arcologyctl problems” shows it",
                                        "%u problems in notes: “arcologyctl problems” lists them",
                                        n),
                              n));
}

static void
add_holds (GPtrArray *rows, ArcDBusBuilder *service)
{
  GVariant *inhibitors = arc_dbus_builder_get_inhibitors (service);
  const guint n = inhibitors != NULL ? (guint) g_variant_n_children (inhibitors) : 0;

  if (arc_dbus_builder_get_paused (service))
    add_row (rows, _ ("Paused"), g_strdup (_ ("until “arcologyctl resume”")));

  for (guint i = 0; i < MIN (n, MAX_INHIBITORS); i++)
    {
      const char *who;
      const char *why;
      g_autofree char *clean_who = NULL;
      g_autofree char *clean_why = NULL;

      g_variant_get_child (inhibitors, i, "(&s&s)", &who, &why);
      clean_who = arc_table_sanitize (who);
      clean_why = arc_table_sanitize (why);
      /* Translators: the name of a program, and what it does. */
      add_row (rows, i == 0 ? _ ("Inhibited by") : "",
               g_strdup_printf (_ ("%s: %s"), clean_who, clean_why));
    }
  if (n > MAX_INHIBITORS)
    add_row (rows, "", arc_messages_tell_more (n - MAX_INHIBITORS));
}

static void
add_next (GPtrArray *rows, ArcDBusBuilder *service)
{
  const guint n = arc_dbus_builder_get_pending_count (service);

  if (arc_dbus_builder_get_current_build (service) == 0 || !arc_dbus_builder_get_stoked (service))
    return;

  if (n == 0)
    add_row (rows, _ ("Next"), g_strdup (_ ("another build follows")));
  else
    add_row (rows, _ ("Next"),
             g_strdup_printf (ngettext ("another build follows, for %u file changed meanwhile",
                                        "another build follows, for %u files changed meanwhile", n),
                              n));
}

/* How long the rest is that keeps the next build from starting, and for what. */
static void
add_rest (GPtrArray *rows, ArcDBusBuilder *service)
{
  const guint64 usec = arc_dbus_builder_get_rest_usec (service);
  const double max_load = arc_dbus_builder_get_max_load (service);
  g_autofree char *rest = arc_duration_tell ((gint64) usec);
  g_autofree char *percent = g_strdup_printf ("%g", max_load * 100);

  if (usec == 0 || g_strcmp0 (arc_dbus_builder_get_reason (service),
                              arc_reason_to_string (ARC_REASON_COOLDOWN)) != 0)
    return;

  if (usec >= arc_dbus_builder_get_cooldown_usec (service))
    add_row (rows, _ ("Cooldown"), g_steal_pointer (&rest));
  else
    /* Translators: a duration such as "3.2 s", and a number such as "3" or "0.5". */
    add_row (rows, _ ("Cooldown"),
             g_strdup_printf (_ ("%s, to keep the load below %s %% of a core"), rest, percent));
}

static void
add_health (GPtrArray *rows, ArcDBusBuilder *service)
{
  const char *message = arc_dbus_builder_get_health_message (service);

  if (g_strcmp0 (arc_dbus_builder_get_health (service), "ok") == 0)
    add_row (rows, _ ("Health"), g_strdup (_ ("OK")));
  else
    add_row (rows, _ ("Health"), arc_table_sanitize (message != NULL ? message : "?"));
}

static void
add_settings (GPtrArray *rows, ArcDBusBuilder *service)
{
  if (arc_dbus_builder_get_settings_changed (service))
    add_row (rows, _ ("Settings"), g_strdup (_ ("changed on the disk: run “arcologyctl reload”")));
}

static ArcMood
get_mood (ArcDBusBuilder *service)
{
  if (g_strcmp0 (arc_dbus_builder_get_health (service), "unavailable") == 0 ||
      arc_dbus_builder_get_consecutive_failures (service) > 0)
    return ARC_MOOD_BAD;

  return arc_dbus_builder_get_fresh (service) ? ARC_MOOD_GOOD : ARC_MOOD_WAITING;
}

static void
print_rows (GPtrArray *rows)
{
  guint label_width = 0;

  for (guint i = 0; i < rows->len; i++)
    label_width = MAX (label_width, arc_table_measure (*(GStrv) rows->pdata[i]));

  for (guint i = 0; i < rows->len; i++)
    {
      const GStrv row = rows->pdata[i];
      g_autofree char *label = arc_table_pad (row[0], label_width, FALSE);

      g_print ("  %s  ", label);
      arc_table_print (2 + label_width + 2, "%s", row[1]);
    }
}

static void
print_status (ArcDBusBuilder *service)
{
  const gint64 now = g_get_real_time ();
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree char *state = arc_messages_tell_state (service, now);
  g_autofree char *mark = arc_table_paint (get_mood (service), g_get_charset (NULL) ? "●" : "*");

  add_next (rows, service);
  add_rest (rows, service);
  add_holds (rows, service);
  add_database (rows, service);
  add_problems (rows, service);
  add_last_build (rows, service, now);
  add_tree (rows, service);
  add_settings (rows, service);
  add_health (rows, service);

  g_print ("%s ", mark);
  arc_table_print (2, "%s", state);
  print_rows (rows);
}

ArcCtlExit
arc_cmd_status (const ArcCall *call, GError **error)
{
  g_autoptr (GVariant) properties = arc_ctl_get_properties (call->service);

  if (call->json)
    arc_json_print (properties, TRUE);
  else if (!call->quiet)
    print_status (call->service);

  if (arc_dbus_builder_get_consecutive_failures (call->service) > 0)
    return ARC_CTL_FAILED;

  return arc_dbus_builder_get_fresh (call->service) ? ARC_CTL_SUCCESS : ARC_CTL_STALE;
}
