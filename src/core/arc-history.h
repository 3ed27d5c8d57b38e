/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-build.h"

G_BEGIN_DECLS

/*
 * The history as it is kept from one run to the next: a frame (arc-frame.h) whose body is a
 * GVariant of type aa{sv}, little-endian: a dictionary for each build, the newest last. Its keys
 * are those of `LastBuild` on D-Bus, but all that may hold a path is `ay` or `aay`, as bytes.
 */

/* The magic and version of the frame. */
#define ARC_HISTORY_MAGIC   "ArcHist\n"
#define ARC_HISTORY_VERSION 1

/* How many builds are kept. */
#define ARC_HISTORY_MAX 100

/* The newest ARC_HISTORY_MAX of BUILDS (element-type ArcBuild), the newest last. */
GBytes *arc_history_serialise (const GPtrArray *builds);

/* (element-type ArcBuild), which it owns: the inverse. A key that is not known is left out, for a
 * newer version may add some. NULL and ARC_ERROR_DATA, with what is wrong with the file in the
 * message, if BYTES are anything else: a key is missing or has another type or no possible value,
 * or the ids do not grow. */
GPtrArray *arc_history_parse (GBytes *bytes, GError **error);

G_END_DECLS
