/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"
#include "test-clock.h"
#include "test-util.h"

G_BEGIN_DECLS

/**
 * ArcTestHost:
 * @tree: the watched directory
 * @out: where the build command leaves its list, and waits to be let go
 * @states: (element-type utf8): every state that the builder passed through
 * @n_started: how many builds have started
 * @n_finished: how many have ended
 *
 * A builder on a real tree, with a real watcher, runner and store, and a clock that the test turns.
 * Its build command is a shell script, which keeps its change list and environment and runs until
 * arc_test_host_end_build().
 */
typedef struct
{
  char *scratch;
  char *tree;
  char *out;
  ArcConfig *config;
  ArcTestClock *clock;
  ArcProcessRunner *runner;
  ArcStateStore *store;
  ArcBuilder *builder;
  GPtrArray *states;
  guint n_started;
  guint n_finished;
  gboolean ready;
  gboolean stopped;
} ArcTestHost;

/* Makes the tree, with the notes one.org, two.org and sub/three.org, and a builder that has not
 * been started. Debounce is 5 s, DebounceLimit 60 s, Cooldown 180 s, RetryDelay 600 s, RetryLimit
 * 3; OnStart is never. */
ArcTestHost *arc_test_host_new (void);

/* The same, started, and brought to where every note is built and nothing is pending. */
ArcTestHost *arc_test_host_new_idle (void);

void arc_test_host_free (ArcTestHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcTestHost, arc_test_host_free)

/* Stops the builder and makes a new one on the same tree and state directory, as a restart of the
 * service does. */
void arc_test_host_restart (ArcTestHost *host);

/* Opens the store and starts the builder. */
void arc_test_host_begin (ArcTestHost *host);

/* The same, and waits until it is ready. */
void arc_test_host_start (ArcTestHost *host);

/* Asks for a build of KIND, which must get the number EXPECTED. */
void arc_test_host_rebuild (ArcTestHost *host, ArcBuildKind kind, guint64 expected);

/* NAME is relative to the tree. */
char *arc_test_host_get_path (ArcTestHost *host, const char *name);
void arc_test_host_write (ArcTestHost *host, const char *name, const char *text);
void arc_test_host_remove (ArcTestHost *host, const char *name);

/* Writes NAME and waits until the builder knows. */
void arc_test_host_touch (ArcTestHost *host, const char *name);

ArcStatus arc_test_host_get_status (ArcTestHost *host);
void arc_test_host_wait_for_state (ArcTestHost *host, ArcState state);

/* Moves the clock on; what is then due happens. */
void arc_test_host_advance (ArcTestHost *host, gint64 usec);

/* Waits until a build, or the command after it, runs and reads the FIFO NAME in @out, and sends it
 * the line TEXT. */
void arc_test_host_send (ArcTestHost *host, const char *name, const char *text);

/* Waits until a build has begun its work, and lets it end with EXIT_STATUS. */
void arc_test_host_end_build (ArcTestHost *host, int exit_status);

/* The same, and waits until the builder knows. */
void arc_test_host_finish_build (ArcTestHost *host, int exit_status);

/* Pauses or resumes it, and waits until that is in force. */
void arc_test_host_set_paused (ArcTestHost *host, gboolean paused);

/* How a call of arc_builder_sync_async() went. */
typedef struct
{
  gboolean done;
  guint64 build;
  ArcResult result;
  GError *error; /* (owned) (nullable) */
} ArcTestSync;

/* Makes that call; SYNC is filled in when it is over, and must stay until then. */
void arc_test_host_sync (ArcTestHost *host, ArcTestSync *sync);

/* The same, and waits until the comparison of the call has ended: whether a build that runs serves
 * the call is decided then. No other comparison may be under way. */
void arc_test_host_sync_compared (ArcTestHost *host, ArcTestSync *sync);

/* The list of build ID: a line "M sub/three.org" for each file, sorted. */
char *arc_test_host_get_list (ArcTestHost *host, guint64 id);

/* (nullable): the value of NAME in the environment of build ID. */
char *arc_test_host_get_environment (ArcTestHost *host, guint64 id, const char *name);

/* All states passed through so far, separated by spaces; and forgets them. */
char *arc_test_host_take_states (ArcTestHost *host);

#define arc_test_host_assert_list(host, id, expected)                                              \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *arc_list = arc_test_host_get_list (host, id);                                 \
    g_assert_cmpstr (arc_list, ==, expected);                                                      \
  }                                                                                                \
  G_STMT_END

G_END_DECLS
