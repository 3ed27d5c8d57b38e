/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "run/process-runner.h"

#include "common/error.h"
#include "run/build-log.h"
#include "test-util.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Long enough that a test that waits for it in vain is noticed. */
#define LONG_GRACE (ARC_TEST_DEADLINE_SECONDS * G_TIME_SPAN_SECOND)

typedef struct _Fixture Fixture;

typedef void (*LineFunc) (Fixture *fixture, const char *text, guint64 length);

struct _Fixture
{
  ArcProcessRunner *runner; /* (owned) (nullable) */
  char *directory;          /* (owned) */
  char *log_file;           /* (owned) */
  char *group_file;         /* (owned) */
  char *mark;               /* (owned): a file that scripts use to tell each other things */
  ArcRun run;
  GPtrArray *lines; /* (owned) (element-type GBytes) */
  LineFunc on_line; /* (nullable) */
  guint ended;
  ArcOutcome outcome;
  char *message; /* (owned) (nullable): of the outcome */
  guint again;   /* how many more runs the handler of `ended` starts */
};

static const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };

/* The process group of the build that was started last; FILE is its ArcRun.group_file. */
static pid_t
read_group (const char *file)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));

  return g_ascii_strtoull (text, NULL, 10);
}

static void
on_line (ArcProcessRunner *runner, const GString *line, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpint (line->str[line->len], ==, '\0');
  g_ptr_array_add (fixture->lines, g_bytes_new (line->str, line->len));
  if (fixture->on_line != NULL)
    fixture->on_line (fixture, line->str, line->len);
}

static void
on_ended (ArcProcessRunner *runner, ArcOutcome *outcome, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_false (arc_process_runner_is_running (runner));

  fixture->ended++;
  fixture->outcome = *outcome;
  g_free (fixture->message);
  fixture->message = g_strdup (outcome->message);

  if (fixture->again > 0)
    {
      fixture->again--;
      g_assert_true (arc_process_runner_start (runner, &fixture->run, NULL));
    }
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("arc-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->log_file = g_build_filename (fixture->directory, "1.log", NULL);
  fixture->mark = g_build_filename (fixture->directory, "mark", NULL);
  fixture->lines = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  fixture->run.environment = environment;
  fixture->run.log_file = fixture->log_file;
  fixture->run.stop_grace = LONG_GRACE;
  fixture->group_file = g_build_filename (fixture->directory, "group", NULL);
  g_assert_true (g_file_set_contents (fixture->group_file, "", 0, NULL));
  fixture->run.group_file = fixture->group_file;

  fixture->runner = arc_process_runner_new ();
  g_signal_connect (fixture->runner, "line", G_CALLBACK (on_line), fixture);
  g_signal_connect (fixture->runner, "ended", G_CALLBACK (on_ended), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->runner);
  g_unlink (fixture->group_file);
  g_unlink (fixture->log_file);
  g_unlink (fixture->mark);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->log_file);
  g_free (fixture->mark);
  g_free (fixture->group_file);
  g_free (fixture->directory);
  g_free (fixture->message);
  g_ptr_array_unref (fixture->lines);
}

static void
start (Fixture *fixture, const char *const *argv)
{
  g_autoptr (GError) error = NULL;

  fixture->run.argv = argv;
  arc_process_runner_start (fixture->runner, &fixture->run, &error);
  g_assert_no_error (error);
  g_assert_true (arc_process_runner_is_running (fixture->runner));
}

/* The script has the name of the mark in $1. */
static void
start_shell (Fixture *fixture, const char *script)
{
  start (fixture, (const char *[]){ "/bin/sh", "-c", script, "sh", fixture->mark, NULL });
}

static void
wait_until_ended (Fixture *fixture)
{
  arc_test_wait_until (fixture->ended > 0);
  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->ended, ==, 1);
}

static void
run_shell (Fixture *fixture, const char *script)
{
  start_shell (fixture, script);
  wait_until_ended (fixture);
}

static void
assert_line (Fixture *fixture, guint i, const char *text, gsize length)
{
  g_assert_cmpuint (fixture->lines->len, >, i);
  g_assert_cmpmem (g_bytes_get_data (fixture->lines->pdata[i], NULL),
                   g_bytes_get_size (fixture->lines->pdata[i]), text, length);
}

