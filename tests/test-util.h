/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How long a test waits for what has to come: long enough for a slow machine under valgrind. */
#define ARC_TEST_DEADLINE_SECONDS 120

/* Iterates the default main context until CONDITION holds; fails the test if that takes longer than
 * the deadline. CONDITION is also looked at every few milliseconds, for things that do not come
 * through the main loop. */
#define arc_test_wait_until(condition)                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gboolean arc_late = FALSE;                                                                     \
    guint arc_deadline =                                                                           \
        g_timeout_add_seconds (ARC_TEST_DEADLINE_SECONDS, arc_test_set_true, &arc_late);           \
    guint arc_tick = g_timeout_add (5, arc_test_tick, NULL);                                       \
                                                                                                   \
    while (!(condition) && !arc_late)                                                              \
      g_main_context_iteration (NULL, TRUE);                                                       \
    if (arc_late)                                                                                  \
      g_error ("%s:%d: still not true after %d s: %s", __FILE__, __LINE__,                         \
               ARC_TEST_DEADLINE_SECONDS, #condition);                                             \
    g_source_remove (arc_deadline);                                                                \
    g_source_remove (arc_tick);                                                                    \
  }                                                                                                \
  G_STMT_END

/* Dispatches what is ready now, without waiting. */
void arc_test_dispatch_ready (void);

/* Waits until PATH is so old that a build which starts now does not count as having seen it change.
 */
void arc_test_wait_until_old (const char *path);

/* Iterates the default main context for MSEC: only to see that something does *not* come. */
void arc_test_iterate_for (guint msec);

/* Makes monitors deaf: takes away the watches that this process has of the kernel, or one of EVERY.
 * GIO does not learn of it, for it does not look at IN_IGNORED (gio/inotify/inotify-path.c). */
void arc_test_deafen (guint every);

/* Leaves N file descriptors free; G_MAXUINT sets back what there was. */
void arc_test_limit_files (guint n);

/* (transfer full): a connection of its own to BUS. */
GDBusConnection *arc_test_connect (GTestDBus *bus);

/* (transfer full): a copy of the arguments, which end with NULL. */
GStrv arc_test_make_strv (const char *first, ...) G_GNUC_NULL_TERMINATED;

/* Returns: a boolean property of a GObject. */
gboolean arc_test_get_boolean (gpointer object, const char *property);

/* A GAsyncReadyCallback: keeps the result in a GAsyncResult *, which owns it. */
void arc_test_take_result (GObject *source, GAsyncResult *result, gpointer taken);

/* Source functions. */
gboolean arc_test_set_true (gpointer flag);
gboolean arc_test_tick (gpointer unused);

G_END_DECLS
