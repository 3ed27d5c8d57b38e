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

ArcProblems *arc_problems_new (void);
ArcProblems *arc_problems_ref (ArcProblems *problems);
void arc_problems_unref (ArcProblems *problems);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcProblems, arc_problems_unref)

/* Adds a problem; see #ArcProblem for the arguments. OTHER may be %NULL. */
void arc_problems_add (
    ArcProblems *problems, const char *path, guint line, const char *what, const char *other);

/* Sorts by the bytes of the path, the line, the bytes of the text and of the other path. */
void arc_problems_sort (ArcProblems *problems);

/* Returns: how many problems were added, also those that are not kept. */
guint arc_problems_get_count (const ArcProblems *problems);

/* Returns: how many are kept. */
guint arc_problems_get_n_kept (const ArcProblems *problems);

/* Returns: (transfer none): the problem number INDEX of those that are kept. */
const ArcProblem *arc_problems_get (const ArcProblems *problems, guint index);

/* Returns: whether two sets, which are sorted, hold the same. */
gboolean arc_problems_equal (const ArcProblems *a, const ArcProblems *b);

/* Returns: how many problems of NOW are not in BEFORE. A problem that only moved to another line is
 * the same. FIRST (out) (transfer none) (nullable): the first of them. */
guint arc_problems_count_new (const ArcProblems *now,
                              const ArcProblems *before,
                              const ArcProblem **first);

/* Returns: (transfer full): PROBLEM as compilers write errors, "PATH:LINE: WHAT", valid UTF-8. */
char *arc_problem_to_string (const ArcProblem *problem);

/* Returns: (transfer full): a frame (arc-frame.h) whose body is the count as a decimal number and
 * NUL, and for each problem that is kept the path, the line, the text and the other path, each with
 * a NUL behind it. */
GBytes *arc_problems_serialise (const ArcProblems *problems);

/* Reads BYTES, the inverse. Returns: (transfer full) (nullable): a sorted set, or %NULL and
 * %ARC_ERROR_DATA if BYTES are anything else. */
ArcProblems *arc_problems_parse (GBytes *bytes, GError **error);

G_END_DECLS