static void
assert_lines (Fixture *fixture, const char *const *expected)
{
  guint n = g_strv_length ((GStrv) expected);

  for (guint i = 0; i < n; i++)
    assert_line (fixture, i, expected[i], strlen (expected[i]));
  g_assert_cmpuint (fixture->lines->len, ==, n);
}

static void
assert_outcome (Fixture *fixture, ArcResult result, int exit_status)
{
  g_assert_cmpstr (arc_result_to_string (fixture->outcome.result), ==,
                   arc_result_to_string (result));
  g_assert_cmpint (fixture->outcome.exit_status, ==, exit_status);
  /* What the result and the exit status say is not repeated. */
  if (result == ARC_RESULT_SIGNAL || result == ARC_RESULT_TIMEOUT)
    g_assert_nonnull (fixture->message);
  else
    g_assert_null (fixture->message);
}

/* Field N of /proc/PID/stat, counted from the state as 0; -1 if there is no such process, and 'Z'
 * for the state of a zombie. */
static gint64
read_stat (pid_t pid, guint n)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return -1;

  fields = g_strsplit (strrchr (text, ')') + 2, " ", -1);

  return n == 0 ? fields[0][0] : g_ascii_strtoll (fields[n], NULL, 10);
}

static gboolean
is_alive (pid_t pid)
{
  gint64 state = read_stat (pid, 0);

  return state != -1 && state != 'Z' && state != 'X';
}

/* The number that line I is. */
static pid_t
get_pid (Fixture *fixture, guint i)
{
  g_autofree char *text = NULL;
  pid_t pid;

  g_assert_cmpuint (fixture->lines->len, >, i);
  text = g_strndup (g_bytes_get_data (fixture->lines->pdata[i], NULL),
                    g_bytes_get_size (fixture->lines->pdata[i]));
  pid = (pid_t) g_ascii_strtoll (text, NULL, 10);
  g_assert_cmpint (pid, >, 0);

  return pid;
}

static void
cancel_on_line (Fixture *fixture, const char *text, guint64 length)
{
  arc_process_runner_stop (fixture->runner, ARC_RESULT_CANCELED);
}

static void
test_names (void)
{
  const char *const names[] = { "success",  "failed",       "signal",      "timeout",
                                "canceled", "spawn-failed", "interrupted", NULL };

  for (guint i = 0; i < ARC_N_RESULTS; i++)
    g_assert_cmpstr (arc_result_to_string (i), ==, names[i]);
}

static void
test_success (Fixture *fixture, gconstpointer data)
{
  g_autofree char *log = NULL;

  g_assert_false (arc_process_runner_is_running (fixture->runner));
  run_shell (fixture, "echo one; echo two >&2; echo; printf three");
  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
  assert_lines (fixture, (const char *[]){ "one", "two", "", "three", NULL });

  g_assert_true (g_file_get_contents (fixture->log_file, &log, NULL, NULL));
  g_assert_cmpstr (log, ==, "one\ntwo\n\nthree");
}

static void
test_silent (Fixture *fixture, gconstpointer data)
{
  fixture->run.log_file = NULL;
  run_shell (fixture, ":");
  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
  assert_lines (fixture, (const char *[]){ NULL });
  g_assert_false (g_file_test (fixture->log_file, G_FILE_TEST_EXISTS));
}

static void
test_failed (Fixture *fixture, gconstpointer data)
{
  run_shell (fixture, "exit 3");
  assert_outcome (fixture, ARC_RESULT_FAILED, 3);
}

static void
test_signal (Fixture *fixture, gconstpointer data)
{
  run_shell (fixture, "kill -KILL $$");
  assert_outcome (fixture, ARC_RESULT_SIGNAL, SIGKILL);
}

static void
test_foreign_sigterm (Fixture *fixture, gconstpointer data)
{
  run_shell (fixture, "kill -TERM $$");
  assert_outcome (fixture, ARC_RESULT_SIGNAL, SIGTERM);
}

static void
test_timeout (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();

  fixture->run.timeout = 50 * G_TIME_SPAN_MILLISECOND;
  run_shell (fixture, "sleep 1000");
  assert_outcome (fixture, ARC_RESULT_TIMEOUT, 0);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 50 * G_TIME_SPAN_MILLISECOND);
}

