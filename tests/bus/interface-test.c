/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The description of the interface against the service: each method is called in each state, with
 * and without each reason to hold builds, by two clients at once, and does what the description
 * says. */

#include "test-service.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

#define LEGAL_STATES "org.arcology.LegalStates"
#define STATE_ERROR  "org.arcology.StateError"

/* How to call each method so that nothing but the state can be wrong. */
static const struct
{
  const char *name;
  const char *parameters; /* (nullable) */
  gboolean lasts;         /* it replies when a build has ended */
} calls[] = {
  { "Rebuild", "(@a{sv} {},)", FALSE },
  { "Sync", "(@a{sv} {},)", TRUE },
  { "Cancel", NULL, FALSE },
  { "Pause", NULL, FALSE },
  { "Resume", NULL, FALSE },
  { "Inhibit", "('a test', 'to see what happens')", FALSE },
  { "Rescan", NULL, FALSE },
  { "Reload", NULL, FALSE },
  { "GetPending", "(uint32 0,)", FALSE },
  { "GetChanges", "(uint64 0,)", FALSE },
  { "GetProblems", "(uint32 0,)", FALSE },
  { "GetHistory", "(uint32 0,)", FALSE },
  { "OpenLog", "(uint64 0,)", FALSE },
  { "Explain", "(b'/no/such/note.org',)", FALSE },
};

/* The words of LegalStates that are no values of `State`. */
static const char *const conditions[] = { "free", "paused", "inhibited", "unavailable" };

typedef struct
{
  ArcState state;
  const char *condition; /* one of the above */
} Situation;

static GDBusNodeInfo *
read_description (void)
{
  g_autofree char *xml = NULL;
  g_autoptr (GError) error = NULL;
  GDBusNodeInfo *node;

  g_file_get_contents (ARC_INTERFACE_XML, &xml, NULL, &error);
  g_assert_no_error (error);
  node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);

  return node;
}

static gboolean
has_word (const char *words, const char *word)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);

  return g_strv_contains ((const char *const *) list, word);
}

/* Every method says where it is legal, in words that exist, and is called below. */
static void
test_annotations (void)
{
  g_autoptr (GDBusNodeInfo) node = read_description ();
  GDBusMethodInfo **methods = g_dbus_node_info_lookup_interface (node, ARC_SERVICE_NAME)->methods;
  guint n_methods = 0;

  for (; methods[n_methods] != NULL; n_methods++)
    {
      GDBusMethodInfo *method = methods[n_methods];
      const char *legal = g_dbus_annotation_info_lookup (method->annotations, LEGAL_STATES);
      g_auto (GStrv) words = NULL;
      guint n_known = 0;
      guint n_calls = 0;

      g_test_message ("%s", method->name);
      g_assert_nonnull (legal);
      words = g_strsplit (legal, " ", -1);

      for (guint state = 0; state < ARC_N_STATES; state++)
        n_known += has_word (legal, arc_state_to_string (state));
      for (guint i = 1; i < G_N_ELEMENTS (conditions); i++)
        n_known += has_word (legal, conditions[i]);
      g_assert_cmpuint (n_known, ==, g_strv_length (words));
      if (n_known < ARC_N_STATES + G_N_ELEMENTS (conditions) - 1)
        g_assert_nonnull (g_dbus_annotation_info_lookup (method->annotations, STATE_ERROR));

      for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
        n_calls += strcmp (calls[i].name, method->name) == 0;
      g_assert_cmpuint (n_calls, ==, 1);
    }

  g_assert_cmpuint (n_methods, ==, G_N_ELEMENTS (calls));
}

static gboolean
is_running (ArcTestService *fixture)
{
  return arc_process_runner_is_running (fixture->host->runner);
}

static void
start_build (ArcTestService *fixture)
{
  guint64 build;

  g_assert_true (arc_builder_rebuild (fixture->host->builder, ARC_BUILD_INCREMENTAL, &build, NULL));
  arc_test_wait_until (is_running (fixture));
}

static void
go_to_state (ArcTestService *fixture, ArcState state)
{
  switch (state)
    {
    case ARC_STATE_IDLE:
      break;
    case ARC_STATE_WAITING:
      arc_test_host_touch (fixture->host, "one.org");
      break;
    case ARC_STATE_RUNNING:
      start_build (fixture);
      break;
    case ARC_STATE_COOLDOWN:
      start_build (fixture);
      arc_test_host_finish_build (fixture->host, 0);
      break;
    }
}

static char *
get_away (ArcTestService *fixture)
{
  return g_strconcat (fixture->host->tree, ".away", NULL);
}

/* Returns the descriptor that inhibits, or -1. */
static int
set_condition (ArcTestService *fixture, const char *condition)
{
  g_autofree char *away = get_away (fixture);

  if (strcmp (condition, "paused") == 0)
    g_variant_unref (arc_test_client_call (fixture->one, "Pause", NULL));
  else if (strcmp (condition, "inhibited") == 0)
    return arc_test_client_call_for_fd (fixture->one, "Inhibit",
                                        g_variant_new ("(ss)", "a test", "the condition"));
  else if (strcmp (condition, "unavailable") == 0)
    {
      g_assert_no_errno (g_rename (fixture->host->tree, away));
      arc_test_wait_until (arc_test_host_get_status (fixture->host).health ==
                           ARC_HEALTH_UNAVAILABLE);
    }

  return -1;
}

