/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/root-probe.h"

#include <dirent.h>
#include <gio/gio.h>
#include <sys/stat.h>

/* How long a root may take to answer before it counts as unavailable. */
#define PATIENCE_MSEC 5000

struct _ArcRootProbe
{
  ArcRootProbeFunc func;
  gpointer user_data;
  GMainContext *context;
  GHashTable *pending; /* (element-type filename Pending) keys lie in the values */
};

/* A root for which a thread waits. */
typedef struct
{
  ArcRootProbe *probe; /* (unowned) */
  char *root;
  ArcRootProbeFlags flags;
  GCancellable *cancellable;
  GSource *patience; /* (owned) (nullable): NULL once it has been reported late */
} Pending;

static void
clear_patience (Pending *pending)
{
  if (pending->patience != NULL)
    g_source_destroy (pending->patience);
  g_clear_pointer (&pending->patience, g_source_unref);
}

static void
pending_free (gpointer data)
{
  Pending *pending = data;

  g_cancellable_cancel (pending->cancellable);
  g_object_unref (pending->cancellable);
  clear_patience (pending);
  g_free (pending->root);
  g_free (pending);
}

ArcRootProbe *
arc_root_probe_new (ArcRootProbeFunc func, gpointer user_data)
{
  ArcRootProbe *self = g_new0 (ArcRootProbe, 1);

  self->func = func;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->pending = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, pending_free);

  return self;
}

void
arc_root_probe_free (ArcRootProbe *self)
{
  g_hash_table_unref (self->pending);
  g_main_context_unref (self->context);
  g_free (self);
}

void
arc_root_probe_cancel (ArcRootProbe *self)
{
  g_hash_table_remove_all (self->pending);
}

/* stat(2) goes the whole way, through symbolic links and the directories above; opendir(3) and
 * readdir(3) ask the server for the directory itself, whose attributes the kernel may have cached.
 */
static void
run_probe (GTask *task,
           gpointer source G_GNUC_UNUSED,
           gpointer data,
           GCancellable *cancellable G_GNUC_UNUSED)
{
  const char *root = data;
  struct stat info;
  DIR *directory;

  if (stat (root, &info) == 0 && S_ISDIR (info.st_mode) && (directory = opendir (root)) != NULL)
    {
      readdir (directory);
      closedir (directory);
    }

  g_task_return_boolean (task, TRUE);
}

static void
on_answer (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  g_autofree char *root = NULL;
  ArcRootProbeFlags flags;
  ArcRootProbe *self;

  /* PENDING is freed if the task was cancelled. */
  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    return;

  self = pending->probe;
  root = g_strdup (pending->root);
  flags = pending->flags;
  g_hash_table_remove (self->pending, root);
  self->func (root, flags, TRUE, self->user_data);
}

static gboolean
on_late (gpointer user_data)
{
  Pending *pending = user_data;
  ArcRootProbe *self = pending->probe;

  clear_patience (pending);
  self->func (pending->root, pending->flags, FALSE, self->user_data);

  return G_SOURCE_REMOVE;
}

void
arc_root_probe_begin (ArcRootProbe *self, const char *root, ArcRootProbeFlags flags)
{
  Pending *pending = g_hash_table_lookup (self->pending, root);
  g_autoptr (GTask) task = NULL;

  if (pending != NULL)
    {
      pending->flags |= flags;
      return;
    }

  pending = g_new0 (Pending, 1);
  pending->probe = self;
  pending->root = g_strdup (root);
  pending->flags = flags;
  pending->cancellable = g_cancellable_new ();
  pending->patience = g_timeout_source_new (PATIENCE_MSEC);
  g_source_set_callback (pending->patience, on_late, pending, NULL);
  g_source_attach (pending->patience, self->context);
  g_hash_table_insert (self->pending, pending->root, pending);

  g_main_context_push_thread_default (self->context);
  task = g_task_new (NULL, pending->cancellable, on_answer, pending);
  g_main_context_pop_thread_default (self->context);
  g_task_set_source_tag (task, arc_root_probe_begin);
  g_task_set_task_data (task, g_strdup (root), g_free);
  g_task_run_in_thread (task, run_probe);
}

gboolean
arc_root_probe_is_waiting (const ArcRootProbe *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Pending *pending = value;

      if (pending->patience != NULL && pending->flags != ARC_ROOT_PROBE_LOST)
        return TRUE;
    }

  return FALSE;
}
