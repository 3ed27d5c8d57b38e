/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/error.h"

#include "common/quote.h"

#define DBUS_PREFIX "org.arcology.Builder.Error."

static const char *const dbus_names[] = {
  [ARC_ERROR_CONFIG] = DBUS_PREFIX "Config",
  [ARC_ERROR_DATA] = DBUS_PREFIX "Data",
  [ARC_ERROR_LOCKED] = DBUS_PREFIX "Locked",
  [ARC_ERROR_STATE_DIRECTORY] = DBUS_PREFIX "StateDirectory",
  [ARC_ERROR_COMMAND] = DBUS_PREFIX "Command",
  [ARC_ERROR_TREE_UNAVAILABLE] = DBUS_PREFIX "TreeUnavailable",
  [ARC_ERROR_NOT_BUILDING] = DBUS_PREFIX "NotBuilding",
  [ARC_ERROR_NO_SUCH_BUILD] = DBUS_PREFIX "NoSuchBuild",
  [ARC_ERROR_NOT_ABSOLUTE] = DBUS_PREFIX "NotAbsolute",
  [ARC_ERROR_SHUTTING_DOWN] = DBUS_PREFIX "ShuttingDown",
};

/* A new enumerator without a name does not compile. */
G_STATIC_ASSERT (G_N_ELEMENTS (dbus_names) == ARC_N_ERRORS);

/* Written out: clang-format would put blanks around the hyphens in G_DEFINE_QUARK(). */
GQuark
arc_error_quark (void)
{
  return g_quark_from_static_string ("arc-error-quark");
}

const char *
arc_error_get_dbus_name (ArcError error)
{
  g_return_val_if_fail ((guint) error < ARC_N_ERRORS, NULL);

  return dbus_names[error];
}

gboolean
arc_error_set_config (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, ARC_ERROR, ARC_ERROR_CONFIG, message);

  return FALSE;
}

gboolean
arc_error_refuse (GError **error, const char *text, const char *format, ...)
{
  g_autofree char *quoted = arc_quote (text);
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  return arc_error_set_config (error, "%s %s", quoted, message);
}

void
arc_error_join (GError **all, GError *error)
{
  g_autofree char *message = NULL;

  if (*all == NULL)
    {
      *all = error;
      return;
    }

  message = g_strdup_printf ("%s\n%s", (*all)->message, error->message);
  g_free ((*all)->message);
  (*all)->message = g_steal_pointer (&message);
  g_error_free (error);
}
