/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/boottime-clock.h"

#include "common/timing.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ARC_TYPE_BOOT_CLOCK (arc_boot_clock_get_type ())
G_DECLARE_FINAL_TYPE (ArcBootClock, arc_boot_clock, ARC, BOOT_CLOCK, GObject)

struct _ArcBootClock
{
  GObject parent_instance;

  int timer;
  GSource *source; /* (owned): waits for the timer */
};

static void arc_boot_clock_iface_init (ArcClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ArcBootClock,
                               arc_boot_clock,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ARC_TYPE_CLOCK, arc_boot_clock_iface_init))

static gint64
arc_boot_clock_get_time (ArcClock *clock)
{
  struct timespec now;

  /* Fails only for a clock that the kernel does not have, and timerfd_create() had it. */
  clock_gettime (CLOCK_BOOTTIME, &now);

  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gint64
arc_boot_clock_get_real_time (ArcClock *clock)
{
  return g_get_real_time ();
}

static void
arc_boot_clock_set_alarm (ArcClock *clock, gint64 time)
{
  ArcBootClock *self = ARC_BOOT_CLOCK (clock);
  struct itimerspec when = { 0 };

  /* All zeros disarms the timer, and negative times are refused (timerfd_create(2)), so a time of
   * zero and less becomes the first nanosecond. */
  if (time <= 0)
    when.it_value.tv_nsec = 1;
  else if (time != ARC_NEVER)
    {
      when.it_value.tv_sec = time / G_USEC_PER_SEC;
      when.it_value.tv_nsec = time % G_USEC_PER_SEC * 1000;
    }

  /* A time that has passed expires at once. Setting the timer also clears an expiry that was not
   * read yet. */
  if (timerfd_settime (self->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0)
    g_error ("Cannot set the timer: %s", g_strerror (errno));
}

static gboolean
on_timer (gint fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (ArcBootClock) self = g_object_ref (ARC_BOOT_CLOCK (user_data));
  guint64 expirations;

  /* The alarm may have been moved between poll(2) and here. The timer is not readable then, and
   * read(2) says EAGAIN. */
  if (read (fd, &expirations, sizeof expirations) == sizeof expirations)
    g_signal_emit_by_name (self, "alarm");

  return G_SOURCE_CONTINUE;
}

static void
arc_boot_clock_finalize (GObject *object)
{
  ArcBootClock *self = ARC_BOOT_CLOCK (object);

  g_source_destroy (self->source);
  g_source_unref (self->source);
  close (self->timer);

  G_OBJECT_CLASS (arc_boot_clock_parent_class)->finalize (object);
}

static void
arc_boot_clock_init (ArcBootClock *self)
{
  /* The program cannot run without a clock. GLib, too, aborts when it cannot make the eventfd of
   * a main context. */
  self->timer = timerfd_create (CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (self->timer < 0)
    g_error ("Cannot create a timer: %s", g_strerror (errno));

  self->source = g_unix_fd_source_new (self->timer, G_IO_IN);
  g_source_set_static_name (self->source, "[arcology] alarm");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_timer), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static void
arc_boot_clock_class_init (ArcBootClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = arc_boot_clock_finalize;
}

static void
arc_boot_clock_iface_init (ArcClockInterface *iface)
{
  iface->get_time = arc_boot_clock_get_time;
  iface->get_real_time = arc_boot_clock_get_real_time;
  iface->set_alarm = arc_boot_clock_set_alarm;
}

ArcClock *
arc_boot_clock_new (void)
{
  return g_object_new (ARC_TYPE_BOOT_CLOCK, NULL);
}
