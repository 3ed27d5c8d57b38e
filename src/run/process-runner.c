/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "run/process-runner.h"

#include "common/error.h"
#include "run/build-log.h"
#include "run/process-group.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* What is read in one dispatch: all that a pipe holds (pipe(7)), and no more, so that a child that
 * writes without end does not keep the main loop from others. */
#define CHUNK_SIZE (64 * 1024)

/* Longer lines come in pieces. */
#define LINE_SIZE (64 * 1024)

#define SAMPLE_SECONDS 1

struct _ArcProcessRunner
{
  GObject parent_instance;

  struct rlimit files; /* RLIMIT_NOFILE of the child */

  /* Of the running build; all of it is zero while there is none. */
  GSubprocess *process;      /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) (nullable): withdraws our wait for the process */
  pid_t group;               /* process group, session and leader have the same number */
  int output;                /* the pipe, owned by `process`; -1 after its end */
  guint output_id;
  guint sample_id;
  guint timeout_id;
  ArcBuildLog *log; /* (owned) (nullable) */
  GString *line;    /* (owned) (nullable): what has come of the next one */
  gint64 stop_grace;
  gboolean stopped; /* we ended it, because of `stop_result` */
  ArcResult stop_result;
  gboolean exited;    /* the leader */
  gboolean ending;    /* the group is being ended, or has ended */
  gboolean is_ended;  /* the group: nothing is left, or nothing more can be done */
  gboolean left_over; /* something of the group survives SIGKILL */
  int wait_status;
  guint64 children_cpu; /* before it began */
  ArcOutcome outcome;
};

static ArcOutcome *
copy_outcome (ArcOutcome *outcome)
{
  ArcOutcome *copy = g_memdup2 (outcome, sizeof *outcome);

  copy->message = g_strdup (outcome->message);

  return copy;
}

static void
free_outcome (ArcOutcome *outcome)
{
  g_free ((char *) outcome->message);
  g_free (outcome);
}

G_DEFINE_BOXED_TYPE (ArcOutcome, arc_outcome, copy_outcome, free_outcome)
G_DEFINE_FINAL_TYPE (ArcProcessRunner, arc_process_runner, G_TYPE_OBJECT)

enum
{
  SIGNAL_LINE,
  SIGNAL_ENDED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static guint64
get_children_cpu (void)
{
  struct rusage usage;

  getrusage (RUSAGE_CHILDREN, &usage);

  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * (guint64) G_USEC_PER_SEC +
         usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* The kernel keeps the largest resident set in VmHWM (proc(5)). The ru_maxrss that wait4(2) gives
 * is no use: exec(2) puts the memory of the forked copy of *this* process into it. */
static void
sample_rss (ArcProcessRunner *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) self->group);
  g_autofree char *text = NULL;
  const char *line;

  if (self->exited || !g_file_get_contents (path, &text, NULL, NULL))
    return;

  /* A zombie has no such line. */
  line = strstr (text, "\nVmHWM:");
  if (line != NULL)
    {
      guint64 rss = g_ascii_strtoull (line + strlen ("\nVmHWM:"), NULL, 10) * 1024;

      self->outcome.max_rss = MAX (self->outcome.max_rss, rss);
    }
}

/* Without IS_WHOLE, it is a piece of a line that goes on. */
static void
emit_line (ArcProcessRunner *self, gboolean is_whole)
{
  if (self->log != NULL)
    arc_build_log_append_line (self->log, self->line->str, self->line->len, is_whole);
  g_signal_emit (self, signals[SIGNAL_LINE], 0, self->line);
  g_string_truncate (self->line, 0);
}

static void
split_lines (ArcProcessRunner *self, const char *data, gsize length)
{
  while (length > 0)
    {
      const char *newline = memchr (data, '\n', length);
      gsize rest = newline != NULL ? (gsize) (newline - data) : length;
      gsize part = MIN (rest, LINE_SIZE - self->line->len);

      g_string_append_len (self->line, data, part);
      data += part;
      length -= part;

      if (part == rest && newline != NULL)
        {
          emit_line (self, TRUE);
          data++;
          length--;
        }
      else if (part < rest)
        emit_line (self, FALSE);
    }
}

