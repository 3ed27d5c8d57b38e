/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* bench-watcher MODE ROOT [NUMBER]...: the ArcWatcher of the service, without the service. MODE is
 *   ready ROOT: until all is watched, audited and in the snapshot
 *   reconcile ROOT TIMES: and then, how long a comparison with the disk takes
 *   storm, latency ROOT SAVES INTERVAL: and then, until `changed` reports files that are saved */

#include "bench.h"
#include "watch/watcher.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long after the events of a storm to wait for all that it brings after them, in milliseconds.
 */
#define AFTERMATH 4000

typedef struct
{
  ArcWatcher *watcher;
  BenchWriter *writer; /* (nullable) */
} Bench;

static void
hear (const char *path, ArcChange change, gpointer user_data)
{
  Bench *self = user_data;

  bench_writer_hear (self->writer, strrchr (path, '/') + 1);
}

static void
on_changed (ArcWatcher *watcher, ArcChangeSet *changes, Bench *self)
{
  if (self->writer != NULL)
    arc_change_set_foreach (changes, hear, self);
}

static gboolean
is_settled (const Bench *self)
{
  gboolean settled;

  g_object_get (self->watcher, "settled", &settled, NULL);

  return settled;
}

static void
wait_settled (Bench *self)
{
  while (!is_settled (self))
    g_main_context_iteration (NULL, TRUE);
}

int
main (int argc, char **argv)
{
  Bench self = { 0 };
  const char *roots[] = { argc > 2 ? argv[2] : NULL, NULL };
  g_autoptr (ArcPathFilter) filter =
      arc_path_filter_new (arc_path_filter_default_include, arc_path_filter_default_exclude);
  BenchTime time;

  if (argc < 3)
    g_error ("Usage: %s MODE ROOT [NUMBER]...", argv[0]);
  if (argc > 4)
    self.writer =
        bench_writer_new (argv[2], g_ascii_strtoll (argv[3], NULL, 10),
                          g_ascii_strtoll (argv[4], NULL, 10), strcmp (argv[1], "latency") == 0);

  bench_begin (&time);
  self.watcher = arc_watcher_new (roots, filter, FALSE);
  g_signal_connect (self.watcher, "changed", G_CALLBACK (on_changed), &self);
  arc_watcher_start (self.watcher, NULL);
  wait_settled (&self);
  bench_report (&time, "ready");
  bench_print ("directories", arc_watcher_get_n_directories (self.watcher));
  bench_print ("files", arc_watcher_get_n_files (self.watcher));
  bench_print ("healthy", arc_watcher_get_health (self.watcher) == ARC_HEALTH_OK);
  bench_report_memory ();

  if (strcmp (argv[1], "reconcile") == 0)
    for (gint64 i = argc > 3 ? g_ascii_strtoll (argv[3], NULL, 10) : 1; i > 0; i--)
      {
        bench_begin (&time);
        arc_watcher_reconcile (self.watcher);
        wait_settled (&self);
        bench_report (&time, "reconcile");
      }

  if (self.writer != NULL)
    {
      bench_begin (&time);
      bench_writer_run (self.writer);
      bench_report (&time, "events");
      bench_writer_report (self.writer);
      /* What may have been lost is looked for. */
      if (strcmp (argv[1], "storm") == 0)
        {
          bench_run (AFTERMATH);
          bench_report (&time, "aftermath");
        }
    }

  fflush (stdout);
  _exit (0);
}
