/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "system/arc-journal.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcLogOptions:
 * @verbose: log informational and debugging messages, and the output of builds, too
 * @once: the program tells people itself how its one build ended, and that is enough for them
 * @journal: where messages go if standard error leads to the journal
 */
typedef struct
{
  gboolean verbose;
  gboolean once;
  ArcJournal *journal;
} ArcLogOptions;

/* A field of a message that says why the program ends. */
#define ARC_LOG_FATAL "ARCOLOGY_FATAL"

/* A GLogWriterFunc; OPTIONS is a const ArcLogOptions. On a terminal, messages are written as
 * `arcology-builder: warning: MESSAGE`. */
GLogWriterOutput
arc_log_write (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer options);

G_END_DECLS
