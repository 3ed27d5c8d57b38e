/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-host.h"

#include "common/path-filter.h"
#include "test-changes.h"
#include "test-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* Keeps its environment and list, makes a database, so that the next build can be incremental, and
 * waits for its exit status. */
static const char build_script[] = "out=$1\n"
                                   "cp \"$ARCOLOGY_CHANGES\" \"$out/$ARCOLOGY_BUILD_ID.changes\"\n"
                                   "env -0 >\"$out/$ARCOLOGY_BUILD_ID.env\"\n"
                                   ": >>\"$ARCOLOGY_DATABASE\"\n"
                                   "if [ -e \"$out/say\" ]; then cat \"$out/say\"; fi\n"
                                   "read -r status <\"$out/go\"\n"
                                   "exit \"$status\"\n";

static void
on_changed (ArcTestHost *host)
{
  const char *state = arc_state_to_string (arc_test_host_get_status (host).state);

  if (host->states->len == 0 ||
      strcmp (g_ptr_array_index (host->states, host->states->len - 1), state) != 0)
    g_ptr_array_add (host->states, (gpointer) state);
}

static void
on_started (ArcTestHost *host)
{
  host->n_started++;
}

static void
on_finished (ArcTestHost *host)
{
  host->n_finished++;
}

static void
make_builder (ArcTestHost *host)
{
  g_autoptr (ArcPathFilter) filter =
      arc_path_filter_new ((const char *const *) host->config->include,
                           (const char *const *) host->config->exclude);
  g_autoptr (ArcWatcher) watcher =
      arc_watcher_new ((const char *const *) host->config->directories, filter, FALSE);
  g_autofree char *state_directory = g_build_filename (host->scratch, "state", NULL);

  arc_test_disk_forbid (state_directory);
  host->runner = arc_process_runner_new ();
  host->store = arc_state_store_new (state_directory);
  host->builder =
      arc_builder_new (ARC_CLOCK (host->clock), watcher, host->runner, host->store, host->config);
  host->ready = FALSE;
  host->stopped = FALSE;
  g_signal_connect_swapped (host->builder, "changed", G_CALLBACK (on_changed), host);
  g_signal_connect_swapped (host->builder, "build-started", G_CALLBACK (on_started), host);
  g_signal_connect_swapped (host->builder, "build-finished", G_CALLBACK (on_finished), host);
  g_signal_connect_swapped (host->builder, "ready", G_CALLBACK (arc_test_set_true), &host->ready);
  g_signal_connect_swapped (host->builder, "stopped", G_CALLBACK (arc_test_set_true),
                            &host->stopped);
}