static void
test_timeout_ignored (Fixture *fixture, gconstpointer data)
{
  fixture->run.timeout = 100 * G_TIME_SPAN_MILLISECOND;
  fixture->run.stop_grace = 100 * G_TIME_SPAN_MILLISECOND;
  run_shell (fixture, "trap '' TERM; while :; do sleep 0.05; done");
  assert_outcome (fixture, ARC_RESULT_TIMEOUT, 0);
}

/* A timeout of 49 days and more does not fit in milliseconds of a guint. */
static void
test_long_timeout (Fixture *fixture, gconstpointer data)
{
  fixture->run.timeout = (G_GINT64_CONSTANT (1) << 32) * 1000 + 10 * G_TIME_SPAN_MILLISECOND;
  run_shell (fixture, "sleep 0.2");
  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
}

/* Emacs turns SIGTERM into exit status 15; whatever the program makes of it, it was stopped. */
static void
test_stop_wins (Fixture *fixture, gconstpointer script)
{
  fixture->on_line = cancel_on_line;
  run_shell (fixture, script);
  assert_outcome (fixture, ARC_RESULT_CANCELED, 0);
}

static void
test_stop_escalates (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();

  fixture->on_line = cancel_on_line;
  fixture->run.stop_grace = 100 * G_TIME_SPAN_MILLISECOND;
  run_shell (fixture, "trap '' TERM; echo ready; while :; do sleep 0.05; done");
  assert_outcome (fixture, ARC_RESULT_CANCELED, 0);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 100 * G_TIME_SPAN_MILLISECOND);
}

static void
test_stop_at_once (Fixture *fixture, gconstpointer data)
{
  start_shell (fixture, "sleep 1000");
  arc_process_runner_stop (fixture->runner, ARC_RESULT_INTERRUPTED);
  arc_process_runner_stop (fixture->runner, ARC_RESULT_INTERRUPTED);
  g_assert_true (arc_process_runner_is_running (fixture->runner));
  wait_until_ended (fixture);
  assert_outcome (fixture, ARC_RESULT_INTERRUPTED, 0);

  /* Without a build it does nothing. */
  arc_process_runner_stop (fixture->runner, ARC_RESULT_CANCELED);
  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->ended, ==, 1);
}

static void
stop_twice_on_line (Fixture *fixture, const char *text, guint64 length)
{
  arc_process_runner_stop (fixture->runner, ARC_RESULT_CANCELED);
  arc_process_runner_stop (fixture->runner, ARC_RESULT_INTERRUPTED);
}

static void
test_first_reason_stays (Fixture *fixture, gconstpointer data)
{
  fixture->on_line = stop_twice_on_line;
  run_shell (fixture, "echo ready; while :; do sleep 0.01; done");
  assert_outcome (fixture, ARC_RESULT_CANCELED, 0);
}

static void
interrupt_on_line (Fixture *fixture, const char *text, guint64 length)
{
  arc_process_runner_stop (fixture->runner, ARC_RESULT_INTERRUPTED);
}

static void
test_timeout_then_stop (Fixture *fixture, gconstpointer data)
{
  fixture->run.timeout = 200 * G_TIME_SPAN_MILLISECOND;
  fixture->run.stop_grace = 200 * G_TIME_SPAN_MILLISECOND;
  fixture->on_line = interrupt_on_line;
  run_shell (fixture, "trap 'echo term' TERM; while :; do sleep 0.01; done");
  assert_outcome (fixture, ARC_RESULT_TIMEOUT, 0);
}

static void
test_stop_kills_group (Fixture *fixture, gconstpointer data)
{
  start_shell (fixture, "sleep 1000 & echo $!; sleep 1000");
  arc_test_wait_until (fixture->lines->len > 0);
  g_assert_true (is_alive (get_pid (fixture, 0)));
  arc_process_runner_stop (fixture->runner, ARC_RESULT_CANCELED);
  wait_until_ended (fixture);
  g_assert_false (is_alive (get_pid (fixture, 0)));
  assert_outcome (fixture, ARC_RESULT_CANCELED, 0);
}

