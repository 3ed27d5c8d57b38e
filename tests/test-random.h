/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A random duration from 0 to LONGEST microseconds: of every size, not only of the largest. */
gint64 arc_test_random_usec (gint64 longest);

G_END_DECLS
