/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/file-list.h"

#include "common/error.h"
#include "common/path.h"
#include "watch/watcher.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* (transfer full): a watcher that has compared the tree once. */
static ArcWatcher *
watch_once (const ArcConfig *config)
{
  g_autoptr (ArcPathFilter) filter = arc_path_filter_new ((const char *const *) config->include,
                                                          (const char *const *) config->exclude);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  ArcWatcher *watcher =
      arc_watcher_new ((const char *const *) config->directories, filter, config->follow_symlinks);

  g_signal_connect_swapped (watcher, "settled", G_CALLBACK (g_main_loop_quit), loop);
  arc_watcher_start (watcher, NULL);
  g_main_loop_run (loop);
  g_signal_handlers_disconnect_by_data (watcher, loop);

  return watcher;
}

static void
print_files (const ArcSnapshot *snapshot)
{
  g_autofree const char **directories = arc_snapshot_get_directories (snapshot);
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ArcEntry));

  for (gsize i = 0; directories[i] != NULL; i++)
    {
      arc_snapshot_get_entries (snapshot, directories[i], entries);
      for (guint j = 0; j < entries->len; j++)
        {
          g_autofree char *path =
              arc_path_join (directories[i], g_array_index (entries, ArcEntry, j).name);

          fwrite (path, 1, strlen (path) + 1, stdout);
        }
    }
}

gboolean
arc_file_list_print (const ArcConfig *config, GError **error)
{
  g_autoptr (ArcWatcher) watcher = watch_once (config);

  if (arc_watcher_get_health (watcher) == ARC_HEALTH_UNAVAILABLE)
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_CONFIG,
                           arc_watcher_get_health_message (watcher));
      return FALSE;
    }

  print_files (arc_watcher_get_snapshot (watcher));
  arc_watcher_stop (watcher);

  /* A list that is cut off would pass for that of a smaller tree. */
  if (fflush (stdout) == 0 && !ferror (stdout))
    return TRUE;

  g_set_error (error, ARC_ERROR, ARC_ERROR_COMMAND, "Cannot print the files: %s",
               g_strerror (errno));

  return FALSE;
}
