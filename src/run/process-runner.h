/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"

#include <gio/gio.h>

/**
 * ArcRun:
 * @argv: the program and its arguments; no shell is involved
 * @setting: (nullable): the setting that @argv is from, for messages; %NULL for Command
 * @environment: (element-type filename): the whole environment of the child, as `NAME=value`; its
 * PATH is where the program is looked for
 * @log_file: (nullable): where the output goes that people read; created 0600, capped as
 * run/build-log.h says. A log that cannot be written does not stop the build: the outcome's
 * message says so
 * @group_file: (nullable): the path of a file, which is there: the process group is written over
 * its start as a decimal number and a newline before the program runs
 * @timeout: microseconds until it is ended, 0 for never
 * @stop_grace: microseconds between SIGTERM and SIGKILL
 *
 * One build to run.
 */
typedef struct
{
  const char *const *argv;
  const char *setting;
  const char *const *environment;
  const char *log_file;
  const char *group_file;
  gint64 timeout;
  gint64 stop_grace;
} ArcRun;

/**
 * ArcOutcome:
 * @result: how it ended
 * @exit_status: the exit status, or the number of the signal for %ARC_RESULT_SIGNAL, else 0
 * @cpu_usec: processor time of the child and of those of its descendants that it waited for
 * @max_rss: the largest resident set of the child that was seen, bytes; sampled, so a short peak
 * may be missed, and 0 if it was gone too soon to look at
 * @message: (nullable): English, for the log, what went wrong, beside the exit status; for
 * %ARC_RESULT_SPAWN_FAILED it says what to do
 */
typedef struct
{
  ArcResult result;
  int exit_status;
  guint64 cpu_usec;
  guint64 max_rss;
  const char *message;
} ArcOutcome;

#define ARC_TYPE_OUTCOME (arc_outcome_get_type ())
GType arc_outcome_get_type (void);

/**
 * ArcProcessRunner:
 *
 * Runs one child at a time, in its own process group, with /dev/null as its standard input, and
 * sees to it that nothing of the group is left afterwards.
 *
 * Signals:
 *   `line (const GString *line)`: a line of standard output or standard error, without the newline;
 * very long lines come in pieces, NUL bytes are kept. `ended (const ArcOutcome *outcome)`: exactly
 * once for each arc_process_runner_start() that returned TRUE, always from the main loop; the log
 * is complete, and nothing of the process group is alive by then, but for a process that hangs in
 * the kernel and survives SIGKILL for seconds: the message says so.
 *
 * When the program has exited, what is left of its process group is ended like a stopped build. A
 * process that left the group, as a daemon does, is not touched; its output is no longer read.
 *
 * Disposing of the runner kills the running build with SIGKILL; `ended` is not emitted then.
 *
 * The child gets SIGKILL when the *thread* that started it ends (PR_SET_PDEATHSIG, prctl(2)), so
 * start builds in one that lives as long as the service.
 *
 * Timeouts are real time: they bound a real process.
 */
#define ARC_TYPE_PROCESS_RUNNER (arc_process_runner_get_type ())
G_DECLARE_FINAL_TYPE (ArcProcessRunner, arc_process_runner, ARC, PROCESS_RUNNER, GObject)

/**
 * arc_process_runner_new:
 *
 * Makes a runner. The limit of open files (RLIMIT_NOFILE) of its children is the present one.
 *
 * Returns: (transfer full): the runner
 */
ArcProcessRunner *arc_process_runner_new (void);

/**
 * arc_process_runner_start:
 * @runner: the runner, with no build
 * @run: the build to run
 * @error: return location for %ARC_ERROR_COMMAND, which names the program and what to do
 *
 * Returns: %FALSE if it cannot be started; no signal follows then
 */
gboolean arc_process_runner_start (ArcProcessRunner *runner, const ArcRun *run, GError **error);

/**
 * arc_process_runner_stop:
 * @runner: the runner
 * @result: %ARC_RESULT_CANCELED or %ARC_RESULT_INTERRUPTED
 *
 * Ends the running build, if there is one: SIGTERM to its group, after the grace SIGKILL. It then
 * ends with @result, whatever its exit status. The first reason, a timeout included, is the one
 * that stays; a program that has exited before that keeps its own result.
 */
void arc_process_runner_stop (ArcProcessRunner *runner, ArcResult result);

/**
 * arc_process_runner_is_running:
 * @runner: the runner
 *
 * Returns: %TRUE while a build runs
 */
gboolean arc_process_runner_is_running (ArcProcessRunner *runner);
