/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/messages.h"

#include "common/build.h"
#include "common/duration.h"
#include "ctl/table.h"
#include "machine/state-machine.h"

#include <glib/gi18n.h>
#include <string.h>

/* An unknown word is that of a newer service. */
static gboolean
parse_result (const char *word, ArcResult *result)
{
  for (*result = 0; *result < ARC_N_RESULTS; (*result)++)
    if (g_strcmp0 (word, arc_result_to_string (*result)) == 0)
      return TRUE;

  return FALSE;
}

/* LEFT is how long it takes to the next build. N can be 0, if a build that did not succeed will be
 * retried. LEFT is NULL just after a request to the service. */
static char *
tell_debounce (guint n, const char *left)
{
  if (left == NULL)
    return g_strdup (_ ("Waiting: a build starts soon"));
  if (n == 0)
    return g_strdup_printf (_ ("Waiting: a build starts in %s"), left);

  /* Translators: the second one is a duration, such as "4 s". */
  return g_strdup_printf (ngettext ("Waiting: %u file changed, a build starts in %s",
                                    "Waiting: %u files changed, a build starts in %s", n),
                          n, left);
}

static char *
tell_cooldown (guint n, const char *left)
{
  if (left == NULL && n == 0)
    return g_strdup (_ ("Idle (cooling down): no changes since the last build"));
  if (left == NULL)
    return g_strdup_printf (
        ngettext ("Cooling down: %u file pending; change a file or run “arcologyctl rebuild”",
                  "Cooling down: %u files pending; change a file or run “arcologyctl rebuild”", n),
        n);
  if (n == 0)
    return g_strdup_printf (_ ("Cooling down: the next build starts in %s"), left);

  /* Translators: the second one is a duration, such as "4 s". */
  return g_strdup_printf (ngettext ("Cooling down: %u file changed, the next build starts in %s",
                                    "Cooling down: %u files changed, the next build starts in %s",
                                    n),
                          n, left);
}

static char *
tell_retry (const char *left)
{
  if (left == NULL)
    return g_strdup (
        _ ("Waiting: the last build failed; change a file or run “arcologyctl rebuild”"));

  return g_strdup_printf (_ ("Waiting: the last build failed; retrying in %s"), left);
}

char *
arc_messages_tell_phase (ArcDBusBuilder *service)
{
  /* That of the default build (data/emacs/arcology-batch). */
  static const char *const known = N_ ("preparing Emacs");
  GVariant *progress = arc_dbus_builder_get_progress (service);
  const char *phase = "";
  guint total = 0;

  if (progress != NULL)
    g_variant_get (progress, "(uu&s)", NULL, &total, &phase);
  if (total > 0 || *phase == '\0')
    return NULL;

  return g_str_equal (phase, known) ? g_strdup (_ (known)) : arc_table_sanitize (phase);
}

static char *
tell_building (ArcDBusBuilder *service, gint64 now)
{
  const guint64 since = arc_dbus_builder_get_state_since (service);
  g_autofree char *id =
      g_strdup_printf ("%" G_GUINT64_FORMAT, arc_dbus_builder_get_current_build (service));
  g_autofree char *time = arc_duration_tell_wait (now - (gint64) since);
  g_autofree char *phase = arc_messages_tell_phase (service);
  GVariant *progress = arc_dbus_builder_get_progress (service);
  guint done = 0;
  guint total = 0;

  if (progress != NULL)
    g_variant_get (progress, "(uu&s)", &done, &total, NULL);

  if (phase != NULL)
    /* Translators: the number of a build, a duration such as "4 s", and what it does. */
    return g_strdup_printf (_ ("Building: build %s has been running for %s: %s"), id, time, phase);
  if (total == 0)
    /* Translators: the number of a build, and a duration such as "4 s". */
    return g_strdup_printf (_ ("Building: build %s has been running for %s"), id, time);

  /* Translators: the number of a build, files done, files to do, a duration such as "4 s". */
  return g_strdup_printf (ngettext ("Building: build %s has done %u of %u file in %s",
                                    "Building: build %s has done %u of %u files in %s", total),
                          id, done, total, time);
}

/* Builds are held for REASON, although one is due. */
static char *
tell_held (ArcReason reason, guint n)
{
  if (reason == ARC_REASON_PAUSED && n == 0)
    return g_strdup (_ ("Paused: a build is due; automatic builds are suspended"));
  if (reason == ARC_REASON_PAUSED)
    return g_strdup_printf (ngettext ("Paused: %u file changed; automatic builds are suspended",
                                      "Paused: %u files changed; automatic builds are suspended",
                                      n),
                            n);
  if (reason == ARC_REASON_INHIBITED && n == 0)
    return g_strdup (_ ("Inhibited: a build is due; another program inhibits builds"));
  if (reason == ARC_REASON_INHIBITED)
    return g_strdup_printf (
        ngettext ("Inhibited: %u file changed; another program inhibits builds",
                  "Inhibited: %u files changed; another program inhibits builds", n),
        n);
  if (n == 0)
    return g_strdup (_ ("Power saver: a build is due; builds are suspended"));

  return g_strdup_printf (ngettext ("Power saver: %u file changed; builds are suspended",
                                    "Power saver: %u files changed; builds are suspended", n),
                          n);
}

