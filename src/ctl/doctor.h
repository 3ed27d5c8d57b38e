/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"
#include "config/config.h"

G_BEGIN_DECLS

/**
 * ArcFindingKind:
 * @ARC_OK: it works
 * @ARC_WARN: it works with restrictions, or could not be checked
 * @ARC_FAIL: it cannot work
 */
typedef enum
{
  ARC_OK,
  ARC_WARN,
  ARC_FAIL,
} ArcFindingKind;

/**
 * ArcFinding:
 * @kind: the result of the check
 * @topic: what was checked: a word for programs, never translated
 * @title: the same for people, translated
 * @text: (owned): the finding, one line
 * @advice: (owned) (nullable): what to do about it
 *
 * One line of a report that can be shown to others: the home directory is shortened to `~`, and no
 * file of the tree is named.
 */
typedef struct
{
  ArcFindingKind kind;
  const char *topic;
  const char *title;
  char *text;
  char *advice;
} ArcFinding;

/**
 * ArcDiagnosis:
 * @findings: (element-type ArcFinding) (owned): the findings so far
 * @config: (owned) (nullable): the settings, if they are valid
 * @database: (owned) (nullable): the path of the database, of the service or else of the settings
 * @directories: (owned) (nullable): the watched directories, the same way
 * @service: (owned) (nullable): the service, if it runs
 * @process: the process of the service, or 0
 * @failure: (owned) (nullable): why the service failed, if systemd says that it did
 * @command: (owned) (nullable): the program and the arguments of the service that runs, or that
 *   systemd would start
 * @environment: (owned) (nullable): its environment
 * @topic: the topic of the running check
 * @title: its title, translated
 *
 * The data that checks share. A check can set members for the checks after it.
 */
typedef struct
{
  GPtrArray *findings;
  ArcConfig *config;
  char *database;
  GStrv directories;
  ArcDBusBuilder *service;
  guint process;
  char *failure;
  GStrv command;
  GStrv environment;
  const char *topic;
  const char *title;
} ArcDiagnosis;

/**
 * ArcCheck:
 * @topic: (nullable): a word for programs; %NULL ends a table
 * @title: the same for people, not yet translated
 * @run: adds findings; it adds none where there is nothing to check
 *
 * A check of `arcologyctl doctor`.
 */
typedef struct
{
  const char *topic;
  const char *title;
  void (*run) (ArcDiagnosis *self);
} ArcCheck;

/* The checks in their order: those of the service set the members that the others use, and the
 * settings name the tree, the command and the database. */
extern const ArcCheck arc_doctor_service_checks[];
extern const ArcCheck arc_doctor_settings_checks[];
extern const ArcCheck arc_doctor_tree_checks[];
extern const ArcCheck arc_doctor_command_checks[];
extern const ArcCheck arc_doctor_output_checks[];

/**
 * arc_doctor_add:
 * @self: the diagnosis
 * @kind: the result of the running check
 * @advice: (nullable): what to do about it
 * @format: the text of the finding
 * @...: its arguments
 *
 * Adds a finding of the running check. Both texts may name the home directory and have several
 * lines.
 */
void arc_doctor_add (ArcDiagnosis *self,
                     ArcFindingKind kind,
                     const char *advice,
                     const char *format,
                     ...) G_GNUC_PRINTF (4, 5);

/**
 * arc_doctor_cut:
 * @text: a text, which is cut off after its first line
 *
 * Returns: (transfer none): @text
 */
const char *arc_doctor_cut (char *text);

G_END_DECLS
