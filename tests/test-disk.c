/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What stands for the libc's has nobody to hand a context to it. */
static struct
{
  GMutex mutex;
  GCond cond;
  GThread *main;
  gboolean stopped;
  guint n_writes;
  guint n_let;
  char *forbidden;
  char *failing;
  char *failing_rename; /* not while a thread writes */
  int failure;
  char *hanging;
  guint n_hanging;
  guint n_hung;
} disk;

void
arc_test_disk_stop (void)
{
  g_mutex_lock (&disk.mutex);
  disk.main = g_thread_self ();
  disk.stopped = TRUE;
  disk.n_writes = 0;
  disk.n_let = 0;
  g_mutex_unlock (&disk.mutex);
}

guint
arc_test_disk_get_n_writes (void)
{
  guint n_writes;

  g_mutex_lock (&disk.mutex);
  n_writes = disk.n_writes;
  g_mutex_unlock (&disk.mutex);

  return n_writes;
}

void
arc_test_disk_let (guint n)
{
  g_mutex_lock (&disk.mutex);
  disk.n_let += n;
  g_cond_broadcast (&disk.cond);
  g_mutex_unlock (&disk.mutex);
}

void
arc_test_disk_go_on (void)
{
  g_mutex_lock (&disk.mutex);
  disk.stopped = FALSE;
  g_cond_broadcast (&disk.cond);
  g_mutex_unlock (&disk.mutex);
}

void
arc_test_disk_forbid (const char *directory)
{
  g_mutex_lock (&disk.mutex);
  disk.main = g_thread_self ();
  g_free (disk.forbidden);
  disk.forbidden = g_strdup (directory);
  g_mutex_unlock (&disk.mutex);
}

/* Not all architectures have those without a directory. */
static const guint32 path_calls[] = {
#ifdef SYS_open
  SYS_open,       SYS_stat,       SYS_lstat,
  SYS_access,     SYS_readlink,
#endif
#ifdef SYS_newfstatat
  SYS_newfstatat,
#endif
#ifdef SYS_fstatat64
  SYS_fstatat64,
#endif
  SYS_openat,     SYS_openat2,    SYS_statx,
  SYS_statfs,     SYS_faccessat,  SYS_readlinkat,
  SYS_chdir,      SYS_getdents64, SYS_inotify_add_watch,
#ifdef SYS_faccessat2
  SYS_faccessat2,
#endif
};