char *
arc_messages_tell_state (ArcDBusBuilder *service, gint64 now)
{
  const char *word = arc_dbus_builder_get_reason (service);
  const guint n = arc_dbus_builder_get_pending_count (service);
  const guint64 next = arc_dbus_builder_get_next_build (service);
  g_autofree char *left = next != 0 ? arc_duration_tell_wait ((gint64) next - now) : NULL;
  ArcReason reason = 0;

  while (reason < ARC_N_REASONS && g_strcmp0 (word, arc_reason_to_string (reason)) != 0)
    reason++;
  if (reason == ARC_N_REASONS)
    return g_strdup (word != NULL ? word : "?");

  switch (reason)
    {
    case ARC_REASON_NOTHING_PENDING:
      return g_strdup (arc_dbus_builder_get_fresh (service)
                           ? _ ("Idle: the database is up to date")
                           : _ ("Idle: no build has succeeded yet"));
    case ARC_REASON_DEBOUNCE:
      return tell_debounce (n, left);
    case ARC_REASON_COOLDOWN:
      return tell_cooldown (n, left);
    case ARC_REASON_RETRY:
      return tell_retry (left);
    case ARC_REASON_BUILDING:
      return tell_building (service, now);
    case ARC_REASON_PAUSED:
    case ARC_REASON_INHIBITED:
    case ARC_REASON_POWER_SAVER:
      return tell_held (reason, n);
    case ARC_REASON_UNAVAILABLE:
      return g_strdup (_ ("Unavailable: builds are suspended"));
    }

  g_return_val_if_reached (NULL);
}

gboolean
arc_messages_is_success (const char *word)
{
  return g_str_equal (word, arc_result_to_string (ARC_RESULT_SUCCESS));
}

const char *
arc_messages_name_result (const char *word)
{
  static const char *const names[ARC_N_RESULTS] = {
    [ARC_RESULT_SUCCESS] = N_ ("success"),         [ARC_RESULT_FAILED] = N_ ("failed"),
    [ARC_RESULT_SIGNAL] = N_ ("killed"),           [ARC_RESULT_TIMEOUT] = N_ ("timed out"),
    [ARC_RESULT_CANCELED] = N_ ("canceled"),       [ARC_RESULT_SPAWN_FAILED] = N_ ("not started"),
    [ARC_RESULT_INTERRUPTED] = N_ ("interrupted"),
  };
  ArcResult result;

  return parse_result (word, &result) ? _ (names[result]) : word;
}

gint64
arc_messages_get_duration (GVariant *build)
{
  guint64 started = 0;
  guint64 finished = 0;

  g_variant_lookup (build, "started", "t", &started);
  g_variant_lookup (build, "finished", "t", &finished);

  /* The clock may have been set back meanwhile. */
  return MAX ((gint64) (finished - started), 0);
}

/* (transfer full): REASON, translated if it is that of the service for files that failed. */
static char *
translate_reason (const char *reason)
{
  char *text;
  const guint n = (guint) g_ascii_strtoull (reason, &text, 10);
  g_autofree char *more = n > 1 ? g_strdup_printf (", and %u more", n - 1) : g_strdup ("");
  g_autofree char *first = NULL;

  if (n == 0 || !g_str_has_prefix (text, n == 1 ? " file failed: " : " files failed: ") ||
      !g_str_has_suffix (text, more))
    return g_strdup (reason);

  text = strchr (text, ':') + 2;
  first = g_strndup (text, strlen (text) - strlen (more));
  if (n == 1)
    /* Translators: a file, and why a build could not read it. */
    return g_strdup_printf (_ ("1 file failed: %s"), first);

  /* Translators: the second one is a file, and why a build could not read it. */
  return g_strdup_printf (ngettext ("%u file failed: %s, and %u more",
                                    "%u files failed: %s, and %u more", n),
                          n, first, n - 1);
}

/* (transfer full): what BUILD said about its failure, in one line. */
static char *
get_message (GVariant *build)
{
  const char *message = "";

  g_variant_lookup (build, "message", "&s", &message);
  return arc_table_sanitize (message);
}

static char *
tell_success (GVariant *build, const char *id, const char *time)
{
  guint changed = 0;

  g_variant_lookup (build, "changed", "u", &changed);

  /* Translators: the number of a build, files, a duration such as "0.8 s". */
  return g_strdup_printf (ngettext ("Build %s succeeded: %u file in %s",
                                    "Build %s succeeded: %u files in %s", changed),
                          id, changed, time);
}

