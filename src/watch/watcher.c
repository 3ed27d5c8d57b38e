/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/watcher.h"

#include "common/inotify-limit.h"
#include "watch/mount-monitor.h"
#include "watch/ready-source.h"
#include "watch/tree-scanner.h"

/* How long to work before others in the main context get their turn. */
#define SLICE (2 * G_TIME_SPAN_MILLISECOND)

/* How long no event must have come before events that may be lost are looked for. */
#define QUIET (1 * G_TIME_SPAN_SECOND)

/* How late the end of that time may be noticed. If it is later, events may be lost. */
#define MAX_DELAY (500 * G_TIME_SPAN_MILLISECOND)

struct _ArcWatcher
{
  GObject parent_instance;

  ArcTreeScanner *scanner;
  const ArcWatchScope *scope; /* (unowned): of the scanner */
  ArcMountMonitor *mounts;    /* (nullable): NULL unless started */

  GMainContext *context;
  GSource *work;    /* (nullable): NULL unless started */
  gboolean settled; /* `settled` was emitted, and nothing has begun since */
  guint n_found;    /* how many changes were emitted since one began */

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
  PROP_SETTLED,
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

  ready = arc_tree_scanner_get_due (self->scanner);
  if (!self->settled && !arc_tree_scanner_is_busy (self->scanner))
    ready = 0;
  if (self->last_event > 0)
    take_earlier (&ready, self->last_event + QUIET);

  g_source_set_ready_time (self->work, ready);
}

/* Whether the process was kept from running since the last event, and so maybe GIO. Without that,
 * the time without an event would have ended. */
static gboolean
is_late (const ArcWatcher *self, gint64 now)
{
  return self->last_event > 0 && now - self->last_event > QUIET + MAX_DELAY;
}

static void
on_hint (const char *path, ArcHint hint, gpointer user_data)
{
  ArcWatcher *self = user_data;
  const gint64 now = g_get_monotonic_time ();

  arc_tree_scanner_hint (self->scanner, path, hint);
  self->was_late = self->was_late || is_late (self, now);
  self->last_event = now;
  self->n_events++;
  schedule (self);
}

static void
on_progressed (gpointer user_data)
{
  schedule (user_data);
}

static void
set_health (ArcWatcher *self, ArcHealth health, const char *message)
{
  char *copy = g_strdup (message);

  g_free (self->health_message);
  self->health_message = copy;
  if (self->health == health)
    return;

  self->health = health;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HEALTH]);
}

static void
emit_changes (ArcWatcher *self)
{
  g_autoptr (ArcChangeSet) changes = arc_tree_scanner_take_changes (self->scanner);

  if (changes == NULL)
    return;

  self->n_found += arc_change_set_get_size (changes);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0, changes);
}

/* Something has begun. */
static void
unsettle (ArcWatcher *self)
{
  if (self->settled)
    self->n_found = 0;
  self->settled = FALSE;
}

static void
settle (ArcWatcher *self)
{
  g_autofree char *message = NULL;
  ArcHealth health;

  if (self->settled || arc_tree_scanner_is_busy (self->scanner) ||
      !arc_tree_scanner_conclude (self->scanner))
    return;

  if (arc_tree_scanner_update_health (self->scanner, &health, &message))
    set_health (self, health, message);

  /* Each signal handler may ask for more, or stop the watcher. */
  if (self->work == NULL || arc_tree_scanner_is_busy (self->scanner))
    return;

  emit_changes (self);
  if (self->work == NULL || arc_tree_scanner_is_busy (self->scanner))
    return;

  self->settled = TRUE;
  g_debug ("Settled: %u changes in %u files", self->n_found, arc_watcher_get_n_files (self));
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
  if (arc_tree_scanner_work (self->scanner, now + SLICE))
    unsettle (self);

  emit_changes (self);
  if (self->work != NULL)
    settle (self);
}

static gboolean
on_work (gpointer user_data)
{
  g_autoptr (ArcWatcher) self = g_object_ref (user_data);

  work (self);
  schedule (self);

  return G_SOURCE_CONTINUE;
}

/* inotify(7) has no event when something is mounted over a directory. */
static void
on_mounts_changed (gpointer user_data)
{
  ArcWatcher *self = user_data;

  arc_watcher_reconcile (self);
}

static void
set_scope (ArcWatcher *self,
           const char *const *roots,
           ArcPathFilter *filter,
           gboolean follow_symlinks)
{
  ArcWatchScope *scope = arc_watch_scope_new (roots, filter, follow_symlinks);

  self->scope = scope;
  arc_tree_scanner_set_scope (self->scanner, scope);
}

static void
watch_mounts (ArcWatcher *self)
{
  self->mounts = arc_mount_monitor_new (self->scope->roots, on_mounts_changed, self);
}