/* Reads at most CHUNK_SIZE bytes of the output without waiting; the number of bytes, 0 if there are
 * none now. */
static gsize
read_output (ArcProcessRunner *self)
{
  char chunk[CHUNK_SIZE];
  gssize length;

  do
    length = read (self->output, chunk, sizeof chunk);
  while (length < 0 && errno == EINTR);

  if (length == 0 || (length < 0 && errno != EAGAIN))
    {
      /* Every writer is gone. */
      g_clear_handle_id (&self->output_id, g_source_remove);
      self->output = -1;
    }

  if (length <= 0)
    return 0;

  sample_rss (self);
  split_lines (self, chunk, length);

  return length;
}

/* Reads what is in the pipe now. Another process that holds it may write on, so neither the end of
 * the file nor an empty pipe is waited for. */
static void
drain_output (ArcProcessRunner *self)
{
  int available = 0;

  if (self->output >= 0)
    ioctl (self->output, FIONREAD, &available);

  while (available > 0 && self->output >= 0)
    {
      gsize length = read_output (self);

      if (length == 0)
        break;
      available -= length;
    }
}

static gboolean
on_output (gint fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (ArcProcessRunner) self = g_object_ref (ARC_PROCESS_RUNNER (user_data));

  read_output (self);

  return G_SOURCE_CONTINUE;
}

static gboolean
on_sample (gpointer user_data)
{
  sample_rss (ARC_PROCESS_RUNNER (user_data));

  return G_SOURCE_CONTINUE;
}

static void end_group (ArcProcessRunner *self);

static void
stop (ArcProcessRunner *self, ArcResult result)
{
  /* The program ended by itself; what is left of its group is being ended already. */
  if (self->stopped || self->exited)
    return;

  self->stopped = TRUE;
  self->stop_result = result;
  end_group (self);
}

static gboolean
on_timeout (gpointer user_data)
{
  ArcProcessRunner *self = ARC_PROCESS_RUNNER (user_data);

  self->timeout_id = 0;
  stop (self, ARC_RESULT_TIMEOUT);

  return G_SOURCE_REMOVE;
}

/* Lets go of everything that belongs to the build. */
static void
clear_run (ArcProcessRunner *self)
{
  g_clear_handle_id (&self->output_id, g_source_remove);
  g_clear_handle_id (&self->sample_id, g_source_remove);
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->process != NULL)
    g_input_stream_close (g_subprocess_get_stdout_pipe (self->process), NULL, NULL);
  g_clear_object (&self->process);
  if (self->log != NULL)
    arc_build_log_close_async (g_steal_pointer (&self->log), NULL, NULL, NULL);
  if (self->line != NULL)
    g_string_free (g_steal_pointer (&self->line), TRUE);
  self->output = -1;
  self->group = 0;
}

/* Fills in how it ended; (transfer full) (nullable): what there is to say about it. */
static char *
classify (ArcProcessRunner *self, const GError *log_error)
{
  ArcOutcome *outcome = &self->outcome;
  g_autoptr (GString) message = g_string_new (NULL);

  if (self->stopped)
    {
      /* Whatever it made of our signal: Emacs turns SIGTERM into exit status 15. */
      outcome->result = self->stop_result;
      if (self->stop_result == ARC_RESULT_TIMEOUT)
        g_string_append (message, "it ran longer than Timeout");
    }
  else if (WIFSIGNALED (self->wait_status))
    {
      outcome->result = ARC_RESULT_SIGNAL;
      outcome->exit_status = WTERMSIG (self->wait_status);
      g_string_append_printf (message, "killed by signal %d", outcome->exit_status);
    }
  else if (WEXITSTATUS (self->wait_status) != 0)
    {
      outcome->result = ARC_RESULT_FAILED;
      outcome->exit_status = WEXITSTATUS (self->wait_status);
    }
  else
    outcome->result = ARC_RESULT_SUCCESS;

  if (self->left_over)
    g_string_append_printf (message, "%sProcesses of its group %d survive SIGKILL",
                            message->len > 0 ? ". " : "", (int) self->group);
  if (log_error != NULL)
    g_string_append_printf (message, "%s%s", message->len > 0 ? ". " : "", log_error->message);

  return message->len > 0 ? g_string_free (g_steal_pointer (&message), FALSE) : NULL;
}