static void
test_exit_ends_group (Fixture *fixture, gconstpointer data)
{
  run_shell (fixture, "sleep 1000 & echo $!");
  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
  g_assert_false (is_alive (get_pid (fixture, 0)));
}

/* One SIGTERM, and the grace counts from that. On a busy machine the child may not come to its trap
 * within the grace; that it gets SIGTERM is the case of test_stop_after_exit(). */
static void
test_exit_ends_stubborn_group (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();

  fixture->run.stop_grace = 200 * G_TIME_SPAN_MILLISECOND;
  run_shell (fixture, "sh -c 'trap \"echo term\" TERM; echo $$; echo >$0; while :; do :; done' $1 &"
                      "while ! [ -s $1 ]; do :; done; exit 4");
  assert_outcome (fixture, ARC_RESULT_FAILED, 4);
  g_assert_false (is_alive (get_pid (fixture, 0)));
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 200 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (fixture->lines->len, <=, 2);
  if (fixture->lines->len == 2)
    assert_line (fixture, 1, "term", 4);
}

/* A stopped process gets SIGTERM only when it goes on. */
static void
test_exit_ends_stopped_group (Fixture *fixture, gconstpointer data)
{
  run_shell (fixture, "sleep 1000 & kill -STOP $!; echo $!");
  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
  g_assert_false (is_alive (get_pid (fixture, 0)));
}

static void
stop_after_exit (Fixture *fixture, const char *text, guint64 length)
{
  if (g_str_equal (text, "term"))
    arc_process_runner_stop (fixture->runner, ARC_RESULT_CANCELED);
}

/* The program is done and well; only a child of it is being ended when the stop comes. */
static void
test_stop_after_exit (Fixture *fixture, gconstpointer data)
{
  fixture->on_line = stop_after_exit;
  run_shell (fixture,
             "sh -c 'trap \"echo term; exit\" TERM; echo >$0; while :; do sleep 0.01; done'"
             " $1 & while ! [ -s $1 ]; do :; done");
  /* Before it, the shell writes the number of its `sleep`. */
  assert_line (fixture, fixture->lines->len - 1, "term", 4);
  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
}

/* A daemon in a session of its own, like gpg-agent, that holds the pipe. */
static void
test_daemon_is_spared (Fixture *fixture, gconstpointer data)
{
  run_shell (fixture, "setsid sh -c 'echo $$; echo >$0; exec sleep 1000' $1 &"
                      "while ! [ -s $1 ]; do :; done");
  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
  g_assert_true (is_alive (get_pid (fixture, 0)));
  g_assert_cmpint (kill (get_pid (fixture, 0), SIGKILL), ==, 0);
}

/* A zombie of the group that its parent, which left the group, never reaps. */
static void
test_zombie (Fixture *fixture, gconstpointer data)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);

  fixture->run.stop_grace = 50 * G_TIME_SPAN_MILLISECOND;
  start (fixture, (const char *[]){ self, "--leave-zombie", NULL });
  wait_until_ended (fixture);
  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
  g_assert_cmpint (read_stat (get_pid (fixture, 1), 0), ==, 'Z');
  g_assert_cmpint (kill (get_pid (fixture, 0), SIGKILL), ==, 0);
}

static int
leave_zombie (void)
{
  int ready[2];
  char byte;

  g_assert_cmpint (pipe (ready), ==, 0);
  if (fork () == 0)
    {
      pid_t zombie;
      siginfo_t info;

      zombie = fork ();
      if (zombie == 0)
        _exit (0);
      setsid ();
      waitid (P_PID, zombie, &info, WEXITED | WNOWAIT);
      dprintf (STDOUT_FILENO, "%d\n%d\n", (int) getpid (), (int) zombie);
      g_assert_cmpint (write (ready[1], "", 1), ==, 1);
      while (TRUE)
        pause ();
    }
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);

  return 0;
}

static guint64
read_rss (const char *name)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));

  return g_ascii_strtoull (strstr (text, name) + strlen (name), NULL, 10) * 1024;
}

/* Counts the turns of the main loop, and makes none. */
typedef struct
{
  GSource source;
  guint n_turns;
} TurnSource;

static gboolean
count_turn (GSource *source, int *timeout)
{
  *timeout = -1;
  ((TurnSource *) source)->n_turns++;

  return FALSE;
}

