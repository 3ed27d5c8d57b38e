/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcTestPromise:
 *
 * What a copy of a tree of notes (test-notes.h) may hold that is at least as new as the promise
 * is: each note as it was then, or as it has been since.
 */
typedef struct _ArcTestPromise ArcTestPromise;

ArcTestPromise *arc_test_promise_new (const char *tree);
void arc_test_promise_free (ArcTestPromise *promise);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcTestPromise, arc_test_promise_free)

/* To be called after each change of the tree. */
void arc_test_promise_note_change (ArcTestPromise *promise);

gboolean arc_test_promise_is_kept (ArcTestPromise *promise, const char *copy);

G_END_DECLS
