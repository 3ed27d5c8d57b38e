/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"

#include <gio/gio.h>

/**
 * ArcConfigLoaderOptions:
 * @config_file: (nullable): --config: read instead of all other files; it must exist
 * @directories: (nullable): --directory: instead of every other setting of the directories;
 * NULL-terminated, any bytes, relative to the current directory; empty is as good as NULL
 * @once: --once: one full build in the foreground, without a bus, instead of the service; implies
 *   OnStart=always
 *
 * What the command line says about the configuration, which comes from compiled defaults,
 * `arcology-builder/builder.conf` in each of `$XDG_CONFIG_DIRS` (the first of them is the most
 * important, so it is read last) and in `$XDG_CONFIG_HOME`, the environment
 * (arc_config_variables), and the command line; the later wins, key by key.
 */
typedef struct
{
  const char *config_file;
  const char *const *directories;
  gboolean once;
} ArcConfigLoaderOptions;

/**
 * arc_config_loader_options_copy:
 * @options: what the command line says
 *
 * Copies the options, for a thread that may outlive the original.
 *
 * Returns: (transfer full): the copy
 */
ArcConfigLoaderOptions *arc_config_loader_options_copy (const ArcConfigLoaderOptions *options);

/**
 * arc_config_loader_options_free:
 * @options: (transfer full): a copy
 *
 * Frees a copy.
 */
void arc_config_loader_options_free (ArcConfigLoaderOptions *options);

/**
 * arc_config_loader_list_files:
 * @options: what the command line says
 *
 * Lists the settings files that arc_config_loader_load() looks for, whether they exist or not.
 *
 * Returns: (transfer full): the paths, the least important first; a path of the command line is as
 *   it was given
 */
GStrv arc_config_loader_list_files (const ArcConfigLoaderOptions *options);

/**
 * arc_config_loader_load:
 * @options: (nullable): what the command line says
 * @sources: (out) (optional): the files that were read, in that order; %NULL on an error
 * @error: return location for an error
 *
 * Reads, layers, expands and checks all settings. A file that is not there is skipped; one that
 * cannot be read is an error. The message of an error, %ARC_ERROR_CONFIG, has a line for each
 * mistake in all files, variables and options, and for each contradiction between settings, with
 * file, line and key or the name of the variable.
 *
 * Paths in the result are absolute, and `database` and `command` are filled in: by default
 * `$XDG_DATA_HOME/arcology-builder/arcology.db`, and the installed program arcology-batch or, for a
 * build tree, what the environment variable ARCOLOGY_BATCH_FILE names: a program, or, if it ends
 * with `.el`, a file for Emacs to load.
 *
 * Returns: (transfer full) (nullable): the settings, or %NULL on an error
 */
ArcConfig *
arc_config_loader_load (const ArcConfigLoaderOptions *options, GStrv *sources, GError **error);

/**
 * arc_config_loader_get_state_directory:
 *
 * Gets systemd's STATE_DIRECTORY, the first if there are several (systemd.exec(5)), or
 * `$XDG_STATE_HOME/arcology-builder` without it.
 *
 * Returns: (transfer full): the path
 */
char *arc_config_loader_get_state_directory (void);
