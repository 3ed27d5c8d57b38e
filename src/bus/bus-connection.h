/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

/**
 * ArcBusConnection:
 *
 * The connection to the session bus, which is made anew when it is lost.
 *
 * A connection ends without a fault of the service: the bus is restarted, or GDBus receives a
 * message that dbus-daemon passes and that it cannot decode (an empty `a{yg}` inside an array with
 * GLib 2.74), and closes the connection.
 *
 * Signals:
 *   `disconnected`: the connection is closed, and arc_bus_connection_get_connection() returns
 * %NULL. `connected`: there is a new connection. Not emitted for the first one. `given-up`: there
 * was no bus for the whole time that arc_bus_connection_new() allows.
 */
#define ARC_TYPE_BUS_CONNECTION (arc_bus_connection_get_type ())
G_DECLARE_FINAL_TYPE (ArcBusConnection, arc_bus_connection, ARC, BUS_CONNECTION, GObject)

/**
 * arc_bus_connection_new:
 * @address: (nullable): a D-Bus address, or %NULL for that of the session bus
 * @patience: how long to try to connect anew, in microseconds
 * @error: the reason, if there is no connection
 *
 * Connects, and waits for it.
 *
 * Returns: (transfer full) (nullable): a connected object
 */
ArcBusConnection *arc_bus_connection_new (const char *address, gint64 patience, GError **error);

/**
 * arc_bus_connection_get_connection:
 * @bus: the bus
 *
 * Returns: (transfer none) (nullable): the connection, or %NULL while there is none
 */
GDBusConnection *arc_bus_connection_get_connection (ArcBusConnection *bus);
