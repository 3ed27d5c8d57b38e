/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "system/arc-looks.h"
#include "system/arc-sight.h"

#include <glib.h>

G_BEGIN_DECLS

/* Looks at the one path of LOOK, a file or a directory, as it is on the disk now: takes over into
 * SIGHT what is new of a file, or queues the directory. A file that is too fresh to be sure of is
 * put off to be looked at again. No scan may be under way. */
void arc_inspect (ArcSight *sight, ArcLook *look /* (transfer full) */);

G_END_DECLS
