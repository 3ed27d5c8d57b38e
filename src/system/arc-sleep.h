/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcSleep:
 *
 * Tells when the machine wakes up from sleep: logind's `PrepareForSleep`
 * (org.freedesktop.login1(5)).
 *
 * Signals:
 *   `resumed`: the machine slept and is awake again.
 */
#define ARC_TYPE_SLEEP (arc_sleep_get_type ())
G_DECLARE_FINAL_TYPE (ArcSleep, arc_sleep, ARC, SLEEP, GObject)

/* SYSTEM_BUS is where logind is, if it is there. */
ArcSleep *arc_sleep_new (GDBusConnection *system_bus);

G_END_DECLS
