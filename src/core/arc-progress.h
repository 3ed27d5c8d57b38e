/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ARC_LINE_PLAIN,    /* anything else: it goes to the log */
  ARC_LINE_PROGRESS, /* "arcology: progress DONE TOTAL" */
  ARC_LINE_FAILED,   /* "arcology: failed PATH: why" */
} ArcLineKind;

/**
 * ArcLine:
 * @kind: what the line is
 * @done: files done, for %ARC_LINE_PROGRESS; never more than @total
 * @total: files to do, for %ARC_LINE_PROGRESS
 * @path: (nullable): the failed file, for %ARC_LINE_FAILED; bytes, absolute
 * @why: (nullable): the reason, for %ARC_LINE_FAILED
 *
 * One line of a build's output, understood.
 */
typedef struct
{
  ArcLineKind kind;
  guint done;
  guint total;
  char *path;
  char *why;
} ArcLine;

/* LENGTH bytes at TEXT, without the newline; NUL bytes are allowed and make the line plain. What
 * does not fit the two forms exactly is plain: a build may print what it likes. The path, which is
 * absolute, ends at the first ": ". */
void arc_line_parse (const char *text, gsize length, ArcLine *line);
void arc_line_clear (ArcLine *line);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArcLine, arc_line_clear)

G_END_DECLS
