/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcTestNotes:
 *
 * A tree of notes, and a user who works in it: writes, replaces, moves and removes files and
 * directories, in all the ways that editors, synchronisers and version control have. Everything
 * comes from one GRand, so it is the same each time.
 *
 * No content is ever written twice.
 */
typedef struct _ArcTestNotes ArcTestNotes;

/* Makes the directory TREE, with some notes. RAND is the caller's. */
ArcTestNotes *arc_test_notes_new (const char *tree, GRand *rand);
void arc_test_notes_free (ArcTestNotes *notes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcTestNotes, arc_test_notes_free)

/* Does one thing, and adds a line about it to TRACE. */
void arc_test_notes_work (ArcTestNotes *notes, GString *trace);

/* (transfer full) (element-type filename bytes): the notes that matter, as the name of each below
 * TREE, with "%" for "/", and what is in it. */
GHashTable *arc_test_notes_read (const char *tree);

/* The same of the files right in COPY, whatever their names. */
GHashTable *arc_test_notes_read_copy (const char *copy);

/* Removes the directory PATH with all that is in it, if it is there. */
void arc_test_remove_tree (const char *path);

G_END_DECLS
