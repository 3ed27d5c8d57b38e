/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "run/process-group.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A process survives SIGKILL while it hangs in the kernel, as on a dead network file system. */
#define KILL_TIMEOUT (5 * G_USEC_PER_SEC)

/* How often to look: the kernel does not report the end of processes that are not our children.
 * Milliseconds. */
#define POLL_MIN 5
#define POLL_MAX 50

/* How long a process may take to become another program, and how often to look at least: where
 * other processes have the processors, few looks fit in the time. */
#define EXEC_TIMEOUT G_TIME_SPAN_SECOND
#define EXEC_LOOKS   20

/* Whether the process PID, a directory of /proc, is one of GROUP and no zombie. */
static gboolean
is_member (const char *pid, pid_t group)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/stat", pid);
  g_autofree char *text = NULL;
  const char *end_of_name;
  char state;
  int process_group;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;

  /* "PID (NAME) STATE PPID PGRP ...": the name may hold anything (proc(5)). */
  end_of_name = strrchr (text, ')');

  return end_of_name != NULL && sscanf (end_of_name, ") %c %*d %d", &state, &process_group) == 2 &&
         process_group == group && state != 'Z' && state != 'X';
}

/* Whether ASSIGNMENT is one of the strings of /proc/PID/environ. */
static gboolean
has_assignment (const char *pid, const char *assignment)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/environ", pid);
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, NULL))
    return FALSE;

  for (gsize i = 0; i < length; i += strlen (text + i) + 1)
    if (strcmp (text + i, assignment) == 0)
      return TRUE;

  return FALSE;
}

/* Whether GROUP has a member that is no zombie and, unless ASSIGNMENT is NULL, has that in its
 * environment. */
static gboolean
has_member (pid_t group, const char *assignment)
{
  DIR *proc = opendir ("/proc");
  const struct dirent *entry;
  gboolean found = FALSE;

  /* Without proc(5), the group counts as alive, and as another one than that of ASSIGNMENT. */
  if (proc == NULL)
    return assignment == NULL;

  while (!found && (entry = readdir (proc)) != NULL)
    found = g_ascii_isdigit (entry->d_name[0]) && is_member (entry->d_name, group) &&
            (assignment == NULL || has_assignment (entry->d_name, assignment));

  closedir (proc);

  return found;
}

gboolean
arc_process_group_is_alive (pid_t group)
{
  /* EPERM: there are some, and all of them belong to other users (kill(2)). */
  if (kill (-group, 0) < 0 && errno == ESRCH)
    return FALSE;

  /* kill(2) finds zombies, too, and those that are not reaped stay for ever. */
  return has_member (group, NULL);
}

/**
 * EndStep:
 * @END_STEP_FIND: it is not known yet whether the group is the one that is meant
 * @END_STEP_TERMINATE: the group has got SIGTERM
 * @END_STEP_KILL: the group has got SIGKILL
 */
typedef enum
{
  END_STEP_FIND,
  END_STEP_TERMINATE,
  END_STEP_KILL,
} EndStep;

typedef struct
{
  pid_t group;
  char *assignment; /* (owned) (nullable) */
  gint64 grace;
  EndStep step;
  gint64 deadline; /* of the step; g_get_monotonic_time() */
  guint n_looks;   /* in the first step */
  guint interval;  /* to the next look */
} End;

static void
end_free (gpointer data)
{
  End *end = data;

  g_free (end->assignment);
  g_free (end);
}

static void
begin_step (End *end, EndStep step, gint64 duration)
{
  end->step = step;
  end->deadline = g_get_monotonic_time () + duration;
}

/* The number of the group stays its own for as long as it has a member, even when the leader has
 * been reaped. After that the kernel goes round all other numbers before it gives it away again
 * (pid_max, proc(5)), which takes longer than from one look to the next. */
static void
terminate (End *end)
{
  kill (-end->group, SIGTERM);
  kill (-end->group, SIGCONT); /* a stopped process gets the signal only when it goes on */
  begin_step (end, END_STEP_TERMINATE, end->grace);
}

/* Returns: whether the group is not the one that is meant. */
static gboolean
find (End *end)
{
  if (has_member (end->group, end->assignment))
    {
      terminate (end);
      return FALSE;
    }

  /* In the middle of execve(2) a process has no environment (environ_read() of fs/proc/base.c), so
   * this looks more than once. */
  end->n_looks++;
  return end->assignment == NULL ||
         (g_get_monotonic_time () >= end->deadline && end->n_looks >= EXEC_LOOKS) ||
         !arc_process_group_is_alive (end->group);
}

/* Returns: whether there is nothing more to do. */
static gboolean
go_on (GTask *task)
{
  End *end = g_task_get_task_data (task);
  const gboolean late = g_get_monotonic_time () >= end->deadline;

  if (g_task_return_error_if_cancelled (task))
    return TRUE;

  if (end->step == END_STEP_FIND)
    {
      if (!find (end))
        return FALSE;

      g_task_return_boolean (task, FALSE);
      return TRUE;
    }

  if (!arc_process_group_is_alive (end->group) || (late && end->step == END_STEP_KILL))
    {
      g_task_return_boolean (task, TRUE);
      return TRUE;
    }

  if (late)
    {
      kill (-end->group, SIGKILL);
      begin_step (end, END_STEP_KILL, KILL_TIMEOUT);
    }

  return FALSE;
}

static void look (GTask *task);

static gboolean
on_poll (gpointer user_data)
{
  look (G_TASK (user_data));

  return G_SOURCE_REMOVE;
}

static void
look (GTask *task)
{
  End *end = g_task_get_task_data (task);
  g_autoptr (GSource) poll = NULL;

  if (go_on (task))
    return;

  poll = g_timeout_source_new (end->interval);
  end->interval = MIN (2 * end->interval, POLL_MAX);
  g_source_set_static_name (poll, "[arcology] process group");
  g_task_attach_source (task, poll, on_poll);
}

void
arc_process_group_end_async (pid_t group,
                             const char *assignment,
                             gint64 grace,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  End *end = g_new0 (End, 1);

  g_task_set_source_tag (task, arc_process_group_end_async);
  end->group = group;
  end->assignment = g_strdup (assignment);
  end->grace = grace;
  end->interval = POLL_MIN;
  begin_step (end, END_STEP_FIND, EXEC_TIMEOUT);
  g_task_set_task_data (task, end, end_free);

  /* 0 and 1 would be our own group and every process (kill(2)). */
  if (group <= 1)
    g_task_return_boolean (task, FALSE);
  else
    look (task);
}

gboolean
arc_process_group_end_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, arc_process_group_end_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
