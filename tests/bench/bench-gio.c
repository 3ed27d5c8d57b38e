/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* bench-gio MODE ROOT [SAVES INTERVAL]: a GFileMonitor for each directory and a walk, in the main
 * context, and nothing above it. MODE is ready, which reads what the kernel watches as well, as
 * a program that checks whether all is watched must; storm or latency. */

#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  GPtrArray *monitors;
  BenchWriter *writer; /* (nullable) */
} Bench;

static void
on_changed (GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, Bench *self)
{
  g_autofree char *name = g_file_get_basename (file);

  if (self->writer != NULL)
    bench_writer_hear (self->writer, name);
}

/* Adds, then walks: whatever comes meanwhile is found or reported. */
static void
add (Bench *self, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  GFileMonitor *monitor = g_file_monitor_directory (file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
  DIR *directory;
  const struct dirent *entry;

  if (monitor == NULL)
    g_error ("%s: no monitor", path);
  g_signal_connect (monitor, "changed", G_CALLBACK (on_changed), self);
  g_ptr_array_add (self->monitors, monitor);

  directory = opendir (path);
  if (directory == NULL)
    g_error ("%s: cannot be read", path);
  while ((entry = readdir (directory)) != NULL)
    {
      struct stat status;

      if (entry->d_name[0] == '.')
        continue;
      if (entry->d_type == DT_DIR)
        {
          g_autofree char *child = g_build_filename (path, entry->d_name, NULL);

          add (self, child);
        }
      else
        fstatat (dirfd (directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW);
    }
  closedir (directory);
}

/* How many bytes the kernel prints of the inotify instance of GIO. */
static gint64
read_watches (void)
{
  g_autoptr (GDir) fds = g_dir_open ("/proc/self/fd", 0, NULL);
  gint64 n_bytes = 0;
  const char *name;

  while ((name = g_dir_read_name (fds)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);
      g_autofree char *info = g_build_filename ("/proc/self/fdinfo", name, NULL);
      g_autofree char *watches = NULL;
      gsize length;

      if (g_strcmp0 (target, "anon_inode:inotify") == 0 &&
          g_file_get_contents (info, &watches, &length, NULL))
        n_bytes += (gint64) length;
    }

  return n_bytes;
}

int
main (int argc, char **argv)
{
  Bench self = { 0 };
  BenchTime time;

  if (argc < 3)
    g_error ("Usage: %s MODE ROOT [SAVES INTERVAL]", argv[0]);
  if (argc > 4)
    self.writer =
        bench_writer_new (argv[2], g_ascii_strtoll (argv[3], NULL, 10),
                          g_ascii_strtoll (argv[4], NULL, 10), strcmp (argv[1], "latency") == 0);

  bench_begin (&time);
  self.monitors = g_ptr_array_new ();
  add (&self, argv[2]);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  bench_report (&time, "ready");
  bench_print ("directories", self.monitors->len);
  bench_report_memory ();

  if (strcmp (argv[1], "ready") == 0)
    {
      bench_begin (&time);
      bench_print ("bytes", read_watches ());
      bench_report (&time, "audit");
    }

  if (self.writer != NULL)
    {
      bench_begin (&time);
      bench_writer_run (self.writer);
      bench_report (&time, "events");
      bench_writer_report (self.writer);
    }

  /* To take 100,000 monitors away would take seconds. */
  fflush (stdout);
  _exit (0);
}
