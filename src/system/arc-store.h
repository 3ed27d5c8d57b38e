/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"
#include "core/arc-changes.h"
#include "core/arc-problems.h"
#include "core/arc-snapshot.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcStore:
 *
 * The state directory (0700): what a run of the service leaves to the next.
 *
 *     paused             there if the user paused the service
 *     snapshot           the files that the database is true to
 *     uncommitted        what builds were told since the snapshot was written
 *     history            the last builds
 *     problems           what is wrong with notes, as of the snapshot
 *     logs/ID.log        the output of build ID; the newest are kept (arc-logs.h)
 *
 * and, in the runtime directory (arc-state-directory.h), what the machine need not outlive:
 *
 *     changes            what the last build was told, for it to read
 *     group              the process group of the running build
 *
 * The snapshot is written only after a build has succeeded, and what it is told before it starts.
 * So whenever the service, the build or the machine dies: what the database may lack is what
 * differs from the snapshot, or is uncommitted.
 *
 * If the state directory cannot be written any more, builds go on, and the next run, which finds no
 * snapshot or another database than the snapshot is of, builds everything. If another process has
 * the lock by then, because the directory was removed and made anew, nothing is written and no
 * build starts (ARC_ERROR_LOCKED).
 *
 * A file that is damaged, or of another version, is put aside under a name that ends in `.damaged`.
 *
 * Whatever must be on the disk for sure is written by a thread (arc-write-queue.h), in the order in
 * which it was begun: arc_store_begin_NAME() needs its arguments no longer when it returns, and
 * arc_store_end_NAME() says, once, how the last one went, and blocks until that is known. Signals
 * say when it does not:
 *   `changes-written`, `committed`, `history-written`: what was begun last is done. They are
 * emitted in the thread-default main context that the store was made in, which must turn for
 * anything to be written at all, or somebody must wait for it.
 */
#define ARC_TYPE_STORE (arc_store_get_type ())
G_DECLARE_FINAL_TYPE (ArcStore, arc_store, ARC, STORE, GObject)

/* DIRECTORY is made when it is first needed. */
ArcStore *arc_store_new (const char *directory);

const char *arc_store_get_directory (ArcStore *store);

/* Makes the directory if need be and takes the lock, without waiting. ARC_ERROR_LOCKED, naming the
 * directory and the pid of the owner, if another process has it; ARC_ERROR_STATE_DIRECTORY if the
 * directory cannot be made. The lock goes with the process. */
gboolean arc_store_lock (ArcStore *store, GError **error);

/* (nullable): why the state directory cannot be written, and what to do about it; English. Valid
 * until the store is used again. */
const char *arc_store_get_problem (ArcStore *store);

/* Lets go of the lock, if it is held, after arc_store_flush(). Nothing of the directory may be
 * written after that. */
void arc_store_unlock (ArcStore *store);

/* Waits for all that is being written. */
void arc_store_flush (ArcStore *store);

/* A number larger than that of any build whose log is here, and than any that it returned before;
 * from 1. */
guint64 arc_store_next_build (ArcStore *store);

/* (transfer full): where the log of build ID goes; its directory exists, and old logs have been
 * removed. NULL and ARC_ERROR_STATE_DIRECTORY if it cannot be made. */
char *arc_store_prepare_log (ArcStore *store, guint64 id, GError **error);

/* (transfer full): where the log of build ID is, if it still is. */
char *arc_store_get_log (ArcStore *store, guint64 id);

/* The log of build ID, to read (owned by the caller, close-on-exec); one that is not there yet is
 * made if CREATE. -1 and ARC_ERROR_NO_SUCH_BUILD if it is not there, or ARC_ERROR_STATE_DIRECTORY
 * if it cannot be read. */
int arc_store_open_log (ArcStore *store, guint64 id, gboolean create, GError **error);

/* A build is about to be told CHANGES: remembers them until the next arc_store_begin_commit(), and
 * writes the list that it reads. What was begun before and is not being written yet is dropped:
 * that build was never told. */
