/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/problem-list.h"
#include "engine/loop-guard.h"
#include "run/output-parser.h"
#include "watch/watch-health.h"

G_BEGIN_DECLS

/* What the engine says, in English. */

/* (transfer full) (nullable): why BUILD, which ended, failed: what it says itself, or its exit
 * status, and MESSAGE (nullable), which is what the runner says. */
char *arc_log_message_end (const ArcBuild *build, const char *message);

/* Log that BUILD has started, or ended; both with the fields of the journal that
 * arcology-builder(1) lists. */
void arc_log_message_log_start (const ArcBuild *build);
void arc_log_message_log_end (const ArcBuild *build);

/* Logs that PROBLEMS, which are all there are now, are others than before BUILD: the first of those
 * that are new, FIRST (nullable). */
void arc_log_message_log_problems (const ArcBuild *build,
                                   const ArcProblemList *problems,
                                   const ArcProblem *first);

/* Logs a line of BUILD's output, which is TEXT and says LINE: none of progress, problems or errors,
 * which are logged in other words. */
void arc_log_message_log_line (const ArcBuild *build,
                               const ArcLine *line,
                               const char *text,
                               gsize length);

/* Logs that the health is another one, or has another MESSAGE. */
void arc_log_message_log_health (ArcHealth health, const char *message);

/* (transfer full): that ROOT has lost every file, and when that is believed: REAL_TIME,
 * microseconds since the epoch. */
char *arc_log_message_empty_root (const char *root, gint64 real_time);

/* (transfer full): the message of the health, "" if all is well. WATCHER is what the watcher says,
 * EMPTIED (nullable) is from arc_log_message_empty_root(), and STORE (nullable) from
 * arc_state_store_get_problem(), and AFTER
 * (nullable) from arc_after_build_get_problem(). */
char *arc_log_message_health (const char *watcher,
                              const char *emptied,
                              const char *store,
                              const char *after,
                              const ArcLoopGuard *loop_guard);

G_END_DECLS
