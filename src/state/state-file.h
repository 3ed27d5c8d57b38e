/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the files of the state directory and of the spare one have in common. All errors but those
 * of reading are ARC_ERROR_STATE_DIRECTORY, and say what to look at. */

/* Nobody else may read them. */
#define ARC_STATE_FILE_MODE 0600

/* Sets an error: WHAT, of PATH, failed with errno. */
void arc_state_file_set_error (GError **error, const char *path, const char *what);

/* Makes the directory PATH if it is not there, and keeps others out of it. */
gboolean arc_state_file_make_directory (const char *path, GError **error);

/* The file at PATH is then the old one or the new one; with G_FILE_SET_CONTENTS_DURABLE also after
 * a crash of the machine. */
gboolean
arc_state_file_write (const char *path, GBytes *bytes, GFileSetContentsFlags flags, GError **error);

/* Removes what a process that was killed in arc_state_file_write() left of the files NAMES
 * (NULL-terminated) in DIRECTORY. Nobody else may write there. */
void arc_state_file_remove_leftovers (const char *directory, const char *const *names);

/* (transfer full) (nullable): NULL without an error if there is no such file; NULL and
 * G_FILE_ERROR if it cannot be read, or is not a file of ours of at most MAX_SIZE bytes. */
GBytes *arc_state_file_read (const char *path, gsize max_size, GError **error);

/* Puts the file PATH, which ERROR is about, aside, and says so in ERROR: somebody may want to know
 * what became of it, and the next run must not trip over it again. */
void arc_state_file_put_aside (const char *path, GError **error);

G_END_DECLS
