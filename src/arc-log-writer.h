/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "system/arc-journal.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcLogOptions:
 * @verbose: write informational and debugging messages to a terminal, too
 * @once: the program tells people itself how its one build ended, and that is enough for them
 * @journal: where messages go if standard error leads to the journal
 */
typedef struct
{
  gboolean verbose;
  gboolean once;
  ArcJournal *journal;
} ArcLogOptions;

/* A GLogWriterFunc; OPTIONS is a const ArcLogOptions. GLib's own writer drops informational
 * messages, and with them the output of the builds, unless it is told to debug every library. The
 * journal is where they belong. */
GLogWriterOutput
arc_log_write (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer options);

G_END_DECLS
