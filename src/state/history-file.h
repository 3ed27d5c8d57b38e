/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"

/*
 * The history as it is kept from one run to the next: a frame (common/file-frame.h) whose body is a
 * GVariant of type aa{sv}, little-endian: a dictionary for each build, the newest last. Its keys
 * are those of `LastBuild` on D-Bus, but all that may hold a path is `ay` or `aay`, as bytes.
 */

/* The magic and version of the frame. */
#define ARC_HISTORY_MAGIC   "ArcHist\n"
#define ARC_HISTORY_VERSION 1

/* How many builds are kept. */
#define ARC_HISTORY_MAX 100

/**
 * arc_history_serialise:
 * @builds: (element-type ArcBuild): builds, the newest last
 *
 * Serialises the newest %ARC_HISTORY_MAX of @builds.
 *
 * Returns: (transfer full): the bytes of the file
 */
GBytes *arc_history_serialise (const GPtrArray *builds);

/**
 * arc_history_parse:
 * @bytes: the bytes of a file
 * @error: return location for an error
 *
 * Parses what arc_history_serialise() makes. An unknown key is left out, for a newer version may
 * add some. The error is %ARC_ERROR_DATA, with what is wrong with the file, if @bytes are anything
 * else: a key is missing or has another type or no possible value, or the ids do not grow.
 *
 * Returns: (transfer full) (nullable) (element-type ArcBuild): the builds, which the array owns,
 *   or %NULL on an error
 */
GPtrArray *arc_history_parse (GBytes *bytes, GError **error);
