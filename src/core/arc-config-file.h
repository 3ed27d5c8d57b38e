/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-config.h"

#include <glib.h>

G_BEGIN_DECLS

/* Lays the settings in LENGTH bytes at DATA over CONFIG; FILE is for the messages. FALSE and
 * ARC_ERROR_CONFIG, with "FILE:LINE: " first in the message and the group and key in it, on bad
 * syntax, an unknown group or key, a key that is there twice, or a value out of range; CONFIG is
 * then unchanged. */
gboolean arc_config_merge_data (
    ArcConfig *config, const char *data, gsize length, const char *file, GError **error);

/* The inverse: every setting as a file that arc_config_merge_data() reads back. (A path that is not
 * UTF-8 is written as it is, and refused when read.) */
char *arc_config_to_data (const ArcConfig *config);

G_END_DECLS
