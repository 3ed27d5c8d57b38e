/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "daemon.h"

#include "session/log-writer.h"

#include "bus/bus-peer.h"
#include "bus/bus-service.h"
#include "common/error.h"
#include "common/path-filter.h"
#include "common/progress-bar.h"
#include "engine/builder.h"
#include "session/boottime-clock.h"
#include "session/desktop.h"
#include "session/service-manager.h"
#include "session/suspend-monitor.h"
#include "settings-reload.h"
#include "startup.h"
#include "watch/settings-monitor.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* How long a service that is being replaced has to end its build and let go of the lock. */
#define REPLACE_TIMEOUT (90 * G_USEC_PER_SEC)

/* How long settings, state or buses may take before the log says so. */
#define SLOW_SECONDS 5

/* How long the bus has to say who has the name. */
#define CREDENTIALS_MSEC 5000

typedef struct
{
  const ArcDaemonOptions *options;
  GMainLoop *loop;
  ArcExit exit;
  gboolean stopping;

  ArcServiceManager *supervisor;
  ArcStartup *startup;
  ArcSettingsMonitor *settings; /* (nullable): NULL until the settings are loaded; so the next */
  ArcSettingsReload *reload;    /* (nullable) */
  gboolean reload_asked;        /* while it is NULL */
  ArcStateStore *store;         /* (nullable) */
  ArcBuilder *builder;          /* (nullable) */
  ArcBusService *service;       /* (nullable): only the service has one */
  ArcBusConnection *bus;        /* (nullable): the same */
  ArcDesktop *desktop;          /* (nullable): NULL while there is no connection to the bus */
  guint sleep_id;               /* 0 without a system bus */
  GCancellable *cancellable;    /* of calls that may end after this */
  gboolean exported;
  gboolean ready;
  ArcProgressBar meter; /* of `--once` */
  gboolean built;       /* the same: its build has ended */
  ArcExit built_exit;   /* of that */
  gboolean has_bar;     /* it is at the end of the last line on the terminal */
  gboolean has_name;
  guint slow_id; /* 0 unless something at start is waited for */
} ArcDaemon;

static void
stop (ArcDaemon *self, ArcExit exit_status)
{
  if (self->stopping)
    return;

  self->stopping = TRUE;
  self->exit = exit_status;
  arc_service_manager_send (self->supervisor, ARC_SERVICE_STOPPING);
  if (self->builder != NULL)
    arc_builder_stop (self->builder);
  else
    g_main_loop_quit (self->loop);
}

static gboolean
on_stop_signal (gpointer user_data)
{
  ArcDaemon *self = user_data;

  /* A foreground build that is interrupted has not succeeded. */
  stop (self, self->options->settings.once ? ARC_EXIT_BUILD_FAILED : ARC_EXIT_SUCCESS);

  return G_SOURCE_CONTINUE;
}

/* Logs why the service ends: an error on a terminal. GLib has a level for that, but what it logs
 * with it is a mistake in the program, which G_DEBUG=fatal-criticals ends. */
static void G_GNUC_PRINTF (1, 2) log_fatal (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, ARC_LOG_WRITER_FATAL, "1", "MESSAGE", "%s",
                    text);
}

/* “systemctl reload” returns when it has ended. Before the service is ready, it is the start that
 * goes on. */
static void
on_reloading (gboolean is_under_way, gpointer user_data)
{
  ArcDaemon *self = user_data;

  if (!self->ready || !self->has_name)
    return;

  arc_service_manager_send (self->supervisor,
                            is_under_way ? ARC_SERVICE_RELOADING : ARC_SERVICE_READY);
}

static void
begin_reload (gpointer user_data, GAsyncReadyCallback callback, gpointer callback_data)
{
  ArcDaemon *self = user_data;

  arc_settings_reload_run_async (self->reload, callback, callback_data);
}

static void
on_settings_changed (gboolean differ, gpointer user_data)
{
  ArcDaemon *self = user_data;

  if (self->service != NULL)
    arc_bus_service_set_settings_changed (self->service, differ);
}