static GSourceFuncs turn_funcs = { .prepare = count_turn };

static void
test_flood (Fixture *fixture, gconstpointer data)
{
  guint64 before = read_rss ("VmRSS:");
  guint64 most;
  TurnSource *turns = (TurnSource *) g_source_new (&turn_funcs, sizeof *turns);
  GStatBuf info;

  /* on_line() keeps what it gets. */
  g_signal_handlers_disconnect_by_func (fixture->runner, on_line, fixture);
  g_source_attach (&turns->source, NULL);
  run_shell (fixture, "head -c 200000000 /dev/zero");
  g_source_destroy (&turns->source);

  assert_outcome (fixture, ARC_RESULT_SUCCESS, 0);
  most = read_rss ("VmHWM:");
  g_test_message ("memory: %" G_GUINT64_FORMAT " KiB, at most %" G_GUINT64_FORMAT " KiB",
                  before / 1024, most / 1024);
#ifndef ARC_SANITIZED
  g_assert_cmpuint (most, <, before + 100 * 1024 * 1024);
#endif
  /* No turn of the main loop reads more than a pipe holds, 64 KiB: on any machine there are 3,000
   * and more. */
  g_assert_cmpuint (turns->n_turns, >, 1000);
  g_source_unref (&turns->source);
  g_assert_cmpint (g_stat (fixture->log_file, &info), ==, 0);
  g_assert_cmpint (info.st_size, <=, ARC_LOG_HEAD + ARC_LOG_TAIL + 100);
  g_assert_cmpint (info.st_size, >=, ARC_LOG_HEAD + ARC_LOG_TAIL);
}

static void
test_nul (Fixture *fixture, gconstpointer data)
{
  run_shell (fixture, "printf 'a\\000b\\n\\000\\nc\\000'");
  g_assert_cmpuint (fixture->lines->len, ==, 3);
  assert_line (fixture, 0, "a\0b", 3);
  assert_line (fixture, 1, "\0", 1);
  assert_line (fixture, 2, "c\0", 2);
}

static void
test_long_lines (Fixture *fixture, gconstpointer data)
{
  g_autofree char *piece = g_malloc0 (65536);

  run_shell (fixture, "head -c 65536 /dev/zero; echo; head -c 65537 /dev/zero; echo; echo end");
  g_assert_cmpuint (fixture->lines->len, ==, 4);
  assert_line (fixture, 0, piece, 65536);
  assert_line (fixture, 1, piece, 65536);
  assert_line (fixture, 2, "\0", 1);
  assert_line (fixture, 3, "end", 3);
}

/* All output is there, in order, however it is cut into reads. */
static void
test_all_output (Fixture *fixture, gconstpointer data)
{
  g_autofree char *log = NULL;
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 1; i <= 50000; i++)
    g_string_append_printf (expected, "%u\n", i);

  run_shell (fixture, "seq 50000; exit 1");
  assert_outcome (fixture, ARC_RESULT_FAILED, 1);
  g_assert_true (g_file_get_contents (fixture->log_file, &log, NULL, NULL));
  g_assert_cmpuint (expected->len, <, ARC_LOG_HEAD + ARC_LOG_TAIL);
  g_assert_true (g_str_equal (log, expected->str));
}

static void
test_stdin_and_descriptors (Fixture *fixture, gconstpointer data)
{
  /* One that would be inherited. */
  int fd = dup (STDIN_FILENO);

  run_shell (fixture, "readlink /proc/$$/fd/0; cat; ls /proc/$$/fd");
  close (fd);
  assert_lines (fixture, (const char *[]){ "/dev/null", "0", "1", "2", NULL });
}

static void
test_environment (Fixture *fixture, gconstpointer data)
{
  const char *const own[] = { "B=2 3", "PATH=/usr/bin:/bin", "A=\xff", NULL };

  fixture->run.environment = own;
  start (fixture, (const char *[]){ "env", NULL });
  wait_until_ended (fixture);
  assert_lines (fixture, own);
}

