/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "watch/watcher.h"

G_BEGIN_DECLS

/**
 * ArcFixture:
 *
 * A watcher on a real directory, and all that it emitted.
 */
typedef struct
{
  char *base;  /* holds all that follows; removed at the end */
  char *root;  /* BASE/tree */
  char *aside; /* BASE/aside: not watched, to move things in and out */
  ArcPathFilter *filter;
  gboolean follow_symlinks;
  ArcWatcher *watcher;
  GHashTable *known; /* (element-type filename) the files, by what was emitted since the start */
  ArcChangeSet *emitted;   /* since arc_fixture_forget() */
  ArcChangeSet *missed;    /* those that arc_fixture_reconcile() found, since the start */
  guint n_changed;         /* signals since arc_fixture_forget() */
  guint n_emitted;         /* paths in them but sentinels, each time it was emitted */
  guint n_settled;         /* since the start */
  gboolean is_comparing;   /* the whole tree, by the fixture's wish */
  gboolean is_reconciling; /* it is not the first scan */
  gboolean may_be_fresh;   /* the test stamps files in the future */
} ArcFixture;

ArcFixture *arc_fixture_new (void);
void arc_fixture_free (ArcFixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcFixture, arc_fixture_free)

/* Makes the watcher and starts it, and waits until it settles. */
void arc_fixture_start (ArcFixture *fixture, ArcSnapshot *snapshot, gboolean follow_symlinks);
void arc_fixture_restart (ArcFixture *fixture, ArcSnapshot *snapshot);

/* Runs a line of sh(1) in the directory BASE; it must succeed. The main context does not run
 * meanwhile. */
void arc_fixture_sh (ArcFixture *fixture, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Unmounts each of the directories, below BASE, the first one first. The watcher may be reading
 * one: until that ends, umount(2) fails with EBUSY, and the main context runs. */
void arc_fixture_unmount (ArcFixture *fixture, const char *first, ...) G_GNUC_NULL_TERMINATED;

typedef gboolean (*ArcFixtureFunc) (ArcFixture *fixture, gconstpointer data);

/* Runs the main context until FUNC returns TRUE; after two minutes the test fails. */
void arc_fixture_wait (ArcFixture *fixture, ArcFixtureFunc func, gconstpointer data);

/* Of that health, and settled; to be waited for. */
gboolean arc_fixture_is_ok (ArcFixture *fixture, gconstpointer data);
gboolean arc_fixture_is_degraded (ArcFixture *fixture, gconstpointer data);
gboolean arc_fixture_is_unavailable (ArcFixture *fixture, gconstpointer data);

void arc_fixture_wait_settled (ArcFixture *fixture);
void arc_fixture_reconcile (ArcFixture *fixture);

/* Waits until the snapshot is what a walk of its own finds on the disk and what was emitted leads
 * to.
 */
void arc_fixture_wait_true (ArcFixture *fixture);

void arc_fixture_forget (ArcFixture *fixture);

/* PATH is below BASE. */
void arc_fixture_wait_emitted (ArcFixture *fixture, const char *path, ArcChange change);
gboolean arc_fixture_is_emitted (ArcFixture *fixture, const char *path);

/* Writes a file in each of the directories PATHS (below BASE) and waits until all were emitted, so
 * that what happened in them before must have been emitted too. */
void arc_fixture_wait_sentinels (ArcFixture *fixture, const char *const *paths);

/* That neither this nor an earlier arc_fixture_reconcile() finds what monitors have not found. */
void arc_fixture_assert_none_missed (ArcFixture *fixture);

/* Every directory of the tree, below BASE, by a walk of its own. */
GPtrArray *arc_fixture_list_directories (ArcFixture *fixture);

G_END_DECLS
