/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-write-queue.h"

#include "arc-test-util.h"
#include "system/arc-ready-source.h"

/* What the writes below do: A and B note that they were there, and B waits until it may. */
typedef struct
{
  ArcWriteQueue *queue;
  GString *log;
  GMutex mutex;
  GCond cond;
  gboolean may_go_on;
  gboolean skips_a;
  GThread *main;
} Owner;

static gboolean
begin_a (gpointer data)
{
  Owner *owner = data;

  g_assert_true (g_thread_self () == owner->main);
  g_string_append (owner->log, "(");

  return !owner->skips_a;
}

static gboolean
begin_b (gpointer data)
{
  Owner *owner = data;

  g_string_append (owner->log, "[");

  return TRUE;
}

static void
work_a (gpointer data)
{
  Owner *owner = data;

  g_assert_true (g_thread_self () != owner->main);
  g_string_append (owner->log, "a");
}

static void
work_b (gpointer data)
{
  Owner *owner = data;

  g_mutex_lock (&owner->mutex);
  while (!owner->may_go_on)
    g_cond_wait (&owner->cond, &owner->mutex);
  g_mutex_unlock (&owner->mutex);
  g_string_append (owner->log, "b");
}

static void
end_a (gpointer data)
{
  Owner *owner = data;

  g_assert_true (g_thread_self () == owner->main);
  g_string_append (owner->log, ")");
}

static void
end_b (gpointer data)
{
  Owner *owner = data;

  g_string_append (owner->log, "]");
}

static const ArcWrite write_a = { begin_a, work_a, end_a };
static const ArcWrite write_b = { begin_b, work_b, end_b };

static void
set_up (Owner *owner, gconstpointer data)
{
  g_mutex_init (&owner->mutex);
  g_cond_init (&owner->cond);
  owner->log = g_string_new (NULL);
  owner->main = g_thread_self ();
  owner->queue = arc_write_queue_new (owner);
}

static void
let_b_go_on (Owner *owner)
{
  g_mutex_lock (&owner->mutex);
  owner->may_go_on = TRUE;
  g_cond_signal (&owner->cond);
  g_mutex_unlock (&owner->mutex);
}

static void
tear_down (Owner *owner, gconstpointer data)
{
  g_clear_pointer (&owner->queue, arc_write_queue_free);
  g_string_free (owner->log, TRUE);
  g_cond_clear (&owner->cond);
  g_mutex_clear (&owner->mutex);
}

static void
test_main_loop (Owner *owner, gconstpointer data)
{
  arc_write_queue_add (owner->queue, &write_b);
  arc_write_queue_add (owner->queue, &write_a);
  arc_test_dispatch_ready ();
  g_assert_true (arc_write_queue_has (owner->queue, &write_a));
  g_assert_true (arc_write_queue_has (owner->queue, &write_b));
  g_assert_cmpstr (owner->log->str, ==, "[");

  let_b_go_on (owner);
  arc_test_wait_until (!arc_write_queue_has (owner->queue, &write_b));
  arc_test_wait_until (!arc_write_queue_has (owner->queue, &write_a));
  g_assert_cmpstr (owner->log->str, ==, "[b](a)");
}

/* One that waits is there once, and the one that is under way counts apart. */
static void
test_once (Owner *owner, gconstpointer data)
{
  arc_write_queue_add (owner->queue, &write_b);
  for (guint i = 0; i < 3; i++)
    {
      arc_write_queue_add (owner->queue, &write_a);
      arc_write_queue_add (owner->queue, &write_b);
    }
  let_b_go_on (owner);
  arc_write_queue_wait (owner->queue, &write_a);
  g_assert_true (g_str_has_prefix (owner->log->str, "[b](a)["));
  arc_write_queue_wait (owner->queue, NULL);
  g_assert_cmpstr (owner->log->str, ==, "[b](a)[b]");
}

static void
test_nothing_to_do (Owner *owner, gconstpointer data)
{
  owner->skips_a = TRUE;
  arc_write_queue_add (owner->queue, &write_a);
  g_assert_cmpstr (owner->log->str, ==, "()");

  arc_write_queue_add (owner->queue, &write_b);
  arc_write_queue_add (owner->queue, &write_a);
  let_b_go_on (owner);
  arc_write_queue_wait (owner->queue, &write_a);
  g_assert_cmpstr (owner->log->str, ==, "()[b]()");
}

static void
test_free (Owner *owner, gconstpointer data)
{
  arc_write_queue_add (owner->queue, &write_a);
  arc_write_queue_add (owner->queue, &write_b);
  let_b_go_on (owner);
  g_clear_pointer (&owner->queue, arc_write_queue_free);
  g_assert_cmpstr (owner->log->str, ==, "(a)[b]");
}

static gboolean
wait_for_a_and_add_b (gpointer data)
{
  Owner *owner = data;

  arc_write_queue_wait (owner->queue, &write_a);
  arc_write_queue_add (owner->queue, &write_b);

  return G_SOURCE_REMOVE;
}

/* Somebody waits for a write in the very turn of the main loop in which it would be told of, and
 * adds another, which nobody waits for. */
static void
test_old_news (Owner *owner, gconstpointer data)
{
  g_autoptr (GSource) first = NULL;

  /* Sources of one priority are dispatched in the order in which they were attached. */
  g_clear_pointer (&owner->queue, arc_write_queue_free);
  first = arc_ready_source_new ("first", NULL, wait_for_a_and_add_b, owner);
  owner->queue = arc_write_queue_new (owner);

  arc_write_queue_add (owner->queue, &write_a);
  while (!g_main_context_pending (NULL))
    g_thread_yield ();
  g_source_set_ready_time (first, 0);
  arc_test_dispatch_ready ();
  g_assert_cmpstr (owner->log->str, ==, "(a)[");
  let_b_go_on (owner);
  arc_test_wait_until (!arc_write_queue_has (owner->queue, &write_b));
  g_assert_cmpstr (owner->log->str, ==, "(a)[b]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function)                                                                        \
  g_test_add ("/write-queue/" path, Owner, NULL, set_up, function, tear_down)
  ADD ("main-loop", test_main_loop);
  ADD ("once", test_once);
  ADD ("nothing-to-do", test_nothing_to_do);
  ADD ("free", test_free);
  ADD ("old-news", test_old_news);
#undef ADD

  return g_test_run ();
}
