/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcChange:
 *
 * What happened to a file since the database was last true to it. The values are the letters of the
 * change list that a build reads.
 */
typedef enum
{
  ARC_CHANGE_ADDED = 'A',
  ARC_CHANGE_MODIFIED = 'M',
  ARC_CHANGE_DELETED = 'D',
} ArcChange;

/**
 * ArcChanges:
 *
 * A set of files with the change of each: at most one for a path.
 *
 * Paths are absolute and are bytes, not text: they need not be valid UTF-8, and may hold anything
 * but NUL.
 */
typedef struct _ArcChanges ArcChanges;

typedef void (*ArcChangesFunc) (const char *path, ArcChange change, gpointer user_data);

ArcChanges *arc_changes_new (void);
void arc_changes_free (ArcChanges *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcChanges, arc_changes_free)

/* The number of paths. */
guint arc_changes_get_size (const ArcChanges *changes);

/* FALSE if PATH is not in the set; CHANGE may be NULL. */
gboolean arc_changes_lookup (const ArcChanges *changes, const char *path, ArcChange *change);

/* Adds what happened to PATH, which is absolute, *after* all that the set already knows of it.
 *
 * A then M is A, for the database has not seen the file. D then A is M, for it has. Otherwise the
 * later one counts; so A then D is D: a build that failed may have stored an added file already,
 * and deleting one that is not there costs nothing. */
void arc_changes_add (ArcChanges *changes, const char *path, ArcChange change);

/* Forgets PATH; nothing happens if it is not in the set. */
void arc_changes_remove (ArcChanges *changes, const char *path);

/* Forgets all paths. */
void arc_changes_clear (ArcChanges *changes);

/* Merges LATER, another set, which happened after all of CHANGES, into it as arc_changes_add()
 * does; LATER is left as it is. To give back what a failed build took, merge the changes since then
 * into what it took. */
void arc_changes_merge (ArcChanges *changes, const ArcChanges *later);

/* Calls FUNC for each path, in the order of the bytes of the paths: the same set always reads the
 * same. FUNC must not change the set. */
void arc_changes_foreach (const ArcChanges *changes, ArcChangesFunc func, gpointer user_data);

/* The change list of a build, as arcology-builder(1) has it: for each path the letter, NUL, the
 * path, NUL; sorted as _foreach() does. */
GBytes *arc_changes_serialise (const ArcChanges *changes);

/* The inverse, for records in any order. NULL and ARC_ERROR_DATA, with the offset of the first
 * wrong byte in the message, if BYTES is anything else: a letter that is none of A, M, D, a path
 * that is empty, relative or there twice, an end before the NUL of a path. */
ArcChanges *arc_changes_parse (GBytes *bytes, GError **error);

G_END_DECLS
