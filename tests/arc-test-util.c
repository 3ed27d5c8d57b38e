/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-test-util.h"

void
arc_test_dispatch_ready (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

gboolean
arc_test_set_true (gpointer flag)
{
  *(gboolean *) flag = TRUE;

  return G_SOURCE_REMOVE;
}
