/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib-object.h>

/**
 * ArcChange:
 *
 * What happened to a file since the database last had its content. The values are the letters of
 * the change list that a build reads.
 */
typedef enum
{
  ARC_CHANGE_ADDED = 'A',
  ARC_CHANGE_MODIFIED = 'M',
  ARC_CHANGE_DELETED = 'D',
} ArcChange;

/**
 * ArcChangeSet:
 *
 * A set of files with the change of each: at most one for a path.
 *
 * Paths are absolute and are bytes, not text: they need not be valid UTF-8, and may hold anything
 * but NUL.
 */
typedef struct _ArcChangeSet ArcChangeSet;

#define ARC_TYPE_CHANGE_SET (arc_change_set_get_type ())
GType arc_change_set_get_type (void);

typedef void (*ArcChangeSetFunc) (const char *path, ArcChange change, gpointer user_data);

/**
 * arc_change_set_new:
 *
 * Returns: (transfer full): an empty set
 */
ArcChangeSet *arc_change_set_new (void);

/**
 * arc_change_set_free:
 * @changes: (transfer full): a set
 */
void arc_change_set_free (ArcChangeSet *changes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcChangeSet, arc_change_set_free)

/**
 * arc_change_set_get_size:
 * @changes: a set
 *
 * Returns: the number of paths
 */
guint arc_change_set_get_size (const ArcChangeSet *changes);

/**
 * arc_change_set_lookup:
 * @changes: a set
 * @path: an absolute path
 * @change: (out) (optional): the change of @path
 *
 * Returns: %TRUE if @path is in the set
 */
gboolean arc_change_set_lookup (const ArcChangeSet *changes, const char *path, ArcChange *change);

/**
 * arc_change_set_add:
 * @changes: a set
 * @path: an absolute path
 * @change: what happened to @path after all that the set has of it
 *
 * Adds a change.
 *
 * A then M is A: the database has not seen the file. D then A is M: it has. Otherwise the later
 * change counts. So A then D is D: a build that failed may have stored an added file already, and
 * deleting one that is not there costs nothing.
 */
void arc_change_set_add (ArcChangeSet *changes, const char *path, ArcChange change);

/**
 * arc_change_set_remove:
 * @changes: a set
 * @path: an absolute path
 */
void arc_change_set_remove (ArcChangeSet *changes, const char *path);

/**
 * arc_change_set_merge:
 * @changes: a set
 * @later: another set, all of which happened after @changes
 *
 * Adds each change of @later as arc_change_set_add() does. To restore what a failed build took,
 * merge the changes since then into that.
 */
void arc_change_set_merge (ArcChangeSet *changes, const ArcChangeSet *later);

/**
 * arc_change_set_foreach:
 * @changes: a set
 * @func: (scope call): the function, which must not change the set
 * @user_data: its data
 *
 * Calls a function for each path, in the order of the bytes of the paths.
 */
void
arc_change_set_foreach (const ArcChangeSet *changes, ArcChangeSetFunc func, gpointer user_data);

/**
 * arc_change_set_serialise:
 * @changes: a set
 *
 * Serialises a set as the change list of a build, as in arcology-builder(1): for each path the
 * letter, NUL, the path, NUL; in the order of arc_change_set_foreach().
 *
 * Returns: (transfer full): the change list
 */
GBytes *arc_change_set_serialise (const ArcChangeSet *changes);
