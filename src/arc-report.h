/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-memory.h"
#include "core/arc-build.h"
#include "core/arc-loop-guard.h"
#include "core/arc-progress.h"

G_BEGIN_DECLS

/* What the engine says, in English. */

/* (transfer full) (nullable): what is to be said of BUILD, which ended, beside MESSAGE (nullable),
 * which is what the runner says. */
char *arc_report_end (const ArcBuild *build, const char *message);

/* Logs that BUILD has ended. */
void arc_report_log_end (const ArcBuild *build);

/* Logs a line of BUILD's output that is none of progress. */
void arc_report_log_line (const ArcBuild *build, ArcLineKind kind, const char *text, gsize length);

/* (transfer full): that ROOT has lost every file, and when that is believed: REAL_TIME,
 * microseconds since the epoch. */
char *arc_report_emptied (const char *root, gint64 real_time);

/* (transfer full): the message of the health, "" if all is well. WATCHER is what the watcher says
 * and EMPTIED (nullable) from arc_report_emptied(). */
char *arc_report_health (const char *watcher,
                         const char *emptied,
                         const ArcMemory *memory,
                         const ArcLoopGuard *loop_guard);

G_END_DECLS
