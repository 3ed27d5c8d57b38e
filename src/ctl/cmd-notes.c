/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The verbs that list notes: their changes, pending or built, and their problems; and why a file is
 * one. */

#include "ctl/commands.h"
#include "ctl/json.h"
#include "ctl/messages.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <stdio.h>

/* The kinds of a change, words of D-Bus. */
static const char *const kinds[] = { N_ ("added"), N_ ("modified"), N_ ("deleted"), NULL };

/* A word of a newer service stays as it is. */
static const char *
name_change (const char *kind)
{
  return g_strv_contains (kinds, kind) ? _ (kind) : kind;
}

/* (transfer full): RULE, of Explain (org.arcology.Builder.xml), with the setting that it belongs
 * to. The service has a pattern or one of these sentences in it. */
static char *
tell_rule (const char *rule, gboolean watched)
{
  static const struct
  {
    const char *rule;
    const char *text;
  } rules[] = {
    { "outside the watched directories",
      N_ ("it is in none of the directories of the setting Directories") },
    { "a watched directory itself", N_ ("it is a directory of the setting Directories") },
    { "no include pattern matches", N_ ("no pattern of the setting Include matches") },
    { "symbolic links are not followed", N_ ("it is behind a symbolic link, and the setting "
                                             "FollowSymlinks is false") },
  };
  g_autofree char *pattern = arc_table_sanitize (rule);

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    if (!watched && g_str_equal (rules[i].rule, rule))
      return g_strdup (_ (rules[i].text));

  /* Translators: the name of a setting, and a pattern such as "*.org". */
  return g_strdup_printf (_ ("the setting %s has the pattern “%s”"),
                          watched ? "Include" : "Exclude", pattern);
}

static void
print_change (const char *kind, const char *path, guint width)
{
  g_autofree char *name = arc_table_escape (path);
  g_autofree char *word = arc_table_pad (name_change (kind), width, FALSE);

  g_print ("%s  %s\n", word, name);
}

static void
print_pending (GVariant *changes)
{
  GVariantIter iter;
  const char *change;
  const char *path;
  guint width = 0;

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "(&s^&ay)", &change, NULL))
    width = MAX (width, arc_table_measure (name_change (change)));

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "(&s^&ay)", &change, &path))
    print_change (change, path, width);
}

/* (transfer floating): an array of dictionaries: of each of TUPLES, with NAMES for its members. */
static GVariant *
name_members (GVariant *tuples, const char *const *names)
{
  GVariantBuilder objects = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = 0; i < g_variant_n_children (tuples); i++)
    {
      g_autoptr (GVariant) tuple = g_variant_get_child_value (tuples, i);

      g_variant_builder_open (&objects, G_VARIANT_TYPE_VARDICT);
      for (gsize j = 0; names[j] != NULL; j++)
        {
          g_autoptr (GVariant) member = g_variant_get_child_value (tuple, j);

          g_variant_builder_add (&objects, "{sv}", names[j], member);
        }
      g_variant_builder_close (&objects);
    }

  return g_variant_builder_end (&objects);
}

ArcCtlExit
arc_cmd_pending (const ArcCall *call, GError **error)
{
  static const char *const members[] = { "change", "path", NULL };
  g_autoptr (GVariant) changes = NULL;
  gboolean truncated;

  if (!arc_dbus_builder_call_get_pending_sync (call->service, 0, &changes, &truncated, NULL, error))
    return ARC_CTL_FAILED;

  if (call->json)
    arc_json_print (name_members (changes, members), TRUE);
  else if (g_variant_n_children (changes) == 0)
    g_printerr (_ ("No pending changes\n"));
  else
    print_pending (changes);
  if (truncated)
    g_printerr (_ ("The list is too long: these are the first %u of %u changes\n"),
                (guint) g_variant_n_children (changes),
                arc_dbus_builder_get_pending_count (call->service));

  return ARC_CTL_SUCCESS;
}

static void
print_problems (GVariant *problems)
{
  for (gsize i = 0; i < g_variant_n_children (problems); i++)
    {
      g_autoptr (GVariant) problem = g_variant_get_child_value (problems, i);
      g_autofree char *text = arc_messages_tell_problem (problem, FALSE);

      g_print ("%s\n", text);
    }
}