/* The program is looked for where the child would look, not in our own PATH. */
static void
test_path (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_strconcat ("PATH=", fixture->directory, NULL);
  const char *const own[] = { path, NULL };
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (fixture->mark, "#!/bin/sh\nexit 7\n", -1, G_FILE_SET_CONTENTS_NONE,
                            0700, &error);
  g_assert_no_error (error);
  fixture->run.environment = own;
  start (fixture, (const char *[]){ "mark", NULL });
  wait_until_ended (fixture);
  assert_outcome (fixture, ARC_RESULT_FAILED, 7);
}

static void
test_process_group (Fixture *fixture, gconstpointer data)
{
  pid_t group;

  start_shell (fixture, "echo $$; sleep 1000");
  arc_test_wait_until (fixture->lines->len > 0);

  group = read_group (fixture->run.group_file);
  g_assert_cmpint (get_pid (fixture, 0), ==, group);
  g_assert_cmpint (read_stat (group, 2), ==, group);
  g_assert_cmpint (read_stat (group, 3), ==, group);
  g_assert_cmpint (group, !=, getpgrp ());

  arc_process_runner_stop (fixture->runner, ARC_RESULT_CANCELED);
  wait_until_ended (fixture);
}

static void
test_limit_of_files (Fixture *fixture, gconstpointer data)
{
  struct rlimit limit;
  g_autofree char *soft = NULL;
  const char *preload = g_getenv ("LD_PRELOAD");

  if (preload != NULL && strstr (preload, "vgpreload") != NULL)
    {
      g_test_skip ("Valgrind keeps a limit of open files of its own");
      return;
    }

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  soft = g_strdup_printf ("%lu", (gulong) limit.rlim_cur);
  limit.rlim_cur--;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));
  run_shell (fixture, "ulimit -Sn");
  limit.rlim_cur++;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));

  assert_lines (fixture, (const char *[]){ soft, NULL });
}

static void
test_signals_of_child (Fixture *fixture, gconstpointer data)
{
  sigset_t set;
  sigset_t old_set;
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  struct sigaction old_action;

  sigemptyset (&set);
  sigaddset (&set, SIGUSR1);
  sigprocmask (SIG_BLOCK, &set, &old_set);
  sigaction (SIGUSR2, &ignore, &old_action);

  start (fixture, (const char *[]){ "grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status", NULL });
  sigprocmask (SIG_SETMASK, &old_set, NULL);
  sigaction (SIGUSR2, &old_action, NULL);
  wait_until_ended (fixture);

  assert_line (fixture, 0, "SigBlk:\t0000000000000000", 24);
  assert_line (fixture, 1, "SigIgn:\t0000000000000000", 24);
}

static void
test_usage (Fixture *fixture, gconstpointer data)
{
  guint64 cpu_usec;

  fixture->on_line = cancel_on_line;
  run_shell (fixture, "x=$(head -c 30000000 /dev/zero | tr '\\0' x); i=0;"
                      "while [ $i -lt 50000 ]; do i=$((i + 1)); done;"
                      "echo ready; while :; do sleep 0.05; done");
  cpu_usec = fixture->outcome.cpu_usec;
  g_assert_cmpuint (cpu_usec, >, 1000);
  g_assert_cmpuint (cpu_usec, <, ARC_TEST_DEADLINE_SECONDS * G_USEC_PER_SEC);
  g_assert_cmpuint (fixture->outcome.max_rss, >, 30000000);
  g_assert_cmpuint (fixture->outcome.max_rss, <, 1000000000);

  /* The next run counts from nothing. */
  fixture->ended = 0;
  run_shell (fixture, "echo ready; sleep 1000");
  g_assert_cmpuint (fixture->outcome.cpu_usec, <, cpu_usec);
  g_assert_cmpuint (fixture->outcome.max_rss, >, 0);
  g_assert_cmpuint (fixture->outcome.max_rss, <, 30000000);
}

/* The rest after a build depends on it: a build does its work in processes that its first one waits
 * for, as a shell script does. */
static void
test_usage_of_descendants (Fixture *fixture, gconstpointer data)
{
  guint64 cpu_usec;

  run_shell (fixture, "sh -c 'sh -c :; :'; :");
  cpu_usec = fixture->outcome.cpu_usec;
  fixture->ended = 0;
  run_shell (fixture,
             "sh -c 'sh -c \"i=0; while [ \\$i -lt 300000 ]; do i=\\$((i + 1)); done\"; :'; :");
  g_assert_cmpuint (fixture->outcome.cpu_usec, >, cpu_usec + 20000);
}

