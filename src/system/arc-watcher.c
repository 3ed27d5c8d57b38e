/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-watcher.h"

#include "system/arc-crawler.h"
#include "system/arc-findings.h"
#include "system/arc-inotify.h"
#include "system/arc-mounts.h"
#include "system/arc-ready-source.h"

#include <string.h>

/* How long to work before others in the main context get their turn. */
#define SLICE (2 * G_TIME_SPAN_MILLISECOND)

/* What a comparison found may be on its way from a monitor still: GIO's thread holds the half of a
 * rename back for 10 ms, and monitors that have much to tell rest for 32 (arc-monitors.h). */
#define GRACE (50 * G_TIME_SPAN_MILLISECOND)

/* How long no event must have come before events that may be lost are looked for. */
#define QUIET (1 * G_TIME_SPAN_SECOND)

/* By how much the end of that time must be noticed too late for events to be lost meanwhile. */
#define GAP (500 * G_TIME_SPAN_MILLISECOND)

struct _ArcWatcher
{
  GObject parent_instance;

  ArcCrawler *crawler;
  ArcFindings *findings;
  ArcMounts *mounts; /* (nullable): NULL unless started */

  GMainContext *context;
  GSource *work;    /* (nullable): NULL unless started */
  gboolean settled; /* `settled` was emitted, and nothing has begun since */
  gint64 grace_end; /* 0 unless waiting for it */
  gboolean grace_is_over;

  /* Events that may be lost. */
  guint queue_length; /* how many the kernel keeps */
  gint64 last_event;  /* 0: none since the last quiet second */
  guint n_events;     /* since then */
  gboolean was_late;  /* the process did not run for a while since then */
  gint64 reconciled;  /* when a comparison was last begun */

  ArcHealth health;
  char *health_message;
};

enum
{
  PROP_HEALTH = 1,
  PROP_HEALTH_MESSAGE,
  PROP_N_DIRECTORIES,
  PROP_N_FILES,
  N_PROPERTIES,
};

enum
{
  SIGNAL_CHANGED,
  SIGNAL_SETTLED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ArcWatcher, arc_watcher, G_TYPE_OBJECT)

static void
take_earlier (gint64 *ready, gint64 time)
{
  if (*ready < 0 || time < *ready)
    *ready = time;
}

static void
schedule (ArcWatcher *self)
{
  gint64 ready;

  if (self->work == NULL)
    return;

  ready = arc_crawler_get_due (self->crawler);
  if (!self->settled && !arc_crawler_is_busy (self->crawler))
    take_earlier (&ready, self->grace_end);
  if (self->last_event > 0)
    take_earlier (&ready, self->last_event + QUIET);

  g_source_set_ready_time (self->work, ready);
}

/* Whether the process was kept from running since the last event, and so maybe GIO. Without that,
 * the time without an event would have ended. */
static gboolean
is_late (const ArcWatcher *self, gint64 now)
{
  return self->last_event > 0 && now - self->last_event > QUIET + GAP;
}

static void
on_hint (const char *path, ArcHint hint, gpointer user_data)
{
  ArcWatcher *self = user_data;

  const gint64 now = g_get_monotonic_time ();

  arc_crawler_hint (self->crawler, path, hint);
  self->was_late = self->was_late || is_late (self, now);
  self->last_event = now;
  self->n_events++;
  schedule (self);
}

static void
on_audited (gpointer user_data)
{
  schedule (user_data);
}

static void
set_health (ArcWatcher *self, ArcHealth health, const char *message)
{
  g_object_freeze_notify (G_OBJECT (self));

  if (self->health != health)
    {
      self->health = health;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HEALTH]);
    }
  if (strcmp (self->health_message, message) != 0)
    {
      g_free (self->health_message);
      self->health_message = g_strdup (message);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HEALTH_MESSAGE]);
    }

  g_object_thaw_notify (G_OBJECT (self));
}

static void
emit (ArcWatcher *self, ArcChanges *changes /* (transfer full) (nullable) */, gboolean monitored)
{
  g_autoptr (ArcChanges) emitted = changes;

  if (emitted == NULL)
    return;

  g_signal_emit (self, signals[SIGNAL_CHANGED], 0, emitted, monitored);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_FILES]);
}

