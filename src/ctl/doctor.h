/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "config/config.h"
#include "ctl/diagnosis.h"

G_BEGIN_DECLS

/**
 * ArcDiagnosis:
 * @findings: (element-type ArcFinding) (owned)
 * @config: (owned) (nullable): the settings, if they are valid
 * @service: (owned) (nullable): the service, if it runs
 * @process: the process of the service, or 0
 * @failure: (owned) (nullable): why the service failed, if systemd says that it did
 * @command: (owned) (nullable): the program and the arguments of the service that runs, or that
 *   systemd would start
 * @environment: (owned) (nullable): its environment
 * @topic: of the check that is made
 * @title: the same
 *
 * What the checks share, and hand on to those that come later.
 */
typedef struct
{
  GPtrArray *findings;
  ArcConfig *config;
  ArcDBusBuilder *service;
  guint process;
  char *failure;
  GStrv command;
  GStrv environment;
  const char *topic;
  const char *title;
} ArcDiagnosis;

/* Adds a finding of the check that is made; what FORMAT gives, and ADVICE (nullable), may name the
 * home directory, and have several lines. */
void arc_diagnosis_add (ArcDiagnosis *self,
                        ArcFindingKind kind,
                        const char *advice,
                        const char *format,
                        ...) G_GNUC_PRINTF (4, 5);

/* (nullable): what the service uses or, without it, what it would use. */
const char *const *arc_diagnosis_get_directories (ArcDiagnosis *self);
const char *arc_diagnosis_get_database (ArcDiagnosis *self);

/* (transfer full): where the service keeps its state. */
char *arc_diagnosis_get_state_directory (ArcDiagnosis *self);

/* TEXT, which is cut off after its first line. */
const char *arc_diagnosis_get_first_line (char *text);

/* The checks. Each adds what it finds, or nothing where there is nothing to look at. The bus comes
 * before all that asks the service, the settings before all that they name. */
void arc_doctor_check_bus (ArcDiagnosis *self);
void arc_doctor_check_service (ArcDiagnosis *self);
void arc_doctor_check_unit (ArcDiagnosis *self);
void arc_doctor_check_duplicates (ArcDiagnosis *self);
void arc_doctor_check_linger (ArcDiagnosis *self);
void arc_doctor_check_health (ArcDiagnosis *self);
void arc_doctor_check_last_build (ArcDiagnosis *self);
void arc_doctor_check_problems (ArcDiagnosis *self);
void arc_doctor_check_settings (ArcDiagnosis *self);
void arc_doctor_check_tree (ArcDiagnosis *self);
void arc_doctor_check_inotify (ArcDiagnosis *self);
void arc_doctor_check_command (ArcDiagnosis *self);
void arc_doctor_check_database (ArcDiagnosis *self);
void arc_doctor_check_state_directory (ArcDiagnosis *self);
void arc_doctor_check_space (ArcDiagnosis *self);
void arc_doctor_check_clock (ArcDiagnosis *self);

G_END_DECLS
