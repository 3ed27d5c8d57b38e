/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "ctl/arcologyctl.h"

/**
 * ArcCall:
 * @service: (nullable): the service, of a verb that needs it
 * @operands: (array zero-terminated=1): the words that are no options
 * @build: the number of a build in `--since` or an operand, or 0
 * @timeout: how long to wait, milliseconds, or %ARC_CTL_DEFAULT_TIMEOUT
 *
 * The command line of a verb, checked. The other members are its options.
 */
typedef struct
{
  ArcDBusBuilder *service;
  char **operands;
  guint64 build;
  int timeout;

  gboolean clean;
  gboolean follow;
  gboolean full;
  gboolean json;
  gboolean phases;
  gboolean quiet;
  gboolean wait;
  int lines;
  char *format;
  char *since;
  char *timeout_text;
  char *who;
  char *why;
} ArcCall;

/**
 * ArcCommand:
 * @call: the command line
 * @error: return location for an error, which main() prints
 *
 * Carries out a verb.
 *
 * Returns: the exit status of the program, unless @error is set
 */
typedef ArcCtlExit ArcCommand (const ArcCall *call, GError **error);

ArcCommand arc_cmd_changes;
ArcCommand arc_cmd_doctor;
ArcCommand arc_cmd_edit;
ArcCommand arc_cmd_explain;
ArcCommand arc_cmd_graph;
ArcCommand arc_cmd_history;
ArcCommand arc_cmd_inhibit;
ArcCommand arc_cmd_log;
ArcCommand arc_cmd_monitor;
ArcCommand arc_cmd_pending;
ArcCommand arc_cmd_problems;
ArcCommand arc_cmd_rebuild;
ArcCommand arc_cmd_rescan;
ArcCommand arc_cmd_status;
ArcCommand arc_cmd_sync;
ArcCommand arc_cmd_verify;
