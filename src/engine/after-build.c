/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/after-build.h"

#include "engine/log-messages.h"
#include "run/process-runner.h"

struct _ArcAfterBuild
{
  ArcStateStore *store;     /* (owned) */
  ArcProcessRunner *runner; /* (owned) */
  ArcAfterBuildFunc ended;
  gpointer user_data;
  guint64 build;   /* that the command ran for last */
  char *last_line; /* (owned) (nullable): of its output, for people */
  char *problem;   /* (owned) (nullable) */
};

/* The builder logs it with the health. */
static void
take_problem (ArcAfterBuild *after, const char *why /* (nullable) */)
{
  g_clear_pointer (&after->problem, g_free);
  if (why != NULL)
    after->problem =
        g_strdup_printf ("AfterBuild of build %" G_GUINT64_FORMAT " failed: %s", after->build, why);
}

/* (transfer full) (nullable): English; NULL for a success. */
static char *
describe (const ArcOutcome *outcome, const char *last_line /* (nullable) */)
{
  switch (outcome->result)
    {
    case ARC_RESULT_SUCCESS:
      return NULL;

    case ARC_RESULT_FAILED:
      return g_strdup_printf ("exit status %d%s%s", outcome->exit_status,
                              last_line != NULL ? ": " : "", last_line != NULL ? last_line : "");

    case ARC_RESULT_SIGNAL:
      return g_strdup_printf ("signal %d (%s)", outcome->exit_status,
                              g_strsignal (outcome->exit_status));

    case ARC_RESULT_TIMEOUT:
      return g_strdup ("it took longer than AfterBuildTimeout");

    case ARC_RESULT_INTERRUPTED:
      return g_strdup ("the service stopped");

    case ARC_RESULT_CANCELED:
    case ARC_RESULT_SPAWN_FAILED:
      break;
    }

  return g_strdup (outcome->message != NULL ? outcome->message
                                            : arc_result_to_string (outcome->result));
}

static void
on_line (ArcProcessRunner *runner G_GNUC_UNUSED, const GString *line, ArcAfterBuild *after)
{
  g_autofree char *valid = g_utf8_make_valid (line->str, line->len);
  g_autofree char *id = g_strdup_printf ("%" G_GUINT64_FORMAT, after->build);

  arc_log_message_take_line (&after->last_line, line->str, line->len);
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "ARCOLOGY_BUILD_ID", id, "MESSAGE",
                    "AfterBuild: %s", valid);
}

static void
on_ended (ArcProcessRunner *runner G_GNUC_UNUSED, const ArcOutcome *outcome, ArcAfterBuild *after)
{
  g_autofree char *why = describe (outcome, after->last_line);

  arc_state_store_forget_group (after->store);
  take_problem (after, why);
  after->ended (after->user_data);
}

ArcAfterBuild *
arc_after_build_new (ArcStateStore *store, ArcAfterBuildFunc ended, gpointer user_data)
{
  ArcAfterBuild *after = g_new0 (ArcAfterBuild, 1);

  after->store = g_object_ref (store);
  after->runner = arc_process_runner_new ();
  after->ended = ended;
  after->user_data = user_data;
  g_signal_connect (after->runner, "line", G_CALLBACK (on_line), after);
  g_signal_connect (after->runner, "ended", G_CALLBACK (on_ended), after);

  return after;
}

void
arc_after_build_free (ArcAfterBuild *after)
{
  g_signal_handlers_disconnect_by_data (after->runner, after);
  g_object_unref (after->runner);
  g_object_unref (after->store);
  g_free (after->problem);
  g_free (after->last_line);
  g_free (after);
}

gboolean
arc_after_build_run (ArcAfterBuild *after, guint64 build, const ArcRun *run)
{
  g_autoptr (GError) error = NULL;

  after->build = build;
  g_clear_pointer (&after->last_line, g_free);
  if (arc_process_runner_start (after->runner, run, &error))
    return TRUE;

  take_problem (after, error->message);
  return FALSE;
}

void
arc_after_build_stop (ArcAfterBuild *after)
{
  arc_process_runner_stop (after->runner, ARC_RESULT_INTERRUPTED);
}

const char *
arc_after_build_get_problem (const ArcAfterBuild *after)
{
  return after->problem;
}
