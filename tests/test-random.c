/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-random.h"

gint64
arc_test_random_usec (gint64 longest)
{
  gint64 usec = ((gint64) g_test_rand_int_range (0, G_MAXINT32) << 31) |
                g_test_rand_int_range (0, G_MAXINT32);

  return (usec >> g_test_rand_int_range (0, 62)) % (longest + 1);
}
