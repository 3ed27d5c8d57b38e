/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/clock.h"
#include "engine/build-run.h"
#include "engine/comparisons.h"
#include "engine/database-state.h"
#include "engine/tree-availability.h"
#include "machine/state-machine.h"
#include "state/state-store.h"
#include "watch/watcher.h"

G_BEGIN_DECLS

/**
 * ArcStatus:
 * @health_message: owned by the engine, until it changes
 * @phase: the same; "" if there is none
 * @rest: how long the rest after the last build is
 * @since: @state_since by the clock of the machine
 * @due: @next_build by the clock of the machine
 *
 * What there is to show of the engine: the properties of org.arcology.Builder.xml by the same
 * names. Times are microseconds since the epoch, 0 for never. They are converted once: the two
 * clocks drift, and a time that nobody changed must not seem to.
 *
 * The caller sets @last_touch, @last_run and @consecutive_failures.
 */
typedef struct
{
  ArcState state;
  gboolean stoked;
  ArcHolds holds;
  ArcReason reason;
  ArcHealth health;
  char *health_message;
  gint64 next_build;
  gint64 state_since;
  gint64 last_touch;
  gint64 last_run;
  gboolean fresh;
  guint64 change_serial;
  guint64 built_serial;
  guint n_pending;
  guint64 rescans;
  guint64 current_build;
  guint progress_done;
  guint progress_total;
  const char *phase;
  guint consecutive_failures;
  gint64 rest;
  guint n_problems;
  gint64 since;
  gint64 due;
} ArcStatus;

/**
 * arc_status_set_machine:
 * @status: a status
 * @machine: the state machine
 * @timing: its times
 * @clock: its clock
 *
 * Takes over what the state machine shows.
 */
void arc_status_set_machine (ArcStatus *status,
                             const ArcStateMachine *machine,
                             const ArcTiming *timing,
                             ArcClock *clock);

/**
 * arc_status_set_build:
 * @status: a status with the state of the machine
 * @run: the running build
 * @comparisons: the comparisons
 * @database: the state of the database
 * @store: the state store
 *
 * Takes over how far the running build is, and what the database has.
 */
void arc_status_set_build (ArcStatus *status,
                           const ArcBuildRun *run,
                           const ArcComparisons *comparisons,
                           ArcDatabaseState *database,
                           ArcStateStore *store);

/**
 * arc_status_set_health:
 * @status: a status
 * @watcher: the watcher
 * @tree: the availability of the tree
 * @run: the running build
 * @store: the state store
 *
 * Joins what is wrong to the health and its message, and logs another message.
 */
void arc_status_set_health (ArcStatus *status,
                            ArcWatcher *watcher,
                            const ArcTreeAvailability *tree,
                            const ArcBuildRun *run,
                            ArcStateStore *store);

G_END_DECLS
