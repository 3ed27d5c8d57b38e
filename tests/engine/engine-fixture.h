/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/build-run.h"
#include "test-clock.h"
#include "watch/watcher.h"

/**
 * ArcEngineFixture:
 * @scratch: a directory, which holds all that follows
 * @tree: the watched directory, with the notes one.org and two.org
 * @out: (nullable): the list of the last arc_engine_fixture_take(), such as "M one.org\n"
 * @n_inputs: how often the function of @database was called
 * @n_ended: how many comparisons have ended
 *
 * The parts of an engine without the builder that connects them: a real watcher, store, runner and
 * tree. What the watcher emits is pending. No test of one part needs a process of a build.
 */
typedef struct
{
  char *scratch;
  char *tree;
  char *out;
  ArcConfig *config;
  ArcTestClock *clock;
  ArcProcessRunner *runner;
  ArcWatcher *watcher;
  ArcStateStore *store;
  ArcDatabaseState *database;
  ArcComparisons *comparisons;
  ArcTreeAvailability *availability;
  ArcBuildRun *run;
  guint n_inputs;
  guint64 n_ended;
} ArcEngineFixture;

void arc_engine_fixture_set_up (ArcEngineFixture *fixture, gconstpointer data);
void arc_engine_fixture_tear_down (ArcEngineFixture *fixture, gconstpointer data);

/* Makes all parts anew, on the same directories, as the next service does. */
void arc_engine_fixture_restart (ArcEngineFixture *fixture);

/* Opens the store, loads what the last run left, and waits for the first comparison. Returns:
 * whether there was anything. */
gboolean arc_engine_fixture_start (ArcEngineFixture *fixture);

/* Compares the tree, and waits until that has settled. */
void arc_engine_fixture_compare (ArcEngineFixture *fixture);

/* Reads the inputs and the database. */
void arc_engine_fixture_look (ArcEngineFixture *fixture);

/* (transfer full): the path of the note NAME. */
char *arc_engine_fixture_get_path (ArcEngineFixture *fixture, const char *name);

/* Writes the note NAME, and waits until that is pending. */
void arc_engine_fixture_touch (ArcEngineFixture *fixture, const char *name);

/* Renames the tree, or lets it come back, and waits until the watcher knows. */
void arc_engine_fixture_set_away (ArcEngineFixture *fixture, gboolean away);

/* Replaces the database, and reads it as arc_engine_fixture_look() does. */
void arc_engine_fixture_write_database (ArcEngineFixture *fixture, const char *text);

/* (transfer full): a build of KIND with the number ID, which takes what is pending. Its list is in
 * @out. */
ArcBuild *arc_engine_fixture_take (ArcEngineFixture *fixture, guint64 id, ArcBuildKind kind);

/* Whether the note NAME is pending. */
gboolean arc_engine_fixture_is_pending (ArcEngineFixture *fixture, const char *name);
