/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"

G_BEGIN_DECLS

#define ARC_BUS_NAME     "org.arcology.Builder"
#define ARC_OBJECT_PATH  "/org/arcology/Builder"
#define ARC_SYSTEMD_UNIT "arcology-builder.service"

/* The exit statuses, as the manual has them. */
typedef enum
{
  ARC_CTL_SUCCESS = 0,
  ARC_CTL_FAILED = 1,  /* a build failed, or what was asked cannot be done */
  ARC_CTL_TROUBLE = 2, /* of diff(1), and so of verify: there is no answer */
  ARC_CTL_STALE = 3,
  ARC_CTL_TIMEOUT = 4,
  ARC_CTL_NO_SERVICE = 5,
  ARC_CTL_SERVICE_FAILED = 6,
  ARC_CTL_USAGE = 64,        /* EX_USAGE of sysexits.h(3) */
  ARC_CTL_INTERRUPTED = 130, /* what a shell makes of SIGINT: 128 and its number */
} ArcCtlExit;

/* The unit of the service failed, as systemd says. */
#define ARC_CTL_ERROR (arc_ctl_error_quark ())

typedef enum
{
  ARC_CTL_ERROR_SERVICE_FAILED,
} ArcCtlError;

GQuark arc_ctl_error_quark (void);

/* For how long D-Bus waits for a reply if nobody says otherwise. */
#define ARC_CTL_DEFAULT_TIMEOUT -1

/**
 * arc_ctl_print_error:
 * @format: the message, translated, without a full stop or a line end
 *
 * Prints an error of this program to standard error, as `arcologyctl: error: MESSAGE`.
 */
void arc_ctl_print_error (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Carries out a verb: ARGV[0] is its name. */
typedef ArcCtlExit (*ArcCmdFunc) (int argc, char **argv);

/* Takes the options in ENTRIES (NULL-terminated, or NULL) out of ARGC and ARGV, and prints help if
 * it is asked for. ARGUMENTS says what else the verb takes, for the help, and SUMMARY what it does.
 * FALSE, with the error printed, if there is an unknown option or there are more than MAX_ARGUMENTS
 * other words. If that is negative, the first other word starts a command line, whose options are
 * its own. */
gboolean arc_ctl_parse (int *argc,
                        char ***argv,
                        const GOptionEntry *entries,
                        const char *arguments,
                        const char *summary,
                        int max_arguments);

/* Understands the value of --timeout, such as "30s"; NULL is none. FALSE, with the error printed,
 * if it is wrong. */
gboolean arc_ctl_parse_timeout (const char *text, int *timeout /* (out): milliseconds */);

/* (transfer full) (nullable): the service. STARTS: D-Bus may start it for that. TIMEOUT: how long
 * to wait for it and for its replies, milliseconds or ARC_CTL_DEFAULT_TIMEOUT. NULL, with the error
 * printed and EXIT set, if it cannot be had. */
ArcDBusBuilder *arc_ctl_open (gboolean starts, int timeout, ArcCtlExit *exit);

/* (transfer full) (nullable): the service, which is not started for it; NULL, with the error
 * printed and EXIT set, if it does not run. */
ArcDBusBuilder *arc_ctl_connect (ArcCtlExit *exit);

/* The same, but silent. */
ArcDBusBuilder *arc_ctl_try_connect (GError **error);

/**
 * arc_ctl_get_properties:
 * @service: the service
 *
 * Returns: (transfer full): its properties by name, of type a{sv}, as they are known here
 */
GVariant *arc_ctl_get_properties (ArcDBusBuilder *service);

/* Prints ERROR, of a call to the service, without the name that D-Bus puts in front, and returns
 * the exit status that goes with it. */
ArcCtlExit arc_ctl_report (GError *error);

G_END_DECLS
