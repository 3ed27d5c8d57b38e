/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many problems a set keeps, and how many bytes of paths and texts: all of them together fit
 * into one reply on D-Bus, for which 8 MiB is the limit. */
#define ARC_PROBLEMS_MAX      10000
#define ARC_PROBLEMS_MAX_SIZE (4 * 1024 * 1024)

/* The magic and version of the file; see arc_problems_serialise(). */
#define ARC_PROBLEMS_MAGIC   "ArcProb\n"
#define ARC_PROBLEMS_VERSION 1

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
 * ArcProblems:
 *
 * The problems of all notes. A set that is full counts further problems without keeping them.
 * After arc_problems_sort() a set does not change any more, and other threads may read it.
 */
typedef struct _ArcProblems ArcProblems;

/**
 * arc_problems_new:
 *
 * Makes an empty set.
 *
 * Returns: (transfer full): the set
 */
ArcProblems *arc_problems_new (void);

/**
 * arc_problems_ref:
 * @problems: a set
 *
 * Adds a reference.
 *
 * Returns: (transfer full): @problems
 */
ArcProblems *arc_problems_ref (ArcProblems *problems);

/**
 * arc_problems_unref:
 * @problems: (transfer full): a set
 *
 * Drops a reference; frees the set with the last one.
 */
void arc_problems_unref (ArcProblems *problems);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcProblems, arc_problems_unref)

/**
 * arc_problems_add:
 * @problems: a set
 * @path: the note
 * @line: the line in it, 0 if it is not known
 * @what: what is wrong
 * @other: (nullable): the other file
 *
 * Adds a problem; #ArcProblem describes its parts.
 */
void arc_problems_add (
    ArcProblems *problems, const char *path, guint line, const char *what, const char *other);

/**
 * arc_problems_sort:
 * @problems: a set
 *
 * Sorts a set by the bytes of the path, the line, the bytes of the text and of the other path.
 */
void arc_problems_sort (ArcProblems *problems);

/**
 * arc_problems_get_count:
 * @problems: a set
 *
 * Returns: the number of problems that were added, also of those that are not kept
 */
guint arc_problems_get_count (const ArcProblems *problems);

/**
 * arc_problems_get_n_kept:
 * @problems: a set
 *
 * Returns: the number of problems that are kept
 */
guint arc_problems_get_n_kept (const ArcProblems *problems);

/**
 * arc_problems_get:
 * @problems: a set
 * @index: a number below arc_problems_get_n_kept()
 *
 * Returns: (transfer none): the problem
 */
const ArcProblem *arc_problems_get (const ArcProblems *problems, guint index);

/**
 * arc_problems_equal:
 * @a: a sorted set
 * @b: another
 *
 * Returns: %TRUE if both hold the same
 */
gboolean arc_problems_equal (const ArcProblems *a, const ArcProblems *b);

/**
 * arc_problems_count_new:
 * @now: a sorted set
 * @before: an earlier one
 * @first: (out) (nullable) (transfer none): the first new problem
 *
 * Counts the problems of @now that are not in @before. A problem that only moved to another line
 * is the same.
 *
 * Returns: the number
 */
guint arc_problems_count_new (const ArcProblems *now,
                              const ArcProblems *before,
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
 * arc_problems_serialise:
 * @problems: a set
 *
 * Serialises a set as a frame (arc-frame.h) whose body is the count as a decimal number and NUL,
 * and for each problem that is kept the path, the line, the text and the other path, each with a
 * NUL behind it.
 *
 * Returns: (transfer full): the bytes of the file
 */
GBytes *arc_problems_serialise (const ArcProblems *problems);

/**
 * arc_problems_parse:
 * @bytes: the bytes of a file
 * @error: return location for an error
 *
 * Parses what arc_problems_serialise() makes. The error is %ARC_ERROR_DATA if @bytes are anything
 * else.
 *
 * Returns: (transfer full) (nullable): a sorted set, or %NULL on an error
 */
ArcProblems *arc_problems_parse (GBytes *bytes, GError **error);

G_END_DECLS
