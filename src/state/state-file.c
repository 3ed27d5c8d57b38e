/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-file.h"

#include "common/error.h"

#include <errno.h>
#include <glib/gstdio.h>

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
