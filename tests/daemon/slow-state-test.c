/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config-loader.h"
#include "daemon.h"
#include "test-disk.h"
#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *directory; /* the state directory */
  gboolean warned; /* atomic */
  guint n_turns;
} Fixture;

static void
on_log (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  Fixture *fixture = user_data;

  if (strstr (message, fixture->directory) != NULL && strstr (message, "takes long") != NULL)
    g_atomic_int_set (&fixture->warned, TRUE);
  g_log_default_handler (domain, level, message, NULL);
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

/* The state directory is on a file system that does not answer for a while. */
static void
test_slow_state (void)
{
  g_autofree char *tree = g_build_filename (g_get_home_dir (), "tree", NULL);
  g_autofree char *file = g_build_filename (g_get_home_dir (), "builder.conf", NULL);
  g_autofree char *note = g_build_filename (tree, "one.org", NULL);
  g_autofree char *text = g_strdup_printf ("[Tree]\nDirectories=%s\n[Build]\nCommand=true\n", tree);
  Fixture fixture = { .directory = arc_config_loader_get_state_directory () };
  GPrintFunc print;
  const ArcDaemonOptions options = { .settings = { .config_file = file }, .once = TRUE };

  g_assert_no_errno (g_mkdir_with_parents (tree, 0700));
  g_assert_true (g_file_set_contents (note, "", 0, NULL));
  g_assert_true (g_file_set_contents (file, text, -1, NULL));

  g_log_set_default_handler (on_log, &fixture);
  arc_test_disk_hang (fixture.directory);
  g_timeout_add (10, on_turn, &fixture);
  print = g_set_print_handler (print_to_stderr);
  g_assert_cmpint (arc_daemon_run (&options), ==, ARC_EXIT_SUCCESS);
  g_set_print_handler (print);

  g_assert_true (fixture.warned);
  g_free (fixture.directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/daemon/slow-state", test_slow_state);

  return g_test_run ();
}
