/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "run/process-group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long a process may take to go after SIGKILL, and how often to look. */
#define KILL_TIMEOUT  (5 * G_USEC_PER_SEC)
#define POLL_INTERVAL (10 * G_TIME_SPAN_MILLISECOND)

/* How long a process may take to become another program. */
#define EXEC_TIMEOUT (100 * G_TIME_SPAN_MILLISECOND)

/* Whether the process PID, a directory of /proc, is one of GROUP and no zombie. */
static gboolean
is_member (const char *pid, pid_t group)
{
  char path[64];
  char text[512];
  const char *end_of_name;
  char state;
  int process_group;
  int fd;
  gssize length;

  g_snprintf (path, sizeof path, "/proc/%.32s/stat", pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  length = read (fd, text, sizeof text - 1);
  close (fd);
  if (length <= 0)
    return FALSE;
  text[length] = '\0';

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

  /* Nobody can know, so be careful. */
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
  /* EPERM: there are some, and all of them are somebody else's (kill(2)). */
  if (kill (-group, 0) < 0 && errno == ESRCH)
    return FALSE;

  /* kill(2) finds zombies, too, and those that nobody reaps stay for ever. */
  return has_member (group, NULL);
}

static gboolean
wait_until_gone (pid_t group, gint64 timeout)
{
  const gint64 deadline = g_get_monotonic_time () + timeout;

  while (arc_process_group_is_alive (group))
    {
      if (g_get_monotonic_time () >= deadline)
        return FALSE;
      g_usleep (POLL_INTERVAL);
    }

  return TRUE;
}

/* Whether GROUP is one that has ASSIGNMENT in its environment. In the middle of execve(2) a process
 * has none (environ_read() of fs/proc/base.c), so this looks more than once. */
static gboolean
is_marked (pid_t group, const char *assignment)
{
  const gint64 deadline = g_get_monotonic_time () + EXEC_TIMEOUT;

  while (!has_member (group, assignment))
    {
      if (g_get_monotonic_time () >= deadline || !arc_process_group_is_alive (group))
        return FALSE;
      g_usleep (POLL_INTERVAL);
    }

  return TRUE;
}

gboolean
arc_process_group_end (pid_t group, const char *assignment, gint64 grace)
{
  /* 0 and 1 would be our own group and every process (kill(2)). */
  if (group <= 1 || !is_marked (group, assignment))
    return FALSE;

  kill (-group, SIGTERM);
  kill (-group, SIGCONT); /* a stopped process gets the signal only when it goes on */
  if (wait_until_gone (group, grace))
    return TRUE;

  kill (-group, SIGKILL);
  wait_until_gone (group, KILL_TIMEOUT);

  return TRUE;
}