/* Whether a scan is really at its end. */
static gboolean
conclude (ArcWatcher *self, gint64 now)
{
  if (!arc_crawler_conclude (self->crawler))
    {
      self->grace_end = 0;
      return FALSE;
    }

  if (arc_findings_has_compared (self->findings) && self->grace_end == 0)
    {
      self->grace_end = now + GRACE;
      self->grace_is_over = FALSE;
    }
  if (self->grace_end == 0)
    return TRUE;

  /* If the process was kept from running, hints may wait that the monitors' sources have not handed
   * over yet. They have their turn before the next one of this source. */
  if (self->grace_end <= now && !self->grace_is_over)
    {
      self->grace_is_over = TRUE;
      return FALSE;
    }

  return self->grace_end <= now;
}

static void
settle (ArcWatcher *self, gint64 now)
{
  if (self->settled || arc_crawler_is_busy (self->crawler) || !conclude (self, now))
    return;

  self->grace_end = 0;
  if (arc_crawler_has_new_health (self->crawler))
    {
      g_autofree char *message = NULL;
      ArcHealth health = arc_crawler_assess (self->crawler, &message);

      set_health (self, health, message);
    }

  /* Whoever listens may ask for more, or to stop, each time. */
  if (self->work == NULL || arc_crawler_is_busy (self->crawler))
    return;

  arc_findings_decide (self->findings);
  emit (self, arc_findings_take_told (self->findings), TRUE);
  if (self->work != NULL)
    emit (self, arc_findings_take_missed (self->findings), FALSE);
  if (self->work == NULL || arc_crawler_is_busy (self->crawler))
    return;

  arc_crawler_rest (self->crawler);
  self->settled = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_DIRECTORIES]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_FILES]);
  g_signal_emit (self, signals[SIGNAL_SETTLED], 0);
}

/* The kernel drops events when its queue is full, and GIO drops the one that says so (inotify(7),
 * IN_Q_OVERFLOW; GLib 2.74, inotify-path.c). GIO merges events before it makes signals of them, and
 * reads none while the process is stopped. */
static void
look_for_lost_events (ArcWatcher *self, gint64 now)
{
  if (self->last_event == 0 || now < self->last_event + QUIET)
    return;

  /* The events that waited meanwhile are still to come. */
  if (is_late (self, now))
    {
      self->was_late = TRUE;
      self->last_event = now;
      return;
    }

  if ((self->was_late || self->n_events > self->queue_length / 4) &&
      self->reconciled <= self->last_event)
    arc_watcher_reconcile (self);

  self->last_event = 0;
  self->n_events = 0;
  self->was_late = FALSE;
}

static void
work (ArcWatcher *self)
{
  gint64 now = g_get_monotonic_time ();

  look_for_lost_events (self, now);
  arc_crawler_look_for_lost (self->crawler, now);
  arc_crawler_work (self->crawler, now + SLICE);

  if (arc_crawler_is_active (self->crawler))
    self->settled = FALSE;
  if (arc_crawler_is_busy (self->crawler))
    self->grace_end = 0;

  emit (self, arc_findings_take_told (self->findings), TRUE);
  if (self->work != NULL)
    settle (self, g_get_monotonic_time ());
}

static gboolean
on_work (gpointer user_data)
{
  g_autoptr (ArcWatcher) self = g_object_ref (user_data);

  work (self);
  schedule (self);

  return G_SOURCE_CONTINUE;
}

/* inotify(7) tells nothing when something is mounted over a directory. */
static void
on_mounts_changed (gpointer user_data)
{
  ArcWatcher *self = user_data;

  arc_crawler_expect (self->crawler);
  arc_watcher_reconcile (self);
}

ArcWatcher *
arc_watcher_new (const char *const *roots, ArcFilter *filter, gboolean follow_symlinks)
{
  ArcWatcher *self = g_object_new (ARC_TYPE_WATCHER, NULL);

  arc_crawler_set_extent (self->crawler, arc_extent_new (roots, filter, follow_symlinks));

  return self;
}

void
arc_watcher_start (ArcWatcher *self, ArcSnapshot *snapshot)
{
  g_return_if_fail (self->work == NULL);

  self->work = arc_ready_source_new ("ArcWatcher", self->context, on_work, self);

  self->mounts =
      arc_mounts_new (arc_crawler_get_extent (self->crawler)->roots, on_mounts_changed, self);
  arc_crawler_start (self->crawler, snapshot);
  arc_crawler_plant (self->crawler);
  arc_watcher_reconcile (self);
}

void
arc_watcher_set_tree (ArcWatcher *self,
                      const char *const *roots,
                      ArcFilter *filter,
                      gboolean follow_symlinks)
{
  arc_crawler_set_extent (self->crawler, arc_extent_new (roots, filter, follow_symlinks));

  if (self->work == NULL)
    return;

  arc_mounts_set_directories (self->mounts, arc_crawler_get_extent (self->crawler)->roots);
  arc_crawler_plant (self->crawler);
  arc_watcher_reconcile (self);
}

