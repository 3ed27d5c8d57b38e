/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "ctl/arc-ctl.h"

G_BEGIN_DECLS

ArcCtlExit arc_verb_cancel (int argc, char **argv);
ArcCtlExit arc_verb_doctor (int argc, char **argv);
ArcCtlExit arc_verb_edit (int argc, char **argv);
ArcCtlExit arc_verb_explain (int argc, char **argv);
ArcCtlExit arc_verb_graph (int argc, char **argv);
ArcCtlExit arc_verb_history (int argc, char **argv);
ArcCtlExit arc_verb_inhibit (int argc, char **argv);
ArcCtlExit arc_verb_log (int argc, char **argv);
ArcCtlExit arc_verb_monitor (int argc, char **argv);
ArcCtlExit arc_verb_pause (int argc, char **argv);
ArcCtlExit arc_verb_pending (int argc, char **argv);
ArcCtlExit arc_verb_problems (int argc, char **argv);
ArcCtlExit arc_verb_rebuild (int argc, char **argv);
ArcCtlExit arc_verb_reload (int argc, char **argv);
ArcCtlExit arc_verb_rescan (int argc, char **argv);
ArcCtlExit arc_verb_resume (int argc, char **argv);
ArcCtlExit arc_verb_status (int argc, char **argv);
ArcCtlExit arc_verb_sync (int argc, char **argv);
ArcCtlExit arc_verb_verify (int argc, char **argv);

G_END_DECLS
