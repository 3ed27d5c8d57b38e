/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bus/bus-peer.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "arcology-builder"

/* Whether ARGUMENT is among the NUL-ended strings of TEXT. */
static gboolean
has_argument (const char *text, gsize length, const char *argument)
{
  for (gsize i = 0; i < length; i += strlen (text + i) + 1)
    if (strcmp (text + i, argument) == 0)
      return TRUE;

  return FALSE;
}

gboolean
arc_bus_peer_is_replacement (GVariant *credentials)
{
  g_autofree char *exe = NULL;
  g_autofree char *command_line = NULL;
  g_autofree char *target = NULL;
  g_autofree char *name = NULL;
  g_autofree char *arguments = NULL;
  gsize length;
  guint uid;
  guint pid;

  if (!g_variant_lookup (credentials, "UnixUserID", "u", &uid) || uid != geteuid () ||
      !g_variant_lookup (credentials, "ProcessID", "u", &pid))
    return FALSE;

  exe = g_strdup_printf ("/proc/%u/exe", pid);
  command_line = g_strdup_printf ("/proc/%u/cmdline", pid);
  target = g_file_read_link (exe, NULL);
  if (target == NULL || !g_file_get_contents (command_line, &arguments, &length, NULL))
    return FALSE;

  /* A program that was upgraded meanwhile has " (deleted)" at its end (proc(5)). */
  name = g_path_get_basename (target);

  return (strcmp (name, PROGRAM) == 0 || strcmp (name, PROGRAM " (deleted)") == 0) &&
         has_argument (arguments, length, "--replace");
}
