/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The logs of the builds in DIRECTORY: logs/ID.log for build ID, from 1. */

/* How many are kept. */
#define ARC_BUILD_LOG_DIR_MAX 50

/* (transfer full): where the log of build ID is, if it is there. */
char *arc_build_log_dir_get_path (const char *directory, guint64 id);

/* The newest build that has a log, or 0. */
guint64 arc_build_log_dir_get_newest (const char *directory);

/* (transfer full): the log of build ID, which is there then, in DIRECTORY, which is made private;
 * as many others as ARC_BUILD_LOG_DIR_MAX allows are left. NULL and ARC_ERROR_STATE_DIRECTORY if it
 * cannot be made. */
char *arc_build_log_dir_make (const char *directory, guint64 id, GError **error);

G_END_DECLS