ArcTestHost *
arc_test_host_new (void)
{
  ArcTestHost *host = g_new0 (ArcTestHost, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *fifo = NULL;
  g_autofree char *sub = NULL;

  /* A build that fails is a warning, and here on purpose. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);

  host->scratch = g_dir_make_tmp ("arc-host-XXXXXX", &error);
  g_assert_no_error (error);
  host->tree = g_build_filename (host->scratch, "tree", NULL);
  host->out = g_build_filename (host->scratch, "out", NULL);
  sub = g_build_filename (host->tree, "sub", NULL);
  fifo = g_build_filename (host->out, "go", NULL);
  g_assert_no_errno (g_mkdir_with_parents (sub, 0700));
  g_assert_no_errno (g_mkdir (host->out, 0700));
  g_assert_no_errno (mkfifo (fifo, 0600));
  arc_test_host_write (host, "one.org", "one");
  arc_test_host_write (host, "two.org", "two");
  arc_test_host_write (host, "sub/three.org", "three");

  host->states = g_ptr_array_new ();
  host->clock = arc_test_clock_new ();
  host->config = arc_config_new ();
  g_clear_pointer (&host->config->directories, g_strfreev);
  g_clear_pointer (&host->config->command, g_strfreev);
  g_clear_pointer (&host->config->database, g_free);
  host->config->directories = arc_test_make_strv (host->tree, NULL);
  host->config->command =
      arc_test_make_strv ("/bin/sh", "-c", build_script, "build", host->out, NULL);
  host->config->database = g_build_filename (host->scratch, "data", "notes.db", NULL);
  host->config->on_start = ARC_ON_START_NEVER;
  host->config->rescan_interval = 0;
  host->config->stop_grace = 10 * SECOND;
  host->config->timing = (ArcTiming){
    .debounce = 5 * SECOND,
    .debounce_limit = 60 * SECOND,
    .cooldown = 180 * SECOND,
    .retry_delay = 600 * SECOND,
    .retry_limit = 3,
  };

  make_builder (host);

  return host;
}

static void
stop_builder (ArcTestHost *host)
{
  arc_builder_stop (host->builder);
  arc_test_wait_until (host->stopped);
  arc_watcher_stop (arc_builder_get_watcher (host->builder));
  g_signal_handlers_disconnect_by_data (host->builder, host);
  g_signal_handlers_disconnect_by_data (host->builder, &host->ready);
  g_signal_handlers_disconnect_by_data (host->builder, &host->stopped);
  g_clear_object (&host->builder);
  g_clear_object (&host->runner);
  arc_state_store_unlock (host->store);
  g_clear_object (&host->store);
}

void
arc_test_host_restart (ArcTestHost *host)
{
  stop_builder (host);
  make_builder (host);
}

static int
remove_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  return remove (path);
}

void
arc_test_host_free (ArcTestHost *host)
{
  stop_builder (host);
  arc_test_disk_forbid (NULL);
  g_object_unref (host->clock);
  arc_config_free (host->config);
  g_ptr_array_unref (host->states);
  g_assert_no_errno (nftw (host->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS));
  g_free (host->scratch);
  g_free (host->tree);
  g_free (host->out);
  g_free (host);
}

void
arc_test_host_begin (ArcTestHost *host)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  arc_state_store_open_async (host->store, host->config->database, 0, NULL, arc_test_take_result,
                              &result);
  arc_test_wait_until (result != NULL);
  arc_state_store_open_finish (host->store, result, &error);
  g_assert_no_error (error);
  arc_builder_start (host->builder);
}

void
arc_test_host_start (ArcTestHost *host)
{
  arc_test_host_begin (host);
  arc_test_wait_until (host->ready);
}

ArcTestHost *
arc_test_host_new_idle (void)
{
  ArcTestHost *host = arc_test_host_new ();

  arc_test_host_start (host);
  arc_test_host_rebuild (host, ARC_BUILD_FULL, 1);
  arc_test_host_finish_build (host, 0);
  arc_test_host_advance (host, 180 * SECOND);
  g_assert_cmpint (arc_test_host_get_status (host).state, ==, ARC_STATE_IDLE);
  g_free (arc_test_host_take_states (host));

  return host;
}

void
arc_test_host_rebuild (ArcTestHost *host, ArcBuildKind kind, guint64 expected)
{
  g_autoptr (GError) error = NULL;
  guint64 build;

  arc_builder_rebuild (host->builder, kind, &build, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (build, ==, expected);
}

char *
arc_test_host_get_path (ArcTestHost *host, const char *name)
{
  return g_build_filename (host->tree, name, NULL);
}

void
arc_test_host_write (ArcTestHost *host, const char *name, const char *text)
{
  g_autofree char *path = arc_test_host_get_path (host, name);
  g_autoptr (GError) error = NULL;

  /* By a rename: the file is seen once, not empty first. */
  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error);
  g_assert_no_error (error);
}

void
arc_test_host_remove (ArcTestHost *host, const char *name)
{
  g_autofree char *path = arc_test_host_get_path (host, name);

  g_assert_no_errno (g_unlink (path));
}

void
arc_test_host_touch (ArcTestHost *host, const char *name)
{
  const guint64 serial = arc_test_host_get_status (host).change_serial;
  g_autofree char *text = g_uuid_string_random ();

  arc_test_host_write (host, name, text);
  arc_test_wait_until (arc_test_host_get_status (host).change_serial > serial);
}

