/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "startup.h"

#include "bus/bus-peer.h"
#include "settings-reload.h"

#include <string.h>
#include <sys/stat.h>

/* How long the service works on without a message bus. */
#define BUS_PATIENCE G_TIME_SPAN_MINUTE

/* Enough of a digest that no two databases of a user share it. */
#define STATE_KEY_LENGTH 16

/* What the thread is at. */
typedef enum
{
  STEP_SETTINGS,
  STEP_STATE,
  STEP_BUS,
} Step;

ArcStartup *
arc_startup_new (const ArcConfigLoaderOptions *options)
{
  ArcStartup *self = g_atomic_rc_box_new0 (ArcStartup);

  self->options = arc_config_loader_options_copy (options);

  return self;
}

static void
clear (gpointer data)
{
  ArcStartup *self = data;

  g_clear_pointer (&self->config, arc_config_free);
  g_clear_object (&self->bus);
  g_clear_object (&self->system_bus);
  g_free (self->digest);
  g_free (self->state_directory);
  arc_config_loader_options_free (self->options);
}

void
arc_startup_unref (ArcStartup *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/* Whether A and B are paths of one file, which need not exist. */
static gboolean
is_same_file (const char *a, const char *b)
{
  struct stat first;
  struct stat second;

  if (strcmp (a, b) == 0)
    return TRUE;

  return stat (a, &first) == 0 && stat (b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/* (transfer full): the state directory. `--once` of another database than that of the service has
 * its own, with its own lock: what the service knows of its database stays as it is. Two of one
 * database have the same, and refuse each other. */
static char *
find_state_directory (const ArcStartup *self)
{
  g_autofree char *usual = arc_config_loader_get_state_directory ();
  g_autofree char *database = self->options->once ? arc_bus_peer_get_database () : NULL;
  g_autofree char *key = NULL;

  if (database == NULL || is_same_file (database, self->config->database))
    return g_steal_pointer (&usual);

  key = g_compute_checksum_for_string (G_CHECKSUM_SHA256, self->config->database, -1);
  key[STATE_KEY_LENGTH] = '\0';

  return g_build_filename (usual, "once", key, NULL);
}

static void
set_bus_error (GError **error, const char *reason)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
               "Cannot connect to the session bus: %s; log in to a session, or set "
               "DBUS_SESSION_BUS_ADDRESS to the address of its bus",
               reason);
}

static void
connect_to_buses (ArcStartup *self, GError **error)
{
  g_autoptr (GError) session_error = NULL;
  g_autoptr (GError) system_error = NULL;

  self->bus = arc_bus_connection_new (NULL, BUS_PATIENCE, &session_error);
  if (self->bus == NULL)
    {
      set_bus_error (error, session_error->message);
      return;
    }

  self->system_bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &system_error);
  if (self->system_bus != NULL)
    /* It can go without us. */
    g_dbus_connection_set_exit_on_close (self->system_bus, FALSE);
  else
    g_debug ("No system bus, so nothing reports a suspend: %s", system_error->message);
}

static void
run (GTask *task,
     gpointer source G_GNUC_UNUSED,
     gpointer data,
     GCancellable *cancellable G_GNUC_UNUSED)
{
  ArcStartup *self = data;
  GError *error = NULL;

  self->config = arc_settings_load (self->options, &self->digest, &error);
  if (self->config != NULL)
    {
      g_atomic_int_set (&self->step, STEP_STATE);
      self->state_directory = find_state_directory (self);
    }
  if (self->config != NULL && !self->options->once)
    {
      g_atomic_int_set (&self->step, STEP_BUS);
      connect_to_buses (self, &error);
    }

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
arc_startup_run_async (ArcStartup *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, arc_startup_run_async);
  g_task_set_task_data (task, g_atomic_rc_box_acquire (self), (GDestroyNotify) arc_startup_unref);
  g_task_run_in_thread (task, run);
}

gboolean
arc_startup_run_finish (GAsyncResult *result, GError **error)
{
  const ArcStartup *self = g_task_get_task_data (G_TASK (result));
  GDBusConnection *connection;

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  if (self->bus == NULL)
    return TRUE;

  /* It may have ended before its signal was connected to. */
  connection = arc_bus_connection_get_connection (self->bus);
  if (connection != NULL && !g_dbus_connection_is_closed (connection))
    return TRUE;

  set_bus_error (error, "the bus has closed the connection");

  return FALSE;
}

char *
arc_startup_describe (const ArcStartup *self)
{
  g_auto (GStrv) files = arc_config_loader_list_files (self->options);
  g_autofree char *names = g_strjoinv (", ", files);
  g_autofree char *printable = g_filename_display_name (names);

  switch ((Step) g_atomic_int_get (&self->step))
    {
    case STEP_SETTINGS:
      return g_strdup_printf ("Reading the settings takes long: does the file system of %s answer?",
                              printable);
    case STEP_STATE:
      return g_strdup ("Finding the state directory takes long: does a running service answer, and "
                       "the file system of its database?");
    case STEP_BUS:
      return g_strdup ("Connecting to the message bus takes long: does the bus answer?");
    }

  g_return_val_if_reached (NULL);
}
