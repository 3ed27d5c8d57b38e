/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-filter.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcExtent:
 * @roots: (element-type filename): absolute, in their plain form, none twice
 *
 * What is to be watched. Immutable.
 */
typedef struct
{
  GPtrArray *roots;
  ArcFilter *filter;
  gboolean follow_symlinks;
} ArcExtent;

ArcExtent *arc_extent_new (const char *const *roots, ArcFilter *filter, gboolean follow_symlinks);
void arc_extent_free (ArcExtent *extent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcExtent, arc_extent_free)

gboolean arc_extent_has_root (const ArcExtent *extent, const char *path);

/* See arc_watcher_explain(). RULE lives as long as EXTENT. */
gboolean arc_extent_explain (const ArcExtent *extent, const char *path, const char **rule);

G_END_DECLS
