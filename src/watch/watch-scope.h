/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/path-filter.h"
#include "watch/directory-tree.h"

#include <glib.h>

/**
 * ArcWatchScope:
 * @roots: (element-type filename): absolute, in their plain form, none twice
 *
 * The directories and files that a watcher covers. Immutable.
 */
typedef struct
{
  GPtrArray *roots;
  ArcPathFilter *filter;
  gboolean follow_symlinks;
} ArcWatchScope;

/**
 * arc_watch_scope_new:
 * @roots: (array zero-terminated=1): absolute directories
 * @filter: decides which paths matter
 * @follow_symlinks: whether symbolic links are followed
 *
 * Makes a scope.
 *
 * Returns: (transfer full): the scope
 */
ArcWatchScope *
arc_watch_scope_new (const char *const *roots, ArcPathFilter *filter, gboolean follow_symlinks);

/**
 * arc_watch_scope_free:
 * @extent: (transfer full): a scope
 *
 * Frees a scope.
 */
void arc_watch_scope_free (ArcWatchScope *extent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcWatchScope, arc_watch_scope_free)

/**
 * arc_watch_scope_has_root:
 * @extent: a scope
 * @path: an absolute path
 *
 * Returns: %TRUE if @path is one of the roots
 */
gboolean arc_watch_scope_has_root (const ArcWatchScope *extent, const char *path);

/**
 * arc_watch_scope_explain:
 * @extent: a scope
 * @tree: what was scanned of it
 * @path: an absolute path
 * @rule: (out) (transfer none): what decides
 *
 * Returns: whether @path matters, if it is a file
 */
gboolean arc_watch_scope_explain (const ArcWatchScope *extent,
                                  const ArcDirectoryTree *tree,
                                  const char *path,
                                  const char **rule);