static void
on_reloaded (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  if (!arc_settings_reload_run_finish (result, &error))
    g_warning ("The old settings stay in force: %s", error->message);
}

static gboolean
on_reload_signal (gpointer user_data)
{
  ArcDaemon *self = user_data;

  if (self->reload != NULL)
    begin_reload (self, on_reloaded, NULL);
  else
    self->reload_asked = TRUE;

  return G_SOURCE_CONTINUE;
}

static void
on_builder_changed (ArcDaemon *self)
{
  ArcStatus status;

  arc_builder_get_status (self->builder, &status);
  arc_service_manager_show_status (self->supervisor, &status);
}

/* “systemctl start” returns then, and the next program may call the service. */
static void
tell_ready (ArcDaemon *self)
{
  if (self->ready && self->has_name)
    arc_service_manager_send (self->supervisor, ARC_SERVICE_READY);
}

static void
on_name_acquired (ArcDaemon *self)
{
  self->has_name = TRUE;
  arc_builder_set_held (self->builder, ARC_HOLD_NAME, FALSE);
  tell_ready (self);
}

static void
on_credentials (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcDaemon *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) credentials = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  if (reply != NULL)
    credentials = g_variant_get_child_value (reply, 0);
  if (credentials != NULL && arc_bus_peer_is_replacement (credentials))
    {
      g_message ("Another instance takes over");
      stop (self, ARC_EXIT_SUCCESS);
      return;
    }

  log_fatal ("Another program has taken the name %s", ARC_SERVICE_NAME);
  stop (self, ARC_EXIT_TAKEN);
}

static void
on_name_lost (ArcDaemon *self)
{
  GDBusConnection *connection = arc_bus_connection_get_connection (self->bus);

  /* on_disconnected() has it, or will. */
  if (connection == NULL || g_dbus_connection_is_closed (connection))
    return;

  if (!self->has_name)
    {
      log_fatal ("The name %s is taken; --replace takes it over", ARC_SERVICE_NAME);
      stop (self, ARC_EXIT_TAKEN);
      return;
    }

  self->has_name = FALSE;
  arc_builder_set_held (self->builder, ARC_HOLD_NAME, TRUE);
  g_dbus_connection_call (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionCredentials",
                          g_variant_new ("(s)", ARC_SERVICE_NAME), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, CREDENTIALS_MSEC, self->cancellable,
                          on_credentials, self);
}

static void
export_service (ArcDaemon *self, gboolean replace)
{
  GDBusConnection *connection = arc_bus_connection_get_connection (self->bus);
  g_autoptr (GError) error = NULL;

  if (self->exported || connection == NULL)
    return;

  self->exported = arc_bus_service_export (self->service, connection, replace, &error);
  if (self->exported)
    return;

  log_fatal ("Cannot appear on the message bus: %s", error->message);
  stop (self, ARC_EXIT_NO_BUS);
}

/* The name is lost with the connection, and nobody else has it yet: builds go on, under the lock of
 * the state directory. */
static void
on_disconnected (ArcDaemon *self)
{
  g_clear_object (&self->desktop);
  arc_bus_service_close (self->service);
  self->exported = FALSE;
  self->has_name = FALSE;
}

static void
make_desktop (ArcDaemon *self)
{
  g_autoptr (GPowerProfileMonitor) power = g_power_profile_monitor_dup_default ();

  self->desktop =
      arc_desktop_new (self->builder, arc_bus_connection_get_connection (self->bus), power);
}

static void
on_connected (ArcDaemon *self)
{
  if (self->stopping)
    return;

  make_desktop (self);
  if (self->ready)
    export_service (self, FALSE);
}

static void
on_given_up (ArcDaemon *self)
{
  stop (self, ARC_EXIT_NO_BUS);
}

static void
on_ready (ArcDaemon *self)
{
  export_service (self, self->options->replace);
  self->ready = TRUE;
  tell_ready (self);
}

