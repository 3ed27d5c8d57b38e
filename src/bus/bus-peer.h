/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * arc_bus_peer_is_replacement:
 * @credentials: (type a{sv}): the reply of `GetConnectionCredentials` of the bus
 *
 * Looks whether a process on the bus is an arcology-builder of this user that was started with
 * `--replace`. A process of the same user can pretend to be one: the answer tells an accident from
 * an intention, and is no protection.
 *
 * Returns: whether it is one
 */
gboolean arc_bus_peer_is_replacement (GVariant *credentials);

/**
 * arc_bus_peer_get_database:
 *
 * Asks the service on the session bus, if one runs, which database it builds, and waits for the
 * reply. Does not start a service.
 *
 * Returns: (transfer full) (nullable): the path, or %NULL if no service replies
 */
char *arc_bus_peer_get_database (void);
