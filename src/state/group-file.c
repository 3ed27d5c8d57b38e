/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/group-file.h"

#include "config/read-file.h"
#include "run/process-group.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* The largest file that can be meant. */
#define MAX_SIZE 64

/* Where the record may be: in the state directory if XDG_RUNTIME_DIR was not there, or if an older
 * version ran. */
#define N_PLACES 2

/* Room for a number, so that a disk that is full is found out before it is too late. */
char *
arc_group_file_make (const ArcStateDir *directory)
{
  static const char room[] = "               \n";
  g_autofree char *path = arc_state_dir_get_runtime_file (directory, ARC_STATE_GROUP_NAME);
  const int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                       ARC_STATE_FILE_MODE);
  const gboolean good = fd >= 0 && write (fd, room, strlen (room)) == (gssize) strlen (room);

  if (fd >= 0)
    close (fd);
  if (good)
    return g_steal_pointer (&path);

  g_unlink (path);
  return NULL;
}

void
arc_group_file_remove (const ArcStateDir *directory)
{
  g_autofree char *path = arc_state_dir_get_runtime_file (directory, ARC_STATE_GROUP_NAME);
  g_autofree char *persistent = g_build_filename (directory->path, ARC_STATE_GROUP_NAME, NULL);

  g_unlink (path);
  g_unlink (persistent);
}

/* What the records say. */
typedef struct
{
  const ArcStateDir *directory; /* (unowned) */
  gint64 grace;
  pid_t groups[N_PLACES];
  char *assignments[N_PLACES]; /* (owned): of the environment of a build */
  guint n_ended;
  gboolean found;
} Leftover;

static void
leftover_free (gpointer data)
{
  Leftover *leftover = data;

  for (guint i = 0; i < N_PLACES; i++)
    g_free (leftover->assignments[i]);
  g_free (leftover);
}

/* The process group in the file PATH; 0 if there is none. The number of a build and that of its
 * AfterBuild, which is written over it, may differ in length: only the first line counts. */
static pid_t
read_group (const char *path)
{
  gsize length;
  g_autofree char *text = arc_read_file (path, ARC_READ_DEFAULT, MAX_SIZE, &length, NULL);
  guint64 group = 0;

  if (text != NULL)
    {
      text[strcspn (text, "\n")] = '\0';
      g_ascii_string_to_unsigned (g_strchomp (text), 10, 2, G_MAXINT, &group, NULL);
    }

  return (pid_t) group;
}

static void
run_read (GTask *task,
          gpointer source G_GNUC_UNUSED,
          gpointer data,
          GCancellable *cancellable G_GNUC_UNUSED)
{
  Leftover *leftover = data;
  char *const paths[N_PLACES] = {
    arc_state_dir_get_runtime_file (leftover->directory, ARC_STATE_GROUP_NAME),
    g_build_filename (leftover->directory->path, ARC_STATE_GROUP_NAME, NULL)
  };

  for (guint i = 0; i < N_PLACES; i++)
    {
      g_autofree char *path = paths[i];
      g_autofree char *parent = g_path_get_dirname (path);

      leftover->groups[i] = read_group (path);
      leftover->assignments[i] =
          g_strconcat ("ARCOLOGY_CHANGES=", parent, "/" ARC_STATE_CHANGES_NAME, NULL);
    }
  g_task_return_boolean (task, TRUE);
}

static void end_next (GTask *task);

static void
on_group_ended (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Leftover *leftover = g_task_get_task_data (task);
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    leftover->found = TRUE;
  if (error != NULL)
    g_task_return_error (task, error);
  else
    end_next (g_steal_pointer (&task));
}

/* TASK: (transfer full). */
static void
end_next (GTask *task)
{
  Leftover *leftover = g_task_get_task_data (task);
  const guint i = leftover->n_ended++;

  if (i < N_PLACES)
    {
      arc_process_group_end_async (leftover->groups[i], leftover->assignments[i], leftover->grace,
                                   g_task_get_cancellable (task), on_group_ended, task);
      return;
    }

  g_task_return_boolean (task, leftover->found);
  g_object_unref (task);
}

static void
on_read (GObject *source G_GNUC_UNUSED, GAsyncResult *result G_GNUC_UNUSED, gpointer user_data)
{
  end_next (user_data);
}

void
arc_group_file_end_async (gpointer source,
                          const ArcStateDir *directory,
                          gint64 grace,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);
  g_autoptr (GTask) step = g_task_new (NULL, NULL, on_read, task);
  Leftover *leftover = g_new0 (Leftover, 1);

  leftover->directory = directory;
  leftover->grace = grace;
  g_task_set_source_tag (task, arc_group_file_end_async);
  g_task_set_task_data (task, leftover, leftover_free);
  g_task_set_source_tag (step, run_read);
  /* TASK has the data as long as the step runs. */
  g_task_set_task_data (step, leftover, NULL);
  g_task_run_in_thread (step, run_read);
}

gboolean
arc_group_file_end_finish (gpointer source, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, source), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