static void
test_start_in_handler (Fixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "echo", "run", NULL };

  fixture->again = 2;
  start (fixture, argv);
  arc_test_wait_until (fixture->ended == 3);
  assert_lines (fixture, (const char *[]){ "run", "run", "run", NULL });
}

static void
test_bad_log (Fixture *fixture, gconstpointer data)
{
  fixture->run.log_file = "/dev/full";
  run_shell (fixture, "echo one");
  g_assert_cmpint (fixture->outcome.result, ==, ARC_RESULT_SUCCESS);
  g_assert_cmpstr (fixture->message, ==,
                   "Cannot write the log file /dev/full: No space left on device");
  assert_lines (fixture, (const char *[]){ "one", NULL });
}

static void
assert_spawn_error (Fixture *fixture, const char *const *argv, const char *pattern)
{
  g_autoptr (GError) error = NULL;

  fixture->run.argv = argv;
  g_assert_false (arc_process_runner_start (fixture->runner, &fixture->run, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_COMMAND);
  if (!g_pattern_match_simple (pattern, error->message))
    g_error ("“%s” does not match “%s”", error->message, pattern);
  g_assert_false (arc_process_runner_is_running (fixture->runner));
}

static void
test_spawn_errors (Fixture *fixture, gconstpointer data)
{
  g_autofree char *missing = g_strconcat (fixture->mark, "-missing", NULL);
  g_autofree char *mark_pattern = g_strdup_printf ("*%s may not be executed: *", fixture->mark);

  g_assert_true (g_file_set_contents (fixture->mark, "", 0, NULL));

  assert_spawn_error (fixture, (const char *[]){ "arcology-none", NULL },
                      "*arcology-none is not in PATH: install it*Command*Build*");
  assert_spawn_error (fixture, (const char *[]){ missing, NULL },
                      "*-missing does not exist: *Build*");
  assert_spawn_error (fixture, (const char *[]){ fixture->mark, NULL }, mark_pattern);
  assert_spawn_error (fixture, (const char *[]){ "", NULL }, "*empty*Build*");
  assert_spawn_error (fixture, (const char *[]){ NULL }, "*empty*Build*");

  /* None of them leaves anything behind. */
  arc_test_dispatch_ready ();
  g_assert_cmpuint (fixture->ended, ==, 0);
  run_shell (fixture, "exit 3");
  assert_outcome (fixture, ARC_RESULT_FAILED, 3);
}

static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_argument = g_strnfill (1024 * 1024, 'x');
  const char *preload = g_getenv ("LD_PRELOAD");

  if (preload != NULL && strstr (preload, "vgpreload") != NULL)
    {
      g_test_skip ("Valgrind kills the child when exec(2) says E2BIG");
      return;
    }

  assert_spawn_error (fixture, (const char *[]){ "/bin/echo", long_argument, NULL },
                      "*/bin/echo are too long: *Build*");
}

static void
test_dispose (Fixture *fixture, gconstpointer data)
{
  pid_t group;

  start_shell (fixture, "trap '' TERM; sleep 1000 & echo $!; sleep 1000");
  arc_test_wait_until (fixture->lines->len > 0);
  group = read_group (fixture->run.group_file);

  g_clear_object (&fixture->runner);
  arc_test_wait_until (!is_alive (group) && !is_alive (get_pid (fixture, 0)));
  arc_test_iterate_for (50);
  g_assert_cmpuint (fixture->ended, ==, 0);
}

static void
dispose_on_line (Fixture *fixture, const char *text, guint64 length)
{
  g_clear_object (&fixture->runner);
}

static void
test_dispose_in_handler (Fixture *fixture, gconstpointer data)
{
  pid_t group;

  fixture->on_line = dispose_on_line;
  start_shell (fixture, "echo one; sleep 1000");
  group = read_group (fixture->run.group_file);
  arc_test_wait_until (fixture->lines->len > 0 && !is_alive (group));
  g_assert_null (fixture->runner);
  arc_test_iterate_for (50);
  g_assert_cmpuint (fixture->ended, ==, 0);
}

