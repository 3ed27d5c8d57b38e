/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes, if need be, and returns (transfer full) the directory of this user that stands in for
 * DIRECTORY where that cannot be written: one of its own in XDG_RUNTIME_DIR or, if that cannot be,
 * in TMPDIR. It is private (0700) and may be gone after the machine has started again. The same
 * DIRECTORY has the same one. NULL and ARC_ERROR_STATE_DIRECTORY if there is no place for it. */
char *arc_spare_make (const char *directory, GError **error);

G_END_DECLS
