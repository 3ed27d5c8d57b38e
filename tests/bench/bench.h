/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>
#include <sys/types.h>

/* What the programs of the benchmarks share. Each is called as PROGRAM MODE ROOT [NUMBER]... and
 * prints lines of a key and a number: times in microseconds, memory in kB. */

typedef struct
{
  gint64 wall;
  gint64 cpu; /* user and system, of all threads */
} BenchTime;

void bench_begin (BenchTime *time);

/* Prints KEY.wall and KEY.cpu since bench_begin(), and begins anew. */
void bench_report (BenchTime *time, const char *key);

void bench_print (const char *key, gint64 number);

/* Runs the main loop for MSEC milliseconds. */
void bench_run (guint msec);

/* Prints the resident memory of this process that no file backs. */
void bench_report_memory (void);

/**
 * BenchWriter:
 *
 * A process that saves notes of the tree, which others watch. It is forked before the tree is
 * watched: later, a fork has to copy the page tables of all that is known of the tree.
 */
typedef struct _BenchWriter BenchWriter;

/* How long after the last save to wait for the last event, in milliseconds. */
#define BENCH_QUIET 500

/* Calls bench_writer_go() for the first save. N_SAVES files are saved in an order that is the same
 * each time, one each INTERVAL microseconds, each after the one before was heard of if WAIT. */
BenchWriter *bench_writer_new (const char *root, gint64 n_saves, gint64 interval, gboolean wait);
void bench_writer_go (BenchWriter *writer);

/* Lets it go, and runs the main loop until BENCH_QUIET after the last save. */
void bench_writer_run (BenchWriter *writer);

/* Readable, at its end, when the last file is saved. */
int bench_writer_get_fd (BenchWriter *writer);

/* An event named the file NAME. */
void bench_writer_hear (BenchWriter *writer, const char *name);

/* Prints what bench_writer_hear() made of it: the number of saves, how many of them were heard of,
 * and, with WAIT, the latencies. */
void bench_writer_report (BenchWriter *writer);
