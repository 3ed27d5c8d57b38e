/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/settings-monitor.h"

#include "config/read-file.h"
#include "watch/path-monitor.h"

#include <string.h>

/* Editors write a file in several steps. Milliseconds. */
#define GATHER 50

struct _ArcSettingsMonitor
{
  GStrv files;              /* (owned) */
  ArcPathMonitor *monitors; /* (owned) */
  ArcSettingsMonitorFunc func;
  gpointer user_data;
  char *loaded;    /* (owned): the digest of the files that are in force */
  gboolean differ; /* what FUNC was called with last */
  guint check_id;  /* 0 unless something may have changed */
};

/* The files are small, and have been written just now: reading them takes no longer than loading
 * them does, which the main loop does, too. */
char *
arc_settings_monitor_read (ArcSettingsMonitor *self)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; self->files[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      gsize length = 0;
      g_autofree char *data =
          arc_read_file (self->files[i], ARC_READ_SETTINGS, ARC_READ_MAX_SETTINGS, &length, &error);
      const char *text = data != NULL ? data : error->message;

      /* The sizes keep apart where a file ends and the next one begins. */
      if (data == NULL)
        length = strlen (text);
      g_checksum_update (checksum, (const guchar *) (data != NULL ? "+" : "-"), 1);
      g_checksum_update (checksum, (const guchar *) &length, sizeof length);
      g_checksum_update (checksum, (const guchar *) text, (gssize) length);
    }

  return g_strdup (g_checksum_get_string (checksum));
}

/* A change that comes after a way is followed is an event; one before is read here. */
static void
check (ArcSettingsMonitor *self)
{
  g_autofree char *now = NULL;
  gboolean differ;

  for (guint i = 0; self->files[i] != NULL; i++)
    arc_path_monitor_follow (self->monitors, self->files[i]);

  now = arc_settings_monitor_read (self);
  differ = strcmp (now, self->loaded) != 0;
  if (differ == self->differ)
    return;

  self->differ = differ;
  self->func (differ, self->user_data);
}

static gboolean
on_gathered (gpointer user_data)
{
  ArcSettingsMonitor *self = user_data;

  self->check_id = 0;
  check (self);

  return G_SOURCE_REMOVE;
}

static void
on_event (const char *path G_GNUC_UNUSED, ArcHint hint G_GNUC_UNUSED, gpointer user_data)
{
  ArcSettingsMonitor *self = user_data;

  if (self->check_id == 0)
    self->check_id = g_timeout_add (GATHER, on_gathered, self);
}

void
arc_settings_monitor_set_loaded (ArcSettingsMonitor *self, const char *digest)
{
  g_free (self->loaded);
  self->loaded = g_strdup (digest);
  check (self);
}

ArcSettingsMonitor *
arc_settings_monitor_new (const char *const *files, ArcSettingsMonitorFunc func, gpointer user_data)
{
  ArcSettingsMonitor *self = g_new0 (ArcSettingsMonitor, 1);

  self->files = g_new0 (char *, g_strv_length ((GStrv) files) + 1);
  for (guint i = 0; files[i] != NULL; i++)
    self->files[i] = g_canonicalize_filename (files[i], NULL);
  self->func = func;
  self->user_data = user_data;
  self->monitors = arc_path_monitor_new (on_event, self);
  for (guint i = 0; self->files[i] != NULL; i++)
    arc_path_monitor_follow (self->monitors, self->files[i]);
  self->loaded = arc_settings_monitor_read (self);

  return self;
}

void
arc_settings_monitor_free (ArcSettingsMonitor *self)
{
  g_clear_handle_id (&self->check_id, g_source_remove);
  arc_path_monitor_free (self->monitors);
  g_strfreev (self->files);
  g_free (self->loaded);
  g_free (self);
}
