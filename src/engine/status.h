/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/build-run.h"
#include "machine/state-machine.h"
#include "watch/watcher.h"

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
 * arc_status_update:
 * @status: a status
 * @machine: the state machine
 * @timing: its times
 * @watcher: the watcher
 * @run: the running build
 *
 * Updates @status from the parts of the engine. What is wrong is joined in the health message,
 * which is logged when it changes.
 */
void arc_status_update (ArcStatus *status,
                        const ArcStateMachine *machine,
                        const ArcTiming *timing,
                        ArcWatcher *watcher,
                        const ArcBuildRun *run);
