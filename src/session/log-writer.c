/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/log-writer.h"

#include "common/quote.h"
#include "session/journal-socket.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* Never freed: threads may log until the process ends. */
typedef struct
{
  ArcLogOptions options;
  ArcJournalSocket *journal;
} LogWriter;

/* (nullable) */
static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key))
      return fields[i].value;

  return NULL;
}

/* The form of other programs: GLib would add a process number and a time. */
static void
print (GLogLevelFlags level, gboolean is_fatal, const char *message)
{
  /* A build may have printed what is in it. */
  g_autofree char *text = arc_quote_printable (message != NULL ? message : "", -1, "\n\t");

  if ((level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) != 0)
    g_print ("arcology-builder: %s\n", text);
  else if (is_fatal || (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    g_printerr ("arcology-builder: error: %s\n", text);
  else if ((level & G_LOG_LEVEL_WARNING) != 0)
    g_printerr ("arcology-builder: warning: %s\n", text);
  else
    g_printerr ("arcology-builder: %s\n", text);
}

/* A GLogWriterFunc; called in any thread. */
static GLogWriterOutput
write_message (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const LogWriter *writer = user_data;
  const ArcLogOptions *options = &writer->options;
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
      arc_journal_socket_send (writer->journal, fields, n_fields);
      return G_LOG_WRITER_HANDLED;
    }

  if (is_ours && options->once && is_result && !options->verbose)
    return G_LOG_WRITER_HANDLED;

  if (is_ours)
    {
      print (level, find_field (fields, n_fields, ARC_LOG_WRITER_FATAL) != NULL,
             find_field (fields, n_fields, "MESSAGE"));
      return G_LOG_WRITER_HANDLED;
    }

  return g_log_writer_default (level, fields, n_fields, NULL);
}

/* The next opened file would get the number of a closed one, and printed text would be written into
 * it. */
static void
open_standard_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0)
      open ("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
}

ArcLogOptions *
arc_log_writer_start (void)
{
  LogWriter *writer = g_new0 (LogWriter, 1);

  open_standard_streams ();
  /* The reader of the log may exit before its writer. The first GSocket does the same
   * (gsocket.c); a build gets the default back. */
  signal (SIGPIPE, SIG_IGN);
  writer->journal = arc_journal_socket_new (NULL);
  g_log_set_writer_func (write_message, writer, NULL);

  return &writer->options;
}
