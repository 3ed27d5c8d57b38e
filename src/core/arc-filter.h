/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcFilter:
 *
 * Does this path matter? Decided on its name alone, never by looking at the disk.
 *
 * A pattern without a slash is matched against a name; one with a slash inside, against the path
 * below the root. A pattern that ends in a slash is for directories only. Patterns are those of
 * fnmatch(3). Names are bytes: they need not be valid UTF-8.
 *
 * Immutable and reference-counted.
 */
typedef struct _ArcFilter ArcFilter;

/* What a filter uses when the settings say nothing; NULL-terminated. */
extern const char *const arc_filter_default_include[];
extern const char *const arc_filter_default_exclude[];

ArcFilter *arc_filter_new (const char *const *include, const char *const *exclude);
ArcFilter *arc_filter_ref (ArcFilter *filter);
void arc_filter_unref (ArcFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcFilter, arc_filter_unref)

gboolean arc_filter_equal (const ArcFilter *a, const ArcFilter *b);

/* PATH is relative to the root ("main/note.org"), without a leading slash; RULE, if not NULL, gets
 * the pattern that decided (owned by the filter), or NULL if no pattern of the include list
 * matched. A directory matters unless an exclude pattern matches it; a file if an include pattern
 * matches and no exclude pattern does. Only the last component is looked at for patterns without a
 * slash: whether the directories above matter is asked of them one by one, or with _explain(). */
gboolean arc_filter_match_file (const ArcFilter *filter, const char *path, const char **rule);
gboolean arc_filter_match_directory (const ArcFilter *filter, const char *path, const char **rule);

/* The whole question at once: every directory above PATH and then PATH as a file. */
gboolean arc_filter_explain (const ArcFilter *filter, const char *path, const char **rule);

G_END_DECLS
