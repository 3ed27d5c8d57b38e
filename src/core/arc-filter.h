/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcFilter:
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
typedef struct _ArcFilter ArcFilter;

/* The lists for settings that say nothing; NULL-terminated. */
extern const char *const arc_filter_default_include[];
extern const char *const arc_filter_default_exclude[];

/* (nullable): why PATTERN can match nothing, or not what it seems to say, and what to write
 * instead; English, to be put after the pattern. INCLUDED: among the includes. */
const char *arc_filter_check (const char *pattern, gboolean included);

/* INCLUDE and EXCLUDE: NULL-terminated, copied; either may be empty. */
ArcFilter *arc_filter_new (const char *const *include, const char *const *exclude);
ArcFilter *arc_filter_ref (ArcFilter *filter);
void arc_filter_unref (ArcFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcFilter, arc_filter_unref)

/* PATH is relative to the root ("main/note.org"), with single slashes and none at either end. Its
 * directories are not judged: ask about them one by one, or use arc_filter_explain().
 *
 * A file matters if an include pattern matches it and no exclude pattern does; a directory unless
 * an exclude pattern matches it.
 *
 * RULE (nullable) gets the pattern that decided, as it was given (owned by the filter): the first
 * exclude pattern that matches, else the first include pattern. It gets NULL for a file that no
 * include pattern matches, and for a directory that matters. */
gboolean arc_filter_match_file (const ArcFilter *filter, const char *path, const char **rule);
gboolean arc_filter_match_directory (const ArcFilter *filter, const char *path, const char **rule);

/* The whole question at once: every directory above PATH, from the top, then PATH as a file. RULE
 * gets what decided for the first of them that does not matter, else for the file. */
gboolean arc_filter_explain (const ArcFilter *filter, const char *path, const char **rule);

G_END_DECLS
