/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/clock.h"
#include "watch/build-inputs.h"
#include "watch/watcher.h"

typedef void (*ArcComparisonsFunc) (gpointer user_data);

/**
 * ArcComparisons:
 * @interval: microseconds from the end of a comparison to the next without being asked, 0 for
 *   never; the caller sets it
 * @deadline: when to ask because of the interval, or %ARC_NEVER
 * @found: the number of changes since the last comparison began
 *
 * The comparisons of the tree with the snapshot, and of what else the database depends on with what
 * was seen last. They have the numbers 1, 2, 3 and so on. At most one is under way. All who ask for
 * a comparison meanwhile share the next one: begun anew for each of them, it would never end.
 */
typedef struct
{
  gint64 interval;
  gint64 deadline;
  guint64 found;

  /*< private >*/
  ArcClock *clock;        /* (owned) */
  ArcWatcher *watcher;    /* (owned) */
  ArcBuildInputs *inputs; /* (unowned) */
  ArcComparisonsFunc ended;
  ArcComparisonsFunc settled;
  gpointer user_data;
  guint64 number;         /* of the one that began last */
  gboolean tree_missing;  /* that one has not compared the tree yet */
  gboolean input_missing; /* nor what else there is */
  gboolean asked;         /* for one more */
  gboolean at_end;        /* the last one has just ended, and nothing has happened since */
} ArcComparisons;

/**
 * arc_comparisons_new:
 * @clock: the clock
 * @watcher: the watcher of the tree, not started
 * @inputs: what else the database depends on; it must not be used by @self after it is freed
 * @ended: called when a comparison has ended
 * @settled: called after @ended; a build that starts while it runs begins with the comparison that
 *   has just ended
 * @user_data: data for the functions
 *
 * Returns: (transfer full): an object without a comparison
 */
ArcComparisons *arc_comparisons_new (ArcClock *clock,
                                     ArcWatcher *watcher,
                                     ArcBuildInputs *inputs,
                                     ArcComparisonsFunc ended,
                                     ArcComparisonsFunc settled,
                                     gpointer user_data);

/**
 * arc_comparisons_free:
 * @self: (transfer full): the comparisons, whose inputs are freed
 */
void arc_comparisons_free (ArcComparisons *self);

/**
 * arc_comparisons_start:
 * @self: the comparisons
 * @snapshot: (transfer full) (nullable): the files of an earlier run, see arc_watcher_start()
 *
 * Starts the watcher and the first comparison, which is the one for all that was asked before.
 */
void arc_comparisons_start (ArcComparisons *self, ArcSnapshot *snapshot);

/**
 * arc_comparisons_ask:
 * @self: the comparisons
 *
 * Asks for a comparison that begins now or, if one is under way, after that.
 *
 * Returns: its number
 */
guint64 arc_comparisons_ask (ArcComparisons *self);

/**
 * arc_comparisons_ask_for_build:
 * @self: the comparisons
 * @cause: why the build starts
 *
 * Finds or asks for the comparison that a build begins with. A request is for what was saved before
 * it, so the comparison must begin after it. For a touch, that which is under way will do: its end
 * is still to come.
 *
 * Returns: its number
 */
guint64 arc_comparisons_ask_for_build (ArcComparisons *self, ArcCause cause);

/**
 * arc_comparisons_get_ended:
 * @self: the comparisons
 *
 * Returns: the number of the comparison that ended last, or 0
 */
guint64 arc_comparisons_get_ended (const ArcComparisons *self);
