/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"

#include <glib-object.h>

/**
 * ArcServiceManager:
 *
 * Messages to the service manager: sd_notify(3), without libsystemd. Without NOTIFY_SOCKET in the
 * environment, all functions do nothing.
 *
 * The object removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment, so that no
 * child process can send messages as the service. It sends WATCHDOG=1 from the main loop at half of
 * the watchdog's interval. setenv(3) is not safe beside threads, so it must be made before the
 * first thread starts.
 *
 * READY, RELOADING and STOPPING wait for a manager whose queue is full, as sd_notify(3) does. A
 * status does not wait: it is sent again with the next WATCHDOG=1.
 */
#define ARC_TYPE_SERVICE_MANAGER (arc_service_manager_get_type ())
G_DECLARE_FINAL_TYPE (ArcServiceManager, arc_service_manager, ARC, SERVICE_MANAGER, GObject)

/**
 * arc_service_manager_new:
 *
 * Reads and removes the variables of the environment.
 *
 * Returns: (transfer full): the object
 */
ArcServiceManager *arc_service_manager_new (void);

/**
 * ArcServiceMessage:
 * @ARC_SERVICE_READY: the end of the start or of a reload
 * @ARC_SERVICE_RELOADING: with MONOTONIC_USEC, which Type=notify-reload needs (systemd.service(5))
 * @ARC_SERVICE_STOPPING: the beginning of the end
 *
 * A message about the state of the process.
 */
typedef enum
{
  ARC_SERVICE_READY,
  ARC_SERVICE_RELOADING,
  ARC_SERVICE_STOPPING,
} ArcServiceMessage;

/**
 * arc_service_manager_send:
 * @manager: the service manager
 * @message: the message
 */
void arc_service_manager_send (ArcServiceManager *manager, ArcServiceMessage message);

/**
 * arc_service_manager_show_status:
 * @manager: the service manager
 * @status: the status of the engine
 *
 * Sends the line of the status that `systemctl --user status` prints, if it is not the last one.
 */
void arc_service_manager_show_status (ArcServiceManager *manager, const ArcStatus *status);
