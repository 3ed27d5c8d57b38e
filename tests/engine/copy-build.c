/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The build of model-test.c: it keeps a copy of the notes, of which it knows only its
 * list, and ends as the file "plan" has it. In C, without a library, since thousands of them run.
 *
 * Usage: copy-build DIRECTORY. There are "copy/", where "/" of a path below the tree is "%", "plan"
 * and a FIFO "go". The plan: PERMILLE WORD VALUE: how many of the changes to apply first, and then
 *   exit VALUE    exit with that status
 *   raise VALUE   die of that signal
 *   hang 0, 1     wait for SIGTERM, or (1) for SIGKILL
 *   pause 0       wait until "go" is opened, then apply the rest and succeed
 *   failed VALUE  apply all, but report every VALUEth as failed instead; exit with status 1
 * At its end it reports a problem for each note in the copy with an odd size.
 * A full build applies its list, and then removes what is not in it: like a transaction it never
 * takes away what is still true. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define MAX_CHANGES 4096

typedef struct
{
  char kind; /* A, M or D */
  const char *path;
  char name[NAME_MAX + 1]; /* in the copy */
} Change;

static char text[1 << 20];
static Change changes[MAX_CHANGES];
static int n_changes;

static void
die (const char *what)
{
  perror (what);
  exit (EX_OSERR);
}

/* How many bytes of FILE are in BUFFER now; -1 if there is no such file. */
static ssize_t
read_file (const char *file, char *buffer, size_t size)
{
  int fd = open (file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  ssize_t length;

  if (fd < 0)
    return -1;

  length = read (fd, buffer, size);
  close (fd);

  return length;
}

static void
read_changes (const char *file, const char *tree)
{
  const ssize_t length = read_file (file, text, sizeof text - 1);

  if (length < 0)
    die (file);

  for (const char *at = text; at < text + length; n_changes++)
    {
      Change *change = &changes[n_changes];

      if (n_changes == MAX_CHANGES)
        exit (EX_SOFTWARE);
      change->kind = at[0];
      change->path = at + 2;
      if (strncmp (change->path, tree, strlen (tree)) != 0)
        exit (EX_SOFTWARE);
      snprintf (change->name, sizeof change->name, "%s", change->path + strlen (tree) + 1);
      for (char *c = change->name; *c != '\0'; c++)
        if (*c == '/')
          *c = '%';
      at = change->path + strlen (change->path) + 1;
    }
}

/* As data/emacs/arcology-batch.el writes it, or it would not be one line. */
static void
print_path (const char *path)
{
  for (const char *c = path; *c != '\0'; c++)
    if (*c == '\\' || *c == ':' || *c == '\n')
      printf ("\\%03o", (unsigned char) *c);
    else
      putchar (*c);
}

/* The working directory is the copy. */
static void
apply (const Change *change)
{
  char data[4096];
  ssize_t length;
  int fd;

  length = change->kind == 'D' ? -1 : read_file (change->path, data, sizeof data);
  if (length < 0)
    {
      if (unlink (change->name) < 0 && errno != ENOENT)
        die (change->name);
      if (change->kind != 'D')
        {
          printf ("arcology: gone ");
          print_path (change->path);
          putchar ('\n');
        }
      return;
    }

  fd = open ("../new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write (fd, data, (size_t) length) != length || close (fd) < 0 ||
      rename ("../new", change->name) < 0)
    die (change->name);
}

static int
is_listed (const char *name)
{
  for (int i = 0; i < n_changes; i++)
    if (strcmp (changes[i].name, name) == 0)
      return 1;

  return 0;
}

/* The end of a full build. */
static void
replace (const char *database)
{
  DIR *copy = opendir (".");
  const struct dirent *entry;
  int fd;

  while ((entry = readdir (copy)) != NULL)
    if (entry->d_name[0] != '.' || strlen (entry->d_name) > 2)
      if (!is_listed (entry->d_name))
        unlink (entry->d_name);
  closedir (copy);

  fd = open (database, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    die (database);
  close (fd);
}

static void
report (const char *path)
{
  printf ("arcology: failed ");
  print_path (path);
  printf (": as planned\n");
}

/* What is wrong with the notes in the copy: a fault of each that only its content has. */
static void
report_problems (void)
{
  DIR *copy = opendir (".");
  const struct dirent *entry;
  struct stat st;

  while ((entry = readdir (copy)) != NULL)
    if (stat (entry->d_name, &st) == 0 && S_ISREG (st.st_mode) && st.st_size % 2 == 1)
      {
        printf ("arcology: problem /");
        print_path (entry->d_name);
        printf (":%d: its size is odd\n", (int) st.st_size);
      }
  closedir (copy);
}

static void
hang (int value)
{
  if (value == 1)
    signal (SIGTERM, SIG_IGN);
  close (open ("../hanging", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  for (;;)
    pause ();
}

int
main (int argc, char *argv[])
{
  const char *database = getenv ("ARCOLOGY_DATABASE");
  const int full = strcmp (getenv ("ARCOLOGY_BUILD_KIND"), "incremental") != 0;
  char plan[64] = "";
  char word[16];
  int permille;
  int value;
  int n_first;
  int lock;

  if (argc != 2 || chdir (argv[1]) < 0)
    return EX_USAGE;

  /* One build at a time, whatever happens. */
  lock = open ("lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock (lock, LOCK_EX | LOCK_NB) < 0)
    {
      close (open ("overlap", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
      return EX_SOFTWARE;
    }

  if (read_file ("plan", plan, sizeof plan - 1) < 0 ||
      sscanf (plan, "%d %15s %d", &permille, word, &value) != 3 || chdir ("copy") < 0)
    return EX_USAGE;

  /* As arcology-batch does. */
  if (!full && access (database, F_OK) < 0)
    return EX_DATAERR;

  read_changes (getenv ("ARCOLOGY_CHANGES"), getenv ("ARCOLOGY_DIRECTORY"));
  n_first = strcmp (word, "failed") == 0 ? 0 : n_changes * permille / 1000;
  for (int i = 0; i < n_first; i++)
    apply (&changes[i]);

  if (strcmp (word, "hang") == 0)
    hang (value);
  else if (strcmp (word, "pause") == 0)
    close (open ("../go", O_RDONLY | O_CLOEXEC));

  for (int i = n_first; i < n_changes && strcmp (word, "pause") == 0; i++)
    apply (&changes[i]);
  for (int i = 0; i < n_changes && strcmp (word, "failed") == 0; i++)
    if (i % value == 0)
      report (changes[i].path);
    else
      apply (&changes[i]);

  if (full && (permille == 1000 || strcmp (word, "pause") == 0))
    replace (database);
  report_problems ();

  if (strcmp (word, "raise") == 0)
    raise (value);
  if (strcmp (word, "failed") == 0)
    return n_changes > 0 ? 1 : 0;

  return strcmp (word, "exit") == 0 ? value : 0;
}
