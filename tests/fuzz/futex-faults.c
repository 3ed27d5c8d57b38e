/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* To be preloaded (ld.so(8)): waits for the locks and conditions of GLib end early, as the kernel
 * may let them. GLib makes these waits with syscall(2) (g_futex_simple(), glib/gthreadprivate.h).
 *
 * FUTEX_ERROR is the number of the error. FUTEX_WHEN=N: the N-th wait of each thread ends so;
 * FUTEX_EVERY=N: each N-th. FUTEX_LOG is a file that gets a byte for each. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static long
get_number (const char *name)
{
  const char *text = getenv (name);

  return text != NULL ? strtol (text, NULL, 10) : 0;
}

/* Whether this wait is one of those that end early. */
static int
is_chosen (void)
{
  static _Thread_local long n_waits;
  const long every = get_number ("FUTEX_EVERY");

  n_waits++;

  return every > 0 ? n_waits % every == 0 : n_waits == get_number ("FUTEX_WHEN");
}

static void
note (void)
{
  const char *file = getenv ("FUTEX_LOG");
  const int fd = open (file != NULL ? file : "", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    return;

  if (write (fd, ".", 1) != 1)
    abort ();
  close (fd);
}

long
syscall (long number, ...)
{
  static long (*original) (long number, ...);
  long arguments[6];
  va_list list;

  va_start (list, number);
  for (int i = 0; i < 6; i++)
    arguments[i] = va_arg (list, long);
  va_end (list);

  if (number == SYS_futex && (arguments[1] & FUTEX_CMD_MASK) == FUTEX_WAIT && is_chosen ())
    {
      note ();
      errno = (int) get_number ("FUTEX_ERROR");
      return -1;
    }

  if (__atomic_load_n (&original, __ATOMIC_RELAXED) == NULL)
    __atomic_store_n (&original, dlsym (RTLD_NEXT, "syscall"), __ATOMIC_RELAXED);

  return original (number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                   arguments[5]);
}