/* Whatever the calls did: nothing holds builds, and everything is built. */
static void
go_back_to_idle (ArcTestService *fixture, int inhibitor)
{
  ArcTestHost *host = fixture->host;
  g_autofree char *away = get_away (fixture);

  if (inhibitor >= 0)
    close (inhibitor);
  arc_test_host_set_paused (host, FALSE);
  if (g_file_test (away, G_FILE_TEST_IS_DIR))
    {
      g_assert_no_errno (g_rename (away, host->tree));
      arc_builder_compare (host->builder);
      arc_test_wait_until (arc_test_host_get_status (host).health == ARC_HEALTH_OK);
    }

  while (arc_test_host_get_status (host).state != ARC_STATE_IDLE)
    {
      arc_test_wait_until (is_running (fixture) ||
                           arc_test_host_get_status (host).state != ARC_STATE_RUNNING);
      if (is_running (fixture))
        arc_test_host_finish_build (host, 0);
      else if (arc_test_host_get_status (host).state == ARC_STATE_WAITING)
        /* What was canceled does not start again by itself. */
        start_build (fixture);
      else
        arc_test_host_advance (host, 180 * SECOND);
      arc_test_dispatch_ready ();
    }
}

static char *
get_reply_type (GDBusMethodInfo *method)
{
  g_autoptr (GString) type = g_string_new ("(");

  for (guint i = 0; method->out_args != NULL && method->out_args[i] != NULL; i++)
    g_string_append (type, method->out_args[i]->signature);
  g_string_append_c (type, ')');

  return g_string_free (g_steal_pointer (&type), FALSE);
}

static void
assert_call (ArcTestCall *call, GDBusMethodInfo *method, gboolean is_legal)
{
  if (is_legal)
    {
      g_autofree char *type = get_reply_type (method);

      g_assert_no_error (call->error);
      g_assert_cmpstr (g_variant_get_type_string (call->reply), ==, type);
    }
  else
    {
      g_autofree char *name = NULL;

      g_assert_nonnull (call->error);
      name = g_dbus_error_get_remote_error (call->error);
      g_assert_cmpstr (name, ==, g_dbus_annotation_info_lookup (method->annotations, STATE_ERROR));
    }

  g_clear_error (&call->error);
  g_clear_object (&call->fds);
  g_clear_pointer (&call->reply, g_variant_unref);
}

static void
call_from_both (ArcTestService *fixture,
                guint index,
                GDBusMethodInfo *method,
                const Situation *situation)
{
  const char *legal = g_dbus_annotation_info_lookup (method->annotations, LEGAL_STATES);
  const gboolean is_legal =
      has_word (legal, arc_state_to_string (situation->state)) &&
      (situation->condition == conditions[0] || has_word (legal, situation->condition));
  ArcTestClient *clients[] = { fixture->one, fixture->two };
  ArcTestCall replies[G_N_ELEMENTS (clients)];

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    arc_test_client_start_call (clients[i], ARC_SERVICE_NAME, ARC_SERVICE_NAME, calls[index].name,
                                calls[index].parameters != NULL
                                    ? g_variant_new_parsed (calls[index].parameters)
                                    : NULL,
                                &replies[i]);

  /* No other call waits for the end of a build. */
  while (calls[index].lasts && !(replies[0].done && replies[1].done))
    {
      arc_test_wait_until ((replies[0].done && replies[1].done) || is_running (fixture));
      if (is_running (fixture))
        arc_test_host_finish_build (fixture->host, 0);
    }
  arc_test_wait_until (replies[0].done && replies[1].done);

  /* One of the two cancels, and the other may come after the end of the build. */
  if (strcmp (method->name, "Cancel") == 0 && is_legal)
    {
      arc_test_wait_until (!is_running (fixture));
      g_assert_true (replies[0].error == NULL || replies[1].error == NULL);
      for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
        assert_call (&replies[i], method, replies[i].error == NULL);
      return;
    }

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    assert_call (&replies[i], method, is_legal);
}

static void
test_situation (ArcTestService *fixture, gconstpointer data)
{
  const Situation *situation = data;
  g_autoptr (GDBusNodeInfo) node = read_description ();
  GDBusInterfaceInfo *interface = g_dbus_node_info_lookup_interface (node, ARC_SERVICE_NAME);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      int inhibitor;

      g_test_message ("%s", calls[i].name);
      go_to_state (fixture, situation->state);
      inhibitor = set_condition (fixture, situation->condition);
      g_assert_cmpint (arc_test_host_get_status (fixture->host).state, ==, situation->state);

      call_from_both (fixture, i, g_dbus_interface_info_lookup_method (interface, calls[i].name),
                      situation);

      go_back_to_idle (fixture, inhibitor);
    }
}

int
main (int argc, char **argv)
{
  Situation situations[ARC_N_STATES][G_N_ELEMENTS (conditions)];

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/interface/annotations", test_annotations);

  for (guint state = 0; state < ARC_N_STATES; state++)
    for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
      {
        g_autofree char *path =
            g_strdup_printf ("/interface/%s/%s", arc_state_to_string (state), conditions[i]);

        situations[state][i] = (Situation){ .state = state, .condition = conditions[i] };
        g_test_add (path, ArcTestService, &situations[state][i], arc_test_service_set_up_idle,
                    test_situation, arc_test_service_tear_down);
      }

  return g_test_run ();
}