static int
start_and_wait (const char *group_file)
{
  g_autoptr (ArcProcessRunner) runner = arc_process_runner_new ();
  const char *const argv[] = { "/bin/sleep", "1000", NULL };
  ArcRun run = {
    .argv = argv,
    .environment = environment,
    .group_file = group_file,
  };

  g_assert_true (arc_process_runner_start (runner, &run, NULL));
  dprintf (STDOUT_FILENO, "%d\n", (int) read_group (run.group_file));
  while (TRUE)
    pause ();

  return 0;
}

static void
test_parent_death (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GSubprocess) parent = NULL;
  char text[32] = "";
  pid_t child;

  parent = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, self, "--start-and-wait",
                             fixture->group_file, NULL);
  g_assert_no_error (error);
  g_input_stream_read (g_subprocess_get_stdout_pipe (parent), text, sizeof text - 1, NULL, &error);
  g_assert_no_error (error);
  child = (pid_t) g_ascii_strtoll (text, NULL, 10);
  g_assert_cmpint (child, >, 0);
  g_assert_true (is_alive (child));

  g_subprocess_force_exit (parent);
  g_assert_true (g_subprocess_wait (parent, NULL, NULL));
  arc_test_wait_until (!is_alive (child));
}

int
main (int argc, char **argv)
{
  /* What the tests run as a program of its own. */
  if (argc > 1 && g_str_equal (argv[1], "--leave-zombie"))
    return leave_zombie ();
  if (argc > 2 && g_str_equal (argv[1], "--start-and-wait"))
    return start_and_wait (argv[2]);

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD_WITH(path, function, data)                                                             \
  g_test_add ("/runner/" path, Fixture, data, set_up, function, tear_down)
#define ADD(path, function) ADD_WITH (path, function, NULL)
  g_test_add_func ("/runner/names", test_names);
  ADD ("success", test_success);
  ADD ("silent", test_silent);
  ADD ("failed", test_failed);
  ADD ("signal", test_signal);
  ADD ("foreign-sigterm", test_foreign_sigterm);
  ADD ("timeout", test_timeout);
  ADD ("timeout-ignored", test_timeout_ignored);
  ADD ("long-timeout", test_long_timeout);
  ADD_WITH ("stop-exit-0", test_stop_wins,
            "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done");
  ADD_WITH ("stop-exit-15", test_stop_wins,
            "trap 'exit 15' TERM; echo ready; while :; do sleep 0.01; done");
  ADD_WITH ("stop-signal", test_stop_wins, "echo ready; while :; do sleep 0.01; done");
  ADD ("stop-escalates", test_stop_escalates);
  ADD ("stop-at-once", test_stop_at_once);
  ADD ("first-reason-stays", test_first_reason_stays);
  ADD ("timeout-then-stop", test_timeout_then_stop);
  ADD ("stop-kills-group", test_stop_kills_group);
  ADD ("exit-ends-group", test_exit_ends_group);
  ADD ("exit-ends-stubborn-group", test_exit_ends_stubborn_group);
  ADD ("exit-ends-stopped-group", test_exit_ends_stopped_group);
  ADD ("stop-after-exit", test_stop_after_exit);
  ADD ("daemon-is-spared", test_daemon_is_spared);
  ADD ("zombie", test_zombie);
  ADD ("flood", test_flood);
  ADD ("nul", test_nul);
  ADD ("long-lines", test_long_lines);
  ADD ("all-output", test_all_output);
  ADD ("stdin-and-descriptors", test_stdin_and_descriptors);
  ADD ("environment", test_environment);
  ADD ("path", test_path);
  ADD ("process-group", test_process_group);
  ADD ("limit-of-files", test_limit_of_files);
  ADD ("signals-of-child", test_signals_of_child);
  ADD ("usage", test_usage);
  ADD ("usage/descendants", test_usage_of_descendants);
  ADD ("start-in-handler", test_start_in_handler);
  ADD ("bad-log", test_bad_log);
  ADD ("spawn-errors", test_spawn_errors);
  ADD ("too-long", test_too_long);
  ADD ("dispose", test_dispose);
  ADD ("dispose-in-handler", test_dispose_in_handler);
#undef ADD
#undef ADD_WITH
  g_test_add ("/runner/parent-death", Fixture, NULL, set_up, test_parent_death, tear_down);

  return g_test_run ();
}
