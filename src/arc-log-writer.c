/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-log-writer.h"

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

GLogWriterOutput
arc_log_write (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const ArcLogOptions *options = user_data;
  const gboolean is_debug = (level & G_LOG_LEVEL_DEBUG) != 0;
  const gboolean is_ours =
      g_strcmp0 (find_field (fields, n_fields, "GLIB_DOMAIN"), G_LOG_DOMAIN) == 0;
  const gboolean is_result = find_field (fields, n_fields, "ARCOLOGY_RESULT") != NULL;

  if (is_ours && (options->verbose || !is_debug) && g_log_writer_is_journald (fileno (stderr)))
    {
      /* What is lost is counted there; anything else would only write to the same journal. */
      arc_journal_send (options->journal, fields, n_fields);
      return G_LOG_WRITER_HANDLED;
    }

  if (is_ours && options->verbose)
    return g_log_writer_standard_streams (level, fields, n_fields, NULL);

  if (is_ours && options->once && is_result)
    return G_LOG_WRITER_HANDLED;

  return g_log_writer_default (level, fields, n_fields, NULL);
}
