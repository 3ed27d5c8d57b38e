/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "settings-reload.h"

#include "common/error.h"
#include "test-disk.h"
#include "test-host.h"

#include <glib/gstdio.h>
#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* Two settings files, of which the second is read after the first. */
typedef struct
{
  ArcTestHost *host;
  char *first;
  char *second;
  ArcSettingsMonitor *monitor;
  ArcSettingsReload *reload;
  gboolean is_under_way;
  guint n_turns; /* how often IS_UNDER_WAY has changed */
} Fixture;

/* A call of arc_settings_reload_run_async(), and what was in force when it was answered. */
typedef struct
{
  Fixture *fixture;
  gboolean done;
  GError *error; /* (owned) (nullable) */
  gint64 debounce;
} Call;

static void
on_differ (gboolean differ, gpointer user_data)
{
}

static void
on_under_way (gboolean is_under_way, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpint (is_under_way, !=, fixture->is_under_way);
  fixture->is_under_way = is_under_way;
  fixture->n_turns++;
}

static gint64
get_debounce (Fixture *fixture)
{
  return arc_builder_get_config (fixture->host->builder)->timing.debounce;
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;

  g_assert_false (call->done);
  arc_settings_reload_run_finish (result, &call->error);
  call->done = TRUE;
  call->debounce = get_debounce (call->fixture);
}

static void
begin (Fixture *fixture, Call *call)
{
  *call = (Call){ .fixture = fixture };
  arc_settings_reload_run_async (fixture->reload, on_reloaded, call);
}

/* In one step: a load finds the old file or the new one. */
static void
write_first (Fixture *fixture, const char *debounce)
{
  g_autofree char *text = g_strdup_printf ("[Timing]\nDebounce=%s\n", debounce);

  g_assert_true (g_file_set_contents (fixture->first, text, -1, NULL));
}

static void
write_second (Fixture *fixture, const char *tree)
{
  g_autofree char *text =
      g_strdup_printf ("[Tree]\nDirectories=%s\n[Build]\nCommand=true\nDatabase=%s\n", tree,
                       fixture->host->config->database);

  g_assert_true (g_file_set_contents (fixture->second, text, -1, NULL));
}

