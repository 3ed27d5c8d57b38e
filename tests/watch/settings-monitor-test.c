/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/settings-monitor.h"

#include "test-util.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* A home directory with two settings files, of which no directory exists at first. */
typedef struct
{
  char *home;
  char *system_file;
  char *user_file;
  ArcSettingsMonitor *monitor;
  gboolean differ;
  guint n_calls;
} Fixture;

static void
on_changed (gboolean differ, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpint (differ, !=, fixture->differ);
  fixture->differ = differ;
  fixture->n_calls++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;
  const char *files[3] = { NULL };

  fixture->home = g_dir_make_tmp ("arc-settings-XXXXXX", &error);
  g_assert_no_error (error);
  files[0] = fixture->system_file =
      g_build_filename (fixture->home, "xdg", "program", "builder.conf", NULL);
  files[1] = fixture->user_file =
      g_build_filename (fixture->home, ".config", "program", "builder.conf", NULL);
  digest = arc_settings_monitor_read (files);
  fixture->monitor = arc_settings_monitor_new (files, digest, on_changed, fixture);
}

static void
remove_tree (const char *directory)
{
  const char *const argv[] = { "rm", "-r", directory, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  arc_settings_monitor_free (fixture->monitor);
  remove_tree (fixture->home);
  g_free (fixture->home);
  g_free (fixture->system_file);
  g_free (fixture->user_file);
}

static void
write_file (const char *file, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (file);

  g_assert_no_errno (g_mkdir_with_parents (directory, 0700));
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

#define FILES(fixture) ((const char *const[]){ fixture->system_file, fixture->user_file, NULL })

static void
load (Fixture *fixture)
{
  g_autofree char *digest = arc_settings_monitor_read (FILES (fixture));

  arc_settings_monitor_set_loaded (fixture->monitor, digest);
  g_assert_false (fixture->differ);
}

static void
test_changed (Fixture *fixture, gconstpointer data)
{
  /* Where there was no directory. */
  write_file (fixture->user_file, "[Timing]\n");
  arc_test_wait_until (fixture->differ);
  load (fixture);

  /* Replaced, and put back. */
  write_file (fixture->user_file, "[Tree]\n");
  arc_test_wait_until (fixture->differ);
  write_file (fixture->user_file, "[Timing]\n");
  arc_test_wait_until (!fixture->differ);

  write_file (fixture->system_file, "[Tree]\n");
  arc_test_wait_until (fixture->differ);
  load (fixture);

  g_assert_no_errno (g_unlink (fixture->system_file));
  arc_test_wait_until (fixture->differ);
  load (fixture);
  g_assert_cmpuint (fixture->n_calls, ==, 8);
}

/* As people keep their settings in a repository. */
static void
test_link (Fixture *fixture, gconstpointer data)
{
  g_autofree char *target = g_build_filename (fixture->home, "dotfiles", "builder.conf", NULL);
  g_autofree char *other = g_build_filename (fixture->home, "dotfiles", "other.conf", NULL);
  g_autofree char *directory = g_path_get_dirname (fixture->user_file);

  write_file (target, "[Timing]\n");
  write_file (other, "[Tree]\n");
  g_assert_no_errno (g_mkdir_with_parents (directory, 0700));
  g_assert_no_errno (symlink (target, fixture->user_file));
  arc_test_wait_until (fixture->differ);
  load (fixture);

  write_file (target, "[Build]\n");
  arc_test_wait_until (fixture->differ);
  load (fixture);

  g_assert_no_errno (g_unlink (fixture->user_file));
  g_assert_no_errno (symlink (other, fixture->user_file));
  arc_test_wait_until (fixture->differ);
  load (fixture);
}

/* A change between the two is not taken for what was loaded. */
static void
test_changed_while_loaded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *digest = arc_settings_monitor_read (FILES (fixture));

  write_file (fixture->user_file, "[Timing]\n");
  arc_settings_monitor_set_loaded (fixture->monitor, digest);
  arc_test_wait_until (fixture->differ);
  load (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define add(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

  add ("/settings-monitor/changed", test_changed);
  add ("/settings-monitor/link", test_link);
  add ("/settings-monitor/changed-while-loaded", test_changed_while_loaded);

  return g_test_run ();
}
