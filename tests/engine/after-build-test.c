/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The command of AfterBuild: what it gets, and what waits for it. */

#include "test-host.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* Says what it is, and waits for its exit status; then keeps its list of changes: it must still be
 * there. */
static const char after_script[] =
    "out=$1\n"
    "echo $$ >\"$out/new\" && mv \"$out/new\" \"$out/after.pid\"\n"
    "read -r status <\"$out/after\"\n"
    "tr '\\0' ' ' <\"$ARCOLOGY_CHANGES\" >\"$out/after.changes\"\n"
    "echo \"$ARCOLOGY_BUILD_ID $ARCOLOGY_BUILD_KIND\" >>\"$out/afters\"\n"
    "[ \"$status\" = 0 ] || echo 'rsync: connection refused.'\n"
    "exit \"$status\"\n";

/* An idle host whose settings have the command. */
static ArcTestHost *
new_host (void)
{
  ArcTestHost *host = arc_test_host_new_idle ();
  g_autofree char *fifo = g_build_filename (host->out, "after", NULL);

  g_assert_no_errno (mkfifo (fifo, 0600));
  host->config->after_build =
      arc_test_make_strv ("/bin/sh", "-c", after_script, "after", host->out, NULL);
  arc_builder_set_config (host->builder, host->config);

  return host;
}

static void
build_note (ArcTestHost *host, const char *name, int exit_status)
{
  arc_test_host_touch (host, name);
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, host->n_finished + 1);
  arc_test_host_finish_build (host, exit_status);
}

static gboolean
is_running (ArcTestHost *host)
{
  return (arc_test_host_get_status (host).holds & ARC_HOLD_AFTER_BUILD) != 0;
}

static void
end_after_build (ArcTestHost *host, const char *exit_status)
{
  g_assert_true (is_running (host));
  arc_test_host_send (host, "after", exit_status);
  arc_test_wait_until (!is_running (host));
}

