/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-spare.h"

#include "core/arc-error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "arcology-builder"

/* Enough of a digest that no two state directories of a user share it. */
#define KEY_LENGTH 16

/* In TMPDIR anybody may have made a directory of that name, to read what we write there. */
static gboolean
make_private (const char *path)
{
  struct stat info;

  if (g_mkdir (path, 0700) < 0 && errno != EEXIST)
    return FALSE;

  if (lstat (path, &info) < 0)
    return FALSE;

  if (!S_ISDIR (info.st_mode) || info.st_uid != geteuid () || (info.st_mode & 077) != 0)
    {
      errno = EPERM;
      return FALSE;
    }

  return TRUE;
}

/* (transfer full) (nullable) */
static char *
make_below (const char *parent, const char *name, const char *key)
{
  g_autofree char *ours = g_build_filename (parent, name, NULL);
  g_autofree char *path = g_build_filename (ours, key, NULL);

  if (make_private (ours) && make_private (path) && g_access (path, W_OK) == 0)
    return g_steal_pointer (&path);

  return NULL;
}

char *
arc_spare_make (const char *directory, GError **error)
{
  g_autofree char *key = g_compute_checksum_for_string (G_CHECKSUM_SHA256, directory, -1);
  g_autofree char *name = g_strdup_printf (NAME "-%u", (guint) geteuid ());
  g_autofree char *shown = NULL;
  char *path;
  int saved_errno;

  key[KEY_LENGTH] = '\0';
  /* Without XDG_RUNTIME_DIR it is the cache, which may not be there yet. */
  g_mkdir_with_parents (g_get_user_runtime_dir (), 0700);
  path = make_below (g_get_user_runtime_dir (), NAME, key);
  if (path == NULL)
    path = make_below (g_get_tmp_dir (), name, key);
  if (path != NULL)
    return path;

  saved_errno = errno;
  shown = g_filename_display_name (g_get_tmp_dir ());
  g_set_error (error, ARC_ERROR, ARC_ERROR_STATE_DIRECTORY,
               "%s/%s/%s: Cannot make the directory: %s", shown, name, key,
               g_strerror (saved_errno));

  return NULL;
}
