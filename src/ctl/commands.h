/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "ctl/arcologyctl.h"

G_BEGIN_DECLS

ArcCtlExit arc_cmd_cancel (int argc, char **argv);
ArcCtlExit arc_cmd_changes (int argc, char **argv);
ArcCtlExit arc_cmd_doctor (int argc, char **argv);
ArcCtlExit arc_cmd_edit (int argc, char **argv);
ArcCtlExit arc_cmd_explain (int argc, char **argv);
ArcCtlExit arc_cmd_graph (int argc, char **argv);
ArcCtlExit arc_cmd_history (int argc, char **argv);
ArcCtlExit arc_cmd_inhibit (int argc, char **argv);
ArcCtlExit arc_cmd_log (int argc, char **argv);
ArcCtlExit arc_cmd_monitor (int argc, char **argv);
ArcCtlExit arc_cmd_pause (int argc, char **argv);
ArcCtlExit arc_cmd_pending (int argc, char **argv);
ArcCtlExit arc_cmd_problems (int argc, char **argv);
ArcCtlExit arc_cmd_rebuild (int argc, char **argv);
ArcCtlExit arc_cmd_reload (int argc, char **argv);
ArcCtlExit arc_cmd_rescan (int argc, char **argv);
ArcCtlExit arc_cmd_resume (int argc, char **argv);
ArcCtlExit arc_cmd_status (int argc, char **argv);
ArcCtlExit arc_cmd_sync (int argc, char **argv);
ArcCtlExit arc_cmd_verify (int argc, char **argv);

G_END_DECLS
