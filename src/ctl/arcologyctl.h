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
 * arc_ctl_parse:
 * @argc: (inout): the number of words, the name of the verb included
 * @argv: (inout) (array length=argc): the words
 * @entries: (nullable): the options of the verb
 * @arguments: (nullable): the other words that it takes, for the help
 * @summary: what the verb does, for the help
 * @max_arguments: how many other words it takes; if negative, the first other word starts a command
 *   line that keeps its options
 *
 * Removes the options from @argc and @argv. `--help` prints the help and ends the program.
 *
 * Returns: %FALSE, with the error printed, on an unknown option or too many other words
 */
gboolean arc_ctl_parse (int *argc,
                        char ***argv,
                        const GOptionEntry *entries,
                        const char *arguments,
                        const char *summary,
                        int max_arguments);

/**
 * arc_ctl_parse_timeout:
 * @text: (nullable): the value of --timeout, such as "30s"
 * @timeout: (out): milliseconds; %ARC_CTL_DEFAULT_TIMEOUT for %NULL
 *
 * Returns: %FALSE, with the error printed, if @text is not a duration
 */
gboolean arc_ctl_parse_timeout (const char *text, int *timeout);

/**
 * arc_ctl_open:
 * @starts: whether D-Bus may start the service
 * @timeout: how long to wait for it and for each reply, milliseconds or %ARC_CTL_DEFAULT_TIMEOUT
 * @exit: (out): the exit status of the program if there is no service
 *
 * Connects to the service.
 *
 * Returns: (transfer full) (nullable): the service; %NULL, with the error printed, if there is none
 */
ArcDBusBuilder *arc_ctl_open (gboolean starts, int timeout, ArcCtlExit *exit);

/**
 * arc_ctl_connect:
 * @exit: (out): the exit status of the program if there is no service
 *
 * Connects to the service without starting it, with the default timeout.
 *
 * Returns: (transfer full) (nullable): the service; %NULL, with the error printed, if there is none
 */
ArcDBusBuilder *arc_ctl_connect (ArcCtlExit *exit);

/**
 * arc_ctl_try_connect:
 * @error: return location for an error: %ARC_CTL_ERROR_SERVICE_FAILED, or an error of GDBus
 *
 * Does the same and prints nothing.
 *
 * Returns: (transfer full) (nullable): the service
 */
ArcDBusBuilder *arc_ctl_try_connect (GError **error);

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

/**
 * arc_ctl_report:
 * @error: the error of a call to the service; the prefix that GDBus added to its message is removed
 *
 * Prints @error.
 *
 * Returns: the exit status of the program
 */
ArcCtlExit arc_ctl_report (GError *error);

G_END_DECLS
