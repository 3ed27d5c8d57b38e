/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/path-filter.h"
#include "watch/snapshot.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  ARC_TREE_SURVEY_MATCH,   /* a file matters */
  ARC_TREE_SURVEY_NONE,    /* there are files, and none matters */
  ARC_TREE_SURVEY_EMPTY,   /* there are none, hidden ones aside */
  ARC_TREE_SURVEY_MISSING, /* a root cannot be read */
  ARC_TREE_SURVEY_LATE,    /* it took too long */
} ArcTreeSurvey;

/* Looks, in another thread, whether any file below ROOTS (absolute; NULL-terminated) matters to
 * FILTER, for TIME microseconds at most. */
void arc_tree_survey_async (const char *const *roots,
                            ArcPathFilter *filter,
                            gboolean follow_symlinks,
                            gint64 time,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
ArcTreeSurvey arc_tree_survey_finish (GAsyncResult *result);

/* Whether any file of SNAPSHOT is below ROOTS and matters to FILTER, by its name. */
gboolean arc_tree_survey_snapshot (const ArcSnapshot *snapshot,
                                   const char *const *roots,
                                   const ArcPathFilter *filter);

G_END_DECLS
