/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/build-log-dir.h"

#include "common/error.h"
#include "state/state-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define NAME "logs"

/* "ID.log", as arc_build_log_dir_get_path() names it: digits without a leading zero. */
static gboolean
parse_name (const char *name, guint64 *id)
{
  g_autofree char *digits = NULL;

  if (!g_str_has_suffix (name, ".log") || name[0] == '0')
    return FALSE;

  digits = g_strndup (name, strlen (name) - strlen (".log"));

  return g_ascii_string_to_unsigned (digits, 10, 1, G_MAXINT64, id, NULL);
}

static int
compare_descending (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *) a;
  guint64 y = *(const guint64 *) b;

  return (x < y) - (x > y);
}

GArray *
arc_build_log_dir_list (const char *directory)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autofree char *path = g_build_filename (directory, NAME, NULL);
  g_autoptr (GDir) logs = g_dir_open (path, 0, NULL);
  const char *name;
  guint64 id;

  while (logs != NULL && (name = g_dir_read_name (logs)) != NULL)
    {
      if (parse_name (name, &id))
        g_array_append_val (ids, id);
    }

  g_array_sort (ids, compare_descending);

  return ids;
}

char *
arc_build_log_dir_get_path (const char *directory, guint64 id)
{
  return g_strdup_printf ("%s/" NAME "/%" G_GUINT64_FORMAT ".log", directory, id);
}

char *
arc_build_log_dir_make (const char *directory, guint64 id, GError **error)
{
  g_autofree char *logs = g_build_filename (directory, NAME, NULL);
  g_autofree char *log = arc_build_log_dir_get_path (directory, id);
  g_autoptr (GArray) ids = NULL;
  guint kept = 1;
  int fd;

  if (!arc_state_dir_make (directory, error) || !arc_state_dir_make (logs, error))
    return NULL;

  /* A log that cannot be removed does no harm. */
  ids = arc_build_log_dir_list (directory);
  for (guint i = 0; i < ids->len; i++)
    {
      const guint64 other = g_array_index (ids, guint64, i);

      if (other != id && ++kept > ARC_BUILD_LOG_DIR_MAX)
        {
          g_autofree char *old = arc_build_log_dir_get_path (directory, other);

          g_unlink (old);
        }
    }

  fd = open (log, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, ARC_STATE_FILE_MODE);
  if (fd < 0)
    {
      arc_state_dir_set_error (error, log, "Cannot make the log");
      return NULL;
    }
  close (fd);

  return g_steal_pointer (&log);
}

int
arc_build_log_dir_open (const char *directory, guint64 id, gboolean create, GError **error)
{
  g_autofree char *log = create ? arc_build_log_dir_make (directory, id, error)
                                : arc_build_log_dir_get_path (directory, id);
  int fd;

  if (log == NULL)
    return -1;

  /* The runner empties a file that is there and does not make a new one (run/build-log.c), so
   * a reader that opened it first reads what comes. */
  fd = open (log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd >= 0)
    return fd;

  if (errno == ENOENT)
    g_set_error (error, ARC_ERROR, ARC_ERROR_NO_SUCH_BUILD,
                 "There is no log of build %" G_GUINT64_FORMAT, id);
  else
    arc_state_dir_set_error (error, log, "Cannot read the log");

  return -1;
}
