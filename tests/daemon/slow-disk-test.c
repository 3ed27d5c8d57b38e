/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config-loader.h"
#include "daemon.h"
#include "test-disk.h"
#include "test-util.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

typedef struct
{
  char *tree;
  char *file;       /* the settings */
  const char *path; /* what hangs */
  gboolean warned;  /* atomic */
  guint n_turns;
  char *released;          /* the build waits for this file */
  gboolean asked;          /* SIGHUP was sent */
  gboolean was_dispatched; /* to all that wait for it */
} Fixture;

static void
on_log (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  Fixture *fixture = user_data;

  if (strstr (message, fixture->path) != NULL && strstr (message, "takes long") != NULL)
    g_atomic_int_set (&fixture->warned, TRUE);
  if (strstr (message, "Settings reloaded") != NULL)
    g_assert_true (g_file_set_contents (fixture->released, "", 0, NULL));
  g_log_default_handler (domain, level, message, NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *disk = g_build_filename (g_get_home_dir (), "disk", NULL);
  g_autofree char *note = NULL;
  g_autofree char *text = NULL;

  fixture->tree = g_build_filename (g_get_home_dir (), "tree", NULL);
  fixture->file = g_build_filename (disk, "builder.conf", NULL);
  fixture->released = g_build_filename (g_get_home_dir (), "released", NULL);
  note = g_build_filename (fixture->tree, "one.org", NULL);
  text = g_strdup_printf ("[Tree]\nDirectories=%s\n[Build]\nCommand=true\n", fixture->tree);

  g_assert_no_errno (g_mkdir_with_parents (disk, 0700));
  g_assert_no_errno (g_mkdir_with_parents (fixture->tree, 0700));
  g_assert_true (g_file_set_contents (note, "", 0, NULL));
  g_assert_true (g_file_set_contents (fixture->file, text, -1, NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 0);
  g_free (fixture->tree);
  g_free (fixture->file);
  g_free (fixture->released);
}

/* Standard output is that of the test (TAP). */
static void
print_to_stderr (const char *text)
{
  g_printerr ("%s", text);
}

/* The main loop turns while the disk hangs, and the log says that it does. */
static gboolean
on_turn (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_turns++;
  if (!g_atomic_int_get (&fixture->warned) || fixture->n_turns <= 10)
    return G_SOURCE_CONTINUE;

  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
  arc_test_disk_hang (NULL);

  return G_SOURCE_REMOVE;
}

/* Runs `--once` while PATH hangs until FUNC, which is called all the time, says otherwise. */
static ArcExit
run_once (Fixture *fixture, const char *path, GSourceFunc func)
{
  const ArcDaemonOptions options = { .settings = { .config_file = fixture->file, .once = TRUE } };
  GPrintFunc print;
  ArcExit status;

  fixture->path = path;
  g_log_set_default_handler (on_log, fixture);
  arc_test_disk_hang (path);
  g_timeout_add (10, func, fixture);
  print = g_set_print_handler (print_to_stderr);
  status = arc_daemon_run (&options);
  g_set_print_handler (print);
  g_log_set_default_handler (g_log_default_handler, NULL);

  return status;
}

/* The state directory is on a file system that does not answer for a while. */
static void
test_state (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *directory = arc_config_loader_get_state_directory ();

  g_assert_cmpint (run_once (fixture, directory, on_turn), ==, ARC_EXIT_SUCCESS);
  g_assert_true (fixture->warned);
}

/* The same for the settings. */
static void
test_settings (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpint (run_once (fixture, fixture->file, on_turn), ==, ARC_EXIT_SUCCESS);
  g_assert_true (fixture->warned);
}

static gboolean
on_hanging (gpointer user_data G_GNUC_UNUSED)
{
  if (arc_test_disk_get_n_hanging () == 0)
    return G_SOURCE_CONTINUE;

  g_assert_no_errno (raise (SIGTERM));

  return G_SOURCE_REMOVE;
}

/* A signal ends the program while the settings hang. */
static void
test_stop (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpint (run_once (fixture, fixture->file, on_hanging), ==, ARC_EXIT_BUILD_FAILED);
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
  arc_test_disk_hang (NULL);
}

static gboolean
on_loading (gpointer user_data)
{
  Fixture *fixture = user_data;

  if (arc_test_disk_get_n_hanging () == 0)
    return G_SOURCE_CONTINUE;

  if (!fixture->asked)
    g_assert_no_errno (raise (SIGHUP));
  fixture->asked = TRUE;
  if (!fixture->was_dispatched)
    return G_SOURCE_CONTINUE;

  arc_test_disk_hang (NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
on_late (gpointer user_data G_GNUC_UNUSED)
{
  g_error ("The settings were not loaded again");

  return G_SOURCE_REMOVE;
}

/* A signal while the settings hang has them loaded again: they may have been read already. The
 * build, which is the end of the program, waits for that. */
static void
test_reload (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *text = g_strdup_printf ("[Tree]\nDirectories=%s\n[Build]\nOnStart=never\n"
                                           "Command=sh -c 'until [ -e %s ]; do sleep 0.1; done'\n",
                                           fixture->tree, fixture->released);
  guint late;

  g_assert_true (g_file_set_contents (fixture->file, text, -1, NULL));
  g_unix_signal_add (SIGHUP, arc_test_set_true, &fixture->was_dispatched);
  late = g_timeout_add_seconds (ARC_TEST_DEADLINE_SECONDS, on_late, NULL);
  g_assert_cmpint (run_once (fixture, fixture->file, on_loading), ==, ARC_EXIT_SUCCESS);
  g_assert_true (g_file_test (fixture->released, G_FILE_TEST_EXISTS));
  g_source_remove (late);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);

#define add(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

  add ("/slow-disk/state", test_state);
  add ("/slow-disk/settings", test_settings);
  add ("/slow-disk/stop", test_stop);
  add ("/slow-disk/reload", test_reload);

  return g_test_run ();
}
