/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* (nullable): PATH below DIRECTORY, "" if it is the same, NULL if it is elsewhere. Both are
 * absolute and in their plain form; the result is a part of PATH. */
const char *arc_path_get_below (const char *path, const char *directory);

/* (transfer full): NAME in DIRECTORY; only the root directory ends in a slash. */
char *arc_path_join (const char *directory, const char *name);

G_END_DECLS
