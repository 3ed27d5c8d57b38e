/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "system/arc-inspect.h"

#include "core/arc-path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* How long a file that is changed all the time is not told because it is too fresh. */
#define MAX_GRAINS 5

/* What is too fresh is looked at again on a grid of this. */
#define GRID (10 * G_TIME_SPAN_MILLISECOND)

static void
look_at_root (ArcSight *sight, ArcNode *root, const ArcLook *look)
{
  arc_sight_follow (sight, root->path);

  /* A lost one is looked for already: something has happened on the way to it. */
  if (root->problem != NULL)
    {
      if (sight->lost_check != 0)
        sight->lost_check = g_get_monotonic_time ();
      return;
    }

  if (!look->moved && !look->attributes && arc_sight_is_itself (sight, root))
    return;

  if (look->moved)
    arc_sight_disarm (sight, root);
  arc_sight_push (sight, root);
}

/* (transfer full): where LOOK looks, in PARENT, as a path below the root: what filters match. */
static char *
get_below_root (ArcNode *parent, const ArcLook *look)
{
  const char *name = strrchr (look->path, '/') + 1;
  const char *below = arc_node_get_below_root (parent);

  return *below == '\0' ? g_strdup (name) : arc_path_join (below, name);
}

static void
look_at_directory (
    ArcSight *sight, ArcNode *parent, ArcNode *node, const ArcLook *look, const struct stat *info)
{
  g_autofree char *below = get_below_root (parent, look);
  ArcFileId id = arc_file_id_from_stat (info);

  if (!arc_filter_match_directory (sight->extent->filter, below, NULL))
    {
      if (node != NULL)
        arc_sight_forget (sight, node);
      return;
    }

  if (node == NULL)
    {
      node = arc_tree_add (sight->tree, parent, look->path);
      arc_sight_push (sight, node);
    }
  else if (look->moved || !node->identified || !arc_file_id_equal (&node->id, &id))
    {
      arc_sight_disarm (sight, node);
      arc_sight_push (sight, node);
    }
  else if (look->attributes || node->problem != NULL)
    {
      arc_sight_push (sight, node);
    }
}

/* What LOOK looked at is no file, or none that matters. */
static void
forget_file (ArcSight *sight, const char *directory, const ArcLook *look)
{
  const char *name = strrchr (look->path, '/') + 1;

  if (arc_snapshot_lookup (sight->snapshot, directory, name) != NULL)
    arc_snapshot_set_file (sight->snapshot, directory, name, NULL, sight->changes);
}

typedef enum
{
  FRESHNESS_OLD,    /* a later change will show in the fingerprint */
  FRESHNESS_FRESH,  /* one may not; to be looked at again at a later time */
  FRESHNESS_STEADY, /* the same, and so for a long time: the file is written all the time */
  FRESHNESS_FUTURE, /* stamped by another machine, or before the clock was put back */
} Freshness;

static Freshness
get_freshness (const ArcLook *look, const ArcFingerprint *fingerprint, gint64 *due)
{
  gint64 now = arc_get_stamp_time ();
  gint64 grain = arc_fingerprint_get_grain (fingerprint) / 1000;
  gint64 monotonic = g_get_monotonic_time ();

  if (!arc_fingerprint_is_recent (fingerprint, now))
    return FRESHNESS_OLD;
  /* The clock for stamps lags behind by at most a tick. */
  if (fingerprint->ctime_ns > now + arc_fingerprint_get_grain (fingerprint))
    return FRESHNESS_FUTURE;

  /* On a grid, so that files that were written together are told together. */
  *due = monotonic + grain - (now - fingerprint->ctime_ns) / 1000;
  *due = (*due / GRID + 1) * GRID;

  return monotonic - look->first > MAX_GRAINS * grain ? FRESHNESS_STEADY : FRESHNESS_FRESH;
}

