/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcRootProbe:
 *
 * Checks in a thread whether the file systems of the roots answer, before the main loop reads the
 * roots: stat(2) of a path on a dead NFS or FUSE server can block without a limit. One thread at
 * most waits for each root.
 *
 * Works in the main context that was the thread default at arc_root_probe_new().
 */
typedef struct _ArcRootProbe ArcRootProbe;

/**
 * ArcRootProbeFlags:
 * @ARC_ROOT_PROBE_SCAN: the root has to be scanned
 * @ARC_ROOT_PROBE_HINT: an event was about the root
 * @ARC_ROOT_PROBE_MOVED: the event says that the root may be another directory
 * @ARC_ROOT_PROBE_ATTRIBUTES: the event says that mode or owner may have changed
 * @ARC_ROOT_PROBE_LOST: the root is missing and may be back
 *
 * Why a root is probed.
 */
typedef enum
{
  ARC_ROOT_PROBE_SCAN = 1 << 0,
  ARC_ROOT_PROBE_HINT = 1 << 1,
  ARC_ROOT_PROBE_MOVED = 1 << 2,
  ARC_ROOT_PROBE_ATTRIBUTES = 1 << 3,
  ARC_ROOT_PROBE_LOST = 1 << 4,
} ArcRootProbeFlags;

/**
 * ArcRootProbeFunc:
 * @root: the path of the root
 * @flags: all reasons for which it was probed
 * @answered: %FALSE if the file system has not answered for 5 s; the function is called once more
 *   when it does
 * @user_data: the data of arc_root_probe_new()
 *
 * Receives the result of a probe. That a file system answered does not say that the root exists.
 */
typedef void (*ArcRootProbeFunc) (const char *root,
                                  ArcRootProbeFlags flags,
                                  gboolean answered,
                                  gpointer user_data);

/**
 * arc_root_probe_new:
 * @func: called with each result
 * @user_data: data for @func
 *
 * Makes an object that probes nothing yet.
 *
 * Returns: (transfer full): the object
 */
ArcRootProbe *arc_root_probe_new (ArcRootProbeFunc func, gpointer user_data);

/**
 * arc_root_probe_free:
 * @probe: (transfer full): a probe
 *
 * Frees the object, as arc_root_probe_cancel() does first. A thread that waits is left behind.
 */
void arc_root_probe_free (ArcRootProbe *probe);

/**
 * arc_root_probe_begin:
 * @probe: a probe
 * @root: the path of a root
 * @flags: why
 *
 * Probes a root. If a thread already waits for it, @flags are added to those of that thread.
 */
void arc_root_probe_begin (ArcRootProbe *probe, const char *root, ArcRootProbeFlags flags);

/**
 * arc_root_probe_is_waiting:
 * @probe: a probe
 *
 * Returns: %TRUE if a scan or an event waits for a root that may answer in time
 */
gboolean arc_root_probe_is_waiting (const ArcRootProbe *probe);

/**
 * arc_root_probe_cancel:
 * @probe: a probe
 *
 * Discards all results that are still to come.
 */
void arc_root_probe_cancel (ArcRootProbe *probe);

G_END_DECLS
