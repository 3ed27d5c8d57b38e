/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/desktop.h"

#include "session/notifications.h"

#include <glib/gi18n.h>

struct _ArcDesktop
{
  GObject parent;

  ArcBuilder *builder; /* (owned) */
  ArcNotifications *notifier;
  GPowerProfileMonitor *power; /* (owned) (nullable) */

  gboolean ready;
  gboolean unavailable; /* the tree, and a notification was shown */
  gboolean failing;     /* the builds, and a notification was shown */
  gboolean problems;    /* in the notes, and a notification was shown */
  guint n_new_problems; /* that have not been shown */
  char *new_problem;    /* (owned) (nullable): the first of them */
  char *problem_path;   /* (owned) (nullable): the note that has it */
  ArcNotify notify;     /* as the settings had it when it was last looked at */
};

G_DEFINE_FINAL_TYPE (ArcDesktop, arc_desktop, G_TYPE_OBJECT)

/* (transfer full): what went wrong, and where to look. */
static char *
describe_failure (const ArcBuild *build)
{
  const char *advice = _ ("“arcologyctl log” shows what the build printed.");
  g_autofree char *what = NULL;

  switch (build->result)
    {
    case ARC_RESULT_FAILED:
      if (build->error != NULL)
        {
          /* Translators: the reason, in English. */
          what = g_strdup_printf (_ ("The build failed: %s."), build->error);
        }
      else if (build->n_failed > 0)
        {
          g_autofree char *basename =
              g_filename_display_basename (g_ptr_array_index (build->failed_files, 0));
          g_autofree char *name = build->failed_why != NULL && *build->failed_why != '\0'
                                      ? g_strdup_printf ("%s: %s", basename, build->failed_why)
                                      : g_strdup (basename);

          what = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u file could not be built: %s.",
                                               "%u files could not be built, the first of them %s.",
                                               build->n_failed),
                                  build->n_failed, name);
        }
      else if (build->last_line != NULL)
        {
          /* Translators: the last line that the build printed. */
          what = g_strdup_printf (_ ("The build ended with exit status %d: %s."),
                                  build->exit_status, build->last_line);
        }
      else
        {
          what = g_strdup_printf (_ ("The build ended with exit status %d."), build->exit_status);
        }
      break;

    case ARC_RESULT_SIGNAL:
      what = g_strdup_printf (_ ("The build was killed by signal %d."), build->signal);
      break;

    case ARC_RESULT_TIMEOUT:
      what = g_strdup (_ ("The build timed out."));
      break;

    case ARC_RESULT_SPAWN_FAILED:
      what = g_strdup (_ ("The build could not be started."));
      break;

    case ARC_RESULT_SUCCESS:
    case ARC_RESULT_CANCELED:
    case ARC_RESULT_INTERRUPTED:
      g_assert_not_reached ();
    }

  return g_strjoin (" ", what, advice, NULL);
}

/* (transfer full) (nullable): the note that is named as the reason, else the log. */
static char *
choose_file (ArcDesktop *self, const ArcBuild *build)
{
  if (build->result == ARC_RESULT_SPAWN_FAILED)
    return NULL;
  if (build->result == ARC_RESULT_FAILED && build->error == NULL && build->failed_files->len > 0)
    return g_strdup (g_ptr_array_index (build->failed_files, 0));

  return arc_state_store_get_log (arc_builder_get_store (self->builder), build->id);
}

static void
show_failure (ArcDesktop *self, const ArcBuild *build)
{
  g_autofree char *body = describe_failure (build);
  g_autofree char *file = choose_file (self, build);

  self->failing = TRUE;
  arc_notifications_show (self->notifier, ARC_NOTICE_PROBLEM,
                          _ ("The notes database is not up to date"), body, file);
}

static void
show_unavailable (ArcDesktop *self)
{
  self->unavailable = TRUE;
  arc_notifications_show (
      self->notifier, ARC_NOTICE_PROBLEM, _ ("The notes directory is unavailable"),
      _ ("The directory is missing, empty or not mounted. Updates resume when it is "
         "back. Run “arcologyctl status” for details."),
      NULL);
}

static void
withdraw (ArcDesktop *self)
{
  self->unavailable = FALSE;
  self->failing = FALSE;
  self->problems = FALSE;
  arc_notifications_withdraw (self->notifier);
}

static void
forget_new_problems (ArcDesktop *self)
{
  self->n_new_problems = 0;
  g_clear_pointer (&self->new_problem, g_free);
  g_clear_pointer (&self->problem_path, g_free);
}

/* Also if the user has closed the notification of the problems before: these are new. */
static void
show_problems (ArcDesktop *self)
{
  g_autofree char *title =
      g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u new problem in the notes",
                                    "%u new problems in the notes", self->n_new_problems),
                       self->n_new_problems);
  g_autofree char *body = g_strdup_printf ("%s\n%s", self->new_problem,
                                           _ ("“arcologyctl problems” lists all problems."));

  withdraw (self);
  self->problems = TRUE;
  arc_notifications_show (self->notifier, ARC_NOTICE_PROBLEM, title, body, self->problem_path);
  forget_new_problems (self);
}

