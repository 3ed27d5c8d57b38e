/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/* How many problems a set keeps, and how many bytes of paths and texts: all of them together fit
 * into one reply on D-Bus, for which 8 MiB is the limit. */
#define ARC_PROBLEM_LIST_MAX      10000
#define ARC_PROBLEM_LIST_MAX_SIZE (4 * 1024 * 1024)

/* The magic and version of the file; see arc_problem_list_serialise(). */
#define ARC_PROBLEM_LIST_MAGIC   "ArcProb\n"
#define ARC_PROBLEM_LIST_VERSION 1

/**
 * ArcProblem:
 * @path: the note; bytes, absolute
 * @line: the line in it, 0 if it is not known
 * @what: what is wrong and what to do, for people; valid UTF-8
 * @other: the other file that it involves, such as the owner of a duplicate ID; bytes, absolute,
 *   or empty if there is none
 *
 * What a build says is wrong with a note.
 */
typedef struct
{
  char *path;
  guint line;
  char *what;
  char *other;
} ArcProblem;

/**
 * ArcProblemList:
 * @kept: (element-type ArcProblem): the problems that are kept
 * @count: how many were added, also of those that are not kept
 * @size: the bytes of the strings in @kept
 *
 * The problems of all notes; g_atomic_rc_box_acquire() adds a reference. A set that is full counts
 * further problems without keeping them. After arc_problem_list_sort() a set does not change any
 * more, and other threads may read it.
 */
typedef struct
{
  GPtrArray *kept;
  guint count;
  gsize size;
} ArcProblemList;

/**
 * arc_problem_list_new:
 *
 * Returns: (transfer full): an empty set
 */
ArcProblemList *arc_problem_list_new (void);

/**
 * arc_problem_list_unref:
 * @problems: (transfer full): a set
 */
void arc_problem_list_unref (ArcProblemList *problems);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcProblemList, arc_problem_list_unref)

/**
 * arc_problem_list_add:
 * @problems: a set
 * @path: the note
 * @line: the line in it, 0 if it is not known
 * @what: what is wrong
 * @other: (nullable): the other file
 *
 * Adds a problem; #ArcProblem describes its parts.
 */
void arc_problem_list_add (
    ArcProblemList *problems, const char *path, guint line, const char *what, const char *other);

/**
 * arc_problem_list_sort:
 * @problems: a set
 *
 * Sorts a set by the bytes of the path, the line, the bytes of the text and of the other path.
 */
void arc_problem_list_sort (ArcProblemList *problems);

/**
 * arc_problem_list_equal:
 * @a: a sorted set
 * @b: another
 *
 * Returns: %TRUE if both hold the same
 */
gboolean arc_problem_list_equal (const ArcProblemList *a, const ArcProblemList *b);

/**
 * arc_problem_list_count_new:
 * @now: a sorted set
 * @before: an earlier one
 * @first: (out) (nullable) (transfer none): the first new problem
 *
 * Counts the problems of @now that are not in @before. A problem that only moved to another line
 * is the same.
 *
 * Returns: the number
 */
guint arc_problem_list_count_new (const ArcProblemList *now,
                                  const ArcProblemList *before,
                                  const ArcProblem **first);

/**
 * arc_problem_to_string:
 * @problem: a problem
 *
 * Formats a problem as compilers write errors, "PATH:LINE: WHAT".
 *
 * Returns: (transfer full): valid UTF-8
 */
char *arc_problem_to_string (const ArcProblem *problem);

/**
 * arc_problem_list_serialise:
 * @problems: a set
 *
 * Serialises a set as a frame (common/file-frame.h) whose body is the count as a decimal number and
 * NUL, and for each problem that is kept the path, the line, the text and the other path, each with
 * a NUL behind it.
 *
 * Returns: (transfer full): the bytes of the file
 */
GBytes *arc_problem_list_serialise (const ArcProblemList *problems);

/**
 * arc_problem_list_parse:
 * @bytes: the bytes of a file
 * @error: return location for an error
 *
 * Parses what arc_problem_list_serialise() makes. The error is %ARC_ERROR_DATA if @bytes are
 * anything else.
 *
 * Returns: (transfer full) (nullable): a sorted set, or %NULL on an error
 */
ArcProblemList *arc_problem_list_parse (GBytes *bytes, GError **error);
