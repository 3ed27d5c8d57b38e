/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcDesktop:
 *
 * The builder in a desktop session, as the group [Desktop] of the settings has it: tells of a build
 * that fails and of a tree that is not there, until that is over, and of problems in notes when
 * there are new ones, and holds builds back while the power saver is on.
 */
#define ARC_TYPE_DESKTOP (arc_desktop_get_type ())
G_DECLARE_FINAL_TYPE (ArcDesktop, arc_desktop, ARC, DESKTOP, GObject)

/* NOTIFICATIONS is a connection to the session bus; POWER (nullable) tells of the power saver. */
ArcDesktop *
arc_desktop_new (ArcBuilder *builder, GDBusConnection *notifications, GPowerProfileMonitor *power);

G_END_DECLS
