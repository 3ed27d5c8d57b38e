/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/log-messages.h"

#include "engine/message-ids.h"

#include <string.h>

/* How much of a line of output a message repeats, in bytes read and in characters. */
#define LINE_MAX_BYTES 2048
#define LINE_LENGTH    200

void
arc_log_message_add_sentence (GString *message, const char *sentence)
{
  if (sentence != NULL && sentence[0] != '\0')
    g_string_append_printf (message, "%s%s", message->len > 0 ? ". " : "", sentence);
}

/* (transfer full): which files failed, and why the first of them did. */
static char *
describe_failed_files (const ArcBuild *build)
{
  g_autofree char *name = g_filename_display_name (g_ptr_array_index (build->failed_files, 0));
  const char *why = build->failed_why != NULL ? build->failed_why : "";
  const char *colon = why[0] != '\0' ? ": " : "";

  if (build->n_failed == 1)
    return g_strdup_printf ("1 file failed: %s%s%s", name, colon, why);

  return g_strdup_printf ("%u files failed: %s%s%s, and %u more", build->n_failed, name, colon, why,
                          build->n_failed - 1);
}

/* The character after the control sequence of a terminal (ECMA-48, 5.4) that P is at, or P. */
static const char *
skip_control_sequence (const char *p)
{
  if (p[0] != '\033' || p[1] != '[')
    return p;

  for (p += 2; *p >= 0x20 && *p < 0x40;)
    p++;

  return *p >= 0x40 && *p < 0x7f ? p + 1 : p;
}

/* (transfer full) (nullable): TEXT for a message; NULL if it says nothing. */
static char *
clean_line (const char *text, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize) MIN (length, LINE_MAX_BYTES));
  g_autoptr (GString) clean = g_string_new (NULL);
  gboolean blank = FALSE;
  glong n = 0;

  for (const char *p = valid; *p != '\0';)
    {
      const char *behind = skip_control_sequence (p);
      const gunichar c = g_utf8_get_char (p);

      if (behind > p)
        {
          p = behind;
          continue;
        }

      p = g_utf8_next_char (p);
      if (!g_unichar_isprint (c) || g_unichar_isspace (c))
        {
          blank = clean->len > 0;
          continue;
        }

      if (n++ == LINE_LENGTH)
        {
          g_string_append (clean, "...");
          return g_string_free (g_steal_pointer (&clean), FALSE);
        }
      if (blank)
        g_string_append_c (clean, ' ');
      blank = FALSE;
      g_string_append_unichar (clean, c);
    }

  /* The messages add their own. */
  if (g_str_has_suffix (clean->str, ".") && !g_str_has_suffix (clean->str, ".."))
    g_string_truncate (clean, clean->len - 1);

  return clean->len > 0 ? g_string_free (g_steal_pointer (&clean), FALSE) : NULL;
}

void
arc_log_message_take_line (char **last_line, const char *text, gsize length)
{
  char *clean;

  /* Emacs prints the error first and then where it happened (Emacs 28 to 30, in batch mode). */
  if (*last_line != NULL && length > 0 && g_ascii_isspace (*text))
    return;

  clean = clean_line (text, length);
  if (clean == NULL)
    return;

  g_free (*last_line);
  *last_line = clean;
}

char *
arc_log_message_end (const ArcBuild *build, const char *message)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *failed = build->n_failed > 0 && build->result != ARC_RESULT_SUCCESS
                                ? describe_failed_files (build)
                                : NULL;

  if (build->result == ARC_RESULT_FAILED && build->error == NULL && !arc_build_is_partial (build))
    {
      g_string_append_printf (text, ARC_BUILD_EXIT_MESSAGE, build->exit_status);
      if (build->last_line != NULL)
        g_string_append_printf (text, ": %s", build->last_line);
    }
  if (build->result == ARC_RESULT_FAILED)
    arc_log_message_add_sentence (text, build->error != NULL ? build->error : failed);
  arc_log_message_add_sentence (text, message);
  /* Killed by a signal or ended by us: what it said before may be why. */
  if (build->result == ARC_RESULT_SIGNAL || build->result == ARC_RESULT_TIMEOUT)
    arc_log_message_add_sentence (text, build->error);

  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

void
arc_log_message_log_start (const ArcBuild *build)
{
  const char *kind = arc_build_kind_to_string (build->kind);
  const char *cause = arc_cause_to_string (build->cause);
  g_autofree char *id = g_strdup_printf ("%" G_GUINT64_FORMAT, build->id);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "MESSAGE_ID", ARC_MESSAGE_BUILD_STARTED,
                    "ARCOLOGY_BUILD_ID", id, "ARCOLOGY_BUILD_KIND", kind, "ARCOLOGY_CAUSE", cause,
                    "MESSAGE", "Build %s (%s, %s) started", id, kind, cause);
}

