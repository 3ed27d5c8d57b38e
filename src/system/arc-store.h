/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-changes.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ArcStore:
 *
 * The state directory (0700): the build lock, the flag that says paused, the change list of the
 * running build and the log of each build.
 *
 *     lock               flock(2), close-on-exec; holds the pid of its owner for people to read
 *     paused             there if the user paused the service
 *     changes            what the running build is told
 *     logs/ID.log        the output of build ID; the newest ARC_STORE_LOGS are kept
 */
#define ARC_TYPE_STORE (arc_store_get_type ())
G_DECLARE_FINAL_TYPE (ArcStore, arc_store, ARC, STORE, GObject)

#define ARC_STORE_LOGS 50

/* DIRECTORY is made when it is first needed. */
ArcStore *arc_store_new (const char *directory);

const char *arc_store_get_directory (ArcStore *store);

/* Makes the directory if need be and takes the lock, without waiting. ARC_ERROR_LOCKED, naming the
 * directory and the pid of the owner, if another process has it; ARC_ERROR_STATE_DIRECTORY if the
 * directory cannot be made or written. The lock goes with the process. */
gboolean arc_store_lock (ArcStore *store, GError **error);

/* A number larger than that of any build whose log is here, and than any that it returned before;
 * from 1. */
guint64 arc_store_next_build (ArcStore *store);

/* (transfer full): where the log of build ID goes; its directory exists, and old logs have been
 * removed. NULL and ARC_ERROR_STATE_DIRECTORY if that directory cannot be made. */
char *arc_store_prepare_log (ArcStore *store, guint64 id, GError **error);

/* Writes the change list; returns its path (owned by the store). NULL and ARC_ERROR_STATE_DIRECTORY
 * or an error of G_FILE_ERROR if it cannot be written whole; the old list is then still there. */
const char *arc_store_write_changes (ArcStore *store, const ArcChanges *changes, GError **error);

/* The flag outlives the process. It fails like arc_store_write_changes(). */
gboolean arc_store_get_paused (ArcStore *store);
gboolean arc_store_set_paused (ArcStore *store, gboolean paused, GError **error);

G_END_DECLS
