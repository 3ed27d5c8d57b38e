/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"

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
  ARC_CTL_NO_COMMAND = 127,  /* of inhibit, as of a shell */
  ARC_CTL_INTERRUPTED = 130, /* as of a shell after SIGINT: 128 and its number */
} ArcCtlExit;

/* Its codes are exit statuses. */
#define ARC_CTL_ERROR (arc_ctl_error_quark ())

GQuark arc_ctl_error_quark (void);

/* The default time of GDBus to wait for a reply: 25 s. */
#define ARC_CTL_DEFAULT_TIMEOUT -1

/**
 * arc_ctl_print_error:
 * @exit: the exit status that the error leads to
 * @format: the message, translated, without a full stop or a line end
 * @...: its arguments
 *
 * Prints an error of this program to standard error, as `arcologyctl: error: MESSAGE`.
 *
 * Returns: @exit
 */
ArcCtlExit arc_ctl_print_error (ArcCtlExit exit, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * arc_ctl_open:
 * @starts: whether D-Bus may start the service
 * @timeout: how long to wait for it and for each reply, milliseconds or %ARC_CTL_DEFAULT_TIMEOUT
 * @error: return location for an error: %ARC_CTL_SERVICE_FAILED of %ARC_CTL_ERROR, or one of GDBus
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
 * @error: return location for an error
 *
 * Runs @loop until it is quit, until SIGINT or SIGTERM, or until the bus closes the connection.
 *
 * Returns: %FALSE, with %G_IO_ERROR_CLOSED, if the connection was closed
 */
gboolean arc_ctl_run (ArcDBusBuilder *service, GMainLoop *loop, GError **error);

/**
 * arc_ctl_find_build:
 * @service: the service
 * @build: the number of a build
 * @error: return location for an error of GDBus
 *
 * Returns: (transfer full) (nullable): its record in the history, of type a{sv}; %NULL without an
 *   error if it is not in there
 */
GVariant *arc_ctl_find_build (ArcDBusBuilder *service, guint64 build, GError **error);

/**
 * arc_ctl_get_properties:
 * @service: the service
 *
 * Returns: (transfer full): the cached properties by name, of type a{sv}
 */
GVariant *arc_ctl_get_properties (ArcDBusBuilder *service);
