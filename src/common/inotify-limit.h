/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

typedef enum
{
  ARC_INOTIFY_LIMIT_WATCHES,   /* of all processes of the user */
  ARC_INOTIFY_LIMIT_INSTANCES, /* of all processes of the user */
  ARC_INOTIFY_LIMIT_EVENTS,    /* in the queue of an instance: the kernel drops later ones */
} ArcInotifyLimit;

/**
 * arc_inotify_limit_read:
 * @limit: which limit of inotify(7)
 * @name: (out) (transfer none) (optional): the sysctl(8) that sets it
 *
 * Returns: the limit, or %G_MAXUINT if it cannot be read
 */
guint arc_inotify_limit_read (ArcInotifyLimit limit, const char **name);