void
arc_watcher_reconcile (ArcWatcher *self)
{
  if (self->work == NULL)
    return;

  arc_crawler_reconcile (self->crawler);
  self->reconciled = g_get_monotonic_time ();
  self->settled = FALSE;
  self->grace_end = 0;
  schedule (self);
}

gboolean
arc_watcher_is_settled (ArcWatcher *self)
{
  return self->settled && !arc_crawler_is_busy (self->crawler);
}

void
arc_watcher_stop (ArcWatcher *self)
{
  if (self->work == NULL)
    return;

  g_source_destroy (self->work);
  g_clear_pointer (&self->work, g_source_unref);
  g_clear_pointer (&self->mounts, arc_mounts_free);
  arc_crawler_stop (self->crawler);
}

ArcHealth
arc_watcher_get_health (ArcWatcher *self)
{
  return self->health;
}

const char *
arc_watcher_get_health_message (ArcWatcher *self)
{
  return self->health_message;
}

guint
arc_watcher_get_n_directories (ArcWatcher *self)
{
  return arc_crawler_get_n_directories (self->crawler);
}

guint
arc_watcher_get_n_files (ArcWatcher *self)
{
  return arc_snapshot_get_n_files (arc_crawler_get_snapshot (self->crawler));
}

const ArcSnapshot *
arc_watcher_get_snapshot (ArcWatcher *self)
{
  return arc_crawler_get_snapshot (self->crawler);
}

void
arc_watcher_add_untold (ArcWatcher *self, ArcChanges *changes)
{
  arc_findings_collect (self->findings, changes);
}

ArcChanges *
arc_watcher_find_hidden (ArcWatcher *self, const ArcChanges *changes)
{
  return arc_crawler_find_hidden (self->crawler, changes);
}

void
arc_watcher_mark_dirty (ArcWatcher *self, const ArcChanges *files)
{
  arc_crawler_mark_dirty (self->crawler, files);
}

gboolean
arc_watcher_explain (ArcWatcher *self, const char *path, const char **rule)
{
  return arc_extent_explain (arc_crawler_get_extent (self->crawler), path, rule);
}

static void
arc_watcher_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  ArcWatcher *self = ARC_WATCHER (object);

  switch (id)
    {
    case PROP_HEALTH:
      g_value_set_int (value, (int) self->health);
      break;
    case PROP_HEALTH_MESSAGE:
      g_value_set_string (value, self->health_message);
      break;
    case PROP_N_DIRECTORIES:
      g_value_set_uint (value, arc_watcher_get_n_directories (self));
      break;
    case PROP_N_FILES:
      g_value_set_uint (value, arc_watcher_get_n_files (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
arc_watcher_finalize (GObject *object)
{
  ArcWatcher *self = ARC_WATCHER (object);

  arc_watcher_stop (self);
  arc_crawler_free (self->crawler);
  arc_findings_free (self->findings);
  g_main_context_unref (self->context);
  g_free (self->health_message);

  G_OBJECT_CLASS (arc_watcher_parent_class)->finalize (object);
}

static void
arc_watcher_class_init (ArcWatcherClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = arc_watcher_get_property;
  object_class->finalize = arc_watcher_finalize;

  properties[PROP_HEALTH] = g_param_spec_int ("health", NULL, NULL, ARC_HEALTH_OK,
                                              ARC_HEALTH_UNAVAILABLE, ARC_HEALTH_OK, flags);
  properties[PROP_HEALTH_MESSAGE] = g_param_spec_string ("health-message", NULL, NULL, "", flags);
  properties[PROP_N_DIRECTORIES] =
      g_param_spec_uint ("n-directories", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_N_FILES] = g_param_spec_uint ("n-files", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  signals[SIGNAL_CHANGED] =
      g_signal_new ("changed", ARC_TYPE_WATCHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_POINTER, G_TYPE_BOOLEAN);
  signals[SIGNAL_SETTLED] = g_signal_new ("settled", ARC_TYPE_WATCHER, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
arc_watcher_init (ArcWatcher *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->findings = arc_findings_new ();
  self->crawler = arc_crawler_new (self->findings, on_hint, on_audited, self);
  self->queue_length = arc_inotify_get_queue_length ();
  self->health_message = g_strdup ("");
}
