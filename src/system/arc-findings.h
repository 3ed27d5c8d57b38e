/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-changes.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcFindings:
 *
 * What was found and not been emitted yet, sorted into what monitors told of and what they missed.
 *
 * What a comparison finds is held back until it is sure that no monitor tells of it too: its hint
 * may be on the way.
 */
typedef struct _ArcFindings ArcFindings;

ArcFindings *arc_findings_new (void);
void arc_findings_free (ArcFindings *findings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcFindings, arc_findings_free)

/* While EXPECTED, no monitor could have told what comparisons find: it does not count as missed. */
void arc_findings_set_expected (ArcFindings *findings, gboolean expected);

/* TOLD: because a monitor told of it. */
void arc_findings_add (ArcFindings *findings, const ArcChanges *changes, gboolean told);

/* A monitor told of PATH: it, and all below it, was not missed. */
void arc_findings_tell (ArcFindings *findings, const char *path);

gboolean arc_findings_has_compared (const ArcFindings *findings);

/* No hint is on the way any more: what is left of what comparisons found, was missed. */
void arc_findings_decide (ArcFindings *findings);

/* Adds all of them to CHANGES; they are still here. */
void arc_findings_collect (const ArcFindings *findings, ArcChanges *changes);

/* (nullable) (transfer full): NULL if there are none. */
ArcChanges *arc_findings_take_told (ArcFindings *findings);
ArcChanges *arc_findings_take_missed (ArcFindings *findings);

G_END_DECLS
