/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/change-set.h"
#include "common/path-filter.h"
#include "watch/snapshot.h"
#include "watch/watch-health.h"

#include <gio/gio.h>

/**
 * ArcWatcher:
 *
 * Keeps a snapshot of the files that matter up to date and emits what changed.
 *
 * A GFileMonitor for each directory makes it quick; comparing the disk with the snapshot makes it
 * correct. The watcher works in the main context that was the thread default when it was made, in
 * slices of a few milliseconds, so that a scan of a large tree does not keep others waiting.
 *
 * Signals:
 *   `changed (ArcChangeSet *changes)`: files that differ from the snapshot, which has them already.
 * A file that both a monitor and a comparison find is in one of the signals: the second look finds
 * the fingerprint that the first one left.
 *   `settled`: the scan, or the reconciliation, that was under way is done: every directory is
 * watched as well as can be and the snapshot is what the disk was at some time since it was asked
 * for. Directories that come or go are a scan too.
 *   `notify::health`
 *
 * A file whose last change is younger than the clock of the file system can resolve (20 ms, 2 s on
 * FAT) could be changed again without a trace. It is emitted all the same, but a reconciliation
 * settles only when it is older: then the snapshot, and what was emitted, is what was on the disk.
 *
 * What a root, or a symbolic link that is followed, leads to is watched as well
 * (watch/path-monitor.h): a change behind a link, and a link that is pointed elsewhere, is emitted
 * like any other.
 *
 * While a root is unavailable, none of its files counts as deleted; nor does any file below a
 * directory that is empty since the file system that was mounted there is gone (a snapshot knows
 * what was mounted when it was taken), or that cannot be read; nor does a file that cannot be
 * looked at: only ENOENT, ENOTDIR and ELOOP say that it is gone. The watcher searches for what is
 * missing twice a second.
 *
 * A thread reads directories and looks at files (watch/disk-worker.h): what is on a file system
 * that does not answer for 5 s counts as missing, and the root as unavailable if it is on that. The
 * main loop itself only looks up paths that the thread has read just before, to make a monitor,
 * which the kernel answers from its cache.
 *
 * Properties: `health` (ArcHealth), `settled` (boolean: no scan is under way; not notified).
 */
#define ARC_TYPE_WATCHER (arc_watcher_get_type ())
G_DECLARE_FINAL_TYPE (ArcWatcher, arc_watcher, ARC, WATCHER, GObject)

/**
 * arc_watcher_new:
 * @roots: (array zero-terminated=1): absolute directories, none inside another; they need not
 *   exist
 * @filter: decides which paths matter
 * @follow_symlinks: whether symbolic links are followed
 *
 * Returns: (transfer full): the watcher
 */
ArcWatcher *
arc_watcher_new (const char *const *roots, ArcPathFilter *filter, gboolean follow_symlinks);

/**
 * arc_watcher_start:
 * @watcher: a watcher
 * @snapshot: (transfer full) (nullable): the files of an earlier run, to which the differences
 *   are emitted as changes; without it, the first scan emits none
 *
 * Starts watching. `settled` follows.
 */
void arc_watcher_start (ArcWatcher *watcher, ArcSnapshot *snapshot);

/**
 * arc_watcher_set_tree:
 * @watcher: a watcher
 * @roots: (array zero-terminated=1): absolute directories
 * @filter: decides which paths matter
 * @follow_symlinks: whether symbolic links are followed
 *
 * Replaces what is watched. Files that come or go thereby are emitted as changes; `settled`
 * follows.
 */
void arc_watcher_set_tree (ArcWatcher *watcher,
                           const char *const *roots,
                           ArcPathFilter *filter,
                           gboolean follow_symlinks);

/**
 * arc_watcher_reconcile:
 * @watcher: a watcher
 *
 * Compares the whole tree with the snapshot; `settled` is emitted at the end. A call while a
 * comparison is under way begins it anew, so that the whole tree was compared after the last
 * call.
 */
void arc_watcher_reconcile (ArcWatcher *watcher);

/**
 * arc_watcher_stop:
 * @watcher: a watcher
 *
 * Cancels every monitor. No signal is emitted afterwards; the snapshot stays.
 */
void arc_watcher_stop (ArcWatcher *watcher);

/**
 * arc_watcher_get_health:
 * @watcher: a watcher
 *
 * Returns: the health
 */
ArcHealth arc_watcher_get_health (ArcWatcher *watcher);

/**
 * arc_watcher_get_health_message:
 * @watcher: a watcher
 *
 * Returns: (transfer none): what is wrong and what to do, in English, "" if nothing is
 */
const char *arc_watcher_get_health_message (ArcWatcher *watcher);

/**
 * arc_watcher_get_n_directories:
 * @watcher: a watcher
 *
 * Returns: the number of directories
 */
guint arc_watcher_get_n_directories (ArcWatcher *watcher);

/**
 * arc_watcher_get_n_files:
 * @watcher: a watcher
 *
 * Returns: the number of files
 */
guint arc_watcher_get_n_files (ArcWatcher *watcher);

/**
 * arc_watcher_get_snapshot:
 * @watcher: a watcher
 *
 * Returns: (transfer none): the snapshot; valid until the main loop continues
 */
const ArcSnapshot *arc_watcher_get_snapshot (ArcWatcher *watcher);

/**
 * arc_watcher_add_unemitted:
 * @watcher: a watcher
 * @changes: a set that the changes are added to
 *
 * Adds the changes that are in the snapshot and were not emitted yet: there may be some between
 * arc_watcher_set_tree() and the next iteration of the main context.
 */
void arc_watcher_add_unemitted (ArcWatcher *watcher, ArcChangeSet *changes);

/**
 * arc_watcher_find_hidden:
 * @watcher: a watcher
 * @changes: a set of files
 *
 * Selects the files whose directory is unavailable or unreadable, so that it cannot be known
 * whether they exist.
 *
 * Returns: (transfer full): those of @changes
 */
ArcChangeSet *arc_watcher_find_hidden (ArcWatcher *watcher, const ArcChangeSet *changes);

/**
 * arc_watcher_mark_dirty:
 * @watcher: a watcher
 * @files: a set of files
 *
 * Marks files whose rows in the database are unknown. The next check of each emits a change.
 */
void arc_watcher_mark_dirty (ArcWatcher *watcher, const ArcChangeSet *files);

/**
 * arc_watcher_explain:
 * @watcher: a watcher
 * @path: an absolute path
 * @rule: (out) (transfer none): a pattern, or a short English reason such as "outside
 *   the watched directories"; valid until the tree is changed
 *
 * Finds the rule that applies to a path. The disk is not read: of symbolic links in @path, those
 * are known that the last scan or event found.
 *
 * Returns: %TRUE if @path matters
 */
gboolean arc_watcher_explain (ArcWatcher *watcher, const char *path, const char **rule);
