/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/change-set.h"
#include "watch/snapshot.h"

/**
 * ArcTreeAvailability:
 * @compared: whether arc_tree_availability_set_problem() was called
 * @look: the number of the comparison that checks an emptied root again, or 0; the caller sets it
 *   when the deadline has come
 *
 * Why nothing can be built from the tree: it was not compared yet, it is not there, or it has no
 * files and that is not believed.
 *
 * A root that is there and has lost every file: was it the user, or is a program about to fill it
 * again? To follow at once would empty the database for as long. So it is believed only after some
 * time, and after a second look at the disk. And settings never empty a database: that of a tree
 * whose files they leave out keeps what it has, until there is one that they do not.
 *
 * Times are microseconds of the clock of the machine (machine/state-machine.h).
 */
typedef struct
{
  gboolean compared;
  guint64 look;

  /*< private >*/
  char *problem; /* (owned) (nullable): why the tree is not there */
  char *root;    /* (owned) (nullable): the first one that is emptied */
  guint n_roots; /* that are emptied */
  gint64 due;
  gint64 due_real;
  gboolean believed;
  char *emptied;  /* (owned) (nullable): what to say of the emptied root */
  char *settings; /* (owned) (nullable): that the settings leave no file of the tree */
} ArcTreeAvailability;

/**
 * arc_tree_availability_new:
 *
 * Returns: (transfer full): the availability of a tree that was not compared yet
 */
ArcTreeAvailability *arc_tree_availability_new (void);

/**
 * arc_tree_availability_free:
 * @self: (transfer full): the availability
 */
void arc_tree_availability_free (ArcTreeAvailability *self);

/**
 * arc_tree_availability_set_problem:
 * @self: the availability
 * @problem: (nullable): why the tree is not there, English; %NULL if it is
 *
 * Takes over what the watcher found. The tree counts as compared from the first call on.
 */
void arc_tree_availability_set_problem (ArcTreeAvailability *self, const char *problem);

/**
 * arc_tree_availability_set_files:
 * @self: the availability
 * @roots: (array zero-terminated=1): the roots
 * @snapshot: the snapshot
 * @pending: the pending changes
 * @due: when the second comparison is due, if one more root is emptied
 * @due_real: the same, microseconds since the epoch
 *
 * Call this after @snapshot or @pending changed. A root is emptied if @snapshot holds nothing
 * below it and @pending a deletion. One more emptied root starts the wait anew. The settings leave
 * no file until @snapshot has one.
 *
 * Returns: %TRUE if the result of arc_tree_availability_get_doubt() may have changed
 */
gboolean arc_tree_availability_set_files (ArcTreeAvailability *self,
                                          const char *const *roots,
                                          const ArcSnapshot *snapshot,
                                          const ArcChangeSet *pending,
                                          gint64 due,
                                          gint64 due_real);

/**
 * arc_tree_availability_blame_settings:
 * @self: the availability
 * @roots: (array zero-terminated=1): the roots
 *
 * Records that the settings leave no file of a tree that has some.
 */
void arc_tree_availability_blame_settings (ArcTreeAvailability *self, const char *const *roots);

/**
 * arc_tree_availability_get_doubt:
 * @self: the availability
 *
 * Returns: (transfer none) (nullable): why it is not believed that there are no files, English
 */
const char *arc_tree_availability_get_doubt (const ArcTreeAvailability *self);

/**
 * arc_tree_availability_get_message:
 * @self: the availability
 *
 * Returns: (transfer none) (nullable): why nothing can be built, English; %NULL if the tree is
 *   available
 */
const char *arc_tree_availability_get_message (const ArcTreeAvailability *self);

/**
 * arc_tree_availability_get_deadline:
 * @self: the availability
 *
 * Returns: when the second look is due, or %ARC_NEVER
 */
gint64 arc_tree_availability_get_deadline (const ArcTreeAvailability *self);

/**
 * arc_tree_availability_end_look:
 * @self: the availability
 * @comparison: the number of a comparison that has ended
 *
 * Call this at the end of a comparison of the whole tree, after arc_tree_availability_set_files()
 * with its result.
 *
 * Returns: %TRUE if it was the second look and confirmed an emptied root
 */
gboolean arc_tree_availability_end_look (ArcTreeAvailability *self, guint64 comparison);