static char *
tell_failure (GVariant *build, const char *id, const char *time)
{
  g_autofree char *message = get_message (build);
  g_autofree char *plain = NULL;
  g_autofree char *translated = NULL;
  g_autofree char *text = NULL;
  const char *reason = message;
  gboolean is_exit;
  int exit_status = 0;

  g_variant_lookup (build, "exit-status", "i", &exit_status);
  plain = g_strdup_printf (ARC_BUILD_EXIT_MESSAGE, exit_status);
  is_exit = g_str_has_prefix (message, plain);
  if (is_exit)
    reason += strlen (plain);
  if (g_str_has_prefix (reason, ": ") || g_str_has_prefix (reason, ". "))
    reason += 2;
  translated = translate_reason (reason);
  if (!is_exit && *reason != '\0')
    /* Translators: the number of a build, a duration such as "0.8 s", the reason. */
    return g_strdup_printf (_ ("Build %s failed after %s: %s"), id, time, translated);

  /* Translators: the number of a build, a duration such as "0.8 s". */
  text =
      g_strdup_printf (_ ("Build %s failed after %s, with exit status %d"), id, time, exit_status);
  return *reason != '\0' ? g_strdup_printf ("%s: %s", text, translated) : g_steal_pointer (&text);
}

static char *
tell_signal (GVariant *build, const char *id, const char *time)
{
  int signal = 0;

  g_variant_lookup (build, "signal", "i", &signal);

  /* Translators: the number of a build, a duration such as "0.8 s". */
  return g_strdup_printf (_ ("Build %s was killed after %s, by signal %d"), id, time, signal);
}

char *
arc_messages_tell_build (GVariant *build)
{
  g_autofree char *time = arc_duration_tell (arc_messages_get_duration (build));
  g_autofree char *message = get_message (build);
  g_autofree char *id = NULL;
  const char *word = "";
  guint64 number = 0;
  ArcResult result;

  g_variant_lookup (build, "id", "t", &number);
  g_variant_lookup (build, "result", "&s", &word);
  id = g_strdup_printf ("%" G_GUINT64_FORMAT, number);
  if (!parse_result (word, &result))
    return g_strdup_printf ("%s: %s", id, word);

  switch (result)
    {
    case ARC_RESULT_SUCCESS:
      return tell_success (build, id, time);
    case ARC_RESULT_FAILED:
      return tell_failure (build, id, time);
    case ARC_RESULT_SIGNAL:
      return tell_signal (build, id, time);
    case ARC_RESULT_TIMEOUT:
      return g_strdup_printf (_ ("Build %s timed out after %s"), id, time);
    case ARC_RESULT_CANCELED:
      return g_strdup_printf (_ ("Build %s was canceled after %s"), id, time);
    case ARC_RESULT_SPAWN_FAILED:
      return g_strdup_printf (_ ("Build %s could not be started: %s"), id, message);
    case ARC_RESULT_INTERRUPTED:
      return g_strdup_printf (_ ("Build %s was interrupted after %s: the service stopped"), id,
                              time);
    }

  g_return_val_if_reached (NULL);
}

char *
arc_messages_tell_problem (GVariant *problem, gboolean abbreviated)
{
  g_autofree char *place = NULL;
  g_autofree char *text = NULL;
  g_autofree char *name = NULL;
  const char *path;
  const char *what;
  const char *other;
  guint line;

  g_variant_get (problem, "(^&ayu&s^&ay)", &path, &line, &what, &other);
  place = abbreviated ? arc_table_abbreviate (path) : arc_table_escape (path);
  text = arc_table_sanitize (what);
  if (line > 0)
    {
      g_autofree char *file = g_steal_pointer (&place);

      place = g_strdup_printf ("%s:%u", file, line);
    }

  name = g_path_get_basename (other);
  if (*other == '\0' || strstr (what, name) != NULL)
    return g_strdup_printf ("%s: %s", place, text);

  g_free (name);
  name = abbreviated ? arc_table_abbreviate (other) : arc_table_escape (other);
  /* Translators: a file and a line in it, what is wrong there, another file. */
  return g_strdup_printf (_ ("%s: %s (see %s)"), place, text, name);
}

char *
arc_messages_tell_more (guint n)
{
  return g_strdup_printf (ngettext ("and %u more", "and %u more", n), n);
}

GPtrArray *
arc_messages_list_failed_files (GVariant *build, guint max)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GVariant) files =
      g_variant_lookup_value (build, "failed-files", G_VARIANT_TYPE ("aay"));
  const guint n = files != NULL ? (guint) g_variant_n_children (files) : 0;

  for (guint i = 0; i < MIN (n, max); i++)
    {
      g_autoptr (GVariant) path = g_variant_get_child_value (files, i);

      g_ptr_array_add (lines, arc_table_abbreviate (g_variant_get_bytestring (path)));
    }
  if (n > max)
    g_ptr_array_add (lines, arc_messages_tell_more (n - max));

  return lines;
}
