/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-config.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcSettings:
 *
 * Where the configuration comes from: compiled defaults,
 * `$XDG_CONFIG_DIRS/arcology-builder/builder.conf` (the most important directory last),
 * `$XDG_CONFIG_HOME/arcology-builder/builder.conf`, the environment, the command line; the later
 * wins, key by key.
 */
typedef struct
{
  const char
      *config_file; /* (nullable): --config: read instead of the files above; it must exist */
  const char *const
      *directories; /* (nullable): --directory: instead of every other setting of it */
} ArcSettingsOptions;

/* Reads, layers, expands and checks all of it. A file that is not there is skipped; one that cannot
 * be read is an error. NULL and ARC_ERROR_CONFIG, with file, line and key in the message, if
 * anything is wrong. Paths in the result are absolute, and `database` and `command` are filled in:
 * the default command runs BATCH_FILE, the installed arcology-batch.el. SOURCES, if not NULL, gets
 * the files that were read. */
ArcConfig *arc_settings_load (const ArcSettingsOptions *options, GStrv *sources, GError **error);

/* (transfer full): `$XDG_STATE_HOME/arcology-builder`, or systemd's STATE_DIRECTORY if that is set.
 */
char *arc_settings_get_state_directory (void);

G_END_DECLS
