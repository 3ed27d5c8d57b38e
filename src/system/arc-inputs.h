/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-config.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcInputs:
 *
 * What the rows of the database depend on besides the notes: the settings that shape them, the
 * files that the setting `Command` names, those that the last build has named (such as the
 * libraries that it has loaded), and the database itself, which no other program may write.
 *
 * Each of these is read as a short text, which is equal for equal states: a digest of the settings,
 * and of size, times and inode of the files.
 */
typedef struct _ArcInputs ArcInputs;

typedef void (*ArcInputsFunc) (gpointer user_data);

/* FUNC is called from the main context that is the thread default now, some milliseconds after a
 * file, or the database, may have changed. */
ArcInputs *arc_inputs_new (ArcInputsFunc func, gpointer user_data);
void arc_inputs_free (ArcInputs *inputs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcInputs, arc_inputs_free)

/* Takes over what CONFIG names. To be called first. */
void arc_inputs_set_config (ArcInputs *inputs, const ArcConfig *config);

/* Begins to watch the files and the database. */
void arc_inputs_watch (ArcInputs *inputs);

/* (transfer full): the settings and files, as they are now. */
char *arc_inputs_read (ArcInputs *inputs);

/* (transfer full): the same, as they were when the last build began. */
char *arc_inputs_read_begun (ArcInputs *inputs);

/* Takes the files that builds named from TEXT (nullable), which arc_inputs_read() of another
 * process returned. */
void arc_inputs_restore (ArcInputs *inputs, const char *text);

/* A digest of the settings that say which files are notes. */
const char *arc_inputs_get_tree (const ArcInputs *inputs);

/* (transfer full): the database at PATH, as it is now. A journal that SQLite keeps beside it
 * (sqlite.org/wal.html) counts as far as there is anything in it: readers make an empty one. */
char *arc_inputs_read_database (const char *path);

/* A build begins. */
void arc_inputs_begin_build (ArcInputs *inputs);

/* The build that runs names PATH as a file that the rows depend on. */
void arc_inputs_add_named (ArcInputs *inputs, const char *path);

/**
 * arc_inputs_end_build:
 * @done: whether what the build wrote is in the database
 *
 * Takes over the files that a build has named, if it is done. A file that several builds in turn
 * have written, such as a log, is an output of the build, and does not count any more.
 *
 * Returns: whether other files count than when it began
 */
gboolean arc_inputs_end_build (ArcInputs *inputs, gboolean done);

G_END_DECLS
