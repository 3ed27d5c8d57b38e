/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcComparisonParts:
 * @ARC_COMPARISON_TREE: the tree against the snapshot
 * @ARC_COMPARISON_INPUTS: what else the database depends on
 * @ARC_COMPARISON_SURVEY: whether the tree has files that the settings leave out
 *
 * What a comparison consists of. A comparison ends when all of its parts have.
 */
typedef enum
{
  ARC_COMPARISON_TREE = 1 << 0,
  ARC_COMPARISON_INPUTS = 1 << 1,
  ARC_COMPARISON_SURVEY = 1 << 2,
} ArcComparisonParts;

/**
 * ArcComparisons:
 * @number: the number of the comparison under way or, without one, of the last; 0 before the first
 * @missing: the parts of the comparison under way that have not ended; the caller may set another
 * one when the last has ended
 * @asked: a comparison was asked for, and none has begun since
 * @found: changes since the last comparison began; the caller adds to it
 * @at_end: the last comparison has just ended, and nothing has happened since; the caller sets it
 *
 * The comparisons of the tree, which have the numbers 1, 2, 3 and so on. At most one is under way.
 * All who ask for a comparison meanwhile share the next one: begun anew for each of them, it would
 * never end. A value; at first all of it is 0.
 */
typedef struct
{
  guint64 number;
  ArcComparisonParts missing;
  gboolean asked;
  guint64 found;
  gboolean at_end;
} ArcComparisons;

/**
 * arc_comparisons_ask:
 * @comparisons: the comparisons
 *
 * Asks for a comparison that begins now or later.
 *
 * Returns: its number
 */
guint64 arc_comparisons_ask (ArcComparisons *comparisons);

/**
 * arc_comparisons_is_due:
 * @comparisons: the comparisons
 *
 * Returns: %TRUE if a comparison was asked for and can begin
 */
gboolean arc_comparisons_is_due (const ArcComparisons *comparisons);

/**
 * arc_comparisons_begin:
 * @comparisons: the comparisons
 *
 * Begins the next comparison, of the tree and the inputs. If one is under way, that begins anew
 * under its number.
 */
void arc_comparisons_begin (ArcComparisons *comparisons);

/**
 * arc_comparisons_end_part:
 * @comparisons: the comparisons
 * @part: a part
 *
 * Ends a part of the comparison under way. Nothing happens if it has ended before.
 *
 * Returns: %TRUE if that ends the comparison
 */
gboolean arc_comparisons_end_part (ArcComparisons *comparisons, ArcComparisonParts part);

/**
 * arc_comparisons_is_under_way:
 * @comparisons: the comparisons
 *
 * Returns: %TRUE if a comparison is under way
 */
gboolean arc_comparisons_is_under_way (const ArcComparisons *comparisons);

/**
 * arc_comparisons_get_ended:
 * @comparisons: the comparisons
 *
 * Returns: the number of the comparison that ended last, or 0
 */
guint64 arc_comparisons_get_ended (const ArcComparisons *comparisons);

G_END_DECLS
