/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/path-filter.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcWatchScope:
 * @roots: (element-type filename): absolute, in their plain form, none twice
 *
 * What is to be watched. Immutable.
 */
typedef struct
{
  GPtrArray *roots;
  ArcPathFilter *filter;
  gboolean follow_symlinks;
} ArcWatchScope;

ArcWatchScope *
arc_watch_scope_new (const char *const *roots, ArcPathFilter *filter, gboolean follow_symlinks);
void arc_watch_scope_free (ArcWatchScope *extent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcWatchScope, arc_watch_scope_free)

gboolean arc_watch_scope_has_root (const ArcWatchScope *extent, const char *path);

/* See arc_watcher_explain(). RULE lives as long as EXTENT. */
gboolean arc_watch_scope_explain (const ArcWatchScope *extent,
                                  const char *path,
                                  gboolean look_at_disk,
                                  const char **rule);

G_END_DECLS
