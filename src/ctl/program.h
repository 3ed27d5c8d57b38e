/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/**
 * ArcProgram:
 * @argv: the program, which is looked up in the PATH of @environment, and its arguments
 * @environment: (nullable): its environment; %NULL is that of this process
 * @directory: (nullable): its working directory; %NULL is that of this process
 * @timeout: how long it may run, microseconds, 0 for any time
 * @grace: the time between SIGTERM and SIGKILL after @timeout or @cancellable, microseconds
 * @cancellable: (nullable): ends it
 * @merges: whether its standard error goes where its standard output does
 * @must_succeed: whether another exit status than 0 is an error
 */
typedef struct
{
  const char *const *argv;
  GStrv environment;
  const char *directory;
  gint64 timeout;
  gint64 grace;
  GCancellable *cancellable;
  gboolean merges;
  gboolean must_succeed;
} ArcProgram;

/**
 * ArcProgramResult:
 * @status: its exit status, or 128 and the signal that ended it
 * @output: (owned): its standard output, with a NUL after it
 * @length: the bytes of @output
 * @messages: (owned): its standard error, valid UTF-8 without blanks at the ends
 */
typedef struct
{
  int status;
  char *output;
  gsize length;
  char *messages;
} ArcProgramResult;

/**
 * arc_program_result_clear:
 * @result: a result, or all zero
 */
void arc_program_result_clear (ArcProgramResult *result);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArcProgramResult, arc_program_result_clear)

/**
 * arc_program_run:
 * @program: what to run
 * @result: (out): how it ended, and what it wrote
 * @error: return location for an error
 *
 * Runs a program without input, in a process group of its own, and dispatches the default main
 * context until it ends. What it leaves of its group is killed.
 *
 * Fails with %G_IO_ERROR_CANCELLED and %G_IO_ERROR_TIMED_OUT.
 *
 * Returns: whether it ran to its end
 */
gboolean arc_program_run (const ArcProgram *program, ArcProgramResult *result, GError **error);

/**
 * arc_program_ask:
 * @environment: (nullable): its environment; %NULL is that of this process
 * @argv: the program and its arguments
 * @result: (out): how it ended, and what it wrote
 * @error: return location for an error
 *
 * Runs a program with English messages, for at most 30 s. Both outputs are valid UTF-8 without
 * blanks at the ends.
 *
 * Returns: whether it ran to its end
 */
gboolean arc_program_ask (GStrv environment,
                          const char *const *argv,
                          ArcProgramResult *result,
                          GError **error);
