/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/log-writer.h"

#include <stdio.h>

/* (nullable) */
static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key))
      return fields[i].value;

  return NULL;
}

/* (transfer full): TEXT as valid UTF-8 without characters that move the cursor of a terminal. A
 * build may have printed it. */
static char *
sanitize (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) clean = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      const gunichar character = g_utf8_get_char (c);

      if (g_unichar_iscntrl (character) && character != '\n' && character != '\t')
        g_string_append_printf (clean, "\\%03o", character);
      else
        g_string_append_unichar (clean, character);
    }

  return g_string_free (g_steal_pointer (&clean), FALSE);
}

/* The form of other programs: GLib would add a process number and a time. */
static void
print (GLogLevelFlags level, gboolean is_fatal, const char *message)
{
  g_autofree char *text = sanitize (message != NULL ? message : "");

  if ((level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) != 0)
    g_print ("arcology-builder: %s\n", text);
  else if (is_fatal || (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    g_printerr ("arcology-builder: error: %s\n", text);
  else if ((level & G_LOG_LEVEL_WARNING) != 0)
    g_printerr ("arcology-builder: warning: %s\n", text);
  else
    g_printerr ("arcology-builder: %s\n", text);
}

GLogWriterOutput
arc_build_log_write (GLogLevelFlags level,
                     const GLogField *fields,
                     gsize n_fields,
                     gpointer user_data)
{
  const ArcBuildLogOptions *options = user_data;
  const gboolean is_detail = (level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) != 0;
  const gboolean is_ours =
      g_strcmp0 (find_field (fields, n_fields, "GLIB_DOMAIN"), G_LOG_DOMAIN) == 0;
  const gboolean is_result = find_field (fields, n_fields, "ARCOLOGY_RESULT") != NULL;

  /* Without --verbose, a build is one line in the journal. */
  if (is_ours && is_detail && !options->verbose &&
      g_log_writer_default_would_drop (level, G_LOG_DOMAIN))
    return G_LOG_WRITER_HANDLED;

  if (is_ours && g_log_writer_is_journald (fileno (stderr)))
    {
      /* The socket counts lost messages. Another output would lead to the same journal. */
      arc_journal_socket_send (options->journal, fields, n_fields);
      return G_LOG_WRITER_HANDLED;
    }

  if (is_ours && options->once && is_result && !options->verbose)
    return G_LOG_WRITER_HANDLED;

  if (is_ours)
    {
      print (level, find_field (fields, n_fields, ARC_BUILD_LOG_FATAL) != NULL,
             find_field (fields, n_fields, "MESSAGE"));
      return G_LOG_WRITER_HANDLED;
    }

  return g_log_writer_default (level, fields, n_fields, NULL);
}
