/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-filter.h"
#include "core/arc-snapshot.h"

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ARC_SURVEY_MATCH,   /* a file matters */
  ARC_SURVEY_NONE,    /* there are files, and none matters */
  ARC_SURVEY_EMPTY,   /* there are none, hidden ones aside */
  ARC_SURVEY_MISSING, /* a root cannot be read */
  ARC_SURVEY_LATE,    /* it took too long */
} ArcSurvey;

/* Looks whether any file below ROOTS (absolute; NULL-terminated) matters to FILTER, until DEADLINE
 * (g_get_monotonic_time()). */
ArcSurvey arc_survey (const char *const *roots,
                      const ArcFilter *filter,
                      gboolean follow_symlinks,
                      gint64 deadline);

/* Whether any file of SNAPSHOT is below ROOTS and matters to FILTER, by its name. */
gboolean arc_survey_snapshot (const ArcSnapshot *snapshot,
                              const char *const *roots,
                              const ArcFilter *filter);

G_END_DECLS
