/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-changes.h"

G_BEGIN_DECLS

/*
 * What builds were told that the snapshot does not say yet, as it is kept from one run to the next:
 * a frame (arc-frame.h) whose body is a change list (arc_changes_serialise()), or the one byte `*`
 * if a build makes the whole database anew.
 */

/* The magic and version of the frame. */
#define ARC_UNCOMMITTED_MAGIC   "ArcUnco\n"
#define ARC_UNCOMMITTED_VERSION 1

/* CHANGES (nullable): NULL if everything may have changed. */
GBytes *arc_uncommitted_serialise (const ArcChanges *changes);

/* The inverse: CHANGES (out) (transfer full) (nullable) gets what was given then. FALSE and
 * ARC_ERROR_DATA, with what is wrong with the file in the message, if BYTES are anything else;
 * CHANGES is then not set. */
gboolean arc_uncommitted_parse (GBytes *bytes, ArcChanges **changes, GError **error);

G_END_DECLS
