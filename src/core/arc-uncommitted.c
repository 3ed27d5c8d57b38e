/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-uncommitted.h"

#include "core/arc-frame.h"

/* No letter of a change list. */
#define EVERYTHING '*'

GBytes *
arc_uncommitted_serialise (const ArcChanges *changes)
{
  static const guint8 everything[] = { EVERYTHING };
  GByteArray *body = arc_frame_begin (ARC_UNCOMMITTED_MAGIC, ARC_UNCOMMITTED_VERSION);
  g_autoptr (GBytes) list = changes != NULL ? arc_changes_serialise (changes)
                                            : g_bytes_new_static (everything, sizeof everything);

  /* No bytes may be no pointer. */
  if (g_bytes_get_size (list) > 0)
    g_byte_array_append (body, g_bytes_get_data (list, NULL), (guint) g_bytes_get_size (list));

  return arc_frame_end (body);
}

gboolean
arc_uncommitted_parse (GBytes *bytes, ArcChanges **changes, GError **error)
{
  g_autoptr (GBytes) body =
      arc_frame_open (bytes, ARC_UNCOMMITTED_MAGIC, ARC_UNCOMMITTED_VERSION, error);
  ArcChanges *list = NULL;

  if (body == NULL)
    return FALSE;

  if (g_bytes_get_size (body) != 1 || *(const char *) g_bytes_get_data (body, NULL) != EVERYTHING)
    {
      list = arc_changes_parse (body, error);
      if (list == NULL)
        return FALSE;
    }

  *changes = list;
  return TRUE;
}
