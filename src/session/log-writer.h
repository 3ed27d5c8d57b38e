/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "session/journal-socket.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcBuildLogOptions:
 * @verbose: log informational and debugging messages, and the output of builds, too
 * @once: the program tells people itself how its one build ended, and that is enough for them
 * @journal: where messages go if standard error leads to the journal
 */
typedef struct
{
  gboolean verbose;
  gboolean once;
  ArcJournalSocket *journal;
} ArcBuildLogOptions;

/* A field of a message that says why the program ends. */
#define ARC_BUILD_LOG_FATAL "ARCOLOGY_FATAL"

/* A GLogWriterFunc; OPTIONS is a const ArcBuildLogOptions. On a terminal, messages are written as
 * `arcology-builder: warning: MESSAGE`. */
GLogWriterOutput arc_build_log_write (GLogLevelFlags level,
                                      const GLogField *fields,
                                      gsize n_fields,
                                      gpointer options);

G_END_DECLS
