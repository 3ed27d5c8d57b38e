/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-limits.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

gboolean
arc_limits_has_files (guint n)
{
  g_autoptr (GArray) files = g_array_new (FALSE, FALSE, sizeof (int));

  while (files->len < n)
    {
      int file = eventfd (0, EFD_CLOEXEC);

      if (file < 0)
        break;
      g_array_append_val (files, file);
    }

  for (guint i = 0; i < files->len; i++)
    close (g_array_index (files, int, i));

  return files->len == n;
}

char *
arc_limits_describe_files (void)
{
  struct rlimit limit = { 0 };
  guint n;

  getrlimit (RLIMIT_NOFILE, &limit);
  n = (guint) MIN (limit.rlim_cur, G_MAXUINT / 2);

  return g_strdup_printf (
      "the limit of %u open files is reached; raise it with LimitNOFILE=%u in the group [Service] "
      "(systemctl --user edit arcology-builder), or with ulimit -n where the service is started by "
      "hand, and start the service again",
      n, MAX (2 * n, 1024));
}