ArcStatus
arc_test_host_get_status (ArcTestHost *host)
{
  ArcStatus status;

  arc_builder_get_status (host->builder, &status);
  return status;
}

void
arc_test_host_wait_for_state (ArcTestHost *host, ArcState state)
{
  arc_test_wait_until (arc_test_host_get_status (host).state == state);
}

void
arc_test_host_advance (ArcTestHost *host, gint64 usec)
{
  arc_test_clock_advance (host->clock, usec);
}

/* The end of FIFO for writing; -1 while no process reads. A FIFO has no writer's end before it has
 * a reader (fifo(7)). */
static int
open_for_writing (const char *fifo)
{
  const int fd = open (fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

  g_assert_true (fd != -1 || errno == ENXIO);
  return fd;
}

void
arc_test_host_send (ArcTestHost *host, const char *name, const char *text)
{
  g_autofree char *fifo = g_build_filename (host->out, name, NULL);
  int fd = -1;

  /* A build that is due starts when threads have read what it depends on: the root that is back, a
   * file of the command. */
  arc_test_wait_until (arc_test_host_get_status (host).current_build != 0 ||
                       (arc_test_host_get_status (host).holds & ARC_HOLD_AFTER_BUILD));
  arc_test_wait_until ((fd = open_for_writing (fifo)) != -1);

  dprintf (fd, "%s\n", text);
  close (fd);
}

void
arc_test_host_end_build (ArcTestHost *host, int exit_status)
{
  g_autofree char *text = g_strdup_printf ("%d", exit_status);

  arc_test_host_send (host, "go", text);
}

void
arc_test_host_finish_build (ArcTestHost *host, int exit_status)
{
  const guint n_finished = host->n_finished;

  arc_test_host_end_build (host, exit_status);
  arc_test_wait_until (host->n_finished > n_finished);
}

char *
arc_test_host_get_list (ArcTestHost *host, guint64 id)
{
  g_autofree char *name = g_strdup_printf ("%" G_GUINT64_FORMAT ".changes", id);
  g_autofree char *path = g_build_filename (host->out, name, NULL);

  return arc_test_read_list (path, host->tree);
}

char *
arc_test_host_get_environment (ArcTestHost *host, guint64 id, const char *name)
{
  g_autofree char *file = g_strdup_printf ("%" G_GUINT64_FORMAT ".env", id);
  g_autofree char *path = g_build_filename (host->out, file, NULL);
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (path, &data, &length, &error);
  g_assert_no_error (error);

  for (gsize i = 0; i < length; i += strlen (data + i) + 1)
    if (g_str_has_prefix (data + i, name) && data[i + strlen (name)] == '=')
      return g_strdup (data + i + strlen (name) + 1);

  return NULL;
}

void
arc_test_host_set_paused (ArcTestHost *host, gboolean paused)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  arc_builder_set_paused_async (host->builder, paused, arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);
  arc_builder_set_paused_finish (host->builder, result, &error);
  g_assert_no_error (error);
}

static void
on_synced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcTestSync *sync = user_data;
  g_autoptr (ArcBuild) build = arc_builder_sync_finish (ARC_BUILDER (source), result, &sync->error);

  if (build != NULL)
    {
      sync->build = build->id;
      sync->result = build->result;
    }
  sync->done = TRUE;
}

void
arc_test_host_sync (ArcTestHost *host, ArcTestSync *sync)
{
  arc_builder_sync_async (host->builder, on_synced, sync);
}

void
arc_test_host_sync_compared (ArcTestHost *host, ArcTestSync *sync)
{
  const guint64 rescans = arc_test_host_get_status (host).rescans;

  arc_test_host_sync (host, sync);
  arc_test_wait_until (arc_test_host_get_status (host).rescans > rescans);
}

char *
arc_test_host_take_states (ArcTestHost *host)
{
  char *states;

  g_ptr_array_add (host->states, NULL);
  states = g_strjoinv (" ", (char **) host->states->pdata);
  g_ptr_array_set_size (host->states, 0);

  return states;
}
