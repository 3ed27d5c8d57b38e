/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "session/journal-socket.h"

#include <glib.h>

/**
 * ArcBuildLogOptions:
 * @verbose: log informational and debugging messages, and the output of builds, too
 * @once: the program prints the result of its one build itself, so that the log leaves it out
 * @journal: receives the messages if standard error is connected to the journal
 */
typedef struct
{
  gboolean verbose;
  gboolean once;
  ArcJournalSocket *journal;
} ArcBuildLogOptions;

/* A field that marks the message with the reason for which the program exits. */
#define ARC_BUILD_LOG_FATAL "ARCOLOGY_FATAL"

/**
 * arc_build_log_write:
 * @level: the level of the message
 * @fields: (array length=n_fields): the fields of the message
 * @n_fields: how many fields it has
 * @options: a const ArcBuildLogOptions, which must live as long as the log writer is set
 *
 * Writes a message; a #GLogWriterFunc. Outside the journal, messages of this program have the form
 * `arcology-builder: warning: MESSAGE`, and those of other domains go to g_log_writer_default(). It
 * may be called from any thread.
 *
 * Returns: %G_LOG_WRITER_HANDLED, also for a message that is left out, or what
 *   g_log_writer_default() returns
 */
GLogWriterOutput arc_build_log_write (GLogLevelFlags level,
                                      const GLogField *fields,
                                      gsize n_fields,
                                      gpointer options);
