/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/change-set.h"

G_BEGIN_DECLS

/* (transfer full): the changes in BYTES, a change list as a build reads it (arcology-builder(1)).
 * Fails the test if BYTES are anything else. */
ArcChangeSet *arc_test_parse_changes (GBytes *bytes);

G_END_DECLS
