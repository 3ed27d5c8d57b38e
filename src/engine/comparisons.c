/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/comparisons.h"

#include "common/timing.h"

static gboolean
is_under_way (const ArcComparisons *self)
{
  return self->tree_missing || self->input_missing;
}

static void begin_if_due (ArcComparisons *self);

static void
end_part (ArcComparisons *self, gboolean *missing)
{
  const gboolean ends = *missing;

  *missing = FALSE;
  if (!ends || is_under_way (self))
    return;

  self->ended (self->user_data);

  /* A build that a call asks for begins with the comparison that the call has waited for: so each
   * waits for two at most. */
  self->at_end = !is_under_way (self);
  self->settled (self->user_data);
  self->at_end = FALSE;
  begin_if_due (self);
}

static void
on_inputs_compared (gpointer user_data)
{
  ArcComparisons *self = user_data;

  end_part (self, &self->input_missing);
}

/* The scan of a new directory settles as well. */
static void
on_settled (ArcWatcher *watcher G_GNUC_UNUSED, ArcComparisons *self)
{
  self->deadline =
      self->interval == 0 ? ARC_NEVER : arc_clock_get_time (self->clock) + self->interval;
  end_part (self, &self->tree_missing);
}

static void
on_changed (ArcWatcher *watcher G_GNUC_UNUSED, ArcChangeSet *changes, ArcComparisons *self)
{
  self->found += arc_change_set_get_size (changes);
}

ArcComparisons *
arc_comparisons_new (ArcClock *clock,
                     ArcWatcher *watcher,
                     ArcBuildInputs *inputs,
                     ArcComparisonsFunc ended,
                     ArcComparisonsFunc settled,
                     gpointer user_data)
{
  ArcComparisons *self = g_new0 (ArcComparisons, 1);

  self->clock = g_object_ref (clock);
  self->watcher = g_object_ref (watcher);
  self->inputs = inputs;
  self->ended = ended;
  self->settled = settled;
  self->user_data = user_data;
  self->deadline = ARC_NEVER;
  g_signal_connect (watcher, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect (watcher, "settled", G_CALLBACK (on_settled), self);

  return self;
}

void
arc_comparisons_free (ArcComparisons *self)
{
  g_signal_handlers_disconnect_by_data (self->watcher, self);
  g_object_unref (self->clock);
  g_object_unref (self->watcher);
  g_free (self);
}

static void
begin (ArcComparisons *self)
{
  self->number++;
  self->tree_missing = self->input_missing = TRUE;
  self->asked = FALSE;
  self->found = 0;
  arc_build_inputs_look (self->inputs, on_inputs_compared, self);
}

static void
begin_if_due (ArcComparisons *self)
{
  if (!self->asked || self->number == 0 || is_under_way (self))
    return;

  begin (self);
  arc_watcher_reconcile (self->watcher);
}

void
arc_comparisons_start (ArcComparisons *self, ArcSnapshot *snapshot)
{
  begin (self);
  arc_watcher_start (self->watcher, snapshot);
}

guint64
arc_comparisons_ask (ArcComparisons *self)
{
  const guint64 number = self->number + 1;

  /* Not again before this one is done. */
  self->deadline = ARC_NEVER;
  self->asked = TRUE;
  begin_if_due (self);

  return number;
}

guint64
arc_comparisons_ask_for_build (ArcComparisons *self, ArcCause cause)
{
  if (self->at_end || (is_under_way (self) && cause != ARC_CAUSE_REQUEST))
    return self->number;

  return arc_comparisons_ask (self);
}

guint64
arc_comparisons_get_ended (const ArcComparisons *self)
{
  return is_under_way (self) ? self->number - 1 : self->number;
}