/* Takes over what a look at a file that matters found. (transfer full) LOOK */
static void
see_file (ArcSight *sight, ArcNode *parent, ArcLook *look, ArcFingerprint fingerprint)
{
  g_autoptr (ArcLook) owned = look;
  const char *name = strrchr (look->path, '/') + 1;
  Freshness freshness;
  gboolean changed;
  gint64 due = 0;

  freshness = get_freshness (look, &fingerprint, &due);
  if (freshness == FRESHNESS_STEADY && !sight->active)
    freshness = FRESHNESS_FRESH;

  /* During a scan a fresh file waits, so that all in the snapshot is old when a reconciliation
   * settles: a write that left no trace was before that. Else it is told at once, since nobody
   * relies on the snapshot before the next reconciliation. */
  if (freshness == FRESHNESS_FRESH && sight->active)
    {
      arc_looks_postpone (sight->looks, g_steal_pointer (&owned), due);
      return;
    }

  /* So that the next look finds a difference whatever it sees. */
  if (freshness == FRESHNESS_STEADY)
    fingerprint.ctime_ns = 0;

  changed = arc_snapshot_set_file (sight->snapshot, parent->path, name, &fingerprint,
                                   look->silent ? NULL : sight->changes);
  if (freshness == FRESHNESS_FUTURE && !changed && look->hinted && !look->silent)
    arc_changes_add (sight->changes, look->path, ARC_CHANGE_MODIFIED);

  /* What was told of it is told; it is looked at again as if for the first time. */
  if (freshness == FRESHNESS_FRESH || freshness == FRESHNESS_STEADY)
    {
      look->first = g_get_monotonic_time ();
      look->silent = FALSE;
      look->holding = FALSE;
      arc_looks_postpone (sight->looks, g_steal_pointer (&owned), due);
    }
}

static void
look_at_file (ArcSight *sight,
              ArcNode *parent,
              ArcLook *look /* (transfer full) */,
              const struct stat *info)
{
  g_autoptr (ArcLook) owned = look;
  g_autofree char *below = get_below_root (parent, look);

  if (arc_filter_match_file (sight->extent->filter, below, NULL))
    see_file (sight, parent, g_steal_pointer (&owned), arc_fingerprint_from_stat (info));
  else
    forget_file (sight, parent->path, look);
}

/* Before the look at what a link leads to: what happens after that is told. */
static void
follow_link (ArcSight *sight, ArcNode *parent, const ArcLook *look)
{
  g_autofree char *below = get_below_root (parent, look);
  const char *name = strrchr (look->path, '/') + 1;
  struct stat info;

  if (fstatat (AT_FDCWD, look->path, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK (info.st_mode) &&
      (arc_filter_match_file (sight->extent->filter, below, NULL) ||
       arc_filter_match_directory (sight->extent->filter, below, NULL)))
    {
      arc_sight_add_link (sight, parent, name);
      arc_sight_follow (sight, look->path);
    }
  else
    {
      arc_sight_remove_link (sight, parent, name);
    }
}

void
arc_inspect (ArcSight *sight, ArcLook *look)
{
  g_autoptr (ArcLook) owned = look;
  g_autofree char *directory = g_path_get_dirname (look->path);
  ArcNode *parent = arc_tree_lookup (sight->tree, directory);
  ArcNode *node = arc_tree_lookup (sight->tree, look->path);
  struct stat info;
  gboolean exists;

  if (node != NULL && node->parent == NULL)
    {
      look_at_root (sight, node, look);
      return;
    }

  /* Not in the tree, or not scanned yet, which will find it. */
  if (parent == NULL || !parent->scanned || parent->problem != NULL)
    return;

  if (sight->extent->follow_symlinks)
    follow_link (sight, parent, look);

  errno = 0;
  exists = fstatat (AT_FDCWD, look->path, &info,
                    sight->extent->follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
  if ((!exists && !arc_scan_is_gone (errno)) || arc_node_hides (parent, look->path))
    {
      /* It cannot be looked at any more, or can again: the scan of the parent says so. */
      arc_sight_push (sight, parent);
      return;
    }

  if (!exists && !arc_sight_is_clear (sight, parent))
    return;

  if (node != NULL && !(exists && S_ISDIR (info.st_mode)))
    {
      arc_sight_forget (sight, node);
      node = NULL;
    }

  if (exists && S_ISREG (info.st_mode))
    {
      look_at_file (sight, parent, g_steal_pointer (&owned), &info);
      return;
    }

  forget_file (sight, directory, look);
  if (exists && S_ISDIR (info.st_mode))
    look_at_directory (sight, parent, node, look, &info);
}