static void
on_log_closed (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcProcessRunner) self = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;
  ArcOutcome outcome;

  arc_build_log_close_finish (result, &error);
  /* The runner is no more. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  self = g_object_ref (ARC_PROCESS_RUNNER (user_data));
  message = classify (self, error);
  outcome = self->outcome;
  outcome.message = message;
  clear_run (self);
  /* Nothing of the build is left in here, so that a handler may start the next. */
  g_signal_emit (self, signals[SIGNAL_ENDED], 0, &outcome);
}

/* When the program has exited and its group has ended, nothing of the build is left but its log,
 * whose disk may take its time. */
static void
end_run_if_done (ArcProcessRunner *self)
{
  if (!self->exited || !self->is_ended)
    return;

  drain_output (self);
  if (self->line->len > 0)
    emit_line (self, FALSE);

  self->left_over = arc_process_group_is_alive (self->group);
  g_clear_handle_id (&self->output_id, g_source_remove);
  arc_build_log_close_async (g_steal_pointer (&self->log), self->cancellable, on_log_closed, self);
}

static void
on_group_ended (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcProcessRunner) self = NULL;
  g_autoptr (GError) error = NULL;

  arc_process_group_end_finish (result, &error);
  /* Cancelled: the runner is no more. */
  if (error != NULL)
    return;

  self = g_object_ref (ARC_PROCESS_RUNNER (user_data));
  self->is_ended = TRUE;
  end_run_if_done (self);
}

static void
end_group (ArcProcessRunner *self)
{
  if (self->ending)
    return;

  self->ending = TRUE;
  arc_process_group_end_async (self->group, NULL, self->stop_grace, self->cancellable,
                               on_group_ended, self);
}

static void
on_exited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ArcProcessRunner) self = NULL;

  /* Cancelled: the runner is no more. */
  if (!g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL))
    return;

  self = g_object_ref (ARC_PROCESS_RUNNER (user_data));
  self->exited = TRUE;
  self->wait_status = g_subprocess_get_status (self->process);
  self->outcome.cpu_usec = get_children_cpu () - self->children_cpu;
  g_clear_handle_id (&self->sample_id, g_source_remove);
  g_clear_handle_id (&self->timeout_id, g_source_remove);

  drain_output (self);
  end_group (self);
  end_run_if_done (self);
}

typedef struct
{
  pid_t parent;
  int report;             /* where the child writes its own number */
  const char *group_file; /* (nullable): see ArcRun */
  struct rlimit files;
} ChildSetup;

/* Writes NUMBER and a newline at the start of FILE, which is there; async-signal-safe, which
 * printf(3) is not. execve(2) closes it. */
