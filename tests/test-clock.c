/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-clock.h"

#include "machine/state-machine.h"

/* More alarms than this without the time moving on are a loop. */
#define MAX_ALARMS_AT_ONCE 1000

struct _ArcTestClock
{
  GObject parent_instance;

  GMainContext *context; /* (owned) */
  GSource *overdue;      /* (owned) (nullable): emits an alarm whose time has come */
  gint64 time;
  gint64 alarm;
  gboolean advancing;
};

static void arc_test_clock_iface_init (ArcClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ArcTestClock,
                               arc_test_clock,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ARC_TYPE_CLOCK, arc_test_clock_iface_init))

static void
clear_overdue (ArcTestClock *self)
{
  if (self->overdue != NULL)
    {
      g_source_destroy (self->overdue);
      g_clear_pointer (&self->overdue, g_source_unref);
    }
}

static void
emit_alarm (ArcTestClock *self)
{
  clear_overdue (self);
  self->alarm = ARC_NEVER;
  g_signal_emit_by_name (self, "alarm");
}

static gboolean
on_overdue (gpointer user_data)
{
  g_autoptr (ArcTestClock) self = g_object_ref (ARC_TEST_CLOCK (user_data));

  emit_alarm (self);

  return G_SOURCE_REMOVE;
}

static gint64
arc_test_clock_get_time (ArcClock *clock)
{
  return ARC_TEST_CLOCK (clock)->time;
}

static gint64
arc_test_clock_get_real_time (ArcClock *clock)
{
  return ARC_TEST_CLOCK (clock)->time + ARC_TEST_CLOCK_EPOCH;
}

static void
arc_test_clock_set_alarm (ArcClock *clock, gint64 time)
{
  ArcTestClock *self = ARC_TEST_CLOCK (clock);

  clear_overdue (self);
  self->alarm = time;

  if (time > self->time)
    return;

  self->overdue = g_idle_source_new ();
  g_source_set_priority (self->overdue, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->overdue, on_overdue, self, NULL);
  g_source_attach (self->overdue, self->context);
}

static void
arc_test_clock_finalize (GObject *object)
{
  ArcTestClock *self = ARC_TEST_CLOCK (object);

  clear_overdue (self);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (arc_test_clock_parent_class)->finalize (object);
}

static void
arc_test_clock_init (ArcTestClock *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->time = ARC_TEST_CLOCK_START;
  self->alarm = ARC_NEVER;
}

static void
arc_test_clock_class_init (ArcTestClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_test_clock_finalize;
}

static void
arc_test_clock_iface_init (ArcClockInterface *iface)
{
  iface->get_time = arc_test_clock_get_time;
  iface->get_real_time = arc_test_clock_get_real_time;
  iface->set_alarm = arc_test_clock_set_alarm;
}

ArcTestClock *
arc_test_clock_new (void)
{
  return g_object_new (ARC_TYPE_TEST_CLOCK, NULL);
}

void
arc_test_clock_advance (ArcTestClock *self, gint64 usec)
{
  gint64 target = self->time + usec;
  guint alarms_at_once = 0;

  g_assert_cmpint (usec, >=, 0);
  g_assert_false (self->advancing);

  g_object_ref (self); /* a handler may drop the last one of the others */
  self->advancing = TRUE;
  while (self->alarm <= target)
    {
      if (self->alarm > self->time)
        {
          self->time = self->alarm;
          alarms_at_once = 0;
        }

      g_assert_cmpuint (++alarms_at_once, <=, MAX_ALARMS_AT_ONCE);
      emit_alarm (self);
    }
  self->time = target;
  self->advancing = FALSE;
  g_object_unref (self);
}

gint64
arc_test_clock_get_alarm (ArcTestClock *self)
{
  return self->alarm;
}
