/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"
#include "config/config.h"

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
 * ArcDiagnosis:
 * @findings: (owned): the findings so far
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
 * @self: the diagnosis
 *
 * A check of `arcologyctl doctor`: adds findings, or none where there is nothing to check.
 */
typedef void ArcCheck (ArcDiagnosis *self);

ArcCheck arc_doctor_check_bus;
ArcCheck arc_doctor_check_clock;
ArcCheck arc_doctor_check_command;
ArcCheck arc_doctor_check_database;
ArcCheck arc_doctor_check_duplicates;
ArcCheck arc_doctor_check_health;
ArcCheck arc_doctor_check_inotify;
ArcCheck arc_doctor_check_last_build;
ArcCheck arc_doctor_check_linger;
ArcCheck arc_doctor_check_problems;
ArcCheck arc_doctor_check_service;
ArcCheck arc_doctor_check_settings;
ArcCheck arc_doctor_check_space;
ArcCheck arc_doctor_check_state_directory;
ArcCheck arc_doctor_check_tree;
ArcCheck arc_doctor_check_unit;

/**
 * arc_doctor_add:
 * @self: the diagnosis
 * @kind: the result of the running check
 * @advice: (nullable): what to do about it
 * @format: the text of the finding
 * @...: its arguments
 *
 * Adds a finding of the running check. Both texts may name the home directory, which is shortened
 * to `~`, and have several lines, but no file of the tree: the report can be shown to others.
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
