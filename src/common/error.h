/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcError:
 * @ARC_ERROR_CONFIG: a setting is wrong: correct the file, line and key that the message names
 * @ARC_ERROR_DATA: a file or message of the program's own format cannot be understood
 * @ARC_ERROR_LOCKED: another process works on the same state directory: stop it first
 * @ARC_ERROR_STATE_DIRECTORY: the state directory cannot be used: look at its owner, mode and free
 * space
 * @ARC_ERROR_COMMAND: the build command cannot be started: install it or correct `[Build] Command`
 * @ARC_ERROR_TREE_UNAVAILABLE: a watched directory is missing, unmounted or was emptied: bring it
 * back
 * @ARC_ERROR_NOT_BUILDING: no build is running: nothing to do
 * @ARC_ERROR_NO_SUCH_BUILD: no build of that number is known, or its log is gone: ask for another
 * @ARC_ERROR_NOT_ABSOLUTE: a path must be absolute: give it from the root
 * @ARC_ERROR_SHUTTING_DOWN: the service is stopping: start it again and repeat
 *
 * One enumerator for each thing that the reader of the message can do about it.
 *
 * arc_error_get_dbus_name() returns the name of each on D-Bus.
 */
typedef enum
{
  ARC_ERROR_CONFIG,
  ARC_ERROR_DATA,
  ARC_ERROR_LOCKED,
  ARC_ERROR_STATE_DIRECTORY,
  ARC_ERROR_COMMAND,
  ARC_ERROR_TREE_UNAVAILABLE,
  ARC_ERROR_NOT_BUILDING,
  ARC_ERROR_NO_SUCH_BUILD,
  ARC_ERROR_NOT_ABSOLUTE,
  ARC_ERROR_SHUTTING_DOWN,
} ArcError;

#define ARC_N_ERRORS (ARC_ERROR_SHUTTING_DOWN + 1)

#define ARC_ERROR (arc_error_quark ())

GQuark arc_error_quark (void);

/**
 * arc_error_get_dbus_name:
 * @error: an error
 *
 * Gets the name of @error on D-Bus, such as "org.arcology.Builder.Error.TreeUnavailable": the
 * prefix and the enumerator in CamelCase. Clients depend on it, so it never changes.
 *
 * Returns: (transfer none): the name
 */
const char *arc_error_get_dbus_name (ArcError error);

/**
 * arc_error_set_config:
 * @error: return location for an error
 * @format: a format as of printf()
 * @...: what it formats
 *
 * Sets @error to an %ARC_ERROR_CONFIG.
 *
 * Returns: always %FALSE, for a function that returns at once
 */
gboolean arc_error_set_config (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * arc_error_refuse:
 * @error: return location for an error
 * @text: what is wrong, any bytes
 * @format: a format as of printf()
 * @...: what it formats
 *
 * Sets @error to an %ARC_ERROR_CONFIG whose message is @text in the form of arc_quote(), a blank,
 * and @format.
 *
 * Returns: always %FALSE, for a function that returns at once
 */
gboolean arc_error_refuse (GError **error, const char *text, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/**
 * arc_error_join:
 * @all: (inout): the errors so far; %NULL before the first
 * @error: (transfer full): the next error
 *
 * Adds the message of @error as a line of its own to the message of @all, whose domain and code
 * are those of the first error.
 */
void arc_error_join (GError **all, GError *error);
