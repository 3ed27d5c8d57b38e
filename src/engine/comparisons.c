/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/comparisons.h"

guint64
arc_comparisons_ask (ArcComparisons *comparisons)
{
  comparisons->asked = TRUE;

  return comparisons->number + 1;
}

gboolean
arc_comparisons_is_due (const ArcComparisons *comparisons)
{
  return comparisons->asked && !arc_comparisons_is_under_way (comparisons);
}

void
arc_comparisons_begin (ArcComparisons *comparisons)
{
  if (!arc_comparisons_is_under_way (comparisons))
    {
      comparisons->number++;
      comparisons->asked = FALSE;
      comparisons->found = 0;
    }

  comparisons->missing = ARC_COMPARISON_TREE | ARC_COMPARISON_INPUTS;
}

gboolean
arc_comparisons_end_part (ArcComparisons *comparisons, ArcComparisonParts part)
{
  const gboolean was_under_way = arc_comparisons_is_under_way (comparisons);

  comparisons->missing &= ~part;

  return was_under_way && !arc_comparisons_is_under_way (comparisons);
}

gboolean
arc_comparisons_is_under_way (const ArcComparisons *comparisons)
{
  return comparisons->missing != 0;
}

guint64
arc_comparisons_get_ended (const ArcComparisons *comparisons)
{
  return arc_comparisons_is_under_way (comparisons) ? comparisons->number - 1 : comparisons->number;
}
