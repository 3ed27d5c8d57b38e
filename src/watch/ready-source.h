/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* (transfer full): a source that calls FUNC when its time has come, which g_source_set_ready_time()
 * sets, from any thread: never, to begin with. FUNC has to set it anew, or the source is ready
 * again at once. It is named NAME, a literal, and attached to CONTEXT (nullable: the default one);
 * to be destroyed, and unreferenced, in the end. */
GSource *arc_ready_source_new (const char *name,
                               GMainContext *context,
                               GSourceFunc func,
                               gpointer user_data);

G_END_DECLS