static void
write_number (const char *file, pid_t number)
{
  const int fd = open (file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  char text[16];
  gsize start = sizeof text;

  text[--start] = '\n';
  for (; number > 0; number /= 10)
    text[--start] = (char) ('0' + number % 10);

  /* Without it the kernel still ends the leader with us. */
  if (fd >= 0 && write (fd, text + start, sizeof text - start) < 0)
    return;
}

/* In the child, between fork(2) and exec(2): only what signal-safety(7) lists. GLib has connected
 * the standard streams and made all other descriptors close-on-exec by now. */
static void
set_up_child (gpointer user_data)
{
  const ChildSetup *setup = user_data;
  const pid_t self_pid = getpid ();
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t none;

  setsid ();

  /* exec(2) keeps the mask and what is ignored; GLib resets but SIGCHLD, SIGHUP, SIGINT, SIGPIPE
   * and SIGTERM. */
  for (int number = 1; number < NSIG; number++)
    sigaction (number, &action, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);

  /* Programs that use select(2) must not get descriptors above FD_SETSIZE. In glibc this is one
   * system call. */
  setrlimit (RLIMIT_NOFILE, &setup->files);

  /* No build outlives the service. The parent may have died just before. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != setup->parent ||
      write (setup->report, &self_pid, sizeof self_pid) != sizeof self_pid)
    _exit (EXIT_FAILURE);

  /* Before anything of the program runs: what it starts does not die with the service. */
  if (setup->group_file != NULL)
    write_number (setup->group_file, self_pid);
}

static void
set_spawn_error (GError **error, const ArcRun *run, const GError *cause)
{
  const char *setting = run->setting != NULL ? run->setting : "Command";
  const char *kind = run->setting != NULL ? run->setting : "build";
  g_autofree char *shown = g_filename_display_name (run->argv[0]);
  g_autofree char *name = g_strdup_printf ("%s command %s", kind, shown);
  const char *where = strchr (run->argv[0], '/') != NULL ? "does not exist" : "is not in PATH";
  g_autofree char *what = NULL;

  if (g_error_matches (cause, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
    what = g_strdup_printf ("The %s %s: install it, or set", name, where);
  else if (g_error_matches (cause, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES))
    what = g_strdup_printf ("The %s may not be executed: correct its permissions, or set", name);
  else if (g_error_matches (cause, G_SPAWN_ERROR, G_SPAWN_ERROR_TOO_BIG))
    what =
        g_strdup_printf ("The arguments and the environment of the %s are too long: shorten", name);
  else
    what =
        g_strdup_printf ("The %s cannot be started: %s. If that lasts, set", name, cause->message);

  g_set_error (error, ARC_ERROR, ARC_ERROR_COMMAND, "%s %s in the group [Build] of the settings",
               what, setting);
}

/* (nullable) */
static GSubprocess *
launch (const ArcRun *run, ChildSetup *setup, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE |
                                 G_SUBPROCESS_FLAGS_SEARCH_PATH_FROM_ENVP);
  g_autoptr (GError) cause = NULL;
  GSubprocess *process;

  g_subprocess_launcher_set_environ (launcher, (char **) run->environment);
  g_subprocess_launcher_set_child_setup (launcher, set_up_child, setup, NULL);

  /* Returns when exec(2) has succeeded or failed. */
  process = g_subprocess_launcher_spawnv (launcher, run->argv, &cause);
  if (process == NULL)
    set_spawn_error (error, run, cause);

  return process;
}

static GSubprocess *
spawn (ArcProcessRunner *self, const ArcRun *run, GError **error)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) cause = NULL;
  ChildSetup setup = { .parent = getpid (), .files = self->files };
  int report[2];

  if (run->argv == NULL || run->argv[0] == NULL || *run->argv[0] == '\0')
    {
      g_set_error_literal (error, ARC_ERROR, ARC_ERROR_COMMAND,
                           "The build command is empty: set Command in the group [Build] of the "
                           "settings");
      return NULL;
    }

  /* g_subprocess_get_identifier() would be NULL for a child that was quick: a thread of GLib's may
   * have reaped it already. Its group may have members all the same, so let it tell its number. */
  if (!g_unix_open_pipe (report, FD_CLOEXEC, &cause))
    {
      set_spawn_error (error, run, cause);
      return NULL;
    }
  setup.report = report[1];
  setup.group_file = run->group_file;

  process = launch (run, &setup, error);
  close (report[1]);
  if (process != NULL && read (report[0], &self->group, sizeof self->group) != sizeof self->group)
    {
      g_set_error (error, ARC_ERROR, ARC_ERROR_COMMAND, "The build did not get to start");
      g_clear_object (&process);
    }
  close (report[0]);

  return g_steal_pointer (&process);
}