/* (transfer full): the path of a settings file in DIRECTORY, which is made. */
static char *
make_directory (const char *directory)
{
  g_autofree char *whole = g_build_filename (directory, "arcology-builder", NULL);

  g_assert_no_errno (g_mkdir_with_parents (whole, 0700));

  return g_build_filename (whole, "builder.conf", NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const ArcConfigLoaderOptions options = { .config_file = NULL };

  fixture->host = arc_test_host_new_idle ();
  fixture->first = make_directory (g_get_system_config_dirs ()[0]);
  fixture->second = make_directory (g_get_user_config_dir ());
  write_first (fixture, "1s");
  write_second (fixture, fixture->host->tree);
  /* It reads no files: only the reload waits for the disk. */
  fixture->monitor =
      arc_settings_monitor_new ((const char *const[]){ NULL }, "", on_differ, fixture);
  fixture->reload = arc_settings_reload_new (fixture->host->builder, fixture->monitor, &options,
                                             on_under_way, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_false (fixture->is_under_way);
  arc_settings_reload_free (fixture->reload);
  arc_settings_monitor_free (fixture->monitor);
  arc_test_host_free (fixture->host);
  g_free (fixture->first);
  g_free (fixture->second);
}

static void
wait_for (Fixture *fixture, Call *call)
{
  arc_test_wait_until (call->done);
  g_assert_no_error (call->error);
}

static void
test_load (Fixture *fixture, gconstpointer data)
{
  const ArcConfigLoaderOptions options = { .config_file = NULL };
  g_auto (GStrv) files = arc_config_loader_list_files (&options);
  g_autofree char *expected = arc_settings_monitor_read ((const char *const *) files);
  g_autofree char *digest = NULL;
  g_autofree char *other_digest = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcConfig) config = arc_settings_load (&options, &digest, &error);

  g_assert_no_error (error);
  g_assert_cmpint (config->timing.debounce, ==, SECOND);
  g_assert_cmpstr (config->directories[0], ==, fixture->host->tree);
  g_assert_cmpstr (digest, ==, expected);

  write_first (fixture, "soon");
  g_assert_null (arc_settings_load (&options, &other_digest, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_cmpstr (other_digest, !=, digest);
}

static void
test_reload (Fixture *fixture, gconstpointer data)
{
  Call call;

  g_assert_cmpint (get_debounce (fixture), ==, 5 * SECOND);
  begin (fixture, &call);
  g_assert_true (fixture->is_under_way);
  wait_for (fixture, &call);
  g_assert_cmpint (call.debounce, ==, SECOND);
  g_assert_cmpuint (fixture->n_turns, ==, 2);
}

/* The old settings stay, and the next reload is not kept from anything. */
static void
test_error (Fixture *fixture, gconstpointer data)
{
  Call call;

  write_first (fixture, "soon");
  begin (fixture, &call);
  arc_test_wait_until (call.done);
  g_assert_error (call.error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_nonnull (strstr (call.error->message, "soon"));
  g_assert_cmpint (call.debounce, ==, 5 * SECOND);
  g_clear_error (&call.error);

  write_first (fixture, "2s");
  begin (fixture, &call);
  wait_for (fixture, &call);
  g_assert_cmpint (call.debounce, ==, 2 * SECOND);
}

static void
wait_for_hung (guint n)
{
  arc_test_wait_until (arc_test_disk_get_n_hung () == n);
}

/* Starts a load that has read the first file and waits for the second: the files are read for the
 * digest before they are loaded. */
static void
begin_and_stop (Fixture *fixture, Call *call)
{
  const guint n = arc_test_disk_get_n_hung ();

  arc_test_disk_hang (fixture->first);
  begin (fixture, call);
  wait_for_hung (n + 1);
  arc_test_disk_hang (fixture->second);
  wait_for_hung (n + 2);
  arc_test_disk_hang (fixture->first);
  wait_for_hung (n + 3);
  arc_test_disk_hang (fixture->second);
  wait_for_hung (n + 4);
}

/* What was asked for during a load that has read the old files is done after it. */
static void
test_during_load (Fixture *fixture, gconstpointer data)
{
  Call calls[4];

  begin_and_stop (fixture, &calls[0]);
  for (guint i = 1; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *debounce = g_strdup_printf ("%us", i + 1);

      write_first (fixture, debounce);
      begin (fixture, &calls[i]);
    }
  arc_test_disk_hang (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    wait_for (fixture, &calls[i]);
  /* The first load had the first settings, or there was nothing to test. */
  g_assert_cmpint (calls[0].debounce, ==, SECOND);
  for (guint i = 1; i < G_N_ELEMENTS (calls); i++)
    g_assert_cmpint (calls[i].debounce, ==, 4 * SECOND);
  g_assert_cmpint (get_debounce (fixture), ==, 4 * SECOND);
  g_assert_cmpuint (fixture->n_turns, ==, 2);
}

/* Settings whose directories do not answer are refused. What was asked for meanwhile is done then.
 */
static void
test_during_check (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = g_build_filename (fixture->host->scratch, "other", NULL);
  Call first, second;

  g_assert_no_errno (g_mkdir (other, 0700));
  write_second (fixture, other);
  arc_test_disk_hang (other);
  begin (fixture, &first);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);

  write_first (fixture, "2s");
  write_second (fixture, fixture->host->tree);
  begin (fixture, &second);
  wait_for (fixture, &second);
  g_assert_cmpint (second.debounce, ==, 2 * SECOND);
  g_assert_true (first.done);
  g_assert_error (first.error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_cmpint (first.debounce, ==, 5 * SECOND);
  g_clear_error (&first.error);
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
  g_assert_cmpuint (fixture->n_turns, ==, 2);

  arc_test_disk_hang (NULL);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 0);
  g_assert_cmpint (get_debounce (fixture), ==, 2 * SECOND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function)                                                                        \
  g_test_add ("/settings-reload/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("load", test_load);
  ADD ("reload", test_reload);
  ADD ("error", test_error);
  ADD ("during-load", test_during_load);
  ADD ("during-check", test_during_check);
#undef ADD

  return g_test_run ();
}