void arc_store_begin_changes (ArcStore *store, const ArcChanges *changes);

/* The same for a build that makes the database anew and is told of all files of SNAPSHOT. Until the
 * next arc_store_begin_commit() nothing is known of any database: the list cannot tell what it may
 * hold of files that are gone. */
void arc_store_begin_everything (ArcStore *store, const ArcSnapshot *snapshot);

/* The path of the list, once it is all on the disk (owned by the store until the next is begun).
 * NULL and ARC_ERROR_STATE_DIRECTORY or ARC_ERROR_LOCKED if it cannot be written: then the build
 * must not start. */
const char *arc_store_end_changes (ArcStore *store, GError **error);

/**
 * ArcStoreInputs:
 * @settings: (nullable): arc_inputs_read() when the build began that made all of the database
 * @database: (nullable): arc_inputs_read_database() after the last build
 * @tree: (nullable): arc_inputs_get_tree() of the snapshot
 *
 * What else is remembered of a database; NULL: nothing.
 */
typedef struct
{
  char *settings;
  char *database;
  char *tree;
} ArcStoreInputs;

void arc_store_inputs_clear (ArcStoreInputs *inputs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArcStoreInputs, arc_store_inputs_clear)

/* (transfer full) (nullable): the files that DATABASE is true to. What is not committed is marked
 * dirty in it: the next look at the disk finds it changed. INPUTS gets what was committed with
 * them, also if not all of the files are known. NULL, without an error, if nothing is known of
 * DATABASE; NULL and an error if a file was damaged, which is then put aside. */
ArcSnapshot *arc_store_load_snapshot (ArcStore *store,
                                      const char *database,
                                      ArcStoreInputs *inputs,
                                      GError **error);

/* A build has ended: DATABASE is true to SNAPSHOT, but for PENDING, and to INPUTS. FALSE and
 * ARC_ERROR_STATE_DIRECTORY or ARC_ERROR_LOCKED if that cannot be written. */
void arc_store_begin_commit (ArcStore *store,
                             const ArcSnapshot *snapshot,
                             const ArcChanges *pending,
                             const char *database,
                             const ArcStoreInputs *inputs);
gboolean arc_store_end_commit (ArcStore *store, GError **error);

/* Returns: (transfer full): the problems that the last commit wrote; empty, and an error, if the
 * file was damaged, which is then put aside. */
ArcProblems *arc_store_load_problems (ArcStore *store, GError **error);

/* Sets what the next commits write: PROBLEMS, which are sorted, before their snapshot. So a
 * database that counts as up to date has the problems that belong to it. */
void arc_store_set_problems (ArcStore *store, ArcProblems *problems);

/* The file that the process group of a build is to be written to, at its start, as a decimal number
 * and a newline, before the build runs: it has room for that (owned by the caller, close-on-exec).
 * -1 if there can be none. And forgets what is in it, when the build has ended. */
int arc_store_open_group (ArcStore *store);
void arc_store_forget_group (ArcStore *store);

/* Ends what is left of a build of an earlier service that was killed, and blocks until it is gone:
 * SIGKILL comes GRACE microseconds after SIGTERM. A process that left the group on purpose is not
 * touched. TRUE if there was something. */
gboolean arc_store_end_leftover (ArcStore *store, gint64 grace);

/* (transfer full) (element-type ArcBuild): the last builds, the newest last; empty and an error if
 * the file was damaged, which is then put aside. */
GPtrArray *arc_store_load_history (ArcStore *store, GError **error);

/* They fail like arc_store_end_commit(). */
void arc_store_begin_history (ArcStore *store, const GPtrArray *builds);
gboolean arc_store_end_history (ArcStore *store, GError **error);

/* The flag outlives the process; the machine only if that lives on for some seconds, as it is not
 * worth to wait for the disk. It fails like arc_store_end_commit(). */
gboolean arc_store_get_paused (ArcStore *store);
gboolean arc_store_set_paused (ArcStore *store, gboolean paused, GError **error);

G_END_DECLS