ArcWatcher *
arc_watcher_new (const char *const *roots, ArcPathFilter *filter, gboolean follow_symlinks)
{
  ArcWatcher *self = g_object_new (ARC_TYPE_WATCHER, NULL);

  set_scope (self, roots, filter, follow_symlinks);

  return self;
}

void
arc_watcher_start (ArcWatcher *self, ArcSnapshot *snapshot)
{
  g_return_if_fail (self->work == NULL);

  self->work = arc_ready_source_new ("ArcWatcher", self->context, on_work, self);

  watch_mounts (self);
  arc_tree_scanner_start (self->scanner, snapshot);
  arc_watcher_reconcile (self);
}

void
arc_watcher_set_tree (ArcWatcher *self,
                      const char *const *roots,
                      ArcPathFilter *filter,
                      gboolean follow_symlinks)
{
  set_scope (self, roots, filter, follow_symlinks);

  if (self->work == NULL)
    return;

  arc_mount_monitor_free (self->mounts);
  watch_mounts (self);
  arc_watcher_reconcile (self);
}

void
arc_watcher_reconcile (ArcWatcher *self)
{
  if (self->work == NULL)
    return;

  arc_tree_scanner_reconcile (self->scanner);
  self->reconciled = g_get_monotonic_time ();
  unsettle (self);
  schedule (self);
}

void
arc_watcher_stop (ArcWatcher *self)
{
  if (self->work == NULL)
    return;

  g_source_destroy (self->work);
  g_clear_pointer (&self->work, g_source_unref);
  g_clear_pointer (&self->mounts, arc_mount_monitor_free);
  arc_tree_scanner_stop (self->scanner);
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
  return arc_directory_tree_get_size (arc_tree_scanner_get_tree (self->scanner));
}

guint
arc_watcher_get_n_files (ArcWatcher *self)
{
  return arc_snapshot_get_n_files (arc_tree_scanner_get_snapshot (self->scanner));
}

const ArcSnapshot *
arc_watcher_get_snapshot (ArcWatcher *self)
{
  return arc_tree_scanner_get_snapshot (self->scanner);
}

void
arc_watcher_add_unemitted (ArcWatcher *self, ArcChangeSet *changes)
{
  arc_change_set_merge (changes, arc_tree_scanner_get_changes (self->scanner));
}

typedef struct
{
  const ArcDirectoryTree *tree;
  ArcChangeSet *found;
} Hidden;

static void
add_hidden (const char *path, ArcChange change, gpointer user_data)
{
  const Hidden *hidden = user_data;
  g_autofree char *directory = g_path_get_dirname (path);
  const ArcNode *nearest = arc_directory_tree_get_nearest (hidden->tree, directory);

  if (nearest != NULL && arc_node_hides (nearest, path))
    arc_change_set_add (hidden->found, path, change);
}

ArcChangeSet *
arc_watcher_find_hidden (ArcWatcher *self, const ArcChangeSet *changes)
{
  Hidden hidden = { arc_tree_scanner_get_tree (self->scanner), arc_change_set_new () };

  arc_change_set_foreach (changes, add_hidden, &hidden);

  return hidden.found;
}

void
arc_watcher_mark_dirty (ArcWatcher *self, const ArcChangeSet *files)
{
  arc_snapshot_mark_dirty (arc_tree_scanner_get_snapshot (self->scanner), files);
}

gboolean
arc_watcher_explain (ArcWatcher *self, const char *path, const char **rule)
{
  return arc_watch_scope_explain (self->scope, arc_tree_scanner_get_tree (self->scanner), path,
                                  rule);
}

static void
arc_watcher_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  ArcWatcher *self = ARC_WATCHER (object);

  switch (id)
    {
    case PROP_HEALTH:
      g_value_set_enum (value, (int) self->health);
      break;
    case PROP_SETTLED:
      g_value_set_boolean (value, self->settled && !arc_tree_scanner_is_busy (self->scanner));
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
  arc_tree_scanner_free (self->scanner);
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

  properties[PROP_HEALTH] =
      g_param_spec_enum ("health", NULL, NULL, ARC_TYPE_HEALTH, ARC_HEALTH_OK, flags);
  properties[PROP_SETTLED] = g_param_spec_boolean ("settled", NULL, NULL, FALSE,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  signals[SIGNAL_CHANGED] =
      g_signal_new ("changed", ARC_TYPE_WATCHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, ARC_TYPE_CHANGE_SET | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_SETTLED] = g_signal_new ("settled", ARC_TYPE_WATCHER, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
arc_watcher_init (ArcWatcher *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->scanner = arc_tree_scanner_new (on_hint, on_progressed, self);
  self->queue_length = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_EVENTS, NULL);
  self->health_message = g_strdup ("");
}
