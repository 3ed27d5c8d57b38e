/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The disk as it is when others keep it busy. A program that calls any of these has its own
 * rename(2) and fsync(2), which GLib then calls, too: the last steps of g_file_set_contents(); and
 * its own open(2), fstatat(2), stat(2), lstat(2), realpath(3), fts_open(3),
 * fts_read(3) and inotify_add_watch(2).
 */

/* A thread that replaces a file from now on waits, unless it is this one. */
void arc_test_disk_stop (void);

/* How many have, since then. */
guint arc_test_disk_get_n_writes (void);

/* Lets N of them go on, of those that wait or will; or all, as long as the disk is not stopped. */
void arc_test_disk_let (guint n);
void arc_test_disk_go_on (void);

/* This thread, if it waits for what is below DIRECTORY (nullable: for nothing) to be on the
 * disk, fails the test. */
void arc_test_disk_forbid (const char *directory);

/* From now on, a system call of this thread that looks up a path, by whatever function, ends the
 * process with SIGSYS. */
void arc_test_disk_forbid_paths (void);

/* A full disk: no file whose name ends in NAME (nullable: none) can be replaced. */
void arc_test_disk_fail_rename (const char *name);

/* fstatat(2) fails with NUMBER for every path whose last component is NAME; 0 ends that. */
void arc_test_disk_fail (const char *name, int number);

/* A thread that passes a path below DIRECTORY to one of these functions, but for rename(2) and
 * fsync(2), or a name in a directory there to fstatat(2), waits until this is called with NULL. The
 * thread that calls this fails the test. */
void arc_test_disk_hang (const char *directory);

/* Returns: how many threads wait. */
guint arc_test_disk_get_n_hanging (void);

/* Returns: how many times a thread has begun to wait. A thread that waits for one directory, and
 * then for the next one, counts twice. */
guint arc_test_disk_get_n_hung (void);

G_END_DECLS
