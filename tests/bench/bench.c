/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* How long to wait for an event before it counts as lost. */
#define LOST (2 * G_TIME_SPAN_SECOND)

/* What both processes see. */
typedef struct
{
  _Atomic gint64 saved;   /* when the present file was, 0: it was heard of */
  _Atomic gint64 present; /* the number of the present file */
  gint64 n_heard;
  gint64 latencies[]; /* one for each that was heard of */
} Shared;

struct _BenchWriter
{
  Shared *shared;
  GHashTable *heard; /* names (owned) */
  gint64 n_saves;
  gboolean wait;
  int go;
  int end;
};

static gint64
cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_TIME_SPAN_SECOND +
         usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

void
bench_begin (BenchTime *time)
{
  time->wall = g_get_monotonic_time ();
  time->cpu = cpu_time ();
}

void
bench_report (BenchTime *time, const char *key)
{
  printf ("%s.wall %" G_GINT64_FORMAT "\n", key, g_get_monotonic_time () - time->wall);
  printf ("%s.cpu %" G_GINT64_FORMAT "\n", key, cpu_time () - time->cpu);
  fflush (stdout);
  bench_begin (time);
}

void
bench_print (const char *key, gint64 number)
{
  printf ("%s %" G_GINT64_FORMAT "\n", key, number);
  fflush (stdout);
}

void
bench_report_memory (void)
{
  g_autofree char *status = NULL;
  const char *line;

  /* proc(5): the pages of libraries depend on what else runs, those of the heap do not. */
  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL) ||
      (line = strstr (status, "RssAnon:")) == NULL)
    g_error ("/proc/self/status does not tell RssAnon");
  bench_print ("memory", g_ascii_strtoll (line + strlen ("RssAnon:"), NULL, 10));
}

/* --- the writer */

static void
list_notes (const char *path, GPtrArray *notes)
{
  DIR *directory = opendir (path);
  const struct dirent *entry;

  if (directory == NULL)
    g_error ("%s: cannot be read", path);
  while ((entry = readdir (directory)) != NULL)
    {
      if (entry->d_name[0] == '.')
        continue;
      if (entry->d_type == DT_DIR)
        {
          g_autofree char *child = g_build_filename (path, entry->d_name, NULL);

          list_notes (child, notes);
        }
      else if (g_str_has_suffix (entry->d_name, ".org"))
        g_ptr_array_add (notes, g_build_filename (path, entry->d_name, NULL));
    }
  closedir (directory);
}

/* The same order each time, whatever readdir(3) gives. */
static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
save (const char *path, int number)
{
  char text[32];
  int fd = open (path, O_WRONLY | O_TRUNC | O_CLOEXEC);

  if (fd < 0)
    g_error ("%s: cannot be written", path);
  g_snprintf (text, sizeof text, "* Save %d\n", number);
  if (write (fd, text, strlen (text)) < 0)
    g_error ("%s: cannot be written", path);
  close (fd);
}

static gint64
note_number (const char *name)
{
  const char *digits = strpbrk (name, "0123456789");

  return digits != NULL ? g_ascii_strtoll (digits, NULL, 10) : -1;
}

static void
write_notes (const BenchWriter *self, const char *root, gint64 interval, int go)
{
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  gint64 due;
  char byte;

  list_notes (root, notes);
  g_ptr_array_sort (notes, compare_paths);
  for (guint i = notes->len; i > 1; i--)
    {
      const guint other = (guint) g_rand_int_range (rand, 0, (gint32) i);
      gpointer note = notes->pdata[i - 1];

      notes->pdata[i - 1] = notes->pdata[other];
      notes->pdata[other] = note;
    }
  if (read (go, &byte, 1) != 1)
    _exit (0);

  due = g_get_monotonic_time ();
  for (gint64 i = 0; i < self->n_saves; i++)
    {
      const char *path = notes->pdata[i % notes->len];
      gint64 now = g_get_monotonic_time ();

      if (now < due)
        g_usleep ((gulong) (due - now));
      now = g_get_monotonic_time ();
      if (self->wait)
        {
          atomic_store (&self->shared->present, note_number (strrchr (path, '/')));
          atomic_store (&self->shared->saved, now);
        }
      save (path, (int) i);
      due += interval;
      while (self->wait && atomic_load (&self->shared->saved) != 0 &&
             g_get_monotonic_time () < now + LOST)
        g_usleep (200);
      if (self->wait)
        due = g_get_monotonic_time () + interval;
    }
}

BenchWriter *
bench_writer_new (const char *root, gint64 n_saves, gint64 interval, gboolean wait)
{
  BenchWriter *self = g_new0 (BenchWriter, 1);
  const size_t size = sizeof *self->shared + (size_t) n_saves * sizeof self->shared->latencies[0];
  int go[2];
  int end[2];

  self->shared = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (self->shared == MAP_FAILED || pipe2 (go, O_CLOEXEC) != 0 || pipe2 (end, O_CLOEXEC) != 0)
    g_error ("There is no memory, or no pipe, for the writer");
  self->heard = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->n_saves = n_saves;
  self->wait = wait;
  self->go = go[1];
  self->end = end[0];

  switch (fork ())
    {
    case -1:
      g_error ("There is no process for the writer");
    case 0:
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      close (go[1]);
      write_notes (self, root, interval, go[0]);
      _exit (0);
    default:
      close (go[0]);
      close (end[1]);
    }

  return self;
}

void
bench_writer_go (BenchWriter *self)
{
  if (write (self->go, "", 1) != 1)
    g_error ("The writer is gone");
}

static gboolean
on_quiet (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
on_written (int fd, GIOCondition condition, gpointer user_data)
{
  g_timeout_add (BENCH_QUIET, on_quiet, user_data);

  return G_SOURCE_REMOVE;
}

void
bench_run (guint msec)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_timeout_add (msec, on_quiet, loop);
  g_main_loop_run (loop);
}

void
bench_writer_run (BenchWriter *self)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_unix_fd_add (bench_writer_get_fd (self), G_IO_IN | G_IO_HUP, on_written, loop);
  bench_writer_go (self);
  g_main_loop_run (loop);
}

int
bench_writer_get_fd (BenchWriter *self)
{
  return self->end;
}

void
bench_writer_hear (BenchWriter *self, const char *name)
{
  Shared *shared = self->shared;

  if (!self->wait)
    {
      if (!g_hash_table_contains (self->heard, name))
        g_hash_table_add (self->heard, g_strdup (name));
      return;
    }

  if (atomic_load (&shared->saved) != 0 && note_number (name) == atomic_load (&shared->present))
    {
      shared->latencies[shared->n_heard++] = g_get_monotonic_time () - atomic_load (&shared->saved);
      atomic_store (&shared->saved, 0);
    }
}

static int
compare_numbers (const void *a, const void *b)
{
  const gint64 *x = a;
  const gint64 *y = b;

  return (*x > *y) - (*x < *y);
}

void
bench_writer_report (BenchWriter *self)
{
  Shared *shared = self->shared;
  const gint64 n_heard = self->wait ? shared->n_heard : g_hash_table_size (self->heard);

  bench_print ("saves", self->n_saves);
  bench_print ("heard", n_heard);
  if (!self->wait || n_heard == 0)
    return;

  qsort (shared->latencies, (size_t) n_heard, sizeof shared->latencies[0], compare_numbers);
  bench_print ("p50", shared->latencies[n_heard / 2]);
  bench_print ("p99", shared->latencies[n_heard * 99 / 100]);
  bench_print ("max", shared->latencies[n_heard - 1]);
}
