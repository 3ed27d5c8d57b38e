/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"

#include <glib.h>

/**
 * ArcBuildInputs:
 *
 * What the rows of the database depend on besides the notes: the settings that shape them, the
 * locale, time zone and EMACSLOADPATH in the environment of the service, the files that the setting
 * `Command` names, those that the last build has named (such as the libraries that it has loaded),
 * and the database itself, which no other program may write.
 *
 * Each of these is read as a short text, which is equal for equal states: a digest of the settings
 * and the environment, and of size, times and inode of the files.
 */
typedef struct _ArcBuildInputs ArcBuildInputs;

typedef void (*ArcBuildInputsFunc) (gpointer user_data);

/**
 * arc_build_inputs_new:
 * @func: called from the thread-default main context some milliseconds after a file, or the
 *   database, may have changed
 * @user_data: data for the function
 *
 * Starts the thread that reads and watches the files.
 *
 * Returns: (transfer full): the inputs
 */
ArcBuildInputs *arc_build_inputs_new (ArcBuildInputsFunc func, gpointer user_data);

/**
 * arc_build_inputs_free:
 * @inputs: (transfer full): the inputs
 *
 * Frees the inputs. The thread may be waiting for a disk, and ends by itself.
 */
void arc_build_inputs_free (ArcBuildInputs *inputs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcBuildInputs, arc_build_inputs_free)

/**
 * arc_build_inputs_set_config:
 * @inputs: the inputs
 * @config: the settings
 *
 * Sets the files that @config names. Must be called first, and followed by
 * arc_build_inputs_look().
 */
void arc_build_inputs_set_config (ArcBuildInputs *inputs, const ArcConfig *config);

/**
 * arc_build_inputs_look:
 * @inputs: the inputs
 * @func: called when the files and the database have been read; never before the call returns,
 *   and not if @inputs is freed first
 * @user_data: data for the function
 *
 * Reads the state of all files and of the database in the thread, and watches them from then on.
 * All other functions return what was read last.
 */
void arc_build_inputs_look (ArcBuildInputs *inputs, ArcBuildInputsFunc func, gpointer user_data);

/**
 * arc_build_inputs_read:
 * @inputs: the inputs
 * @begun: whether to return the state of the files when the last build began
 *
 * Returns: (transfer full): the state of the settings and the files
 */
char *arc_build_inputs_read (ArcBuildInputs *inputs, gboolean begun);

/**
 * arc_build_inputs_restore:
 * @inputs: the inputs
 * @text: (nullable): what arc_build_inputs_read() returned in an earlier process
 *
 * Sets the files that builds named.
 */
void arc_build_inputs_restore (ArcBuildInputs *inputs, const char *text);

/**
 * arc_build_inputs_get_tree:
 * @inputs: the inputs
 *
 * Returns: (transfer none): a digest of the settings that decide which files are notes
 */
const char *arc_build_inputs_get_tree (const ArcBuildInputs *inputs);

/**
 * arc_build_inputs_get_database:
 * @inputs: the inputs
 *
 * The journal that SQLite keeps beside the database (sqlite.org/wal.html) is part of the state
 * unless it is empty, as readers leave it.
 *
 * Returns: (transfer none) (nullable): the state of the database; %NULL before the first
 *   arc_build_inputs_look() has ended
 */
const char *arc_build_inputs_get_database (const ArcBuildInputs *inputs);

/**
 * arc_build_inputs_has_database:
 * @inputs: the inputs
 *
 * Returns: %TRUE if the file of the database exists
 */
gboolean arc_build_inputs_has_database (const ArcBuildInputs *inputs);

/**
 * arc_build_inputs_begin_build:
 * @inputs: the inputs
 *
 * Keeps the state of now as that of the start of a build.
 */
void arc_build_inputs_begin_build (ArcBuildInputs *inputs);

/**
 * arc_build_inputs_add_named:
 * @inputs: the inputs
 * @path: an absolute path
 *
 * Adds a file that the running build has named as one that the rows depend on.
 */
void arc_build_inputs_add_named (ArcBuildInputs *inputs, const char *path);

/**
 * arc_build_inputs_end_build:
 * @inputs: the inputs
 * @done: whether what the build wrote is in the database
 *
 * Takes over the files that a build has named, if @done. Must be called after an
 * arc_build_inputs_look() that began after the end of the build. A file that three builds in a
 * row have written, such as a log, is an output of the build and is no input any more. A file that
 * the build has named first, and that may have changed since the build began, counts as changed,
 * but not after three such builds in a row.
 */
void arc_build_inputs_end_build (ArcBuildInputs *inputs, gboolean done);
