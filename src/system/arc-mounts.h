/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcMounts:
 *
 * Tells when something was mounted on, below or above some directories, or unmounted there.
 *
 * It works in the main context that was the thread default when it was made.
 */
typedef struct _ArcMounts ArcMounts;

typedef void (*ArcMountsFunc) (gpointer user_data);

/* DIRECTORIES (element-type filename): absolute; they need not exist. */
ArcMounts *arc_mounts_new (const GPtrArray *directories, ArcMountsFunc func, gpointer user_data);
void arc_mounts_free (ArcMounts *mounts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcMounts, arc_mounts_free)

void arc_mounts_set_directories (ArcMounts *mounts, const GPtrArray *directories);

G_END_DECLS
