/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Takes the flock(2) on the file PATH, which is made if need be, without waiting, and writes our
 * pid into it for people to read. Returns a descriptor, close-on-exec; the lock is let go when it
 * is closed, and the file stays: removing it would race with whoever is opening it.
 *
 * A file that is there serves also if it cannot be written, as on a file system that is full or
 * read-only.
 *
 * -1 and ARC_ERROR_LOCKED, which names the owner and DIRECTORY, what the lock is for, if another
 * process has it; -1 and ARC_ERROR_STATE_DIRECTORY, which names PATH, if it cannot be had. */
int arc_lock_file_take (const char *path, const char *directory, GError **error);

/* Whether FD, which arc_lock_file_take() returned, is still the file PATH, where others look for
 * it: somebody may have removed it. */
gboolean arc_lock_file_is_at (int fd, const char *path);

G_END_DECLS
