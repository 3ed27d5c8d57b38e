/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-health.h"

#include <string.h>

const char *
arc_health_to_string (ArcHealth health)
{
  switch (health)
    {
    case ARC_HEALTH_OK:
      return "ok";
    case ARC_HEALTH_DEGRADED:
      return "degraded";
    case ARC_HEALTH_UNAVAILABLE:
      return "unavailable";
    }

  g_return_val_if_reached ("unavailable");
}

ArcHealth
arc_health_assess (const ArcTree *tree, const ArcWatches *watches, char **message)
{
  g_autoptr (GPtrArray) nodes = arc_tree_list (tree);
  g_autoptr (GPtrArray) sentences = g_ptr_array_new_with_free_func (g_free);
  const ArcNode *lost = NULL;
  const ArcNode *unreadable = NULL;
  guint n_unreadable = 0;
  guint n_unwatched = 0;

  for (guint i = 0; i < nodes->len; i++)
    {
      const ArcNode *node = nodes->pdata[i];

      if (node->parent == NULL && node->problem != NULL)
        {
          if (lost == NULL || strcmp (node->path, lost->path) < 0)
            lost = node;
        }
      else if (node->problem != NULL)
        {
          n_unreadable++;
          if (unreadable == NULL || strcmp (node->path, unreadable->path) < 0)
            unreadable = node;
        }
      else if (node->monitor == NULL)
        {
          n_unwatched++;
        }
    }

  if (lost != NULL)
    {
      g_autofree char *name = g_filename_display_name (lost->path);

      g_ptr_array_add (sentences, g_strdup_printf ("%s: %s", name, lost->problem));
    }
  if (unreadable != NULL)
    {
      g_autofree char *name = g_filename_display_name (unreadable->path);
      g_autofree char *more =
          n_unreadable > 1 ? g_strdup_printf (" (and %u more)", n_unreadable - 1) : g_strdup ("");

      g_ptr_array_add (sentences, g_strdup_printf ("%s cannot be read: %s%s", name,
                                                   unreadable->problem, more));
    }
  if (n_unwatched > 0)
    g_ptr_array_add (sentences,
                     arc_watches_describe (watches, n_unwatched, arc_tree_get_size (tree)));

  g_ptr_array_add (sentences, NULL);
  *message = g_strjoinv ("; ", (char **) sentences->pdata);

  if (lost != NULL)
    return ARC_HEALTH_UNAVAILABLE;

  return (*message)[0] != '\0' ? ARC_HEALTH_DEGRADED : ARC_HEALTH_OK;
}
