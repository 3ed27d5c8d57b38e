/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"

G_BEGIN_DECLS

#define ARC_BUS_NAME     "org.arcology.Builder"
#define ARC_OBJECT_PATH  "/org/arcology/Builder"
#define ARC_PROGRAM      "arcology-builder"
#define ARC_SYSTEMD_UNIT "arcology-builder.service"

/* The exit statuses of arcologyctl(1). */
typedef enum
{
  ARC_CTL_SUCCESS = 0,
  ARC_CTL_FAILED = 1,  /* a build failed, or the request cannot be carried out */
  ARC_CTL_TROUBLE = 2, /* of verify, as of diff(1): there is no answer */
  ARC_CTL_STALE = 3,
  ARC_CTL_TIMEOUT = 4,
  ARC_CTL_NO_SERVICE = 5,
  ARC_CTL_SERVICE_FAILED = 6,
  ARC_CTL_USAGE = 64,        /* EX_USAGE of sysexits.h(3) */
  ARC_CTL_INTERRUPTED = 130, /* as of a shell after SIGINT: 128 and its number */
} ArcCtlExit;

/* The unit of the service failed, as systemd says. */
#define ARC_CTL_ERROR (arc_ctl_error_quark ())

typedef enum
{
  ARC_CTL_ERROR_SERVICE_FAILED,
} ArcCtlError;

GQuark arc_ctl_error_quark (void);

/* The default time of GDBus to wait for a reply: 25 s. */
#define ARC_CTL_DEFAULT_TIMEOUT -1

/**
 * arc_ctl_print_error:
 * @format: the message, translated, without a full stop or a line end
 * @...: its arguments
 *
 * Prints an error of this program to standard error, as `arcologyctl: error: MESSAGE`.
 */
void arc_ctl_print_error (const char *format, ...) G_GNUC_PRINTF (1, 2);

/**
 * arc_ctl_open:
 * @starts: whether D-Bus may start the service
 * @timeout: how long to wait for it and for each reply, milliseconds or %ARC_CTL_DEFAULT_TIMEOUT
 * @error: return location for an error: %ARC_CTL_ERROR_SERVICE_FAILED, or an error of GDBus
 *
 * Connects to the service.
 *
 * Returns: (transfer full) (nullable): the service
 */
ArcDBusBuilder *arc_ctl_open (gboolean starts, int timeout, GError **error);

/**
 * arc_ctl_run:
 * @service: the service
 * @loop: a main loop
 *
 * Runs @loop until it is quit, until SIGINT or SIGTERM, or until the bus closes the connection.
 *
 * Returns: %FALSE, with the error printed, if the connection was closed
 */
gboolean arc_ctl_run (ArcDBusBuilder *service, GMainLoop *loop);

/**
 * arc_ctl_get_properties:
 * @service: the service
 *
 * Returns: (transfer full): the cached properties by name, of type a{sv}
 */
GVariant *arc_ctl_get_properties (ArcDBusBuilder *service);

G_END_DECLS
