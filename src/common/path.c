/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/path.h"

#include <string.h>

const char *
arc_path_get_below (const char *path, const char *directory)
{
  gsize length = strlen (directory);

  if (strncmp (path, directory, length) != 0)
    return NULL;
  if (path[length] == '\0' || g_str_has_suffix (directory, "/"))
    return path + length;

  return path[length] == '/' ? path + length + 1 : NULL;
}

char *
arc_path_join (const char *directory, const char *name)
{
  return g_str_has_suffix (directory, "/") ? g_strconcat (directory, name, NULL)
                                           : g_strconcat (directory, "/", name, NULL);
}

gboolean
arc_path_is_in_home (const char *path)
{
  return path[0] == '~' && (path[1] == '\0' || path[1] == '/');
}
