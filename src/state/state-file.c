/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-file.h"

#include "common/error.h"
#include "config/read-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define DIRECTORY_MODE 0700

#define ADVICE ". Look at the owner, the permissions and the free space of the state directory"

void
arc_state_file_set_error (GError **error, const char *path, const char *what)
{
  int saved_errno = errno;
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY, "%s: %s: %s%s", name, what,
               g_strerror (saved_errno), saved_errno == EMFILE ? "" : ADVICE);
}

gboolean
arc_state_file_make_directory (const char *path, GError **error)
{
  GStatBuf info;

  if (g_mkdir_with_parents (path, DIRECTORY_MODE) < 0 || g_stat (path, &info) < 0)
    {
      arc_state_file_set_error (error, path, "Cannot make the directory");
      return FALSE;
    }

  if ((info.st_mode & 0777) != DIRECTORY_MODE && g_chmod (path, DIRECTORY_MODE) < 0)
    {
      arc_state_file_set_error (error, path, "Cannot make the directory private");
      return FALSE;
    }

  return TRUE;
}

gboolean
arc_state_file_write (const char *path, GBytes *bytes, GFileSetContentsFlags flags, GError **error)
{
  g_autoptr (GError) write_error = NULL;
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  /* No bytes may be no pointer. */
  if (g_file_set_contents_full (path, data != NULL ? data : "", (gssize) length,
                                G_FILE_SET_CONTENTS_CONSISTENT | flags, ARC_STATE_FILE_MODE,
                                &write_error))
    return TRUE;

  g_set_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY, "%s%s", write_error->message,
               g_error_matches (write_error, G_FILE_ERROR, G_FILE_ERROR_MFILE) ? "" : ADVICE);

  return FALSE;
}

/* g_file_set_contents() writes to the name with a dot and six characters of mkstemp(3) behind it.
 */
static gboolean
is_leftover (const char *found, const char *const *names)
{
  const char *dot = strrchr (found, '.');
  g_autofree char *name = NULL;

  if (dot == NULL || strlen (dot) != strlen (".XXXXXX"))
    return FALSE;

  name = g_strndup (found, (gsize) (dot - found));

  return g_strv_contains (names, name);
}

void
arc_state_file_remove_leftovers (const char *directory, const char *const *names)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *found;

  while (dir != NULL && (found = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, found, NULL);

      if (is_leftover (found, names))
        g_unlink (path);
    }
}

GBytes *
arc_state_file_read (const char *path, gsize max_size, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  gsize length;
  char *data = arc_read_file (path, ARC_READ_DEFAULT, max_size, &length, &read_error);

  if (data != NULL)
    return g_bytes_new_take (data, length);

  if (!g_error_matches (read_error, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
      !g_error_matches (read_error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
    g_propagate_error (error, g_steal_pointer (&read_error));

  return NULL;
}

void
arc_state_file_put_aside (const char *path, GError **error)
{
  g_autofree char *aside = g_strconcat (path, ".damaged", NULL);
  g_autofree char *shown = g_filename_display_name (path);

  if (g_rename (path, aside) == 0)
    g_prefix_error (error, "%s, now put aside with .damaged at its end: ", shown);
  else
    g_prefix_error (error, "%s: ", shown);
}