void
arc_test_disk_forbid_paths (void)
{
  const guint n = G_N_ELEMENTS (path_calls);
  struct sock_filter filter[G_N_ELEMENTS (path_calls) + 3];
  const struct sock_fprog program = { .len = G_N_ELEMENTS (filter), .filter = filter };

  /* seccomp(2): the number of the call, a jump to the last line for each of them. */
  filter[0] =
      (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr));
  for (guint i = 0; i < n; i++)
    filter[i + 1] =
        (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, path_calls[i], n - i, 0);
  filter[n + 1] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  filter[n + 2] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);

  g_assert_no_errno (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  g_assert_no_errno (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

void
arc_test_disk_fail (const char *name, int number)
{
  g_mutex_lock (&disk.mutex);
  g_free (disk.failing);
  disk.failing = number != 0 ? g_strdup (name) : NULL;
  disk.failure = number;
  g_mutex_unlock (&disk.mutex);
}

void
arc_test_disk_fail_rename (const char *name)
{
  g_free (disk.failing_rename);
  disk.failing_rename = g_strdup (name);
}

void
arc_test_disk_hang (const char *directory)
{
  g_mutex_lock (&disk.mutex);
  disk.main = g_thread_self ();
  g_free (disk.hanging);
  disk.hanging = g_strdup (directory);
  g_cond_broadcast (&disk.cond);
  g_mutex_unlock (&disk.mutex);
}

guint
arc_test_disk_get_n_hanging (void)
{
  guint n_hanging;

  g_mutex_lock (&disk.mutex);
  n_hanging = disk.n_hanging;
  g_mutex_unlock (&disk.mutex);

  return n_hanging;
}

guint
arc_test_disk_get_n_hung (void)
{
  guint n_hung;

  g_mutex_lock (&disk.mutex);
  n_hung = disk.n_hung;
  g_mutex_unlock (&disk.mutex);

  return n_hung;
}

static void
wait_for_turn (void)
{
  g_mutex_lock (&disk.mutex);
  disk.n_writes++;
  while (disk.stopped && disk.n_let == 0)
    g_cond_wait (&disk.cond, &disk.mutex);
  if (disk.stopped)
    disk.n_let--;
  g_mutex_unlock (&disk.mutex);
}

int
rename (const char *from, const char *to)
{
  if (disk.main != NULL && disk.main != g_thread_self ())
    wait_for_turn ();

  if (disk.failing_rename != NULL && g_str_has_suffix (to, disk.failing_rename))
    {
      errno = ENOSPC;
      return -1;
    }

  return renameat (AT_FDCWD, from, AT_FDCWD, to);
}

int
fsync (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *path = g_file_read_link (link, NULL);

  if (disk.forbidden != NULL && disk.main == g_thread_self () && path != NULL &&
      g_str_has_prefix (path, disk.forbidden))
    g_error ("The main loop waits for the disk: %s", path);

  return (int) syscall (SYS_fsync, fd);
}

static gboolean
hangs (const char *path)
{
  return disk.hanging != NULL && g_str_has_prefix (path, disk.hanging);
}

static void
wait_for_disk (const char *path)
{
  g_mutex_lock (&disk.mutex);
  if (hangs (path) && disk.main == g_thread_self ())
    g_error ("The main loop waits for the disk: %s", path);
  disk.n_hanging++;
  disk.n_hung += hangs (path) ? 1 : 0;
  while (hangs (path))
    g_cond_wait (&disk.cond, &disk.mutex);
  disk.n_hanging--;
  g_mutex_unlock (&disk.mutex);
}

/* (transfer full) (nullable): PATH, which is below the directory FD; NULL if no disk hangs. */
static char *
get_path_in (int fd, const char *path)
{
  g_autofree char *link = NULL;
  g_autofree char *directory = NULL;
  gboolean is_hanging;

  g_mutex_lock (&disk.mutex);
  is_hanging = disk.hanging != NULL;
  g_mutex_unlock (&disk.mutex);
  if (!is_hanging)
    return NULL;

  link = g_strdup_printf ("/proc/self/fd/%d", fd);
  directory = g_file_read_link (link, NULL);

  return directory != NULL ? g_build_filename (directory, path, NULL) : NULL;
}

static int
get_failure (const char *path)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  int failure;

  g_mutex_lock (&disk.mutex);
  failure = disk.failing != NULL && strcmp (name, disk.failing) == 0 ? disk.failure : 0;
  g_mutex_unlock (&disk.mutex);

  return failure;
}

/* The name of the libc's with and without large files (_FILE_OFFSET_BITS, feature_test_macros(7)).
 */
#if defined(__USE_FILE_OFFSET64) && defined(__REDIRECT)
#define FSTATAT_NAME "fstatat64"
#else
#define FSTATAT_NAME "fstatat"
#endif

int
fstatat (int fd, const char *path, struct stat *info, int flags)
{
  static int (*original) (int fd, const char *path, struct stat *info, int flags);
  g_autofree char *whole = path[0] != '/' && fd >= 0 ? get_path_in (fd, path) : NULL;
  const int failure = get_failure (path);

  if (failure != 0)
    {
      errno = failure;
      return -1;
    }

  wait_for_disk (whole != NULL ? whole : path);
  if (g_atomic_pointer_get ((gpointer *) &original) == NULL)
    g_atomic_pointer_set ((gpointer *) &original, dlsym (RTLD_NEXT, FSTATAT_NAME));

  return original (fd, path, info, flags);
}

#if defined(__USE_FILE_OFFSET64) && defined(__REDIRECT)
#define STAT_NAME  "stat64"
#define LSTAT_NAME "lstat64"
#else
#define STAT_NAME  "stat"
#define LSTAT_NAME "lstat"
#endif

int
stat (const char *path, struct stat *info)
{
  static int (*original) (const char *path, struct stat *info);

  wait_for_disk (path);
  if (g_atomic_pointer_get ((gpointer *) &original) == NULL)
    g_atomic_pointer_set ((gpointer *) &original, dlsym (RTLD_NEXT, STAT_NAME));

  return original (path, info);
}

#if defined(__USE_FILE_OFFSET64) && defined(__REDIRECT)
#define FTS_OPEN_NAME "fts64_open"
#define FTS_READ_NAME "fts64_read"
#else
#define FTS_OPEN_NAME "fts_open"
#define FTS_READ_NAME "fts_read"
#endif

FTS *
fts_open (char *const *paths, int options, int (*compare) (const FTSENT **, const FTSENT **))
{
  static FTS *(*original) (char *const *, int, int (*) (const FTSENT **, const FTSENT **));

  wait_for_disk (paths[0]);
  if (g_atomic_pointer_get ((gpointer *) &original) == NULL)
    g_atomic_pointer_set ((gpointer *) &original, dlsym (RTLD_NEXT, FTS_OPEN_NAME));

  return original (paths, options, compare);
}

/* The libc's own calls are not ours to stop: it waits with what it has read. */
FTSENT *
fts_read (FTS *tree)
{
  static FTSENT *(*original) (FTS *);
  FTSENT *entry;

  if (g_atomic_pointer_get ((gpointer *) &original) == NULL)
    g_atomic_pointer_set ((gpointer *) &original, dlsym (RTLD_NEXT, FTS_READ_NAME));

  entry = original (tree);
  if (entry != NULL)
    wait_for_disk (entry->fts_path);

  return entry;
}

int
lstat (const char *path, struct stat *info)
{
  static int (*original) (const char *path, struct stat *info);

  wait_for_disk (path);
  if (g_atomic_pointer_get ((gpointer *) &original) == NULL)
    g_atomic_pointer_set ((gpointer *) &original, dlsym (RTLD_NEXT, LSTAT_NAME));

  return original (path, info);
}

/* FORTIFIED: the libc's, with which _FORTIFY_SOURCE checks the flags. */
#if defined(__USE_FILE_OFFSET64) && defined(__REDIRECT)
#define OPEN_NAME      "open64"
#define FORTIFIED_OPEN __open64_2
#else
#define OPEN_NAME      "open"
#define FORTIFIED_OPEN __open_2
#endif

int FORTIFIED_OPEN (const char *path, int flags);

int
open (const char *path, int flags, ...)
{
  static int (*original) (const char *path, int flags, mode_t mode);
  mode_t mode = 0;
  va_list arguments;

  va_start (arguments, flags);
  if (flags & O_CREAT)
    mode = va_arg (arguments, mode_t);
  va_end (arguments);

  wait_for_disk (path);
  if (g_atomic_pointer_get ((gpointer *) &original) == NULL)
    g_atomic_pointer_set ((gpointer *) &original, dlsym (RTLD_NEXT, OPEN_NAME));

  return original (path, flags, mode);
}

int
FORTIFIED_OPEN (const char *path, int flags)
{
  return open (path, flags);
}

char *
realpath (const char *path, char *resolved)
{
  static char *(*original) (const char *path, char *resolved);

  wait_for_disk (path);
  if (g_atomic_pointer_get ((gpointer *) &original) == NULL)
    g_atomic_pointer_set ((gpointer *) &original, dlsym (RTLD_NEXT, "realpath"));

  return original (path, resolved);
}

int
inotify_add_watch (int fd, const char *path, guint32 mask)
{
  wait_for_disk (path);

  return (int) syscall (SYS_inotify_add_watch, fd, path, mask);
}
