/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The limit of open files of this process (RLIMIT_NOFILE, getrlimit(2)). To be asked before calls
 * that need N descriptors and cannot be trusted without them: GLib aborts the process when it gets
 * none for a new main context (gwakeup.c), and GIO never makes a file monitor again after it got
 * none for its inotify instance. */
gboolean arc_limits_has_files (guint n);

/* (transfer full): that the limit is reached, and how to raise it; English, no full sentence. */
char *arc_limits_describe_files (void);

G_END_DECLS
