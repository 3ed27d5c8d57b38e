/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcBuildInputs:
 *
 * What the rows of the database depend on besides the notes: the settings that shape them, the
 * files that the setting `Command` names, those that the last build has named (such as the
 * libraries that it has loaded), and the database itself, which no other program may write.
 *
 * Each of these is read as a short text, which is equal for equal states: a digest of the settings,
 * and of size, times and inode of the files.
 */
typedef struct _ArcBuildInputs ArcBuildInputs;

typedef void (*ArcBuildInputsFunc) (gpointer user_data);

/* FUNC is called from the main context that is the thread default now, some milliseconds after a
 * file, or the database, may have changed. */
ArcBuildInputs *arc_build_inputs_new (ArcBuildInputsFunc func, gpointer user_data);
void arc_build_inputs_free (ArcBuildInputs *inputs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcBuildInputs, arc_build_inputs_free)

/* Takes over what CONFIG names. To be called first, and followed by a look. */
void arc_build_inputs_set_config (ArcBuildInputs *inputs, const ArcConfig *config);

/* From the next look on, watches the files and the database. */
void arc_build_inputs_watch (ArcBuildInputs *inputs);

/**
 * arc_build_inputs_look:
 * @func: called when the files and the database have been looked at, not before this has returned,
 *   and not if @inputs is freed first
 *
 * Looks at all files and the database, in another thread: a disk may hang. All else here tells what
 * the last look has seen.
 */
void arc_build_inputs_look (ArcBuildInputs *inputs, ArcBuildInputsFunc func, gpointer user_data);

/* (transfer full): the settings and files. */
char *arc_build_inputs_read (ArcBuildInputs *inputs);

/* (transfer full): the same, as they were when the last build began. */
char *arc_build_inputs_read_begun (ArcBuildInputs *inputs);

/* Takes the files that builds named from TEXT (nullable), which arc_build_inputs_read() of another
 * process returned. */
void arc_build_inputs_restore (ArcBuildInputs *inputs, const char *text);

/* A digest of the settings that say which files are notes. */
const char *arc_build_inputs_get_tree (const ArcBuildInputs *inputs);

/* (nullable): the database. A journal that SQLite keeps beside it (sqlite.org/wal.html) counts as
 * far as there is anything in it: readers make an empty one. NULL before the first look. */
const char *arc_build_inputs_get_database (const ArcBuildInputs *inputs);

/* Whether the file of the database is there. */
gboolean arc_build_inputs_has_database (const ArcBuildInputs *inputs);

/* A build begins, after a look. */
void arc_build_inputs_begin_build (ArcBuildInputs *inputs);

/* The build that runs names PATH as a file that the rows depend on. */
void arc_build_inputs_add_named (ArcBuildInputs *inputs, const char *path);

/**
 * arc_build_inputs_end_build:
 * @done: whether what the build wrote is in the database
 *
 * Takes over the files that a build has named, if it is done. To be called after a look that began
 * when the build had ended. A file that several builds in turn
 * have written, such as a log, is an output of the build, and does not count any more.
 *
 * Returns: whether other files count than when it began
 */
gboolean arc_build_inputs_end_build (ArcBuildInputs *inputs, gboolean done);

G_END_DECLS
