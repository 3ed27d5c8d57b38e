/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/snapshot.h"

G_BEGIN_DECLS

/* (transfer full): the changes in BYTES, a change list as a build reads it (arcology-builder(1)).
 * Fails the test if BYTES are anything else. */
ArcChangeSet *arc_test_parse_changes (GBytes *bytes);

/* (transfer full): the list in FILE as lines such as "M sub/three.org", sorted. All its paths are
 * below the directory TREE. */
char *arc_test_read_list (const char *file, const char *tree);

/* Of each change its letter and path, and a space: "A/org/one.org D/org/two.org ". */
void arc_test_assert_changes (const ArcChangeSet *changes, const char *expected);

/* (transfer full): the changes of arc_snapshot_set_directory() when each directory of a copy of
 * BEFORE gets the files that it has in AFTER. */
ArcChangeSet *arc_test_compare_snapshots (const ArcSnapshot *before, const ArcSnapshot *after);

G_END_DECLS
