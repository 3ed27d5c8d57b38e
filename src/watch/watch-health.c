/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/watch-health.h"

#include "common/path.h"

#include <errno.h>
#include <string.h>

static const GEnumValue values[] = {
  { ARC_HEALTH_OK, "ARC_HEALTH_OK", "ok" },
  { ARC_HEALTH_DEGRADED, "ARC_HEALTH_DEGRADED", "degraded" },
  { ARC_HEALTH_UNAVAILABLE, "ARC_HEALTH_UNAVAILABLE", "unavailable" },
  { 0 },
};

GType
arc_health_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("ArcHealth", values));

  return type;
}

const char *
arc_health_to_string (ArcHealth health)
{
  return values[health].value_nick;
}

/* What cannot be read, and the first of it by the order of bytes. */
typedef struct
{
  guint n;
  char *path;
  const char *reason;
} Unreadable;

static void
add_unreadable (Unreadable *unreadable, char *path /* (transfer full) */, const char *reason)
{
  unreadable->n++;
  if (unreadable->path != NULL && strcmp (path, unreadable->path) >= 0)
    {
      g_free (path);
      return;
    }

  g_free (unreadable->path);
  unreadable->path = path;
  unreadable->reason = reason;
}

static void
add_unseen (Unreadable *unreadable, const ArcNode *node)
{
  GHashTableIter iter;
  gpointer name;
  gpointer number;

  g_hash_table_iter_init (&iter, node->unseen);
  while (g_hash_table_iter_next (&iter, &name, &number))
    add_unreadable (unreadable, arc_path_join (node->path, name),
                    g_strerror (GPOINTER_TO_INT (number)));
}

/* Frees what is in UNREADABLE. */
static char *
describe_unreadable (Unreadable *unreadable)
{
  g_autofree char *path = g_steal_pointer (&unreadable->path);
  g_autofree char *name = g_filename_display_name (path);

  /* Of the reasons, only this one has a remedy that is always the same. */
  const char *remedy = g_str_equal (unreadable->reason, g_strerror (EACCES))
                           ? "; correct the permissions, or name it in Exclude"
                           : "";

  if (unreadable->n == 1)
    return g_strdup_printf ("%s cannot be read: %s%s", name, unreadable->reason, remedy);

  return g_strdup_printf ("%s cannot be read: %s (and %u more)%s", name, unreadable->reason,
                          unreadable->n - 1, remedy);
}

/* (transfer full): ROOT is missing, or cannot be read. */
static char *
describe_lost (const ArcNode *root)
{
  g_autofree char *name = g_filename_display_name (root->path);

  if (g_str_equal (root->problem, g_strerror (ENOENT)))
    return g_strdup_printf ("%s does not exist: create it, mount it, or correct Directories in the "
                            "group [Tree] of the settings",
                            name);
  if (g_str_equal (root->problem, g_strerror (EACCES)))
    return g_strdup_printf ("%s cannot be read: %s; correct the permissions", name, root->problem);

  return g_strdup_printf ("%s: %s", name, root->problem);
}

/* What is wrong with the directories. */
typedef struct
{
  const ArcNode *lost; /* (nullable): a root that is missing: the first by the order of bytes */
  Unreadable unreadable;
  guint n_unwatched;
} Faults;

static void
add_faults (Faults *faults, const ArcNode *node)
{
  if (node->problem == NULL && node->monitor == NULL)
    faults->n_unwatched++;
  if (node->problem == NULL && node->unseen != NULL)
    add_unseen (&faults->unreadable, node);

  if (node->problem != NULL && node->parent != NULL)
    add_unreadable (&faults->unreadable, g_strdup (node->path), node->problem);
  else if (node->problem != NULL &&
           (faults->lost == NULL || strcmp (node->path, faults->lost->path) < 0))
    faults->lost = node;
}

ArcHealth
arc_health_assess (const ArcDirectoryTree *tree,
                   const ArcFileMonitors *watches,
                   const ArcPathMonitor *path_monitor,
                   char **message)
{
  g_autoptr (GPtrArray) nodes = arc_directory_tree_list (tree, FALSE);
  g_autoptr (GPtrArray) sentences = g_ptr_array_new_with_free_func (g_free);
  Faults faults = { 0 };

  for (guint i = 0; i < nodes->len; i++)
    add_faults (&faults, nodes->pdata[i]);

  if (faults.lost != NULL)
    g_ptr_array_add (sentences, describe_lost (faults.lost));
  if (faults.unreadable.n > 0)
    g_ptr_array_add (sentences, describe_unreadable (&faults.unreadable));
  if (faults.n_unwatched > 0)
    g_ptr_array_add (sentences, arc_file_monitors_describe (watches, faults.n_unwatched,
                                                            arc_directory_tree_get_size (tree)));
  if (arc_path_monitor_get_n_problems (path_monitor) > 0)
    g_ptr_array_add (sentences, arc_path_monitor_describe (path_monitor));

  g_ptr_array_add (sentences, NULL);
  *message = g_strjoinv ("; ", (char **) sentences->pdata);

  if (faults.lost != NULL)
    return ARC_HEALTH_UNAVAILABLE;

  return (*message)[0] != '\0' ? ARC_HEALTH_DEGRADED : ARC_HEALTH_OK;
}