/* Logs TEXT, English, about the end of BUILD. */
static void
log_end (const ArcBuild *build, GLogLevelFlags level, const char *message_id, const char *text)
{
  g_autofree char *id = g_strdup_printf ("%" G_GUINT64_FORMAT, build->id);

  g_log_structured (G_LOG_DOMAIN, level, "MESSAGE_ID", message_id, "ARCOLOGY_BUILD_ID", id,
                    "ARCOLOGY_BUILD_KIND", arc_build_kind_to_string (build->kind), "ARCOLOGY_CAUSE",
                    arc_cause_to_string (build->cause), "ARCOLOGY_RESULT",
                    arc_result_to_string (build->result), "MESSAGE", "%s", text);
}

/* What a build did, in English, before "after 0.8 s". */
static const char *
get_verb (ArcResult result)
{
  switch (result)
    {
    case ARC_RESULT_SUCCESS:
      return "succeeded";
    case ARC_RESULT_FAILED:
      return "failed";
    case ARC_RESULT_SIGNAL:
      return "was killed";
    case ARC_RESULT_TIMEOUT:
      return "timed out";
    case ARC_RESULT_CANCELED:
      return "was canceled";
    case ARC_RESULT_SPAWN_FAILED:
      return "could not be started";
    case ARC_RESULT_INTERRUPTED:
      return "was interrupted";
    }

  g_return_val_if_reached ("ended");
}

void
arc_log_message_log_end (const ArcBuild *build)
{
  const double seconds = (build->finished - build->started) / (double) G_USEC_PER_SEC;
  const gboolean succeeded = build->result == ARC_RESULT_SUCCESS;
  const char *message = !succeeded && build->message != NULL ? build->message : "";
  g_autofree char *text =
      g_strdup_printf ("Build %" G_GUINT64_FORMAT " (%s, %u %s) %s %s %.1f s%s%s", build->id,
                       arc_build_kind_to_string (build->kind), build->n_changed,
                       build->n_changed == 1 ? "file" : "files", get_verb (build->result),
                       succeeded ? "in" : "after", seconds, *message != '\0' ? ": " : "", message);

  if (succeeded)
    log_end (build, G_LOG_LEVEL_MESSAGE, ARC_MESSAGE_BUILD_SUCCEEDED, text);
  else
    log_end (build, G_LOG_LEVEL_WARNING, ARC_MESSAGE_BUILD_FAILED, text);
}

void
arc_log_message_log_problems (const ArcBuild *build,
                              const ArcProblemList *problems,
                              const ArcProblem *first)
{
  const guint n = problems->count;
  g_autofree char *id = g_strdup_printf ("%" G_GUINT64_FORMAT, build->id);
  g_autofree char *line = first != NULL ? g_strdup_printf ("%u", first->line) : NULL;
  g_autofree char *place = first != NULL ? arc_problem_to_string (first) : NULL;

  if (first != NULL)
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "MESSAGE_ID", ARC_MESSAGE_PROBLEMS_CHANGED,
                      "ARCOLOGY_BUILD_ID", id, "ARCOLOGY_PATH", first->path, "ARCOLOGY_LINE", line,
                      "MESSAGE", "Problems in notes: %u, of which new: %u: %s", n,
                      build->n_new_problems, place);
  else
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "MESSAGE_ID", ARC_MESSAGE_PROBLEMS_CHANGED,
                      "ARCOLOGY_BUILD_ID", id, "MESSAGE", "Problems in notes: %u, of which new: 0",
                      n);
}

void
arc_log_message_log_line (const ArcBuild *build,
                          const ArcLine *line,
                          const char *text,
                          gsize length)
{
  const char *shown = arc_line_get_log_text (line, text);
  const char *kind = arc_build_kind_to_string (build->kind);
  g_autofree char *valid = NULL;
  g_autofree char *id = NULL;

  if (shown == NULL)
    return;

  valid = g_utf8_make_valid (shown, (gssize) (text + length - shown));
  id = g_strdup_printf ("%" G_GUINT64_FORMAT, build->id);
  if (line->kind == ARC_LINE_FAILED)
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "ARCOLOGY_BUILD_ID", id,
                      "ARCOLOGY_BUILD_KIND", kind, "ARCOLOGY_PATH", line->path, "MESSAGE", "%s",
                      valid);
  else
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "ARCOLOGY_BUILD_ID", id,
                      "ARCOLOGY_BUILD_KIND", kind, "MESSAGE", "%s", valid);
}
