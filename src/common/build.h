/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib-object.h>

/* What a build does; a later one does all that an earlier one does. */
typedef enum
{
  ARC_BUILD_INCREMENTAL, /* what changed */
  ARC_BUILD_FULL,        /* every file */
  ARC_BUILD_CLEAN,       /* every file, into an empty database */
} ArcBuildKind;

#define ARC_N_BUILD_KINDS (ARC_BUILD_CLEAN + 1)

/* Why a build started. */
typedef enum
{
  ARC_CAUSE_START,
  ARC_CAUSE_CHANGE,
  ARC_CAUSE_RETRY,
  ARC_CAUSE_REQUEST,
} ArcCause;

#define ARC_N_CAUSES (ARC_CAUSE_REQUEST + 1)

/* How a build ended. */
typedef enum
{
  ARC_RESULT_SUCCESS,
  ARC_RESULT_FAILED,       /* an exit status other than 0 */
  ARC_RESULT_SIGNAL,       /* killed by a signal that the service did not send */
  ARC_RESULT_TIMEOUT,      /* the service ended it at its timeout */
  ARC_RESULT_CANCELED,     /* the service ended it after `Cancel` */
  ARC_RESULT_SPAWN_FAILED, /* it never started */
  ARC_RESULT_INTERRUPTED,  /* the service ended it because it stops */
} ArcResult;

#define ARC_N_RESULTS (ARC_RESULT_INTERRUPTED + 1)

/**
 * arc_build_kind_to_string:
 * @kind: the kind of a build
 *
 * Returns: the word of D-Bus, the environment of builds and the logs; never translated
 */
const char *arc_build_kind_to_string (ArcBuildKind kind);

/**
 * arc_cause_to_string:
 * @cause: the cause of a build
 *
 * Returns: the word of D-Bus, the environment of builds and the logs; never translated
 */
const char *arc_cause_to_string (ArcCause cause);

/**
 * arc_result_to_string:
 * @result: the result of a build
 *
 * Returns: the word of D-Bus, the environment of builds and the logs; never translated
 */
const char *arc_result_to_string (ArcResult result);

/* The exit status of a build that did all but the files that it reported as failed. */
#define ARC_BUILD_PARTIAL_STATUS 1

/* That of an incremental build that only a full one can do: the database lacks what it needs. It is
 * EX_DATAERR of sysexits.h. */
#define ARC_BUILD_ASKS_FOR_FULL_STATUS 65

/* The message of a build that gave no reason, before ": " and the last line of its output, if that
 * has any; arcologyctl has a translation of it. */
#define ARC_BUILD_EXIT_MESSAGE "exit status %d"

/* How many failed files of a build are remembered by name; and for how many bytes of names this is
 * so on D-Bus, in the history, and when a later build has ended. */
#define ARC_BUILD_MAX_FAILED_FILES 1000
#define ARC_BUILD_MAX_FAILED_BYTES (64 * 1024)

/**
 * ArcBuild:
 * @id: its number, larger than that of every build before it
 * @kind: what it does
 * @cause: why it started
 * @result: how it ended
 * @exit_status: its exit status, 0 if it did not exit
 * @signal: the signal that killed it, 0 if none did
 * @message: (nullable): English: what went wrong
 * @error: (nullable): the last reason that it gave for failing as a whole; not in the history
 * @last_line: (nullable): the last line of its output that says anything, for people; the same
 * @failed_why: (nullable): the reason that it gave for the first of @failed_files; the same
 * @started: microseconds since the epoch
 * @finished: microseconds since the epoch, 0 while it runs
 * @n_changed: how many files its list of changes has
 * @failed_files: (element-type filename): the files that it reported
 * @n_failed: how often it reported one, also of those that are not remembered
 * @n_problems: how many problems it reported
 * @n_new_problems: how many of them the last set of problems does not have; not in the history
 * @new_problem: (nullable): the first of those, for people; the same
 * @new_problem_path: (nullable): the note that has it; the same
 * @cpu_usec: processor time, microseconds
 * @max_rss: largest memory seen, bytes
 *
 * One build, from its start on. What is not known before it has ended is 0 until then.
 */
typedef struct
{
  guint64 id;
  ArcBuildKind kind;
  ArcCause cause;
  ArcResult result;
  int exit_status;
  int signal;
  char *message;
  char *error;
  char *last_line;
  char *failed_why;
  gint64 started;
  gint64 finished;
  guint n_changed;
  GPtrArray *failed_files;
  guint n_failed;
  guint n_problems;
  guint n_new_problems;
  char *new_problem;
  char *new_problem_path;
  guint64 cpu_usec;
  guint64 max_rss;
} ArcBuild;

#define ARC_TYPE_BUILD (arc_build_get_type ())
GType arc_build_get_type (void);

/**
 * arc_build_new:
 * @id: its number
 * @kind: what it does
 * @cause: why it starts
 * @started: microseconds since the epoch
 *
 * Returns: (transfer full): the record of a build that starts
 */
ArcBuild *arc_build_new (guint64 id, ArcBuildKind kind, ArcCause cause, gint64 started);

/**
 * arc_build_free:
 * @build: (transfer full): a build
 *
 * Gives up a reference: the build is freed with its last one.
 */
void arc_build_free (ArcBuild *build);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcBuild, arc_build_free)

/**
 * arc_build_fill_dict:
 * @build: a build
 * @dict: a dictionary
 *
 * Adds the members of @build to @dict, by the keys of `LastBuild` on D-Bus: all but the message,
 * which is bytes in a file and text on D-Bus, and the names of failed files beyond
 * %ARC_BUILD_MAX_FAILED_BYTES.
 */
void arc_build_fill_dict (const ArcBuild *build, GVariantDict *dict);

/**
 * arc_build_trim:
 * @build: a build
 *
 * Forgets the names of failed files beyond %ARC_BUILD_MAX_FAILED_BYTES.
 */
void arc_build_trim (ArcBuild *build);

/**
 * arc_build_add_failed_file:
 * @build: a build
 * @path: a file that the build reported as failed
 * @why: (nullable): the reason
 *
 * Counts @path, and remembers it unless there are %ARC_BUILD_MAX_FAILED_FILES already. The reason
 * of the first one is remembered, too.
 */
void arc_build_add_failed_file (ArcBuild *build, const char *path, const char *why);

/**
 * arc_build_is_partial:
 * @build: a build that has ended
 *
 * Returns: %TRUE if the database holds all but the files that @build reported as failed. Without
 *   such a file, the exit status %ARC_BUILD_PARTIAL_STATUS is a failure of the whole build
 */
gboolean arc_build_is_partial (const ArcBuild *build);

/**
 * arc_build_is_stored:
 * @build: a build that has ended
 *
 * Returns: %TRUE if the database holds what @build made: it succeeded, perhaps but for some files
 */
gboolean arc_build_is_stored (const ArcBuild *build);

/**
 * arc_build_asks_for_full:
 * @build: a build that has ended
 *
 * Returns: %TRUE if @build was incremental, and the database lacks what such a build needs: the
 * exit status EX_DATAERR of sysexits.h says that
 */
gboolean arc_build_asks_for_full (const ArcBuild *build);
