/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "common/change-set.h"

/* The feed keeps at most this many changes, and this many bytes of them as a reply of D-Bus frames
 * them: all that it keeps fit into one reply. */
#define ARC_CHANGE_FEED_MAX      10000
#define ARC_CHANGE_FEED_MAX_SIZE (8 * 1024 * 1024)

/**
 * ArcChangeFeed:
 *
 * The files that builds updated in the database, by the number of the build. Numbers of builds
 * outlive the service, so a reader can go on after a restart where it was.
 */
typedef struct _ArcChangeFeed ArcChangeFeed;

/**
 * arc_change_feed_new:
 * @build: the number of the last build of earlier services
 *
 * Returns: (transfer full): a feed that begins after @build
 */
ArcChangeFeed *arc_change_feed_new (guint64 build);

/**
 * arc_change_feed_free:
 * @feed: (transfer full): a feed
 */
void arc_change_feed_free (ArcChangeFeed *feed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcChangeFeed, arc_change_feed_free)

/**
 * arc_change_feed_add:
 * @feed: a feed
 * @build: a build that ended, with a higher number than those before
 * @taken: (nullable): the changes that it took
 *
 * Adds the changes that @build succeeded with: all of @taken after a success, all but the files
 * that failed if only some did, else none.
 *
 * A full or clean build may have changed the rows of any file, and have removed rows of files that
 * the service does not know, so the feed is complete only after it.
 */
void arc_change_feed_add (ArcChangeFeed *feed, const ArcBuild *build, const ArcChangeSet *taken);

/**
 * arc_change_feed_list:
 * @feed: a feed
 * @since: the number of a build
 * @now: (out): the number of the build that ended last
 * @complete: (out): whether no change after @since is missing
 *
 * Lists the changes of the builds after @since. Several changes of one file are one, as
 * arc_change_set_add() merges them.
 *
 * Returns: (transfer full): the changes
 */
ArcChangeSet *
arc_change_feed_list (const ArcChangeFeed *feed, guint64 since, guint64 *now, gboolean *complete);
