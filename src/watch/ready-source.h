/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * arc_ready_source_new:
 * @name: the name of the source, a literal
 * @context: (nullable): the context, or %NULL for the default one
 * @func: called when the ready time of the source has come; has to set it anew, or the source is
 *   ready again at once
 * @user_data: data for the function
 *
 * Makes and attaches a source without a ready time. g_source_set_ready_time() can be called from
 * any thread.
 *
 * Returns: (transfer full): the source, which must be destroyed
 */
GSource *arc_ready_source_new (const char *name,
                               GMainContext *context,
                               GSourceFunc func,
                               gpointer user_data);
