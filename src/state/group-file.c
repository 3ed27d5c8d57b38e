/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/group-file.h"

#include "config/read-file.h"
#include "run/process-group.h"
#include "state/state-dir.h"
#include "state/state-writer.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* The largest file that can be meant. */
#define MAX_SIZE 64

/* Room for a number, so that a disk that is full is found out before it is too late. */
int
arc_group_file_make (const char *path)
{
  static const char room[] = "               \n";
  const int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                       ARC_STATE_FILE_MODE);

  if (fd >= 0 && write (fd, room, strlen (room)) == (gssize) strlen (room))
    return fd;

  if (fd >= 0)
    close (fd);
  g_unlink (path);

  return -1;
}

typedef struct
{
  char *files[2]; /* (owned): where the group may be */
  guint index;
  gint64 grace;
  gboolean found;
} Leftover;

static void
leftover_free (gpointer data)
{
  Leftover *leftover = data;

  g_free (leftover->files[0]);
  g_free (leftover->files[1]);
  g_free (leftover);
}

/* The process group in the file PATH; 0 if there is none. */
static guint64
read_group (const char *path)
{
  gsize length;
  g_autofree char *text = arc_read_file (path, ARC_READ_DEFAULT, MAX_SIZE, &length, NULL);
  guint64 group = 0;

  if (text != NULL)
    g_ascii_string_to_unsigned (g_strchomp (text), 10, 2, G_MAXINT, &group, NULL);

  return group;
}

static void on_leftover_ended (GObject *source, GAsyncResult *result, gpointer user_data);

/* Removes the file that was dealt with, and reads the next one. */
static void
run_next (GTask *task,
          gpointer source G_GNUC_UNUSED,
          gpointer data,
          GCancellable *cancellable G_GNUC_UNUSED)
{
  const Leftover *leftover = data;

  if (leftover->index > 0)
    g_unlink (leftover->files[leftover->index - 1]);
  g_task_return_int (task, leftover->index < G_N_ELEMENTS (leftover->files)
                               ? (gssize) read_group (leftover->files[leftover->index])
                               : 0);
}

/* Ends the group in the next file, which has the change list beside it. */
static void
on_next (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Leftover *leftover = g_task_get_task_data (task);
  const gssize group = g_task_propagate_int (G_TASK (result), NULL);
  g_autofree char *directory = NULL;
  g_autofree char *assignment = NULL;

  if (leftover->index == G_N_ELEMENTS (leftover->files))
    {
      g_task_return_boolean (task, leftover->found);
      return;
    }

  directory = g_path_get_dirname (leftover->files[leftover->index]);
  assignment = g_strconcat ("ARCOLOGY_CHANGES=", directory, "/" ARC_STATE_CHANGES_NAME, NULL);
  arc_process_group_end_async ((guint64) group, assignment, leftover->grace,
                               g_task_get_cancellable (task), on_leftover_ended,
                               g_object_ref (task));
}

/* TASK: (transfer full). */
static void
end_next (GTask *task)
{
  g_autoptr (GTask) step = g_task_new (NULL, NULL, on_next, task);

  g_task_set_source_tag (step, end_next);
  /* TASK has the data as long as the step runs. */
  g_task_set_task_data (step, g_task_get_task_data (task), NULL);
  g_task_run_in_thread (step, run_next);
}

static void
on_leftover_ended (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Leftover *leftover = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    leftover->found = TRUE;
  if (error != NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  leftover->index++;
  end_next (g_steal_pointer (&task));
}

void
arc_group_file_end_async (gpointer source,
                          char *const files[2],
                          gint64 grace,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);
  Leftover *leftover = g_new0 (Leftover, 1);

  g_task_set_source_tag (task, arc_group_file_end_async);
  for (guint i = 0; i < G_N_ELEMENTS (leftover->files); i++)
    leftover->files[i] = g_strdup (files[i]);
  leftover->grace = grace;
  g_task_set_task_data (task, leftover, leftover_free);
  end_next (task);
}
