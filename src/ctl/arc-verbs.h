/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "ctl/arc-ctl.h"

G_BEGIN_DECLS

ArcCtlExit arc_verb_doctor (int argc, char **argv);
ArcCtlExit arc_verb_explain (int argc, char **argv);
ArcCtlExit arc_verb_graph (int argc, char **argv);
ArcCtlExit arc_verb_history (int argc, char **argv);
ArcCtlExit arc_verb_log (int argc, char **argv);
ArcCtlExit arc_verb_pending (int argc, char **argv);

G_END_DECLS
