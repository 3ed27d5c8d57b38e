/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/* How much of the start and of the end of the output is kept, in bytes. */
#define ARC_LOG_HEAD (1024 * 1024)
#define ARC_LOG_TAIL (1024 * 1024)

/**
 * ArcBuildLog:
 *
 * A log file of bounded size, to which bytes are only appended, so that a reader can follow it.
 *
 * The first ARC_LOG_HEAD bytes of output are written as they come. Of what follows, the last
 * ARC_LOG_TAIL bytes are kept in memory. arc_build_log_close_async() appends them; where more came
 * than that, from the first whole line on, and after a line that says how many bytes are left out.
 *
 * A thread writes the file, because the main loop must not wait for the disk. An error of the disk
 * does not stop the writer: arc_build_log_close_finish() returns the first one.
 */
typedef struct _ArcBuildLog ArcBuildLog;

/**
 * arc_build_log_open:
 * @file: the path
 *
 * Makes or empties a file of mode 0600.
 *
 * Returns: (transfer full): the log
 */
ArcBuildLog *arc_build_log_open (const char *file);

/**
 * arc_build_log_append_line:
 * @log: a log
 * @text: a line of output without its newline, or a piece of one
 * @length: the number of its bytes
 * @is_whole: whether the line ends here, with a newline
 *
 * Adds a line, as far as arc_line_get_log_text() lets it into the log.
 */
void
arc_build_log_append_line (ArcBuildLog *log, const char *text, gsize length, gboolean is_whole);

/**
 * arc_build_log_close_async:
 * @log: (transfer full) (nullable): a log; without one, the result is %TRUE
 * @cancellable: (nullable): only changes the result; the file is completed in any case
 * @callback: (nullable): called when all is written
 * @user_data: for @callback
 *
 * Completes the file in the thread that writes it, and frees the log.
 */
void arc_build_log_close_async (ArcBuildLog *log,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

/**
 * arc_build_log_close_finish:
 * @result: the result
 * @error: return location for a `GFileError`, or %G_IO_ERROR_CANCELLED
 *
 * Returns: %TRUE if the file is complete
 */
gboolean arc_build_log_close_finish (GAsyncResult *result, GError **error);
