/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "ctl/arcologyctl.h"

G_BEGIN_DECLS

/**
 * ArcCommand:
 * @argc: the number of words
 * @argv: (array length=argc): the name of the verb, its options and its arguments
 *
 * Carries out a verb. Errors are printed.
 *
 * Returns: the exit status of the program
 */
typedef ArcCtlExit ArcCommand (int argc, char **argv);

ArcCommand arc_cmd_cancel;
ArcCommand arc_cmd_changes;
ArcCommand arc_cmd_doctor;
ArcCommand arc_cmd_edit;
ArcCommand arc_cmd_explain;
ArcCommand arc_cmd_graph;
ArcCommand arc_cmd_history;
ArcCommand arc_cmd_inhibit;
ArcCommand arc_cmd_log;
ArcCommand arc_cmd_monitor;
ArcCommand arc_cmd_pause;
ArcCommand arc_cmd_pending;
ArcCommand arc_cmd_problems;
ArcCommand arc_cmd_rebuild;
ArcCommand arc_cmd_reload;
ArcCommand arc_cmd_rescan;
ArcCommand arc_cmd_resume;
ArcCommand arc_cmd_status;
ArcCommand arc_cmd_sync;
ArcCommand arc_cmd_verify;

G_END_DECLS
