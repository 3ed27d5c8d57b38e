/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/inotify-limit.h"

#include <string.h>

static guint
read_sysctl (const char *name)
{
  g_autofree char *file = g_strconcat ("/proc/sys/", name, NULL);
  g_autofree char *text = NULL;

  g_strdelimit (file + strlen ("/proc/sys/"), ".", '/');
  if (!g_file_get_contents (file, &text, NULL, NULL))
    return G_MAXUINT;

  return (guint) MIN (g_ascii_strtoull (text, NULL, 10), G_MAXUINT);
}

guint
arc_inotify_limit_read (ArcInotifyLimit limit, const char **name)
{
  /* Each user namespace has limits of its own, too, which may only be lower (user_namespaces(7),
   * containers), but for the queue. */
  static const char *const names[][2] = {
    [ARC_INOTIFY_LIMIT_WATCHES] = { "fs.inotify.max_user_watches", "user.max_inotify_watches" },
    [ARC_INOTIFY_LIMIT_INSTANCES] = { "fs.inotify.max_user_instances",
                                      "user.max_inotify_instances" },
    [ARC_INOTIFY_LIMIT_EVENTS] = { "fs.inotify.max_queued_events", NULL },
  };
  const guint system = read_sysctl (names[limit][0]);
  const guint namespace = names[limit][1] != NULL ? read_sysctl (names[limit][1]) : G_MAXUINT;

  if (name != NULL)
    *name = names[limit][namespace < system];

  return MIN (system, namespace);
}