ArcCtlExit
arc_cmd_problems (const ArcCall *call, GError **error)
{
  static const char *const members[] = { "file", "line", "what", "other", NULL };
  g_autoptr (GVariant) problems = NULL;
  gboolean truncated;
  guint n;

  if (!arc_dbus_builder_call_get_problems_sync (call->service, 0, &problems, &truncated, NULL,
                                                error))
    return ARC_CTL_FAILED;

  if (call->json)
    arc_json_print (name_members (problems, members), TRUE);
  else if (g_variant_n_children (problems) == 0)
    g_printerr (_ ("No problems\n"));
  else
    print_problems (problems);

  n = (guint) g_variant_n_children (problems);
  if (truncated)
    {
      g_autofree char *more =
          arc_messages_tell_more (arc_dbus_builder_get_problem_count (call->service) - n);

      g_printerr ("%s\n", more);
    }

  return n > 0 || truncated ? ARC_CTL_FAILED : ARC_CTL_SUCCESS;
}

ArcCtlExit
arc_cmd_explain (const ArcCall *call, GError **error)
{
  g_autofree char *path = g_canonicalize_filename (call->operands[0], NULL);
  g_autofree char *name = arc_table_escape (path);
  g_autofree char *rule = NULL;
  g_autofree char *why = NULL;
  gboolean watched;

  if (!arc_dbus_builder_call_explain_sync (call->service, g_variant_new_bytestring (path), &watched,
                                           &rule, NULL, error))
    return ARC_CTL_FAILED;

  why = tell_rule (rule, watched);
  if (call->json)
    arc_json_print (g_variant_new_parsed ("{'path': <%^ay>, 'watched': <%b>, 'rule': <%s>}", path,
                                          watched, rule),
                    TRUE);
  else
    arc_table_print (0, watched ? _ ("%s: watched: %s") : _ ("%s: not watched: %s"), name, why);

  return watched ? ARC_CTL_SUCCESS : ARC_CTL_FAILED;
}

typedef struct
{
  ArcDBusBuilder *service;
  GMainLoop *loop; /* (nullable): while it follows */
  gboolean json;
  guint64 since;
  gboolean complete;
  GError *error; /* (owned) (nullable): why it cannot be followed any more */
} Feed;

static void
print_changes (Feed *self, GVariant *changes)
{
  GVariantIter iter;
  const char *change;
  const char *path;
  guint width = 0;

  /* All lines have the same width, also those of later builds. */
  for (guint i = 0; kinds[i] != NULL; i++)
    width = MAX (width, arc_table_measure (_ (kinds[i])));

  if (!self->complete && self->json)
    arc_json_print (g_variant_new_parsed ("{'now': <%t>, 'change': <'all'>}", self->since), FALSE);
  else if (!self->complete)
    g_printerr (_ ("The list is not complete: any note may have changed\n"));

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "(&s^&ay)", &change, &path))
    if (self->json)
      arc_json_print (g_variant_new_parsed ("{'now': <%t>, 'change': <%s>, 'path': <%^ay>}",
                                            self->since, change, path),
                      FALSE);
    else
      print_change (change, path, width);

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
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) changes = get_changes (self, &error);
  g_autofree char *owner = NULL;

  if (changes != NULL)
    {
      print_changes (self, changes);
      return;
    }

  /* A service that has left the bus is called again when it is back. */
  owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (self->service));
  if (owner == NULL || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN))
    return;

  self->error = g_steal_pointer (&error);
  g_main_loop_quit (self->loop);
}

static ArcCtlExit
follow (Feed *self, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  self->loop = loop;
  g_signal_connect_swapped (self->service, "build-finished", G_CALLBACK (show_news), self);
  g_signal_connect_swapped (self->service, "notify::g-name-owner", G_CALLBACK (show_news), self);
  /* A build can end between the first call and the connection of the signals. */
  g_idle_add_once ((GSourceOnceFunc) show_news, self);
  if (!arc_ctl_run (self->service, loop, error))
    g_clear_error (&self->error);
  g_signal_handlers_disconnect_by_data (self->service, self);

  if (self->error != NULL)
    g_propagate_error (error, self->error);

  return ARC_CTL_SUCCESS;
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
