/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/change-set.h"
#include "common/path-filter.h"
#include "watch/snapshot.h"
#include "watch/watch-health.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The type of ArcChangeSet as the argument of a signal. */
#define ARC_TYPE_CHANGE_SET (arc_change_set_get_type ())
GType arc_change_set_get_type (void);

/**
 * ArcWatcher:
 *
 * Keeps a snapshot of the files that matter true to the disk, and tells what changed.
 *
 * A GFileMonitor for each directory makes it quick; comparing the disk with the snapshot makes it
 * true. The watcher works in the main context that was the thread default when it was made, in
 * slices of a few milliseconds, so that a scan of a large tree does not keep others waiting.
 *
 * Signals:
 *   `changed (ArcChangeSet *changes)`: files that differ from the snapshot, which has them already.
 * A file that both a monitor and a comparison find is in one of the signals: the second look finds
 * the fingerprint that the first one left.
 *   `settled`: the scan, or the reconciliation, that was under way is done: every directory is
 * watched as well as can be and the snapshot is what the disk was at some time since it was asked
 * for. Directories that come or go are a scan too.
 *   `notify::health`, `notify::health-message`
 *
 * A file whose last change is younger than the clock of the file system can tell (20 ms, 2 s on
 * FAT) could be changed again without a trace. It is told all the same, but a reconciliation
 * settles only when it is older: then the snapshot, and what was told, is all that was on the disk.
 *
 * What a root, or a symbolic link that is followed, leads to is watched as well
 * (watch/path-monitor.h): a change behind a link, and a link that is pointed elsewhere, is told
 * like any other.
 *
 * While a root is unavailable, none of its files counts as deleted; nor does any file below a
 * directory that is empty since the file system that was mounted there is gone (a snapshot knows
 * what was mounted when it was taken), or that cannot be read; nor does a file that cannot be
 * looked at: only ENOENT, ENOTDIR and ELOOP say that it is gone. What is not there is looked for
 * twice a second.
 *
 * Properties: `health` (ArcHealth as an int), `health-message` (string, English, "" if ok),
 * `n-directories`, `n-files` (uint).
 */
#define ARC_TYPE_WATCHER (arc_watcher_get_type ())
G_DECLARE_FINAL_TYPE (ArcWatcher, arc_watcher, ARC, WATCHER, GObject)

/* ROOTS: absolute directories, none inside another; they need not exist yet. Nothing happens before
 * arc_watcher_start(). */
ArcWatcher *
arc_watcher_new (const char *const *roots, ArcPathFilter *filter, gboolean follow_symlinks);

/* Starts watching. SNAPSHOT, if not NULL, is what an earlier run knew: the differences to it are
 * told as changes. Without it the first scan tells nothing: what it finds is the start. `settled`
 * follows. */
void arc_watcher_start (ArcWatcher *watcher,
                        ArcSnapshot *snapshot /* (transfer full) (nullable) */);

/* Replaces what is watched. Files that thereby come or go are told as changes; `settled` follows.
 */
void arc_watcher_set_tree (ArcWatcher *watcher,
                           const char *const *roots,
                           ArcPathFilter *filter,
                           gboolean follow_symlinks);

/* Compares the whole tree with the snapshot. `changed` tells of differences, `settled` of the end.
 * Asked for again while one is under way, it begins anew: at `settled` the whole tree was looked at
 * after the last call. */
void arc_watcher_reconcile (ArcWatcher *watcher);

/* Takes every monitor away, so that no more signals come; the snapshot stays. */
void arc_watcher_stop (ArcWatcher *watcher);

ArcHealth arc_watcher_get_health (ArcWatcher *watcher);
const char *arc_watcher_get_health_message (ArcWatcher *watcher);
guint arc_watcher_get_n_directories (ArcWatcher *watcher);
guint arc_watcher_get_n_files (ArcWatcher *watcher);

/* Owned by the watcher, and true only until control returns to the main loop. */
const ArcSnapshot *arc_watcher_get_snapshot (ArcWatcher *watcher);

/* Adds to CHANGES what the snapshot has, and `changed` has not told yet: there may be some between
 * arc_watcher_set_tree() and the next iteration of the main context. */
void arc_watcher_add_untold (ArcWatcher *watcher, ArcChangeSet *changes);

/* (transfer full): those of CHANGES whose files are out of sight, as said above: nobody knows what
 * became of them. */
ArcChangeSet *arc_watcher_find_hidden (ArcWatcher *watcher, const ArcChangeSet *changes);

/* Nobody knows what the database has of FILES: when they are looked at next, they are told as
 * changes, however they look. */
void arc_watcher_mark_dirty (ArcWatcher *watcher, const ArcChangeSet *files);

/* Does PATH (absolute) matter, and by which rule? RULE gets a pattern or a short English reason
 * such as "outside the watched directories" (owned by the watcher until its tree changes). */
gboolean arc_watcher_explain (ArcWatcher *watcher, const char *path, const char **rule);

G_END_DECLS
