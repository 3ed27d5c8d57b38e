/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"
#include "core/arc-changes.h"
#include "core/arc-snapshot.h"
#include "system/arc-store.h"

G_BEGIN_DECLS

/**
 * ArcMemory:
 *
 * What the engine remembers over a restart: the builds that ended, the files that the database
 * is true to, and the problems of notes.
 *
 * A state directory that cannot be written does not stop anything: it is told once in the log, and
 * for as long as it lasts by arc_memory_get_problem(). It is tried again with each build, and with
 * arc_memory_retry(). A file that was damaged is told in the log
 * and counts as not there.
 */
typedef struct _ArcMemory ArcMemory;

/* arc_memory_get_problem() tells something else than before. */
typedef void (*ArcMemoryFunc) (gpointer user_data);

/* FUNC is called from the main loop: how it went to write is known only later. */
ArcMemory *arc_memory_new (ArcStore *store, ArcMemoryFunc func, gpointer user_data);

/* Waits for what is being written. */
void arc_memory_free (ArcMemory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMemory, arc_memory_free)

/* Reads what the last run left; (transfer full) (nullable): the files that DATABASE is true to,
 * NULL if that is not known or DATABASE is not there. INPUTS gets what else it is true to. */
ArcSnapshot *arc_memory_recall (ArcMemory *memory, const char *database, ArcStoreInputs *inputs);

/* A build succeeded, or failed for some of PENDING only: DATABASE is true to SNAPSHOT, but for
 * PENDING, and to INPUTS. */
void arc_memory_commit (ArcMemory *memory,
                        const ArcSnapshot *snapshot,
                        const ArcChanges *pending,
                        const char *database,
                        const ArcStoreInputs *inputs);

/* Sets the problems of all notes, PROBLEMS, which are sorted, for the next arc_memory_commit() to
 * write. */
void arc_memory_set_note_problems (ArcMemory *memory, ArcProblems *problems);

/* Returns: (transfer none): the problems of all notes. */
ArcProblems *arc_memory_get_note_problems (const ArcMemory *memory);

/* BUILD (transfer full) has ended. */
void arc_memory_add_build (ArcMemory *memory, ArcBuild *build);

/* (element-type ArcBuild): the builds that ended, as far as they are remembered, the newest last.
 */
const GPtrArray *arc_memory_get_history (const ArcMemory *memory);

/* (nullable): the last build that ended. */
const ArcBuild *arc_memory_get_last_build (const ArcMemory *memory);

/* The numbers of the last build, and of the last that succeeded; 0 if there is none. */
guint64 arc_memory_get_last_id (const ArcMemory *memory);
guint64 arc_memory_get_built_id (const ArcMemory *memory);

/* (nullable): what the state directory cannot keep, why, and what to do about it; English. */
const char *arc_memory_get_problem (const ArcMemory *memory);

/* Tries again to write what could not be written. TRUE if it remains to call arc_memory_commit(),
 * for which only the caller knows what is true now. */
gboolean arc_memory_retry (ArcMemory *memory);

G_END_DECLS