/* The service waits for a tree that is not there; nobody wants `--once` to. */
static void
on_once_ready (ArcDaemon *self)
{
  ArcStatus status;

  arc_builder_get_status (self->builder, &status);
  if (status.health != ARC_HEALTH_UNAVAILABLE)
    return;

  g_printerr (_ ("Nothing was built: %s; name another with --directory or Directories=\n"),
              status.health_message);
  stop (self, ARC_EXIT_BUILD_FAILED);
}

/* The columns of the terminal on standard output, or 0 if there is none to draw on. */
static guint
get_columns (void)
{
  const char *term = g_getenv ("TERM");
  struct winsize size;

  if (!isatty (STDOUT_FILENO) || term == NULL || g_str_equal (term, "dumb"))
    return 0;

  return ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* `--once` is done when AfterBuild is, too. */
static void
stop_if_done (ArcDaemon *self)
{
  ArcStatus status;

  arc_builder_get_status (self->builder, &status);
  if (self->built && !(status.holds & ARC_HOLD_AFTER_BUILD))
    stop (self, self->built_exit);
}

/* The progress of `--once`: a bar on a terminal, else a line a second. */
static void
on_once_changed (ArcDaemon *self)
{
  const guint columns = get_columns ();
  const gint64 interval =
      columns > 0 ? ARC_PROGRESS_BAR_BAR_INTERVAL : ARC_PROGRESS_BAR_LINE_INTERVAL;
  g_autofree char *line = NULL;
  ArcStatus status;

  stop_if_done (self);
  arc_builder_get_status (self->builder, &status);
  if (status.progress_total == 0 ||
      !arc_progress_bar_take (&self->meter, status.progress_done, status.progress_total,
                              g_get_monotonic_time (), interval))
    return;

  /* A column is left free: after the last one, terminals differ in where the cursor is. */
  line =
      arc_progress_bar_format (&self->meter, columns > 0 ? columns - 1 : 0, g_get_charset (NULL));
  if (columns > 0)
    g_print ("\r%s\033[K", line);
  else
    g_print ("%s\n", line);

  /* What is logged next starts on a line of its own. */
  self->has_bar = columns > 0 && status.progress_done < status.progress_total;
  if (columns > 0 && !self->has_bar)
    g_print ("\n");
}

/* As compilers print errors, for an editor to read: there is no service to ask for them. */
static void
print_problems (ArcDaemon *self)
{
  const ArcProblemList *problems =
      arc_state_store_get_note_problems (arc_builder_get_store (self->builder));

  for (guint i = 0; i < problems->kept->len; i++)
    {
      g_autofree char *text = arc_problem_to_string (problems->kept->pdata[i]);

      g_printerr ("%s\n", text);
    }
}

static void
on_once_finished (ArcDaemon *self, const ArcBuild *build)
{
  const ArcConfig *config = arc_builder_get_config (self->builder);
  g_autofree char *database = g_filename_display_name (config->database);
  g_autofree char *log_file =
      arc_state_store_get_log (arc_builder_get_store (self->builder), build->id);
  g_autofree char *log = log_file != NULL ? g_filename_display_name (log_file) : NULL;

  if (self->has_bar)
    g_print ("\n");
  if (arc_build_is_stored (build))
    print_problems (self);
  if (build->result == ARC_RESULT_SUCCESS)
    g_print (_ ("Built %s\n"), database);
  else
    g_printerr (_ ("arcology-builder: error: the build failed: %s\n"),
                build->message != NULL ? build->message : arc_result_to_string (build->result));
  if (build->result != ARC_RESULT_SUCCESS && build->result != ARC_RESULT_SPAWN_FAILED &&
      log != NULL)
    g_printerr (_ ("See its output in %s\n"), log);

  self->built = TRUE;
  self->built_exit = build->result == ARC_RESULT_SUCCESS ? ARC_EXIT_SUCCESS : ARC_EXIT_BUILD_FAILED;
  stop_if_done (self);
}

/* GLib aborts the process when it gets no descriptor for a main context (g_wakeup_new(),
 * gwakeup.c), and GIO never makes a file monitor again after it got none for its inotify instance
 * (ik_source_new(), inotify-kernel.c; both in GLib 2.74 and 2.84). The usual limit of 1,024 is low
 * for the sake of select(2), which the service does not use. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static ArcBuilder *
make_builder (const ArcConfig *config, ArcStateStore *store)
{
  const char *const *directories = (const char *const *) config->directories;
  g_autoptr (ArcPathFilter) filter = arc_path_filter_new ((const char *const *) config->include,
                                                          (const char *const *) config->exclude);
  g_autoptr (ArcClock) clock = arc_boot_clock_new ();
  g_autoptr (ArcProcessRunner) runner = arc_process_runner_new ();
  g_autoptr (ArcWatcher) watcher = arc_watcher_new (directories, filter, config->follow_symlinks);

  return arc_builder_new (clock, watcher, runner, store, config);
}

/* Others may have written to the tree while this machine slept: over a network, or to a disk that
 * was carried away. */
static void
on_resumed (gpointer user_data)
{
  ArcDaemon *self = user_data;

  arc_builder_compare (self->builder);
}

static void
watch_sleep (ArcDaemon *self)
{
  GDBusConnection *system_bus = self->startup->system_bus;

  if (system_bus != NULL)
    self->sleep_id = arc_suspend_monitor_start (system_bus, on_resumed, self);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ArcDaemon *self = user_data;
  g_autoptr (GError) error = NULL;
  const gboolean opened = arc_state_store_open_finish (ARC_STATE_STORE (source), result, &error);

  g_clear_handle_id (&self->slow_id, g_source_remove);
  if (self->stopping)
    return;

  if (opened)
    {
      arc_builder_start (self->builder);
      return;
    }

  log_fatal ("%s", error->message);
  stop (self,
        g_error_matches (error, ARC_ERROR, ARC_ERROR_LOCKED) ? ARC_EXIT_TAKEN : ARC_EXIT_NO_STATE);
}

static gboolean
on_slow (gpointer user_data)
{
  ArcDaemon *self = user_data;
  g_autofree char *step = NULL;

  self->slow_id = 0;
  if (self->store == NULL)
    {
      step = arc_startup_describe (self->startup);
      g_warning ("%s", step);
    }
  else
    {
      step = g_filename_display_name (arc_state_store_get_directory (self->store));
      g_warning ("Reading state directory %s takes long: does its file system answer?", step);
    }

  return G_SOURCE_REMOVE;
}

static void
make_service (ArcDaemon *self)
{
  self->bus = g_object_ref (self->startup->bus);

  /* Until we own the name, another service may be at work on the same tree. */
  arc_builder_set_held (self->builder, ARC_HOLD_NAME, TRUE);

  self->service = arc_bus_service_new (self->builder, begin_reload, self);
  g_signal_connect_swapped (self->service, "name-acquired", G_CALLBACK (on_name_acquired), self);
  g_signal_connect_swapped (self->service, "name-lost", G_CALLBACK (on_name_lost), self);
  g_signal_connect_swapped (self->bus, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect_swapped (self->bus, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect_swapped (self->bus, "given-up", G_CALLBACK (on_given_up), self);
  make_desktop (self);
  watch_sleep (self);
  g_signal_connect_swapped (self->builder, "ready", G_CALLBACK (on_ready), self);
}

static void
make_once (ArcDaemon *self)
{
  g_signal_connect_swapped (self->builder, "ready", G_CALLBACK (on_once_ready), self);
  g_signal_connect_swapped (self->builder, "changed", G_CALLBACK (on_once_changed), self);
  g_signal_connect_swapped (self->builder, "build-finished", G_CALLBACK (on_once_finished), self);
}

/* With the settings, which are loaded now. */
static void
begin (ArcDaemon *self)
{
  const ArcDaemonOptions *options = self->options;
  ArcConfig *config = self->startup->config;
  g_auto (GStrv) files = arc_config_loader_list_files (&options->settings);

  self->store = arc_state_store_new (self->startup->state_directory);

  /* In this order: builds get the limit that the runner found. */
  self->builder = make_builder (config, self->store);
  raise_file_limit ();
  self->settings = arc_settings_monitor_new ((const char *const *) files, self->startup->digest,
                                             on_settings_changed, self);
  self->reload = arc_settings_reload_new (self->builder, self->settings, &options->settings,
                                          on_reloading, self);
  /* The files may have been read before they were changed. */
  if (self->reload_asked)
    begin_reload (self, on_reloaded, NULL);
  g_signal_connect_swapped (self->builder, "stopped", G_CALLBACK (g_main_loop_quit), self->loop);
  g_signal_connect_swapped (self->builder, "changed", G_CALLBACK (on_builder_changed), self);
  if (options->settings.once)
    make_once (self);
  else
    make_service (self);

  /* To replace is to take the name first: the old service then lets go of the lock, and the name is
   * never free meanwhile. That takes its time, and is reported. */
  if (options->replace)
    export_service (self, TRUE);
  else
    self->slow_id = g_timeout_add_seconds (SLOW_SECONDS, on_slow, self);
  arc_state_store_open_async (self->store, config->database, options->replace ? REPLACE_TIMEOUT : 0,
                              self->cancellable, on_opened, self);
}

static void
end (ArcDaemon *self)
{
  /* Its last words, while there is a connection. */
  g_clear_object (&self->desktop);

  /* The name goes last, so that a service that waits for it finds the lock free. */
  if (self->store != NULL)
    arc_state_store_unlock (self->store);
  if (self->service != NULL)
    arc_bus_service_close (self->service);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->bus);

  if (self->sleep_id != 0)
    g_dbus_connection_signal_unsubscribe (self->startup->system_bus, self->sleep_id);
  g_clear_object (&self->service);
  g_clear_pointer (&self->reload, arc_settings_reload_free);
  g_clear_pointer (&self->settings, arc_settings_monitor_free);
  g_clear_object (&self->builder);
  g_clear_object (&self->store);
}

/* The program ends, or begins, with what the thread has found. */
static void
on_started (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  ArcDaemon *self = user_data;
  g_autoptr (GError) error = NULL;
  const gboolean found = arc_startup_run_finish (result, &error);

  /* The program ends, or has ended. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_handle_id (&self->slow_id, g_source_remove);
  if (found)
    {
      if (!self->stopping)
        begin (self);
      return;
    }

  log_fatal ("%s", error->message);
  stop (self,
        g_error_matches (error, ARC_ERROR, ARC_ERROR_CONFIG) ? ARC_EXIT_CONFIG : ARC_EXIT_NO_BUS);
}

ArcExit
arc_daemon_run (const ArcDaemonOptions *options)
{
  g_autoptr (ArcServiceManager) supervisor = arc_service_manager_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (ArcStartup) startup = arc_startup_new (&options->settings);
  ArcDaemon self = { .options = options,
                     .loop = loop,
                     .supervisor = supervisor,
                     .cancellable = cancellable,
                     .startup = startup };
  const guint term_id = g_unix_signal_add (SIGTERM, on_stop_signal, &self);
  const guint int_id = g_unix_signal_add (SIGINT, on_stop_signal, &self);
  const guint hup_id = g_unix_signal_add (SIGHUP, on_reload_signal, &self);

  self.slow_id = g_timeout_add_seconds (SLOW_SECONDS, on_slow, &self);
  arc_startup_run_async (startup, cancellable, on_started, &self);
  g_main_loop_run (loop);

  end (&self);
  g_clear_handle_id (&self.slow_id, g_source_remove);
  g_source_remove (term_id);
  g_source_remove (int_id);
  g_source_remove (hup_id);

  return self.exit;
}