static void
watch_output (ArcProcessRunner *self)
{
  GInputStream *output = g_subprocess_get_stdout_pipe (self->process);

  /* Both ends have a file description of their own (pipe(2)): the child's still blocks. */
  self->output = g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (output));
  g_unix_set_fd_nonblocking (self->output, TRUE, NULL);
  self->output_id =
      g_unix_fd_add_full (G_PRIORITY_DEFAULT_IDLE, self->output, G_IO_IN, on_output, self, NULL);
  g_source_set_name_by_id (self->output_id, "[arcology] build output");
}

static void
start_timers (ArcProcessRunner *self, gint64 timeout)
{
  self->sample_id = g_timeout_add_seconds (SAMPLE_SECONDS, on_sample, self);
  g_source_set_name_by_id (self->sample_id, "[arcology] build memory");
  if (timeout == 0)
    return;

  /* G_MAXUINT milliseconds are 49 days, and no setting is as long. */
  self->timeout_id =
      g_timeout_add ((guint) MIN (timeout / G_TIME_SPAN_MILLISECOND, G_MAXUINT - 1) + 1, on_timeout,
                     self);
  g_source_set_name_by_id (self->timeout_id, "[arcology] build timeout");
}

gboolean
arc_process_runner_start (ArcProcessRunner *self, const ArcRun *run, GError **error)
{
  guint64 children_cpu = get_children_cpu ();

  g_return_val_if_fail (run != NULL, FALSE);
  g_return_val_if_fail (self->process == NULL, FALSE);

  self->process = spawn (self, run, error);
  if (self->process == NULL)
    return FALSE;

  self->children_cpu = children_cpu;
  self->stop_grace = run->stop_grace;
  self->stopped = FALSE;
  self->exited = FALSE;
  self->ending = FALSE;
  self->is_ended = FALSE;
  self->outcome = (ArcOutcome){ 0 };
  self->line = g_string_new (NULL);
  if (run->log_file != NULL)
    self->log = arc_build_log_open (run->log_file);

  watch_output (self);
  sample_rss (self);
  start_timers (self, run->timeout);
  self->cancellable = g_cancellable_new ();
  g_subprocess_wait_async (self->process, self->cancellable, on_exited, self);

  return TRUE;
}

void
arc_process_runner_stop (ArcProcessRunner *self, ArcResult result)
{
  g_return_if_fail (result == ARC_RESULT_CANCELED || result == ARC_RESULT_INTERRUPTED);

  if (self->process != NULL)
    stop (self, result);
}

gboolean
arc_process_runner_is_running (ArcProcessRunner *self)
{
  return self->process != NULL;
}

static void
arc_process_runner_dispose (GObject *object)
{
  ArcProcessRunner *self = ARC_PROCESS_RUNNER (object);

  if (self->process != NULL)
    {
      /* While only the log is waited for, the number of the group may be that of another one. */
      if (!self->exited || !self->is_ended)
        kill (-self->group, SIGKILL);
      clear_run (self);
    }

  G_OBJECT_CLASS (arc_process_runner_parent_class)->dispose (object);
}

static void
arc_process_runner_init (ArcProcessRunner *self)
{
  self->output = -1;
  getrlimit (RLIMIT_NOFILE, &self->files);
}

static void
arc_process_runner_class_init (ArcProcessRunnerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = arc_process_runner_dispose;

  /* Not a C string, which would be copied up to its first NUL. */
  signals[SIGNAL_LINE] =
      g_signal_new ("line", ARC_TYPE_PROCESS_RUNNER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, G_TYPE_GSTRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_ENDED] = g_signal_new ("ended", ARC_TYPE_PROCESS_RUNNER, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 1, ARC_TYPE_OUTCOME);
}

ArcProcessRunner *
arc_process_runner_new (void)
{
  return g_object_new (ARC_TYPE_PROCESS_RUNNER, NULL);
}
