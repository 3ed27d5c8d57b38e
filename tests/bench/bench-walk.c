/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* bench-walk ROOT TIMES: the floor of every look at a whole tree. readdir(3) and fstatat(2), and
 * nothing is kept of it. */

#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static gint64
walk (int fd)
{
  DIR *directory = fdopendir (fd);
  const struct dirent *entry;
  gint64 n_files = 0;

  if (directory == NULL)
    g_error ("A directory cannot be read");
  while ((entry = readdir (directory)) != NULL)
    {
      struct stat status;

      if (entry->d_name[0] == '.')
        continue;
      if (entry->d_type == DT_DIR)
        n_files += walk (openat (fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      else if (fstatat (fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        n_files++;
    }
  closedir (directory);

  return n_files;
}

int
main (int argc, char **argv)
{
  const gint64 n_times = argc > 2 ? g_ascii_strtoll (argv[2], NULL, 10) : 1;
  BenchTime time;
  gint64 n_files = 0;

  if (argc < 2)
    g_error ("Usage: %s ROOT [TIMES]", argv[0]);
  for (gint64 i = 0; i < n_times; i++)
    {
      bench_begin (&time);
      n_files = walk (open (argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      bench_report (&time, "walk");
    }
  bench_print ("files", n_files);

  return 0;
}