static void
show_success (ArcDesktop *self, const ArcBuild *build)
{
  g_autofree char *body = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u file was built.",
                                                        "%u files were built.", build->n_changed),
                                           build->n_changed);

  withdraw (self);
  arc_notifications_show (self->notifier, ARC_NOTICE_NEWS, _ ("The notes database is up to date"),
                          body, NULL);
}

/* The problems of a build that failed for some files are shown after a success: the failure has
 * precedence. */
static void
take_problems (ArcDesktop *self, const ArcBuild *build)
{
  self->n_new_problems += build->n_new_problems;
  if (self->new_problem == NULL)
    {
      self->new_problem = g_strdup (build->new_problem);
      self->problem_path = g_strdup (build->new_problem_path);
    }
  if (arc_state_store_get_note_problems (arc_builder_get_store (self->builder))->count == 0)
    forget_new_problems (self);
}

static void
on_build_finished (ArcDesktop *self, const ArcBuild *build)
{
  ArcStatus status;
  gboolean solved;

  take_problems (self, build);
  if (self->notify == ARC_NOTIFY_NEVER)
    {
      forget_new_problems (self);
      return;
    }

  switch (build->result)
    {
    case ARC_RESULT_SUCCESS:
      solved =
          self->problems &&
          arc_state_store_get_note_problems (arc_builder_get_store (self->builder))->count == 0;
      if (self->n_new_problems > 0)
        show_problems (self);
      else if (self->notify == ARC_NOTIFY_ALWAYS)
        show_success (self, build);
      else if (self->failing || solved)
        withdraw (self);
      break;

    case ARC_RESULT_FAILED:
    case ARC_RESULT_SIGNAL:
    case ARC_RESULT_TIMEOUT:
    case ARC_RESULT_SPAWN_FAILED:
      arc_builder_get_status (self->builder, &status);
      /* Else the next build says what is wrong, if anything is. */
      if (status.state != ARC_STATE_RUNNING)
        show_failure (self, build);
      break;

    case ARC_RESULT_CANCELED:
    case ARC_RESULT_INTERRUPTED:
      /* Canceled on request. */
      break;
    }
}

static void
hold_for_power (ArcDesktop *self)
{
  const ArcConfig *config = arc_builder_get_config (self->builder);

  arc_builder_set_held (self->builder, ARC_HOLD_POWER_SAVER,
                        self->power != NULL && config->power_saver == ARC_POWER_SAVER_HOLD &&
                            g_power_profile_monitor_get_power_saver_enabled (self->power));
}

static void
on_changed (ArcDesktop *self)
{
  const ArcNotify notify = arc_builder_get_config (self->builder)->notify;
  ArcStatus status;
  gboolean unavailable;

  arc_builder_get_status (self->builder, &status);
  unavailable = self->ready && status.health == ARC_HEALTH_UNAVAILABLE;

  /* Other settings. */
  hold_for_power (self);
  if (notify != self->notify)
    {
      self->notify = notify;
      withdraw (self);
    }

  if (notify != ARC_NOTIFY_NEVER && unavailable && !self->unavailable)
    show_unavailable (self);
  else if (!unavailable && self->unavailable)
    withdraw (self);
}

static void
on_ready (ArcDesktop *self)
{
  self->ready = TRUE;
  on_changed (self);
}

ArcDesktop *
arc_desktop_new (ArcBuilder *builder, GDBusConnection *notifications, GPowerProfileMonitor *power)
{
  ArcDesktop *self = g_object_new (ARC_TYPE_DESKTOP, NULL);

  self->builder = g_object_ref (builder);
  self->notifier = arc_notifications_new (notifications);
  self->notify = arc_builder_get_config (builder)->notify;
  g_signal_connect_object (builder, "ready", G_CALLBACK (on_ready), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (builder, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (builder, "build-finished", G_CALLBACK (on_build_finished), self,
                           G_CONNECT_SWAPPED);

  if (power != NULL)
    {
      self->power = g_object_ref (power);
      g_signal_connect_object (power, "notify::power-saver-enabled", G_CALLBACK (hold_for_power),
                               self, G_CONNECT_SWAPPED);
    }
  hold_for_power (self);

  return self;
}

static void
arc_desktop_dispose (GObject *object)
{
  ArcDesktop *self = ARC_DESKTOP (object);

  /* A notification outlives the program that shows it. */
  if (self->notifier != NULL)
    arc_notifications_withdraw (self->notifier);
  g_clear_object (&self->notifier);
  g_clear_object (&self->power);
  g_clear_object (&self->builder);
  forget_new_problems (self);

  G_OBJECT_CLASS (arc_desktop_parent_class)->dispose (object);
}

static void
arc_desktop_class_init (ArcDesktopClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = arc_desktop_dispose;
}

static void
arc_desktop_init (ArcDesktop *self)
{
}
