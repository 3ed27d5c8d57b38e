/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* bench-inotify MODE ROOT [SAVES INTERVAL]: the floor of every watcher, inotify(7) and nothing
 * above it. MODE is ready, storm or latency. */

#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* The events that a service which keeps a copy of a tree needs; the same as GIO's. */
#define MASK                                                                                       \
  (IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_CREATE | IN_DELETE_SELF |  \
   IN_UNMOUNT | IN_MOVE_SELF | IN_CLOSE_WRITE | IN_ONLYDIR)

/* Adds, then walks: whatever comes meanwhile is found or reported. */
static gint64
add (int inotify, const char *path)
{
  DIR *directory;
  const struct dirent *entry;
  gint64 n_directories = 1;

  if (inotify_add_watch (inotify, path, MASK) < 0)
    g_error ("%s: %s; see fs.inotify.max_user_watches", path, g_strerror (errno));
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

          n_directories += add (inotify, child);
        }
      else
        fstatat (dirfd (directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW);
    }
  closedir (directory);

  return n_directories;
}

static gint64
read_events (int inotify, BenchWriter *writer)
{
  char buffer[64 * 1024] __attribute__ ((aligned (__alignof__(struct inotify_event))));
  const ssize_t size = read (inotify, buffer, sizeof buffer);
  gint64 n_overflows = 0;

  for (const char *p = buffer; p < buffer + size;)
    {
      const struct inotify_event *event = (const void *) p;

      if ((event->mask & IN_Q_OVERFLOW) != 0)
        n_overflows++;
      else if (event->len > 0)
        bench_writer_hear (writer, event->name);
      p += sizeof *event + event->len;
    }

  return n_overflows;
}

static gint64
listen_to (int inotify, BenchWriter *writer)
{
  struct pollfd fds[] = { { inotify, POLLIN, 0 }, { bench_writer_get_fd (writer), POLLIN, 0 } };
  gint64 n_overflows = 0;

  while (poll (fds, G_N_ELEMENTS (fds), fds[1].fd < 0 ? BENCH_QUIET : -1) > 0)
    {
      if (fds[0].revents != 0)
        n_overflows += read_events (inotify, writer);
      if (fds[1].revents != 0)
        fds[1].fd = -1;
    }

  return n_overflows;
}

int
main (int argc, char **argv)
{
  const int inotify = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  BenchWriter *writer = NULL;
  BenchTime time;

  if (argc < 3)
    g_error ("Usage: %s MODE ROOT [SAVES INTERVAL]", argv[0]);
  if (argc > 4)
    writer =
        bench_writer_new (argv[2], g_ascii_strtoll (argv[3], NULL, 10),
                          g_ascii_strtoll (argv[4], NULL, 10), strcmp (argv[1], "latency") == 0);

  bench_begin (&time);
  bench_print ("directories", add (inotify, argv[2]));
  bench_report (&time, "ready");
  bench_report_memory ();
  if (writer == NULL)
    return 0;

  bench_begin (&time);
  bench_writer_go (writer);
  bench_print ("overflows", listen_to (inotify, writer));
  bench_report (&time, "events");
  bench_writer_report (writer);

  return 0;
}
