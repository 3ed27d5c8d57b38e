/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * ArcServiceManager:
 *
 * The service manager's side of the house: sd_notify(3), without libsystemd. Does nothing, quietly,
 * where there is no NOTIFY_SOCKET.
 *
 * Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child
 * speaks in our name, and pets the watchdog from the main loop at half of its time for as long as
 * it lives. The environment is not safe to change once there are threads, so make it first of all.
 *
 * READY, RELOADING and STOPPING wait for a manager whose queue is full, as sd_notify(3) does. A
 * status does not: it is sent again with the next sign of life for the watchdog.
 */
#define ARC_TYPE_SERVICE_MANAGER (arc_service_manager_get_type ())
G_DECLARE_FINAL_TYPE (ArcServiceManager, arc_service_manager, ARC, SERVICE_MANAGER, GObject)

ArcServiceManager *arc_service_manager_new (void);

/* READY=1; also the end of a reload. */
void arc_service_manager_ready (ArcServiceManager *supervisor);

/* RELOADING=1 with MONOTONIC_USEC, as Type=notify-reload wants it. */
void arc_service_manager_reloading (ArcServiceManager *supervisor);

/* STOPPING=1 */
void arc_service_manager_stopping (ArcServiceManager *supervisor);

/* STATUS=TEXT, one line; sent only if it differs from the last one. */
void arc_service_manager_set_status (ArcServiceManager *supervisor, const char *text);

/**
 * arc_service_manager_show_status:
 * @manager: the service manager
 * @status: the status of the engine
 *
 * Sends the line of the status that `systemctl --user status` prints.
 */
void arc_service_manager_show_status (ArcServiceManager *manager, const ArcStatus *status);

G_END_DECLS
