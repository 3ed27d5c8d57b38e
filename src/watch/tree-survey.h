/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/path-filter.h"
#include "watch/snapshot.h"

#include <gio/gio.h>

typedef enum
{
  ARC_TREE_SURVEY_MATCH,   /* a file matters */
  ARC_TREE_SURVEY_NONE,    /* there are files, and none matters */
  ARC_TREE_SURVEY_EMPTY,   /* there are none, hidden ones aside */
  ARC_TREE_SURVEY_MISSING, /* a root cannot be read */
  ARC_TREE_SURVEY_LATE,    /* it took too long */
} ArcTreeSurvey;

/**
 * arc_tree_survey_async:
 * @roots: (array zero-terminated=1): absolute directories
 * @filter: decides which paths matter
 * @follow_symlinks: whether symbolic links are followed
 * @time: how long to search, in microseconds
 * @callback: called when it is done
 * @user_data: data for the function
 *
 * Searches, in a thread, for a file below @roots that matters to @filter.
 */
void arc_tree_survey_async (const char *const *roots,
                            ArcPathFilter *filter,
                            gboolean follow_symlinks,
                            gint64 time,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

/**
 * arc_tree_survey_finish:
 * @result: the result
 *
 * Returns: what was found
 */
ArcTreeSurvey arc_tree_survey_finish (GAsyncResult *result);

/**
 * arc_tree_survey_snapshot:
 * @snapshot: a snapshot
 * @roots: (array zero-terminated=1): absolute directories
 * @filter: decides which paths matter
 *
 * Returns: %TRUE if a file of @snapshot is below @roots and matters to @filter
 */
gboolean arc_tree_survey_snapshot (const ArcSnapshot *snapshot,
                                   const char *const *roots,
                                   const ArcPathFilter *filter);
