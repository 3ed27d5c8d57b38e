/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcLogOptions:
 * @verbose: log informational and debugging messages, and the output of builds, too
 * @once: the program prints the result of its one build itself, so that the log leaves it out
 */
typedef struct
{
  gboolean verbose;
  gboolean once;
} ArcLogOptions;

/* A field that marks the message with the reason for which the program exits. */
#define ARC_LOG_WRITER_FATAL "ARCOLOGY_FATAL"

/**
 * arc_log_writer_start:
 *
 * Takes over the log of the process, for good. Messages go to the journal if standard error is
 * connected to it. Elsewhere, those of this program have the form `arcology-builder: warning:
 * MESSAGE`, and those of other domains go to g_log_writer_default().
 *
 * Also opens the standard streams that are closed, and ignores SIGPIPE, so it has to be called
 * before any file is opened.
 *
 * Returns: (transfer none): the options, all %FALSE
 */
ArcLogOptions *arc_log_writer_start (void);
