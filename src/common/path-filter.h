/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcPathFilter:
 *
 * Does this path matter? Decided on its name alone, never by looking at the disk.
 *
 * A pattern is one of glob(7):
 *   - without a slash it is matched against the name, at any depth: `*.org`;
 *   - with one at its start or inside, against the path below the root, where `*` and `?` stop at a
 *     slash: `drafts/note-?.org`, or `/inbox.org` for the one at the top; a name of two
 *     stars stands for any number of directories, none included, and at the end for all that is
 *     below;
 *   - with one at its end it is for directories only, so among the includes it matches nothing:
 *     `archive/`, `work/old/`.
 * A leading period is like any other character. Case matters.
 *
 * Names are bytes and need not be valid UTF-8. As for git and rsync, `?` and a bracket match one
 * byte, in every locale, so that a service and a terminal mean the same.
 *
 * Immutable and reference-counted.
 */
typedef struct _ArcPathFilter ArcPathFilter;

/* The lists for settings that say nothing; NULL-terminated. */
extern const char *const arc_path_filter_default_include[];
extern const char *const arc_path_filter_default_exclude[];

/**
 * arc_path_filter_check:
 * @pattern: a pattern
 * @included: whether it is among the includes
 *
 * Looks for what makes a pattern match nothing, or not what it seems to say.
 *
 * Returns: (transfer none) (nullable): in English, what is wrong and what to write instead, to be
 *   put after the pattern in a message; %NULL if nothing is
 */
const char *arc_path_filter_check (const char *pattern, gboolean included);

/**
 * arc_path_filter_new:
 * @include: (array zero-terminated=1): the include patterns; can be empty
 * @exclude: (array zero-terminated=1): the exclude patterns; can be empty
 *
 * Returns: (transfer full): a filter of copies of the patterns
 */
ArcPathFilter *arc_path_filter_new (const char *const *include, const char *const *exclude);

/**
 * arc_path_filter_ref:
 * @filter: a filter
 *
 * Returns: (transfer full): @filter
 */
ArcPathFilter *arc_path_filter_ref (ArcPathFilter *filter);

/**
 * arc_path_filter_unref:
 * @filter: (transfer full): a filter
 */
void arc_path_filter_unref (ArcPathFilter *filter);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcPathFilter, arc_path_filter_unref)

/**
 * arc_path_filter_match_file:
 * @filter: a filter
 * @path: a path relative to the root ("main/note.org"), with single slashes and none at either end
 * @rule: (out) (optional) (nullable) (transfer none): the pattern that decided, as it was given:
 *   the first exclude pattern that matches, else the first include pattern; %NULL if no pattern
 *   matches
 *
 * Matches a file by itself: an include pattern must match it, and no exclude pattern. The
 * directories in @path are not judged: call arc_path_filter_match_directory() for each, or
 * arc_path_filter_explain().
 *
 * Returns: %TRUE if the file matters
 */
gboolean
arc_path_filter_match_file (const ArcPathFilter *filter, const char *path, const char **rule);

/**
 * arc_path_filter_match_directory:
 * @filter: a filter
 * @path: a path as of arc_path_filter_match_file()
 * @rule: (out) (optional) (nullable) (transfer none): the first exclude pattern that matches, or
 *   %NULL
 *
 * Matches a directory by itself: no exclude pattern must match it.
 *
 * Returns: %TRUE if the directory matters
 */
gboolean
arc_path_filter_match_directory (const ArcPathFilter *filter, const char *path, const char **rule);

/**
 * arc_path_filter_explain:
 * @filter: a filter
 * @path: a path as of arc_path_filter_match_file()
 * @rule: (out) (optional) (nullable) (transfer none): what decided for the first directory that
 *   does not matter, else for the file
 *
 * Matches each directory above a file, from the top, and then the file.
 *
 * Returns: %TRUE if all of them matter
 */
gboolean arc_path_filter_explain (const ArcPathFilter *filter, const char *path, const char **rule);
