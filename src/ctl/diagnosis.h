/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"

G_BEGIN_DECLS

typedef enum
{
  ARC_FINDING_OK,
  ARC_FINDING_WARN, /* it works, but not as well as it could, or could not be looked at */
  ARC_FINDING_FAIL, /* it cannot work */
} ArcFindingKind;

#define ARC_N_FINDING_KINDS (ARC_FINDING_FAIL + 1)

/**
 * ArcFinding:
 * @kind: how it is
 * @topic: what was looked at: a word for programs, never translated
 * @title: the same for people, translated
 * @text: what was found, one line
 * @advice: (nullable): what to do about it
 *
 * One line of a report that can be shown to others: the home directory is shortened to `~`, and no
 * file of the tree is named.
 */
typedef struct
{
  ArcFindingKind kind;
  const char *topic;
  const char *title;
  char *text;   /* (owned) */
  char *advice; /* (owned) (nullable) */
} ArcFinding;

/* "ok", "warn", "fail": never translated. */
const char *arc_finding_kind_to_string (ArcFindingKind kind);

/* (transfer full) (element-type ArcFinding): looks at all that a build depends on, with or without
 * the service, which is not started. It takes seconds: Emacs and other programs are run. */
GPtrArray *arc_diagnose (void);

/* (transfer full): what is true of every finding, as one line: the versions of everything. */
char *arc_diagnosis_get_heading (void);

G_END_DECLS
