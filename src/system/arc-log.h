/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"

G_BEGIN_DECLS

/* How much of the start and of the end of the output is kept, in bytes. */
#define ARC_LOG_HEAD ARC_BUILD_LOG_HEAD
#define ARC_LOG_TAIL (1024 * 1024)

/**
 * ArcLog:
 *
 * A log file of bounded size: the head and the tail of what was written to it.
 *
 * The first ARC_LOG_HEAD + ARC_LOG_TAIL bytes are in the file as soon as they come, so one can
 * follow it. What comes after that waits in memory, where only the last ARC_LOG_TAIL bytes stay;
 * arc_log_close() then replaces all that follows the head by a line that tells how many bytes are
 * left out, and the tail, from the first whole line on. The disk never holds more than that.
 *
 * An error of the disk does not stop whoever writes: the first one is kept for arc_log_close().
 */
typedef struct _ArcLog ArcLog;

/* Makes or empties FILE, mode 0600. */
ArcLog *arc_log_open (const char *file);
void arc_log_append (ArcLog *log, const char *data, gsize length);

/* Completes the file and frees LOG. FALSE and an error of G_FILE_ERROR if the file is not what it
 * should be. */
gboolean arc_log_close (ArcLog *log, GError **error);

G_END_DECLS
