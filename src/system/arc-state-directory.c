/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-state-directory.h"

#include "core/arc-error.h"
#include "system/arc-lock-file.h"
#include "system/arc-spare.h"
#include "system/arc-state-file.h"

#include <unistd.h>

#define LOCK_NAME "lock"

struct _ArcStateDirectory
{
  char *path;                 /* (owned) */
  char *spare;                /* (owned) (nullable) */
  const char *const *written; /* see arc_state_directory_new() */
  char *problem;              /* (owned) (nullable) */
  int lock;                   /* -1 if we do not have it */
  int spare_lock;             /* the same */
};

ArcStateDirectory *
arc_state_directory_new (const char *path, const char *const *written)
{
  ArcStateDirectory *directory = g_new0 (ArcStateDirectory, 1);

  directory->path = g_strdup (path);
  directory->written = written;
  directory->lock = -1;
  directory->spare_lock = -1;

  return directory;
}

void
arc_state_directory_free (ArcStateDirectory *directory)
{
  arc_state_directory_unlock (directory);
  g_free (directory->path);
  g_free (directory->spare);
  g_free (directory->problem);
  g_free (directory);
}

static void
close_lock (int *lock)
{
  if (*lock >= 0)
    close (*lock);
  *lock = -1;
}

/* LOCK is then that of PLACE. */
static gboolean
take_lock (ArcStateDirectory *directory, const char *place, int *lock, GError **error)
{
  g_autofree char *path = g_build_filename (place, LOCK_NAME, NULL);

  if (*lock >= 0 && arc_lock_file_is_at (*lock, path))
    return TRUE;

  /* Or somebody has removed it, with its directory. */
  close_lock (lock);
  *lock = arc_lock_file_take (path, directory->path, error);
  if (*lock < 0)
    return FALSE;

  arc_state_file_remove_leftovers (place, directory->written);

  return TRUE;
}

gboolean
arc_state_directory_take (ArcStateDirectory *directory, GError **error)
{
  g_autoptr (GError) directory_error = NULL;
  g_autoptr (GError) lock_error = NULL;
  GError **reason = &lock_error;

  /* A lock that is there will do, whatever the directory is like. */
  arc_state_file_make_directory (directory->path, &directory_error);
  if (take_lock (directory, directory->path, &directory->lock, &lock_error))
    return TRUE;

  if (directory_error != NULL && !arc_error_is_locked (lock_error))
    reason = &directory_error;
  g_propagate_error (error, g_steal_pointer (reason));

  return FALSE;
}

gboolean
arc_state_directory_prepare (ArcStateDirectory *directory, GError **error)
{
  return arc_state_directory_take (directory, error) &&
         arc_state_file_make_directory (directory->path, error);
}

const char *
arc_state_directory_take_spare (ArcStateDirectory *directory, GError **error)
{
  const char *spare = arc_state_directory_get_spare (directory, error);

  if (spare == NULL || !take_lock (directory, spare, &directory->spare_lock, error))
    return NULL;

  return spare;
}

gboolean
arc_state_directory_lock (ArcStateDirectory *directory, GError **error)
{
  g_autoptr (GError) spare_error = NULL;
  g_autoptr (GError) own_error = NULL;

  arc_state_directory_take_spare (directory, &spare_error);
  if (!arc_error_is_locked (spare_error) && arc_state_directory_take (directory, &own_error))
    return TRUE;

  if (own_error == NULL)
    g_propagate_error (error, g_steal_pointer (&spare_error));
  else if (directory->spare_lock < 0 || arc_error_is_locked (own_error))
    g_propagate_error (error, g_steal_pointer (&own_error));
  else
    {
      arc_state_directory_set_problem (directory, own_error);
      return TRUE;
    }

  arc_state_directory_unlock (directory);
  return FALSE;
}

void
arc_state_directory_unlock (ArcStateDirectory *directory)
{
  close_lock (&directory->lock);
  close_lock (&directory->spare_lock);
}

const char *
arc_state_directory_get_spare (ArcStateDirectory *directory, GError **error)
{
  /* Whoever logs out and in again may find that systemd-logind has emptied XDG_RUNTIME_DIR. */
  if (directory->spare != NULL && g_file_test (directory->spare, G_FILE_TEST_IS_DIR))
    return directory->spare;

  g_free (directory->spare);
  directory->spare = arc_spare_make (directory->path, error);

  return directory->spare;
}

const char *
arc_state_directory_get_path (const ArcStateDirectory *directory)
{
  return directory->path;
}

char *
arc_state_directory_get_file (const ArcStateDirectory *directory, const char *name)
{
  return g_build_filename (directory->path, name, NULL);
}

char *
arc_state_directory_get_spare_file (ArcStateDirectory *directory, const char *name)
{
  const char *spare = arc_state_directory_get_spare (directory, NULL);

  return spare != NULL ? g_build_filename (spare, name, NULL) : NULL;
}

const char *
arc_state_directory_get_problem (const ArcStateDirectory *directory)
{
  return directory->problem;
}

void
arc_state_directory_set_problem (ArcStateDirectory *directory, const GError *why)
{
  g_autofree char *spare = NULL;

  g_clear_pointer (&directory->problem, g_free);
  if (why == NULL)
    return;

  if (directory->spare == NULL || arc_error_is_locked (why))
    {
      directory->problem = g_strdup (why->message);
      return;
    }

  spare = g_filename_display_name (directory->spare);
  directory->problem =
      g_strdup_printf ("%s. Until it can be used again, %s takes its place", why->message, spare);
}