/* (transfer full): the text of NAME in the directory of the build; "" if it is not there. */
static char *
read_out (ArcTestHost *host, const char *name)
{
  g_autofree char *path = g_build_filename (host->out, name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}

static void
assert_afters (ArcTestHost *host, const char *expected)
{
  g_autofree char *afters = read_out (host, "afters");

  g_assert_cmpstr (afters, ==, expected);
}

static void
assert_health (ArcTestHost *host, const char *expected)
{
  const ArcStatus status = arc_test_host_get_status (host);

  g_assert_cmpstr (status.health_message, ==, expected);
  g_assert_cmpint (status.health, ==, *expected != '\0' ? ARC_HEALTH_DEGRADED : ARC_HEALTH_OK);
}

/* The next build waits, with all that was saved until it begins. */
static void
test_next_build_waits (void)
{
  g_autoptr (ArcTestHost) host = new_host ();
  g_autofree char *one = arc_test_host_get_path (host, "one.org");
  g_autofree char *expected = g_strdup_printf ("M %s ", one);
  g_autofree char *changes = NULL;
  guint64 rescans;

  build_note (host, "one.org", 0);
  g_assert_true (is_running (host));
  g_assert_true (arc_test_host_get_status (host).fresh);

  arc_test_host_touch (host, "two.org");
  rescans = arc_test_host_get_status (host).rescans;
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_wait_until (arc_test_host_get_status (host).rescans > rescans);
  arc_test_host_touch (host, "sub/three.org");
  g_assert_false (arc_process_runner_is_running (host->runner));

  end_after_build (host, "0");
  changes = read_out (host, "after.changes");
  g_assert_cmpstr (changes, ==, expected);
  arc_test_host_finish_build (host, 0);
  arc_test_host_assert_list (host, 3, "M sub/three.org\nM two.org\n");
  end_after_build (host, "0");
  assert_afters (host, "2 incremental\n3 incremental\n");
  assert_health (host, "");
}

static void
test_failures (void)
{
  g_autoptr (ArcTestHost) host = new_host ();

  build_note (host, "one.org", 0);
  end_after_build (host, "3");
  assert_health (host, "AfterBuild of build 2 failed: exit status 3: rsync: connection refused");
  g_assert_true (arc_test_host_get_status (host).fresh);

  build_note (host, "one.org", 0);
  end_after_build (host, "0");
  assert_health (host, "");

  g_clear_pointer (&host->config->after_build, g_strfreev);
  host->config->after_build = arc_test_make_strv ("/no/such/program", NULL);
  arc_builder_set_config (host->builder, host->config);
  build_note (host, "one.org", 0);
  g_assert_false (is_running (host));
  assert_health (host, "AfterBuild of build 4 failed: The AfterBuild command /no/such/program does "
                       "not exist: install it, or set AfterBuild in the group [Build] of the "
                       "settings");
}

/* Only what reached the database is published. */
static void
test_failed_builds (void)
{
  g_autoptr (ArcTestHost) host = new_host ();
  g_autofree char *say = g_build_filename (host->out, "say", NULL);
  g_autofree char *two = arc_test_host_get_path (host, "two.org");
  g_autofree char *line = g_strdup_printf ("arcology: failed %s: no key\n", two);

  build_note (host, "one.org", 2);
  g_assert_false (is_running (host));

  arc_test_host_touch (host, "two.org");
  g_assert_true (g_file_set_contents (say, line, -1, NULL));
  build_note (host, "one.org", 1);
  end_after_build (host, "0");
  assert_afters (host, "3 incremental\n");
}

static void
test_timeout (void)
{
  g_autoptr (ArcTestHost) host = new_host ();

  host->config->after_build_timeout = SECOND / 10;
  arc_builder_set_config (host->builder, host->config);
  build_note (host, "one.org", 0);
  arc_test_wait_until (!is_running (host));
  assert_health (host, "AfterBuild of build 2 failed: it took longer than AfterBuildTimeout");
}

static void
test_stop (void)
{
  g_autoptr (ArcTestHost) host = new_host ();
  g_autofree char *path = g_build_filename (host->out, "after.pid", NULL);
  g_autofree char *pid = NULL;

  build_note (host, "one.org", 0);
  arc_test_wait_until (g_file_test (path, G_FILE_TEST_EXISTS));
  pid = read_out (host, "after.pid");
  /* A build that waits for it is stopped as well. */
  arc_test_host_rebuild (host, ARC_BUILD_INCREMENTAL, 3);
  arc_test_host_restart (host);
  g_assert_cmpint (kill (atoi (pid), 0), ==, -1);
  g_assert_cmpint (errno, ==, ESRCH);
  assert_afters (host, "");
  arc_test_host_start (host);
}

/* A command that writes a note causes the next build, as a build that does so. */
static void
test_loop (void)
{
  g_autoptr (ArcTestHost) host = new_host ();
  g_autofree char *path = arc_test_host_get_path (host, "one.org");

  arc_test_host_touch (host, "one.org");
  arc_test_host_advance (host, 5 * SECOND);
  for (guint i = 0; i < 7; i++)
    {
      arc_test_host_finish_build (host, 0);
      g_assert_true (is_running (host));
      arc_test_host_touch (host, "one.org");
      end_after_build (host, "0");
      if (i < 6)
        {
          assert_health (host, "");
          arc_test_host_advance (host, 180 * SECOND);
        }
    }

  g_assert_cmpint (arc_test_host_get_status (host).health, ==, ARC_HEALTH_DEGRADED);
  g_assert_nonnull (strstr (arc_test_host_get_status (host).health_message, path));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/after-build/next-build-waits", test_next_build_waits);
  g_test_add_func ("/after-build/failures", test_failures);
  g_test_add_func ("/after-build/failed-builds", test_failed_builds);
  g_test_add_func ("/after-build/timeout", test_timeout);
  g_test_add_func ("/after-build/stop", test_stop);
  g_test_add_func ("/after-build/loop", test_loop);

  return g_test_run ();
}
